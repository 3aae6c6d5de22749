//! Runs one of the two operators of a remote survey: a process that never sees an answer.
//!
//! ```text
//!  students ── reports ──► http ─► leader ─► store        the leader's process
//!                                    counting ─┐
//!                             aggregation jobs │ one request for up to 100 reports
//!                                              ▼
//!                          http ─► helper ─► store        the helper's process
//! ```
//!
//! Both speak DAP-09 as [`balint_survey::remote`] does, with the messages of `janus_messages`, so that either can be
//! Janus instead. One process serves one task.
//!
//! **Invariant:** only counts are logged.

mod problem;
mod sum;
mod store;
mod share;
mod leader;
mod counting;
mod helper;
mod http;
mod journal;

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::Credentials;
use balint_survey::remote::keys::{CodesFile, KeysError, OperatorFile};
use balint_survey::remote::task::{Moment, Task};
use balint_survey::remote::{Role, dap09};
use clap::Args;
use janus_messages::problem_type::DapProblemType;
use prio::vdaf::prio3::Prio3SumVec;

use crate::parse_address;
use crate::signal::serve_until_told;
use problem::Problem;
use store::{Keys, Store, StoreError};

/// By how many seconds a respondent's clock may be ahead of the operator's.
const SKEW: u64 = 86_400;

/// What `aggregator` takes.
#[derive(Debug, Args)]
pub struct AggregatorArgs {
    /// Which of the two operators it is, as in the operator's file.
    #[arg(long, value_name = "leader|helper", value_parser = parse_role)]
    role: Role,

    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "IP:PORT", value_parser = parse_address)]
    address: SocketAddr,

    /// The SQLite file that keeps what has come; made when there is none.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,

    /// The operator's file, which `balint-survey task` makes.
    #[arg(long, value_name = "FILE")]
    task: PathBuf,

    /// The operator's codes, which `balint-survey invite` makes; they are added to those in the store.
    #[arg(long, value_name = "FILE")]
    codes: Option<PathBuf>,

    /// Lets the coordinator close the survey before its last day is over.
    #[arg(long)]
    may_close_early: bool,

    /// Ends when standard input does: the demonstration's operators must not outlive it.
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

fn parse_role(text: &str) -> Result<Role, String> {
    let found = Role::BOTH.into_iter().find(|role| role.name() == text);
    found.ok_or_else(|| "expected leader or helper".to_owned())
}

/// Why an operator's process does not run.
#[derive(Debug)]
pub enum AggregatorError {
    Read {
        path: PathBuf,
        source: io::Error,
    },
    Keys {
        path: PathBuf,
        error: KeysError,
    },
    /// The file is the other operator's.
    OtherRole {
        found: Role,
        expected: Role,
    },
    /// The task asks for no codes.
    NeedlessCodes,
    /// The task asks for codes, and the operator knows none.
    NoCodes,
    Store(StoreError),
    Bind {
        address: SocketAddr,
        source: io::Error,
    },
    Run(io::Error),
}

impl fmt::Display for AggregatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AggregatorError::Read { path, source } => {
                write!(f, "{} cannot be read ({source}); expected a file for this operator", path.display())
            }
            AggregatorError::Keys { path, error } => write!(f, "{}: {error}", path.display()),
            AggregatorError::OtherRole { found, expected } => write!(
                f,
                "found the file of the {}; expected that of the {}, as --role says: each operator has its own, \
                 and nobody may have both",
                found.name(),
                expected.name()
            ),
            AggregatorError::NeedlessCodes => {
                f.write_str("found --codes; expected none, as the task asks respondents for no codes")
            }
            AggregatorError::NoCodes => f.write_str(
                "the task asks for invitation codes, and the store knows none: start it with --codes FILE, \
                 with this operator's file that `balint-survey invite` has made",
            ),
            AggregatorError::Store(error) => error.fmt(f),
            AggregatorError::Bind { address, source } => write!(
                f,
                "cannot listen on {address} ({source}); expected a free port of this machine: \
                 choose one with --address IP:PORT, where port 0 takes any"
            ),
            AggregatorError::Run(source) => {
                write!(f, "the operator stopped ({source}); expected to run until a signal")
            }
        }
    }
}

impl std::error::Error for AggregatorError {}

impl From<StoreError> for AggregatorError {
    fn from(error: StoreError) -> Self {
        AggregatorError::Store(error)
    }
}

/// One of the two operators, ready to work.
pub struct Operator {
    role: Role,
    task: Task,
    vdaf: Prio3SumVec,
    verify_key: [u8; 16],
    keys: Keys,
    store: Store,
    /// What the leader shows to the helper.
    aggregator_token: String,
    /// What the coordinator shows to the leader; the helper has none.
    collector_token: Option<String>,
    may_close_early: bool,
}

/// Runs an operator until ctrl-c or SIGTERM.
///
/// # Errors
///
/// If a file, the store or the port is of no use.
pub fn run(args: &AggregatorArgs) -> Result<(), AggregatorError> {
    let operator = Arc::new(Operator::open(args)?);
    if args.until_stdin_closes {
        thread::spawn(|| {
            // Whatever ends it, nobody is left who needs this process; what is acknowledged is stored.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            process::exit(0);
        });
    }
    let source = |source| AggregatorError::Bind { address: args.address, source };
    let listener = TcpListener::bind(args.address).map_err(source)?;
    journal::keep(operator.clone());
    let app = match operator.role {
        Role::Leader => http::leader(leader::Leader::new(operator.clone())),
        Role::Helper => http::helper(operator.clone()),
    };
    serve_until_told(listener, app, |address| announce(&operator, address)).map_err(AggregatorError::Run)
}

/// Says where the operator is; who starts the process reads the address from this line.
fn announce(operator: &Operator, address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout();
    let (role, task) = (operator.role.name(), &operator.task.document().task_id);
    writeln!(stdout, "Serving {role} of {task} on http://{address}/")?;
    stdout.flush()?;
    // For people, who compare it with that of the page; who reads the address may have gone away.
    journal::write(format_args!("task-hash {}", operator.task.hash()));
    Ok(())
}

impl Operator {
    fn open(args: &AggregatorArgs) -> Result<Operator, AggregatorError> {
        let keys_error = |error| AggregatorError::Keys { path: args.task.clone(), error };
        let json = read(&args.task)?;
        let (file, task) = OperatorFile::from_json(&json, &Instrument::built_in()).map_err(keys_error)?;
        if file.role != args.role {
            return Err(AggregatorError::OtherRole { found: file.role, expected: args.role });
        }
        let verify_key = file.verify_key().map_err(keys_error)?;
        let codes = read_codes(args, &task)?;
        let (store, keys) = Store::open(&args.store, args.role, &task)?;
        store.add_codes(&codes)?;
        let asks_for_codes = task.document().credentials == Credentials::Codes;
        if asks_for_codes && !store.has_codes()? && !store.is_over()? {
            return Err(AggregatorError::NoCodes);
        }
        let OperatorFile { role, aggregator_token, collector_token, .. } = file;
        let vdaf = dap09::vdaf(&task);
        let may_close_early = args.may_close_early;
        Ok(Operator {
            role,
            task,
            vdaf,
            verify_key,
            keys,
            store,
            aggregator_token,
            collector_token,
            may_close_early,
        })
    }

    /// Returns where the time of a report lies; `None` where it is in the window, but to come.
    fn moment(&self, time: u64) -> Option<Moment> {
        match self.task.moment(time) {
            Moment::Open if time > now().saturating_add(SKEW) => None,
            moment => Some(moment),
        }
    }

    /// Refuses to give a sum away before everybody has had the time to answer: until then, who asks for it would
    /// choose after whom the survey ends.
    fn check_over(&self) -> Result<(), Problem> {
        if self.may_close_early || self.task.moment(now()) == Moment::AfterClosing {
            return Ok(());
        }
        let detail = format!(
            "the survey can be answered until its last day, {}, is over (UTC); expected to be asked after that: \
             only an operator that was started with --may-close-early closes it before",
            self.task.document().closes
        );
        Err(Problem::dap(DapProblemType::BatchInvalid, detail))
    }

    /// Returns whether respondents show invitation codes.
    fn asks_for_codes(&self) -> bool {
        self.task.document().credentials == Credentials::Codes
    }
}

/// Returns the time, in seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

fn read(path: &Path) -> Result<Vec<u8>, AggregatorError> {
    fs::read(path).map_err(|source| AggregatorError::Read { path: path.to_owned(), source })
}

fn read_codes(args: &AggregatorArgs, task: &Task) -> Result<Vec<[u8; 32]>, AggregatorError> {
    let Some(path) = &args.codes else { return Ok(Vec::new()) };
    if task.document().credentials != Credentials::Codes {
        return Err(AggregatorError::NeedlessCodes);
    }
    CodesFile::from_json(&read(path)?, task, args.role)
        .map_err(|error| AggregatorError::Keys { path: path.clone(), error })
}
