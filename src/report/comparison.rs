//! The same figures of two groups side by side: two collections, two waves, or a school and a published study.
//!
//! A test is made only of counts that both sides show in full and alike: χ² of a table, or Fisher's exact test
//! where an expected count is below 5; Welch's t of the means of Likert items and derived numbers.
//! The p-values are adjusted by Holm's method over all tests of one comparison.

use serde::Serialize;

use super::{Frequency, ItemReport, Report, likert_histogram};
use crate::instrument::{Instrument, Item, Kind, Reference, ReferenceItem};
use crate::statistics::{Moments, Table, holm, welch};

/// Those with whom a report is compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cohort {
    /// A name, and how many they are where that is known.
    pub name: String,
    pub respondents: Option<u64>,
    pub items: Vec<CohortItem>,
    #[serde(skip)]
    derived: Vec<(String, Moments)>,
}

/// The figures of one item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CohortItem {
    pub id: String,
    pub base: Option<u64>,
    /// The counts that are known, by category or by joined categories.
    pub counts: Vec<CohortCount>,
    pub mean: Option<f64>,
}

/// How many gave one answer, or one of several that are counted together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CohortCount {
    /// The category's code; several are joined by `+`.
    pub code: String,
    pub count: u64,
    /// Of the base, from 0 to 100.
    pub percent: Option<f64>,
}

/// A report beside the figures of others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub with: Cohort,
    pub tests: Vec<Test>,
}

/// One test of a difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// The item, or the derived variable.
    pub id: String,
    /// For an item with several choices, the one that is compared.
    pub category: Option<String>,
    pub label: String,
    pub kind: TestKind,
    /// χ² or t; Fisher's test has none.
    pub statistic: Option<f64>,
    pub df: Option<f64>,
    /// Two-sided.
    pub p: f64,
    /// Adjusted for all tests of the comparison.
    pub p_holm: f64,
    /// Cramér's V of a table.
    pub v: Option<f64>,
    /// The difference of two means, with its 95 % interval.
    pub difference: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Which test it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestKind {
    ChiSquared,
    FisherExact,
    Welch,
}

impl Cohort {
    /// Returns what a published study printed.
    pub fn published(reference: &Reference, instrument: &Instrument) -> Cohort {
        let items = instrument.items().filter_map(|(id, item)| Some((item, reference.of(id)?)));
        Cohort {
            name: reference.name.clone(),
            respondents: Some(reference.respondents),
            items: items.map(|(item, printed)| CohortItem::published(item, printed)).collect(),
            derived: Vec::new(),
        }
    }

    /// Returns the figures of another report on the same instrument.
    pub fn of(report: &Report) -> Cohort {
        let items = report.items.iter().chain(&report.themes);
        let derived =
            report.derived.iter().filter_map(|variable| Some((variable.id.clone(), variable.moments?)));
        Cohort {
            name: report.collections.join(", "),
            respondents: report.respondents.exact(),
            items: items.map(CohortItem::of).collect(),
            derived: derived.collect(),
        }
    }

    /// Returns the name with the number of respondents: `Atkinson & Rosenstock (n = 46)`.
    pub fn title(&self) -> String {
        let n = self.respondents.map(|n| format!(" (n\u{a0}=\u{a0}{n})")).unwrap_or_default();
        format!("{}{n}", self.name)
    }

    /// Returns the figures of an item.
    pub fn item(&self, id: &str) -> Option<&CohortItem> {
        self.items.iter().find(|item| item.id == id)
    }
}

impl CohortItem {
    fn published(item: &Item, printed: &ReferenceItem) -> CohortItem {
        let counts = item.categories().filter_map(|(id, category)| {
            let count = printed.counts[id.number() - 1]?;
            Some(CohortCount { code: category.code.clone(), count, percent: printed.percent(id) })
        });
        CohortItem {
            id: item.id.clone(),
            base: Some(printed.base),
            counts: counts.collect(),
            mean: printed.mean,
        }
    }

    fn of(item: &ItemReport) -> CohortItem {
        let counts = item.categories.iter().flatten().filter_map(|frequency| {
            let count = frequency.count.exact()?;
            Some(CohortCount { code: frequency.code.clone(), count, percent: frequency.percent })
        });
        CohortItem { id: item.id.clone(), base: item.base, counts: counts.collect(), mean: item.mean }
    }

    /// Returns the count of a category, or of categories joined by `+`, as a sum of what is known.
    pub fn count(&self, code: &str) -> Option<u64> {
        let wanted: Vec<&str> = code.split('+').collect();
        let is_inside = |found: &&CohortCount| found.code.split('+').all(|code| wanted.contains(&code));
        let inside: Vec<&CohortCount> = self.counts.iter().filter(is_inside).collect();
        let codes: usize = inside.iter().map(|found| found.code.split('+').count()).sum();
        (codes == wanted.len()).then(|| inside.iter().map(|found| found.count).sum())
    }

    /// Returns the percentage of a category, or of joined ones, from 0 to 100.
    pub fn percent(&self, code: &str) -> Option<f64> {
        super::percent(self.count(code)?, self.base?)
    }
}

impl Comparison {
    /// Compares a report with others.
    pub(super) fn new(report: &Report, with: Cohort, instrument: &Instrument) -> Comparison {
        let items = instrument
            .items()
            .filter_map(|(_, item)| Some((item, report.item(&item.id)?, with.item(&item.id)?)));
        let mut tests: Vec<Test> =
            items.flat_map(|(item, ours, theirs)| of_item(item, ours, theirs)).collect();
        let derived = report.derived.iter().filter_map(|variable| {
            let (_, theirs) = with.derived.iter().find(|(id, _)| *id == variable.id)?;
            of_means(&variable.id, &variable.label, &variable.moments?, theirs)
        });
        tests.extend(derived);
        let p_values: Vec<Option<f64>> = tests.iter().map(|test| Some(test.p)).collect();
        for (test, p_holm) in tests.iter_mut().zip(holm(&p_values)) {
            test.p_holm = p_holm.unwrap_or(test.p);
        }
        Comparison { with, tests }
    }

    /// Returns how the difference was tested, in a sentence.
    pub(super) fn method(&self) -> String {
        format!(
            "Differences from {} were tested with Pearson’s χ² without continuity correction, with Fisher’s exact test where an expected count is below 5 and the tables are not too many to go through, and with Welch’s t for means; p-values are adjusted by Holm’s method over all {} tests of the comparison.",
            self.with.title(),
            self.tests.len()
        )
    }
}

fn of_item(item: &Item, ours: &ItemReport, theirs: &CohortItem) -> Vec<Test> {
    let categories = ours.categories.as_deref().unwrap_or_default();
    match item.kind {
        Kind::Likert => likert(item, categories, theirs).into_iter().collect(),
        Kind::Single => single(ours, categories, theirs).into_iter().collect(),
        Kind::Multi | Kind::Open => {
            categories.iter().filter_map(|category| one_of_several(ours, category, theirs)).collect()
        }
    }
}

/// Compares the counts of all categories.
fn single(ours: &ItemReport, categories: &[Frequency], theirs: &CohortItem) -> Option<Test> {
    let own = categories.iter().map(|category| category.count.exact()).collect::<Option<Vec<u64>>>()?;
    // A category that the others did not offer stands for nobody, if the rest makes up their base.
    let other: Vec<u64> =
        categories.iter().map(|category| theirs.count(&category.code).unwrap_or(0)).collect();
    let is_whole = other.iter().sum::<u64>() == theirs.base?;
    of_table(&ours.id, None, &ours.label, &[own, other]).filter(|_| is_whole)
}

/// Compares how many ticked one category.
fn one_of_several(ours: &ItemReport, category: &Frequency, theirs: &CohortItem) -> Option<Test> {
    let row = |count: u64, base: u64| Some(vec![count, base.checked_sub(count)?]);
    let own = row(category.count.exact()?, ours.base?)?;
    let other = row(theirs.count(&category.code)?, theirs.base?)?;
    of_table(&ours.id, Some(&category.code), &format!("{}: {}", ours.label, category.label), &[own, other])
}

fn likert(item: &Item, categories: &[Frequency], theirs: &CohortItem) -> Option<Test> {
    let own = likert_histogram(item, |code| {
        categories.iter().find(|category| category.code == code).and_then(|category| category.count.exact())
    });
    let other = likert_histogram(item, |code| theirs.count(code));
    of_means(&item.id, &item.label, &own?.moments()?, &other?.moments()?)
}

fn of_table(id: &str, category: Option<&str>, label: &str, table: &[Vec<u64>; 2]) -> Option<Test> {
    let table = Table::new(table)?;
    let chi = table.chi_square()?;
    let exact = (chi.expected_below_5 > 0).then(|| table.fisher_test()).flatten();
    let test = Test {
        id: id.to_owned(),
        category: category.map(str::to_owned),
        label: label.to_owned(),
        kind: TestKind::ChiSquared,
        statistic: Some(chi.statistic),
        df: Some(chi.degrees_of_freedom as f64),
        p: chi.p_value,
        p_holm: chi.p_value,
        v: Some(chi.cramers_v),
        difference: None,
        low: None,
        high: None,
    };
    match exact {
        Some(p) => {
            Some(Test { kind: TestKind::FisherExact, statistic: None, df: None, p, p_holm: p, ..test })
        }
        // There are too many tables to go through; the report says which test was made.
        None => Some(test),
    }
}

fn of_means(id: &str, label: &str, ours: &Moments, theirs: &Moments) -> Option<Test> {
    let found = welch(ours, theirs)?;
    Some(Test {
        id: id.to_owned(),
        category: None,
        label: label.to_owned(),
        kind: TestKind::Welch,
        statistic: Some(found.t),
        df: Some(found.degrees_of_freedom),
        p: found.p_value,
        p_holm: found.p_value,
        v: None,
        difference: Some(found.difference),
        low: Some(found.interval.low),
        high: Some(found.interval.high),
    })
}
