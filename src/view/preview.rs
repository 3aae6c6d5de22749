//! A respondent's own answers beside the published figures.

use yew::prelude::*;

use super::screens::passage;
use super::session::Session;
use super::table::{Row, Table, category_heading, with_bar};
use crate::instrument::{CategoryId, Item, ItemId, Kind, Reference, ReferenceItem};
use crate::language::Language;
use crate::report::format::NONE;

/// Renders one table per item; Likert items share one.
pub fn preview(session: &Session) -> Html {
    let (words, instrument) = (session.words(), session.wording());
    let reference = instrument.reference();
    let (likert, others): (Vec<_>, Vec<_>) =
        instrument.items().partition(|(_, item)| item.kind == Kind::Likert);
    html! {
        <div class="preview" part="preview" translate="no">
            if let Some(reference) = reference {
                <p>{ words.study(&reference.name, &words.whole(reference.respondents),
                    &words.whole(reference.eligible), &reference.population) }</p>
            }
            if !likert.is_empty() {
                { likert_table(session, &likert, reference) }
            }
            { for others.into_iter().map(|(id, item)| item_table(session, id, item, reference)) }
        </div>
    }
}

fn printed(reference: Option<&Reference>, item: ItemId) -> Option<&ReferenceItem> {
    reference.and_then(|reference| reference.of(item))
}

fn item_table(session: &Session, id: ItemId, item: &Item, reference: Option<&Reference>) -> Html {
    let (words, answers) = (session.words(), &session.answers);
    let printed = printed(reference, id);
    let mut columns = vec![category_heading(words, item), words.you().to_owned()];
    columns.extend(printed.map(|printed| words.study_base(&words.whole(printed.base))));
    let row = |category: CategoryId| {
        let is_chosen = answers.chosen(id).contains(category);
        let mut cells = vec![if is_chosen { own_answer(words) } else { Html::default() }];
        cells.extend(printed.map(|printed| share(words, printed, category)));
        Row { name: passage(session, &item.category(category).label), is_chosen, cells }
    };
    let rows = item.categories().map(|(category, _)| row(category)).collect();
    let text = answers.text(id);
    let own_words = html! { <>{ words.your_words() }<q dir="auto">{ text }</q></> };
    let notes = if text.is_empty() { Vec::new() } else { vec![own_words] };
    Table { caption: passage(session, &item.question), columns, rows, notes }.html()
}

fn own_answer(words: &Language) -> Html {
    html! { <><span class="tick" aria-hidden="true">{ "✓" }</span><span class="visually-hidden">{ words.your_answer() }</span></> }
}

/// Renders the percentage that the study printed, or a dash for an answer that it did not offer.
fn share(words: &Language, printed: &ReferenceItem, category: CategoryId) -> Html {
    match printed.percent(category) {
        Some(share) => with_bar(words.percent(share), share / 100.0),
        None => html! { <>{ NONE }<span class="visually-hidden">{ words.not_in_study() }</span></> },
    }
}

fn likert_table(session: &Session, items: &[(ItemId, &Item)], reference: Option<&Reference>) -> Html {
    let words = session.words();
    Table {
        caption: scale(words, items[0].1).into(),
        columns: [words.statement(), words.you(), words.study_mean()].map(str::to_owned).into(),
        rows: items.iter().map(|(id, item)| likert_row(session, *id, item, reference)).collect(),
        notes: Vec::new(),
    }
    .html()
}

/// Returns what the numbers of a scale mean: `1 = Strongly Disagree to 4 = Strongly Agree`.
fn scale(words: &Language, item: &Item) -> String {
    let mut values = item.answers().filter_map(|(_, category)| Some((category.value?, &category.label)));
    let first = values.next();
    let bounds = first.zip(values.last());
    let whole = |value: u8| words.whole(value.into());
    bounds
        .map(|((low, from), (high, to))| words.scale(&whole(low), from, &whole(high), to))
        .unwrap_or_default()
}

fn likert_row(session: &Session, id: ItemId, item: &Item, reference: Option<&Reference>) -> Row {
    let (words, answers) = (session.words(), &session.answers);
    let chosen = item.categories().find(|(category, _)| answers.chosen(id).contains(*category));
    let own = match chosen.map(|(_, category)| (category.value, &category.label)) {
        Some((Some(value), _)) => with_bar(words.whole(value.into()), position(item, f64::from(value))),
        Some((None, label)) => passage(session, label),
        None => NONE.into(),
    };
    let mean = printed(reference, id).and_then(|printed| printed.mean);
    let mean =
        mean.map_or_else(|| NONE.into(), |mean| with_bar(words.decimal(mean, 1), position(item, mean)));
    Row { name: passage(session, &item.question), is_chosen: false, cells: vec![own, mean] }
}

/// Returns where a value lies between the lowest and the highest of its scale.
fn position(item: &Item, value: f64) -> f64 {
    let values = || item.answers().filter_map(|(_, category)| category.value).map(f64::from);
    let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
    if high > low { (value - low) / (high - low) } else { 1.0 }
}
