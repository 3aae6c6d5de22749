//! A respondent's own answers beside the published figures.

use yew::prelude::*;

use super::table::{Row, Table, category_heading, with_bar};
use crate::answers::Answers;
use crate::instrument::{CategoryId, Instrument, Item, ItemId, Kind, Reference, ReferenceItem};
use crate::report::format::{NONE, fixed, percent};

/// Renders one table per item; Likert items share one.
pub fn preview(instrument: &Instrument, answers: &Answers) -> Html {
    let reference = instrument.reference();
    let (likert, others): (Vec<_>, Vec<_>) =
        instrument.items().partition(|(_, item)| item.kind == Kind::Likert);
    html! {
        <div class="preview" part="preview" translate="no">
            if let Some(reference) = reference {
                <p>{ format!("The study: {}; {} of {} answered, {}.", reference.name, reference.respondents,
                    reference.eligible, reference.population) }</p>
            }
            if !likert.is_empty() {
                { likert_table(&likert, answers, reference) }
            }
            { for others.into_iter().map(|(id, item)| item_table(id, item, answers, reference)) }
        </div>
    }
}

fn printed(reference: Option<&Reference>, item: ItemId) -> Option<&ReferenceItem> {
    reference.and_then(|reference| reference.of(item))
}

fn item_table(id: ItemId, item: &Item, answers: &Answers, reference: Option<&Reference>) -> Html {
    let printed = printed(reference, id);
    let mut columns = vec![category_heading(item), "You".to_owned()];
    columns.extend(printed.map(|printed| format!("Study (n = {})", printed.base)));
    let row = |category: CategoryId| {
        let is_chosen = answers.chosen(id).contains(category);
        let mut cells = vec![if is_chosen { own_answer() } else { Html::default() }];
        cells.extend(printed.map(|printed| share(printed, category)));
        Row { name: item.category(category).label.clone(), is_chosen, cells }
    };
    let rows = item.categories().map(|(category, _)| row(category)).collect();
    let text = answers.text(id);
    let words = html! { <>{ "Your words, which only you see: " }<q>{ text }</q></> };
    let notes = if text.is_empty() { Vec::new() } else { vec![words] };
    Table { caption: item.question.clone(), columns, rows, notes }.html()
}

fn own_answer() -> Html {
    html! { <><span class="tick" aria-hidden="true">{ "✓" }</span><span class="visually-hidden">{ "your answer" }</span></> }
}

/// Renders the percentage that the study printed, or a dash for an answer that it did not offer.
fn share(printed: &ReferenceItem, category: CategoryId) -> Html {
    match printed.percent(category) {
        Some(share) => with_bar(percent(share), share / 100.0),
        None => html! { <>{ NONE }<span class="visually-hidden">{ "not in the study" }</span></> },
    }
}

fn likert_table(items: &[(ItemId, &Item)], answers: &Answers, reference: Option<&Reference>) -> Html {
    Table {
        caption: scale(items[0].1),
        columns: ["Statement", "You", "Study, mean"].map(str::to_owned).into(),
        rows: items.iter().map(|(id, item)| likert_row(*id, item, answers, reference)).collect(),
        notes: Vec::new(),
    }
    .html()
}

/// Returns what the numbers of a scale mean: `1 = Strongly Disagree to 4 = Strongly Agree`.
fn scale(item: &Item) -> String {
    let mut values = item.answers().filter_map(|(_, category)| Some((category.value?, &category.label)));
    let first = values.next();
    let bounds = first.zip(values.last());
    bounds.map(|((low, from), (high, to))| format!("{low} = {from} to {high} = {to}")).unwrap_or_default()
}

fn likert_row(id: ItemId, item: &Item, answers: &Answers, reference: Option<&Reference>) -> Row {
    let chosen = item.categories().find(|(category, _)| answers.chosen(id).contains(*category));
    let own = match chosen.map(|(_, category)| (category.value, &category.label)) {
        Some((Some(value), _)) => with_bar(value.to_string(), position(item, f64::from(value))),
        Some((None, label)) => label.clone().into(),
        None => NONE.into(),
    };
    let mean = printed(reference, id).and_then(|printed| printed.mean);
    let mean = mean.map_or_else(|| NONE.into(), |mean| with_bar(fixed(mean, 1), position(item, mean)));
    Row { name: item.question.clone(), is_chosen: false, cells: vec![own, mean] }
}

/// Returns where a value lies between the lowest and the highest of its scale.
fn position(item: &Item, value: f64) -> f64 {
    let values = || item.answers().filter_map(|(_, category)| category.value).map(f64::from);
    let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
    if high > low { (value - low) / (high - low) } else { 1.0 }
}
