//! `balint-survey collect`: the coordinator's side of the close of a remote survey.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use balint_survey::instrument::Instrument;
use balint_survey::remote::collecting::{
    Answer, Collecting, GatherError, Gathered, Inquiry, Next, finish, read_janus,
};
use balint_survey::remote::keys::{Collector, CollectorFile, KeysError};
use clap::Args;
use ureq::Agent;

use crate::new_files::{self, NewFilesError};

/// Opens the sum of a survey that was answered from home, and prints its release as JSON.
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// The coordinator's keys: the collector.json that `balint-survey task` has made.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// Asks for the sum before the last day is over, which closes the survey for good.
    #[arg(long)]
    close_now: bool,

    /// Reads what Janus' own `collect` has printed, instead of asking the leader; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "close_now")]
    janus: Option<PathBuf>,

    /// Where the release is written, in the place of no other file; by default, to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Why there is no release.
#[derive(Debug)]
pub enum CollectError {
    Read { path: PathBuf, source: io::Error },
    Keys { path: PathBuf, source: KeysError },
    Gather(GatherError),
    Janus { path: PathBuf, source: GatherError },
    Out(NewFilesError),
}

impl fmt::Display for CollectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => {
                write!(f, "{} cannot be read ({source}); expected a readable file", path.display())
            }
            Self::Keys { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Gather(error @ GatherError::NotOver { .. }) => write!(f, "{error}: --close-now"),
            Self::Gather(error) => error.fmt(f),
            Self::Janus { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Out(error) => write!(f, "--out: {error}"),
        }
    }
}

impl std::error::Error for CollectError {}

/// Returns the release, as JSON, or where it was written; what is void is told on standard error.
///
/// # Errors
///
/// If the keys cannot be used, the leader does not give the sum, the policy forbids a release, or it cannot be
/// written.
pub fn run(args: &CollectArgs) -> Result<String, CollectError> {
    let at = |source| CollectError::Keys { path: args.key.clone(), source };
    let collector = CollectorFile::from_json(&read(&args.key)?, &Instrument::built_in()).map_err(at)?;
    if let Some(out) = &args.out {
        new_files::check_absent(out).map_err(CollectError::Out)?;
    }
    let gathered = match &args.janus {
        Some(path) => of_janus(&collector, path)?,
        None => ask(collector, args.close_now).map_err(CollectError::Gather)?,
    };
    if !gathered.voided.is_empty() {
        eprintln!(
            "void, as at least one respondent did not use this program: {}",
            gathered.voided.join(", ")
        );
    }
    let release = gathered.release.to_json();
    let Some(out) = &args.out else { return Ok(release) };
    new_files::write_public(out, &release).map_err(CollectError::Out)?;
    Ok(format!("The release is in {}\n", out.display()))
}

fn of_janus(collector: &Collector, path: &Path) -> Result<Gathered, CollectError> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let gathered = read_janus(&text).and_then(|sum| finish(&collector.task, &sum));
    gathered.map_err(|source| CollectError::Janus { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, CollectError> {
    let read = match path == Path::new("-") {
        true => io::read_to_string(io::stdin()).map(String::into_bytes),
        false => fs::read(path),
    };
    read.map_err(|source| CollectError::Read { path: path.to_owned(), source })
}

/// Asks the leader until it has given the sum.
fn ask(collector: Collector, closes_now: bool) -> Result<Gathered, GatherError> {
    let mut collecting = Collecting::new(collector, now(), closes_now)?;
    let agent = agent();
    eprintln!("asking {} for the sum", collecting.task().document().leader.name);
    let mut told = Vec::new();
    loop {
        let next = match perform(&agent, &collecting.inquiry()) {
            Ok(answer) => collecting.answer(&answer)?,
            Err(error) => {
                eprintln!("no answer: {error}");
                collecting.unreachable()?
            }
        };
        match next {
            Next::Done(gathered) => return Ok(*gathered),
            Next::Wait(0) => {}
            Next::Wait(seconds) => {
                // Each of them once.
                if let Some(delay) = collecting.delay().filter(|delay| !told.contains(delay)) {
                    eprintln!("{delay}");
                    told.push(delay);
                }
                eprintln!("asking again in {seconds} s; this can be broken off and repeated");
                thread::sleep(Duration::from_secs(seconds));
            }
        }
    }
}

/// Returns the seconds since 1970.
fn now() -> u64 {
    // Before 1970 no survey is open.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// Returns what asks: it follows no redirection, as the token is for the leader alone.
fn agent() -> Agent {
    let config = Agent::config_builder();
    let config = config.http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
    config.timeout_global(Some(Duration::from_secs(60))).build().new_agent()
}

fn perform(agent: &Agent, inquiry: &Inquiry) -> Result<Answer, ureq::Error> {
    let mut builder = ureq::http::Request::builder().method(inquiry.method).uri(&inquiry.url);
    for (name, value) in &inquiry.headers {
        builder = builder.header(*name, value);
    }
    let mut response = agent.run(builder.body(inquiry.body.clone().unwrap_or_default())?)?;
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let status = response.status().as_u16();
    Ok(Answer { status, retry_after, body: response.body_mut().read_to_vec()? })
}
