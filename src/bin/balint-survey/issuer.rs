//! `balint-survey sign`: what a portal with a login calls for each person, once.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use balint_survey::file_kind::FileKind;
use balint_survey::remote::credential::{Issuer, TokenPair};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Signs two blinded tokens, which come in on standard input.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The portal's keys: the issuer.json that `balint-survey task` has made.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// The portal's keys as PEM (PKCS #8).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerFile {
    leader: String,
    helper: String,
}

impl IssuerFile {
    pub fn new(issuer: &Issuer) -> Option<IssuerFile> {
        let [leader, helper] = issuer.to_pem()?;
        Some(IssuerFile { leader, helper })
    }
}

/// Why nothing is signed.
#[derive(Debug)]
pub enum SignError {
    Read { path: PathBuf, source: io::Error },
    Key { path: PathBuf, found: Option<FileKind> },
    Input(io::Error),
    Request,
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => {
                write!(f, "{} cannot be read ({source}); expected a readable file", path.display())
            }
            Self::Key { path, found } => write!(
                f,
                "{}: {}; expected the issuer.json that `balint-survey task --credentials tokens` has made",
                path.display(),
                found.map_or_else(|| "no keys".to_owned(), |found| found.to_string())
            ),
            Self::Input(source) => write!(f, "standard input cannot be read ({source})"),
            Self::Request => f.write_str(
                "standard input: no blinded tokens; expected {\"leader\": …, \"helper\": …}, as the widget sends them",
            ),
        }
    }
}

impl std::error::Error for SignError {}

/// Returns the signed tokens, as JSON.
///
/// # Errors
///
/// If there are no keys, or what came in is no request.
pub fn run(args: &SignArgs) -> Result<String, SignError> {
    let issuer = read(&args.key)?;
    let request = io::read_to_string(io::stdin()).map_err(SignError::Input)?;
    let request: TokenPair = serde_json::from_str(&request).map_err(|_| SignError::Request)?;
    let signed = issuer.sign(&request).ok_or(SignError::Request)?;
    // OK because strings always have a JSON form.
    Ok(serde_json::to_string(&signed).expect("strings can be written") + "\n")
}

/// Reads the portal's keys.
///
/// # Errors
///
/// If the file holds none.
pub fn read(path: &Path) -> Result<Issuer, SignError> {
    let json = fs::read(path).map_err(|source| SignError::Read { path: path.to_owned(), source })?;
    let file: Option<IssuerFile> = serde_json::from_slice(&json).ok();
    let issuer = file.and_then(|file| Issuer::from_pem([&file.leader, &file.helper]));
    issuer.ok_or_else(|| {
        let found = FileKind::of(&json).filter(|found| *found != FileKind::Issuer);
        SignError::Key { path: path.to_owned(), found }
    })
}
