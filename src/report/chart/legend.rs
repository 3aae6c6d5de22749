//! What stands around the bars: the legend above them, and the label and figures of each row.

use super::svg::{
    Anchor, Drawing, LABEL, LEFT, LINE, MARKER, QUIET, RANGE, RIGHT, STEPS, Span, WHISKER, WHISKER_ON_BAR,
};
use super::wrap::{balance, width, wrap};

/// The room between a label and its figures, and between the entries of a legend.
const GAP: f64 = 14.0;
/// The room for the sign of an entry.
const SIGN: f64 = 24.0;
/// The half height of a whisker's caps.
const CAP: f64 = 4.5;
/// The width and the height of a reference marker.
const TRIANGLE: (f64, f64) = (11.0, 9.0);

/// The height that reference markers take below a bar.
pub const MARKER_HEIGHT: f64 = TRIANGLE.1 + 1.0;

/// The sign of an entry in the legend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sign {
    Interval,
    Range,
    Marker,
    /// One of the [`STEPS`].
    Step(usize),
    /// No sign: a remark, which stands at the right.
    None,
}

/// Draws a legend; its entries stand side by side as far as they fit.
pub fn legend(drawing: &mut Drawing, entries: &[(Sign, String)]) {
    let mut x = LEFT;
    for (sign, name) in entries {
        let indent = if *sign == Sign::None { 0.0 } else { SIGN };
        if x > LEFT && x + indent + width(name) > RIGHT {
            x = LEFT;
            drawing.y += LINE + 2.0;
        }
        if *sign == Sign::None {
            drawing.text(RIGHT, drawing.y, Anchor::End, QUIET, name);
            continue;
        }
        draw_sign(drawing, *sign, x);
        let lines = wrap(name, RIGHT - x - indent);
        for (index, line) in lines.iter().enumerate() {
            drawing.y += if index == 0 { 0.0 } else { LINE };
            drawing.text(x + indent, drawing.y, Anchor::Start, QUIET, line);
        }
        x += indent + width(name) + GAP;
    }
    if !entries.is_empty() {
        drawing.y += LINE + 12.0;
    }
}

fn draw_sign(drawing: &mut Drawing, sign: Sign, x: f64) {
    let middle = drawing.y + LINE / 2.0;
    let [left, right] = [x, x + SIGN - 6.0];
    let (top, bottom) = (middle - 6.0, middle + 6.0);
    match sign {
        Sign::Interval => interval(drawing, (left + 1.0, right), middle),
        Sign::Range => range(drawing, (left, right), (top, bottom)),
        Sign::Marker => marker(drawing, (left + right) / 2.0, middle - TRIANGLE.1 / 2.0 - 0.5),
        Sign::Step(step) => drawing.rectangle((left, right), (top, bottom), STEPS[step]),
        Sign::None => {}
    }
}

/// Draws an interval as a whisker with caps.
pub fn interval(drawing: &mut Drawing, (low, high): Span, y: f64) {
    drawing.lines(&[vec![(low, y), (high, y)], cap(low, y), cap(high, y)], WHISKER);
}

/// Draws an interval over a bar that ends at `end`; what lies on the bar is cut out of it.
pub fn interval_on_bar(drawing: &mut Drawing, (low, high): Span, end: f64, y: f64) {
    let seam = end.max(low).min(high);
    let mut inside = vec![vec![(low, y), (seam, y)]];
    let mut outside = vec![vec![(seam, y), (high, y)]];
    for x in [low, high] {
        let side = if x < end { &mut inside } else { &mut outside };
        side.push(cap(x, y));
    }
    drawing.lines(&inside, WHISKER_ON_BAR);
    drawing.lines(&outside, WHISKER);
}

fn cap(x: f64, y: f64) -> Vec<(f64, f64)> {
    vec![(x, y - CAP), (x, y + CAP)]
}

/// Draws a hatched rectangle.
pub fn range(drawing: &mut Drawing, x: Span, y: Span) {
    drawing.rectangle(x, y, RANGE);
    let height = y.1 - y.0;
    let starts = (0..).map(|step| x.0 - height + 5.0 * f64::from(step)).take_while(|start| *start < x.1);
    let stroke = |start: f64| {
        let [left, right] = [start, start + height].map(|end| end.max(x.0).min(x.1));
        vec![(left, y.1 - (left - start)), (right, y.1 - (right - start))]
    };
    let strokes: Vec<_> = starts.map(stroke).filter(|points| points[0] != points[1]).collect();
    drawing.lines(&strokes, RANGE);
}

/// Draws a triangle whose tip is at `x` and `y`: the sign of a reference value.
pub fn marker(drawing: &mut Drawing, x: f64, y: f64) {
    let (width, height) = TRIANGLE;
    drawing.area(&[(x, y), (x + width / 2.0, y + height), (x - width / 2.0, y + height)], MARKER);
}

/// Writes a label, with the figures at the end of its last line.
///
/// Where the label would have to be squeezed for them, the figures get lines of their own.
pub fn heading(drawing: &mut Drawing, label: &str, figures: &str) {
    let room = RIGHT - LEFT;
    let beside = if figures.is_empty() { room } else { room - width(figures) - GAP };
    let is_squeezed = beside < 0.4 * room && width(label) > beside;
    let shared = if is_squeezed { None } else { balance(label, room, beside) };
    let is_beside = shared.is_some();
    for line in shared.or_else(|| balance(label, room, room)).unwrap_or_default() {
        drawing.text(LEFT, drawing.y, Anchor::Start, LABEL, &line);
        drawing.y += LINE;
    }
    if is_beside {
        drawing.y -= LINE;
    }
    for line in wrap(figures, room) {
        drawing.text(RIGHT, drawing.y, Anchor::End, LABEL, &line);
        drawing.y += LINE;
    }
    drawing.y += 3.0;
}

/// Writes words where a bar would stand.
pub fn words(drawing: &mut Drawing, words: &str) {
    for line in wrap(words, RIGHT - LEFT) {
        drawing.text(LEFT, drawing.y, Anchor::Start, QUIET, &line);
        drawing.y += LINE;
    }
}
