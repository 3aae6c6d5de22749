//! The demonstration of a remote survey: both operators on this machine, begun when somebody opens its page.
//!
//! One machine is not two operators: whoever runs it can read every answer, and the widget says so. Everything is
//! made anew each time and is gone when the server ends.

use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::{Blinded, Issuer, TokenPair};
use balint_survey::remote::dap09::{self, HpkeConfig, Shares};
use balint_survey::remote::task::{Task, TaskError};
use balint_survey::remote::{Role, base64url, random};
use balint_survey::report::fieldwork::{Day, SECONDS};
use balint_survey::tally::indicators::Indicators;
use balint_survey::workspace::example::Example;

use crate::issuer;
use crate::task::{self, TaskArgs, TaskCommandError};

/// How many can take part.
const ELIGIBLE: u64 = 290;
/// For how many days.
const DAYS: u64 = 42;

/// A running demonstration; dropping it ends both operators and removes their files.
pub struct Demo {
    folder: Folder,
    task: Task,
    issuer: Issuer,
    /// How many tokens the portal has signed.
    signed: AtomicU64,
    _operators: [Running; 2],
}

/// Why there is no demonstration.
#[derive(Debug)]
pub enum DemoError {
    Io(io::Error),
    Task(TaskCommandError),
    Refused(TaskError),
    Issuer,
    /// An operator has ended before it listened.
    Operator(Role),
    /// A synthetic response was not taken.
    Upload(String),
    /// Everybody has had their tokens.
    NoTokens,
    Request,
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(source) => write!(f, "the demonstration's files cannot be made ({source})"),
            Self::Task(error) => error.fmt(f),
            Self::Refused(error) => error.fmt(f),
            Self::Issuer => f.write_str("the portal's keys cannot be read"),
            Self::Operator(role) => write!(f, "the demonstration's {} has not started", role.name()),
            Self::Upload(reason) => write!(f, "a synthetic response was not taken: {reason}"),
            Self::NoTokens => write!(f, "{ELIGIBLE} people have had their tokens; expected no more"),
            Self::Request => f.write_str("found no blinded tokens; expected those of the widget"),
        }
    }
}

impl std::error::Error for DemoError {}

impl From<io::Error> for DemoError {
    fn from(error: io::Error) -> Self {
        DemoError::Io(error)
    }
}

impl Demo {
    /// Makes a task and starts its two operators, each a process with a port, keys and a store of its own.
    ///
    /// # Errors
    ///
    /// If files cannot be made or a process does not start.
    pub fn start() -> Result<Demo, DemoError> {
        let folder = Folder::new()?;
        let ports = free_ports()?;
        task::run(&arguments(&folder.0, ports)?).map_err(DemoError::Task)?;
        let read = |name: &str| fs::read(folder.0.join(name));
        let task =
            Task::from_json(&read("task.json")?, &Instrument::built_in()).map_err(DemoError::Refused)?;
        let issuer = issuer::read(&folder.0.join("issuer.json")).map_err(|_| DemoError::Issuer)?;
        let operators = [
            Running::start(&folder.0, Role::Leader, ports[0])?,
            Running::start(&folder.0, Role::Helper, ports[1])?,
        ];
        Ok(Demo { folder, task, issuer, signed: AtomicU64::new(0), _operators: operators })
    }

    /// Returns a file of the task.
    pub fn file(&self, name: &str) -> Result<Vec<u8>, DemoError> {
        Ok(fs::read(self.folder.0.join(name))?)
    }

    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Returns what a page must be allowed to connect to, for its Content-Security-Policy.
    pub fn origins(&self) -> String {
        Role::BOTH.map(|role| self.task.operator(role).url.trim_end_matches('/').to_owned()).join(" ")
    }

    /// Signs two tokens, as a portal does for somebody who has logged in; here nobody has to.
    ///
    /// # Errors
    ///
    /// If everybody has had theirs, or it is no request.
    pub fn sign(&self, request: &TokenPair) -> Result<TokenPair, DemoError> {
        if self.signed.fetch_add(1, Ordering::Relaxed) >= ELIGIBLE {
            return Err(DemoError::NoTokens);
        }
        self.issuer.sign(request).ok_or(DemoError::Request)
    }

    /// Hands in synthetic responses, one for each of so many people who do not exist, through both operators.
    ///
    /// # Errors
    ///
    /// If one is not taken; those before it are.
    pub fn add_synthetic(&self, count: usize) -> Result<(), DemoError> {
        let (instrument, responses) = Example::ClassSurvey.responses();
        let configs = [self.config(Role::Leader)?, self.config(Role::Helper)?];
        for response in responses.iter().cycle().take(count) {
            let credentials = &self.task.document().credentials;
            let blinded = Blinded::new(credentials, self.task.id()).ok_or(DemoError::Issuer)?;
            let credential =
                blinded.finish(&self.sign(&blinded.request())?).map_err(|_| DemoError::Issuer)?;
            let shares = Shares::new(&self.task, &Indicators::of(&instrument, response));
            let sealed = shares.seal(&self.task, now(), &configs, &credential);
            let sealed = sealed.map_err(|error| DemoError::Upload(error.to_string()))?;
            let url = self.task.url(Role::Leader, &dap09::reports_path(&self.task));
            let sent = ureq::put(&url).content_type(dap09::REPORT).send(sealed.bytes());
            sent.map_err(|error| DemoError::Upload(error.to_string()))?;
        }
        Ok(())
    }

    fn config(&self, role: Role) -> Result<HpkeConfig, DemoError> {
        let failed = |error: ureq::Error| DemoError::Upload(error.to_string());
        let url = self.task.url(role, &dap09::hpke_config_path(&self.task));
        let list = ureq::get(&url).call().and_then(|mut answer| answer.body_mut().read_to_vec());
        HpkeConfig::from_list(&list.map_err(failed)?).ok_or(DemoError::Operator(role))
    }
}

fn now() -> u64 {
    // OK because the clock of a machine that serves pages is past 1970.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock past 1970").as_secs()
}

/// Returns two ports that nobody listens at; the operators take them a moment later.
fn free_ports() -> io::Result<[u16; 2]> {
    let listeners = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    Ok([listeners[0].local_addr()?.port(), listeners[1].local_addr()?.port()])
}

fn arguments(folder: &Path, ports: [u16; 2]) -> Result<TaskArgs, DemoError> {
    let day = |seconds| Day::of_unix(seconds).map(|day| day.to_string()).unwrap_or_default();
    let (opens, closes) = (day(now()), day(now() + DAYS * SECONDS));
    let [leader, helper] = ports.map(|port| format!("http://127.0.0.1:{port}/"));
    let folder = folder.display().to_string();
    let arguments = [
        "task",
        "--instrument=stress-experience",
        "--collection=class-of-2028",
        &format!("--eligible={ELIGIBLE}"),
        &format!("--opens={opens}"),
        &format!("--closes={closes}"),
        &format!("--leader={leader}"),
        "--leader-name=Faculty IT",
        &format!("--helper={helper}"),
        "--helper-name=Students’ Union",
        "--credentials=tokens",
        &format!("--out={folder}"),
    ];
    // OK because these are the flags of the command, and a test starts the demonstration.
    Ok(TaskArgs::from_words(arguments).expect("flags of the command"))
}

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Folder> {
        let name = format!("balint-survey-demo-{}", base64url::encode(&random::<9>()));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        #[cfg(unix)]
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An operator's process.
struct Running(Child);

impl Running {
    fn start(folder: &Path, role: Role, port: u16) -> Result<Running, DemoError> {
        let name = role.name();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["aggregator", "--until-stdin-closes", "--may-close-early", "--role", name])
            .args(["--address", &format!("127.0.0.1:{port}")])
            .arg("--store")
            .arg(folder.join(format!("{name}.sqlite")))
            .arg("--task")
            .arg(folder.join(format!("{name}.json")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        let running = Running(child);
        let mut lines = BufReader::new(stdout.ok_or(DemoError::Operator(role))?);
        let mut first = String::new();
        lines.read_line(&mut first)?;
        if !first.starts_with("Serving") {
            return Err(DemoError::Operator(role));
        }
        // The counts that it prints later are nobody's concern here; unread, they would stop it.
        thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends by itself when its input closes; this is for the case that it does not.
        drop(self.0.stdin.take());
        for _ in 0..20 {
            if self.0.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}
