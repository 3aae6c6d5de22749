//! What each party of a task keeps for itself: files that are given to one person each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Role;
use super::base64url;
use super::dap09::{HpkeConfig, PrivateKey};
use super::task::{Task, TaskError};
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
    let is_other = |found: &FileKind| {
        let is_operators = |kind| matches!(kind, FileKind::Keys(_));
        *found != expected && !(is_operators(*found) && is_operators(expected))
    };
    let name = expected.expected();
    serde_json::from_slice(json).map_err(|error| match FileKind::of(json).filter(is_other) {
        Some(found) => KeysError::OtherFile { found, expected: name },
        None => {
            let (line, column, found) = json::place(&error);
            KeysError::Json { line, column, found, expected: name }
        }
    })
}

/// One of the files that a remote survey is made of, recognised by its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Task,
    /// An operator's keys.
    Keys(Role),
    Collector,
    /// What an operator knows the codes by.
    Codes(Role),
    /// What a portal signs tokens with.
    Issuer,
    /// The codes for the mail merge.
    Invitations,
    /// None of them, and no JSON either.
    NoJson,
}

impl FileKind {
    /// Recognises a file; `None` where it is JSON of another kind, or broken.
    pub fn of(bytes: &[u8]) -> Option<FileKind> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if matches!(text.lines().next(), Some("code" | "code,link")) {
            return Some(FileKind::Invitations);
        }
        if !text.is_empty() && !text.starts_with(['{', '[', '"']) {
            return Some(FileKind::NoJson);
        }
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        let has = |fields: &[&str]| fields.iter().all(|field| json.get(field).is_some());
        let role = match json.get("role").and_then(serde_json::Value::as_str) {
            Some("helper") => Role::Helper,
            _ => Role::Leader,
        };
        let is_pem = |field: &str| json[field].as_str().is_some_and(|text| text.starts_with("-----BEGIN"));
        match () {
            () if has(&["task", "private_key"]) => Some(FileKind::Collector),
            () if has(&["task", "verify_key", "role"]) => Some(FileKind::Keys(role)),
            () if has(&["fingerprints", "role"]) => Some(FileKind::Codes(role)),
            () if has(&["protocol", "task_id", "vdaf"]) => Some(FileKind::Task),
            () if is_pem("leader") && is_pem("helper") => Some(FileKind::Issuer),
            () => None,
        }
    }

    /// Returns what is expected where this file is.
    fn expected(self) -> &'static str {
        match self {
            Self::Keys(_) => "an operator's leader.json or helper.json, which `balint-survey task` has made",
            Self::Collector => "the coordinator's collector.json, which `balint-survey task` has made",
            Self::Codes(Role::Leader) => {
                "the leader's leader-codes.json, which `balint-survey invite` has made"
            }
            Self::Codes(Role::Helper) => {
                "the helper's helper-codes.json, which `balint-survey invite` has made"
            }
            Self::Task | Self::Issuer | Self::Invitations | Self::NoJson => {
                "a file that `balint-survey task` has made"
            }
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "this is the survey's task.json",
            Self::Keys(Role::Leader) => "this is the leader's leader.json",
            Self::Keys(Role::Helper) => "this is the helper's helper.json",
            Self::Collector => "this is the coordinator's collector.json",
            Self::Codes(Role::Leader) => "this is the leader's leader-codes.json",
            Self::Codes(Role::Helper) => "this is the helper's helper-codes.json",
            Self::Issuer => "this is the portal's issuer.json",
            Self::Invitations => "this is no JSON, but the invitations.csv of the mail merge",
            Self::NoJson => "this is no JSON",
        })
    }
}

impl OperatorFile {
    /// Reads an operator's file and its task.
    ///
    /// # Errors
    ///
    /// Names the first thing that is wrong.
    pub fn from_json(json: &[u8], instruments: &[Instrument]) -> Result<(OperatorFile, Task), KeysError> {
        let file: OperatorFile = parse(json, FileKind::Keys(Role::Leader))?;
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
        let file: CodesFile = parse(json, FileKind::Codes(role))?;
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
