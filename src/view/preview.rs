//! A respondent's own answers beside the published figures, and beside what the school has released.
//!
//! First in sentences, one for each answer; the tables that they come from are folded away below.

use yew::prelude::*;

use super::screens::passage;
use super::session::Session;
use super::share::share;
use super::table::{Row, Table, category_heading, with_bar};
use crate::disclosure::{Count, Release, ReleasedCell, ReleasedItem};
use crate::instrument::{CategoryId, Item, ItemId, Kind, Reference, ReferenceItem};
use crate::language::Language;
use crate::report::format::NONE;
use crate::settings::HAS_GROUP;

/// What the answers are compared with.
#[derive(Clone, Copy)]
struct Figures<'a> {
    session: &'a Session,
    study: Option<&'a Reference>,
    /// What the school has released.
    school: Option<&'a Release>,
}

/// The figures for one item.
struct ItemFigures<'a> {
    session: &'a Session,
    words: &'a Language,
    id: ItemId,
    item: &'a Item,
    study: Option<&'a ReferenceItem>,
    school: Option<&'a ReleasedItem>,
}

/// Renders a comparison for each item, and the tables.
pub fn preview(session: &Session) -> Html {
    let figures = Figures {
        session,
        study: session.wording().reference(),
        // A module that cannot read releases has none, and is without the code for them.
        school: session.settings.results.as_ref().filter(|_| HAS_GROUP),
    };
    html! {
        <div class="preview" part="preview" translate="no">
            { for sources(figures).into_iter().map(|text| html! { <p class="hint">{ text }</p> }) }
            { for figures.items().map(|figures| figures.comparison()) }
            <details class="figures">
                <summary>{ session.words().all_figures() }</summary>
                { tables(figures) }
            </details>
        </div>
    }
}

impl<'a> Figures<'a> {
    fn items(self) -> impl Iterator<Item = ItemFigures<'a>> {
        self.session.wording().items().map(move |(id, item)| self.of(id, item))
    }

    fn of(self, id: ItemId, item: &'a Item) -> ItemFigures<'a> {
        let of_item = |release: &'a Release| release.items().iter().find(|released| released.id == item.id);
        ItemFigures {
            session: self.session,
            words: self.session.words(),
            id,
            item,
            study: self.study.and_then(|study| study.of(id)),
            school: self.school.filter(|_| HAS_GROUP).and_then(of_item),
        }
    }
}

/// Says whose figures they are.
fn sources(figures: Figures) -> Vec<String> {
    let words = figures.session.words();
    let study = figures.study.map(|study| {
        let Reference { name, respondents, eligible, population, .. } = study;
        words.study(name, &words.whole(*respondents), &words.whole(*eligible), population)
    });
    let school = figures.school.filter(|_| HAS_GROUP).map(|release| {
        let respondents = match release.respondents() {
            Count::Exact(count) => words.whole(count),
            Count::FiveToNine => words.from_five_to_nine().to_owned(),
            _ => words.ten_or_more().to_owned(),
        };
        match release.eligible() {
            Some(eligible) => words.school(&respondents, &words.whole(eligible)),
            None => words.school_without_rate(&respondents),
        }
    });
    study.into_iter().chain(school).collect()
}

impl ItemFigures<'_> {
    /// Renders what the respondent answered, and how many others did.
    fn comparison(&self) -> Html {
        let ItemFigures { session, words, id, item, .. } = self;
        let text = session.answers.text(*id);
        html! {
            <section key={item.id.clone()} class="comparison">
                <h3>{ passage(session, &item.label) }</h3>
                if self.chosen().next().is_none() {
                    <p class="hint">{ words.left_out() }</p>
                    { sentence(self.most_frequent(), None) }
                }
                { for self.chosen().map(|category| self.own_answer(category)) }
                { sentence(self.average(), None) }
                if !text.is_empty() {
                    <p>{ words.your_words() }<q dir="auto">{ text }</q></p>
                }
            </section>
        }
    }

    /// Returns what the respondent has chosen.
    fn chosen(&self) -> impl Iterator<Item = CategoryId> {
        let chosen = self.session.answers.chosen(self.id);
        self.item.categories().map(|(category, _)| category).filter(move |id| chosen.contains(*id))
    }

    fn own_answer(&self, category: CategoryId) -> Html {
        let share = self.study.and_then(|study| study.percent(category)).map(|percent| percent / 100.0);
        html! {
            <>
                <p class="own-answer">
                    <span class="visually-hidden">{ self.words.you_answered() }</span>
                    <span class="tick" aria-hidden="true">{ "✓" }</span>{ " " }
                    <strong>{ passage(self.session, &self.item.category(category).label) }</strong>
                </p>
                { sentence(self.in_the_study(category), share) }
                { sentence(self.at_the_school(category), None) }
            </>
        }
    }

    /// Returns how many in the study gave an answer.
    fn in_the_study(&self, category: CategoryId) -> Option<String> {
        let words = self.words;
        let study = self.study.filter(|study| study.counts.iter().any(Option::is_some))?;
        let Some(count) = study.counts[category.number() - 1] else {
            return Some(words.not_offered_in_study().to_owned());
        };
        let share = share(words, count, study.base)?;
        Some(words.in_study(share, &words.whole(count), &words.whole(study.base)))
    }

    /// Returns which answer was the most frequent in the study, for whoever gave none.
    fn most_frequent(&self) -> Option<String> {
        let (words, study) = (self.words, self.study?);
        let counts = self.item.categories().zip(&study.counts);
        let printed = counts.filter_map(|((_, category), count)| Some((category, (*count)?)));
        // Of two that are as frequent, the first.
        let (category, count) = printed.reduce(|most, other| if other.1 > most.1 { other } else { most })?;
        let (share, base) = (share(words, count, study.base)?, words.whole(study.base));
        Some(words.most_frequent_in_study(share, &words.quote(&category.label), &words.whole(count), &base))
    }

    /// Returns which answer is nearest to the mean that the study printed.
    fn average(&self) -> Option<String> {
        let (words, mean) = (self.words, self.study?.mean?);
        let distance = |value: u8| (f64::from(value) - mean).abs();
        let valued = self.item.answers().filter_map(|(_, category)| Some((category.value?, category)));
        let nearest =
            valued.reduce(|near, other| if distance(other.0) < distance(near.0) { other } else { near });
        Some(words.average_in_study(&words.quote(&nearest?.1.label), &words.decimal(mean, 1)))
    }

    /// Returns how many at the school gave an answer, as far as that was released.
    fn at_the_school(&self, category: CategoryId) -> Option<String> {
        let (words, released) = (self.words, self.school.filter(|_| HAS_GROUP)?);
        let cell = self.cell(category);
        let others = cell.and_then(|cell| self.joined(cell, category)).map(|others| words.quote(&others));
        Some(match (cell.map(|cell| cell.count), released.base) {
            (Some(Count::Exact(count)), Some(base)) => {
                let (share, count, base) =
                    (share(words, count, base)?, words.whole(count), words.whole(base));
                match others {
                    Some(others) => words.at_school_joined(share, &others, &count, &base),
                    None => words.at_school(share, &count, &base),
                }
            }
            (Some(count), _) => match (band(words, count), others) {
                (Some(band), Some(others)) => words.band_at_school_joined(&band, &others),
                (Some(band), None) => words.band_at_school(&band),
                (None, _) => words.nothing_of_school().to_owned(),
            },
            (None, _) => words.nothing_of_school().to_owned(),
        })
    }

    /// Returns what was released of a category, alone or together with others.
    fn cell(&self, category: CategoryId) -> Option<&ReleasedCell> {
        let code = &self.item.category(category).code;
        self.school?.cells.as_ref()?.iter().find(|cell| cell.categories.contains(code))
    }

    /// Returns the labels of the other categories that a cell counts together with one.
    fn joined(&self, cell: &ReleasedCell, category: CategoryId) -> Option<String> {
        let code = &self.item.category(category).code;
        let others = cell.categories.iter().filter(|other| *other != code);
        let labels: Vec<&str> = others
            .filter_map(|other| self.item.find_category(other))
            .map(|other| self.item.category(other).label.as_str())
            .collect();
        (!labels.is_empty()).then(|| labels.join(", "))
    }
}

/// Renders a sentence, where there is something to say, with a bar for its share.
fn sentence(text: Option<String>, share: Option<f64>) -> Html {
    let Some(text) = text else { return Html::default() };
    match share {
        Some(share) => html! { <p>{ with_bar(text, share) }</p> },
        None => html! { <p>{ text }</p> },
    }
}

/// Returns a count that is no number in words, as far as it says something.
fn band(words: &Language, count: Count) -> Option<String> {
    let percent = |percent: u64| words.percent(percent as f64);
    match count {
        Count::AtLeast(bound) => Some(words.band_most(&percent(bound))),
        Count::AtMost(bound) => Some(words.band_few(&percent(bound))),
        Count::Between => Some(words.band_between(&percent(20), &percent(80))),
        _ => None,
    }
}

/// Renders one table per item; Likert items share one.
fn tables(figures: Figures) -> Html {
    let (likert, others): (Vec<_>, Vec<_>) =
        figures.items().partition(|figures| figures.item.kind == Kind::Likert);
    html! {
        <>
            if !likert.is_empty() {
                { likert_table(figures, &likert) }
            }
            { for others.iter().map(ItemFigures::table) }
        </>
    }
}

impl ItemFigures<'_> {
    fn table(&self) -> Html {
        let ItemFigures { session, words, item, study, .. } = self;
        let school = self.school.filter(|_| HAS_GROUP);
        let mut columns = vec![category_heading(words, item), words.you().to_owned()];
        columns.extend(study.map(|study| words.study_base(&words.whole(study.base))));
        columns.extend(school.map(|school| match school.base {
            Some(base) => words.your_school_base(&words.whole(base)),
            None => words.your_school().to_owned(),
        }));
        let row = |category: CategoryId| {
            let is_chosen = session.answers.chosen(self.id).contains(category);
            let mut cells = vec![if is_chosen { tick(words) } else { Html::default() }];
            cells.extend(study.map(|study| share_in_study(words, study, category)));
            cells.extend(school.map(|school| self.share_at_school(school, category)));
            Row { name: passage(session, &item.category(category).label), is_chosen, cells }
        };
        let rows = item.categories().map(|(category, _)| row(category)).collect();
        Table { caption: passage(session, &item.question), columns, rows }.html()
    }

    /// Renders what was released of a category, or a dash for nothing.
    fn share_at_school(&self, school: &ReleasedItem, category: CategoryId) -> Html {
        let words = self.words;
        let nothing = || html! { <>{ NONE }<span class="visually-hidden">{ words.not_shown() }</span></> };
        let Some(cell) = self.cell(category) else { return nothing() };
        let Some((count, base)) = cell.count.exact().zip(school.base).filter(|(_, base)| *base > 0) else {
            return band(words, cell.count).map_or_else(nothing, Html::from);
        };
        let share = count as f64 / base as f64;
        let number = words.percent(100.0 * share);
        match self.joined(cell, category) {
            Some(others) => with_bar(words.joined_with(&number, &others), share),
            None => with_bar(number, share),
        }
    }

    fn likert_row(&self, has_study: bool, has_school: bool) -> Row {
        let ItemFigures { session, words, item, .. } = self;
        let chosen = self.chosen().next().map(|category| item.category(category));
        let own = match chosen.map(|category| (category.value, &category.label)) {
            Some((Some(value), _)) => with_bar(words.whole(value.into()), position(item, f64::from(value))),
            Some((None, label)) => passage(session, label),
            None => NONE.into(),
        };
        let mean = |mean: Option<f64>| match mean {
            Some(mean) => with_bar(words.decimal(mean, 1), position(item, mean)),
            None => NONE.into(),
        };
        let mut cells = vec![own];
        if has_study {
            cells.push(mean(self.study.and_then(|study| study.mean)));
        }
        if HAS_GROUP && has_school {
            cells.push(mean(self.school.and_then(|school| school_mean(item, school))));
        }
        Row { name: passage(session, &item.question), is_chosen: false, cells }
    }
}

fn tick(words: &Language) -> Html {
    html! { <><span class="tick" aria-hidden="true">{ "✓" }</span><span class="visually-hidden">{ words.your_answer() }</span></> }
}

/// Renders the percentage that the study printed, or a dash for an answer that it did not offer.
fn share_in_study(words: &Language, study: &ReferenceItem, category: CategoryId) -> Html {
    match study.percent(category) {
        Some(share) => with_bar(words.percent(share), share / 100.0),
        None => html! { <>{ NONE }<span class="visually-hidden">{ words.not_in_study() }</span></> },
    }
}

fn likert_table(figures: Figures, items: &[ItemFigures]) -> Html {
    let words = figures.session.words();
    let (has_study, has_school) = (figures.study.is_some(), figures.school.is_some());
    let mut columns = [words.statement(), words.you()].map(str::to_owned).to_vec();
    columns.extend(has_study.then(|| words.study_mean().to_owned()));
    columns.extend((HAS_GROUP && has_school).then(|| words.your_school_mean().to_owned()));
    Table {
        caption: scale(words, items[0].item).into(),
        columns,
        rows: items.iter().map(|figures| figures.likert_row(has_study, has_school)).collect(),
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

/// Returns the mean over those who chose a value; `None` unless every count was released.
fn school_mean(item: &Item, school: &ReleasedItem) -> Option<f64> {
    if !school.is_full() {
        return None;
    }
    let valued =
        item.answers().filter_map(|(_, category)| Some((category.value?, school.count(&category.code)?)));
    let (sum, base) =
        valued.fold((0, 0), |(sum, base), (value, count)| (sum + u64::from(value) * count, base + count));
    (base > 0).then(|| sum as f64 / base as f64)
}

/// Returns where a value lies between the lowest and the highest of its scale.
fn position(item: &Item, value: f64) -> f64 {
    let values = || item.answers().filter_map(|(_, category)| category.value).map(f64::from);
    let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
    if high > low { (value - low) / (high - low) } else { 1.0 }
}
