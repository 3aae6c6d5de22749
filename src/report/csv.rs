//! The report as CSV, one line per count, item, number and correlation, for a spreadsheet or a statistics package.

use super::{CorrelationReport, ItemReport, Report};

/// The columns, in order.
pub const COLUMNS: [&str; 20] = [
    "part",
    "id",
    "category",
    "label",
    "base",
    "count",
    "percent",
    "low",
    "high",
    "mean",
    "sd",
    "median",
    "r",
    "t",
    "df",
    "p",
    "p_holm",
    "p_permutation",
    "compared",
    "note",
];

/// One line, with a place for each column.
#[derive(Default)]
struct Line {
    part: &'static str,
    id: String,
    category: String,
    label: String,
    base: Option<u64>,
    count: String,
    /// percent, low, high, mean, sd, median, r, t, df, p, p_holm, p_permutation
    figures: [Option<f64>; 12],
    compared: Option<f64>,
    note: String,
}

impl Line {
    fn cells(&self) -> Vec<String> {
        let number = |value: &Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let mut cells =
            vec![self.part.to_owned(), self.id.clone(), self.category.clone(), self.label.clone()];
        cells.push(self.base.map(|base| base.to_string()).unwrap_or_default());
        cells.push(self.count.clone());
        cells.extend(self.figures.iter().map(number));
        cells.push(number(&self.compared));
        cells.push(self.note.clone());
        cells
    }
}

/// Returns a report as CSV: a header, then one line per respondent count, category, item, number and correlation.
///
/// Percents and their bounds run from 0 to 100, for the response rate too; the bounds of a correlation from
/// −1 to 1. An empty cell is a figure that does not exist.
/// A count that is withheld is what the reader sees, such as `<5`.
pub fn csv(report: &Report) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    // OK because every line has as many cells as the header, and memory takes any.
    writer.write_record(COLUMNS).expect("memory can be written");
    for line in lines(report) {
        writer.write_record(line.cells()).expect("memory can be written");
    }
    let bytes = writer.into_inner().expect("memory can be written");
    String::from_utf8(bytes).expect("texts make a text")
}

fn lines(report: &Report) -> Vec<Line> {
    let mut lines = vec![respondents(report)];
    for (part, items) in [("item", &report.items), ("theme", &report.themes)] {
        for item in items {
            lines.push(item_line(part, item));
            let theirs = report.comparison.as_ref().and_then(|comparison| comparison.with.item(&item.id));
            lines.extend(item.categories.iter().flatten().map(|found| Line {
                part,
                id: item.id.clone(),
                category: found.code.clone(),
                label: found.label.clone(),
                base: item.base,
                count: found.count.to_string(),
                figures: figures(&[found.percent, found.low, found.high]),
                compared: theirs.and_then(|theirs| theirs.percent(&found.code)),
                ..Line::default()
            }));
        }
    }
    lines.extend(report.derived.iter().map(|found| Line {
        part: "derived",
        id: found.id.clone(),
        label: found.label.clone(),
        base: found.base,
        figures: figures(&[None, None, None, found.mean, found.sd, found.median]),
        note: found.withheld.unwrap_or_default().to_owned(),
        ..Line::default()
    }));
    lines.extend(report.correlations.iter().map(correlation));
    lines
}

fn respondents(report: &Report) -> Line {
    let rate = report.response_rate;
    let share = |value: f64| 100.0 * value;
    Line {
        part: "respondents",
        id: report.instrument.clone(),
        label: report.collections.join(" "),
        base: report.eligible,
        count: report.respondents.to_string(),
        figures: figures(&[
            rate.map(|rate| share(rate.value)),
            rate.map(|rate| share(rate.low)),
            rate.map(|rate| share(rate.high)),
        ]),
        note: [Some(format!("policy {}", report.policy)), report.fieldwork.note.clone()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; "),
        ..Line::default()
    }
}

fn item_line(part: &'static str, item: &ItemReport) -> Line {
    let missing = item.missing.map(|missing| format!("missing {missing}"));
    let not_asked = item.not_asked.map(|count| format!("not asked {count}"));
    let notes: Vec<String> =
        missing.into_iter().chain(not_asked).chain(item.withheld.map(str::to_owned)).collect();
    Line {
        part,
        id: item.id.clone(),
        label: item.label.clone(),
        base: item.base,
        figures: figures(&[None, None, None, item.mean, item.sd, item.median]),
        note: notes.join("; "),
        ..Line::default()
    }
}

fn correlation(found: &CorrelationReport) -> Line {
    Line {
        part: "correlation",
        id: found.id.clone(),
        label: format!("{} × {}", found.x, found.y),
        base: found.n,
        figures: figures(&[
            None,
            found.low,
            found.high,
            None,
            None,
            None,
            found.r,
            found.t,
            found.df.map(|df| df as f64),
            found.p,
            found.p_holm,
            found.p_permutation,
        ]),
        note: found.withheld.or(found.reason).unwrap_or_default().to_owned(),
        ..Line::default()
    }
}

/// Returns the figures of a line, the ones not given empty.
fn figures(given: &[Option<f64>]) -> [Option<f64>; 12] {
    let mut all = [None; 12];
    all[..given.len()].copy_from_slice(given);
    all
}
