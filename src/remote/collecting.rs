//! How a coordinator gets the sum of a task and makes the release of it.
//!
//! Nothing here touches a network or a clock: [`Collecting`] says what to ask the leader, and is told what it
//! answered. The command line and the browser differ only in who asks.
//!
//! **Invariant:** the sum leaves this module as a [`Release`] only, by the policy of the task.

pub mod describe;

use std::fmt;

use super::dap09::{self, COLLECT_REQUEST, COLLECTION, Sum};
use super::keys::Collector;
use super::task::{Moment, Task};
use super::{Role, problem};
use crate::disclosure::{Refusal, Release, ReleaseError, release};
use crate::report::fieldwork::Day;
use crate::tally::Tally;
use crate::tally::indicators::{IndicatorError, IndicatorTally};

/// How long to wait, in seconds, where the leader does not say.
const WAIT: u64 = 5;
/// The longest time to wait, whatever the leader says: a progress that stands still looks broken.
const LONGEST_WAIT: u64 = 60;
/// How often in a row the leader may be unreachable or in trouble.
const TRIES: u32 = 5;
/// How often in a row the leader may say that it is not ready before there is something to do about it.
const PATIENCE: u32 = 3;
/// How much of what the leader says is shown, in characters.
const LONGEST_DETAIL: usize = 300;

/// A collection that is going on.
pub struct Collecting {
    collector: Collector,
    step: Step,
    /// How often in a row nothing useful was answered.
    failures: u32,
    /// How often in a row it said that it is not ready.
    waits: u32,
    /// What it said that it waits for.
    detail: Option<String>,
    /// Whether the window was over when this began.
    is_over: bool,
}

/// Prints no key.
impl fmt::Debug for Collecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collecting({:?})", self.step)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The leader is to be asked for the sum.
    Ask,
    /// It has been asked, and works.
    Poll,
}

/// What to ask the leader.
#[derive(Clone, PartialEq, Eq)]
pub struct Inquiry {
    pub method: &'static str,
    pub url: String,
    /// By name.
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
}

/// Prints no token.
impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inquiry({} {})", self.method, self.url)
    }
}

/// What the leader answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// For how many seconds it asks to be left alone.
    pub retry_after: Option<u64>,
    pub body: Vec<u8>,
}

/// What comes after an answer.
#[derive(Debug)]
pub enum Next {
    /// Ask again after so many seconds.
    Wait(u64),
    Done(Box<Gathered>),
}

/// What a collection has given.
#[derive(Debug)]
pub struct Gathered {
    pub release: Release,
    /// The ids of what contradicted itself, and is void.
    pub voided: Vec<String>,
}

/// Why a collection gives no release.
#[derive(Clone, Debug, PartialEq)]
pub enum GatherError {
    NotOpen {
        opens: Day,
    },
    /// The survey goes on, and nobody has said that it is to be closed.
    NotOver {
        closes: Day,
    },
    Unreachable {
        url: String,
    },
    /// The leader did not give the sum, for a reason that the protocol has a name for.
    Problem {
        problem: Problem,
        minimum_batch: u64,
        /// Whether no more answers can come.
        is_over: bool,
        /// What the leader says about it.
        detail: Option<String>,
    },
    /// What was asked for is not there any more.
    Deleted {
        leader: String,
    },
    /// It did not give it for another reason.
    Status {
        status: u16,
        reason: Option<String>,
    },
    Opening(dap09::CollectionError),
    /// There are more reports than people who were invited.
    TooMany {
        found: u64,
        expected: u64,
    },
    Sums(IndicatorError),
    Refused(Refusal),
    /// The release of the sums is none that anybody would accept: at least one respondent did not use this program.
    Impossible(ReleaseError),
    /// The output of Janus' `collect` has no such line.
    NoLine(&'static str),
    /// One of the numbers after such a line, counted from 1, is none.
    Number {
        line: &'static str,
        place: usize,
    },
}

/// The protocol's problems (DAP-09, section 3.2) that concern a coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    SmallBatch,
    QueriedBefore,
    Overlap,
    Mismatch,
    Unauthorized,
    UnknownTask,
    InvalidBatch,
}

impl Problem {
    /// Returns the problem by the last word of its type.
    fn named(kind: &str) -> Option<Problem> {
        Some(match kind {
            "invalidBatchSize" => Problem::SmallBatch,
            "batchQueriedTooManyTimes" => Problem::QueriedBefore,
            "batchOverlap" => Problem::Overlap,
            "batchMismatch" => Problem::Mismatch,
            "unauthorizedRequest" => Problem::Unauthorized,
            "unrecognizedTask" => Problem::UnknownTask,
            "batchInvalid" => Problem::InvalidBatch,
            _ => return None,
        })
    }

    /// Returns whether the leader's own words add to ours: where they say what the helper has refused.
    fn is_explained_by(self, detail: &str) -> bool {
        matches!(self, Problem::SmallBatch | Problem::Mismatch) && detail.contains("helper")
    }
}

impl fmt::Display for GatherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen { opens } => {
                write!(f, "the survey opens on {opens} (UTC); expected to be asked after it has closed")
            }
            Self::NotOver { closes } => write!(
                f,
                "the survey is open until the end of {closes} (UTC), and asking for the sum closes it for good; \
                 expected a word that this is meant"
            ),
            Self::Unreachable { url } => {
                write!(f, "{url} cannot be reached; nothing is lost: asking again goes on where this stopped")
            }
            Self::Problem { problem, minimum_batch, is_over, detail } => {
                problem_in_words(*problem, *minimum_batch, *is_over, f)?;
                match detail.as_ref().filter(|detail| problem.is_explained_by(detail)) {
                    Some(detail) => write!(f, " (the leader says: {detail})"),
                    None => Ok(()),
                }
            }
            Self::Deleted { leader } => write!(
                f,
                "the leader has deleted what was asked for, and gives the sum to nobody any more; \
                 expected to have it from the first time, or to ask {leader} what has happened"
            ),
            Self::Status { status, reason: Some(reason) } => {
                write!(f, "the leader answers with status {status}: {reason}")
            }
            Self::Status { status, reason: None } => {
                write!(f, "the leader answers with status {status}; expected the sum")
            }
            Self::Opening(error) => error.fmt(f),
            Self::TooMany { found, expected } => write!(
                f,
                "the batch has {found} reports; expected at most {expected}, as many as were invited: \
                 the operators took more, and nothing is released"
            ),
            Self::Sums(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Impossible(error) => write!(
                f,
                "the sums contradict themselves in a way that gives no release: {error}; \
                 at least one respondent did not use this program"
            ),
            Self::NoLine(expected) => {
                write!(f, "found no line {expected:?}; expected what `collect` of Janus prints")
            }
            // Without what was found: it may be a part of the sum.
            Self::Number { line, place } => {
                write!(f, "{line:?}: number {place} is none; expected a whole number")
            }
        }
    }
}

impl std::error::Error for GatherError {}

fn problem_in_words(
    problem: Problem,
    minimum_batch: u64,
    is_over: bool,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match problem {
        Problem::SmallBatch if is_over => write!(
            f,
            "fewer than {minimum_batch} have answered; the survey is over: nothing can be opened any more"
        ),
        Problem::SmallBatch => write!(
            f,
            "fewer than {minimum_batch} have answered: nothing was opened, and the survey goes on"
        ),
        Problem::QueriedBefore | Problem::Overlap => f.write_str(
            "the sum was opened before, by another request than this one: it opens only once",
        ),
        Problem::Mismatch => f.write_str(
            "the two operators have not counted the same reports: nothing was opened; \
             expected both to find out which of them has lost some",
        ),
        Problem::Unauthorized => f.write_str(
            "the leader does not know this coordinator's token; \
             expected the collector.json that was made with its leader.json",
        ),
        Problem::UnknownTask => f.write_str(
            "the leader does not know this survey; expected the operators to serve the task of this collector.json",
        ),
        Problem::InvalidBatch => {
            f.write_str("the leader does not take the survey's window for a batch; expected its task to be ours")
        }
    }
}

impl Collecting {
    /// Begins a collection, or goes on with one that was broken off; `now` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// If the survey has not opened, or goes on and is not to be closed now.
    pub fn new(collector: Collector, now: u64, closes_now: bool) -> Result<Collecting, GatherError> {
        let document = collector.task.document();
        let moment = collector.task.moment(now);
        match moment {
            Moment::BeforeOpening => Err(GatherError::NotOpen { opens: document.opens }),
            Moment::Open if !closes_now => Err(GatherError::NotOver { closes: document.closes }),
            Moment::Open | Moment::AfterClosing => Ok(Collecting {
                collector,
                step: Step::Ask,
                failures: 0,
                waits: 0,
                detail: None,
                is_over: moment == Moment::AfterClosing,
            }),
        }
    }

    pub fn task(&self) -> &Task {
        &self.collector.task
    }

    /// Returns what to ask the leader now. It can be repeated: the leader knows the job by its id.
    pub fn inquiry(&self) -> Inquiry {
        let task = self.task();
        let path = dap09::collection_job_path(task, &dap09::collection_job(task));
        let token = ("authorization", format!("Bearer {}", self.collector.token));
        let url = task.url(Role::Leader, &path);
        match self.step {
            Step::Ask => Inquiry {
                method: "PUT",
                url,
                headers: vec![token, ("content-type", COLLECT_REQUEST.to_owned())],
                body: Some(dap09::collect_request(task)),
            },
            Step::Poll => Inquiry {
                method: "POST",
                url,
                headers: vec![token, ("accept", COLLECTION.to_owned())],
                body: None,
            },
        }
    }

    /// Takes the leader's answer to what was asked.
    ///
    /// # Errors
    ///
    /// If it does not give the sum, now or later, or no release can be made of it.
    pub fn answer(&mut self, answer: &Answer) -> Result<Next, GatherError> {
        self.detail = None;
        self.waits = if answer.status == 202 { self.waits + 1 } else { 0 };
        match (answer.status, self.step) {
            (200..=299, Step::Ask) => {
                self.step = Step::Poll;
                self.failures = 0;
                Ok(Next::Wait(0))
            }
            (202, Step::Poll) => {
                self.failures = 0;
                self.detail = detail(&answer.body);
                Ok(Next::Wait(wait(answer)))
            }
            (204, Step::Poll) => {
                let leader = self.task().operator(Role::Leader).name.clone();
                Err(GatherError::Deleted { leader })
            }
            (200..=299, Step::Poll) => self.open(&answer.body).map(|gathered| Next::Done(Box::new(gathered))),
            (429 | 500.., _) => {
                self.detail = detail(&answer.body);
                self.try_again(wait(answer), self.refusal(answer))
            }
            _ => Err(self.refusal(answer)),
        }
    }

    /// Takes note that nobody answered.
    ///
    /// # Errors
    ///
    /// If that has happened too often.
    pub fn unreachable(&mut self) -> Result<Next, GatherError> {
        let url = self.task().operator(Role::Leader).url.clone();
        (self.detail, self.waits) = (None, 0);
        // Each time twice as long: 1, 2, 4, 8 seconds.
        self.try_again(1 << self.failures, GatherError::Unreachable { url })
    }

    /// Returns why there is no sum yet, where the leader has said it, or where it takes long: then somebody
    /// has to see to it.
    pub fn delay(&self) -> Option<String> {
        let [leader, helper] = Role::BOTH.map(|role| &self.task().operator(role).name);
        let hint = format!("; if this goes on, ask {helper} whether their process runs");
        let hint = if self.waits >= PATIENCE { &hint } else { "" };
        match &self.detail {
            Some(detail) => Some(format!("{leader} (leader) is waiting: {detail}{hint}")),
            None if hint.is_empty() => None,
            None => Some(format!("{leader} (leader) is waiting{hint}")),
        }
    }

    fn try_again(&mut self, seconds: u64, error: GatherError) -> Result<Next, GatherError> {
        self.failures += 1;
        if self.failures < TRIES { Ok(Next::Wait(seconds)) } else { Err(error) }
    }

    fn refusal(&self, answer: &Answer) -> GatherError {
        let (kind, _) = problem(&answer.body);
        let reason = detail(&answer.body);
        let problem = kind.and_then(|kind| Problem::named(&kind));
        let problem = problem.or((answer.status == 401).then_some(Problem::Unauthorized));
        let minimum_batch = self.task().document().minimum_batch;
        match problem {
            Some(problem) => {
                GatherError::Problem { problem, minimum_batch, is_over: self.is_over, detail: reason }
            }
            None => GatherError::Status { status: answer.status, reason },
        }
    }

    fn open(&self, collection: &[u8]) -> Result<Gathered, GatherError> {
        let Collector { task, private_key, .. } = &self.collector;
        let sum = dap09::open_collection(task, private_key, collection).map_err(GatherError::Opening)?;
        finish(task, &sum)
    }
}

/// Returns what an answer says in its `detail`: some of it, without what a terminal would obey.
fn detail(body: &[u8]) -> Option<String> {
    let (_, detail) = problem(body);
    let clean = |text: String| text.chars().filter(|c| !c.is_control()).take(LONGEST_DETAIL).collect();
    detail.map(clean).filter(|text: &String| !text.trim().is_empty())
}

/// Returns for how many seconds to leave the leader alone.
fn wait(answer: &Answer) -> u64 {
    answer.retry_after.unwrap_or(WAIT).clamp(1, LONGEST_WAIT)
}

/// Makes the release of a sum, by the policy of the task.
///
/// # Errors
///
/// If there are more reports than people were invited, fewer than the task opens, the sums are not those of the task's instrument, or the policy
/// forbids a release.
pub fn finish(task: &Task, sum: &Sum) -> Result<Gathered, GatherError> {
    let (found, expected) = (sum.reports, task.document().eligible);
    if found > expected {
        return Err(GatherError::TooMany { found, expected });
    }
    let expected = task.document().minimum_batch;
    if found < expected {
        return Err(GatherError::Opening(dap09::CollectionError::SmallBatch { found, expected }));
    }
    let IndicatorTally { tally, voided } =
        Tally::from_indicator_sums(task.instrument(), found, &sum.sums).map_err(GatherError::Sums)?;
    let release = release(tally, task.instrument(), &task.policy(), &task.collection());
    let release = release.map_err(GatherError::Refused)?;
    // A backstop: whoever reads the release checks it, and nobody is to learn only then that it is none.
    let instruments = [task.instrument().clone()];
    Release::from_json(release.to_json().as_bytes(), &instruments).map_err(GatherError::Impossible)?;
    Ok(Gathered { release, voided })
}

const REPORTS_LINE: &str = "Number of reports: ";
const RESULT_LINE: &str = "Aggregation result: ";

/// Reads the sum that Janus' own `collect` has printed (`tools/src/bin/collect.rs` of divviup/janus).
///
/// # Errors
///
/// If one of its two lines is not there, or holds something else than numbers.
pub fn read_janus(text: &str) -> Result<Sum, GatherError> {
    let line = |start: &'static str| {
        let found = text.lines().find_map(|line| line.trim().strip_prefix(start));
        found.ok_or(GatherError::NoLine(start)).map(str::trim)
    };
    let reports = line(REPORTS_LINE)?.parse();
    let reports = reports.map_err(|_| GatherError::Number { line: REPORTS_LINE, place: 1 })?;
    let list = line(RESULT_LINE)?.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    let list = list.ok_or(GatherError::NoLine("Aggregation result: [..]"))?;
    let numbers = list.split(',').zip(1..).map(|(text, place)| {
        text.trim().parse().map_err(|_| GatherError::Number { line: RESULT_LINE, place })
    });
    Ok(Sum { reports, sums: numbers.collect::<Result<_, _>>()? })
}
