//! What the portal, both operators and the coordinator agree on: a JSON file, named by the hash of its bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::credential::Credentials;
use super::dap09::{self, HpkeConfig};
use super::{Role, base64url, random};
use crate::digest::Digest;
use crate::disclosure::{Collection, CollectionError, Policy, UnknownPolicy};
use crate::file_kind::FileKind;
use crate::instrument::Instrument;
use crate::json;
use crate::report::fieldwork::{Day, SECONDS};
use crate::tally::indicators::Indicators;
pub use crate::window::Moment;

/// The smallest number of reports that any task opens, whatever its policy: with a batch of five, one victim
/// and four forged reports gave the victim's answers back.
pub const MIN_BATCH: u64 = 50;

/// The protocol that this file speaks.
pub const PROTOCOL: &str = "DAP-09";

/// A task, parsed and checked: its two operators have different hosts, its parameters fit its instrument,
/// its batch is large enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    document: Document,
    hash: Digest,
    id: [u8; 32],
    collector: HpkeConfig,
    instrument: Instrument,
    policy: Policy,
    /// In seconds since 1970: the beginning of the first day, and the end of the last one (UTC).
    window: (u64, u64),
}

/// A task as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub protocol: String,
    /// The protocol's id of the task: 32 random bytes in base64url.
    pub task_id: String,
    pub collection: String,
    pub instrument: String,
    pub instrument_hash: Digest,
    pub policy: String,
    pub policy_hash: Digest,
    /// How many were invited.
    pub eligible: u64,
    /// The first and the last day on which the survey can be answered (UTC).
    pub opens: Day,
    pub closes: Day,
    pub leader: Operator,
    pub helper: Operator,
    pub minimum_batch: u64,
    /// To how many seconds the time of a report is rounded.
    pub time_precision: u64,
    pub vdaf: Parameters,
    pub credentials: Credentials,
    /// For whom the operators seal their sums: the protocol's HPKE configuration in base64url.
    pub collector_hpke_config: String,
}

/// What a task is made of; the rest follows from it.
pub struct Terms<'a> {
    pub instrument: &'a Instrument,
    pub policy: Policy,
    pub collection: String,
    pub eligible: u64,
    pub opens: Day,
    pub closes: Day,
    pub leader: Operator,
    pub helper: Operator,
    pub minimum_batch: u64,
    pub credentials: Credentials,
    pub collector: &'a HpkeConfig,
}

impl Document {
    /// Writes down a new task, with an id of its own.
    pub fn new(terms: Terms<'_>) -> Document {
        let Terms { instrument, policy, collector, .. } = terms;
        Document {
            protocol: PROTOCOL.to_owned(),
            task_id: base64url::encode(&random::<32>()),
            collection: terms.collection,
            instrument: instrument.id().to_owned(),
            instrument_hash: instrument.hash().clone(),
            policy: policy.name().to_owned(),
            policy_hash: policy.hash(),
            eligible: terms.eligible,
            opens: terms.opens,
            closes: terms.closes,
            leader: terms.leader,
            helper: terms.helper,
            minimum_batch: terms.minimum_batch,
            time_precision: SECONDS,
            vdaf: Parameters::of(instrument),
            credentials: terms.credentials,
            collector_hpke_config: base64url::encode(&collector.to_bytes()),
        }
    }
}

/// Who runs one of the two processes, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    pub name: String,
    pub url: String,
}

/// The parameters of the proof that a report is well-formed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    #[serde(rename = "type")]
    pub kind: String,
    pub bits: usize,
    pub length: usize,
    pub chunk_length: usize,
}

impl Parameters {
    /// Returns the only parameters that fit an instrument.
    pub fn of(instrument: &Instrument) -> Parameters {
        let length = Indicators::count(instrument);
        Parameters { kind: "Prio3SumVec".into(), bits: 1, length, chunk_length: dap09::chunk_length(length) }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parameters { kind, bits, length, chunk_length } = self;
        write!(f, "{kind} with bits {bits}, length {length}, chunk_length {chunk_length}")
    }
}

/// Why a task is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskError {
    Json {
        line: usize,
        column: usize,
        found: String,
    },
    /// It is another of the files of a survey.
    OtherFile(FileKind),
    /// It is not the file that the page was made with.
    Hash {
        found: Digest,
        expected: String,
    },
    Protocol(String),
    TaskId(String),
    UnknownInstrument {
        found: String,
        known: Vec<String>,
    },
    OtherInstrument {
        found: Digest,
        expected: Digest,
    },
    Policy(UnknownPolicy),
    OtherPolicy {
        found: Digest,
        expected: Digest,
    },
    Collection(CollectionError),
    /// The address of an operator is not one, or leads through the open.
    Url {
        role: Role,
        found: String,
    },
    NoName(Role),
    SameHost(String),
    SameName(String),
    SmallBatch {
        found: u64,
        expected: u64,
    },
    FewEligible {
        found: u64,
        minimum_batch: u64,
    },
    Parameters {
        found: Parameters,
        expected: Parameters,
    },
    Precision(u64),
    Window {
        opens: Day,
        closes: Day,
    },
    CollectorKey,
    IssuerKey(Role),
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { line, column, found } => {
                write!(f, "line {line}, column {column}: {found}; expected a task, as `balint-survey task` makes it")
            }
            Self::OtherFile(found) => {
                write!(f, "{found}; expected the survey's task.json, which `balint-survey task` has made")
            }
            Self::Hash { found, expected } => {
                write!(f, "the task has the hash {found}; expected {expected}, with which the page was made")
            }
            Self::Protocol(found) => write!(f, "protocol: found {found:?}; expected {PROTOCOL:?}"),
            Self::TaskId(found) => write!(f, "task_id: found {found:?}; expected 32 bytes in base64url"),
            Self::UnknownInstrument { found, known } => {
                write!(f, "instrument: unknown instrument {found:?}; expected {}", known.join(" or "))
            }
            Self::OtherInstrument { found, expected } => {
                write!(f, "instrument_hash: found {found}; expected {expected}: the task is of another version of the instrument")
            }
            Self::Policy(error) => write!(f, "policy: {error}"),
            Self::OtherPolicy { found, expected } => {
                write!(f, "policy_hash: found {found}; expected {expected}: the policy has other rules by now")
            }
            Self::Collection(error) => write!(f, "collection: {error}"),
            Self::Url { role, found } => write!(
                f,
                "{0}.url: found {found:?}; expected an address such as https://{0}.school.example/ (http only on this machine)",
                role.name()
            ),
            Self::NoName(role) => {
                write!(f, "{}.name: found nothing; expected who runs it, for the respondents to read", role.name())
            }
            Self::SameHost(host) => write!(
                f,
                "leader.url and helper.url: both are at {host}; expected two hosts of two independent operators, \
                 as one who has both shares can read every answer"
            ),
            Self::SameName(name) => write!(
                f,
                "leader.name and helper.name: both are {name:?}; expected the names of two independent operators, \
                 as one who has both shares can read every answer"
            ),
            Self::SmallBatch { found, expected } => write!(
                f,
                "minimum_batch: found {found}; expected {expected} or more: in a smaller batch, forged reports lay a single one bare"
            ),
            Self::FewEligible { found, minimum_batch } => write!(
                f,
                "eligible: found {found}; expected at least the minimum batch, {minimum_batch}: the sum would never open"
            ),
            Self::Parameters { found, expected } => {
                write!(f, "vdaf: found {found}; expected {expected}, which fits the instrument")
            }
            Self::Precision(found) => {
                write!(f, "time_precision: found {found}; expected {SECONDS}, a day: a report must not tell its hour")
            }
            Self::Window { opens, closes } => {
                write!(f, "closes: found {closes}; expected a day not before {opens}, when it opens, and not before 1970")
            }
            Self::CollectorKey => f.write_str(
                "collector_hpke_config: expected a configuration of DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM in base64url",
            ),
            Self::IssuerKey(role) => {
                write!(f, "credentials.{}: expected an RSA public key of 2048 bits (DER of a SubjectPublicKeyInfo in base64url)", role.name())
            }
        }
    }
}

impl std::error::Error for TaskError {}

impl Task {
    /// Parses and checks a task.
    ///
    /// # Errors
    ///
    /// Names the first thing that is wrong, with what was found and what was expected.
    pub fn from_json(json: &[u8], instruments: &[Instrument]) -> Result<Task, TaskError> {
        let document = serde_json::from_slice(json).map_err(|error| {
            if let Some(found) = FileKind::of(json).filter(|kind| *kind != FileKind::Task) {
                return TaskError::OtherFile(found);
            }
            let (line, column, found) = json::place(&error);
            TaskError::Json { line, column, found }
        })?;
        Task::check(document, Digest::of(json), instruments)
    }

    /// Returns the text of a task that is being made.
    pub fn write(document: &Document) -> String {
        // OK because strings and numbers always have a JSON form.
        serde_json::to_string_pretty(document).expect("a task can be written") + "\n"
    }

    fn check(document: Document, hash: Digest, instruments: &[Instrument]) -> Result<Task, TaskError> {
        if document.protocol != PROTOCOL {
            return Err(TaskError::Protocol(document.protocol));
        }
        let id = base64url::decode_array(&document.task_id);
        let id = id.ok_or_else(|| TaskError::TaskId(document.task_id.clone()))?;
        let instrument = find_instrument(&document, instruments)?;
        let policy = Policy::named(&document.policy).map_err(TaskError::Policy)?;
        if policy.hash() != document.policy_hash {
            return Err(TaskError::OtherPolicy { found: document.policy_hash, expected: policy.hash() });
        }
        check_operators(&document)?;
        check_numbers(&document, &policy)?;
        Collection::new(&document.collection, Some(document.eligible)).map_err(TaskError::Collection)?;
        let expected = Parameters::of(&instrument);
        if document.vdaf != expected {
            return Err(TaskError::Parameters { found: document.vdaf, expected });
        }
        document.credentials.check().map_err(TaskError::IssuerKey)?;
        let window = window(&document)?;
        let collector = base64url::decode(&document.collector_hpke_config);
        let collector =
            collector.and_then(|bytes| HpkeConfig::from_bytes(&bytes)).ok_or(TaskError::CollectorKey)?;
        Ok(Task { document, hash, id, collector, instrument, policy, window })
    }

    /// Returns the task, if it is the one that the page names.
    ///
    /// # Errors
    ///
    /// If its hash is another.
    pub fn pinned(self, expected: &str) -> Result<Task, TaskError> {
        if self.hash.as_str() == expected.trim().to_ascii_lowercase() {
            Ok(self)
        } else {
            Err(TaskError::Hash { found: self.hash, expected: expected.to_owned() })
        }
    }

    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns the SHA-256 hash of the file.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    pub fn policy(&self) -> Policy {
        self.policy
    }

    pub fn collector(&self) -> &HpkeConfig {
        &self.collector
    }

    /// Returns what is released of the task.
    pub fn collection(&self) -> Collection {
        let Document { collection, eligible, .. } = &self.document;
        // OK because a task is checked for it when it is made.
        Collection::new(collection, Some(*eligible)).expect("a checked name")
    }

    pub fn operator(&self, role: Role) -> &Operator {
        match role {
            Role::Leader => &self.document.leader,
            Role::Helper => &self.document.helper,
        }
    }

    /// Returns the address of a resource at one of the operators.
    pub fn url(&self, role: Role, path: &str) -> String {
        format!("{}/{path}", self.operator(role).url.trim_end_matches('/'))
    }

    /// Returns an operator's address without its path, as a Content-Security-Policy names it.
    pub fn origin(&self, role: Role) -> String {
        let url = &self.operator(role).url;
        let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
        url[..end].to_owned()
    }

    /// Returns the beginning and the end of the batch, in seconds since 1970.
    pub fn window(&self) -> (u64, u64) {
        self.window
    }

    /// Returns where a moment lies, in seconds since 1970.
    pub fn moment(&self, seconds: u64) -> Moment {
        match seconds {
            _ if seconds < self.window.0 => Moment::BeforeOpening,
            _ if seconds < self.window.1 => Moment::Open,
            _ => Moment::AfterClosing,
        }
    }

    /// Returns a moment as a report tells it: rounded down to the day.
    pub fn rounded(&self, seconds: u64) -> u64 {
        seconds - seconds % self.document.time_precision
    }

    /// Returns whether both operators run on the machine of the page: a demonstration, and no protection at all.
    pub fn is_demonstration(&self) -> bool {
        Role::BOTH.iter().all(|role| host(&self.operator(*role).url).is_some_and(|host| is_loopback(&host)))
    }
}

fn find_instrument(document: &Document, instruments: &[Instrument]) -> Result<Instrument, TaskError> {
    let found = instruments.iter().find(|instrument| instrument.id() == document.instrument);
    let Some(found) = found else {
        let known = instruments.iter().map(|instrument| instrument.id().to_owned()).collect();
        return Err(TaskError::UnknownInstrument { found: document.instrument.clone(), known });
    };
    if *found.hash() != document.instrument_hash {
        let (found, expected) = (document.instrument_hash.clone(), found.hash().clone());
        return Err(TaskError::OtherInstrument { found, expected });
    }
    Ok(found.clone())
}

fn check_operators(document: &Document) -> Result<(), TaskError> {
    let mut hosts = Vec::new();
    for (role, operator) in [(Role::Leader, &document.leader), (Role::Helper, &document.helper)] {
        if operator.name.trim().is_empty() {
            return Err(TaskError::NoName(role));
        }
        let host = host(&operator.url).ok_or_else(|| TaskError::Url { role, found: operator.url.clone() })?;
        hosts.push(host);
    }
    // On this machine there is nobody to be independent of: it can only be a demonstration, and is called one.
    let is_demonstration =
        hosts.iter().all(|host| is_loopback(host)) && document.leader.url != document.helper.url;
    if hosts[0] == hosts[1] && !is_demonstration {
        return Err(TaskError::SameHost(hosts.swap_remove(0)));
    }
    let [leader, helper] = [&document.leader.name, &document.helper.name];
    if leader.trim().to_lowercase() == helper.trim().to_lowercase() {
        return Err(TaskError::SameName(leader.trim().to_owned()));
    }
    Ok(())
}

fn check_numbers(document: &Document, policy: &Policy) -> Result<(), TaskError> {
    let (found, expected) = (document.minimum_batch, MIN_BATCH.max(policy.threshold()));
    if found < expected {
        return Err(TaskError::SmallBatch { found, expected });
    }
    if document.eligible < found {
        return Err(TaskError::FewEligible { found: document.eligible, minimum_batch: found });
    }
    if document.time_precision != SECONDS {
        return Err(TaskError::Precision(document.time_precision));
    }
    Ok(())
}

fn window(document: &Document) -> Result<(u64, u64), TaskError> {
    let Document { opens, closes, .. } = document;
    let days = opens.unix().zip(closes.unix()).filter(|(opens, closes)| opens <= closes);
    let (opens, closes) = days.ok_or(TaskError::Window { opens: *opens, closes: *closes })?;
    Ok((opens, closes + SECONDS))
}

/// Returns the host of an address, if it is one that a report may be sent to.
fn host(url: &str) -> Option<String> {
    let (is_safe, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return None,
    };
    if rest.contains(['?', '#', '@', '\\', ' ']) || !rest.is_ascii() {
        return None;
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => {
            port.parse::<u16>().ok()?;
            host
        }
        _ => authority,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_usable = !host.is_empty() && (is_safe || is_loopback(&host));
    is_usable.then_some(host)
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "localhost" | "[::1]") || host.ends_with(".localhost")
}
