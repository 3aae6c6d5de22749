//! Charts of a report's figures, each as one SVG element.
//!
//! A chart stands beside the table of the same figures, and says nothing that the table does not.
//! The same element goes into the coordinator's page, into a page of its own and into a file for a paper:
//! every element has presentation attributes in print-safe colours, and a class through which
//! `www/balint-report.css` gives it the colours of a dark page or of forced colours.
//! There is no `style` attribute, no script, no font and no `id`, so that any number of charts can share a
//! page under a strict policy.
//!
//! A chart is drawn for a column of 336 units, one for each pixel of a narrow telephone or of a
//! journal's column. Text in an SVG does not wrap by itself, so labels are wrapped by estimated widths and
//! stand above their bars.

mod legend;
mod likert;
mod rows;
mod scale;
mod svg;
mod wrap;

use super::markup::Element;

/// Horizontal bars of percentages, with 95 % intervals as whiskers.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars<'a> {
    /// What the chart shows; it is read out and names the file, but is not drawn.
    pub title: &'a str,
    /// From top to bottom.
    pub rows: Vec<Row<'a>>,
    /// The name of the rows' reference values in the legend, such as `Atkinson & Rosenstock (n = 46)`.
    pub reference: Option<&'a str>,
}

/// Dots with 95 % intervals on a common scale from −1 to 1, for correlations.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimates<'a> {
    /// What the chart shows; it is read out and names the file, but is not drawn.
    pub title: &'a str,
    /// From top to bottom; their figures run from −1 to 1.
    pub rows: Vec<Row<'a>>,
    /// The name of the rows' reference values in the legend.
    pub reference: Option<&'a str>,
}

/// One row of [`Bars`] or of [`Estimates`].
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// Stands above the bar; it is wrapped.
    pub label: &'a str,
    /// What is drawn.
    pub shown: Shown,
    /// The numbers at the end of the row, such as `22 (48%)`; they may be empty.
    pub figures: String,
    /// The value to compare with; it is drawn even where the row's own is withheld.
    pub reference: Option<f64>,
}

/// What a [`Row`] draws: percents from 0 to 100 in [`Bars`], coefficients from −1 to 1 in [`Estimates`].
///
/// Whatever lies outside of the scale is drawn at its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A value with the bounds of its 95 % interval.
    Value { value: f64, interval: Option<(f64, f64)> },
    /// The range in which a blurred value lies; the row's figures say so in words.
    Range { low: f64, high: f64 },
    /// What stands in place of a value that is withheld, such as `fewer than 5 people`.
    Words(String),
}

/// Diverging stacked bars: one for each statement, with disagreement to the left of zero.
///
/// An odd number of categories has a middle one, which straddles zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Likert<'a> {
    /// What the chart shows; it is read out and names the file, but is not drawn.
    pub title: &'a str,
    /// The labels of the two to seven categories, from the strongest disagreement to the strongest agreement.
    pub categories: Vec<&'a str>,
    /// From top to bottom.
    pub rows: Vec<Statement<'a>>,
}

/// One row of a [`Likert`] chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement<'a> {
    /// Stands above the bar; it is wrapped.
    pub label: &'a str,
    /// The base of the shares; where it is the same in all rows, the legend says it once.
    pub base: Option<u64>,
    /// What is drawn.
    pub shown: Agreement,
    /// The numbers at the end of the row, such as `mean 3.8 (study 3.9)`; they may be empty.
    pub figures: String,
}

/// What a [`Statement`] draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Agreement {
    /// The share of each category, in their order; counts do as well as percents.
    Shares(Vec<f64>),
    /// The range in which the percentage of those who agreed lies; the row's figures say so in words.
    Range { low: f64, high: f64 },
    /// What stands in place of shares that are withheld.
    Words(String),
}

/// Returns horizontal bars of percentages as an SVG element.
pub fn bars(bars: &Bars) -> Element {
    rows::chart(bars.title, &bars.rows, bars.reference, &rows::PERCENTS)
}

/// Returns dots with their intervals, on a scale from −1 to 1, as an SVG element.
pub fn estimates(estimates: &Estimates) -> Element {
    rows::chart(estimates.title, &estimates.rows, estimates.reference, &rows::COEFFICIENTS)
}

/// Returns diverging stacked bars as an SVG element.
///
/// # Panics
///
/// If there are fewer than two or more than seven categories, or a row has not one share for each.
pub fn likert(likert: &Likert) -> Element {
    likert::chart(likert)
}

#[cfg(test)]
mod tests;
