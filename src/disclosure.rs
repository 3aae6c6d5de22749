//! What may leave: a policy, and the rules that turn a tally into a release.
//!
//! [`release`] is the only way from a [`Tally`] to a [`Release`], and a release is the only thing that
//! can be submitted. It is called once per collection, after everything has been merged.
//!
//! The rules, in the order in which they are applied:
//!
//! - *Gate.* Fewer respondents than the policy's threshold: nothing, not even their number.
//!   An item or a pair with fewer answers than that is withheld.
//! - *One choice.* Every category with somebody in it has at least as many as the cell limit: exact.
//!   Else the first declared pooling for which that holds. Else, for an item with two groups, a band
//!   that tells unanimity from a few dissenters no more than it must: not at all. Else the base only.
//! - *Several choices.* A count is exact when neither those who ticked nor those who did not are few; the table
//!   is shown when its counts together tell of no few either: see [`rules::ticks_may_be_shown`].
//! - *Means* follow from full tables; nothing else releases them.
//! - *Pairs*: see [`rules::pair`].
//!
//! The kinds of withholding are deliberately not told apart: small cells, unanimity and zero variance
//! read the same.

mod document;
pub mod rules;
#[cfg(test)]
mod sums;

use std::fmt;

use crate::digest::Digest;
use crate::instrument::{
    Category, CategoryId, Definition, Instrument, Item, ItemId, Kind, Meaning, Pair, Variable,
};
use crate::statistics::Histogram;
use crate::tally::Tally;

pub use document::{
    Coefficient, Count, MergeError, Release, ReleaseError, ReleasedCell, ReleasedCorrelation, ReleasedItem,
    ReleasedPair, ReleasedPart, ReleasedVariable,
};
use rules::{PairRelease, Table};

/// What a collection releases; fixed, and shown to the respondents, before it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    name: &'static str,
    threshold: u64,
    cell: u64,
    rules: Rules,
}

/// The shape of what a policy releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Counts of at least the cell limit, after pooling.
    Cells,
    /// No counts; only whether nearly all, or nearly none, of a small group agree.
    Bands,
    /// Every count as it is.
    Exact,
}

/// All policies. None goes below five respondents.
pub const POLICIES: [Policy; 4] = [
    Policy { name: "standard", threshold: 10, cell: 5, rules: Rules::Cells },
    Policy { name: "strict", threshold: 11, cell: 11, rules: Rules::Cells },
    Policy { name: "small-group", threshold: 5, cell: 2, rules: Rules::Bands },
    Policy { name: "published", threshold: 5, cell: 1, rules: Rules::Exact },
];

/// A name that is no policy's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPolicy(pub String);

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = POLICIES.iter().map(Policy::name).collect();
        write!(f, "unknown policy {:?}; expected {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownPolicy {}

impl Policy {
    /// Returns the policy of that name.
    ///
    /// # Errors
    ///
    /// If there is none; the error lists those there are.
    pub fn named(name: &str) -> Result<Policy, UnknownPolicy> {
        let found = POLICIES.into_iter().find(|policy| policy.name == name);
        found.ok_or_else(|| UnknownPolicy(name.to_owned()))
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the smallest number of respondents, and of answers to an item, of which anything is released.
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Returns the smallest count that is shown as it is.
    pub fn cell(&self) -> u64 {
        self.cell
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Returns the hash of everything that the policy fixes.
    pub fn hash(&self) -> Digest {
        let Policy { name, threshold, cell, rules } = self;
        Digest::of(format!("policy 1\n{name}\nrespondents {threshold}\ncells {cell}\n{rules:?}\n").as_bytes())
    }
}

impl Default for Policy {
    fn default() -> Self {
        POLICIES[0]
    }
}

/// What a collection is called, and how many could have answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    name: String,
    eligible: Option<u64>,
}

/// Why a collection cannot be described like that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectionError {
    Name(String),
    NobodyEligible,
}

impl fmt::Display for CollectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => {
                write!(f, "collection {name:?}; expected 1 to 64 of the characters A-Z a-z 0-9 . _ -")
            }
            Self::NobodyEligible => f.write_str("nobody is eligible; expected a number from 1 on"),
        }
    }
}

impl std::error::Error for CollectionError {}

impl Collection {
    /// Describes a collection.
    ///
    /// # Errors
    ///
    /// If the name has other characters than those of a plain path segment, or nobody is eligible.
    pub fn new(name: impl Into<String>, eligible: Option<u64>) -> Result<Collection, CollectionError> {
        let name = name.into();
        if !is_collection_name(&name) {
            return Err(CollectionError::Name(name));
        }
        if eligible == Some(0) {
            return Err(CollectionError::NobodyEligible);
        }
        Ok(Collection { name, eligible })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn eligible(&self) -> Option<u64> {
        self.eligible
    }
}

fn is_collection_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(is_allowed) && !name.starts_with('.')
}

/// Why nothing is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Fewer respondents than the policy's threshold; how many stays unsaid.
    TooFew {
        threshold: u64,
    },
    /// Somebody answered twice, or who was not meant to.
    MoreThanEligible {
        eligible: u64,
    },
    OtherInstrument,
}

impl Refusal {
    /// Returns what there was: `fewer than 10 respondents`.
    pub fn reason(&self) -> String {
        match self {
            Self::TooFew { threshold } => format!("fewer than {threshold} respondents"),
            Self::MoreThanEligible { eligible } => {
                format!("more respondents than the {eligible} who were eligible")
            }
            Self::OtherInstrument => "answers to another instrument".to_owned(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: nothing is released", self.reason())
    }
}

impl std::error::Error for Refusal {}

/// Makes the release of a closed collection, which uses up its tally.
///
/// # Errors
///
/// If the policy or the number of eligible respondents forbids any release.
pub fn release(
    tally: Tally,
    instrument: &Instrument,
    policy: &Policy,
    collection: &Collection,
) -> Result<Release, Refusal> {
    if tally.instrument() != instrument.hash() {
        return Err(Refusal::OtherInstrument);
    }
    if tally.respondents() < policy.threshold {
        return Err(Refusal::TooFew { threshold: policy.threshold });
    }
    if let Some(eligible) = collection.eligible.filter(|eligible| tally.respondents() > *eligible) {
        return Err(Refusal::MoreThanEligible { eligible });
    }
    let releaser = Releaser { tally: &tally, instrument, policy };
    let mut items = Vec::new();
    for (id, item) in instrument.items() {
        // A condition looks back only, so the item that it looks at is there.
        let released = releaser.item(id, item, &items);
        items.push(released);
    }
    let pairs: Vec<PairRelease> =
        (0..instrument.pairs().len()).map(|pair| releaser.pair(pair, &items)).collect();
    let respondents = match policy.rules {
        Rules::Bands => Count::of_small_group(tally.respondents()),
        Rules::Cells | Rules::Exact => Count::Exact(tally.respondents()),
    };
    let derived = releaser.derived(&items, &pairs);
    let correlations = releaser.correlations(&pairs);
    Ok(Release::new(instrument, policy, collection, respondents, items, derived, correlations))
}

struct Releaser<'a> {
    tally: &'a Tally,
    instrument: &'a Instrument,
    policy: &'a Policy,
}

impl Releaser<'_> {
    fn item(&self, id: ItemId, item: &Item, earlier: &[ReleasedItem]) -> ReleasedItem {
        let counts = self.tally.item(id);
        if counts.base() < self.policy.threshold || self.splits_off_few(id, earlier) {
            return ReleasedItem::withheld(item);
        }
        let cells: Vec<u64> = item.answers().map(|(category, _)| counts.category(category)).collect();
        let base = counts.base();
        let shown = match (self.policy.rules, item.takes_several()) {
            (Rules::Exact, _) => Some(document::exact(item, &item.ungrouped(), &cells)),
            (Rules::Bands, _) if item.demographic => None,
            (Rules::Bands, true) => Some(document::each(item, &cells, |x| rules::small_group(x, base))),
            (Rules::Bands, false) => document::agreement(item, &cells),
            (Rules::Cells, true) if !rules::has_room(base, self.policy) => None,
            (Rules::Cells, true) => self.ticks(item, &cells, base),
            (Rules::Cells, false) => self.table(item, &cells),
        };
        match (self.policy.rules, shown) {
            (Rules::Bands, Some(cells)) => ReleasedItem::banded(item, cells),
            (Rules::Bands, None) => ReleasedItem::withheld(item),
            (_, shown) => ReleasedItem::shown(item, counts, shown),
        }
    }

    fn ticks(&self, item: &Item, cells: &[u64], base: u64) -> Option<Vec<ReleasedCell>> {
        let mut shown = document::each(item, cells, |count| rules::ticks(count, base, self.policy));
        let exact = document::ticks(item, &shown);
        if !rules::none_may_stand(&exact, base, self.policy) {
            let nones = item.answers().zip(&mut shown).filter(|((_, c), _)| c.meaning == Meaning::None);
            nones.for_each(|(_, cell)| cell.count = Count::Withheld);
        }
        rules::ticks_may_be_shown(&document::ticks(item, &shown), base, self.policy).then_some(shown)
    }

    fn table(&self, item: &Item, cells: &[u64]) -> Option<Vec<ReleasedCell>> {
        let poolings = document::pools(item);
        match rules::table(cells, &poolings, item.demographic, self.policy) {
            Table::Exact => Some(document::exact(item, &item.ungrouped(), cells)),
            Table::Pooled { pooling } => Some(document::exact(item, &item.poolings[pooling], cells)),
            Table::Band { pooling, group, percent } => {
                let counts = [Count::Below(self.policy.cell), Count::AtLeast(percent)];
                let groups = &item.poolings[pooling].groups;
                let count = |i: usize| counts[usize::from(i == group)];
                Some(groups.iter().enumerate().map(|(i, g)| ReleasedCell::new(item, g, count(i))).collect())
            }
            Table::Withheld => None,
        }
    }

    /// Returns whether a conditional item would show, by its base, that a few respondents were not asked it,
    /// and thereby what those few answered to the item that it depends on.
    fn splits_off_few(&self, id: ItemId, items: &[ReleasedItem]) -> bool {
        let not_asked = self.tally.item(id).not_asked();
        match self.policy.rules {
            Rules::Exact => false,
            // Whether it is shown would tell unanimity from one dissenter.
            Rules::Bands => self.instrument.item(id).condition.is_some(),
            Rules::Cells => {
                (1..self.policy.cell).contains(&not_asked) || splits_a_shown_count(self.instrument, id, items)
            }
        }
    }

    fn pair(&self, place: usize, items: &[ReleasedItem]) -> PairRelease {
        let pair = &self.instrument.pairs()[place];
        let counts = self.tally.pair(place);
        let x = histogram(&pair.x, counts.x);
        let y = histogram(&pair.y, counts.y);
        let is_hidden = |variable: &Variable| {
            variable.definition.items().iter().any(|item| self.splits_off_few(*item, items))
        };
        match self.policy.rules {
            Rules::Bands => PairRelease::Withheld,
            _ if is_hidden(&pair.x) || is_hidden(&pair.y) => PairRelease::Withheld,
            Rules::Cells if shows_levels(self.instrument, self.policy, pair, items) => PairRelease::Withheld,
            Rules::Exact if x.base() < self.policy.threshold => PairRelease::Withheld,
            Rules::Exact => PairRelease::Exact { x, y, sum_xy: counts.sum_xy },
            Rules::Cells => {
                let sides = [self.side(&pair.x, x), self.side(&pair.y, y)];
                rules::pair(&sides, counts.sum_xy, self.policy)
            }
        }
    }

    fn side(&self, variable: &Variable, pairs: Histogram) -> rules::Side {
        rules::Side {
            base: self.base(variable),
            highest: *variable.levels.end(),
            is_item: matches!(variable.definition, Definition::Item(_)),
            is_binary: variable.levels.end() - variable.levels.start() == 1,
            pairs,
        }
    }

    fn base(&self, variable: &Variable) -> u64 {
        match &variable.definition {
            Definition::Item(item) => self.tally.item(*item).base(),
            _ => self.place(variable).map_or(0, |place| self.tally.derived(place).iter().sum()),
        }
    }

    fn place(&self, variable: &Variable) -> Option<usize> {
        self.instrument.derived().iter().position(|derived| derived.id == variable.id)
    }

    fn derived(&self, items: &[ReleasedItem], pairs: &[PairRelease]) -> Vec<ReleasedVariable> {
        let variables = self.instrument.derived().iter().enumerate();
        let released = variables.map(|(place, variable)| {
            let counts = self.tally.derived(place);
            let hidden = self.hidden_by_a_pair(variable, pairs);
            let is_released = !hidden && self.releases_levels(variable, counts, items);
            let parts = self.tally.parts(place).map(|(sum, squares)| ReleasedPart { sum, squares });
            let has_parts = is_released && parts_may_be_shown(variable, counts.iter().sum(), items);
            ReleasedVariable {
                id: variable.id.clone(),
                counts: is_released.then(|| counts.to_vec()),
                parts: has_parts.then(|| parts.collect()),
            }
        });
        released.collect()
    }

    fn releases_levels(&self, variable: &Variable, counts: &[u64], items: &[ReleasedItem]) -> bool {
        let base: u64 = counts.iter().sum();
        let is_full = |item: &ItemId| items[item.0].is_full();
        match self.policy.rules {
            _ if base < self.policy.threshold => false,
            Rules::Bands => false,
            Rules::Exact => true,
            // The sum over several items is no function of tables that are released.
            Rules::Cells if matches!(variable.definition, Definition::Sum(_)) => false,
            Rules::Cells => {
                variable.definition.items().iter().all(is_full)
                    && rules::table(counts, &[], true, self.policy) == Table::Exact
                    && !self.splits_other(variable, counts)
            }
        }
    }

    /// Returns whether the levels of a count would tell that a few ticked nothing but "other", or "other" and more:
    /// who ticked nothing that counts are these and those who ticked "none", whose number is shown.
    fn splits_other(&self, variable: &Variable, levels: &[u64]) -> bool {
        let Definition::Count(id) = variable.definition else { return false };
        let ticked = |meaning: Meaning| -> u64 {
            let categories = self.instrument.item(id).answers().filter(|(_, c)| c.meaning == meaning);
            categories.map(|(category, _)| self.tally.item(id).category(category)).sum()
        };
        let only_other = levels[0].saturating_sub(ticked(Meaning::None));
        let other_and_more = ticked(Meaning::Other).saturating_sub(only_other);
        [only_other, other_and_more].iter().any(|count| (1..self.policy.cell).contains(count))
    }

    fn hidden_by_a_pair(&self, variable: &Variable, pairs: &[PairRelease]) -> bool {
        let hides = |release: &PairRelease| matches!(release, PairRelease::R { .. });
        self.instrument.pairs().iter().zip(pairs).any(|(pair, release)| pair.has(variable) && hides(release))
    }

    fn correlations(&self, pairs: &[PairRelease]) -> Vec<ReleasedCorrelation> {
        let planned = self.instrument.pairs().iter().zip(pairs);
        planned
            .map(|(pair, release)| ReleasedCorrelation {
                id: pair.id.clone(),
                result: match release {
                    PairRelease::Withheld => None,
                    PairRelease::R { n, r, decimals, .. } => {
                        let r = Coefficient::new(*r, decimals.unwrap_or(Coefficient::DECIMALS));
                        Some(ReleasedPair::R { n: *n, r })
                    }
                    PairRelease::Exact { x, y, sum_xy } => Some(ReleasedPair::Exact {
                        x: x.counts.clone(),
                        y: y.counts.clone(),
                        sum_xy: *sum_xy,
                    }),
                },
            })
            .collect()
    }
}

/// Returns whether the base of a conditional item would tell more of the item that it depends on than its
/// released table does: who was asked must be a sum of counts that are shown as they are.
///
/// Otherwise two bases, or a base and a pooled count, differ by the very category that was too small to show.
fn splits_a_shown_count(instrument: &Instrument, id: ItemId, items: &[ReleasedItem]) -> bool {
    let Some(condition) = &instrument.item(id).condition else { return false };
    let parent = instrument.item(condition.item);
    let is_asked_about = |code: &String| {
        parent.find_category(code).is_some_and(|category| condition.categories.contains(category))
    };
    let is_whole = |cell: &ReleasedCell| {
        let inside = cell.categories.iter().filter(|code| is_asked_about(code)).count();
        inside == 0 || inside == cell.categories.len() && cell.count.exact().is_some()
    };
    let cells = items[condition.item.0].cells.as_deref();
    // Several ticks of one respondent overlap: their counts do not add up to who was asked.
    let adds_up = !parent.takes_several() || condition.categories.len() == 1;
    !(adds_up && cells.is_some_and(|cells| cells.iter().all(is_whole)))
}

/// The fewest whom a part of a sum may leave out, if it leaves out anybody.
const PARTS_LEFT_OUT: u64 = 5;

/// Returns whether the parts of a sum, over so many respondents, may stand beside the tables of its items.
///
/// The difference of the two is what those answered who left another item out: of one of them, the whole row.
fn parts_may_be_shown(variable: &Variable, base: u64, items: &[ReleasedItem]) -> bool {
    let summands = variable.definition.summands();
    let left_out = |id: &ItemId| items[id.0].base.and_then(|all| all.checked_sub(base));
    let is_safe = |left_out: u64| left_out == 0 || left_out >= PARTS_LEFT_OUT;
    !summands.is_empty() && summands.iter().all(|id| left_out(id).is_some_and(is_safe))
}

/// Returns whether the levels of a count follow, or nearly so, from the ticks that are shown: beside a
/// coefficient they would tell the joint table.
///
/// Two categories that some tick and some do not may overlap more or less, and the levels with them; with one
/// such category, or none, they are known.
fn shows_levels(instrument: &Instrument, policy: &Policy, pair: &Pair, items: &[ReleasedItem]) -> bool {
    let is_shown = |variable: &Variable| {
        let Definition::Count(id) = variable.definition else { return false };
        let (item, released) = (instrument.item(id), &items[id.0]);
        let Some((cells, base)) = released.cells.as_ref().zip(released.base) else { return false };
        let most_nones: u64 = document::ticks(item, cells).nones.iter().map(|none| none.most(base)).sum();
        let most = base.saturating_sub(most_nones + policy.cell);
        let is_counted = |(category, _): &(CategoryId, &Category)| item.counted().contains(*category);
        let counted = item.answers().zip(cells).filter(|(category, _)| is_counted(category));
        let divides = counted.filter(|(_, cell)| cell.count.exact().is_some_and(|count| count <= most));
        divides.count() < 2
    };
    is_shown(&pair.x) || is_shown(&pair.y)
}

fn histogram(variable: &Variable, counts: &[u64]) -> Histogram {
    Histogram { start: *variable.levels.start(), counts: counts.to_vec() }
}

/// Returns whether an item takes part in "agree" bands.
fn has_agreement(item: &Item) -> bool {
    item.kind == Kind::Likert
}
