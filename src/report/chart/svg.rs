//! Writing SVG: elements below each other, each with its paint.

use crate::report::format::fixed;
use crate::report::markup::Element;

/// The width of a chart.
pub const WIDTH: f64 = 336.0;
/// What stays free at both sides, so that caps and markers at the ends of a scale are not cut off.
pub const MARGIN: f64 = 6.0;
/// The left end of text and scales.
pub const LEFT: f64 = MARGIN;
/// The right end of text and scales.
pub const RIGHT: f64 = WIDTH - MARGIN;
/// The size of all text.
pub const TEXT: f64 = 14.0;
/// The height of a line of text.
pub const LINE: f64 = 18.0;
/// From the top of a line of text to its baseline.
const ASCENT: f64 = 13.5;

/// From one coordinate or value to another that is not less.
pub type Span = (f64, f64);

/// How an element is painted: a class for the page, and attributes for where no style sheet reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    class: &'static str,
    attributes: &'static [(&'static str, &'static str)],
}

const fn paint(class: &'static str, attributes: &'static [(&'static str, &'static str)]) -> Paint {
    Paint { class, attributes }
}

pub const GROUND: Paint = paint("chart-ground", &[("fill", "#ffffff")]);
pub const LABEL: Paint = paint("chart-label", &[("fill", "#17252a")]);
pub const QUIET: Paint = paint("chart-quiet", &[("fill", "#4b5d64")]);
pub const GRID: Paint = paint("chart-grid", &[("fill", "none"), ("stroke", "#c3ced2")]);
pub const ZERO: Paint =
    paint("chart-zero", &[("fill", "none"), ("stroke", "#4b5d64"), ("stroke-width", "1.25")]);
pub const BAR: Paint = paint("chart-bar", &[("fill", "#0b5d6b")]);
pub const RANGE: Paint =
    paint("chart-range", &[("fill", "#ffffff"), ("stroke", "#0b5d6b"), ("stroke-width", "1.25")]);
pub const WHISKER: Paint =
    paint("chart-whisker", &[("fill", "none"), ("stroke", "#17252a"), ("stroke-width", "1.5")]);
/// The part of a whisker that lies on a bar.
pub const WHISKER_ON_BAR: Paint =
    paint("chart-whisker-on-bar", &[("fill", "none"), ("stroke", "#ffffff"), ("stroke-width", "1.5")]);
pub const DOT: Paint =
    paint("chart-dot", &[("fill", "#0b5d6b"), ("stroke", "#ffffff"), ("stroke-width", "1.5")]);
pub const MARKER: Paint = paint("chart-marker", &[("fill", "#9a3412")]);

/// The segments of a Likert scale, from light to dark; the outline of each stands out from its fill.
pub const STEPS: [Paint; 7] = [
    paint("chart-step-1", &[("fill", "#f4f9fa"), ("stroke", "#17252a"), ("stroke-width", "0.75")]),
    paint("chart-step-2", &[("fill", "#d9eaed"), ("stroke", "#17252a"), ("stroke-width", "0.75")]),
    paint("chart-step-3", &[("fill", "#b7d7dc"), ("stroke", "#17252a"), ("stroke-width", "0.75")]),
    paint("chart-step-4", &[("fill", "#8fc0c9"), ("stroke", "#17252a"), ("stroke-width", "0.75")]),
    paint("chart-step-5", &[("fill", "#62a4b0"), ("stroke", "#17252a"), ("stroke-width", "0.75")]),
    paint("chart-step-6", &[("fill", "#1c7382"), ("stroke", "#ffffff"), ("stroke-width", "0.75")]),
    paint("chart-step-7", &[("fill", "#06414c"), ("stroke", "#ffffff"), ("stroke-width", "0.75")]),
];

/// The text on each of the [`STEPS`].
pub const ON_STEPS: [Paint; 7] = [
    paint("chart-on-1", &[("fill", "#17252a")]),
    paint("chart-on-2", &[("fill", "#17252a")]),
    paint("chart-on-3", &[("fill", "#17252a")]),
    paint("chart-on-4", &[("fill", "#17252a")]),
    paint("chart-on-5", &[("fill", "#17252a")]),
    paint("chart-on-6", &[("fill", "#ffffff")]),
    paint("chart-on-7", &[("fill", "#ffffff")]),
];

/// Which point of a text stands at its x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A chart that is being drawn from the top to the bottom.
#[derive(Debug)]
pub struct Drawing {
    elements: Vec<Element>,
    /// The top of what is drawn next.
    pub y: f64,
}

impl Drawing {
    /// Begins a chart, a little below its upper edge.
    pub fn new() -> Drawing {
        Drawing { elements: Vec::new(), y: 3.0 }
    }

    /// Writes a line of text whose box begins at `y`.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, paint: Paint, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut element = Element::of_text("text", text).with("class", paint.class);
        element = element.with("x", number(x)).with("y", number(y + ASCENT));
        element = match anchor {
            Anchor::Start => element,
            Anchor::Middle => element.with("text-anchor", "middle"),
            Anchor::End => element.with("text-anchor", "end"),
        };
        self.add(element, paint);
    }

    /// Draws a rectangle.
    pub fn rectangle(&mut self, x: Span, y: Span, paint: Paint) {
        let place = [("x", x.0), ("y", y.0), ("width", x.1 - x.0), ("height", y.1 - y.0)];
        self.shape("rect", paint, place.map(|(name, value)| (name, number(value))));
    }

    /// Draws a dot.
    pub fn dot(&mut self, x: f64, y: f64, radius: f64, paint: Paint) {
        let place = [("cx", x), ("cy", y), ("r", radius)];
        self.shape("circle", paint, place.map(|(name, value)| (name, number(value))));
    }

    /// Draws lines, each through its points.
    pub fn lines(&mut self, lines: &[Vec<(f64, f64)>], paint: Paint) {
        self.shape("path", paint, [("d", lines.iter().map(|points| path(points)).collect())]);
    }

    /// Draws an area within its corners.
    pub fn area(&mut self, corners: &[(f64, f64)], paint: Paint) {
        self.shape("path", paint, [("d", path(corners) + "Z")]);
    }

    fn shape<const N: usize>(
        &mut self,
        name: &'static str,
        paint: Paint,
        place: [(&'static str, String); N],
    ) {
        let mut element = Element::new(name).with("class", paint.class);
        element.attributes.extend(place);
        self.add(element, paint);
    }

    fn add(&mut self, mut element: Element, paint: Paint) {
        element.attributes.extend(paint.attributes.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.elements.push(element);
    }

    /// Returns the chart, which ends where the next element would have begun.
    ///
    /// The title is the chart's only name: a label that repeats it would be read out twice.
    pub fn finish(self, title: &str) -> Element {
        let [width, height, size] = [WIDTH, self.y.ceil(), TEXT].map(number);
        let mut ground = Drawing::new();
        ground.rectangle((0.0, WIDTH), (0.0, self.y.ceil()), GROUND);
        let elements = ground.elements.into_iter().chain(self.elements);
        Element::new("svg")
            .with("xmlns", "http://www.w3.org/2000/svg")
            .with("class", "chart")
            .with("role", "img")
            .with("viewBox", format!("0 0 {width} {height}"))
            .with("width", width)
            .with("height", height)
            .with("direction", "ltr")
            .with("font-family", "Helvetica, Arial, sans-serif")
            .with("font-size", size)
            .child(Element::of_text("title", title))
            .child(Element::new("g").with("aria-hidden", "true").children(elements))
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let point = |(index, (x, y)): (usize, &(f64, f64))| {
        let command = if index == 0 { 'M' } else { 'L' };
        format!("{command}{} {}", number(*x), number(*y))
    };
    points.iter().enumerate().map(point).collect()
}

/// Returns a coordinate; there are no negative ones, and tenths are finer than any screen shows.
fn number(value: f64) -> String {
    let number = fixed(value.max(0.0), 1);
    number.strip_suffix(".0").map_or(number.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_plain_numbers() {
        assert_eq!([12.0, 12.34, -0.4, 0.05].map(number), ["12", "12.3", "0", "0.1"]);
    }
}
