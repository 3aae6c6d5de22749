//! A tally of one respondent as zeros and ones, so that a proof can tell that nobody counts for more than one.
//!
//! The secret-shared upload sends such a vector: every entry is a count of a [`Tally`], or the cell of a table
//! from which its sums follow:
//!
//! - for each item, its cells as they are;
//! - for each derived variable its levels, and for a sum over items one table for each of them;
//! - for each planned pair the joint table of x and y, from which both margins and Σxy follow.
//!
//! A proof of zeros and ones cannot tell that the entries of one respondent go together: someone who does not use
//! this program can tick two categories of a single choice. [`Tally::from_indicator_sums`] looks for
//! the contradictions that this leaves in the sums, and voids what they are in.

use std::fmt;
use std::sync::Arc;

use super::{DerivedCells, Layout, LevelCells, PairCells, REASONS, Tally};
use crate::answers::Response;
use crate::instrument::{Category, Condition, Definition, Instrument, Item, ItemId, Meaning, Pair, Variable};

/// The largest number of entries that an upload can have.
pub const MAX_INDICATORS: usize = 20_000;

/// One respondent's vector of zeros and ones; like a response, it can neither be printed nor serialised.
#[derive(Clone)]
pub struct Indicators(Vec<bool>);

impl Indicators {
    /// Returns how many entries the vectors of an instrument have.
    pub fn count(instrument: &Instrument) -> usize {
        Plan::new(instrument).len
    }

    /// Returns the vector of one respondent.
    pub fn of(instrument: &Instrument, response: &Response) -> Indicators {
        let plan = Plan::new(instrument);
        let mut entries = vec![false; plan.len];
        // One respondent's counts: those of items and levels are zeros and ones already.
        let mut tally = Tally::new(instrument);
        // OK because one respondent overflows nothing.
        tally.record(instrument, response).expect("one respondent can be counted");
        for (entry, cell) in plan.copied() {
            entries[entry] = tally.cells[cell] == 1;
        }
        plan.mark_parts(instrument, response, &mut entries);
        plan.mark_pairs(instrument, response, &mut entries);
        Indicators(entries)
    }

    /// Returns the entries, for the secret-shared upload alone.
    pub(crate) fn entries(&self) -> &[bool] {
        &self.0
    }
}

/// Prints no value.
impl fmt::Debug for Indicators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Indicators(..)")
    }
}

/// Why sums are not those of so many respondents' vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndicatorError {
    /// There are not as many sums as the instrument has entries.
    Length { found: usize, expected: usize },
    /// A sum of zeros and ones is larger than their number.
    TooLarge { entry: usize, respondents: u64 },
}

impl fmt::Display for IndicatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found, expected } => {
                write!(f, "found {found} sums; expected {expected}, as the instrument has")
            }
            Self::TooLarge { entry, respondents } => write!(
                f,
                "sum {} is larger than the number of respondents; expected at most {respondents}: \
                 the two shares do not belong together",
                entry + 1
            ),
        }
    }
}

impl std::error::Error for IndicatorError {}

/// What is in the sums of many respondents' vectors.
#[derive(Debug)]
pub struct IndicatorTally {
    pub tally: Tally,
    /// The ids of what contradicted itself and is void: at least one vector was not made by this program.
    /// A void item counts as left out by everybody, a void variable or pair as one that nobody has.
    pub voided: Vec<String>,
}

impl Tally {
    /// Returns the tally of respondents whose vectors have these sums.
    ///
    /// # Errors
    ///
    /// If the sums cannot be those of so many vectors.
    pub fn from_indicator_sums(
        instrument: &Instrument,
        respondents: u64,
        sums: &[u128],
    ) -> Result<IndicatorTally, IndicatorError> {
        let plan = Plan::new(instrument);
        if sums.len() != plan.len {
            return Err(IndicatorError::Length { found: sums.len(), expected: plan.len });
        }
        if let Some(entry) = sums.iter().position(|sum| *sum > u128::from(respondents)) {
            return Err(IndicatorError::TooLarge { entry, respondents });
        }
        let sums: Vec<u64> = sums.iter().map(|sum| *sum as u64).collect();
        let mut reader = Reader { plan: &plan, instrument, respondents, sums: &sums, voided: Vec::new() };
        let cells = reader.read();
        let voided = reader.voided;
        Ok(IndicatorTally { tally: Tally { layout: Arc::new(plan.layout), cells }, voided })
    }
}

/// Where each entry stands.
struct Plan {
    layout: Layout,
    /// Where the entries of each item begin; they are its cells in order.
    items: Vec<usize>,
    derived: Vec<DerivedPlan>,
    /// Where the joint table of each pair begins, by x and then by y.
    pairs: Vec<usize>,
    len: usize,
}

struct DerivedPlan {
    levels: usize,
    /// Where the table of each summand begins, by category.
    parts: Vec<usize>,
}

impl Plan {
    fn new(instrument: &Instrument) -> Plan {
        let layout = Layout::new(instrument);
        let mut len = 0;
        let mut take = |entries: usize| {
            len += entries;
            len - entries
        };
        let items = layout.items.iter().map(|cells| take(cells.len())).collect();
        let variables = instrument.derived().iter().zip(&layout.derived);
        let derived = variables.map(|(variable, place)| DerivedPlan {
            levels: take(place.levels.cells.len()),
            parts: (variable.definition.summands().iter())
                .map(|item| take(instrument.item(*item).categories.len()))
                .collect(),
        });
        let derived = derived.collect();
        let pairs = layout.pairs.iter().map(|pair| take(pair.x.cells.len() * pair.y.cells.len())).collect();
        Plan { layout, items, derived, pairs, len }
    }

    /// Returns the entries that are cells of the tally as well, each with its cell.
    fn copied(&self) -> impl Iterator<Item = (usize, usize)> {
        let items = self.items.iter().zip(&self.layout.items);
        let items = items.flat_map(|(start, cells)| (*start..).zip(cells.clone()));
        let derived = self.derived.iter().zip(&self.layout.derived);
        items.chain(derived.flat_map(|(plan, place)| (plan.levels..).zip(place.levels.cells.clone())))
    }

    fn mark_parts(&self, instrument: &Instrument, response: &Response, entries: &mut [bool]) {
        for (variable, plan) in instrument.derived().iter().zip(&self.derived) {
            if response.derive(instrument, variable).is_none() {
                continue;
            }
            for (item, start) in variable.definition.summands().iter().zip(&plan.parts) {
                if let crate::answers::Value::Single(category) = response.value(*item) {
                    entries[start + category.0] = true;
                }
            }
        }
    }

    fn mark_pairs(&self, instrument: &Instrument, response: &Response, entries: &mut [bool]) {
        let places = self.layout.pairs.iter().zip(&self.pairs);
        for (pair, (place, start)) in instrument.pairs().iter().zip(places) {
            let x = response.derive(instrument, &pair.x);
            let y = response.derive(instrument, &pair.y);
            if let (Some(x), Some(y)) = (x, y) {
                entries[start + place.x.level(x) * place.y.cells.len() + place.y.level(y)] = true;
            }
        }
    }
}

impl LevelCells {
    /// Returns the place of a value among the levels.
    fn level(&self, value: u16) -> usize {
        self.cell(value) - self.cells.start
    }
}

/// Reads a tally out of sums.
struct Reader<'a> {
    plan: &'a Plan,
    instrument: &'a Instrument,
    respondents: u64,
    sums: &'a [u64],
    voided: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self) -> Vec<u64> {
        let layout = &self.plan.layout;
        let mut cells = vec![0; layout.len];
        cells[0] = self.respondents;
        let mut sound_items = Vec::new();
        for (id, item) in self.instrument.items() {
            let is_sound = self.item_is_sound(id, item, &sound_items);
            self.void_unless(is_sound, &item.id);
            sound_items.push(is_sound);
        }
        let mut sound_derived = Vec::new();
        for (place, variable) in self.instrument.derived().iter().enumerate() {
            let items = variable.definition.items();
            let is_sound =
                items.iter().all(|item| sound_items[item.0]) && self.derived_is_sound(place, variable);
            self.void_unless(is_sound, &variable.id);
            sound_derived.push(is_sound);
        }
        for (entry, cell) in self.plan.copied() {
            cells[cell] = self.sums[entry];
        }
        for (range, _) in layout.items.iter().zip(&sound_items).filter(|(_, is_sound)| !**is_sound) {
            cells[range.clone()].fill(0);
            cells[range.end - 1] = self.respondents;
        }
        for (place, is_sound) in sound_derived.iter().enumerate() {
            let DerivedCells { levels, parts } = &layout.derived[place];
            if *is_sound {
                self.add_parts(place, &mut cells[parts.clone()]);
            } else {
                cells[levels.cells.clone()].fill(0);
            }
        }
        for (place, pair) in self.instrument.pairs().iter().enumerate() {
            let is_sound = self.pair_is_sound(place, pair, &sound_items, &sound_derived);
            self.void_unless(is_sound, &pair.id);
            if is_sound {
                self.add_pair(place, &mut cells);
            }
        }
        cells
    }

    fn void_unless(&mut self, is_sound: bool, id: &str) {
        if !is_sound {
            self.voided.push(id.to_owned());
        }
    }

    /// Returns the sums of an item: by category, and then why there is no answer.
    fn item(&self, id: ItemId) -> (&[u64], &[u64]) {
        let start = self.plan.items[id.0];
        let sums = &self.sums[start..start + self.plan.layout.items[id.0].len()];
        sums.split_at(sums.len() - REASONS)
    }

    fn item_is_sound(&self, id: ItemId, item: &Item, sound: &[bool]) -> bool {
        let (categories, reasons) = self.item(id);
        let answered = reasons[0];
        let is_complete = total(reasons) == Some(self.respondents);
        let is_answered = match item.takes_several() {
            true => ticks_are_sound(item, categories, answered),
            false => choices_are_sound(item, categories, answered),
        };
        let is_universe = match &item.condition {
            None => reasons[1] == 0,
            Some(condition) => sound[condition.item.0] && self.universe_is_sound(condition, reasons[1]),
        };
        is_complete && is_answered && is_universe
    }

    /// Returns whether as many were not asked as the earlier item says.
    fn universe_is_sound(&self, condition: &Condition, not_asked: u64) -> bool {
        let parent = self.instrument.item(condition.item);
        if parent.takes_several() {
            return true;
        }
        let (categories, _) = self.item(condition.item);
        let inside = parent.categories().filter(|(id, _)| condition.categories.contains(*id));
        let Some(inside) = total(inside.map(|(id, _)| &categories[id.0])) else { return false };
        let outside = self.respondents.checked_sub(inside);
        Some(not_asked) == if condition.negated { Some(inside) } else { outside }
    }

    fn levels(&self, place: usize) -> &[u64] {
        let start = self.plan.derived[place].levels;
        &self.sums[start..start + self.plan.layout.derived[place].levels.cells.len()]
    }

    /// Returns the counts of an item's values, by level of a variable that is one value for each category;
    /// `None` where they are too large.
    fn recoded(
        &self,
        variable: &Variable,
        item: ItemId,
        value: impl Fn(usize) -> Option<u8>,
    ) -> Option<Vec<u64>> {
        let (lowest, highest) = (*variable.levels.start(), *variable.levels.end());
        let mut levels = vec![0_u64; usize::from(highest - lowest) + 1];
        for (category, count) in self.item(item).0.iter().enumerate() {
            if let Some(value) = value(category).map(u16::from).filter(|v| variable.levels.contains(v)) {
                let level = &mut levels[usize::from(value - lowest)];
                *level = level.checked_add(*count)?;
            }
        }
        Some(levels)
    }

    fn derived_is_sound(&self, place: usize, variable: &Variable) -> bool {
        let levels = self.levels(place);
        let Some(all) = total(levels) else { return false };
        let weighted = || products((u64::from(*variable.levels.start())..).zip(levels));
        match &variable.definition {
            Definition::Item(_) | Definition::Recode { .. } => {
                self.distribution(variable, &[]).is_some_and(|expected| expected == levels)
            }
            Definition::Count(item) => {
                let counted = self.instrument.item(*item).counted();
                let (categories, reasons) = self.item(*item);
                let ids = self.instrument.item(*item).categories().map(|(id, _)| id);
                let ticks = total(ids.filter(|id| counted.contains(*id)).map(|id| &categories[id.0]));
                all == reasons[0] && ticks.is_some() && weighted() == ticks
            }
            Definition::Sum(items) => {
                let parts = items.iter().zip(&self.plan.derived[place].parts);
                let mut sum = 0_u64;
                for (item, start) in parts {
                    let (categories, _) = self.item(*item);
                    let part = &self.sums[*start..start + categories.len()];
                    let fits = part.iter().zip(categories).all(|(part, all)| part <= all);
                    let moments = self.moments(*item, part).filter(|_| fits && total(part) == Some(all));
                    let added = moments.and_then(|(values, _)| sum.checked_add(values));
                    let Some(added) = added else { return false };
                    sum = added;
                }
                weighted() == Some(sum)
            }
        }
    }

    /// Returns Σ and Σ² of an item's values; `None` where they are too large.
    fn moments(&self, item: ItemId, counts: &[u64]) -> Option<(u64, u64)> {
        let categories = &self.instrument.item(item).categories;
        let values = categories.iter().map(|category| category.value.map_or(0, u64::from));
        let squares = values.clone().map(|value| value * value);
        Some((products(values.zip(counts))?, products(squares.zip(counts))?))
    }

    fn add_parts(&self, place: usize, parts: &mut [u64]) {
        let summands = self.instrument.derived()[place].definition.summands();
        let starts = &self.plan.derived[place].parts;
        for ((item, start), part) in summands.iter().zip(starts).zip(parts.chunks_exact_mut(2)) {
            let counts = &self.sums[*start..start + self.instrument.item(*item).categories.len()];
            // OK because a variable is void where they are too large.
            (part[0], part[1]) = self.moments(*item, counts).expect("checked sums");
        }
    }

    /// Returns the counts of a variable by level, over everybody who has it; `None` where they are void.
    fn distribution(&self, variable: &Variable, sound: &[bool]) -> Option<Vec<u64>> {
        match &variable.definition {
            Definition::Item(item) => {
                let categories = &self.instrument.item(*item).categories;
                self.recoded(variable, *item, |category| categories[category].value)
            }
            Definition::Recode { item, values } => self.recoded(variable, *item, |category| values[category]),
            Definition::Count(_) | Definition::Sum(_) => {
                let place = self.instrument.derived().iter().position(|derived| derived.id == variable.id)?;
                sound[place].then(|| self.levels(place).to_vec())
            }
        }
    }

    fn pair_is_sound(&self, place: usize, pair: &Pair, items: &[bool], derived: &[bool]) -> bool {
        let is_sound = |variable: &Variable| {
            let place = self.instrument.derived().iter().position(|known| known.id == variable.id);
            let has_items = variable.definition.items().iter().all(|item| items[item.0]);
            has_items && place.is_none_or(|place| derived[place])
        };
        if !is_sound(&pair.x) || !is_sound(&pair.y) {
            return false;
        }
        let Some((x, y, _)) = self.margins(place) else { return false };
        let fits = |variable: &Variable, margin: &[u64]| {
            let all = self.distribution(variable, derived);
            all.is_some_and(|all| margin.iter().zip(&all).all(|(pair, all)| pair <= all))
        };
        fits(&pair.x, &x) && fits(&pair.y, &y)
    }

    /// Returns the margins of a pair's joint table, and Σxy; `None` where they are too large.
    fn margins(&self, place: usize) -> Option<(Vec<u64>, Vec<u64>, u64)> {
        let PairCells { x, y, .. } = &self.plan.layout.pairs[place];
        let mut margins = (vec![0_u64; x.cells.len()], vec![0_u64; y.cells.len()], 0_u64);
        let values = |cells: &LevelCells| u64::from(*cells.levels.start())..;
        for (row, value_x) in (0..x.cells.len()).zip(values(x)) {
            for (column, value_y) in (0..y.cells.len()).zip(values(y)) {
                let count = self.sums[self.plan.pairs[place] + row * y.cells.len() + column];
                margins.0[row] = margins.0[row].checked_add(count)?;
                margins.1[column] = margins.1[column].checked_add(count)?;
                margins.2 = margins.2.checked_add((value_x * value_y).checked_mul(count)?)?;
            }
        }
        Some(margins)
    }

    fn add_pair(&self, place: usize, cells: &mut [u64]) {
        let PairCells { x, y, sum_xy } = &self.plan.layout.pairs[place];
        // OK because a pair is void where they are too large.
        let margins = self.margins(place).expect("checked sums");
        cells[x.cells.clone()].copy_from_slice(&margins.0);
        cells[y.cells.clone()].copy_from_slice(&margins.1);
        cells[*sum_xy] = margins.2;
    }
}

/// Returns the sum of counts; `None` where it is too large.
fn total<'a>(counts: impl IntoIterator<Item = &'a u64>) -> Option<u64> {
    counts.into_iter().try_fold(0_u64, |sum, count| sum.checked_add(*count))
}

/// Returns the sum of counts, each times its value; `None` where it is too large.
fn products<'a>(weighted: impl IntoIterator<Item = (u64, &'a u64)>) -> Option<u64> {
    weighted.into_iter().try_fold(0_u64, |sum, (value, count)| sum.checked_add(value.checked_mul(*count)?))
}

/// Returns whether so many can have chosen one category each: "prefer not to say" is no answer.
fn choices_are_sound(item: &Item, categories: &[u64], answered: u64) -> bool {
    let mut choices = item.categories.iter().zip(categories);
    total(categories) == Some(answered)
        && choices.all(|(category, count)| category.meaning.is_answer() || *count == 0)
}

/// Returns whether so many can have ticked at least one category each, "none" by itself.
fn ticks_are_sound(item: &Item, categories: &[u64], answered: u64) -> bool {
    let ticks = || item.categories.iter().zip(categories);
    let is_none = |category: &Category| category.meaning == Meaning::None;
    let nones = total(ticks().filter(|(category, _)| is_none(category)).map(|(_, count)| count));
    let Some(most) = nones.and_then(|nones| answered.checked_sub(nones)) else { return false };
    let others = || ticks().filter(|(category, _)| !is_none(category)).map(|(_, count)| count);
    others().all(|count| *count <= most) && total(others()).is_some_and(|ticks| ticks >= most)
}
