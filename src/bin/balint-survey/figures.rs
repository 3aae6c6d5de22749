//! Figures on the command line: responses to a release, releases to a report.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use balint_survey::answers::csv::{CsvError, Responses, find_instrument};
use balint_survey::disclosure::{Collection, CollectionError, Refusal, release as make_release};
use balint_survey::file_kind::FileKind;
use balint_survey::instrument::{Finding, Instrument};
use balint_survey::report::Fieldwork;
use balint_survey::report::fieldwork::FieldworkError;
use balint_survey::tally::{Tally, TallyError};
use balint_survey::workspace::{AddError, Compare, Origin, Side, Workspace};

use crate::{ReleaseArgs, ReportArgs};

/// Why there are no figures; each names the file.
#[derive(Debug)]
pub enum FiguresError {
    Read {
        path: PathBuf,
        source: io::Error,
    },
    UnknownInstrument {
        found: String,
        known: Vec<String>,
    },
    Instrument {
        path: PathBuf,
        findings: Vec<Finding>,
    },
    Responses {
        path: PathBuf,
        source: CsvError,
    },
    Collection {
        source: CollectionError,
    },
    Tally(TallyError),
    Refused(Refusal),
    Release {
        path: PathBuf,
        source: AddError,
    },
    /// It is no release, but the responses for one.
    NoReleaseYet(PathBuf),
    /// It is no release, but what the investigators know.
    Facts(PathBuf),
    /// What is to be compared with is neither the study nor a file.
    NothingToCompare(PathBuf),
    /// It is no release, but one of the files of a remote survey.
    OtherFile {
        path: PathBuf,
        found: FileKind,
    },
    Fieldwork {
        path: PathBuf,
        source: FieldworkError,
    },
    /// The instrument comes with no published figures.
    NoStudy {
        instrument: String,
    },
}

impl fmt::Display for FiguresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => {
                write!(f, "{} cannot be read ({source}); expected a readable file", path.display())
            }
            Self::UnknownInstrument { found, known } => {
                write!(f, "no instrument and no file {found:?}; expected {} or a JSON file", known.join(", "))
            }
            Self::Instrument { path, findings } => {
                write!(f, "{} is no instrument:", path.display())?;
                findings.iter().try_for_each(|finding| write!(f, "\n{finding}"))
            }
            Self::Responses { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Collection { source } => write!(f, "{source}; name it with --collection NAME"),
            Self::Tally(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Release { path, source } if source.is_of_unknown_instrument() => write!(
                f,
                "{}: {source}; for a survey of your own, give its file: --instrument FILE",
                path.display()
            ),
            Self::Release { path, source } => write!(f, "{}: {source}", path.display()),
            Self::NoReleaseYet(path) => write!(
                f,
                "{}: this is a CSV of responses; make its release first: `balint-survey release`",
                path.display()
            ),
            Self::Facts(path) => {
                write!(f, "{}: these are facts for --fieldwork; expected a release", path.display())
            }
            Self::NothingToCompare(found) => write!(
                f,
                "--compare: found {:?}; expected study, or a release's file",
                found.display().to_string()
            ),
            Self::OtherFile { path, found } => write!(
                f,
                "{}: {found}; expected a release, which `balint-survey collect` or `release` has made",
                path.display()
            ),
            Self::Fieldwork { path, source } => write!(f, "{}: {source}", path.display()),
            Self::NoStudy { instrument } => {
                write!(f, "no published figures of {instrument:?}; expected --compare RELEASE.json")
            }
        }
    }
}

impl std::error::Error for FiguresError {}

/// Returns the release, as JSON, of a file of responses.
///
/// # Errors
///
/// Returns [`FiguresError`] when something cannot be read, one line is wrong, or the policy forbids a release.
pub fn release(args: &ReleaseArgs) -> Result<String, FiguresError> {
    let instrument = instrument(&args.instrument)?;
    let path = &args.responses;
    let name = args.collection.clone().unwrap_or_else(|| file_stem(path));
    let collection =
        Collection::new(name, args.eligible).map_err(|source| FiguresError::Collection { source })?;
    let at = |source| FiguresError::Responses { path: path.clone(), source };
    let mut tally = Tally::new(&instrument);
    for response in Responses::new(open(path)?, &instrument).map_err(at)? {
        tally.record(&instrument, &response.map_err(at)?).map_err(FiguresError::Tally)?;
    }
    let release =
        make_release(tally, &instrument, &args.policy, &collection).map_err(FiguresError::Refused)?;
    Ok(release.to_json())
}

/// Returns the report of one or several releases, merged.
///
/// # Errors
///
/// Returns [`FiguresError`] when a file is no release, or the releases do not go together.
pub fn report(args: &ReportArgs) -> Result<String, FiguresError> {
    let mut instruments = Instrument::built_in();
    if let Some(name) = &args.instrument {
        instruments = vec![instrument(name)?];
    }
    let mut workspace = Workspace::new(instruments);
    for path in &args.releases {
        add(&mut workspace, path, Side::Own)?;
    }
    match &args.compare {
        None => {}
        Some(study) if study == Path::new("study") => workspace.compare = Compare::Study,
        Some(path) if path != Path::new("-") && !path.exists() => {
            return Err(FiguresError::NothingToCompare(path.clone()));
        }
        Some(path) => {
            add(&mut workspace, path, Side::Others)?;
            workspace.compare = Compare::Releases;
        }
    }
    if let Some(path) = &args.fieldwork {
        workspace.fieldwork = Fieldwork::from_json(&read(path)?)
            .map_err(|source| FiguresError::Fieldwork { path: path.clone(), source })?;
    }
    // OK because clap requires a file, and a release that was added is of a known instrument.
    let report = workspace.report().expect("there is a release");
    let instrument = workspace.instrument().expect("a release is of a known instrument");
    if args.compare.is_some() && report.comparison.is_none() {
        return Err(FiguresError::NoStudy { instrument: instrument.id().to_owned() });
    }
    Ok(balint_survey::report::Format::from(args.format).write(&report, instrument))
}

fn add(workspace: &mut Workspace, path: &Path, side: Side) -> Result<(), FiguresError> {
    let origin = Origin::File(path.display().to_string());
    let (json, path) = (read(path)?, path.to_owned());
    let Err(source) = workspace.read(&json, origin, side) else { return Ok(()) };
    let known = workspace.instruments();
    Err(match FileKind::of(&json) {
        Some(FileKind::NoJson) if is_csv(&path) || find_instrument(&json, known.iter()).is_some() => {
            FiguresError::NoReleaseYet(path)
        }
        Some(found) if found != FileKind::NoJson => FiguresError::OtherFile { path, found },
        _ if is_fieldwork(&json) => FiguresError::Facts(path),
        _ => FiguresError::Release { path, source },
    })
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

/// Returns whether a file has facts about a survey, and not merely nothing that is wrong in them.
fn is_fieldwork(json: &[u8]) -> bool {
    Fieldwork::from_json(json).is_ok_and(|facts| facts != Fieldwork::default())
}

/// Returns a built-in instrument, or that of a file.
///
/// # Errors
///
/// If there is none of that name, or the file is no instrument; then everything that is wrong is said.
pub fn instrument(name: &str) -> Result<Instrument, FiguresError> {
    if let Some(built_in) = Instrument::find(name) {
        return Ok(built_in);
    }
    let path = Path::new(name);
    if !path.exists() {
        let known = Instrument::built_in().iter().map(|known| known.id().to_owned()).collect();
        return Err(FiguresError::UnknownInstrument { found: name.to_owned(), known });
    }
    Instrument::check(&read(path)?)
        .map_err(|findings| FiguresError::Instrument { path: path.to_owned(), findings })
}

fn read(path: &Path) -> Result<Vec<u8>, FiguresError> {
    let mut bytes = Vec::new();
    let read = open(path)?.read_to_end(&mut bytes);
    read.map_err(|source| FiguresError::Read { path: path.to_owned(), source })?;
    Ok(bytes)
}

fn open(path: &Path) -> Result<Box<dyn Read>, FiguresError> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(source) => Err(FiguresError::Read { path: path.to_owned(), source }),
    }
}

fn file_stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
