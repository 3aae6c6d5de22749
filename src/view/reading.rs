//! Reads the files that a coordinator has chosen, piece by piece, so that the page stays alive.
//!
//! Responses are added up as they come: a file of a million takes no more memory than one of its pieces.
//! Nothing of it is sent anywhere; what is kept of it is its release.

use std::fmt;

use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use crate::answers::csv::{CsvError, Parser, find_instrument};
use crate::disclosure::{Collection, Policy, Refusal, Release, release};
use crate::file_kind::FileKind;
use crate::instrument::{Finding, Instrument, MAX_BYTES};
use crate::tally::{Tally, TallyError};

/// How many bytes are read at a time: a few milliseconds of work, so that no frame is lost.
const PIECE: f64 = 65_536.0;
/// The largest file that can be a release.
const MAX_RELEASE: f64 = 1_048_576.0;

/// What a file turned out to be.
pub enum Found {
    /// The bytes of what should be a release.
    Release(Vec<u8>),
    /// A survey of somebody's own, whose releases and responses are understood from now on.
    Instrument(Box<Instrument>),
    /// A coordinator's key of a remote survey, as JSON.
    Key(String),
    /// The release of the responses that were counted.
    Responses(Box<Release>),
}

/// How responses are to be released.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    pub policy: Policy,
    pub eligible: Option<u64>,
}

/// Why a file gives no release.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadError {
    /// The browser does not give it.
    Unreadable,
    /// By its name it is neither a release nor responses.
    OtherKind,
    /// It is one of the files of a remote survey, and not for this page.
    OtherFile(FileKind),
    TooLarge {
        bytes: f64,
    },
    /// It is the definition of a survey, with mistakes.
    Instrument(Vec<Finding>),
    /// The header has no column of any instrument.
    NoInstrument {
        known: Vec<String>,
    },
    Responses(CsvError),
    Tally(TallyError),
    Refused(Refusal),
    Cancelled,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => {
                f.write_str("the browser cannot read it; expected a file that is still there")
            }
            Self::TooLarge { bytes } => {
                let megabytes = (bytes / 1_048_576.0).ceil();
                write!(
                    f,
                    "found {megabytes} MB; expected a release, of 1 MB at most, or responses in a .csv file"
                )
            }
            Self::OtherKind => {
                f.write_str("found another kind of file; expected a release (.json) or responses (.csv)")
            }
            Self::OtherFile(found) => write!(
                f,
                "{found}; expected the coordinator’s collector.json, a release (.json), responses (.csv) or a survey’s definition"
            ),
            Self::NoInstrument { known } => {
                write!(f, "line 1: no column of any survey; expected the columns of {}", known.join(" or "))
            }
            Self::Instrument(findings) => {
                f.write_str("this is the definition of a survey, with mistakes")?;
                findings.iter().try_for_each(|finding| write!(f, "\n{finding}"))
            }
            Self::Responses(error) => error.fmt(f),
            Self::Tally(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Cancelled => f.write_str("cancelled; nothing of it is kept"),
        }
    }
}

/// Reads a file; `is_wanted` is told how much of it is done, from 0 to 1, and says whether to go on.
///
/// # Errors
///
/// If it cannot be read, one line is wrong, or the policy forbids a release.
pub async fn read(
    file: &File,
    instruments: &[Instrument],
    terms: Terms,
    is_wanted: impl Fn(f64) -> bool,
) -> Result<Found, ReadError> {
    if !has_ending(&file.name(), ".csv") {
        if !has_ending(&file.name(), ".json") {
            return Err(ReadError::OtherKind);
        }
        if file.size() > MAX_RELEASE {
            return Err(ReadError::TooLarge { bytes: file.size() });
        }
        let bytes = piece(file, 0.0, file.size()).await?;
        return match FileKind::of(&bytes) {
            Some(FileKind::Instrument) => match Instrument::check(&bytes) {
                Ok(instrument) => Ok(Found::Instrument(Box::new(instrument))),
                Err(findings) => Err(ReadError::Instrument(findings)),
            },
            Some(FileKind::Collector) => Ok(Found::Key(String::from_utf8_lossy(&bytes).into_owned())),
            None | Some(FileKind::NoJson) => Ok(Found::Release(bytes)),
            Some(found) => Err(ReadError::OtherFile(found)),
        };
    }
    let first = piece(file, 0.0, PIECE).await?;
    if FileKind::of(&first) == Some(FileKind::Invitations) {
        return Err(ReadError::OtherFile(FileKind::Invitations));
    }
    let instrument = find_instrument(&first, instruments).ok_or_else(|| ReadError::NoInstrument {
        known: instruments.iter().map(|instrument| instrument.id().to_owned()).collect(),
    })?;
    let tally = count(file, instrument, is_wanted).await?;
    // OK because the name has only the characters that a collection's may have.
    let collection =
        Collection::new(collection_name(&file.name()), terms.eligible).expect("a name for a collection");
    let release = release(tally, instrument, &terms.policy, &collection).map_err(ReadError::Refused)?;
    Ok(Found::Responses(Box::new(release)))
}

/// Puts the definitions of surveys before the files that may be of them.
pub async fn definitions_first(files: Vec<File>) -> Vec<File> {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for file in files {
        let is_small = has_ending(&file.name(), ".json") && file.size() <= MAX_BYTES as f64;
        let start = if is_small { piece(&file, 0.0, file.size()).await } else { Ok(Vec::new()) };
        let is_definition = start.is_ok_and(|json| FileKind::of(&json) == Some(FileKind::Instrument));
        if is_definition { first.push(file) } else { rest.push(file) }
    }
    first.append(&mut rest);
    first
}

async fn count(
    file: &File,
    instrument: &Instrument,
    is_wanted: impl Fn(f64) -> bool,
) -> Result<Tally, ReadError> {
    let mut parser = Parser::new(instrument);
    let mut tally = Tally::new(instrument);
    let mut start = 0.0;
    while start < file.size() {
        if !is_wanted(start / file.size()) {
            return Err(ReadError::Cancelled);
        }
        let bytes = piece(file, start, start + PIECE).await?;
        let mut rest = bytes.as_slice();
        while let Some(response) = parser.parse(&mut rest).map_err(ReadError::Responses)? {
            tally.record(instrument, response).map_err(ReadError::Tally)?;
        }
        start += PIECE;
    }
    if let Some(response) = parser.finish().map_err(ReadError::Responses)? {
        tally.record(instrument, response).map_err(ReadError::Tally)?;
    }
    Ok(tally)
}

async fn piece(blob: &Blob, start: f64, end: f64) -> Result<Vec<u8>, ReadError> {
    let piece = blob.slice_with_f64_and_f64(start, end).map_err(|_| ReadError::Unreadable)?;
    let buffer = JsFuture::from(piece.array_buffer()).await.map_err(|_| ReadError::Unreadable)?;
    Ok(Uint8Array::new(buffer.unchecked_ref()).to_vec())
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.to_ascii_lowercase().ends_with(ending)
}

/// Returns a name for the collection of a file: what is before its ending, with a hyphen for each character
/// that a name cannot have.
fn collection_name(file: &str) -> String {
    let stem = &file[..file.len().saturating_sub(".csv".len())];
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name: String = stem.chars().map(|c| if is_allowed(c) { c } else { '-' }).take(64).collect();
    if name.is_empty() { "responses".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_collection() {
        for (file, expected) in [
            ("stress_46.csv", "stress_46"),
            ("Export 2014.CSV", "Export-2014"),
            (".csv", "responses"),
            ("Übung.v2.csv", "-bung-v2"),
        ] {
            assert_eq!(collection_name(file), expected);
            assert!(Collection::new(collection_name(file), None).is_ok(), "{file}");
        }
        assert_eq!(collection_name(&format!("{}.csv", "a".repeat(100))).len(), 64);
    }
}
