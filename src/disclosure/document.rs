//! The release as a document: its form, its checks, its merging.

mod check;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Collection, Policy, Rules, has_agreement, is_collection_name, parts_may_be_shown, rules, shows_levels,
    splits_a_shown_count,
};
use crate::digest::Digest;
use crate::instrument::{Group, Instrument, Item, Meaning, Pooling, Variable};
use crate::json;
use crate::statistics::Histogram;
use crate::tally::ItemCounts;

/// The version of the document's form.
const FORM: u32 = 1;
/// More respondents than any collection has: the moments of so many fit into 128 bits with room to spare.
const MAX_RESPONDENTS: u64 = 1 << 32;

/// What may leave the browser: everything that the policy lets anybody know of a collection.
///
/// It is made by [`release`](super::release), read back by [`Release::from_json`], which checks it
/// against its instrument and its policy, and summed by [`Release::merge`].
///
/// It cannot be deserialised but by `from_json`, so that none goes unchecked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Release(Document);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    release: u32,
    software: String,
    instrument: InstrumentStamp,
    policy: PolicyStamp,
    collections: Vec<String>,
    eligible: Option<u64>,
    respondents: Count,
    items: Vec<ReleasedItem>,
    derived: Vec<ReleasedVariable>,
    correlations: Vec<ReleasedCorrelation>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstrumentStamp {
    id: String,
    version: u32,
    hash: Digest,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyStamp {
    name: String,
    hash: Digest,
}

/// What is released of one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedItem {
    pub id: String,
    /// How many answered: the denominator. `None` where even that is withheld.
    pub base: Option<u64>,
    /// How many were asked and gave no answer that counts.
    pub missing: Option<u64>,
    /// How many were not asked.
    pub not_asked: Option<u64>,
    /// `None` where they are withheld.
    pub cells: Option<Vec<ReleasedCell>>,
}

/// The count of a category, or of several that are shown as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedCell {
    pub categories: Vec<String>,
    pub count: Count,
}

/// What is released of a derived variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedVariable {
    pub id: String,
    /// By level; `None` where they are withheld.
    pub counts: Option<Vec<u64>>,
    /// For a sum over several items, each of them over the same respondents; `None` for other variables, where the
    /// counts are withheld, and where they would tell of a few who left an item out.
    pub parts: Option<Vec<ReleasedPart>>,
}

/// Σ and Σ² of one item of a sum, over those who have the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedPart {
    pub sum: u64,
    pub squares: u64,
}

/// What is released of a planned correlation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasedCorrelation {
    pub id: String,
    /// `None` where it is withheld.
    pub result: Option<ReleasedPair>,
}

/// The result of a planned correlation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "the result of a correlation is n and r (a text such as \"0.31\"), or x, y and sum_xy"
)]
pub enum ReleasedPair {
    /// The coefficient alone, to as many decimals as the rules allow.
    R { n: u64, r: Coefficient },
    /// The counts of both variables over the pairs, and Σxy.
    Exact { x: Vec<u64>, y: Vec<u64>, sum_xy: u64 },
}

/// A correlation coefficient as it is written, so that whoever reads it computes with just what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Coefficient {
    /// In units of the last decimal.
    units: i64,
    decimals: u32,
}

impl Coefficient {
    /// The most decimals that are released.
    ///
    /// No more than a paper prints: from six decimals of two planned coefficients the counts behind a
    /// pooled table can be computed, from four they cannot.
    pub const DECIMALS: u32 = 2;

    pub(super) fn new(r: f64, decimals: u32) -> Coefficient {
        Coefficient { units: (r * 10_f64.powi(decimals as i32)).round() as i64, decimals }
    }

    pub fn value(self) -> f64 {
        self.units as f64 / 10_f64.powi(self.decimals as i32)
    }

    /// Returns how many decimals it has been rounded to.
    pub fn decimals(self) -> u32 {
        self.decimals
    }
}

impl fmt::Display for Coefficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(self.decimals);
        let (sign, size) = (if self.units < 0 { "-" } else { "" }, self.units.unsigned_abs());
        write!(f, "{sign}{}.{:0width$}", size / unit, size % unit, width = self.decimals as usize)
    }
}

impl From<Coefficient> for String {
    fn from(coefficient: Coefficient) -> String {
        coefficient.to_string()
    }
}

impl TryFrom<String> for Coefficient {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let decimals = text.split_once('.').map_or(0, |(_, digits)| digits.len() as u32);
        let units = text.replacen('.', "", 1).parse();
        let found = units.ok().map(|units| Coefficient { units, decimals });
        let found = found.filter(|found| (1..=Coefficient::DECIMALS).contains(&found.decimals));
        // Only one way to write each.
        found.filter(|found| found.to_string() == text && found.value().abs() <= 1.0).ok_or_else(|| {
            format!("{text:?} is no coefficient; expected -1 to 1 with 1 or 2 decimals, such as \"0.31\"")
        })
    }
}

/// A count as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CountForm", into = "CountForm")]
pub enum Count {
    Exact(u64),
    /// Fewer than this; perhaps nobody.
    Below(u64),
    /// More than this; perhaps everybody.
    Above(u64),
    /// At least so many percent.
    AtLeast(u64),
    /// At most so many percent.
    AtMost(u64),
    /// Neither nearly all nor nearly nobody.
    Between,
    /// Five to nine respondents.
    FiveToNine,
    TenOrMore,
    /// Neither the count nor a bound: of a sum with a part that is not exact, and of "none" where it would
    /// tell how few did not tick another category.
    Withheld,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a count is a whole number, or a text such as \"<5\"")]
enum CountForm {
    Number(u64),
    Text(String),
}

impl Count {
    /// Returns the number, if it is shown.
    pub fn exact(self) -> Option<u64> {
        match self {
            Count::Exact(count) => Some(count),
            _ => None,
        }
    }

    /// Returns the largest number that it can stand for, of so many.
    pub(super) fn most(self, base: u64) -> u64 {
        match self {
            Count::Exact(count) => count,
            Count::Below(limit) => limit - 1,
            _ => base,
        }
    }

    pub(super) fn of_small_group(respondents: u64) -> Count {
        if respondents < 10 { Count::FiveToNine } else { Count::TenOrMore }
    }

    fn parse(text: &str) -> Option<Count> {
        let number = |digits: &str| digits.parse::<u64>().ok();
        let percent = |text: &str| number(text.trim_start().strip_suffix('%')?);
        let count = match text {
            "between" => Count::Between,
            "5–9" => Count::FiveToNine,
            "10 or more" => Count::TenOrMore,
            "withheld" => Count::Withheld,
            _ => text
                .strip_prefix(">=")
                .and_then(percent)
                .map(Count::AtLeast)
                .or_else(|| text.strip_prefix("<=").and_then(percent).map(Count::AtMost))
                .or_else(|| text.strip_prefix('<').and_then(number).map(Count::Below))
                .or_else(|| text.strip_prefix('>').and_then(number).map(Count::Above))?,
        };
        // Only one way to write each.
        (count.to_string() == text).then_some(count)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Count::Exact(count) => write!(f, "{count}"),
            Count::Below(limit) => write!(f, "<{limit}"),
            Count::Above(limit) => write!(f, ">{limit}"),
            Count::AtLeast(percent) => write!(f, ">= {percent}%"),
            Count::AtMost(percent) => write!(f, "<= {percent}%"),
            Count::Between => f.write_str("between"),
            Count::FiveToNine => f.write_str("5–9"),
            Count::TenOrMore => f.write_str("10 or more"),
            Count::Withheld => f.write_str("withheld"),
        }
    }
}

impl TryFrom<CountForm> for Count {
    type Error = String;

    fn try_from(form: CountForm) -> Result<Self, String> {
        match form {
            CountForm::Number(count) => Ok(Count::Exact(count)),
            CountForm::Text(text) => Count::parse(&text)
                .ok_or_else(|| format!("{text:?} is not a count; expected e.g. 12 or \"<5\"")),
        }
    }
}

impl From<Count> for CountForm {
    fn from(count: Count) -> CountForm {
        match count {
            Count::Exact(count) => CountForm::Number(count),
            other => CountForm::Text(other.to_string()),
        }
    }
}

impl ReleasedItem {
    pub(super) fn withheld(item: &Item) -> ReleasedItem {
        ReleasedItem { id: item.id.clone(), base: None, missing: None, not_asked: None, cells: None }
    }

    /// A small group's bands: the base would tell how many declined.
    pub(super) fn banded(item: &Item, cells: Vec<ReleasedCell>) -> ReleasedItem {
        ReleasedItem { cells: Some(cells), ..ReleasedItem::withheld(item) }
    }

    pub(super) fn shown(item: &Item, counts: ItemCounts, cells: Option<Vec<ReleasedCell>>) -> ReleasedItem {
        ReleasedItem {
            id: item.id.clone(),
            base: Some(counts.base()),
            missing: Some(counts.missing()),
            not_asked: Some(counts.not_asked()),
            cells,
        }
    }

    /// Returns the count of a category, where it is shown by itself and exactly.
    pub fn count(&self, code: &str) -> Option<u64> {
        self.cells.as_ref()?.iter().find(|cell| cell.categories == [code])?.count.exact()
    }

    /// Returns whether every category's count is there.
    pub fn is_full(&self) -> bool {
        let is_exact = |cell: &ReleasedCell| cell.categories.len() == 1 && cell.count.exact().is_some();
        self.cells.as_ref().is_some_and(|cells| cells.iter().all(is_exact))
    }

    fn sum(&self, other: &ReleasedItem) -> ReleasedItem {
        let add = |a: Option<u64>, b: Option<u64>| a?.checked_add(b?);
        let cells = self.cells.as_ref().zip(other.cells.as_ref()).and_then(|(a, b)| sum_cells(a, b));
        ReleasedItem {
            id: self.id.clone(),
            base: add(self.base, other.base),
            missing: add(self.missing, other.missing),
            not_asked: add(self.not_asked, other.not_asked),
            cells,
        }
    }
}

/// Adds two tables; where one has pooled more than the other, so does the sum.
fn sum_cells(a: &[ReleasedCell], b: &[ReleasedCell]) -> Option<Vec<ReleasedCell>> {
    let refines = |fine: &[ReleasedCell], coarse: &[ReleasedCell]| {
        fine.iter().all(|cell| coarse.iter().any(|group| group.holds(cell)))
    };
    let (fine, coarse) = if refines(a, b) { (a, b) } else { (b, a) };
    if !refines(fine, coarse) {
        return None;
    }
    let sums = coarse.iter().map(|group| {
        let parts = fine.iter().filter(|cell| group.holds(cell)).map(|cell| cell.count);
        let count = parts.fold(group.count, add_counts);
        ReleasedCell { categories: group.categories.clone(), count }
    });
    let sums: Vec<ReleasedCell> = sums.collect();
    sums.iter().any(|cell| cell.count.exact().is_some()).then_some(sums)
}

/// Adds two counts; withheld plus anything is withheld.
fn add_counts(a: Count, b: Count) -> Count {
    let sum = a.exact().zip(b.exact()).and_then(|(a, b)| a.checked_add(b));
    sum.map_or(Count::Withheld, Count::Exact)
}

impl ReleasedCell {
    pub(super) fn new(item: &Item, group: &Group, count: Count) -> ReleasedCell {
        let categories = group.categories.iter().map(|id| item.category(*id).code.clone()).collect();
        ReleasedCell { categories, count }
    }

    fn holds(&self, other: &ReleasedCell) -> bool {
        other.categories.iter().all(|category| self.categories.contains(category))
    }
}

/// Returns a grouping's exact counts; `cells` holds those of the item's answers.
pub(super) fn exact(item: &Item, pooling: &Pooling, cells: &[u64]) -> Vec<ReleasedCell> {
    let places = places(item, pooling);
    let counts = places.iter().map(|group| Count::Exact(group.iter().map(|&i| cells[i]).sum()));
    pooling.groups.iter().zip(counts).map(|(group, count)| ReleasedCell::new(item, group, count)).collect()
}

/// Returns every category by itself, shown as a rule says.
pub(super) fn each(item: &Item, cells: &[u64], show: impl Fn(u64) -> Count) -> Vec<ReleasedCell> {
    let groups = item.ungrouped().groups;
    groups.iter().zip(cells).map(|(group, &count)| ReleasedCell::new(item, group, show(count))).collect()
}

/// Returns the counts of an item with several choices, "none" apart from the others.
pub(super) fn ticks(item: &Item, cells: &[ReleasedCell]) -> rules::Ticks {
    let (nones, others): (Vec<_>, Vec<_>) =
        item.answers().zip(cells).partition(|((_, category), _)| category.meaning == Meaning::None);
    let counts = |cells: Vec<(_, &ReleasedCell)>| cells.into_iter().map(|(_, cell)| cell.count).collect();
    rules::Ticks { nones: counts(nones), others: counts(others) }
}

/// Returns the band of those who agree, for a Likert item with two groups.
pub(super) fn agreement(item: &Item, cells: &[u64]) -> Option<Vec<ReleasedCell>> {
    let pooling = item.poolings.iter().find(|pooling| pooling.groups.len() == 2)?;
    if !has_agreement(item) {
        return None;
    }
    let agree: u64 = places(item, pooling)[1].iter().map(|&i| cells[i]).sum();
    let band = rules::small_group(agree, cells.iter().sum());
    Some(vec![ReleasedCell::new(item, &pooling.groups[1], band)])
}

/// Returns the item's poolings as places among its answers.
pub(super) fn pools(item: &Item) -> Vec<Vec<Vec<usize>>> {
    item.poolings.iter().map(|pooling| places(item, pooling)).collect()
}

fn places(item: &Item, pooling: &Pooling) -> Vec<Vec<usize>> {
    let answers: Vec<_> = item.answers().map(|(id, _)| id).collect();
    let place = |id| answers.iter().position(|answer| answer == id);
    pooling.groups.iter().map(|group| group.categories.iter().filter_map(place).collect()).collect()
}

impl Release {
    pub(super) fn new(
        instrument: &Instrument,
        policy: &Policy,
        collection: &Collection,
        respondents: Count,
        items: Vec<ReleasedItem>,
        derived: Vec<ReleasedVariable>,
        correlations: Vec<ReleasedCorrelation>,
    ) -> Release {
        Release(Document {
            release: FORM,
            software: concat!("balint-survey ", env!("CARGO_PKG_VERSION")).to_owned(),
            instrument: InstrumentStamp {
                id: instrument.id().to_owned(),
                version: instrument.version(),
                hash: instrument.hash().clone(),
            },
            policy: PolicyStamp { name: policy.name().to_owned(), hash: policy.hash() },
            collections: vec![collection.name().to_owned()],
            eligible: collection.eligible(),
            respondents,
            items,
            derived,
            correlations,
        })
    }

    /// Reads a release and checks it against its instrument and its policy.
    ///
    /// # Errors
    ///
    /// Names the place, what was found and what was expected.
    pub fn from_json(json: &[u8], instruments: &[Instrument]) -> Result<Release, ReleaseError> {
        if json.trim_ascii().is_empty() {
            return Err(ReleaseError::Empty);
        }
        let form = |error| ReleaseError::json(&error);
        let document: Document = serde_json::from_slice(json).map_err(form)?;
        check::document(&document, instruments)?;
        // What is left out reads as null: that may not make two documents of one release.
        let found: serde_json::Value = serde_json::from_slice(json).map_err(form)?;
        let is_complete = serde_json::to_value(&document).is_ok_and(|expected| found == expected);
        match is_complete {
            true => Ok(Release(document)),
            false => {
                Err(ReleaseError::at("release", "a field that is not there", "null where there is nothing"))
            }
        }
    }

    /// Returns the document, the same bytes each time.
    pub fn to_json(&self) -> String {
        // OK because a release holds strings and finite numbers only.
        let mut json = serde_json::to_string_pretty(self).expect("a release is valid JSON");
        json.push('\n');
        json
    }

    /// Adds the respondents of another release of the same instrument and policy, and of other collections.
    ///
    /// What one of the two withholds, the sum withholds.
    ///
    /// # Errors
    ///
    /// If the two do not go together.
    pub fn merge(&self, other: &Release) -> Result<Release, MergeError> {
        self.0.merge(&other.0).map(Release)
    }

    pub fn instrument_id(&self) -> &str {
        &self.0.instrument.id
    }

    pub fn instrument_hash(&self) -> &Digest {
        &self.0.instrument.hash
    }

    pub fn policy_name(&self) -> &str {
        &self.0.policy.name
    }

    pub fn policy_hash(&self) -> &Digest {
        &self.0.policy.hash
    }

    /// Returns the collections that it sums: one, unless it was merged.
    pub fn collections(&self) -> &[String] {
        &self.0.collections
    }

    /// Returns how many could have answered, where that is known.
    pub fn eligible(&self) -> Option<u64> {
        self.0.eligible
    }

    pub fn respondents(&self) -> Count {
        self.0.respondents
    }

    /// Returns the items, in the instrument's order.
    pub fn items(&self) -> &[ReleasedItem] {
        &self.0.items
    }

    /// Returns the derived variables, in the instrument's order.
    pub fn derived(&self) -> &[ReleasedVariable] {
        &self.0.derived
    }

    /// Returns the planned correlations, in the instrument's order.
    pub fn correlations(&self) -> &[ReleasedCorrelation] {
        &self.0.correlations
    }
}

impl Document {
    fn merge(&self, other: &Document) -> Result<Document, MergeError> {
        if self.instrument != other.instrument {
            let name = |stamp: &InstrumentStamp| format!("{} {} ({})", stamp.id, stamp.version, stamp.hash);
            return Err(MergeError::Instrument(name(&self.instrument), name(&other.instrument)));
        }
        if self.policy != other.policy {
            return Err(MergeError::Policy(self.policy.name.clone(), other.policy.name.clone()));
        }
        if matches!(self.respondents, Count::FiveToNine | Count::TenOrMore) {
            return Err(MergeError::NoCounts(self.policy.name.clone()));
        }
        if let Some(twice) = self.collections.iter().find(|name| other.collections.contains(name)) {
            return Err(MergeError::SameCollection(twice.clone()));
        }
        let mut collections = [self.collections.as_slice(), &other.collections].concat();
        collections.sort();
        Ok(Document {
            collections,
            eligible: self.eligible.zip(other.eligible).and_then(|(a, b)| a.checked_add(b)),
            respondents: add_counts(self.respondents, other.respondents),
            items: self.items.iter().zip(&other.items).map(|(a, b)| a.sum(b)).collect(),
            derived: self.derived.iter().zip(&other.derived).map(|(a, b)| a.sum(b)).collect(),
            correlations: self.correlations.iter().zip(&other.correlations).map(|(a, b)| a.sum(b)).collect(),
            ..self.clone()
        })
    }
}

impl ReleasedVariable {
    fn sum(&self, other: &ReleasedVariable) -> ReleasedVariable {
        let counts = self.counts.as_ref().zip(other.counts.as_ref()).and_then(|(a, b)| sum_levels(a, b));
        let parts = self.parts.as_ref().zip(other.parts.as_ref()).and_then(|(a, b)| sum_parts(a, b));
        ReleasedVariable { id: self.id.clone(), counts, parts }
    }
}

fn sum_parts(a: &[ReleasedPart], b: &[ReleasedPart]) -> Option<Vec<ReleasedPart>> {
    let add = |(a, b): (&ReleasedPart, &ReleasedPart)| {
        Some(ReleasedPart { sum: a.sum.checked_add(b.sum)?, squares: a.squares.checked_add(b.squares)? })
    };
    a.iter().zip(b).map(add).collect()
}

impl ReleasedCorrelation {
    /// Only exact sums can be added; two coefficients say nothing of the coefficient of both together.
    fn sum(&self, other: &ReleasedCorrelation) -> ReleasedCorrelation {
        let result = match (&self.result, &other.result) {
            (
                Some(ReleasedPair::Exact { x, y, sum_xy }),
                Some(ReleasedPair::Exact { x: other_x, y: other_y, sum_xy: other_xy }),
            ) => sum_levels(x, other_x)
                .zip(sum_levels(y, other_y))
                .zip(sum_xy.checked_add(*other_xy))
                .map(|((x, y), sum_xy)| ReleasedPair::Exact { x, y, sum_xy }),
            _ => None,
        };
        ReleasedCorrelation { id: self.id.clone(), result }
    }
}

fn sum_levels(a: &[u64], b: &[u64]) -> Option<Vec<u64>> {
    a.iter().zip(b).map(|(a, b)| a.checked_add(*b)).collect()
}

/// Why two releases cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    Instrument(String, String),
    Policy(String, String),
    /// The policy releases no counts that could be added.
    NoCounts(String),
    SameCollection(String),
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instrument(a, b) => write!(f, "releases of two instruments cannot be merged: {a} and {b}"),
            Self::Policy(a, b) => write!(f, "releases under two policies cannot be merged: {a} and {b}"),
            Self::NoCounts(policy) => {
                write!(
                    f,
                    "releases under {policy} hold no counts that could be added; expected one at a time"
                )
            }
            Self::SameCollection(name) => {
                write!(f, "collection {name:?} is there twice: its respondents would be counted twice")
            }
        }
    }
}

impl std::error::Error for MergeError {}

/// Why a document is not a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseError {
    /// Not JSON, or not of a release's form.
    Json {
        line: usize,
        column: usize,
        found: String,
    },
    Empty,
    /// Of a survey that is not known here.
    UnknownInstrument {
        found: String,
        known: Vec<String>,
    },
    /// Of the form, but not what the rules can have made.
    At {
        place: String,
        found: String,
        expected: String,
    },
}

impl ReleaseError {
    fn json(error: &serde_json::Error) -> ReleaseError {
        let (line, column, found) = json::place(error);
        ReleaseError::Json { line, column, found }
    }

    fn at(place: impl Into<String>, found: impl ToString, expected: impl ToString) -> ReleaseError {
        ReleaseError::At { place: place.into(), found: found.to_string(), expected: expected.to_string() }
    }
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, found } => {
                write!(f, "line {line}, column {column}: {found}; expected a release")
            }
            Self::Empty => f.write_str("the file is empty; expected a release"),
            Self::UnknownInstrument { found, known } => {
                write!(f, "instrument: found {found:?}; expected {}", known.join(" or "))
            }
            Self::At { place, found, expected } => write!(f, "{place}: found {found}; expected {expected}"),
        }
    }
}

impl std::error::Error for ReleaseError {}
