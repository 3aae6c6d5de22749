//! The report as plain text, for a terminal.

use super::format::{NONE, fixed, fraction, or_none, p_value, percent};
use super::{CorrelationReport, Frequency, ItemReport, Report, WITHHELD, missing_label};
use crate::disclosure::Count;
use crate::instrument::{Instrument, Item, Kind};

/// The width of a line.
const WIDTH: usize = 84;
/// The width of the labels before the figures.
const LABELS: usize = 60;

/// Returns the report as text: one table after another, each figure with its base.
pub fn text(report: &Report, instrument: &Instrument) -> String {
    let mut lines = vec![instrument.text().title.clone()];
    lines.push(format!(
        "{} version {}, policy {}",
        report.instrument, report.instrument_version, report.policy
    ));
    lines.push(format!("Collections: {}", report.collections.join(", ")));
    lines.push(respondents(report));
    let all = || instrument.items().map(|(_, item)| item);
    let pick = |keep: &dyn Fn(&Item) -> bool| -> Vec<(&Item, &ItemReport)> {
        let find = |item: &Item| report.items.iter().chain(&report.themes).find(|found| found.id == item.id);
        all().filter(|item| keep(item)).filter_map(|item| Some((item, find(item)?))).collect()
    };
    let is_response = |item: &Item| !item.demographic && matches!(item.kind, Kind::Single | Kind::Multi);
    frequencies(&mut lines, "Table 1. Respondents", &pick(&|item| item.demographic));
    frequencies(&mut lines, "Table 2. Responses", &pick(&is_response));
    likert(&mut lines, &pick(&|item| item.kind == Kind::Likert));
    frequencies(&mut lines, "Table 4. Themes", &pick(&|item| item.kind == Kind::Open));
    correlations(&mut lines, report, instrument);
    notes(&mut lines, report, instrument);
    lines.push(String::new());
    lines.join("\n")
}

fn respondents(report: &Report) -> String {
    let mut line = format!("Respondents: {}", report.respondents);
    if let Some(eligible) = report.eligible {
        line += &format!(" of {eligible} eligible");
    }
    if let Some(rate) = report.response_rate {
        let share = |value: f64| fixed(100.0 * value, 1);
        line += &format!(
            "; response rate {}% (95% CI {}–{})",
            share(rate.value),
            share(rate.low),
            share(rate.high)
        );
    }
    line
}

fn frequencies(lines: &mut Vec<String>, title: &str, items: &[(&Item, &ItemReport)]) {
    if items.is_empty() {
        return;
    }
    heading(lines, title, &format!("{:>8} {:>5} {:>9}", "n", "%", "95% CI"));
    for (item, report) in items {
        lines.push(String::new());
        lines.extend(wrap(&with_base(&item.question, report.base)));
        for frequency in report.categories.iter().flatten() {
            lines.push(row(&frequency.label, &counts(frequency)));
        }
        if report.withheld.is_some() {
            lines.push(format!("  {WITHHELD}"));
        }
        for (label, count) in [(missing_label(item), report.missing), ("Not asked", report.not_asked)] {
            if let Some(count) = count.filter(|count| *count > 0) {
                lines.push(row(label, &format!("{count:>8}")));
            }
        }
    }
}

fn counts(frequency: &Frequency) -> String {
    let share = or_none(frequency.percent, percent);
    let bounds = frequency.low.zip(frequency.high);
    let interval =
        bounds.map_or_else(|| NONE.into(), |(low, high)| format!("{}–{}", fixed(low, 0), fixed(high, 0)));
    match frequency.count {
        Count::Exact(count) => format!("{count:>8} {share:>5} {interval:>9}"),
        other => format!("{:>8}", other.to_string()),
    }
}

fn likert(lines: &mut Vec<String>, items: &[(&Item, &ItemReport)]) {
    let Some((first, _)) = items.first() else { return };
    heading(lines, "Table 3. Likert items", "");
    for (item, report) in items {
        lines.push(String::new());
        lines.extend(wrap(&with_base(&item.question, report.base)));
        for frequency in report.categories.iter().flatten() {
            lines.push(row(&frequency.label, &counts(frequency)));
        }
        let figures = [("Mean", report.mean, 1), ("SD", report.sd, 2), ("Median", report.median, 1)];
        let figures =
            figures.map(|(name, value, decimals)| Some(format!("{name} {}", fixed(value?, decimals))));
        if let Some(figures) = figures.into_iter().collect::<Option<Vec<_>>>() {
            lines.push(format!("  {}", figures.join("   ")));
        }
        if report.withheld.is_some() {
            lines.push(format!("  {WITHHELD}"));
        }
        if let Some(missing) = report.missing.filter(|missing| *missing > 0) {
            lines.push(row(missing_label(item), &format!("{missing:>8}")));
        }
    }
    let values = first.answers().filter_map(|(_, c)| Some(format!("{} = {}", c.value?, c.label)));
    lines.push(String::new());
    lines.push(values.collect::<Vec<_>>().join("; "));
}

fn correlations(lines: &mut Vec<String>, report: &Report, instrument: &Instrument) {
    if report.correlations.is_empty() {
        return;
    }
    heading(lines, "Correlations (Pearson, planned)", "");
    for (pair, correlation) in instrument.pairs().iter().zip(&report.correlations) {
        lines.push(String::new());
        lines.push(format!("{} × {}", pair.x.label, pair.y.label));
        lines.push(format!("  {}", coefficient(correlation)));
    }
}

/// Returns a correlation in one line: `r = .31, n = 43, t(41) = 2.06, p = .046, …`.
pub fn coefficient(correlation: &CorrelationReport) -> String {
    let (Some(r), Some(n)) = (correlation.r, correlation.n) else {
        return correlation.withheld.unwrap_or("does not exist: a variable does not vary").to_owned();
    };
    let mut figures =
        vec![format!("r = {}", fraction(r, correlation.decimals.unwrap_or(2))), format!("n = {n}")];
    if let (Some(t), Some(df), Some(p)) = (correlation.t, correlation.df, correlation.p) {
        figures.push(format!("t({df}) = {}", fixed(t, 2)));
        figures.push(format!("p {}", p_value(p)));
    }
    if let Some(p) = correlation.p_holm {
        figures.push(format!("Holm p {}", p_value(p)));
    }
    if let (Some(low), Some(high)) = (correlation.low, correlation.high) {
        figures.push(format!("95% CI {} to {}", fraction(low, 2), fraction(high, 2)));
    }
    figures.join(", ")
}

fn notes(lines: &mut Vec<String>, report: &Report, instrument: &Instrument) {
    heading(lines, "Notes", "");
    for (_, item) in instrument.items() {
        if let Some(note) = &item.note {
            lines.extend(wrap(&format!("{}: {note}", item.label)));
        }
    }
    if !report.withheld.is_empty() {
        let ids: Vec<&str> = report.withheld.iter().map(|withheld| withheld.id.as_str()).collect();
        lines.extend(wrap(&format!("Not shown ({WITHHELD}): {}.", ids.join(", "))));
    }
    lines.extend(wrap(
        "Percentages are of those who answered the item; intervals are Wilson's, and Fisher's for r.",
    ));
    lines.extend(wrap(&format!("Items: {}", instrument.text().origin)));
    lines.push(format!("Instrument {}", report.instrument_hash));
    lines.push(format!("Policy     {}", report.policy_hash));
}

fn heading(lines: &mut Vec<String>, title: &str, columns: &str) {
    lines.push(String::new());
    lines.push(format!("{title:<LABELS$}{columns}").trim_end().to_owned());
    lines.push("─".repeat(WIDTH));
}

fn with_base(question: &str, base: Option<u64>) -> String {
    base.map_or_else(|| question.to_owned(), |base| format!("{question} (n\u{a0}=\u{a0}{base})"))
}

fn row(label: &str, figures: &str) -> String {
    format!("{:<LABELS$}{figures}", format!("  {label}"))
}

/// Breaks a text into lines, at spaces; a no-break space becomes a plain one.
fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= WIDTH) {
            Some(line) => *line += &format!(" {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| line.replace('\u{a0}', " ")).collect()
}
