//! Exact integers that are enough for every planned figure, for one respondent or for many.
//!
//! A tally is a vector of counts and sums whose layout follows from the instrument:
//!
//! - the number of respondents;
//! - for each item one cell per category, then how many answered, and why the others did not;
//! - for each derived variable one cell per level, and for a sum over several items Σ and Σ² of each of
//!   them, over those who have the sum: what Cronbach's α needs;
//! - for each planned pair, over those who have both values: one cell per level of x, one per level
//!   of y, and Σxy. All its moments follow from these.
//!
//! Merging is addition: exact, commutative, associative, and of constant size however many respond.
//!
//! **Invariants:** nothing here knows floating point; a tally can neither be serialised nor printed,
//! since the tally of one respondent *is* that respondent's answers; free text has no place in it.
//!
//! A release can be serialised and printed, and this compiles:
//!
//! ```
//! fn give(release: &balint_survey::disclosure::Release) -> impl serde::Serialize + std::fmt::Debug { release }
//! ```
//!
//! A tally can not, and neither can answers or a response:
//!
//! ```compile_fail,E0277
//! fn give(tally: &balint_survey::tally::Tally) -> impl serde::Serialize { tally }
//! ```
//!
//! ```compile_fail,E0277
//! fn give(tally: &balint_survey::tally::Tally) -> impl std::fmt::Display { tally }
//! ```
//!
//! ```compile_fail,E0277
//! fn give(answers: &balint_survey::answers::Answers) -> impl serde::Serialize { answers }
//! ```
//!
//! ```compile_fail,E0277
//! fn give(response: &balint_survey::answers::Response) -> impl serde::Serialize { response }
//! ```
//!
//! The counts of a tally are for custody alone, which enciphers them:
//!
//! ```compile_fail,E0624
//! fn take(tally: &balint_survey::tally::Tally) -> &[u64] { tally.cells() }
//! ```

#[cfg(feature = "dap")]
pub mod indicators;

use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use crate::answers::{Nonresponse, Response, Value};
use crate::digest::Digest;
use crate::instrument::{CategoryId, Instrument, ItemId, Variable};

/// The sum of some respondents.
#[derive(Clone, PartialEq)]
pub struct Tally {
    layout: Arc<Layout>,
    cells: Vec<u64>,
}

/// Where each count stands in a tally of an instrument.
#[derive(PartialEq)]
struct Layout {
    instrument: Digest,
    items: Vec<Range<usize>>,
    derived: Vec<DerivedCells>,
    pairs: Vec<PairCells>,
    len: usize,
}

#[derive(PartialEq)]
struct LevelCells {
    levels: RangeInclusive<u16>,
    cells: Range<usize>,
}

#[derive(PartialEq)]
struct DerivedCells {
    levels: LevelCells,
    /// Σ and Σ² of each item that a sum is over; empty for other variables.
    parts: Range<usize>,
}

#[derive(PartialEq)]
struct PairCells {
    x: LevelCells,
    y: LevelCells,
    sum_xy: usize,
}

/// Why a response or a tally cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TallyError {
    /// The two belong to different instruments.
    OtherInstrument,
    /// A count would not fit into 64 bits.
    Overflow,
}

impl fmt::Display for TallyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherInstrument => "the tally is of another instrument",
            Self::Overflow => "a count does not fit into 64 bits",
        })
    }
}

impl std::error::Error for TallyError {}

/// The counts of one item.
#[derive(Clone, Copy)]
pub struct ItemCounts<'a>(&'a [u64]);

/// The counts of one planned pair, over those who have both values.
#[derive(Clone, Copy)]
pub struct PairCounts<'a> {
    /// By level of x.
    pub x: &'a [u64],
    /// By level of y.
    pub y: &'a [u64],
    pub sum_xy: u64,
}

/// How many cells follow the categories of an item.
const REASONS: usize = 5;

impl Tally {
    /// Returns the tally of nobody.
    pub fn new(instrument: &Instrument) -> Tally {
        let layout = Layout::new(instrument);
        Tally { cells: vec![0; layout.len], layout: Arc::new(layout) }
    }

    /// Adds one respondent.
    ///
    /// # Errors
    ///
    /// If a count would overflow; the tally is then as it was.
    ///
    /// # Panics
    ///
    /// If the tally or the response is of another instrument.
    pub fn record(&mut self, instrument: &Instrument, response: &Response) -> Result<(), TallyError> {
        assert!(self.layout.instrument == *instrument.hash(), "the tally is of this instrument");
        // A respondent adds at most 1 to a count and less than 2³² to a Σxy, so that below there is nothing to undo.
        let before = (self.respondents() >= 1 << 32).then(|| self.cells.clone());
        let recorded = self.layout.record(&mut self.cells, instrument, response);
        if let (Err(_), Some(before)) = (recorded, before) {
            self.cells = before;
        }
        recorded
    }

    /// Adds the respondents of another tally.
    ///
    /// # Errors
    ///
    /// If the other is of another instrument or a count would overflow; the tally is then as it was.
    pub fn merge(&mut self, other: &Tally) -> Result<(), TallyError> {
        if self.layout != other.layout {
            return Err(TallyError::OtherInstrument);
        }
        let sums = self.cells.iter().zip(&other.cells).map(|(a, b)| a.checked_add(*b));
        self.cells = sums.collect::<Option<_>>().ok_or(TallyError::Overflow)?;
        Ok(())
    }

    /// Returns all counts and sums, for custody alone.
    pub(crate) fn cells(&self) -> &[u64] {
        &self.cells
    }

    /// Returns the tally of these counts and sums, or `None` where an instrument has not as many.
    pub(crate) fn from_cells(instrument: &Instrument, cells: Vec<u64>) -> Option<Tally> {
        let layout = Layout::new(instrument);
        (cells.len() == layout.len).then(|| Tally { layout: Arc::new(layout), cells })
    }

    /// Returns the hash of the instrument that was answered.
    pub fn instrument(&self) -> &Digest {
        &self.layout.instrument
    }

    /// Returns the number of respondents.
    pub fn respondents(&self) -> u64 {
        self.cells[0]
    }

    pub fn item(&self, item: ItemId) -> ItemCounts<'_> {
        ItemCounts(&self.cells[self.layout.items[item.0].clone()])
    }

    /// Returns the counts of a derived variable, by level; the variable is named by its place.
    pub fn derived(&self, place: usize) -> &[u64] {
        &self.cells[self.layout.derived[place].levels.cells.clone()]
    }

    /// Returns Σ and Σ² of each item that a sum is over, over those who have the sum; none for other variables.
    pub fn parts(&self, place: usize) -> impl Iterator<Item = (u64, u64)> {
        self.cells[self.layout.derived[place].parts.clone()].chunks_exact(2).map(|part| (part[0], part[1]))
    }

    /// Returns the counts of a planned pair, named by its place.
    pub fn pair(&self, place: usize) -> PairCounts<'_> {
        let pair = &self.layout.pairs[place];
        PairCounts {
            x: &self.cells[pair.x.cells.clone()],
            y: &self.cells[pair.y.cells.clone()],
            sum_xy: self.cells[pair.sum_xy],
        }
    }
}

/// Prints no value.
impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tally(..)")
    }
}

impl<'a> ItemCounts<'a> {
    /// Returns how many chose a category.
    pub fn category(self, category: CategoryId) -> u64 {
        self.0[category.0]
    }

    /// Returns the denominator of the item's percents: how many gave an answer.
    pub fn base(self) -> u64 {
        self.reason(0)
    }

    /// Returns how many were not asked.
    pub fn not_asked(self) -> u64 {
        self.reason(1)
    }

    /// Returns how many were asked and gave no answer that counts, for whatever reason.
    pub fn missing(self) -> u64 {
        self.reason(2) + self.reason(3) + self.reason(4)
    }

    fn reason(self, place: usize) -> u64 {
        self.0[self.0.len() - REASONS + place]
    }
}

impl Layout {
    fn new(instrument: &Instrument) -> Layout {
        // The first cell is the number of respondents.
        let mut len = 1;
        let mut take = |cells: usize| {
            len += cells;
            len - cells..len
        };
        let items = instrument.items().map(|(_, item)| take(item.categories.len() + REASONS)).collect();
        let derived = instrument.derived().iter().map(|variable| DerivedCells {
            levels: LevelCells::new(variable, &mut take),
            parts: take(2 * variable.definition.summands().len()),
        });
        let derived = derived.collect();
        let pairs = instrument.pairs().iter().map(|pair| PairCells {
            x: LevelCells::new(&pair.x, &mut take),
            y: LevelCells::new(&pair.y, &mut take),
            sum_xy: take(1).start,
        });
        let pairs = pairs.collect();
        Layout { instrument: instrument.hash().clone(), items, derived, pairs, len }
    }

    fn record(
        &self,
        cells: &mut [u64],
        instrument: &Instrument,
        response: &Response,
    ) -> Result<(), TallyError> {
        add(cells, 0, 1)?;
        for (item, _) in instrument.items() {
            self.record_item(cells, item, response.value(item))?;
        }
        for (variable, place) in instrument.derived().iter().zip(&self.derived) {
            if let Some(value) = response.derive(instrument, variable) {
                add(cells, place.levels.cell(value), 1)?;
                place.record_parts(cells, instrument, variable, response)?;
            }
        }
        for (pair, place) in instrument.pairs().iter().zip(&self.pairs) {
            let x = response.derive(instrument, &pair.x);
            let y = response.derive(instrument, &pair.y);
            if let (Some(x), Some(y)) = (x, y) {
                add(cells, place.x.cell(x), 1)?;
                add(cells, place.y.cell(y), 1)?;
                add(cells, place.sum_xy, u64::from(x) * u64::from(y))?;
            }
        }
        Ok(())
    }

    fn record_item(&self, cells: &mut [u64], item: ItemId, value: Value) -> Result<(), TallyError> {
        let place = self.items[item.0].clone();
        let reasons = place.end - REASONS;
        match value {
            Value::Single(category) => {
                add(cells, place.start + category.0, 1)?;
                add(cells, reasons, 1)
            }
            Value::Several(categories) => {
                for category in (0..reasons - place.start).filter(|i| categories.contains(CategoryId(*i))) {
                    add(cells, place.start + category, 1)?;
                }
                add(cells, reasons, 1)
            }
            Value::Nonresponse(Nonresponse::NotAsked) => add(cells, reasons + 1, 1),
            Value::Nonresponse(Nonresponse::Declined) => add(cells, reasons + 2, 1),
            Value::Nonresponse(Nonresponse::NotApplicable) => add(cells, reasons + 3, 1),
            Value::Nonresponse(Nonresponse::Missing) => add(cells, reasons + 4, 1),
        }
    }
}

impl DerivedCells {
    fn record_parts(
        &self,
        cells: &mut [u64],
        instrument: &Instrument,
        variable: &Variable,
        response: &Response,
    ) -> Result<(), TallyError> {
        for (item, place) in variable.definition.summands().iter().zip(self.parts.clone().step_by(2)) {
            // OK because a sum exists only for those who have a value of each item.
            let value =
                response.number(instrument, *item).map(u64::from).expect("an item of a sum has a value");
            add(cells, place, value)?;
            add(cells, place + 1, value * value)?;
        }
        Ok(())
    }
}

impl LevelCells {
    fn new(variable: &Variable, take: &mut impl FnMut(usize) -> Range<usize>) -> LevelCells {
        let levels = variable.levels.clone();
        let cells = take(usize::from(levels.end() - levels.start()) + 1);
        LevelCells { levels, cells }
    }

    fn cell(&self, value: u16) -> usize {
        self.cells.start + usize::from(value - self.levels.start())
    }
}

fn add(cells: &mut [u64], place: usize, count: u64) -> Result<(), TallyError> {
    cells[place] = cells[place].checked_add(count).ok_or(TallyError::Overflow)?;
    Ok(())
}
