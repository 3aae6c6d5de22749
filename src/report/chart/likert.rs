//! Diverging stacked bars.

use super::legend::{Sign, heading, legend, range, words};
use super::scale::Scale;
use super::svg::{Anchor, Drawing, LINE, ON_STEPS, STEPS, Span};
use super::wrap::width;
use super::{Agreement, Likert, Statement};
use crate::report::format::percent;
use crate::report::markup::Element;

/// The height of a bar, which holds a line of text.
const HEIGHT: f64 = 20.0;
/// The room below a row.
const GAP: f64 = 12.0;
/// By how much gridlines are longer than a bar, at both ends.
const OVERHANG: f64 = 3.0;
/// The room beside the text in a segment.
const PADDING: f64 = 2.0;

/// Returns the chart.
pub fn chart(likert: &Likert) -> Element {
    let steps = steps(likert.categories.len());
    let base = common_base(&likert.rows);
    let scale = scale(&likert.rows);
    let mut drawing = Drawing::new();
    legend(&mut drawing, &entries(likert, steps, base));
    for row in &likert.rows {
        let own = row.base.filter(|_| base.is_none()).map(|base| format!("n = {base}"));
        let figures: Vec<String> =
            own.into_iter().chain([row.figures.clone()]).filter(|part| !part.is_empty()).collect();
        heading(&mut drawing, row.label, &figures.join(", "));
        draw(&mut drawing, &row.shown, &scale, steps);
        drawing.y += GAP;
    }
    if likert.rows.iter().any(|row| !matches!(row.shown, Agreement::Words(_))) {
        drawing.y -= GAP - OVERHANG;
        scale.axis(&mut drawing);
    }
    drawing.finish(likert.title)
}

/// Returns which of the seven steps the categories take, so that they are as far apart as can be.
fn steps(categories: usize) -> &'static [usize] {
    match categories {
        2 => &[1, 5],
        3 => &[0, 3, 6],
        4 => &[0, 2, 4, 6],
        5 => &[0, 2, 3, 5, 6],
        6 => &[0, 1, 2, 4, 5, 6],
        7 => &[0, 1, 2, 3, 4, 5, 6],
        other => panic!("a Likert scale has 2 to 7 categories, not {other}"),
    }
}

/// Returns the base if it is that of all rows that have one.
fn common_base(rows: &[Statement]) -> Option<u64> {
    let mut bases = rows.iter().filter_map(|row| row.base);
    let first = bases.next()?;
    bases.all(|base| base == first).then_some(first)
}

fn entries(likert: &Likert, steps: &[usize], base: Option<u64>) -> Vec<(Sign, String)> {
    let steps = steps.iter().zip(&likert.categories);
    let mut entries: Vec<_> = steps.map(|(step, name)| (Sign::Step(*step), (*name).to_owned())).collect();
    if likert.rows.iter().any(|row| matches!(row.shown, Agreement::Range { .. })) {
        entries.push((Sign::Range, "agreed: within this range".to_owned()));
    }
    entries.extend(base.map(|base| (Sign::None, format!("n = {base}"))));
    entries
}

/// Returns the scale on which every row fits, with whole quarters at its ends.
fn scale(rows: &[Statement]) -> Scale {
    let extents = rows.iter().map(|row| match &row.shown {
        Agreement::Shares(shares) => {
            let edges = edges(shares);
            (-edges[0], edges[shares.len()])
        }
        Agreement::Range { high, .. } => (0.0, *high),
        Agreement::Words(_) => (0.0, 0.0),
    });
    let (left, right) = extents.fold((0.0, 0.0), |all: (f64, f64), row| (all.0.max(row.0), all.1.max(row.1)));
    // One quarter at least, so that the absence of disagreement is seen.
    let quarters = |extent: f64| ((extent - 1e-9) / 25.0).ceil().clamp(1.0, 4.0) * 25.0;
    let (low, high) = (-quarters(left), quarters(right));
    let step = if high - low > 150.0 { 50.0 } else { 25.0 };
    let inner = (-3..=3).map(|tick| f64::from(tick) * step).filter(|tick| low < *tick && *tick < high);
    let ticks = [low].into_iter().chain(inner).chain([high]).collect();
    Scale { low, high, ticks, write: |tick| percent(tick.abs()) }
}

/// Returns where each segment begins, in percent from zero, and where the last one ends.
///
/// Half of the categories, and half of an odd middle one, lie to the left of zero.
pub fn edges(shares: &[f64]) -> Vec<f64> {
    let total: f64 = shares.iter().sum();
    let percents = shares.iter().map(|share| if total > 0.0 { 100.0 * share / total } else { 0.0 });
    let mut edges = vec![0.0];
    edges.extend(percents.scan(0.0, |end, percent| {
        *end += percent;
        Some(*end)
    }));
    let half = shares.len() / 2;
    let zero = f64::midpoint(edges[half], edges[shares.len() - half]);
    edges.into_iter().map(|edge| edge - zero).collect()
}

fn draw(drawing: &mut Drawing, shown: &Agreement, scale: &Scale, steps: &[usize]) {
    if let Agreement::Words(text) = shown {
        return words(drawing, text);
    }
    let (top, bottom) = (drawing.y + OVERHANG, drawing.y + OVERHANG + HEIGHT);
    scale.grid(drawing, top - OVERHANG, bottom + OVERHANG);
    match shown {
        Agreement::Shares(shares) => segments(drawing, shares, scale, steps, (top, bottom)),
        Agreement::Range { low, high } => range(drawing, (scale.x(*low), scale.x(*high)), (top, bottom)),
        Agreement::Words(_) => {}
    }
    drawing.y = bottom + OVERHANG;
}

fn segments(drawing: &mut Drawing, shares: &[f64], scale: &Scale, steps: &[usize], y: Span) {
    assert!(shares.len() == steps.len(), "there is one share for each category");
    for (step, edges) in steps.iter().zip(edges(shares).windows(2)) {
        let x = (scale.x(edges[0]), scale.x(edges[1]));
        if edges[1] <= edges[0] {
            continue;
        }
        drawing.rectangle(x, y, STEPS[*step]);
        let text = percent(edges[1] - edges[0]);
        if width(&text) + 2.0 * PADDING <= x.1 - x.0 {
            let top = f64::midpoint(y.0, y.1) - LINE / 2.0;
            drawing.text(f64::midpoint(x.0, x.1), top, Anchor::Middle, ON_STEPS[*step], &text);
        }
    }
}
