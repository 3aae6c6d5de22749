//! Bars and dots with their intervals and reference values.

use super::legend::{MARKER_HEIGHT, Sign, heading, interval, interval_on_bar, legend, marker, range, words};
use super::scale::Scale;
use super::svg::{BAR, DOT, Drawing, GRID, Span};
use super::{Row, Shown};
use crate::report::format::{fixed, percent};
use crate::report::markup::Element;

/// The room below a row.
const GAP: f64 = 11.0;
/// By how much gridlines are longer than a bar, at both ends.
const OVERHANG: f64 = 3.0;
/// The radius of a dot.
const RADIUS: f64 = 5.0;

/// What tells one kind of rows from the other.
pub struct Form {
    low: f64,
    ticks: [f64; 5],
    write: fn(f64) -> String,
    height: f64,
    /// Draws a value and its interval between the top and the bottom of a row.
    draw: fn(&mut Drawing, &Scale, f64, Option<Span>, Span),
}

/// Bars from 0 to 100 %.
pub const PERCENTS: Form =
    Form { low: 0.0, ticks: [0.0, 25.0, 50.0, 75.0, 100.0], write: percent, height: 15.0, draw: bar };

/// Dots from −1 to 1.
pub const COEFFICIENTS: Form =
    Form { low: -1.0, ticks: [-1.0, -0.5, 0.0, 0.5, 1.0], write: coefficient, height: 13.0, draw: dot };

/// Writes a tick: 1 and 0 are whole, halves have no leading zero.
fn coefficient(value: f64) -> String {
    let decimals = u32::from(value.fract() != 0.0);
    fixed(value, decimals).replacen("0.", ".", 1)
}

/// Returns the chart of some rows.
pub fn chart(title: &str, rows: &[Row], reference: Option<&str>, form: &Form) -> Element {
    let scale = Scale { low: form.low, high: form.ticks[4], ticks: form.ticks.to_vec(), write: form.write };
    let mut drawing = Drawing::new();
    legend(&mut drawing, &entries(rows, reference));
    for row in rows {
        draw_row(&mut drawing, row, &scale, form);
        drawing.y += GAP;
    }
    if rows.iter().any(has_plot) {
        drawing.y -= GAP - OVERHANG;
        scale.axis(&mut drawing);
    }
    drawing.finish(title)
}

fn entries(rows: &[Row], reference: Option<&str>) -> Vec<(Sign, String)> {
    let is_whisker = |row: &Row| matches!(row.shown, Shown::Value { interval: Some(_), .. });
    let is_range = |row: &Row| matches!(row.shown, Shown::Range { .. });
    let is_marked = rows.iter().any(|row| row.reference.is_some());
    let interval = rows.iter().any(is_whisker).then(|| (Sign::Interval, "95% interval".to_owned()));
    let range = rows.iter().any(is_range).then(|| (Sign::Range, "within this range".to_owned()));
    let marker = reference.filter(|_| is_marked).map(|name| (Sign::Marker, name.to_owned()));
    [interval, range, marker].into_iter().flatten().collect()
}

fn has_plot(row: &Row) -> bool {
    row.reference.is_some() || !matches!(row.shown, Shown::Words(_))
}

fn draw_row(drawing: &mut Drawing, row: &Row, scale: &Scale, form: &Form) {
    heading(drawing, row.label, &row.figures);
    if let Shown::Words(text) = &row.shown {
        words(drawing, text);
        drawing.y += OVERHANG;
    }
    if !has_plot(row) {
        return;
    }
    let (top, bottom) = (drawing.y + OVERHANG, drawing.y + OVERHANG + form.height);
    scale.grid(drawing, top - OVERHANG, bottom + OVERHANG);
    match &row.shown {
        Shown::Value { value, interval } => (form.draw)(drawing, scale, *value, *interval, (top, bottom)),
        Shown::Range { low, high } => range(drawing, (scale.x(*low), scale.x(*high)), (top, bottom)),
        Shown::Words(_) => {}
    }
    drawing.y = bottom + OVERHANG;
    if let Some(reference) = row.reference {
        marker(drawing, scale.x(reference), bottom + 1.0);
        drawing.y = bottom + MARKER_HEIGHT;
    }
}

fn bar(drawing: &mut Drawing, scale: &Scale, value: f64, bounds: Option<Span>, y: Span) {
    if value > 0.0 {
        drawing.rectangle((scale.x(0.0), scale.x(value)), y, BAR);
    }
    if let Some((low, high)) = bounds {
        let end = scale.x(value);
        interval_on_bar(drawing, (scale.x(low), scale.x(high)), end, f64::midpoint(y.0, y.1));
    }
}

fn dot(drawing: &mut Drawing, scale: &Scale, value: f64, bounds: Option<Span>, y: Span) {
    let middle = f64::midpoint(y.0, y.1);
    drawing.lines(&[vec![(scale.x(scale.low), middle), (scale.x(scale.high), middle)]], GRID);
    if let Some((low, high)) = bounds {
        interval(drawing, (scale.x(low), scale.x(high)), middle);
    }
    drawing.dot(scale.x(value), middle, RADIUS, DOT);
}
