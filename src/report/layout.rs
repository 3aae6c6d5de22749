//! The report as sections of tables and sentences, before it is written in any format.
//!
//! Every format shows the same sections in the same order; what differs is only how they are written.

use super::format::{NONE, fixed, fraction, or_none, p_cell, p_value, percent};
use super::markup::Element;
use super::{
    CorrelationReport, Frequency, ItemReport, Report, VariableReport, WITHHELD, chart, cherries,
    missing_label,
};
use crate::disclosure::Count;
use crate::instrument::{Instrument, Item, Kind, Pair};

/// The title of the section that is for a paper, and not for those who were asked.
const CHECKLIST: &str = "CHERRIES checklist";

/// A report, ready to be written.
pub struct Document {
    pub title: String,
    /// Who answered, in one sentence.
    pub lead: String,
    /// What a reader must know first.
    pub note: Option<String>,
    pub sections: Vec<Section>,
}

/// A part of a report with a heading.
pub struct Section {
    pub title: String,
    pub blocks: Vec<Block>,
}

/// What a section is made of.
pub enum Block {
    Paragraph(String),
    /// Names with what they stand for.
    Facts(Vec<(String, String)>),
    Table(Table),
}

/// A table whose first column names the rows.
pub struct Table {
    /// The heading of the first column, then those of the figures.
    pub columns: Vec<String>,
    pub groups: Vec<Group>,
    /// Sentences below the table.
    pub notes: Vec<String>,
    pub charts: Vec<Chart>,
}

/// A chart of figures that a table holds too.
pub struct Chart {
    pub caption: String,
    pub svg: Element,
}

/// Rows of a table under a heading of their own.
pub struct Group {
    pub heading: Option<String>,
    pub rows: Vec<Row>,
}

/// One row of a [`Table`].
pub struct Row {
    pub name: String,
    pub cells: Vec<String>,
}

impl Row {
    fn new(name: impl Into<String>, cells: impl IntoIterator<Item = String>) -> Row {
        Row { name: name.into(), cells: cells.into_iter().collect() }
    }
}

impl Document {
    /// Arranges a report.
    pub fn new(report: &Report, instrument: &Instrument) -> Document {
        let layout = Layout { report, instrument };
        let sections = [
            layout.frequencies("Table 1. Respondents", |item| item.demographic),
            layout.frequencies("Table 2. Responses", |item| {
                !item.demographic && matches!(item.kind, Kind::Single | Kind::Multi)
            }),
            layout.likert(),
            layout.frequencies("Table 4. Themes", |item| item.kind == Kind::Open),
            layout.correlations(),
            layout.derived(),
            layout.comparison(),
            Some(layout.fieldwork()),
            layout.withheld(),
            Some(layout.method()),
            Some(layout.checklist()),
        ];
        Document {
            title: instrument.text().title.clone(),
            lead: layout.lead(),
            note: report.fieldwork.note.clone(),
            sections: sections.into_iter().flatten().collect(),
        }
    }
}

impl Document {
    /// Leaves out what only a paper needs.
    pub fn without_checklist(mut self) -> Document {
        self.sections.retain(|section| section.title != CHECKLIST);
        self
    }
}

/// How figures are arranged.
struct Layout<'a> {
    report: &'a Report,
    instrument: &'a Instrument,
}

/// An item with its figures.
type Figures<'a> = (&'a Item, &'a ItemReport);

impl<'a> Layout<'a> {
    fn lead(&self) -> String {
        let mut lead = format!("Respondents: {}", self.report.respondents);
        if let Some(eligible) = self.report.eligible {
            lead += &format!(" of {eligible} eligible");
        }
        if let Some(rate) = self.report.response_rate {
            let [value, low, high] = [rate.value, rate.low, rate.high].map(|share| fixed(100.0 * share, 1));
            lead += &format!("; response rate {value}% (95% CI {low}–{high})");
        }
        lead
    }

    fn pick(&self, keep: impl Fn(&Item) -> bool) -> Vec<Figures<'a>> {
        let items = self.instrument.items().map(|(_, item)| item).filter(|item| keep(item));
        items.filter_map(|item| Some((item, self.report.item(&item.id)?))).collect()
    }

    fn frequencies(&self, title: &str, keep: impl Fn(&Item) -> bool) -> Option<Section> {
        let items = self.pick(keep);
        if items.is_empty() {
            return None;
        }
        let mut columns: Vec<String> = ["Answer", "n", "%", "95% CI"].map(str::to_owned).into();
        if let Some(comparison) = &self.report.comparison {
            columns.extend([comparison.with.title(), "%".to_owned()]);
        }
        let table = Table {
            columns,
            groups: items.iter().map(|(item, figures)| self.frequency_group(item, figures)).collect(),
            notes: items.iter().filter_map(|(item, _)| note(item)).collect(),
            charts: items.iter().filter_map(|(item, figures)| self.bars(item, figures)).collect(),
        };
        Some(Section { title: title.to_owned(), blocks: vec![Block::Table(table)] })
    }

    fn frequency_group(&self, item: &Item, figures: &ItemReport) -> Group {
        let mut rows: Vec<Row> = Vec::new();
        for frequency in figures.categories.iter().flatten() {
            rows.push(Row::new(&frequency.label, self.frequency(&item.id, frequency)));
        }
        if figures.withheld.is_some() {
            rows.push(Row::new(format!("Not shown: {WITHHELD}"), []));
        }
        for (name, count) in [(missing_label(item), figures.missing), ("Not asked", figures.not_asked)] {
            if let Some(count) = count.filter(|count| *count > 0) {
                rows.push(Row::new(name, [count.to_string()]));
            }
        }
        Group { heading: Some(with_base(&item.question, figures.base)), rows }
    }

    fn frequency(&self, item: &str, frequency: &Frequency) -> Vec<String> {
        let mut cells = vec![super::format::count(frequency.count)];
        cells.push(or_none(frequency.percent, percent));
        let bounds = frequency.low.zip(frequency.high);
        cells.push(
            bounds.map_or_else(|| NONE.into(), |(low, high)| format!("{}–{}", fixed(low, 0), fixed(high, 0))),
        );
        if let Some(comparison) = &self.report.comparison {
            let theirs = comparison.with.item(item);
            let count = theirs.and_then(|theirs| theirs.count(&frequency.code));
            cells.push(count.map_or_else(|| NONE.to_owned(), |count| count.to_string()));
            cells.push(or_none(theirs.and_then(|theirs| theirs.percent(&frequency.code)), percent));
        }
        cells
    }

    fn likert(&self) -> Option<Section> {
        let items = self.pick(|item| item.kind == Kind::Likert);
        let mut tables: Vec<Block> = Vec::new();
        // One table per scale; items of a scale stand together, as they do in the survey.
        for scale in items.chunk_by(|(a, _), (b, _)| labels(a) == labels(b)) {
            tables.push(Block::Table(self.likert_table(scale)));
        }
        (!tables.is_empty()).then(|| Section { title: "Table 3. Likert items".to_owned(), blocks: tables })
    }

    /// Arranges a scale of which nothing but the bands of those who agreed is released.
    fn band_table(&self, items: &[Figures<'a>]) -> Option<Table> {
        let label =
            items.iter().find_map(|(_, figures)| Some(&figures.categories.as_deref()?.first()?.label))?;
        let cells = items.iter().map(|(_, figures)| match (banded(figures), figures.withheld) {
            (Some(band), _) => Some(super::format::count(band)),
            (None, withheld) => withheld.map(|_| "not shown".to_owned()),
        });
        let cells: Vec<String> = cells.collect::<Option<_>>()?;
        let comparison = self.report.comparison.as_ref();
        let rows = items.iter().zip(cells).map(|((item, _), band)| {
            let theirs = comparison.map(|comparison| {
                or_none(comparison.with.item(&item.id).and_then(|item| item.mean), |mean| fixed(mean, 1))
            });
            Row::new(&item.question, [band].into_iter().chain(theirs))
        });
        let rows = rows.collect();
        let mut columns = vec!["Statement".to_owned(), label.clone()];
        columns.extend(comparison.map(|comparison| format!("Mean, {}", comparison.with.title())));
        Some(Table {
            columns,
            groups: vec![Group { heading: None, rows }],
            notes: self.likert_notes(items),
            charts: self.likert_chart(items).into_iter().collect(),
        })
    }

    fn likert_table(&self, items: &[Figures<'a>]) -> Table {
        if let Some(table) = self.band_table(items) {
            return table;
        }
        let (first, _) = items[0];
        let values: Vec<String> =
            first.answers().map(|(_, c)| c.value.map_or_else(|| c.code.clone(), |v| v.to_string())).collect();
        let mut columns = vec!["Statement".to_owned()];
        columns.extend(values.iter().cloned());
        columns.extend(["n", "Mean", "SD", "Median"].map(str::to_owned));
        let comparison = self.report.comparison.as_ref();
        columns.extend(comparison.map(|comparison| format!("Mean, {}", comparison.with.title())));
        let row = |(item, figures): &Figures| {
            let mut cells = likert_counts(item, figures);
            cells.push(figures.base.map_or_else(|| NONE.to_owned(), |base| base.to_string()));
            let means = [(figures.mean, 1), (figures.sd, 2), (figures.median, 1)];
            cells.extend(means.map(|(value, decimals)| or_none(value, |value| fixed(value, decimals))));
            cells.extend(comparison.map(|comparison| {
                or_none(comparison.with.item(&item.id).and_then(|item| item.mean), |mean| fixed(mean, 1))
            }));
            Row::new(&item.question, cells)
        };
        let codes = first
            .answers()
            .zip(&values)
            .map(|((_, category), value)| format!("{value} = {}", category.label));
        let mut notes = vec![format!("{}.", codes.collect::<Vec<_>>().join("; "))];
        notes.extend(self.likert_notes(items));
        Table {
            columns,
            groups: vec![Group { heading: None, rows: items.iter().map(row).collect() }],
            notes,
            charts: self.likert_chart(items).into_iter().collect(),
        }
    }

    fn likert_notes(&self, items: &[Figures<'a>]) -> Vec<String> {
        let is_withheld = items.iter().any(|(_, figures)| figures.withheld.is_some());
        let withheld = is_withheld.then(|| format!("Not shown: {WITHHELD}."));
        let left_out = items.iter().filter_map(|(item, figures)| left_out(item, figures));
        let notes = items.iter().filter_map(|(item, _)| note(item));
        withheld.into_iter().chain(left_out).chain(notes).collect()
    }

    fn correlations(&self) -> Option<Section> {
        let planned = || self.instrument.pairs().iter().zip(&self.report.correlations);
        if planned().len() == 0 {
            return None;
        }
        let columns = ["Variables", "n", "r", "95% CI", "t (df)", "p", "p, Holm", "p, permutation"];
        let rows = planned().map(|(pair, found)| Row::new(pair_name(pair), correlation_cells(found)));
        let mut notes = Vec::new();
        if self.report.correlations.iter().any(|found| found.p_permutation.is_some()) {
            notes.push("p is Student’s; the permutation test is exact and assumes no normal distribution. Where the two differ, as they do in small or skewed groups, trust the latter.".to_owned());
        }
        if self.report.correlations.iter().any(|found| found.decimals.is_some()) {
            notes.push("Every figure is computed from the rounded r, which is all that the policy releases; the permutation test needs the counts, which it withholds.".to_owned());
        }
        let table = Table {
            columns: columns.map(str::to_owned).into(),
            groups: vec![Group { heading: None, rows: rows.collect() }],
            notes,
            charts: self.estimates().into_iter().collect(),
        };
        let title = "Correlations (Pearson, planned)".to_owned();
        // For the running text of a paper.
        let sentences = planned().map(|(pair, found)| (pair_name(pair), coefficient(found)));
        Some(Section { title, blocks: vec![Block::Table(table), Block::Facts(sentences.collect())] })
    }

    fn derived(&self) -> Option<Section> {
        let shown: Vec<_> = self.report.derived.iter().filter(|variable| variable.base.is_some()).collect();
        let has_sums = shown.iter().any(|variable| variable.items.is_some());
        let row = |variable: &&VariableReport| {
            let means = [(variable.mean, 2), (variable.sd, 2), (variable.median, 1)];
            let means = means.map(|(value, decimals)| or_none(value, |value| fixed(value, decimals)));
            let alpha = has_sums.then(|| or_none(variable.alpha, |alpha| fraction(alpha, 2)));
            let base = variable.base.map(|base| base.to_string());
            Row::new(&variable.label, base.into_iter().chain(means).chain(alpha))
        };
        let rows: Vec<Row> = shown.iter().map(row).collect();
        if rows.is_empty() {
            return None;
        }
        let mut columns = vec!["Variable", "n", "Mean", "SD", "Median"];
        let mut notes = Vec::new();
        if has_sums {
            columns.push("α");
            notes.push(format!(
                "α is Cronbach’s, over those who answered every item of the sum; it is reported from {} respondents on.",
                super::ALPHA_BASE
            ));
        }
        let table = Table {
            columns: columns.into_iter().map(str::to_owned).collect(),
            groups: vec![Group { heading: None, rows }],
            notes,
            charts: Vec::new(),
        };
        Some(Section { title: "Derived numbers".to_owned(), blocks: vec![Block::Table(table)] })
    }

    fn comparison(&self) -> Option<Section> {
        let comparison = self.report.comparison.as_ref()?;
        let columns = ["Difference", "Test", "Statistic", "p", "p, Holm", "Effect"];
        let rows: Vec<Row> = comparison.tests.iter().map(test_row).collect();
        let title = format!("Comparison with {}", comparison.with.title());
        if rows.is_empty() {
            let none =
                "Nothing can be tested: no table is shown in full, and alike, on both sides.".to_owned();
            return Some(Section { title, blocks: vec![Block::Paragraph(none)] });
        }
        let table = Table {
            columns: columns.map(str::to_owned).into(),
            groups: vec![Group { heading: None, rows }],
            notes: vec![
                "Effects are Cramér’s V of tables, and differences of means with their 95% intervals. What is not listed is not shown in full, and alike, on both sides.".to_owned(),
                "Those who answered chose to; a difference may be one of who answers.".to_owned(),
            ],
            charts: Vec::new(),
        };
        Some(Section { title, blocks: vec![Block::Table(table)] })
    }

    fn fieldwork(&self) -> Section {
        let Report { fieldwork, .. } = self.report;
        let fact = |name: &str, text: String| (name.to_owned(), text);
        let mut facts = vec![
            fact(
                "Instrument",
                format!("{} version {}", self.report.instrument, self.report.instrument_version),
            ),
            fact("Policy", self.report.policy.clone()),
            fact("Collections", self.report.collections.join(", ")),
        ];
        facts.extend(super::method::collected(fieldwork).map(|text| fact("Window", text)));
        facts.extend(fieldwork.reminders.map(|n| fact("Reminders", n.to_string())));
        facts.extend(self.rates().map(|text| fact("Response rate", text)));
        facts.extend(self.report.complete.map(|complete| fact("Complete", format!("{}.", complete.words()))));
        if let Some(found) = self.report.attendance {
            let (median, range) = (fixed(found.median, 1), format!("{}–{}", found.least, found.most));
            facts.push(fact(
                "Attendance",
                format!("{} sessions; median {median}, range {range}.", found.sessions),
            ));
        }
        Section { title: "The survey".to_owned(), blocks: vec![Block::Facts(facts)] }
    }

    /// Returns the response rate with its definition.
    fn rates(&self) -> Option<String> {
        let rate = self.report.response_rate?;
        let share = |value: f64| fixed(100.0 * value, 1);
        let mut text = format!("{}% handed in the survey (AAPOR RR2)", share(rate.value));
        if let Some(bounds) = self.report.complete_rate {
            let (low, high) = (share(bounds.at_least), share(bounds.at_most));
            let complete = if low == high { format!("{low}%") } else { format!("{low} to {high}%") };
            text += &format!("; {complete} left nothing out (RR1)");
        }
        Some(text + ". All who could answer are known, so none is of unknown eligibility.")
    }

    fn withheld(&self) -> Option<Section> {
        if self.report.withheld.is_empty() {
            return None;
        }
        let names: Vec<String> =
            self.report.withheld.iter().map(|withheld| self.name(&withheld.id)).collect();
        let text = format!("Not shown ({WITHHELD}): {}.", names.join("; "));
        Some(Section { title: "What is not shown".to_owned(), blocks: vec![Block::Paragraph(text)] })
    }

    /// Returns the label of an item, a derived variable or a pair.
    fn name(&self, id: &str) -> String {
        let item = self.instrument.find_item(id).map(|found| self.instrument.item(found).label.clone());
        let derived = || self.instrument.derived().iter().find(|variable| variable.id == id);
        let pair = || self.instrument.pairs().iter().find(|pair| pair.id == id);
        item.or_else(|| derived().map(|variable| variable.label.clone()))
            .or_else(|| pair().map(pair_name))
            .unwrap_or_else(|| id.to_owned())
    }

    fn method(&self) -> Section {
        let facts = [
            ("Items", self.instrument.text().origin.clone()),
            ("Instrument", self.report.instrument_hash.clone()),
            ("Policy", self.report.policy_hash.clone()),
            ("Software", self.report.software.to_owned()),
        ];
        Section {
            title: "Method".to_owned(),
            blocks: vec![
                Block::Paragraph(self.report.method.clone()),
                Block::Facts(facts.map(|(name, text)| (name.to_owned(), text)).into()),
            ],
        }
    }

    fn checklist(&self) -> Section {
        let groups = self.report.cherries.chunk_by(|a, b| a.category == b.category).map(|entries| Group {
            heading: Some(entries[0].category.to_owned()),
            rows: entries.iter().map(checklist_row).collect(),
        });
        let table = Table {
            columns: ["Item", "Entry"].map(str::to_owned).into(),
            groups: groups.collect(),
            notes: vec!["Eysenbach G. J Med Internet Res 2004;6(3):e34, corrected 2012;14(1):e8.".to_owned()],
            charts: Vec::new(),
        };
        let first = "What follows holds for a survey that was taken with this widget. For answers that came from elsewhere, correct it.";
        Section {
            title: CHECKLIST.to_owned(),
            blocks: vec![Block::Paragraph(first.to_owned()), Block::Table(table)],
        }
    }
}

fn checklist_row(entry: &cherries::Entry) -> Row {
    Row::new(
        entry.item,
        [entry.text.clone().unwrap_or_else(|| "To be filled in by the investigators.".to_owned())],
    )
}

fn test_row(test: &super::comparison::Test) -> Row {
    use super::comparison::TestKind;
    let df = test.df.unwrap_or_default();
    let (name, statistic) = match (test.kind, test.statistic) {
        (TestKind::ChiSquared, Some(chi)) => ("χ²", format!("χ²({}) = {}", fixed(df, 0), fixed(chi, 2))),
        (TestKind::Welch, Some(t)) => ("Welch’s t", format!("t({}) = {}", fixed(df, 1), fixed(t, 2))),
        _ => ("Fisher’s exact test", NONE.to_owned()),
    };
    let interval = test.low.zip(test.high);
    let effect = match (test.difference.zip(interval), test.v) {
        (Some((difference, (low, high))), _) => {
            format!("{} ({} to {})", fixed(difference, 2), fixed(low, 2), fixed(high, 2))
        }
        (None, v) => or_none(v, |v| format!("V = {}", fraction(v, 2))),
    };
    Row::new(&test.label, [name.to_owned(), statistic, p_cell(test.p), p_cell(test.p_holm), effect])
}

fn pair_name(pair: &Pair) -> String {
    format!("{} × {}", pair.x.label, pair.y.label)
}

fn correlation_cells(found: &CorrelationReport) -> Vec<String> {
    let (Some(r), Some(n)) = (found.r, found.n) else {
        let n = found.n.map_or_else(|| NONE.to_owned(), |n| n.to_string());
        return [n].into_iter().chain(std::iter::repeat_n(NONE.to_owned(), 6)).collect();
    };
    let interval = found.low.zip(found.high);
    let t = found.t.zip(found.df);
    vec![
        n.to_string(),
        fraction(r, found.decimals.unwrap_or(2)),
        interval.map_or_else(
            || NONE.to_owned(),
            |(low, high)| format!("{} to {}", fraction(low, 2), fraction(high, 2)),
        ),
        t.map_or_else(|| NONE.to_owned(), |(t, df)| format!("{} ({df})", fixed(t, 2))),
        or_none(found.p, p_cell),
        or_none(found.p_holm, p_cell),
        or_none(found.p_permutation, p_cell),
    ]
}

/// Returns a correlation in one line: `r = .31, n = 43, t(41) = 2.06, p = .046, …`.
pub fn coefficient(correlation: &CorrelationReport) -> String {
    let (Some(r), Some(n)) = (correlation.r, correlation.n) else {
        return correlation.withheld.or(correlation.reason).unwrap_or(NONE).to_owned();
    };
    let mut figures =
        vec![format!("r = {}", fraction(r, correlation.decimals.unwrap_or(2))), format!("n = {n}")];
    if let (Some(t), Some(df), Some(p)) = (correlation.t, correlation.df, correlation.p) {
        figures.push(format!("t({df}) = {}", fixed(t, 2)));
        figures.push(format!("p {}", p_value(p)));
    }
    if let Some(p) = correlation.p_permutation {
        figures.push(format!("permutation p {}", p_value(p)));
    }
    if let Some(p) = correlation.p_holm {
        figures.push(format!("Holm p {}", p_value(p)));
    }
    if let (Some(low), Some(high)) = (correlation.low, correlation.high) {
        figures.push(format!("95% CI {} to {}", fraction(low, 2), fraction(high, 2)));
    }
    figures.extend(correlation.reason.map(str::to_owned));
    figures.join(", ")
}

/// Returns the counts of a Likert item in the columns of its scale; joined categories stand in their first.
fn likert_counts(item: &Item, figures: &ItemReport) -> Vec<String> {
    let answers: Vec<&str> = item.answers().map(|(_, category)| category.code.as_str()).collect();
    let mut cells = vec![String::new(); answers.len()];
    let Some(categories) = &figures.categories else {
        cells[0] = "not shown".to_owned();
        return cells;
    };
    for frequency in categories {
        let first = frequency.code.split('+').next().unwrap_or_default();
        let place = answers.iter().position(|code| *code == first).unwrap_or(0);
        let count = super::format::count(frequency.count);
        cells[place] = match frequency.code == first {
            true => count,
            false => format!("{}: {count}", frequency.label),
        };
    }
    cells
}

fn labels(item: &Item) -> Vec<&str> {
    item.answers().map(|(_, category)| category.label.as_str()).collect()
}

fn left_out(item: &Item, figures: &ItemReport) -> Option<String> {
    let missing = figures.missing.filter(|missing| *missing > 0)?;
    Some(format!("{}: {} {missing}.", item.label, missing_label(item).to_lowercase()))
}

fn note(item: &Item) -> Option<String> {
    item.note.as_ref().map(|note| format!("{}: {note}", item.label))
}

fn with_base(question: &str, base: Option<u64>) -> String {
    base.map_or_else(|| question.to_owned(), |base| format!("{question} (n\u{a0}=\u{a0}{base})"))
}

// Charts

impl Layout<'_> {
    fn reference(&self) -> Option<String> {
        self.report.comparison.as_ref().map(|comparison| comparison.with.title())
    }

    /// Draws the percentages of one item.
    fn bars(&self, item: &Item, figures: &ItemReport) -> Option<Chart> {
        let theirs = self.report.comparison.as_ref().and_then(|comparison| comparison.with.item(&item.id));
        let rows = figures.categories.as_ref()?.iter().map(|frequency| chart::Row {
            label: &frequency.label,
            shown: shown(frequency),
            figures: share(frequency).unwrap_or_default(),
            reference: theirs.and_then(|theirs| theirs.percent(&frequency.code)),
        });
        let rows: Vec<chart::Row> = rows.collect();
        if rows.iter().all(is_empty) {
            return None;
        }
        let name = self.reference();
        let reference = name.as_deref().filter(|_| rows.iter().any(|row| row.reference.is_some()));
        let caption = with_base(&item.question, figures.base);
        let svg = chart::bars(&chart::Bars { title: &caption, rows, reference });
        Some(Chart { caption, svg })
    }

    /// Draws the statements of one scale.
    fn likert_chart(&self, items: &[Figures]) -> Option<Chart> {
        let categories = labels(items[0].0);
        if !(2..=7).contains(&categories.len()) {
            return None;
        }
        let rows = items.iter().map(|(item, figures)| chart::Statement {
            label: &item.question,
            base: figures.base,
            shown: agreement(item, figures),
            figures: self.means(item, figures),
        });
        let caption = "Agreement, in percent of those who answered".to_owned();
        let svg = chart::likert(&chart::Likert { title: &caption, rows: rows.collect(), categories });
        Some(Chart { caption, svg })
    }

    fn means(&self, item: &Item, figures: &ItemReport) -> String {
        let theirs =
            self.report.comparison.as_ref().and_then(|comparison| comparison.with.item(&item.id)?.mean);
        match (figures.mean, theirs) {
            (Some(mean), Some(other)) => format!("mean {} (compared {})", fixed(mean, 1), fixed(other, 1)),
            (Some(mean), None) => format!("mean {}", fixed(mean, 1)),
            (None, _) => banded(figures).map(super::format::count).unwrap_or_default(),
        }
    }

    /// Draws the planned correlations.
    fn estimates(&self) -> Option<Chart> {
        let planned = self.instrument.pairs().iter().zip(&self.report.correlations);
        let labels: Vec<String> = planned.clone().map(|(pair, _)| pair_name(pair)).collect();
        let rows = planned.zip(&labels).map(|((_, found), label)| chart::Row {
            label,
            shown: match found.r {
                Some(value) => chart::Shown::Value { value, interval: found.low.zip(found.high) },
                None => chart::Shown::Words("not shown".to_owned()),
            },
            figures: found.r.map(|r| fraction(r, found.decimals.unwrap_or(2))).unwrap_or_default(),
            reference: None,
        });
        let rows: Vec<chart::Row> = rows.collect();
        if rows.iter().all(is_empty) {
            return None;
        }
        let caption = "Correlations with their 95% intervals".to_owned();
        let svg = chart::estimates(&chart::Estimates { title: &caption, rows, reference: None });
        Some(Chart { caption, svg })
    }
}

/// Returns whether a row of a chart holds nothing but words, which the table has too.
fn is_empty(row: &chart::Row) -> bool {
    matches!(row.shown, chart::Shown::Words(_)) && row.reference.is_none()
}

/// Returns the figures at the end of a bar; words stand in its place instead.
fn share(frequency: &Frequency) -> Option<String> {
    match (frequency.count, frequency.percent) {
        (Count::Exact(count), Some(share)) => Some(format!("{count} ({})", percent(share))),
        (count, _) => range(count).map(|_| super::format::count(count)),
    }
}

fn shown(frequency: &Frequency) -> chart::Shown {
    match (frequency.count, frequency.percent) {
        (_, Some(value)) => chart::Shown::Value { value, interval: frequency.low.zip(frequency.high) },
        (count, None) => match range(count) {
            Some((low, high)) => chart::Shown::Range { low, high },
            None => chart::Shown::Words(super::format::count(count)),
        },
    }
}

/// Returns the percentages between which a banded count lies.
fn range(count: Count) -> Option<(f64, f64)> {
    match count {
        Count::AtLeast(percent) => Some((percent as f64, 100.0)),
        Count::AtMost(percent) => Some((0.0, percent as f64)),
        Count::Between => Some((20.0, 80.0)),
        _ => None,
    }
}

/// Returns the band of an item of which only one is shown: of those who agree.
fn banded(figures: &ItemReport) -> Option<Count> {
    match figures.categories.as_deref() {
        Some([one]) => Some(one.count),
        _ => None,
    }
}

fn agreement(item: &Item, figures: &ItemReport) -> chart::Agreement {
    if let Some((low, high)) = banded(figures).and_then(range) {
        return chart::Agreement::Range { low, high };
    }
    let counts = item.answers().map(|(_, category)| {
        let found = figures.categories.iter().flatten().find(|found| found.code == category.code)?;
        found.count.exact().map(|count| count as f64)
    });
    match counts.collect::<Option<Vec<f64>>>() {
        Some(shares) => chart::Agreement::Shares(shares),
        None => chart::Agreement::Words("not shown in full".to_owned()),
    }
}
