//! Where a value lies between the left end of a chart and the right, and the lines that help to see it.

use super::svg::{Anchor, Drawing, GRID, LEFT, LINE, QUIET, RIGHT, ZERO};

/// A linear scale over the width of the chart.
#[derive(Clone, Debug)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    /// The values with a gridline, from left to right; the first and the last are the ends.
    pub ticks: Vec<f64>,
    /// How a tick is written.
    pub write: fn(f64) -> String,
}

impl Scale {
    /// Returns the x of a value; what lies outside of the scale is at its end.
    pub fn x(&self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        LEFT + share * (RIGHT - LEFT)
    }

    /// Draws the gridlines behind a row, and the stronger one at zero.
    pub fn grid(&self, drawing: &mut Drawing, top: f64, bottom: f64) {
        let line = |value: &f64| vec![(self.x(*value), top), (self.x(*value), bottom)];
        let others: Vec<_> = self.ticks.iter().filter(|tick| **tick != 0.0).map(line).collect();
        drawing.lines(&others, GRID);
        drawing.lines(&[line(&0.0)], ZERO);
    }

    /// Writes the ticks below the last row.
    pub fn axis(&self, drawing: &mut Drawing) {
        for (index, tick) in self.ticks.iter().enumerate() {
            let anchor = match index {
                0 => Anchor::Start,
                _ if index + 1 == self.ticks.len() => Anchor::End,
                _ => Anchor::Middle,
            };
            drawing.text(self.x(*tick), drawing.y, anchor, QUIET, &(self.write)(*tick));
        }
        drawing.y += LINE;
    }
}
