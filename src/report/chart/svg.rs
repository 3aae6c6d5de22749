//! Writing SVG: elements below each other, each with its paint.

use crate::report::format::fixed;

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
    attributes: &'static str,
}

const fn paint(class: &'static str, attributes: &'static str) -> Paint {
    Paint { class, attributes }
}

pub const GROUND: Paint = paint("chart-ground", r##"fill="#ffffff""##);
pub const LABEL: Paint = paint("chart-label", r##"fill="#17252a""##);
pub const QUIET: Paint = paint("chart-quiet", r##"fill="#4b5d64""##);
pub const GRID: Paint = paint("chart-grid", r##"fill="none" stroke="#c3ced2""##);
pub const ZERO: Paint = paint("chart-zero", r##"fill="none" stroke="#4b5d64" stroke-width="1.25""##);
pub const BAR: Paint = paint("chart-bar", r##"fill="#0b5d6b""##);
pub const RANGE: Paint = paint("chart-range", r##"fill="#ffffff" stroke="#0b5d6b" stroke-width="1.25""##);
pub const WHISKER: Paint = paint("chart-whisker", r##"fill="none" stroke="#17252a" stroke-width="1.5""##);
/// The part of a whisker that lies on a bar.
pub const WHISKER_ON_BAR: Paint =
    paint("chart-whisker-on-bar", r##"fill="none" stroke="#ffffff" stroke-width="1.5""##);
pub const DOT: Paint = paint("chart-dot", r##"fill="#0b5d6b" stroke="#ffffff" stroke-width="1.5""##);
pub const MARKER: Paint = paint("chart-marker", r##"fill="#9a3412""##);

/// The segments of a Likert scale, from light to dark; the outline of each stands out from its fill.
pub const STEPS: [Paint; 7] = [
    paint("chart-step-1", r##"fill="#f4f9fa" stroke="#17252a" stroke-width="0.75""##),
    paint("chart-step-2", r##"fill="#d9eaed" stroke="#17252a" stroke-width="0.75""##),
    paint("chart-step-3", r##"fill="#b7d7dc" stroke="#17252a" stroke-width="0.75""##),
    paint("chart-step-4", r##"fill="#8fc0c9" stroke="#17252a" stroke-width="0.75""##),
    paint("chart-step-5", r##"fill="#62a4b0" stroke="#17252a" stroke-width="0.75""##),
    paint("chart-step-6", r##"fill="#1c7382" stroke="#ffffff" stroke-width="0.75""##),
    paint("chart-step-7", r##"fill="#06414c" stroke="#ffffff" stroke-width="0.75""##),
];

/// The text on each of the [`STEPS`].
pub const ON_STEPS: [Paint; 7] = [
    paint("chart-on-1", r##"fill="#17252a""##),
    paint("chart-on-2", r##"fill="#17252a""##),
    paint("chart-on-3", r##"fill="#17252a""##),
    paint("chart-on-4", r##"fill="#17252a""##),
    paint("chart-on-5", r##"fill="#17252a""##),
    paint("chart-on-6", r##"fill="#ffffff""##),
    paint("chart-on-7", r##"fill="#ffffff""##),
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
    elements: String,
    /// The top of what is drawn next.
    pub y: f64,
}

impl Drawing {
    /// Begins a chart, a little below its upper edge.
    pub fn new() -> Drawing {
        Drawing { elements: String::new(), y: 3.0 }
    }

    /// Writes a line of text whose box begins at `y`.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, paint: Paint, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let [x, y] = [x, y + ASCENT].map(number);
        if text.is_empty() {
            return;
        }
        self.element("text", paint, &format!(r#"x="{x}" y="{y}"{anchor}"#), Some(text));
    }

    /// Draws a rectangle.
    pub fn rectangle(&mut self, x: Span, y: Span, paint: Paint) {
        let [left, top, width, height] = [x.0, y.0, x.1 - x.0, y.1 - y.0].map(number);
        let place = format!(r#"x="{left}" y="{top}" width="{width}" height="{height}""#);
        self.element("rect", paint, &place, None);
    }

    /// Draws a dot.
    pub fn dot(&mut self, x: f64, y: f64, radius: f64, paint: Paint) {
        let [x, y, radius] = [x, y, radius].map(number);
        self.element("circle", paint, &format!(r#"cx="{x}" cy="{y}" r="{radius}""#), None);
    }

    /// Draws lines, each through its points.
    pub fn lines(&mut self, lines: &[Vec<(f64, f64)>], paint: Paint) {
        let path: String = lines.iter().map(|points| path(points)).collect();
        self.element("path", paint, &format!(r#"d="{path}""#), None);
    }

    /// Draws an area within its corners.
    pub fn area(&mut self, corners: &[(f64, f64)], paint: Paint) {
        self.element("path", paint, &format!(r#"d="{}Z""#, path(corners)), None);
    }

    fn element(&mut self, name: &str, paint: Paint, place: &str, text: Option<&str>) {
        let Paint { class, attributes } = paint;
        let content = text.map_or_else(|| "/>".to_owned(), |text| format!(">{}</{name}>", escape(text)));
        self.elements += &format!(r#"<{name} class="{class}" {place} {attributes}{content}"#);
        self.elements.push('\n');
    }

    /// Returns the chart, which ends where the next element would have begun.
    ///
    /// The title is the chart's only name: a label that repeats it would be read out twice.
    pub fn finish(self, title: &str) -> String {
        let [width, height, size] = [WIDTH, self.y.ceil(), TEXT].map(number);
        let mut ground = Drawing::new();
        ground.rectangle((0.0, WIDTH), (0.0, self.y.ceil()), GROUND);
        let root = [
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img""#.to_owned(),
            format!(r#"width="{width}" height="{height}" viewBox="0 0 {width} {height}" direction="ltr""#),
            format!(r#"font-family="Helvetica, Arial, sans-serif" font-size="{size}">"#),
        ];
        let (title, elements) = (escape(title), ground.elements + &self.elements);
        format!(
            "{}\n<title>{title}</title>\n<g aria-hidden=\"true\">\n{elements}</g>\n</svg>",
            root.join(" ")
        )
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

/// Returns text as it stands in XML, without the control characters that XML cannot hold.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\u{fffe}' | '\u{ffff}' => {}
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_label_is_text() {
        assert_eq!(escape("<50% & \"more\" 'or' >"), "&lt;50% &amp; &quot;more&quot; &#39;or&#39; &gt;");
        assert_eq!(escape("a\u{0}\n\u{ffff}b"), "a  b");
    }

    #[test]
    fn coordinates_are_plain_numbers() {
        assert_eq!([12.0, 12.34, -0.4, 0.05].map(number), ["12", "12.3", "0", "0.1"]);
    }
}
