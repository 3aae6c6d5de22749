//! Every figure that a release supports, as a pure function of the release and its instrument.
//!
//! [`Report`] serialises to the JSON that other programs rely on; `www/report.schema.json` describes it.
//! Percents run from 0 to 100; rates, and the intervals of rates, are fractions.
//! A value that does not exist is `null`; a count that is withheld is the string that the reader sees.
//!
//! For readers, [`layout`] arranges it as sections of tables and sentences, which [`text`], [`markdown`]
//! and [`html`] write down; [`csv`] has one line per count, item, number and correlation, for a
//! spreadsheet.

pub mod fieldwork;
pub mod format;
pub mod comparison;
pub mod method;
pub mod cherries;
pub mod markup;
pub mod chart;
pub mod layout;
pub mod text;
pub mod markdown;
pub mod html;
pub mod csv;

use serde::Serialize;

pub use cherries::Entry;
pub use comparison::{Cohort, Comparison};
pub use fieldwork::{Attendance, Fieldwork};

use crate::disclosure::{
    Count, Release, ReleasedCell, ReleasedItem, ReleasedPair, ReleasedPart, ReleasedVariable,
};
use crate::instrument::{Instrument, Item, Kind, Meaning, Pair, Variable};
use crate::statistics::{
    Correlation, Histogram, Moments, PairMoments, cronbach_alpha, holm, permutation_test, wilson,
};

/// What stands where something is withheld.
///
/// One sentence for all reasons: small cells, unanimity and zero variance must not be told apart.
pub const WITHHELD: &str = "withheld, so that nobody can be recognised";

/// All figures of one release, or of several merged ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub instrument: String,
    pub instrument_version: u32,
    pub instrument_hash: String,
    pub policy: String,
    pub policy_hash: String,
    pub collections: Vec<String>,
    pub respondents: Count,
    pub eligible: Option<u64>,
    /// Of all who were eligible, those who handed in the survey: AAPOR's RR2.
    pub response_rate: Option<Rate>,
    /// How many left nothing out; `None` where that is withheld.
    pub complete: Option<Complete>,
    /// Of all who were eligible, those who left nothing out: the bounds of AAPOR's RR1.
    pub complete_rate: Option<Bounds>,
    /// All items but the open ones.
    pub items: Vec<ItemReport>,
    pub derived: Vec<VariableReport>,
    pub correlations: Vec<CorrelationReport>,
    /// The themes that respondents found in their answers to open questions.
    pub themes: Vec<ItemReport>,
    pub withheld: Vec<Withheld>,
    /// What the investigators have added.
    pub fieldwork: Fieldwork,
    pub attendance: Option<Attendance>,
    /// The same figures of others, and tests of the difference.
    pub comparison: Option<Comparison>,
    /// How the figures were made, in sentences for a paper.
    pub method: String,
    /// The CHERRIES checklist.
    pub cherries: Vec<Entry>,
    /// The program that made the report, with its version.
    pub software: &'static str,
}

/// How many respondents left nothing out, as far as the released counts tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Complete {
    pub at_least: u64,
    pub at_most: u64,
}

/// The bounds of a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bounds {
    pub at_least: f64,
    pub at_most: f64,
}

/// How a report can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Csv,
    Markdown,
    Html,
}

impl Format {
    /// All formats, the one for most readers first.
    pub const ALL: [Format; 5] = [Format::Html, Format::Markdown, Format::Csv, Format::Json, Format::Text];

    /// Returns the ending of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Text => "txt",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Markdown => "md",
            Format::Html => "html",
        }
    }

    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain;charset=utf-8",
            Format::Json => "application/json",
            Format::Csv => "text/csv;charset=utf-8",
            Format::Markdown => "text/markdown;charset=utf-8",
            Format::Html => "text/html;charset=utf-8",
        }
    }

    /// Writes a report.
    pub fn write(self, report: &Report, instrument: &Instrument) -> String {
        let document = || layout::Document::new(report, instrument);
        match self {
            Format::Text => text::text(&document()),
            Format::Json => report.to_json(),
            Format::Csv => csv::csv(report),
            Format::Markdown => markdown::markdown(&document()),
            Format::Html => html::page(&document(), &instrument.text().language),
        }
    }
}

/// A fraction with its 95 % interval after Wilson.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The figures of one item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemReport {
    pub id: String,
    pub label: String,
    /// The denominator of the percents.
    pub base: Option<u64>,
    pub missing: Option<u64>,
    pub not_asked: Option<u64>,
    pub categories: Option<Vec<Frequency>>,
    pub withheld: Option<&'static str>,
    /// Of the category values; for Likert items only.
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    pub median: Option<f64>,
}

/// How many gave one answer, or one of several that are shown together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Frequency {
    /// The category's code; several are joined by `+`.
    pub code: String,
    pub label: String,
    pub count: Count,
    /// Of the base, from 0 to 100.
    pub percent: Option<f64>,
    /// The bounds of the 95 % interval after Wilson, from 0 to 100.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// The figures of one derived variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariableReport {
    pub id: String,
    pub label: String,
    pub base: Option<u64>,
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    pub median: Option<f64>,
    /// For a sum over several items, how many they are.
    pub items: Option<usize>,
    /// Cronbach's α of a sum over several items, from [`ALPHA_BASE`] respondents on.
    pub alpha: Option<f64>,
    pub withheld: Option<&'static str>,
    #[serde(skip)]
    moments: Option<Moments>,
}

/// The fewest respondents for whom α is reported: with fewer its own uncertainty is as wide as its range.
///
/// See Bonett (2002), *J. Educ. Behav. Stat.* 27:335, on the sample that α needs.
pub const ALPHA_BASE: u64 = 30;

/// One planned correlation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CorrelationReport {
    pub id: String,
    pub x: String,
    pub y: String,
    /// The number of respondents with both values.
    pub n: Option<u64>,
    /// Pearson's coefficient.
    pub r: Option<f64>,
    /// To how many decimals r was rounded before anything was computed from it.
    pub decimals: Option<u32>,
    pub t: Option<f64>,
    pub df: Option<u64>,
    /// Two-sided, of Student's test.
    pub p: Option<f64>,
    /// Adjusted for the family of planned correlations by Holm's method; `None` where one of them is withheld.
    pub p_holm: Option<f64>,
    /// Fisher's 95 % interval.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Two-sided, of the exact permutation test.
    pub p_permutation: Option<f64>,
    /// Why a figure does not exist, though nothing is withheld.
    pub reason: Option<&'static str>,
    pub withheld: Option<&'static str>,
}

/// What is not in the report, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Withheld {
    pub id: String,
    pub reason: &'static str,
}

impl Report {
    /// Computes the figures of a release.
    ///
    /// # Panics
    ///
    /// If the release is of another instrument.
    pub fn new(release: &Release, instrument: &Instrument) -> Report {
        assert!(release.instrument_hash() == instrument.hash(), "the release is of this instrument");
        let asked = instrument.items().map(|(_, item)| item);
        let (open, items): (Vec<_>, Vec<_>) =
            asked.zip(release.items()).partition(|(item, _)| item.kind == Kind::Open);
        let report = |(item, released): (&Item, &ReleasedItem)| ItemReport::new(item, released);
        let derived = instrument.derived().iter().zip(release.derived());
        let eligible = release.eligible();
        let mut report = Report {
            instrument: instrument.id().to_owned(),
            instrument_version: instrument.version(),
            instrument_hash: instrument.hash().to_string(),
            policy: release.policy_name().to_owned(),
            policy_hash: release.policy_hash().to_string(),
            collections: release.collections().to_vec(),
            respondents: release.respondents(),
            eligible,
            response_rate: release.respondents().exact().zip(eligible).and_then(|(n, of)| rate(n, of)),
            items: items.into_iter().map(report).collect(),
            derived: derived.map(|(variable, released)| VariableReport::new(variable, released)).collect(),
            correlations: correlations(release, instrument),
            themes: open.into_iter().map(report).collect(),
            withheld: Vec::new(),
            complete: None,
            complete_rate: None,
            fieldwork: Fieldwork::default(),
            attendance: None,
            comparison: None,
            method: String::new(),
            cherries: Vec::new(),
            software: concat!("balint-survey ", env!("CARGO_PKG_VERSION")),
        };
        report.withheld = report.list_withheld();
        report.complete = report.count_complete(instrument);
        report.complete_rate = report.complete.zip(eligible).map(|(complete, of)| complete.of(of));
        report.with_words(instrument)
    }

    /// Adds what the investigators know.
    pub fn with_fieldwork(mut self, fieldwork: Fieldwork, instrument: &Instrument) -> Report {
        self.attendance = fieldwork.attendance();
        self.fieldwork = fieldwork;
        self.with_words(instrument)
    }

    /// Adds the figures of others, and tests of the difference.
    pub fn compared_with(mut self, cohort: Cohort, instrument: &Instrument) -> Report {
        self.comparison = Some(Comparison::new(&self, cohort, instrument));
        self.with_words(instrument)
    }

    /// Writes the sentences anew that tell of the rest.
    fn with_words(mut self, instrument: &Instrument) -> Report {
        self.method = method::sentences(&self, instrument);
        self.cherries = cherries::checklist(&self, instrument);
        self
    }

    /// Returns the figures of an item or of its themes.
    pub fn item(&self, id: &str) -> Option<&ItemReport> {
        self.items.iter().chain(&self.themes).find(|item| item.id == id)
    }

    /// Bounds those who left nothing out: at least those who are missing nowhere, at most those who are missing at no
    /// item where everybody who is missing has left it out. "Prefer not to say" and "not applicable" are answers.
    fn count_complete(&self, instrument: &Instrument) -> Option<Complete> {
        let respondents = self.respondents.exact()?;
        let (mut any, mut left_out) = (0_u64, 0);
        for item in &self.items {
            let missing = item.missing?;
            any = any.saturating_add(missing);
            let asked = instrument.find_item(&item.id).map(|id| instrument.item(id))?;
            if asked.categories.iter().all(|category| category.meaning.is_answer()) {
                left_out = left_out.max(missing);
            }
        }
        Some(Complete {
            at_least: respondents.saturating_sub(any),
            at_most: respondents.saturating_sub(left_out),
        })
    }

    /// Returns the report as JSON.
    pub fn to_json(&self) -> String {
        // OK because a report holds strings, finite numbers and nulls only.
        let mut json = serde_json::to_string_pretty(self).expect("a report is valid JSON");
        json.push('\n');
        json
    }

    fn list_withheld(&self) -> Vec<Withheld> {
        let items = self.items.iter().chain(&self.themes).map(|item| (&item.id, item.withheld));
        let derived = self.derived.iter().map(|variable| (&variable.id, variable.withheld));
        let correlations = self.correlations.iter().map(|pair| (&pair.id, pair.withheld));
        let all = items.chain(derived).chain(correlations);
        all.filter_map(|(id, reason)| Some(Withheld { id: id.clone(), reason: reason? })).collect()
    }
}

impl Complete {
    fn of(self, eligible: u64) -> Bounds {
        let rate = |count: u64| count as f64 / eligible as f64;
        Bounds { at_least: rate(self.at_least), at_most: rate(self.at_most) }
    }

    /// Returns the count in words: `46 left nothing out`, `40 to 43 left nothing out`.
    pub fn words(self) -> String {
        let Complete { at_least, at_most } = self;
        match at_least == at_most {
            true => format!("{at_most} left nothing out"),
            false => format!("{at_least} to {at_most} left nothing out"),
        }
    }
}

impl ItemReport {
    fn new(item: &Item, released: &ReleasedItem) -> ItemReport {
        let histogram = likert_histogram(item, |code| released.count(code));
        let frequency = |cell: &ReleasedCell| Frequency::new(item, cell, released.base);
        ItemReport {
            id: item.id.clone(),
            label: item.label.clone(),
            base: released.base,
            missing: released.missing,
            not_asked: released.not_asked,
            categories: released.cells.as_ref().map(|cells| cells.iter().map(frequency).collect()),
            withheld: released.cells.is_none().then_some(WITHHELD),
            mean: histogram.as_ref().and_then(Histogram::mean),
            sd: histogram.as_ref().and_then(Histogram::standard_deviation),
            median: histogram.as_ref().and_then(Histogram::median),
        }
    }
}

/// Returns the values of a Likert item, where the count of each category is known.
fn likert_histogram(item: &Item, count: impl Fn(&str) -> Option<u64>) -> Option<Histogram> {
    let answers = item.answers().filter(|_| item.kind == Kind::Likert);
    let values: Vec<(u8, u64)> = answers
        .map(|(_, category)| Some((category.value?, count(&category.code)?)))
        .collect::<Option<_>>()?;
    let start = values.iter().map(|(value, _)| *value).min()?;
    let end = values.iter().map(|(value, _)| *value).max()?;
    let mut counts = vec![0; usize::from(end - start) + 1];
    for (value, count) in values {
        counts[usize::from(value - start)] += count;
    }
    Some(Histogram { start: u16::from(start), counts })
}

impl Frequency {
    fn new(item: &Item, cell: &ReleasedCell, base: Option<u64>) -> Frequency {
        let share = cell.count.exact().zip(base).and_then(|(count, base)| rate(count, base));
        Frequency {
            code: cell.categories.join("+"),
            label: label(item, &cell.categories),
            count: cell.count,
            percent: cell.count.exact().zip(base).and_then(|(count, base)| percent(count, base)),
            low: share.map(|share| 100.0 * share.low),
            high: share.map(|share| 100.0 * share.high),
        }
    }
}

/// Returns the label of a category, or of the declared group that these categories make.
fn label(item: &Item, codes: &[String]) -> String {
    let is_same = |group: &&crate::instrument::Group| {
        group.categories.iter().map(|id| &item.category(*id).code).eq(codes.iter())
    };
    if let [code] = codes {
        let category = item.find_category(code).map(|id| item.category(id));
        return category.map_or_else(|| code.clone(), |category| category.label.clone());
    }
    let mut groups = item.poolings.iter().flat_map(|pooling| &pooling.groups);
    groups.find(is_same).map_or_else(|| codes.join(" + "), |group| group.label.clone())
}

impl VariableReport {
    fn new(variable: &Variable, released: &ReleasedVariable) -> VariableReport {
        let histogram = released.counts.as_ref().map(|counts| histogram(variable, counts));
        VariableReport {
            id: variable.id.clone(),
            label: variable.label.clone(),
            base: histogram.as_ref().map(Histogram::base),
            mean: histogram.as_ref().and_then(Histogram::mean),
            sd: histogram.as_ref().and_then(Histogram::standard_deviation),
            median: histogram.as_ref().and_then(Histogram::median),
            items: released.parts.as_ref().map(Vec::len),
            alpha: histogram.as_ref().and_then(|total| alpha(total, released)),
            withheld: histogram.is_none().then_some(WITHHELD),
            moments: histogram.as_ref().and_then(Histogram::moments),
        }
    }
}

/// Returns Cronbach's α of a sum over several items, where there are respondents enough.
fn alpha(total: &Histogram, released: &ReleasedVariable) -> Option<f64> {
    let n = total.base();
    let parts = released.parts.as_ref().filter(|_| n >= ALPHA_BASE)?;
    let moments = |part: &ReleasedPart| Moments { n, sum: part.sum.into(), squares: part.squares.into() };
    cronbach_alpha(&parts.iter().map(moments).collect::<Vec<_>>(), &total.moments()?)
}

fn histogram(variable: &Variable, counts: &[u64]) -> Histogram {
    Histogram { start: *variable.levels.start(), counts: counts.to_vec() }
}

fn correlations(release: &Release, instrument: &Instrument) -> Vec<CorrelationReport> {
    let planned = instrument.pairs().iter().zip(release.correlations());
    let mut reports: Vec<CorrelationReport> =
        planned.map(|(pair, released)| CorrelationReport::new(pair, released.result.as_ref())).collect();
    // With a part of the family withheld, the adjustment of the rest is not known.
    if reports.iter().any(|report| report.withheld.is_some()) {
        return reports;
    }
    let p_values: Vec<Option<f64>> = reports.iter().map(|report| report.p).collect();
    for (report, p_holm) in reports.iter_mut().zip(holm(&p_values)) {
        report.p_holm = p_holm;
    }
    reports
}

impl CorrelationReport {
    fn new(pair: &Pair, released: Option<&ReleasedPair>) -> CorrelationReport {
        let exact = match released {
            Some(ReleasedPair::Exact { x, y, sum_xy }) => {
                Some((histogram(&pair.x, x), histogram(&pair.y, y), *sum_xy))
            }
            _ => None,
        };
        let (n, correlation, decimals) = match (released, &exact) {
            (Some(ReleasedPair::R { n, r }), _) => {
                (Some(*n), Correlation::published(r.value(), *n), Some(r.decimals()))
            }
            (_, Some((x, y, sum_xy))) => {
                let moments = PairMoments::new(x, y, *sum_xy);
                (Some(x.base()), moments.and_then(|moments| moments.correlation()), None)
            }
            _ => (None, None, None),
        };
        let test = correlation.and_then(|correlation| correlation.test());
        let interval = correlation.and_then(|correlation| correlation.interval());
        let p_permutation = exact.as_ref().and_then(|(x, y, sum_xy)| permutation_test(x, y, *sum_xy));
        CorrelationReport {
            id: pair.id.clone(),
            x: pair.x.id.clone(),
            y: pair.y.id.clone(),
            n,
            r: correlation.map(|correlation| correlation.r()),
            decimals,
            t: test.map(|test| test.t),
            df: test.map(|test| test.degrees_of_freedom),
            p: test.map(|test| test.p_value),
            p_holm: None,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            p_permutation,
            reason: n.and_then(|n| reason(n, correlation, p_permutation.is_none() && decimals.is_none())),
            withheld: released.is_none().then_some(WITHHELD),
        }
    }
}

/// Returns why a figure of n pairs does not exist.
fn reason(n: u64, correlation: Option<Correlation>, has_no_permutation: bool) -> Option<&'static str> {
    match correlation {
        _ if n < 2 => Some("fewer than two pairs have no correlation"),
        None => Some("a variable that does not vary has no correlation"),
        Some(_) if n == 2 => Some("two pairs have no test"),
        Some(found) if found.unexplained() == 0.0 => {
            Some("a perfect correlation has no test and no interval")
        }
        Some(_) if n == 3 => Some("three pairs have no interval"),
        Some(_) if has_no_permutation => Some("the permutation test would have too many arrangements"),
        Some(_) => None,
    }
}

fn rate(count: u64, base: u64) -> Option<Rate> {
    let interval = wilson(count, base)?;
    Some(Rate { value: count as f64 / base as f64, low: interval.low, high: interval.high })
}

/// Returns a percentage of a base, or `None` when the base is 0.
pub fn percent(count: u64, base: u64) -> Option<f64> {
    (base > 0).then(|| 100.0 * count as f64 / base as f64)
}

/// Returns the word for those who gave no answer that counts: the paper's for demographic items.
pub fn missing_label(item: &Item) -> &'static str {
    let offers = |meaning| item.categories.iter().any(|category| category.meaning == meaning);
    if item.demographic {
        "Not listed"
    } else if offers(Meaning::NotApplicable) {
        "Not applicable or not answered"
    } else {
        "Not answered"
    }
}
