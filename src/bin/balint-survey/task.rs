//! `balint-survey task`: what the portal, both operators and the coordinator begin a remote survey with.

use std::fmt;
use std::path::PathBuf;
use std::time::SystemTime;

use balint_survey::disclosure::Policy;
use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::{Credentials, ISSUER_BITS, Issuer};
use balint_survey::remote::dap09::{HpkeConfig, PrivateKey};
use balint_survey::remote::keys::{CollectorFile, OperatorFile};
use balint_survey::remote::task::{Document, MIN_BATCH, Operator, Task, TaskError, Terms};
use balint_survey::remote::{Role, base64url, random};
use balint_survey::report::fieldwork::Day;
use clap::{Args, FromArgMatches, ValueEnum};
use serde::Serialize;

use crate::issuer::IssuerFile;
use crate::new_files::{self, NewFile, NewFilesError};

/// Makes the files of a survey that is answered from home.
#[derive(Debug, Args)]
pub struct TaskArgs {
    /// A built-in instrument.
    #[arg(long, value_name = "ID")]
    instrument: String,

    /// What the collection is called, which is published.
    #[arg(long, value_name = "NAME")]
    collection: String,

    /// How many are invited.
    #[arg(long, value_name = "N", value_parser = crate::parse_whole::<u64>)]
    eligible: u64,

    /// The first day on which the survey can be answered (UTC), such as 2026-01-13.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    opens: Day,

    /// The last day.
    #[arg(long, value_name = "DAY", value_parser = parse_day)]
    closes: Day,

    /// Where the operator is that takes the reports.
    #[arg(long, value_name = "URL")]
    leader: String,

    /// Who runs it, for the respondents to read.
    #[arg(long, value_name = "TEXT")]
    leader_name: String,

    /// Where the other operator is.
    #[arg(long, value_name = "URL")]
    helper: String,

    /// Who runs it.
    #[arg(long, value_name = "TEXT")]
    helper_name: String,

    /// What may be released: standard, strict, small-group or published.
    #[arg(long, value_name = "NAME", default_value = "standard", value_parser = Policy::named)]
    policy: Policy,

    /// From how many reports on the sum opens.
    #[arg(long, value_name = "N", default_value_t = MIN_BATCH, value_parser = crate::parse_whole::<u64>)]
    minimum_batch: u64,

    /// What lets each invited person answer once.
    #[arg(long, value_name = "KIND", default_value = "codes")]
    credentials: Kind,

    /// The folder for the files; by default, the collection's name.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// The day on which the task is made, in the place of the clock's: for tests, whose windows are over.
    #[arg(long, value_name = "DAY", value_parser = parse_day, hide = true)]
    today: Option<Day>,
}

impl TaskArgs {
    /// Reads them from words, as the command line does.
    ///
    /// # Errors
    ///
    /// If a flag is wrong or not there.
    pub fn from_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<TaskArgs, clap::Error> {
        let command = TaskArgs::augment_args(clap::Command::new("task"));
        TaskArgs::from_arg_matches(&command.try_get_matches_from(words)?)
    }
}

/// What lets each invited person answer once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Codes, which `balint-survey invite` makes.
    Codes,
    /// Tokens, which a portal with a login signs.
    Tokens,
    /// Nothing: anybody can answer, as often as they like.
    None,
}

fn parse_day(text: &str) -> Result<Day, String> {
    Day::try_from(text.to_owned())
}

/// Why no task is made.
#[derive(Debug)]
pub enum TaskCommandError {
    Task(TaskError),
    /// The window is over before it begins.
    Over {
        closes: Day,
        today: Day,
    },
    /// No RSA keys could be made.
    Issuer,
    Files(NewFilesError),
}

impl fmt::Display for TaskCommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(error) => {
                match flag(error) {
                    Some(flag) => write!(f, "{flag}: {}", without_field(&error.to_string()))?,
                    None => error.fmt(f)?,
                }
                match error {
                    TaskError::UnknownInstrument { .. } => {
                        f.write_str("; a survey of your own cannot be asked from home")
                    }
                    _ => Ok(()),
                }
            }
            Self::Over { closes, today } => write!(
                f,
                "--closes: found {closes}; expected {today}, which is today (UTC), or later: \
                 nobody could answer any more"
            ),
            Self::Issuer => {
                write!(f, "the portal's keys cannot be made; expected RSA with {ISSUER_BITS} bits")
            }
            Self::Files(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TaskCommandError {}

/// Returns the day that it is (UTC), if the clock knows one.
fn today() -> Option<Day> {
    Day::of_unix(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
}

/// Returns the flags that an error of the task is about.
fn flag(error: &TaskError) -> Option<&'static str> {
    Some(match error {
        TaskError::UnknownInstrument { .. } => "--instrument",
        TaskError::Collection(_) => "--collection",
        TaskError::Url { role: Role::Leader, .. } => "--leader",
        TaskError::Url { role: Role::Helper, .. } => "--helper",
        TaskError::NoName(Role::Leader) => "--leader-name",
        TaskError::NoName(Role::Helper) => "--helper-name",
        TaskError::SameHost(_) => "--leader and --helper",
        TaskError::SameName(_) => "--leader-name and --helper-name",
        TaskError::SmallBatch { .. } => "--minimum-batch",
        TaskError::FewEligible { .. } => "--eligible",
        TaskError::Window { .. } => "--closes",
        _ => return None,
    })
}

/// Returns a message without the name of the field that it begins with.
fn without_field(message: &str) -> &str {
    message.split_once(": ").map_or(message, |(_, rest)| rest)
}

/// Makes the files, and returns what there is to do with them.
///
/// # Errors
///
/// If the task would be refused by those who read it, or its files cannot be made; then there is none.
pub fn run(args: &TaskArgs) -> Result<String, TaskCommandError> {
    let (collector, private_key) = HpkeConfig::generate(random::<1>()[0]);
    let document = document(args, &collector)?;
    // First without keys that take time to make: most errors are found here.
    let instruments = Instrument::built_in();
    let parse = |text: &str| Task::from_json(text.as_bytes(), &instruments).map_err(TaskCommandError::Task);
    let mut text = Task::write(&document);
    let mut task = parse(&text)?;
    // Not for the task itself to know: it is read when its window is over, too.
    if let Some(today) = args.today.or_else(today).filter(|today| args.closes < *today) {
        return Err(TaskCommandError::Over { closes: args.closes, today });
    }
    let mut files = Vec::new();
    if args.credentials == Kind::Tokens {
        let (issuer, credentials) = Issuer::new().ok_or(TaskCommandError::Issuer)?;
        text = Task::write(&Document { credentials, ..document });
        task = parse(&text)?;
        let issuer = IssuerFile::new(&issuer).ok_or(TaskCommandError::Issuer)?;
        files.push(NewFile { name: "issuer.json", text: to_json(&issuer), is_secret: true });
    }
    files.extend(secrets(&text, &private_key));
    files.push(NewFile { name: "task.json", text, is_secret: false });
    let folder = args.out.clone().unwrap_or_else(|| PathBuf::from(&args.collection));
    new_files::write(&folder, &files).map_err(TaskCommandError::Files)?;
    Ok(Instructions { task: &task, folder: &folder, kind: args.credentials }.to_string())
}

fn document(args: &TaskArgs, collector: &HpkeConfig) -> Result<Document, TaskCommandError> {
    let instruments = Instrument::built_in();
    let known = || instruments.iter().map(|known| known.id().to_owned()).collect();
    let instrument = instruments.iter().find(|known| known.id() == args.instrument).ok_or_else(|| {
        let found = args.instrument.clone();
        TaskCommandError::Task(TaskError::UnknownInstrument { found, known: known() })
    })?;
    let operator = |name: &str, url: &str| Operator { name: name.to_owned(), url: url.to_owned() };
    Ok(Document::new(Terms {
        instrument,
        policy: args.policy,
        collection: args.collection.clone(),
        eligible: args.eligible,
        opens: args.opens,
        closes: args.closes,
        leader: operator(&args.leader_name, &args.leader),
        helper: operator(&args.helper_name, &args.helper),
        minimum_batch: args.minimum_batch,
        credentials: if args.credentials == Kind::Codes { Credentials::Codes } else { Credentials::None },
        collector,
    }))
}

/// Returns the files of the operators and of the coordinator, with new keys.
fn secrets(task: &str, private_key: &PrivateKey) -> [NewFile; 3] {
    let verify_key = base64url::encode(&random::<16>());
    let aggregator_token = base64url::encode(&random::<32>());
    let collector_token = base64url::encode(&random::<32>());
    let operator = |role: Role| OperatorFile {
        role,
        task: task.to_owned(),
        verify_key: verify_key.clone(),
        aggregator_token: aggregator_token.clone(),
        collector_token: (role == Role::Leader).then(|| collector_token.clone()),
    };
    let collector = CollectorFile {
        task: task.to_owned(),
        private_key: base64url::encode(&private_key.to_bytes()),
        collector_token: collector_token.clone(),
    };
    let secret = |name, text| NewFile { name, text, is_secret: true };
    [
        secret("leader.json", to_json(&operator(Role::Leader))),
        secret("helper.json", to_json(&operator(Role::Helper))),
        secret("collector.json", to_json(&collector)),
    ]
}

fn to_json(value: &impl Serialize) -> String {
    // OK because strings always have a JSON form.
    serde_json::to_string_pretty(value).expect("strings can be written") + "\n"
}

/// What there is to do with the files.
struct Instructions<'a> {
    task: &'a Task,
    folder: &'a PathBuf,
    kind: Kind,
}

impl fmt::Display for Instructions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files(f)?;
        self.embed(f)?;
        self.janus(f)
    }
}

impl Instructions<'_> {
    fn files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        let name = |role: Role| &self.task.operator(role).name;
        writeln!(f, "Made in {folder}, each for one party alone, but for the first:")?;
        writeln!(f, "  task.json       for the portal to serve; it is public")?;
        writeln!(f, "  leader.json     for {}", name(Role::Leader))?;
        writeln!(f, "  helper.json     for {}", name(Role::Helper))?;
        writeln!(f, "  collector.json  for the coordinator; without it nobody can open the sum")?;
        if self.kind == Kind::Tokens {
            writeln!(f, "  issuer.json     for the portal, which signs tokens with it")?;
        }
        writeln!(
            f,
            "Hand leader.json and helper.json over, and delete them here: with both, one party can read every answer."
        )?;
        match self.kind {
            Kind::Codes => {
                writeln!(f, "The invitation codes: balint-survey invite --task {folder}/task.json --count N")
            }
            Kind::Tokens => writeln!(f, "The portal signs tokens: balint-survey sign --key issuer.json"),
            Kind::None => writeln!(f, "There are no credentials: anybody can answer, as often as they like."),
        }
    }

    fn embed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nInto the page:")?;
        let hash = self.task.hash();
        writeln!(
            f,
            "  <balint-survey mode=\"remote\" task=\"task.json\" task-hash=\"{hash}\"></balint-survey>"
        )?;
        writeln!(f, "\nInto its Content-Security-Policy, and that of the coordinator's page:")?;
        writeln!(
            f,
            "  connect-src 'self' {} {}",
            self.task.origin(Role::Leader),
            self.task.origin(Role::Helper)
        )
    }

    fn janus(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = self.task.document();
        let vdaf = &document.vdaf;
        writeln!(f, "\nWhere an operator runs Janus (release 0.7) instead of `balint-survey aggregator`:")?;
        writeln!(f, "  task_id: {}", document.task_id)?;
        writeln!(
            f,
            "  role: Leader or Helper; the peer's endpoint: {} or {}",
            document.helper.url, document.leader.url
        )?;
        writeln!(f, "  query_type: TimeInterval")?;
        let (bits, length, chunk_length) = (vdaf.bits, vdaf.length, vdaf.chunk_length);
        writeln!(
            f,
            "  vdaf: {{\"Prio3SumVec\":{{\"bits\":{bits},\"length\":{length},\"chunk_length\":{chunk_length}}}}}"
        )?;
        writeln!(f, "  vdaf_verify_key: \"verify_key\" in leader.json and in helper.json")?;
        writeln!(f, "  max_batch_query_count: 1")?;
        // The last second: Janus still takes a report of the expiration itself.
        writeln!(f, "  task_expiration: {}", self.task.window().1 - 1)?;
        writeln!(f, "  min_batch_size: {}", document.minimum_batch)?;
        writeln!(f, "  time_precision: {}", document.time_precision)?;
        writeln!(f, "  tolerable_clock_skew: {}", document.time_precision)?;
        self.collector(f)?;
        writeln!(
            f,
            "  aggregator_auth_token: Bearer, \"aggregator_token\" in leader.json and in helper.json"
        )?;
        writeln!(
            f,
            "  collector_auth_token: Bearer, \"collector_token\" in leader.json; the helper has none"
        )?;
        writeln!(f, "    (where it asks for the hash of a token: SHA-256 of its text, in base64url)")?;
        if self.kind != Kind::None {
            writeln!(f, "  Janus checks no credentials: with it as an operator, only the other one does.")?;
        }
        Ok(())
    }

    fn collector(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (config, bytes) = (self.task.collector(), self.task.collector().to_bytes());
        // The public key is the end of the configuration: 32 bytes of X25519.
        let key = base64url::encode(&bytes[bytes.len() - 32..]);
        writeln!(f, "  collector_hpke_config: {}", self.task.document().collector_hpke_config)?;
        writeln!(
            f,
            "    (id: {}, kem_id: X25519HkdfSha256, kdf_id: HkdfSha256, aead_id: Aes128Gcm, public_key: {key})",
            config.id()
        )
    }
}
