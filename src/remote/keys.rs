//! What each party of a task keeps for itself: files that are given to one person each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Role;
use super::base64url;
use super::dap09::{HpkeConfig, PrivateKey};
use super::task::{Task, TaskError};
use crate::file_kind::FileKind;
use crate::instrument::Instrument;
use crate::json;

/// What an operator's process is started with.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorFile {
    pub role: Role,
    /// The task file, to the letter.
    pub task: String,
    /// What both operators check the proofs with, and nobody else knows: 16 bytes in base64url.
    pub verify_key: String,
    /// What the leader shows to the helper.
    pub aggregator_token: String,
    /// What the coordinator shows to the leader; the helper has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collector_token: Option<String>,
}

/// What the coordinator opens the sum with.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectorFile {
    /// The task file, to the letter.
    pub task: String,
    /// 32 bytes in base64url.
    pub private_key: String,
    /// What the coordinator shows to the leader.
    pub collector_token: String,
}

/// What an operator knows valid invitation codes by.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodesFile {
    pub task_id: String,
    pub role: Role,
    /// Of each code 32 bytes in base64url, sorted by whoever writes them, so that their order tells nothing.
    pub fingerprints: Vec<String>,
}

/// A collector's file, parsed and checked.
pub struct Collector {
    pub task: Task,
    pub private_key: PrivateKey,
    pub token: String,
}

/// Why a file of keys is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum KeysError {
    Json {
        line: usize,
        column: usize,
        found: String,
        expected: &'static str,
    },
    /// It is another of the files of a survey.
    OtherFile {
        found: FileKind,
        expected: &'static str,
    },
    Task(TaskError),
    Key {
        field: &'static str,
        expected: &'static str,
    },
    /// The private key does not belong to the task's public one.
    OtherKey,
    /// The codes are of another task.
    OtherTask {
        found: String,
        expected: String,
    },
    /// The codes are for the other operator.
    OtherRole {
        found: Role,
        expected: Role,
    },
    /// One of the codes' fingerprints, by its place, is none.
    Fingerprint(usize),
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, found, expected } => {
                write!(f, "line {line}, column {column}: {found}; expected {expected}")
            }
            Self::OtherFile { found, expected } => write!(f, "{found}; expected {expected}"),
            Self::Task(error) => write!(f, "task: {error}"),
            Self::Key { field, expected } => write!(f, "{field}: expected {expected}"),
            Self::OtherKey => {
                f.write_str("private_key: expected the key that belongs to the task's collector_hpke_config")
            }
            Self::OtherTask { found, expected } => {
                write!(f, "task_id: found {found:?}; expected {expected:?}, the task that the codes are for")
            }
            Self::OtherRole { found, expected } => {
                write!(
                    f,
                    "role: found codes for the {}; expected those for the {}",
                    found.name(),
                    expected.name()
                )
            }
            Self::Fingerprint(place) => {
                write!(f, "fingerprints[{place}]: expected 32 bytes in base64url")
            }
        }
    }
}

impl std::error::Error for KeysError {}

/// Prints no key.
impl fmt::Debug for OperatorFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorFile(..)")
    }
}

/// Prints no fingerprint.
impl fmt::Debug for CodesFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodesFile(..)")
    }
}

/// Prints no key.
impl fmt::Debug for CollectorFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CollectorFile(..)")
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &[u8], expected: FileKind) -> Result<T, KeysError> {
    let name = expected.expected();
    serde_json::from_slice(json).map_err(|error| match FileKind::of(json).filter(|kind| *kind != expected) {
        Some(found) => KeysError::OtherFile { found, expected: name },
        None => {
            let (line, column, found) = json::place(&error);
            KeysError::Json { line, column, found, expected: name }
        }
    })
}

fn codes_of(role: Role) -> FileKind {
    match role {
        Role::Leader => FileKind::LeaderCodes,
        Role::Helper => FileKind::HelperCodes,
    }
}

impl OperatorFile {
    /// Reads an operator's file and its task.
    ///
    /// # Errors
    ///
    /// Names the first thing that is wrong.
    pub fn from_json(json: &[u8], instruments: &[Instrument]) -> Result<(OperatorFile, Task), KeysError> {
        // Either operator's will do: which of them it is says its `role`.
        let kind = FileKind::of(json).filter(|kind| *kind == FileKind::HelperKeys);
        let file: OperatorFile = parse(json, kind.unwrap_or(FileKind::LeaderKeys))?;
        let task = Task::from_json(file.task.as_bytes(), instruments).map_err(KeysError::Task)?;
        file.verify_key()?;
        if file.role == Role::Leader && file.collector_token.is_none() {
            return Err(KeysError::Key { field: "collector_token", expected: "what the coordinator shows" });
        }
        Ok((file, task))
    }

    /// Returns the key that proofs are checked with.
    pub fn verify_key(&self) -> Result<[u8; 16], KeysError> {
        base64url::decode_array(&self.verify_key)
            .ok_or(KeysError::Key { field: "verify_key", expected: "16 bytes in base64url" })
    }
}

impl CodesFile {
    /// Returns the file of some codes' fingerprints for an operator.
    pub fn new(task: &Task, role: Role, mut fingerprints: Vec<[u8; 32]>) -> CodesFile {
        fingerprints.sort_unstable();
        let fingerprints = fingerprints.iter().map(|one| base64url::encode(one)).collect();
        CodesFile { task_id: base64url::encode(task.id()), role, fingerprints }
    }

    /// Reads the fingerprints of a task's codes for an operator.
    ///
    /// # Errors
    ///
    /// Names the first thing that is wrong.
    pub fn from_json(json: &[u8], task: &Task, role: Role) -> Result<Vec<[u8; 32]>, KeysError> {
        let file: CodesFile = parse(json, codes_of(role))?;
        let expected = base64url::encode(task.id());
        if file.task_id != expected {
            return Err(KeysError::OtherTask { found: file.task_id, expected });
        }
        if file.role != role {
            return Err(KeysError::OtherRole { found: file.role, expected: role });
        }
        let read = |(place, text): (usize, &String)| {
            base64url::decode_array(text).ok_or(KeysError::Fingerprint(place))
        };
        file.fingerprints.iter().enumerate().map(read).collect()
    }
}

impl CollectorFile {
    /// Reads a coordinator's file and its task.
    ///
    /// # Errors
    ///
    /// Names the first thing that is wrong.
    pub fn from_json(json: &[u8], instruments: &[Instrument]) -> Result<Collector, KeysError> {
        let file: CollectorFile = parse(json, FileKind::Collector)?;
        let task = Task::from_json(file.task.as_bytes(), instruments).map_err(KeysError::Task)?;
        let key = base64url::decode_array(&file.private_key);
        let key = key.ok_or(KeysError::Key { field: "private_key", expected: "32 bytes in base64url" })?;
        let private_key = PrivateKey::from_bytes(key);
        if !HpkeConfig::belongs(task.collector(), &private_key) {
            return Err(KeysError::OtherKey);
        }
        Ok(Collector { task, private_key, token: file.collector_token })
    }
}
