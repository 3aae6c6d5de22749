//! What is asked: sections, items, categories, skip logic, planned analyses.
//!
//! An instrument is data, a JSON document; [`Instrument::parse`] reads and checks it, and everything
//! after that may rely on it: ids are unique, every reference leads somewhere, a condition looks back
//! only, every value fits a tally.
//! An instrument is identified by the SHA-256 hash of its bytes, so `sha256sum FILE` checks it.

mod findings;
mod source;

use std::fmt;
use std::ops::RangeInclusive;

use crate::digest::Digest;

pub use findings::Finding;
pub use source::{InstrumentError, Problem};

/// The size of the largest document that can be an instrument, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The largest number of sections an instrument can have.
pub const MAX_SECTIONS: usize = 50;
/// The largest number of scales an instrument can have.
pub const MAX_SCALES: usize = 50;
/// The largest number of categories an item can have.
pub const MAX_CATEGORIES: usize = 64;
/// The largest number of items an instrument can have.
pub const MAX_ITEMS: usize = 200;
/// The largest value a category can have; values start at 0.
pub const MAX_VALUE: u8 = 100;
/// The largest number of ways to join the categories of one item.
pub const MAX_POOLINGS: usize = 20;
/// The largest number of derived variables.
pub const MAX_DERIVED: usize = 50;
/// The largest number of planned correlations: each one costs anonymity.
pub const MAX_PAIRS: usize = 3;
/// The length of the longest title, label or name, in characters: it must fit into a table.
pub const MAX_LABEL: usize = 200;
/// The length of the longest question, hint, note or other text, in characters.
pub const MAX_TEXT: usize = 2000;
/// The largest number of problems of one instrument that are told.
pub const MAX_PROBLEMS: usize = 100;

const BUILT_IN: [&str; 2] =
    [include_str!("instrument/stress-experience.json"), include_str!("instrument/post-program.json")];

/// One survey, parsed and checked.
#[derive(Clone, Debug)]
pub struct Instrument {
    id: String,
    version: u32,
    hash: Digest,
    text: Texts,
    sections: Vec<Section>,
    items: Vec<Item>,
    derived: Vec<Variable>,
    pairs: Vec<Pair>,
    reference: Option<Reference>,
}

/// The prose of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// BCP 47 tag of the language that the instrument is written in.
    pub language: String,
    pub title: String,
    /// One or two sentences for the respondent.
    pub about: String,
    /// Who is meant to answer.
    pub population: String,
    /// Where the items come from, and what their reuse needs.
    pub origin: String,
    /// How long answering takes.
    pub minutes: u32,
}

/// A page of an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub id: String,
    pub title: String,
    pub items: Vec<ItemId>,
}

/// Where a text stands that a respondent reads; sections, items and categories by their ids and codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    Title,
    About,
    Population,
    Origin,
    /// Whom the published study asked.
    Study,
    Section(&'a str),
    Label(&'a str),
    Question(&'a str),
    Hint(&'a str),
    Category(&'a str, &'a str),
}

/// The place of an item in its instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub(crate) usize);

/// The place of a category in its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryId(pub(crate) usize);

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: String,
    pub kind: Kind,
    /// Whether it describes the respondent; small groups of such items are withheld, never banded.
    pub demographic: bool,
    /// Whether the categories are in an order that a median may rely on.
    pub ordinal: bool,
    /// A few words for tables.
    pub label: String,
    /// The exact wording.
    pub question: String,
    pub hint: Option<String>,
    /// What a reader of the results must know.
    pub note: Option<String>,
    pub source: Source,
    pub condition: Option<Condition>,
    pub categories: Vec<Category>,
    /// Ways to join categories where some are too small to show, the first choice first.
    pub poolings: Vec<Pooling>,
}

/// How an item is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One category.
    Single,
    /// One category of a scale of agreement, for which a mean is reported.
    Likert,
    /// Any number of categories.
    Multi,
    /// Free text that stays in the page, and any number of themes that the respondent finds in it.
    Open,
}

/// Whether the study printed something, or this project added it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    #[default]
    Given,
    Inferred,
}

/// One codebook entry of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub code: String,
    pub label: String,
    /// The number that it stands for in means and correlations.
    pub value: Option<u8>,
    pub meaning: Meaning,
    pub source: Source,
}

/// What it means to choose a category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    /// An answer to the question.
    #[default]
    Substantive,
    /// "Prefer not to say": not in the base.
    Declined,
    /// "Not applicable": not in the base.
    NotApplicable,
    /// "None of these": an answer that excludes the others of a multi-choice item.
    None,
    /// "Other": an answer whose text stays in the page, and which no derived count includes.
    Other,
}

impl Meaning {
    /// Returns whether the category is in the base of percents.
    pub fn is_answer(self) -> bool {
        !matches!(self, Meaning::Declined | Meaning::NotApplicable)
    }
}

/// The universe of an item: it is asked of those whose answer to an earlier item is in a set, or not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub item: ItemId,
    pub categories: CategorySet,
    /// Whether the item is asked of those *outside* the set, those without an answer among them.
    pub negated: bool,
}

/// One way to join categories: every category of the item that counts as an answer is in one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pooling {
    pub groups: Vec<Group>,
}

/// Categories that are shown as one, or a single category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub label: String,
    pub categories: Vec<CategoryId>,
}

/// A number that an analysis derives from one response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub id: String,
    pub label: String,
    pub definition: Definition,
    /// The smallest and the largest value that it can have.
    pub levels: RangeInclusive<u16>,
}

/// How a variable is derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    /// The item's own values.
    Item(ItemId),
    /// Other values for the categories of an item; `None` is missing.
    Recode { item: ItemId, values: Vec<Option<u8>> },
    /// How many of an item's substantive categories were ticked.
    Count(ItemId),
    /// The sum of several items' values, for those who answered all of them.
    Sum(Vec<ItemId>),
}

impl Definition {
    /// Returns the items that the variable is derived from.
    pub fn items(&self) -> &[ItemId] {
        match self {
            Definition::Item(item) | Definition::Recode { item, .. } | Definition::Count(item) => {
                std::slice::from_ref(item)
            }
            Definition::Sum(items) => items,
        }
    }

    /// Returns the items that a sum is over; none for other variables.
    pub fn summands(&self) -> &[ItemId] {
        match self {
            Definition::Sum(items) => items,
            _ => &[],
        }
    }
}

/// A correlation that was planned before any answer was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub id: String,
    pub x: Variable,
    pub y: Variable,
}

/// What a published study found with this instrument.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub name: String,
    pub population: String,
    pub respondents: u64,
    pub eligible: u64,
    /// By item; `None` where the study printed nothing.
    pub items: Vec<Option<ReferenceItem>>,
    /// By planned pair; `None` where the study printed nothing.
    pub correlations: Vec<Option<ReferenceCorrelation>>,
}

/// The figures that were printed for one item.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceItem {
    pub base: u64,
    pub missing: u64,
    /// By category; `None` for those the study did not print.
    pub counts: Vec<Option<u64>>,
    pub mean: Option<f64>,
}

/// A correlation as it was printed.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceCorrelation {
    pub r: f64,
    pub p: String,
}

impl ItemId {
    /// Returns the item's number, counted from 1.
    pub fn number(self) -> usize {
        self.0 + 1
    }
}

impl CategoryId {
    /// Returns the category's number in its item, counted from 1.
    pub fn number(self) -> usize {
        self.0 + 1
    }
}

impl Condition {
    /// Returns the labels of its categories: `“None” or “1 – 4”`.
    pub fn labels(&self, instrument: &Instrument) -> String {
        let categories =
            instrument.item(self.item).categories().filter(|(id, _)| self.categories.contains(*id));
        let labels: Vec<String> = categories.map(|(_, category)| format!("“{}”", category.label)).collect();
        labels.join(" or ")
    }
}

impl Pair {
    /// Returns whether a variable is one of the two.
    pub fn has(&self, variable: &Variable) -> bool {
        self.x.id == variable.id || self.y.id == variable.id
    }
}

impl Reference {
    /// Returns what was printed for an item.
    pub fn of(&self, item: ItemId) -> Option<&ReferenceItem> {
        self.items[item.0].as_ref()
    }
}

impl ReferenceItem {
    /// Returns the percentage of a category, from 0 to 100, where its count was printed.
    pub fn percent(&self, category: CategoryId) -> Option<f64> {
        let count = self.counts[category.0].filter(|_| self.base > 0)?;
        Some(100.0 * count as f64 / self.base as f64)
    }
}

impl Instrument {
    /// Parses and checks an instrument.
    ///
    /// # Errors
    ///
    /// Names the place (line and column, or the item) of the first thing that is wrong;
    /// [`check`](Instrument::check) names all.
    pub fn parse(json: &str) -> Result<Instrument, InstrumentError> {
        Instrument::from_bytes(json.as_bytes())
    }

    /// Parses and checks an instrument that may be no text.
    ///
    /// # Errors
    ///
    /// Names the thing that was found first: what others depend on is read before them.
    pub fn from_bytes(json: &[u8]) -> Result<Instrument, InstrumentError> {
        // OK because whatever is no instrument has at least one problem.
        source::read(json).map_err(|errors| errors.into_iter().next().expect("a problem"))
    }

    /// Returns the two instruments of the study.
    pub fn built_in() -> Vec<Instrument> {
        // OK because a test parses both.
        BUILT_IN
            .iter()
            .map(|json| {
                Instrument::parse(json).unwrap_or_else(|error| panic!("a built-in instrument: {error}"))
            })
            .collect()
    }

    /// Returns the document that the built-in instrument of that id is parsed from.
    pub fn built_in_source(id: &str) -> Option<&'static str> {
        let place = Instrument::built_in().iter().position(|instrument| instrument.id == id)?;
        Some(BUILT_IN[place])
    }

    /// Returns the built-in instrument of that id.
    pub fn find(id: &str) -> Option<Instrument> {
        Instrument::built_in().into_iter().find(|instrument| instrument.id == id)
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// Returns the SHA-256 hash of the document that the instrument was parsed from.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    pub fn text(&self) -> &Texts {
        &self.text
    }

    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Returns the items in order, across sections.
    pub fn items(&self) -> impl ExactSizeIterator<Item = (ItemId, &Item)> {
        self.items.iter().enumerate().map(|(i, item)| (ItemId(i), item))
    }

    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[id.0]
    }

    pub fn find_item(&self, id: &str) -> Option<ItemId> {
        self.items.iter().position(|item| item.id == id).map(ItemId)
    }

    /// Returns the variables that are counted for each respondent, apart from the items themselves.
    pub fn derived(&self) -> &[Variable] {
        &self.derived
    }

    /// Returns the planned correlations.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    pub fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// Returns the same instrument in other words, those that `word` has; it keeps its hash, as it asks the same.
    ///
    /// Only what a respondent reads is asked for: what stands in a report keeps the words of the document.
    #[must_use]
    pub fn reworded(&self, language: &str, mut word: impl FnMut(Place<'_>) -> Option<String>) -> Instrument {
        let mut replace = |place: Place<'_>, text: &mut String| {
            if let Some(other) = word(place) {
                *text = other;
            }
        };
        let mut other = self.clone();
        language.clone_into(&mut other.text.language);
        replace(Place::Title, &mut other.text.title);
        replace(Place::About, &mut other.text.about);
        replace(Place::Population, &mut other.text.population);
        replace(Place::Origin, &mut other.text.origin);
        if let Some(reference) = &mut other.reference {
            replace(Place::Study, &mut reference.population);
        }
        for Section { id, title, .. } in &mut other.sections {
            replace(Place::Section(id), title);
        }
        for Item { id, label, question, hint, categories, .. } in &mut other.items {
            replace(Place::Label(id), label);
            replace(Place::Question(id), question);
            if let Some(hint) = hint {
                replace(Place::Hint(id), hint);
            }
            for Category { code, label, .. } in categories {
                replace(Place::Category(id, code), label);
            }
        }
        other
    }
}

impl PartialEq for Instrument {
    /// Two instruments are equal if they were parsed from the same bytes.
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Item {
    /// Returns the categories in order.
    pub fn categories(&self) -> impl ExactSizeIterator<Item = (CategoryId, &Category)> {
        self.categories.iter().enumerate().map(|(i, category)| (CategoryId(i), category))
    }

    /// Returns the categories that are in the base of percents.
    pub fn answers(&self) -> impl Iterator<Item = (CategoryId, &Category)> {
        self.categories().filter(|(_, category)| category.meaning.is_answer())
    }

    pub fn category(&self, id: CategoryId) -> &Category {
        &self.categories[id.0]
    }

    pub fn find_category(&self, code: &str) -> Option<CategoryId> {
        self.categories.iter().position(|category| category.code == code).map(CategoryId)
    }

    /// Returns whether any number of categories can be chosen.
    pub fn takes_several(&self) -> bool {
        matches!(self.kind, Kind::Multi | Kind::Open)
    }

    /// Returns the columns of the item in a file of responses, each with its category where that has its own.
    pub fn columns(&self) -> impl Iterator<Item = (String, Option<CategoryId>)> {
        let several = self.categories().filter(|_| self.takes_several());
        let several = several.map(|(id, category)| (format!("{}___{}", self.id, category.code), Some(id)));
        let one = (!self.takes_several()).then(|| (self.id.clone(), None));
        one.into_iter().chain(several)
    }

    /// Returns the substantive categories: those that a derived count includes.
    pub fn counted(&self) -> CategorySet {
        self.categories().filter(|(_, c)| c.meaning == Meaning::Substantive).map(|(id, _)| id).collect()
    }

    /// Returns the grouping in which every answer stands for itself.
    pub fn ungrouped(&self) -> Pooling {
        let group = |(id, category): (CategoryId, &Category)| Group {
            label: category.label.clone(),
            categories: vec![id],
        };
        Pooling { groups: self.answers().map(group).collect() }
    }
}

/// A set of categories of one item.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct CategorySet(u64);

impl CategorySet {
    pub fn contains(self, category: CategoryId) -> bool {
        self.0 >> category.0 & 1 == 1
    }

    #[must_use]
    pub fn with(self, category: CategoryId) -> CategorySet {
        CategorySet(self.0 | 1 << category.0)
    }

    #[must_use]
    pub fn without(self, category: CategoryId) -> CategorySet {
        CategorySet(self.0 & !(1 << category.0))
    }

    #[must_use]
    pub fn and(self, other: CategorySet) -> CategorySet {
        CategorySet(self.0 & other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn len(self) -> u32 {
        self.0.count_ones()
    }
}

impl FromIterator<CategoryId> for CategorySet {
    fn from_iter<T: IntoIterator<Item = CategoryId>>(categories: T) -> Self {
        categories.into_iter().fold(CategorySet::default(), CategorySet::with)
    }
}

/// Prints no member: a set of categories is most often somebody's answer.
impl fmt::Debug for CategorySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CategorySet(..)")
    }
}
