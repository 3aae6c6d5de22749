//! Figures as tables, with a bar for each: the bar repeats the number beside it, and nothing else.

use yew::prelude::*;

use crate::disclosure::Count;
use crate::instrument::{Instrument, Item, Kind};
use crate::report::format::{NONE, fixed, or_none, percent};
use crate::report::text::coefficient;
use crate::report::{Frequency, ItemReport, Report, WITHHELD, missing_label};

/// A table whose first column names the rows.
pub struct Table {
    pub caption: String,
    /// The heading of the first column, then those of the figures.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// Sentences below the table.
    pub notes: Vec<Html>,
}

/// One row of a [`Table`].
pub struct Row {
    pub name: String,
    /// Whether it is the respondent's own answer.
    pub is_chosen: bool,
    pub cells: Vec<Html>,
}

impl Table {
    /// Renders the table; where the screen is too narrow, it scrolls by itself.
    pub fn html(self) -> Html {
        html! {
            <div class="scroll">
                <table>
                    <caption>{ self.caption }</caption>
                    <thead><tr>{ for self.columns.into_iter().map(|name| html! { <th scope="col">{ name }</th> }) }</tr></thead>
                    <tbody>{ for self.rows.into_iter().map(Row::html) }</tbody>
                </table>
                { for self.notes.into_iter().map(|note| html! { <p class="summary">{ note }</p> }) }
            </div>
        }
    }
}

impl Row {
    fn html(self) -> Html {
        html! {
            <tr class={classes!(self.is_chosen.then_some("chosen"))}>
                <th scope="row">{ self.name }</th>
                { for self.cells.into_iter().map(|cell| html! { <td>{ cell }</td> }) }
            </tr>
        }
    }
}

/// Renders a number with a bar as long as its share of a whole, from 0 to 1; assistive technology skips the bar.
pub fn with_bar(number: String, share: f64) -> Html {
    let width = fixed(100.0 * share.clamp(0.0, 1.0), 1);
    html! {
        <>
            { number }
            <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="bar-track" width="100" height="8" />
                <rect class="bar-value" width={width} height="8" />
            </svg>
        </>
    }
}

/// Returns the heading of an item's categories.
pub fn category_heading(item: &Item) -> String {
    if item.kind == Kind::Open { "Theme" } else { "Answer" }.to_owned()
}

/// Renders a report: who answered, and a table for each item.
pub fn report_tables(report: &Report, instrument: &Instrument) -> Html {
    let find = |id: &str| report.items.iter().chain(&report.themes).find(|item| item.id == id);
    let table = |item: &Item| find(&item.id).map(|figures| item_table(item, figures));
    html! {
        <div class="report" part="report">
            <p class="lead">{ respondents(report) }</p>
            { for instrument.items().filter_map(|(_, item)| table(item)) }
            if !report.correlations.is_empty() {
                { correlations(report, instrument) }
            }
        </div>
    }
}

fn respondents(report: &Report) -> String {
    let of = report.eligible.map(|eligible| format!(" of {eligible}")).unwrap_or_default();
    let rate = report.response_rate.map(|rate| format!(" ({}%)", fixed(100.0 * rate.value, 1)));
    format!("{}{of} answered{}.", report.respondents, rate.unwrap_or_default())
}

fn item_table(item: &Item, figures: &ItemReport) -> Html {
    let base = figures.base.map(|base| format!(" (n = {base})")).unwrap_or_default();
    let categories = figures.categories.as_deref().unwrap_or_default();
    let has_percents = categories.iter().any(|category| category.percent.is_some());
    let shown = if has_percents { &["n", "%", "95% interval"][..] } else { &["People"] };
    let mut columns = vec![category_heading(item)];
    columns.extend(shown.iter().map(|name| (*name).to_owned()));
    let mut rows: Vec<Row> =
        categories.iter().map(|category| frequency_row(category, has_percents)).collect();
    if let Some(missing) = figures.missing.filter(|missing| *missing > 0 && has_percents) {
        let cells = vec![missing.into(), NONE.into(), NONE.into()];
        rows.push(Row { name: missing_label(item).to_owned(), is_chosen: false, cells });
    }
    let mut notes: Vec<Html> = Vec::new();
    if figures.withheld.is_some() {
        columns.truncate(1);
        rows.push(Row { name: format!("Not shown: {WITHHELD}."), is_chosen: false, cells: Vec::new() });
    }
    if let Some(mean) = figures.mean {
        let [sd, median] = [(figures.sd, 2), (figures.median, 1)]
            .map(|(figure, decimals)| or_none(figure, |figure| fixed(figure, decimals)));
        notes.push(format!("Mean {}, standard deviation {sd}, median {median}.", fixed(mean, 1)).into());
    }
    notes.extend(item.note.iter().map(|note| note.clone().into()));
    Table { caption: format!("{}{base}", item.question), columns, rows, notes }.html()
}

fn frequency_row(category: &Frequency, has_percents: bool) -> Row {
    let mut cells = vec![count(category.count).into()];
    if has_percents {
        let share = category.percent.map(|share| with_bar(percent(share), share / 100.0));
        let bounds = category.low.zip(category.high);
        let interval = bounds.map(|(low, high)| format!("{} to {}", fixed(low, 0), fixed(high, 0)));
        cells.push(share.unwrap_or_else(|| NONE.into()));
        cells.push(interval.unwrap_or_else(|| NONE.to_owned()).into());
    }
    Row { name: category.label.clone(), is_chosen: false, cells }
}

fn correlations(report: &Report, instrument: &Instrument) -> Html {
    let planned = instrument.pairs().iter().zip(&report.correlations);
    let row = |(pair, found): (&crate::instrument::Pair, _)| Row {
        name: format!("{} × {}", pair.x.label, pair.y.label),
        is_chosen: false,
        cells: vec![coefficient(found).into()],
    };
    Table {
        caption: "Correlations (Pearson, planned)".to_owned(),
        columns: ["Variables", "Coefficient and test"].map(str::to_owned).into(),
        rows: planned.map(row).collect(),
        notes: Vec::new(),
    }
    .html()
}

/// Returns a count in words, for those that are no number.
fn count(count: Count) -> String {
    match count {
        Count::Below(limit) => format!("fewer than {limit} people"),
        Count::Above(limit) => format!("more than {limit} people"),
        Count::Between => "between 20% and 80%".to_owned(),
        Count::AtLeast(percent) => format!("{percent}% or more"),
        Count::AtMost(percent) => format!("{percent}% or fewer"),
        other => other.to_string(),
    }
}
