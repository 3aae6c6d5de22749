//! Two operators' processes, as they are installed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::{Code, Credentials};
use balint_survey::remote::dap09::{self, HpkeConfig, PrivateKey};
use balint_survey::remote::keys::{CodesFile, OperatorFile};
use balint_survey::remote::task::Task;
use balint_survey::remote::{Role, base64url, random};
use balint_survey::report::fieldwork::Day;
use janus_messages::{Interval, TaskId, Time};
use prio::codec::Decode;
use prio::vdaf::prio3::Prio3SumVec;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Setting, task};
use crate::published::Agreement;

/// A survey with its files, whose operators can be started.
pub struct Pair {
    pub folder: TempDir,
    pub task: Task,
    pub key: PrivateKey,
    pub codes: Vec<Code>,
    pub verify_key: [u8; 16],
    pub aggregator_token: String,
    pub collector_token: String,
    /// Of the leader and of the helper.
    pub ports: [u16; 2],
    /// Whether the operators are started so that they give the sum away before the last day is over.
    pub may_close_early: bool,
}

/// What an operator answers.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the last part of the problem's type, and its detail.
    #[track_caller]
    pub fn problem(&self) -> (u16, String, String) {
        let text = String::from_utf8_lossy(&self.body);
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}: {text}", self.status));
        assert_eq!(body["status"], self.status, "{text}");
        let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let kind = field("type");
        (self.status, kind.rsplit(':').next().unwrap_or_default().to_owned(), field("detail"))
    }

    /// Checks what the problem is, and returns its detail.
    #[track_caller]
    pub fn check(&self, status: u16, kind: &str) -> String {
        let (found_status, found, detail) = self.problem();
        assert_eq!((found_status, found.as_str()), (status, kind), "{detail}");
        detail
    }
}

/// Returns this machine's time, in seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// Returns a task that invites at least as many as there are codes.
fn inviting(task: Task, text: String, codes: usize) -> (Task, String) {
    let mut document = task.document().clone();
    if codes as u64 <= document.eligible {
        return (task, text);
    }
    document.eligible = codes as u64;
    let text = Task::write(&document);
    (Task::from_json(text.as_bytes(), &Instrument::built_in()).expect("a task"), text)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
    config.timeout_global(Some(Duration::from_secs(20))).build().new_agent()
}

impl Pair {
    /// Makes the files of a survey that is open today, and may be closed.
    pub fn new(instrument: &str, credentials: Credentials, codes: usize) -> Pair {
        let days = [now() - 5 * 86_400, now() + 5 * 86_400];
        Pair { may_close_early: true, ..Pair::of_days(instrument, credentials, codes, days) }
    }

    /// Makes the files of a survey that is open from one day to another, both in seconds since 1970.
    pub fn of_days(instrument: &str, credentials: Credentials, codes: usize, days: [u64; 2]) -> Pair {
        let instrument = Instrument::find(instrument).expect("built in");
        let ports = [free_port(), free_port()];
        let urls = ports.map(|port| format!("http://127.0.0.1:{port}/"));
        let days = days.map(|seconds| Day::of_unix(seconds).expect("a day"));
        let (task, text, key) = task(Setting { instrument: &instrument, credentials, urls, days });
        let (task, text) = inviting(task, text, codes);
        let pair = Pair {
            folder: tempfile::tempdir().expect("a folder"),
            task,
            key,
            codes: (0..codes).map(|_| Code::new()).collect(),
            verify_key: random(),
            aggregator_token: base64url::encode(&random::<16>()),
            collector_token: base64url::encode(&random::<16>()),
            ports,
            may_close_early: false,
        };
        for role in Role::BOTH {
            pair.write_files(role, &text);
            pair.write_codes(role, &pair.codes);
        }
        pair
    }

    fn write_files(&self, role: Role, task: &str) {
        let file = OperatorFile {
            role,
            task: task.to_owned(),
            verify_key: base64url::encode(&self.verify_key),
            aggregator_token: self.aggregator_token.clone(),
            collector_token: (role == Role::Leader).then(|| self.collector_token.clone()),
        };
        fs::write(self.task_file(role), serde_json::to_string(&file).expect("JSON")).expect("a file");
    }

    /// Writes down what an operator is to know of some codes.
    pub fn write_codes(&self, role: Role, codes: &[Code]) {
        let codes = CodesFile::new(
            &self.task,
            role,
            codes.iter().map(|code| code.fingerprint(role, self.task.id())).collect(),
        );
        fs::write(self.codes_file(role), serde_json::to_string(&codes).expect("JSON")).expect("a file");
    }

    fn file(&self, role: Role, ending: &str) -> PathBuf {
        self.folder.path().join(format!("{}.{ending}", role.name()))
    }

    pub fn task_file(&self, role: Role) -> PathBuf {
        self.file(role, "json")
    }

    pub fn codes_file(&self, role: Role) -> PathBuf {
        self.file(role, "codes.json")
    }

    pub fn store(&self, role: Role) -> PathBuf {
        self.file(role, "sqlite")
    }

    pub fn command(&self, role: Role, task: &Path, store: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_balint-survey"));
        let address = format!("127.0.0.1:{}", self.ports[role as usize]);
        command.args(["aggregator", "--role", role.name(), "--address", &address]);
        command.arg("--store").arg(store).arg("--task").arg(task);
        if self.may_close_early {
            command.arg("--may-close-early");
        }
        command
    }

    /// Starts an operator, or starts it again.
    pub fn start(&self, role: Role) -> Process {
        let mut command = self.command(role, &self.task_file(role), &self.store(role));
        if !self.codes.is_empty() {
            command.arg("--codes").arg(self.codes_file(role));
        }
        self.start_with(role, command)
    }

    /// Starts an operator that knows the codes already.
    pub fn start_without_codes(&self, role: Role) -> Process {
        self.start_with(role, self.command(role, &self.task_file(role), &self.store(role)))
    }

    fn start_with(&self, role: Role, mut command: Command) -> Process {
        // For a moment, a connection of somebody else may have the port.
        let line = (0..20).find_map(|_| {
            let mut process = Process(command.stdout(Stdio::piped()).spawn().expect("the program starts"));
            let mut lines = BufReader::new(process.0.stdout.take().expect("its output")).lines();
            let line = lines.next().map(|line| line.expect("text"));
            std::thread::sleep(Duration::from_millis(if line.is_none() { 100 } else { 0 }));
            line.map(|line| (process, line))
        });
        let (process, line) = line.expect("a line");
        let (id, port) = (&self.task.document().task_id, self.ports[role as usize]);
        assert_eq!(line, format!("Serving {} of {id} on http://127.0.0.1:{port}/", role.name()));
        process
    }

    pub fn start_both(&self) -> [Process; 2] {
        Role::BOTH.map(|role| self.start(role))
    }

    /// Runs an operator that is not to start.
    pub fn run(&self, mut command: Command) -> Output {
        command.output().expect("the program starts")
    }

    /// Returns the address of a resource of the task at an operator.
    pub fn url(&self, role: Role, path: &str) -> String {
        self.task.url(role, &format!("tasks/{}/{path}", self.task.document().task_id))
    }

    pub fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = agent().run(request.body(body.to_vec()).expect("a request"))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(1 << 25).read_to_vec()?;
        Ok(Answer { status, body })
    }

    /// Returns the key of an operator, as the widget fetches it.
    pub fn config(&self, role: Role) -> Result<HpkeConfig, ureq::Error> {
        let url = self.task.url(role, &dap09::hpke_config_path(&self.task));
        let answer = self.send("GET", &url, &[], &[])?;
        Ok(HpkeConfig::from_list(&answer.body).expect("a configuration"))
    }

    pub fn put_report(&self, bytes: &[u8]) -> Result<Answer, ureq::Error> {
        self.send("PUT", &self.url(Role::Leader, "reports"), &[("content-type", dap09::REPORT)], bytes)
    }

    /// Sends a request about a collection as the coordinator does.
    pub fn collection(&self, method: &str, job: &[u8; 16], body: &[u8]) -> Result<Answer, ureq::Error> {
        let url = self.task.url(Role::Leader, &dap09::collection_job_path(&self.task, job));
        let bearer = format!("Bearer {}", self.collector_token);
        let headers = [("authorization", bearer.as_str()), ("content-type", dap09::COLLECT_REQUEST)];
        self.send(method, &url, &headers, body)
    }

    /// Asks for a collection until it is there, or refused.
    pub fn poll(&self, job: &[u8; 16]) -> Answer {
        for _ in 0..600 {
            match self.collection("POST", job, &[]) {
                Ok(answer) if answer.status != 202 => return answer,
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        panic!("the collection is not ready after half a minute");
    }

    /// Collects the whole window.
    #[track_caller]
    pub fn collect(&self) -> Vec<u8> {
        let job = random();
        let begun = self.collection("PUT", &job, &dap09::collect_request(&self.task)).expect("an answer");
        assert_eq!(begun.status, 201, "{}", String::from_utf8_lossy(&begun.body));
        let answer = self.poll(&job);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.body
    }

    /// Sends a message to the helper as the leader does.
    pub fn ask_helper(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.aggregator_token);
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        self.send(method, &self.url(Role::Helper, path), &headers, body).expect("an answer")
    }
}

/// A running operator; it is killed when it is let go.
pub struct Process(Child);

impl Process {
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Stops it as a service manager does.
    pub fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        assert!(asked.expect("kill").success());
        assert!(self.0.wait().expect("it ends").success(), "it ends well");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Pair {
    /// Returns what peers made of published crates need to know.
    pub fn agreement(&self) -> Agreement {
        let parameters = &self.task.document().vdaf;
        let (opens, closes) = self.task.window();
        let (start, duration) =
            (Time::from_seconds_since_epoch(opens), janus_messages::Duration::from_seconds(closes - opens));
        let parameters = [parameters.bits, parameters.length, parameters.chunk_length];
        let [bits, length, chunk] = parameters;
        Agreement {
            task: TaskId::from(*self.task.id()),
            vdaf: Prio3SumVec::new_sum_vec(2, bits, length, chunk).expect("parameters"),
            parameters,
            verify_key: self.verify_key,
            window: Interval::new(start, duration).expect("an interval"),
            token: self.aggregator_token.clone(),
            collector: decode_config(self.task.collector()),
        }
    }

    /// Returns the key of an operator as `janus_messages` reads it.
    pub fn published_config(&self, role: Role) -> janus_messages::HpkeConfig {
        decode_config(&self.config(role).expect("a key"))
    }
}

fn decode_config(config: &HpkeConfig) -> janus_messages::HpkeConfig {
    janus_messages::HpkeConfig::get_decoded(&config.to_bytes()).expect("a configuration")
}
