//! Figures as tables, with a bar for each: the bar repeats the number beside it, and nothing else.

use yew::prelude::*;

use crate::instrument::{Item, Kind};
use crate::language::Language;
use crate::report::format::fixed;

/// A table whose first column names the rows.
pub struct Table {
    pub caption: Html,
    /// The heading of the first column, then those of the figures.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// One row of a [`Table`].
pub struct Row {
    pub name: Html,
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
pub fn category_heading(words: &Language, item: &Item) -> String {
    if item.kind == Kind::Open { words.theme() } else { words.answer() }.to_owned()
}
