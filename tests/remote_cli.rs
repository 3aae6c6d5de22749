//! The command line of a remote survey: `task`, `invite`, `sign` and `collect`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use balint_survey::disclosure::Release;
use balint_survey::instrument::Instrument;
use balint_survey::remote::Role;
use balint_survey::remote::credential::{Blinded, Code, TokenPair};
use balint_survey::remote::keys::{CodesFile, CollectorFile, OperatorFile};
use balint_survey::remote::task::Task;
use tempfile::TempDir;

#[path = "common/collected.rs"]
mod collected;

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_balint-survey"));
    command.current_dir(folder).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // It may end before it has read everything; that is no failure of the test.
    let _ = child.stdin.take().expect("its input is open").write_all(input);
    child.wait_with_output().expect("the program ends")
}

/// Returns what the program prints, which must succeed.
#[track_caller]
fn output(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let output = run(folder, arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Checks that the program fails with one last line of error, and prints nothing else.
#[track_caller]
fn check_fails(folder: &Path, arguments: &[&str], expected: &str) {
    let output = run(folder, arguments, b"");
    let errors = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    assert_eq!(errors.lines().last(), Some(format!("balint-survey: {expected}").as_str()));
}

/// A survey that is over by now, made on the day on which it opens.
const TASK: [&str; 21] = [
    "task",
    "--instrument",
    "stress-experience",
    "--collection",
    "class",
    "--eligible",
    "290",
    "--opens",
    "2014-01-13",
    "--closes",
    "2014-02-23",
    "--leader",
    "https://faculty.example/dap/",
    "--leader-name",
    "Faculty IT",
    "--helper",
    "https://union.example",
    "--helper-name",
    "Students' union",
    "--today",
    "2014-01-13",
];

/// Returns the arguments of `task` with others in the place of some, or more of them.
fn task_with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<&'a str> {
    let mut arguments: Vec<&str> = TASK.to_vec();
    for (flag, value) in changes {
        match arguments.iter().position(|argument| argument == flag) {
            Some(place) => arguments[place + 1] = value,
            None => arguments.extend([*flag, *value]),
        }
    }
    arguments
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn task(folder: &TempDir, name: &str) -> Task {
    Task::from_json(read(folder, name).as_bytes(), &Instrument::built_in()).expect("a task")
}

/// Returns the names in a folder, with their modes.
fn listing(folder: &Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt;
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<(String, u32)> = entries
        .map(|entry| {
            let mode = entry.metadata().expect("metadata").permissions().mode() & 0o777;
            (entry.file_name().into_string().expect("text"), mode)
        })
        .collect();
    names.sort();
    names
}

#[test]
fn task_makes_a_file_for_each_party_and_says_what_to_do_with_them() {
    let folder = folder();
    let printed = output(folder.path(), &TASK, b"");
    let listed = listing(&folder.path().join("class"));
    let names: Vec<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["collector.json", "helper.json", "leader.json", "task.json"]);
    for (name, mode) in &listed {
        assert_eq!(mode & 0o077 == 0, name != "task.json", "{name}: {mode:o}");
    }
    let task = task(&folder, "class/task.json");
    let hash = task.hash();
    let tag =
        format!("<balint-survey mode=\"remote\" task=\"task.json\" task-hash=\"{hash}\"></balint-survey>");
    assert!(printed.contains(&tag), "{printed}");
    assert!(
        printed.contains("connect-src 'self' https://faculty.example https://union.example\n"),
        "{printed}"
    );
    let vdaf = &task.document().vdaf;
    let length = format!(
        "{{\"Prio3SumVec\":{{\"bits\":1,\"length\":{},\"chunk_length\":{}}}}}",
        vdaf.length, vdaf.chunk_length
    );
    for value in [
        format!("task_id: {}", task.document().task_id),
        format!("vdaf: {length}"),
        "query_type: TimeInterval".to_owned(),
        "max_batch_query_count: 1".to_owned(),
        "min_batch_size: 50".to_owned(),
        "time_precision: 86400".to_owned(),
        "task_expiration: 1393199999".to_owned(),
        "tolerable_clock_skew: 86400".to_owned(),
        "Hand leader.json and helper.json over, and delete them here".to_owned(),
        format!("collector_hpke_config: {}", task.document().collector_hpke_config),
    ] {
        assert!(printed.contains(&value), "{value}: {printed}");
    }
}

#[test]
fn the_files_of_a_task_belong_together_and_their_secrets_are_not_printed() {
    let folder = folder();
    let printed = output(folder.path(), &TASK, b"");
    let instruments = Instrument::built_in();
    let text = read(&folder, "class/task.json");
    let operator = |name: &str| {
        let json = read(&folder, name);
        OperatorFile::from_json(json.as_bytes(), &instruments).expect("an operator's file").0
    };
    let (leader, helper) = (operator("class/leader.json"), operator("class/helper.json"));
    let json = read(&folder, "class/collector.json");
    let collector: CollectorFile = serde_json::from_str(&json).expect("a coordinator's file");
    assert!(CollectorFile::from_json(json.as_bytes(), &instruments).is_ok());
    assert_eq!((leader.role, helper.role), (Role::Leader, Role::Helper));
    assert_eq!([&leader.task, &helper.task, &collector.task], [&text; 3]);
    assert_eq!(leader.verify_key, helper.verify_key);
    assert_eq!(leader.aggregator_token, helper.aggregator_token);
    assert_eq!(leader.collector_token.as_ref(), Some(&collector.collector_token));
    assert_eq!(helper.collector_token, None);
    for secret in
        [&leader.verify_key, &leader.aggregator_token, &collector.collector_token, &collector.private_key]
    {
        assert!(!printed.contains(secret.as_str()) && !text.contains(secret.as_str()));
    }
    // Nobody else's key is the same.
    let other = self::folder();
    output(other.path(), &TASK, b"");
    assert_ne!(task(&other, "class/task.json").id(), task(&folder, "class/task.json").id());
}

#[test]
fn task_overwrites_nothing_and_then_makes_nothing() {
    let folder = folder();
    let place = folder.path().join("class");
    fs::create_dir(&place).expect("a folder");
    fs::write(place.join("helper.json"), "mine").expect("a file");
    check_fails(
        folder.path(),
        &TASK,
        "class/helper.json is there already, and nothing is overwritten; expected another folder: --out DIR",
    );
    assert_eq!(listing(&place).len(), 1);
    assert_eq!(read(&folder, "class/helper.json"), "mine");
    output(folder.path(), &task_with(&[("--out", "other/place")]), b"");
    assert_eq!(listing(&folder.path().join("other/place")).len(), 4);
}

#[test]
fn task_refuses_in_the_words_of_its_flags_and_makes_nothing() {
    let folder = folder();
    let check = |changes: &[(&str, &str)], expected: &str| {
        check_fails(folder.path(), &task_with(changes), expected);
        assert_eq!(listing(folder.path()), []);
    };
    check(
        &[("--helper", "https://faculty.example/helper")],
        "--leader and --helper: both are at faculty.example; expected two hosts of two independent operators, \
         as one who has both shares can read every answer",
    );
    check(
        &[("--minimum-batch", "49")],
        "--minimum-batch: found 49; expected 50 or more: in a smaller batch, forged reports lay a single one bare",
    );
    check(
        &[("--closes", "2014-01-12")],
        "--closes: found 2014-01-12; expected a day not before 2014-01-13, when it opens, and not before 1970",
    );
    check(
        &[("--instrument", "stress")],
        "--instrument: unknown instrument \"stress\"; expected stress-experience or post-program; a survey of your own cannot be asked from home",
    );
    check(
        &[("--eligible", "10")],
        "--eligible: found 10; expected at least the minimum batch, 50: the sum would never open",
    );
    check(
        &[("--leader", "http://faculty.example/")],
        "--leader: found \"http://faculty.example/\"; expected an address such as https://leader.school.example/ \
         (http only on this machine)",
    );
    check(
        &[("--helper", "union")],
        "--helper: found \"union\"; expected an address such as https://helper.school.example/ \
         (http only on this machine)",
    );
    check(
        &[("--leader-name", "")],
        "--leader-name: found nothing; expected who runs it, for the respondents to read",
    );
    check(
        &[("--today", "2014-02-24")],
        "--closes: found 2014-02-23; expected 2014-02-24, which is today (UTC), or later: \
         nobody could answer any more",
    );
    check(
        &[("--helper-name", "faculty it")],
        "--leader-name and --helper-name: both are \"Faculty IT\"; expected the names of two independent operators, \
         as one who has both shares can read every answer",
    );
    // Without a day of its own it asks the clock.
    let clock = run(folder.path(), &TASK[..19], b"");
    let errors = String::from_utf8_lossy(&clock.stderr).into_owned();
    assert!(errors.starts_with("balint-survey: --closes: found 2014-02-23; expected 20"), "{errors}");
    assert_eq!(listing(folder.path()), []);
    let output = run(folder.path(), &task_with(&[("--opens", "13.1.2014")]), b"");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.contains("\"13.1.2014\" is no day; expected one such as 2014-01-13"), "{errors}");
    let output = run(folder.path(), &task_with(&[("--collection", "a b")]), b"");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.starts_with("balint-survey: --collection: "), "{errors}");
}

#[test]
fn invite_makes_codes_that_both_operators_know_and_that_open_in_no_order() {
    let folder = folder();
    output(folder.path(), &TASK, b"");
    let page = "https://school.example/survey";
    let printed = output(
        folder.path(),
        &["invite", "--task", "class/task.json", "--count", "290", "--page", page],
        b"",
    );
    for words in [
        "leader-codes.json  to Faculty IT (leader)",
        "helper-codes.json  to Students' union (helper)",
        "invitations.csv    to whoever sends the mails",
        "Each operator recognises the codes by its file, and can make none from it.",
        "Run this once per survey",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    let task = task(&folder, "class/task.json");
    let mail = read(&folder, "class/invitations.csv");
    let mut lines = mail.lines();
    assert_eq!(lines.next(), Some("code,link"));
    let codes: Vec<Code> = lines
        .map(|line| {
            let (code, link) = line.split_once(',').expect("two columns");
            assert_eq!(link, format!("{page}#code={code}"));
            Code::parse(code).expect("a code")
        })
        .collect();
    assert_eq!(codes.len(), 290);
    for (name, role) in [("class/leader-codes.json", Role::Leader), ("class/helper-codes.json", Role::Helper)]
    {
        let json = read(&folder, name);
        let known = CodesFile::from_json(json.as_bytes(), &task, role).expect("its codes");
        assert_eq!(known.len(), 290);
        assert!(codes.iter().all(|code| known.contains(&code.fingerprint(role, task.id()))));
        let order: Vec<[u8; 32]> = codes.iter().map(|code| code.fingerprint(role, task.id())).collect();
        assert_ne!(known, order, "the order tells nothing");
        assert!(codes.iter().all(|code| !json.contains(&code.to_string())));
    }
    assert!(
        listing(&folder.path().join("class"))
            .iter()
            .all(|(name, mode)| { name == "task.json" || mode & 0o077 == 0 })
    );
    check_fails(
        folder.path(),
        &["invite", "--task", "class/task.json", "--count", "1"],
        "class/invitations.csv is there already, and nothing is overwritten; expected another folder: --out DIR",
    );
    output(folder.path(), &["invite", "--task", "class/task.json", "--count", "2", "--out", "more"], b"");
    fs::copy(folder.path().join("class/task.json"), folder.path().join("task.json")).expect("a copy");
    let beside = output(folder.path(), &["invite", "--task", "task.json", "--count", "2"], b"");
    assert!(beside.starts_with("Made 2 codes in ., each file for one party alone"), "{beside}");
    assert!(folder.path().join("invitations.csv").exists());
    let more = read(&folder, "more/invitations.csv");
    assert_eq!((more.lines().next(), more.lines().count()), (Some("code"), 3));
}

#[test]
fn invite_refuses_what_does_not_fit_the_task() {
    let folder = folder();
    output(folder.path(), &TASK, b"");
    output(folder.path(), &task_with(&[("--out", "open"), ("--credentials", "none")]), b"");
    let check = |arguments: &[&str], expected: &str| {
        check_fails(folder.path(), &[&["invite", "--task"], arguments].concat(), expected);
        assert!(!folder.path().join("class/invitations.csv").exists());
    };
    check(
        &["class/task.json", "--count", "291"],
        "--count: found 291; expected at most 290, as many as the task invites",
    );
    check(
        &["open/task.json", "--count", "290"],
        "open/task.json: the survey takes no codes; expected a task made with --credentials codes",
    );
    check(
        &["class/task.json", "--count", "1", "--page", "school.example"],
        "--page: found \"school.example\"; expected an address such as https://school.example/survey, \
         without #, commas or spaces",
    );
    check(
        &["class/leader.json", "--count", "1"],
        "class/leader.json: this is the leader's leader.json; expected the survey's task.json, which \
         `balint-survey task` has made",
    );
}

#[test]
fn sign_signs_tokens_that_finish_and_verify() {
    let folder = folder();
    output(folder.path(), &task_with(&[("--credentials", "tokens")]), b"");
    let task = task(&folder, "class/task.json");
    let names: Vec<String> =
        listing(&folder.path().join("class")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["collector.json", "helper.json", "issuer.json", "leader.json", "task.json"]);
    let blinded = Blinded::new(&task.document().credentials, task.id()).expect("a task with tokens");
    let request = serde_json::to_vec(&blinded.request()).expect("a request");
    let signed = output(folder.path(), &["sign", "--key", "class/issuer.json"], &request);
    let signed: TokenPair = serde_json::from_str(&signed).expect("tokens");
    assert!(blinded.finish(&signed).is_ok());
    check_fails(
        folder.path(),
        &["sign", "--key", "class/issuer.json"],
        "standard input: no blinded tokens; expected {\"leader\": …, \"helper\": …}, as the widget sends them",
    );
    check_fails(
        folder.path(),
        &["sign", "--key", "class/task.json"],
        "class/task.json: this is the survey's task.json; expected the issuer.json that `balint-survey task --credentials tokens` has made",
    );
}

/// Returns what Janus prints when so many have left everything out; the first sum can be changed.
fn janus(task: &Task, reports: u64, first: u64) -> String {
    let mut sums = vec![0; task.document().vdaf.length];
    let mut end = 0;
    for (_, item) in task.instrument().items() {
        end += item.categories.len() + 5;
        sums[end - 1] = reports;
    }
    sums[0] = first;
    format!("Number of reports: {reports}\nInterval start: x\nAggregation result: {sums:?}\n")
}

#[test]
fn collect_makes_the_release_of_what_janus_has_printed() {
    let folder = folder();
    output(folder.path(), &TASK, b"");
    let task = task(&folder, "class/task.json");
    let arguments = ["collect", "--key", "class/collector.json", "--janus", "-"];
    let printed = output(folder.path(), &arguments, janus(&task, 60, 0).as_bytes());
    let release = Release::from_json(printed.as_bytes(), &Instrument::built_in()).expect("a release");
    assert_eq!(release.respondents().exact(), Some(60));
    assert_eq!(release.eligible(), Some(290));
    // One who does not use this program has ticked and not ticked.
    let contradictory = run(folder.path(), &arguments, janus(&task, 60, 1).as_bytes());
    let errors = String::from_utf8_lossy(&contradictory.stderr).into_owned();
    assert!(contradictory.status.success());
    assert_eq!(errors, "void, as at least one respondent did not use this program: year\n");

    fs::write(folder.path().join("few.txt"), janus(&task, 49, 0)).expect("a file");
    let of = |name| ["collect", "--key", "class/collector.json", "--janus", name];
    check_fails(folder.path(), &of("few.txt"), "few.txt: the batch has 49 reports; expected 50 or more");
    check_fails(
        folder.path(),
        &of("class/task.json"),
        "class/task.json: found no line \"Number of reports: \"; expected what `collect` of Janus prints",
    );
    check_fails(
        folder.path(),
        &["collect", "--key", "class/task.json"],
        "class/task.json: this is the survey's task.json; expected the coordinator's collector.json, which \
         `balint-survey task` has made",
    );
    check_fails(
        folder.path(),
        &["report", "class/collector.json"],
        "class/collector.json: this is the coordinator's collector.json; expected a release, which \
         `balint-survey collect` or `release` has made",
    );
    fs::write(folder.path().join("many.txt"), janus(&task, 291, 0)).expect("a file");
    check_fails(
        folder.path(),
        &of("many.txt"),
        "many.txt: the batch has 291 reports; expected at most 290, as many as were invited: \
         the operators took more, and nothing is released",
    );
}

#[test]
fn collect_writes_the_release_into_a_new_file_alone() {
    let folder = folder();
    output(folder.path(), &TASK, b"");
    let task = task(&folder, "class/task.json");
    let arguments = ["collect", "--key", "class/collector.json", "--janus", "-", "--out", "release.json"];
    // What fails makes no file.
    assert!(!run(folder.path(), &arguments, janus(&task, 49, 0).as_bytes()).status.success());
    assert!(!folder.path().join("release.json").exists());
    let printed = output(folder.path(), &arguments, janus(&task, 60, 0).as_bytes());
    assert_eq!(printed, "The release is in release.json\n");
    let json = read(&folder, "release.json");
    assert!(Release::from_json(json.as_bytes(), &Instrument::built_in()).is_ok());
    check_fails(
        folder.path(),
        &arguments,
        "--out: release.json is there already, and nothing is overwritten; expected another file: --out FILE",
    );
    assert_eq!(read(&folder, "release.json"), json);
}

/// A leader on this machine that answers what it is told to, in order, and tells what it was asked.
fn leader(answers: Vec<(&'static str, Vec<u8>)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let serving = thread::spawn(move || {
        let serve = |(head, body): (&str, Vec<u8>)| {
            let (stream, _) = listener.accept().expect("a client");
            exchange(stream, head, &body)
        };
        answers.into_iter().map(serve).collect()
    });
    (url, serving)
}

/// Reads a request and answers it; returns its first line with its token.
fn exchange(mut stream: TcpStream, head: &str, body: &[u8]) -> String {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut lines, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = text.parse().expect("a length");
        }
        lines.push(line);
    }
    reader.read_exact(&mut vec![0; length]).expect("a body");
    let length = body.len();
    write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
        .expect("a head");
    stream.write_all(body).expect("a body");
    let token = lines.iter().find(|line| line.to_ascii_lowercase().starts_with("authorization: "));
    let method = lines[0].split(' ').next().unwrap_or_default();
    format!("{method} {}", token.map_or("", |line| &line["authorization: ".len()..]))
}

/// Makes a task whose leader is on this machine; its window is over.
fn local_task(folder: &TempDir, leader: &str) -> (Task, String) {
    let changes = [("--leader", leader), ("--helper", "http://localhost:1/")];
    output(folder.path(), &task_with(&changes), b"");
    let json = read(folder, "class/collector.json");
    let file: CollectorFile = serde_json::from_str(&json).expect("a coordinator's file");
    (task(folder, "class/task.json"), file.collector_token)
}

#[test]
fn collect_asks_until_the_sum_is_there_and_prints_its_release() {
    let (folder, place) = (folder(), TcpListener::bind("127.0.0.1:0").expect("a port"));
    // The task names the leader's address, and the leader's answer is sealed for the task.
    let address = place.local_addr().expect("an address");
    let (task, token) = local_task(&folder, &format!("http://{address}/"));
    let sealed = collected::collection(&task, 60);
    let busy = ("202 Accepted\r\nretry-after: 1", Vec::new());
    let away = br#"{"detail": "waiting for the helper, which cannot be reached"}"#.to_vec();
    let answers = [
        ("201 Created", Vec::new()),
        busy.clone(),
        busy.clone(),
        busy.clone(),
        busy,
        ("202 Accepted\r\nretry-after: 1", away),
        ("503 Service Unavailable\r\nretry-after: 1", Vec::new()),
        ("200 OK", sealed),
    ];
    let serving = thread::spawn(move || {
        answers.map(|(head, body)| exchange(place.accept().expect("a client").0, head, &body)).to_vec()
    });
    let found = run(folder.path(), &["collect", "--key", "class/collector.json"], b"");
    let errors = String::from_utf8(found.stderr).expect("text");
    assert!(found.status.success(), "{errors}");
    let told: Vec<&str> = errors.lines().filter(|line| line.contains("is waiting")).collect();
    assert_eq!(
        told,
        [
            "Faculty IT (leader) is waiting; if this goes on, ask Students' union whether their process runs",
            "Faculty IT (leader) is waiting: waiting for the helper, which cannot be reached; if this goes on, \
             ask Students' union whether their process runs",
        ]
    );
    let printed = String::from_utf8(found.stdout).expect("text");
    let release = Release::from_json(printed.as_bytes(), &Instrument::built_in()).expect("a release");
    assert_eq!(release.respondents().exact(), Some(60));
    let asked = serving.join().expect("the leader");
    let expected = ["PUT", "POST", "POST", "POST", "POST", "POST", "POST", "POST"]
        .map(|method| format!("{method} Bearer {token}"));
    assert_eq!(asked, expected);
}

#[test]
fn collect_says_in_plain_words_that_too_few_have_answered() {
    let problem = br#"{"type": "urn:ietf:params:ppm:dap:error:invalidBatchSize"}"#.to_vec();
    let (url, serving) = leader(vec![("400 Bad Request", problem)]);
    let folder = folder();
    local_task(&folder, &url);
    check_fails(
        folder.path(),
        &["collect", "--key", "class/collector.json"],
        "fewer than 50 have answered; the survey is over: nothing can be opened any more",
    );
    serving.join().expect("the leader");
}

#[test]
fn collect_shows_the_token_to_nobody_that_a_leader_points_at() {
    let (url, serving) =
        leader(vec![("307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/", Vec::new())]);
    let folder = folder();
    local_task(&folder, &url);
    check_fails(
        folder.path(),
        &["collect", "--key", "class/collector.json"],
        "the leader answers with status 307; expected the sum",
    );
    serving.join().expect("the leader");
}

#[test]
fn collect_closes_a_survey_only_when_told_to() {
    let folder = folder();
    output(folder.path(), &task_with(&[("--closes", "2999-12-31")]), b"");
    check_fails(
        folder.path(),
        &["collect", "--key", "class/collector.json"],
        "the survey is open until the end of 2999-12-31 (UTC), and asking for the sum closes it for good; \
         expected a word that this is meant: --close-now",
    );
    output(
        folder.path(),
        &task_with(&[("--opens", "2999-12-31"), ("--closes", "2999-12-31"), ("--out", "later")]),
        b"",
    );
    check_fails(
        folder.path(),
        &["collect", "--key", "later/collector.json", "--close-now"],
        "the survey opens on 2999-12-31 (UTC); expected to be asked after it has closed",
    );
}
