//! The file that a remote survey begins with: what is refused, and in which words.

#[path = "common/task.rs"]
mod common;

use balint_survey::disclosure::Policy;
use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::Credentials;
use balint_survey::remote::dap09::HpkeConfig;
use balint_survey::remote::keys::{CodesFile, CollectorFile, KeysError, OperatorFile};
use balint_survey::remote::task::{Document, Moment, Parameters, Task};
use balint_survey::remote::{Role, base64url};
use balint_survey::report::fieldwork::Day;

fn day(text: &str) -> Day {
    Day::try_from(text.to_owned()).expect("a day")
}

fn document() -> Document {
    common::document("stress-experience", Credentials::Codes, &HpkeConfig::generate(1).0)
}

fn parse(json: &str) -> Result<Task, String> {
    Task::from_json(json.as_bytes(), &Instrument::built_in()).map_err(|error| error.to_string())
}

/// Checks that a document with a change is refused in these words.
#[track_caller]
fn check_refused(change: impl Fn(&mut Document), expected: &str) {
    let mut changed = document();
    change(&mut changed);
    assert_eq!(parse(&Task::write(&changed)).map(|_| ()), Err(expected.to_owned()));
}

#[track_caller]
fn check_accepted(change: impl Fn(&mut Document)) -> Task {
    let mut changed = document();
    change(&mut changed);
    parse(&Task::write(&changed)).expect("a task")
}

#[test]
fn a_good_task_is_read_back() {
    let task = check_accepted(|_| {});
    assert_eq!(task.document().collection, "class");
    assert_eq!(task.url(Role::Helper, "hpke_config"), "https://union.example/dap/hpke_config");
    assert_eq!(task.window(), (1_389_571_200, 1_393_200_000));
    assert!(!task.is_demonstration());
    assert_eq!(task.collection().eligible(), Some(290));
}

#[test]
fn what_is_no_task_is_refused_with_its_place() {
    for (json, expected) in [
        ("{", "line 1, column 1: EOF while parsing an object"),
        ("[]", "line 1, column "),
        ("{\"protocol\": 1}", "line 1, column 14: invalid type"),
        ("{\"protokoll\": 1}", "line 1, column 12: unknown field `protokoll`"),
    ] {
        let error = parse(json).expect_err("no task");
        assert!(error.starts_with(expected), "{error}");
        assert!(error.ends_with("; expected a task, as `balint-survey task` makes it"), "{error}");
    }
    let unknown = Task::write(&document()).replacen('{', "{ \"extra\": 1,", 1);
    assert!(parse(&unknown).expect_err("an unknown field").contains("unknown field `extra`"));
}

#[test]
fn another_protocol_is_refused() {
    check_refused(|d| d.protocol = "DAP-18".into(), "protocol: found \"DAP-18\"; expected \"DAP-09\"");
}

#[test]
fn a_task_id_has_32_bytes() {
    for (id, found) in
        [(base64url::encode(&[7; 31]), None), ("?".to_owned(), Some("?")), (String::new(), None)]
    {
        let found = found.unwrap_or(&id).to_owned();
        check_refused(
            |d| d.task_id = id.clone(),
            &format!("task_id: found {found:?}; expected 32 bytes in base64url"),
        );
    }
}

#[test]
fn an_instrument_that_is_not_there_or_has_changed_is_refused() {
    check_refused(
        |d| d.instrument = "stress".into(),
        "instrument: unknown instrument \"stress\"; expected stress-experience or post-program",
    );
    let (found, expected) = (hash("post-program"), hash("stress-experience"));
    check_refused(
        |d| d.instrument_hash = Instrument::find("post-program").expect("built in").hash().clone(),
        &format!(
            "instrument_hash: found {found}; expected {expected}: the task is of another version of the instrument"
        ),
    );
}

fn hash(instrument: &str) -> String {
    Instrument::find(instrument).expect("built in").hash().to_string()
}

#[test]
fn a_policy_that_is_unknown_or_has_changed_is_refused() {
    let mut lax = document();
    lax.policy = "lax".into();
    let error = parse(&Task::write(&lax)).expect_err("no policy");
    assert!(error.starts_with("policy: ") && error.contains("lax"), "{error}");
    let strict = Policy::named("strict").expect("a policy").hash();
    let standard = Policy::default().hash();
    check_refused(
        |d| d.policy_hash = Policy::named("strict").expect("a policy").hash(),
        &format!("policy_hash: found {strict}; expected {standard}: the policy has other rules by now"),
    );
}

#[test]
fn a_collection_has_a_name() {
    let mut nameless = document();
    nameless.collection = "a b".into();
    assert!(parse(&Task::write(&nameless)).expect_err("no name").starts_with("collection: "));
}

#[test]
fn an_address_is_one_that_a_report_may_be_sent_to() {
    for found in [
        "",
        "faculty.example",
        "ftp://faculty.example/",
        "http://faculty.example/",
        "https://",
        "https:///dap",
        "https://faculty.example/?a",
        "https://faculty.example/#a",
        "https://user@faculty.example/",
        "https://faculty.example:port/",
        "https://faculty.example:65536/",
        "https://faculty example/",
        "https://fäculty.example/",
    ] {
        check_refused(
            |d| d.leader.url = found.into(),
            &format!(
                "leader.url: found {found:?}; expected an address such as https://leader.school.example/ \
                 (http only on this machine)"
            ),
        );
        check_refused(
            |d| d.helper.url = found.into(),
            &format!(
                "helper.url: found {found:?}; expected an address such as https://helper.school.example/ \
                 (http only on this machine)"
            ),
        );
    }
}

#[test]
fn an_operator_has_a_name() {
    check_refused(
        |d| d.leader.name = " ".into(),
        "leader.name: found nothing; expected who runs it, for the respondents to read",
    );
    check_refused(
        |d| d.helper.name = String::new(),
        "helper.name: found nothing; expected who runs it, for the respondents to read",
    );
}

#[test]
fn two_operators_do_not_share_a_name() {
    for name in ["Faculty IT", " faculty it "] {
        check_refused(
            |d| d.helper.name = name.into(),
            "leader.name and helper.name: both are \"Faculty IT\"; expected the names of two independent \
             operators, as one who has both shares can read every answer",
        );
    }
}

#[test]
fn two_operators_do_not_share_a_host() {
    for helper in [
        "https://faculty.example/",
        "https://faculty.example/helper",
        "https://faculty.example:8443/",
        "https://FACULTY.example",
        "https://faculty.example./",
    ] {
        check_refused(
            |d| d.helper.url = helper.into(),
            "leader.url and helper.url: both are at faculty.example; expected two hosts of two independent \
             operators, as one who has both shares can read every answer",
        );
    }
    // The same addresses on one machine are no demonstration of two processes either.
    check_refused(
        |d| {
            d.leader.url = "http://127.0.0.1:1/".into();
            d.helper.url = "http://127.0.0.1:1/".into();
        },
        "leader.url and helper.url: both are at 127.0.0.1; expected two hosts of two independent operators, \
         as one who has both shares can read every answer",
    );
    let task = check_accepted(|d| {
        d.leader.url = "http://127.0.0.1:1/".into();
        d.helper.url = "http://localhost:2/".into();
    });
    assert!(task.is_demonstration());
    // One that is far away is never a demonstration.
    assert!(!check_accepted(|d| d.leader.url = "http://127.0.0.1:1/".into()).is_demonstration());
}

#[test]
fn a_batch_is_large_enough_and_can_be_reached() {
    for found in [0, 1, 5, 49] {
        check_refused(
            |d| d.minimum_batch = found,
            &format!(
                "minimum_batch: found {found}; expected 50 or more: in a smaller batch, forged reports lay a single one bare"
            ),
        );
    }
    check_refused(
        |d| d.eligible = 49,
        "eligible: found 49; expected at least the minimum batch, 50: the sum would never open",
    );
    check_refused(
        |d| d.minimum_batch = 291,
        "eligible: found 290; expected at least the minimum batch, 291: the sum would never open",
    );
    check_accepted(|d| d.eligible = 50);
}

#[test]
fn other_parameters_than_the_instruments_are_refused() {
    let expected = Parameters::of(&Instrument::find("stress-experience").expect("built in"));
    type Change = fn(&mut Parameters);
    let changes: [Change; 4] =
        [|p| p.kind = "Prio3Sum".into(), |p| p.bits = 7, |p| p.length += 1, |p| p.chunk_length -= 1];
    for change in changes {
        let mut found = expected.clone();
        change(&mut found);
        check_refused(
            |d| d.vdaf = found.clone(),
            &format!("vdaf: found {found}; expected {expected}, which fits the instrument"),
        );
    }
    assert_eq!(
        expected.to_string(),
        format!(
            "Prio3SumVec with bits 1, length {}, chunk_length {}",
            expected.length, expected.chunk_length
        )
    );
}

#[test]
fn a_report_does_not_tell_its_hour() {
    for found in [0, 1, 3600, 604_800] {
        check_refused(
            |d| d.time_precision = found,
            &format!("time_precision: found {found}; expected 86400, a day: a report must not tell its hour"),
        );
    }
    let task = check_accepted(|_| {});
    let noon = task.window().0 + 43_200;
    assert_eq!(task.rounded(noon), task.window().0);
}

#[test]
fn a_survey_closes_after_it_has_opened() {
    let expected =
        "closes: found 2014-01-12; expected a day not before 2014-01-13, when it opens, and not before 1970";
    check_refused(|d| d.closes = day("2014-01-12"), expected);
    check_refused(
        |d| d.opens = day("1969-12-31"),
        "closes: found 2014-02-23; expected a day not before 1969-12-31, when it opens, and not before 1970",
    );
    let task = check_accepted(|d| d.closes = d.opens);
    let (opens, closes) = task.window();
    assert_eq!(closes - opens, 86_400);
    assert_eq!(task.moment(opens - 1), Moment::BeforeOpening);
    assert_eq!(task.moment(opens), Moment::Open);
    assert_eq!(task.moment(closes - 1), Moment::Open);
    assert_eq!(task.moment(closes), Moment::AfterClosing);
}

#[test]
fn a_collector_has_a_key() {
    let expected = "collector_hpke_config: expected a configuration of DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, \
                    AES-128-GCM in base64url";
    let mut other = HpkeConfig::generate(1).0.to_bytes();
    other[6] = 3;
    for bytes in [vec![], vec![1; 10], other] {
        check_refused(|d| d.collector_hpke_config = base64url::encode(&bytes), expected);
    }
    check_refused(|d| d.collector_hpke_config = "?".into(), expected);
}

#[test]
fn the_portals_keys_can_be_read() {
    let tokens = || Credentials::Tokens { leader: "AAAA".into(), helper: "AAAA".into() };
    check_refused(
        |d| d.credentials = tokens(),
        "credentials.leader: expected an RSA public key of 2048 bits (DER of a SubjectPublicKeyInfo in base64url)",
    );
}

#[test]
fn a_page_takes_the_task_that_it_names_and_no_other() {
    let task = check_accepted(|_| {});
    let hash = task.hash().to_string();
    assert!(task.clone().pinned(&hash).is_ok());
    assert!(task.clone().pinned(&format!(" {} ", hash.to_uppercase())).is_ok());
    let error = task.clone().pinned("abc").expect_err("another").to_string();
    assert_eq!(error, format!("the task has the hash {hash}; expected abc, with which the page was made"));
    // Every byte counts.
    let other = parse(&(Task::write(task.document()) + "\n")).expect("a task");
    assert_ne!(other.hash(), task.hash());
}

#[test]
fn files_of_keys_are_refused_in_exact_words() {
    let task = Task::write(&document());
    let instruments = Instrument::built_in();
    let (config, key) = HpkeConfig::generate(1);
    let own =
        Task::write(&Document { collector_hpke_config: base64url::encode(&config.to_bytes()), ..document() });
    let collector = |task: &str, key: &str| {
        let file = CollectorFile {
            task: task.to_owned(),
            private_key: key.to_owned(),
            collector_token: "token".to_owned(),
        };
        let json = serde_json::to_vec(&file).expect("a file");
        CollectorFile::from_json(&json, &instruments).map(|_| ()).map_err(|error| error.to_string())
    };
    let private = base64url::encode(&key.to_bytes());
    assert_eq!(collector(&own, &private), Ok(()));
    let refused = |text: &str| Err(text.to_owned());
    assert_eq!(
        collector(&task, &private),
        refused("private_key: expected the key that belongs to the task's collector_hpke_config")
    );
    assert_eq!(collector(&own, "AAAA"), refused("private_key: expected 32 bytes in base64url"));
    assert!(collector("{}", &private).expect_err("no task").starts_with("task: line 1, column 2: "));

    let operator = |role, verify_key: &str, token: Option<&str>| {
        let file = OperatorFile {
            role,
            task: task.clone(),
            verify_key: verify_key.to_owned(),
            aggregator_token: "token".to_owned(),
            collector_token: token.map(str::to_owned),
        };
        let json = serde_json::to_vec(&file).expect("a file");
        OperatorFile::from_json(&json, &instruments).map(|_| ()).map_err(|error| error.to_string())
    };
    let key = base64url::encode(&[1; 16]);
    assert_eq!(operator(Role::Leader, &key, Some("token")), Ok(()));
    assert_eq!(operator(Role::Helper, &key, None), Ok(()));
    assert_eq!(
        operator(Role::Leader, "AAAA", Some("token")),
        refused("verify_key: expected 16 bytes in base64url")
    );
    assert_eq!(
        operator(Role::Leader, &key, None),
        refused("collector_token: expected what the coordinator shows")
    );
}

#[test]
fn a_file_in_the_place_of_another_is_called_by_its_name() {
    let task = check_accepted(|_| {});
    let instruments = Instrument::built_in();
    let text = Task::write(task.document());
    let operator = |role: Role| OperatorFile {
        role,
        task: text.clone(),
        verify_key: String::new(),
        aggregator_token: String::new(),
        collector_token: None,
    };
    let collector =
        CollectorFile { task: text.clone(), private_key: String::new(), collector_token: String::new() };
    let json = |value: &dyn Fn() -> serde_json::Result<Vec<u8>>| value().expect("a file");
    let leader = json(&|| serde_json::to_vec(&operator(Role::Leader)));
    let helper = json(&|| serde_json::to_vec(&operator(Role::Helper)));
    let collector = json(&|| serde_json::to_vec(&collector));
    let codes = json(&|| serde_json::to_vec(&CodesFile::new(&task, Role::Leader, vec![[1; 32]])));
    let issuer =
        br#"{"leader": "-----BEGIN PRIVATE KEY-----", "helper": "-----BEGIN PRIVATE KEY-----"}"#.to_vec();
    let files = [
        (text.clone().into_bytes(), "this is the survey's task.json"),
        (leader, "this is the leader's leader.json"),
        (helper, "this is the helper's helper.json"),
        (collector, "this is the coordinator's collector.json"),
        (codes, "this is the leader's leader-codes.json"),
        (issuer, "this is the portal's issuer.json"),
        (b"code,link\r\nA,B\r\n".to_vec(), "this is no JSON, but the invitations.csv of the mail merge"),
        (b"\xef\xbb\xbfcode\r\nA\r\n".to_vec(), "this is no JSON, but the invitations.csv of the mail merge"),
        (b"year,sex\n1,2\n".to_vec(), "this is no JSON"),
    ];
    type Read<'a> = &'a dyn Fn(&[u8]) -> Result<(), String>;
    let told = |error: KeysError| error.to_string();
    let readers: [(&str, &str, Read); 4] = [
        ("task.json", "the survey's task.json, which `balint-survey task` has made", &|json| {
            Task::from_json(json, &instruments).map(|_| ()).map_err(|error| error.to_string())
        }),
        (
            "leader.json helper.json",
            "an operator's leader.json or helper.json, which `balint-survey task` has made",
            &|json| OperatorFile::from_json(json, &instruments).map(|_| ()).map_err(told),
        ),
        (
            "collector.json",
            "the coordinator's collector.json, which `balint-survey task` has made",
            &|json| CollectorFile::from_json(json, &instruments).map(|_| ()).map_err(told),
        ),
        (
            "leader-codes.json",
            "the leader's leader-codes.json, which `balint-survey invite` has made",
            &|json| CodesFile::from_json(json, &task, Role::Leader).map(|_| ()).map_err(told),
        ),
    ];
    for (own, expected, read) in readers {
        for (json, found) in &files {
            let name = found.rsplit(' ').next().expect("a name");
            if !own.split(' ').any(|own| own == name) {
                assert_eq!(read(json), Err(format!("{found}; expected {expected}")));
            }
        }
    }
    // What is broken or of another kind keeps its place.
    let error = CollectorFile::from_json(b"{\"a\": 1}", &instruments).map(|_| ()).map_err(told);
    assert!(error.expect_err("no key").starts_with("line 1, column 4: unknown field `a`"));
}
