//! What a coordinator has put together: releases that are merged into one report, and others to compare it with.
//!
//! Releases of one side are of one instrument and one policy, and of different collections; what does not
//! fit is refused with the reason, and leaves everything as it was.

pub mod example;

use std::fmt;
use std::rc::Rc;

use crate::disclosure::{MergeError, Release, ReleaseError};
use crate::instrument::Instrument;
use crate::report::{Cohort, Fieldwork, Report};

/// The releases, and how they are shown.
#[derive(Clone, PartialEq)]
pub struct Workspace {
    instruments: Rc<Vec<Instrument>>,
    /// What the report is made of.
    pub own: Vec<Source>,
    /// What it is compared with, if it is compared with releases.
    pub others: Vec<Source>,
    /// The sums of the two sides, kept so that each release is added once.
    sums: [Option<Release>; 2],
    pub compare: Compare,
    pub fieldwork: Fieldwork,
}

/// A release with what it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub release: Release,
    pub origin: Origin,
}

/// What a release was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file that held it.
    File(String),
    /// A file of responses that were counted here.
    Responses(String),
    /// The operators of a remote survey, by their names.
    Collected(String),
    /// The portal that serves the page.
    Portal,
    /// The worked example: synthetic responses.
    Example,
}

/// The two sides of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Own,
    Others,
}

/// What the report is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    #[default]
    Nothing,
    /// The study that the instrument comes from.
    Study,
    /// The releases of the other side.
    Releases,
}

/// Why a release cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddError {
    Release(ReleaseError),
    Merge(MergeError),
    /// The two sides are of two instruments.
    OtherInstrument {
        found: String,
        expected: String,
    },
}

impl fmt::Display for AddError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(error) => error.fmt(f),
            Self::Merge(error) => error.fmt(f),
            Self::OtherInstrument { found, expected } => {
                write!(f, "found a release of {found}; expected one of {expected}, to compare it with")
            }
        }
    }
}

impl std::error::Error for AddError {}

impl AddError {
    /// Returns whether the release is of a survey whose definition would have to be known.
    pub fn is_of_unknown_instrument(&self) -> bool {
        matches!(self, Self::Release(ReleaseError::UnknownInstrument { .. }))
    }
}

impl Workspace {
    /// Returns an empty workspace that knows these instruments.
    pub fn new(instruments: impl Into<Rc<Vec<Instrument>>>) -> Workspace {
        Workspace {
            instruments: instruments.into(),
            own: Vec::new(),
            others: Vec::new(),
            sums: [None, None],
            compare: Compare::Nothing,
            fieldwork: Fieldwork::default(),
        }
    }

    /// Returns the instruments that releases and responses can be of.
    pub fn instruments(&self) -> &Rc<Vec<Instrument>> {
        &self.instruments
    }

    /// Takes in an instrument, whose releases and responses are understood from then on.
    pub fn know(&mut self, instrument: Instrument) {
        if !self.instruments.contains(&instrument) {
            // First, so that responses are taken to be of it rather than of an earlier version.
            Rc::make_mut(&mut self.instruments).insert(0, instrument);
        }
    }

    /// Returns the instruments that are not built in.
    pub fn brought(&self) -> impl Iterator<Item = &Instrument> {
        let built_in = Instrument::built_in();
        self.instruments.iter().filter(move |instrument| !built_in.contains(instrument))
    }

    /// Adds a release that is read from JSON.
    ///
    /// # Errors
    ///
    /// If it is no release, or does not go with those that are there.
    pub fn read(&mut self, json: &[u8], origin: Origin, side: Side) -> Result<(), AddError> {
        let release = Release::from_json(json, &self.instruments).map_err(AddError::Release)?;
        self.add(Source { release, origin }, side)
    }

    /// Adds a release.
    ///
    /// # Errors
    ///
    /// If it does not go with those that are there.
    pub fn add(&mut self, source: Source, side: Side) -> Result<(), AddError> {
        let others = match side {
            Side::Own => &self.others,
            Side::Others => &self.own,
        };
        let sum = match &self.sums[side as usize] {
            Some(sum) => sum.merge(&source.release).map_err(AddError::Merge)?,
            None => source.release.clone(),
        };
        if let Some(other) = others.first() {
            check_comparable(&source.release, &other.release)?;
        }
        let same = others.iter().find(|other| is_overlapping(&other.release, &source.release));
        if let Some(same) = same {
            return Err(AddError::Merge(MergeError::SameCollection(same.release.collections()[0].clone())));
        }
        self.sums[side as usize] = Some(sum);
        match side {
            Side::Own => self.own.push(source),
            Side::Others => self.others.push(source),
        }
        Ok(())
    }

    /// Takes a release out; with the last own one, the comparison goes too.
    pub fn remove(&mut self, side: Side, place: usize) {
        let sources = match side {
            Side::Own => &mut self.own,
            Side::Others => &mut self.others,
        };
        if place < sources.len() {
            sources.remove(place);
            self.sums[side as usize] = merged(sources);
        }
        if self.own.is_empty() {
            self.others.clear();
            self.sums = [None, None];
            self.compare = Compare::Nothing;
        }
    }

    /// Returns the instrument of what is there.
    pub fn instrument(&self) -> Option<&Instrument> {
        let first = self.own.first()?;
        self.instruments.iter().find(|instrument| instrument.hash() == first.release.instrument_hash())
    }

    /// Returns the sum of the own releases.
    pub fn release(&self) -> Option<Release> {
        self.sums[Side::Own as usize].clone()
    }

    /// Returns the report of the own releases, compared with what was chosen.
    pub fn report(&self) -> Option<Report> {
        let instrument = self.instrument()?;
        let report = Report::new(&self.release()?, instrument);
        let report = report.with_fieldwork(self.fieldwork.clone(), instrument);
        Some(match self.cohort(instrument) {
            Some(cohort) => report.compared_with(cohort, instrument),
            None => report,
        })
    }

    fn cohort(&self, instrument: &Instrument) -> Option<Cohort> {
        match self.compare {
            Compare::Nothing => None,
            Compare::Study => instrument.reference().map(|study| Cohort::published(study, instrument)),
            Compare::Releases => {
                Some(Cohort::of(&Report::new(self.sums[Side::Others as usize].as_ref()?, instrument)))
            }
        }
    }
}

/// Returns the sum of releases, which go together, as each was checked when it was added.
fn merged(sources: &[Source]) -> Option<Release> {
    let (first, rest) = sources.split_first()?;
    rest.iter().try_fold(first.release.clone(), |sum, source| sum.merge(&source.release)).ok()
}

fn check_comparable(found: &Release, expected: &Release) -> Result<(), AddError> {
    if found.instrument_hash() == expected.instrument_hash() {
        return Ok(());
    }
    let name = |release: &Release| release.instrument_id().to_owned();
    Err(AddError::OtherInstrument { found: name(found), expected: name(expected) })
}

fn is_overlapping(a: &Release, b: &Release) -> bool {
    a.collections().iter().any(|name| b.collections().contains(name))
}
