//! The coordinator's side of a remote survey, without a network: what is asked, and what each answer leads to.

use balint_survey::answers::csv::Responses;
use balint_survey::disclosure::Release;
use balint_survey::instrument::Instrument;
use balint_survey::remote::base64url;
use balint_survey::remote::collecting::describe::Description;
use balint_survey::remote::collecting::{
    Answer, Collecting, GatherError, Gathered, Next, Problem, finish, read_janus,
};
use balint_survey::remote::credential::Credentials;
use balint_survey::remote::dap09::{self, HpkeConfig, PrivateKey, Sum};
use balint_survey::remote::keys::{Collector, CollectorFile};
use balint_survey::remote::task::{Document, Task};
use balint_survey::tally::Tally;
use balint_survey::tally::indicators::Indicators;
use janus_messages::query_type::TimeInterval;
use janus_messages::{CollectionReq, Interval};
use prio::codec::Decode;

#[path = "common/collected.rs"]
mod collected;
#[path = "common/task.rs"]
mod common;

use collected::{collection, seal};
use common::document;

const NOW: u64 = 1_400_000_000;

fn task(document: &Document) -> Task {
    Task::from_json(Task::write(document).as_bytes(), &Instrument::built_in()).expect("a task")
}

fn collector() -> Collector {
    let (config, key) = HpkeConfig::generate(9);
    let mut document = document("stress-experience", Credentials::Codes, &config);
    // The same each time, as what follows from it is compared.
    document.task_id = base64url::encode(&[7; 32]);
    let file = CollectorFile {
        task: Task::write(&document),
        private_key: base64url::encode(&key.to_bytes()),
        collector_token: "coordinator".to_owned(),
    };
    let json = serde_json::to_vec(&file).expect("a file");
    CollectorFile::from_json(&json, &Instrument::built_in()).expect("a key")
}

fn collecting() -> Collecting {
    Collecting::new(collector(), NOW, false).expect("after the close")
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer { status, retry_after: None, body: body.into() }
}

#[track_caller]
fn waits(next: Result<Next, GatherError>) -> u64 {
    match next {
        Ok(Next::Wait(seconds)) => seconds,
        other => panic!("expected to wait, found {other:?}"),
    }
}

#[track_caller]
fn done(next: Result<Next, GatherError>) -> Gathered {
    match next {
        Ok(Next::Done(gathered)) => *gathered,
        other => panic!("expected a release, found {other:?}"),
    }
}

#[test]
fn the_leader_is_asked_for_the_whole_window_with_a_job_that_follows_from_the_task() {
    let collecting = collecting();
    let request = collecting.inquiry();
    assert_eq!(request.method, "PUT");
    let id = base64url::encode(collecting.task().id());
    let job = base64url::encode(&dap09::collection_job(collecting.task()));
    assert_eq!(request.url, format!("https://faculty.example/dap/tasks/{id}/collection_jobs/{job}"));
    assert_eq!(
        request.headers,
        [
            ("authorization", "Bearer coordinator".to_owned()),
            ("content-type", "application/dap-collect-req".to_owned())
        ]
    );
    let message =
        CollectionReq::<TimeInterval>::get_decoded(&request.body.expect("a body")).expect("a request");
    let (opens, closes) = collecting.task().window();
    let interval: &Interval = message.query().batch_interval();
    assert_eq!(interval.start().as_seconds_since_epoch(), opens);
    assert_eq!(interval.duration().as_seconds(), closes - opens);
    assert!(message.aggregation_parameter().is_empty());
    // Another coordinator's key of the same task goes on with the same job.
    assert_eq!(self::collecting().inquiry().url, request.url);
    assert_eq!(format!("{collecting:?}"), "Collecting(Ask)");
}

#[test]
fn the_sum_is_asked_for_until_it_is_there() {
    let mut collecting = collecting();
    assert_eq!(waits(collecting.answer(&answer(201, ""))), 0);
    let request = collecting.inquiry();
    assert_eq!((request.method, request.body.is_none()), ("POST", true));
    for (retry_after, seconds) in [(None, 5), (Some(0), 1), (Some(30), 30), (Some(86_400), 60)] {
        let busy = Answer { status: 202, retry_after, body: Vec::new() };
        assert_eq!(waits(collecting.answer(&busy)), seconds);
    }
    let ready = collection(collecting.task(), 60);
    let gathered = done(collecting.answer(&answer(200, ready)));
    assert_eq!(gathered.voided, [""; 0]);
    assert_eq!(gathered.release.respondents().exact(), Some(60));
    assert_eq!(
        (gathered.release.collections(), gathered.release.eligible()),
        (&["class".to_owned()][..], Some(290))
    );
}

#[test]
fn a_survey_that_goes_on_is_closed_only_when_that_is_meant() {
    let (opens, closes) = collector().task.window();
    let error = |now: u64, closes_now: bool| {
        Collecting::new(collector(), now, closes_now).err().map(|error| error.to_string())
    };
    let early = "the survey opens on 2014-01-13 (UTC); expected to be asked after it has closed";
    assert_eq!(error(opens - 1, false).as_deref(), Some(early));
    assert_eq!(error(opens - 1, true).as_deref(), Some(early));
    let open = "the survey is open until the end of 2014-02-23 (UTC), and asking for the sum closes it for good; \
                expected a word that this is meant";
    assert_eq!(error(closes - 1, false).as_deref(), Some(open));
    assert_eq!(error(closes - 1, true), None);
    assert_eq!(error(closes, false), None);
}

#[test]
fn problems_of_the_protocol_are_said_in_plain_words() {
    for (kind, expected) in [
        (
            "invalidBatchSize",
            "fewer than 50 have answered; the survey is over: nothing can be opened any more",
        ),
        (
            "batchQueriedTooManyTimes",
            "the sum was opened before, by another request than this one: it opens only once",
        ),
        ("batchOverlap", "the sum was opened before, by another request than this one: it opens only once"),
        (
            "unauthorizedRequest",
            "the leader does not know this coordinator's token; \
             expected the collector.json that was made with its leader.json",
        ),
        (
            "unrecognizedTask",
            "the leader does not know this survey; expected the operators to serve the task of this collector.json",
        ),
    ] {
        let body = format!("{{\"type\": \"urn:ietf:params:ppm:dap:error:{kind}\", \"title\": \"x\"}}");
        for is_asked in [false, true] {
            let mut collecting = collecting();
            if is_asked {
                waits(collecting.answer(&answer(201, "")));
            }
            let error = collecting.answer(&answer(400, body.clone())).expect_err("a problem");
            assert!(matches!(error, GatherError::Problem { minimum_batch: 50, .. }), "{error:?}");
            assert_eq!(error.to_string(), expected);
        }
    }
    let unauthorized = collecting().answer(&answer(401, "")).expect_err("a problem");
    assert!(matches!(unauthorized, GatherError::Problem { problem: Problem::Unauthorized, .. }));
}

#[test]
fn other_refusals_are_passed_on_as_they_are() {
    let detail = "{\"type\": \"about:blank\", \"detail\": \"no such thing\"}";
    for (status, body, expected) in [
        (404, "", "the leader answers with status 404; expected the sum"),
        (302, "", "the leader answers with status 302; expected the sum"),
        (400, detail, "the leader answers with status 400: no such thing"),
        (400, "<html>", "the leader answers with status 400; expected the sum"),
    ] {
        assert_eq!(collecting().answer(&answer(status, body)).expect_err("refused").to_string(), expected);
    }
}

#[test]
fn a_leader_in_trouble_or_out_of_reach_is_tried_five_times() {
    let mut unreachable = collecting();
    let pauses: Vec<u64> = (0..4).map(|_| waits(unreachable.unreachable())).collect();
    assert_eq!(pauses, [1, 2, 4, 8]);
    assert_eq!(
        unreachable.unreachable().expect_err("the fifth time").to_string(),
        "https://faculty.example/dap/ cannot be reached; nothing is lost: asking again goes on where this stopped"
    );
    let mut troubled = collecting();
    for status in [500, 503, 429, 502] {
        assert_eq!(waits(troubled.answer(&answer(status, ""))), 5);
    }
    let error = troubled.answer(&answer(503, "")).expect_err("the fifth time");
    assert_eq!(error, GatherError::Status { status: 503, reason: None });
    // What goes well in between counts.
    let mut recovering = collecting();
    for _ in 0..3 {
        waits(recovering.unreachable());
    }
    waits(recovering.answer(&answer(201, "")));
    for _ in 0..4 {
        waits(recovering.unreachable());
    }
}

#[test]
fn a_collection_that_was_tampered_with_gives_nothing() {
    let mut collecting = collecting();
    waits(collecting.answer(&answer(201, "")));
    let good = collection(collecting.task(), 60);
    let mut check = |body: Vec<u8>, expected: &str| {
        assert_eq!(collecting.answer(&answer(200, body)).expect_err("refused").to_string(), expected);
    };
    let malformed = "the leader's answer is no collection; expected the protocol's message";
    check(Vec::new(), malformed);
    check(good[..good.len() - 1].to_vec(), malformed);
    let mut helpers = good.clone();
    *helpers.last_mut().expect("bytes") ^= 1;
    check(helpers, "the helper's share cannot be opened; expected it sealed for this coordinator's key");
    let mut leaders = good.clone();
    leaders[25 + 1 + 2] ^= 1;
    check(leaders, "the leader's share cannot be opened; expected it sealed for this coordinator's key");
    let mut few = good.clone();
    few[1..9].copy_from_slice(&49_u64.to_be_bytes());
    check(few, "the batch has 49 reports; expected 50 or more");
}

#[test]
fn shares_that_do_not_belong_together_give_nothing() {
    let mut collecting = collecting();
    waits(collecting.answer(&answer(201, "")));
    let random = vec![u128::from(u64::MAX); collecting.task().document().vdaf.length];
    let body = seal(collecting.task(), 60, &random);
    let error = collecting.answer(&answer(200, body)).expect_err("no sums");
    assert!(matches!(error, GatherError::Sums(_)), "{error:?}");
}

#[test]
fn what_contradicts_itself_is_void_and_the_rest_is_released() {
    let collector = collector();
    let task = &collector.task;
    let body = collection(task, 60);
    let sum = dap09::open_collection(task, &collector.private_key, &body).expect("a sum");
    let mut sums = sum.sums;
    sums[0] += 1;
    let gathered = finish(task, &Sum { reports: 60, sums }).expect("a release");
    let (_, first) = task.instrument().items().next().expect("an item");
    assert_eq!(gathered.voided[0], first.id);
    let json = gathered.release.to_json();
    assert!(Release::from_json(json.as_bytes(), &Instrument::built_in()).is_ok());
}

#[test]
fn what_janus_prints_is_read() {
    let (config, _): (HpkeConfig, PrivateKey) = HpkeConfig::generate(1);
    let task = task(&document("stress-experience", Credentials::Codes, &config));
    let entries = task.document().vdaf.length;
    let zeros = vec!["0"; entries].join(", ");
    for text in [
        format!(
            "Number of reports: 60\nSpanned interval: start: 1 length: 2\nAggregation result: [{zeros}]\n"
        ),
        format!(
            "Number of reports: 60\r\nInterval start: 2014\r\nInterval end: 2015\r\nInterval length: 86400s\r\n\
             Aggregation result: [{zeros}]\r\n"
        ),
    ] {
        let sum = read_janus(&text).expect("a sum");
        assert_eq!((sum.reports, sum.sums.len()), (60, entries));
        // Nobody who was asked has answered or not answered: no such respondent exists, and everything is void.
        let gathered = finish(&task, &sum).expect("a release");
        assert!(gathered.voided.len() > task.instrument().items().len());
    }
}

#[test]
fn what_janus_does_not_print_is_refused_without_a_word_of_the_sum() {
    for (text, expected) in [
        ("", "found no line \"Number of reports: \"; expected what `collect` of Janus prints"),
        (
            "Number of reports: 60\n",
            "found no line \"Aggregation result: \"; expected what `collect` of Janus prints",
        ),
        (
            "Number of reports: x\nAggregation result: [1]",
            "\"Number of reports: \": number 1 is none; expected a whole number",
        ),
        (
            "Number of reports: 60\nAggregation result: 12",
            "found no line \"Aggregation result: [..]\"; expected what `collect` of Janus prints",
        ),
        (
            "Number of reports: 60\nAggregation result: [1, 2 3]",
            "\"Aggregation result: \": number 2 is none; expected a whole number",
        ),
    ] {
        assert_eq!(read_janus(text).expect_err("refused").to_string(), expected, "{text:?}");
    }
    let (config, _) = HpkeConfig::generate(1);
    let task = task(&document("post-program", Credentials::Codes, &config));
    let found =
        |text: &str| finish(&task, &read_janus(text).expect("a sum")).expect_err("refused").to_string();
    assert_eq!(
        found("Number of reports: 49\nAggregation result: [1]"),
        "the batch has 49 reports; expected 50 or more"
    );
    let expected = task.document().vdaf.length;
    assert_eq!(
        found("Number of reports: 50\nAggregation result: [1]"),
        format!("found 1 sums; expected {expected}, as the instrument has")
    );
}

#[test]
fn nothing_secret_is_printed_for_debugging() {
    let collecting = collecting();
    let request = format!("{:?}", collecting.inquiry());
    assert!(!request.contains("coordinator"), "{request}");
    assert_eq!(format!("{:?}", Sum { reports: 1, sums: vec![1] }), "Sum(..)");
}

#[test]
fn the_coordinator_is_told_in_plain_words_what_will_happen() {
    let task = collector().task;
    let (opens, closes) = task.window();
    let over = Description::new(&task, closes);
    assert_eq!((over.confirmation, over.obstacle), (None, None));
    assert_eq!(over.operators, "Faculty IT and Students’ union");
    let fact = |label: &str| over.facts.iter().find(|fact| fact.0 == label).map(|fact| fact.1.as_str());
    assert_eq!(fact("Open"), Some("2014-01-13 to 2014-02-23 (UTC)"));
    assert_eq!(fact("Minimum batch"), Some("50 reports"));
    assert_eq!(
        fact("Operators"),
        Some("Faculty IT (https://faculty.example/dap) and Students’ union (https://union.example/dap)")
    );
    assert_eq!(
        over.sentences[0],
        "Asking for the sum closes the survey; once it is opened, reports that come later are refused."
    );
    let open = Description::new(&task, opens);
    assert_eq!(
        open.confirmation.as_deref(),
        Some("The survey is open until the end of 2014-02-23 (UTC). Close it now, for good.")
    );
    let before = Description::new(&task, opens - 1);
    assert_eq!(
        before.obstacle.as_deref(),
        Some("The survey opens on 2014-01-13 (UTC): there is nothing to ask for yet.")
    );
}

/// The synthetic class survey, as the tests of the upload have it, is of 46 people: fewer than a batch.
#[test]
fn a_class_smaller_than_the_batch_never_opens() {
    let instrument = Instrument::find("stress-experience").expect("built in");
    let csv = include_str!("data/stress_46.csv");
    let count = Responses::new(csv.as_bytes(), &instrument).expect("a header").count() as u64;
    let collector = collector();
    let sums = vec![0; collector.task.document().vdaf.length];
    let error = finish(&collector.task, &Sum { reports: count, sums }).expect_err("too few");
    assert_eq!(error.to_string(), "the batch has 46 reports; expected 50 or more");
}

#[test]
fn too_few_while_the_survey_is_open_leave_it_open() {
    let (_, closes) = collector().task.window();
    let mut collecting = Collecting::new(collector(), closes - 1, true).expect("closed now");
    let body = "{\"type\": \"urn:ietf:params:ppm:dap:error:invalidBatchSize\"}";
    assert_eq!(
        collecting.answer(&answer(400, body)).expect_err("a problem").to_string(),
        "fewer than 50 have answered: nothing was opened, and the survey goes on"
    );
}

#[test]
fn what_the_leader_says_of_the_helper_is_passed_on_without_what_a_terminal_obeys() {
    let error = |detail: &str| {
        let kind = "urn:ietf:params:ppm:dap:error:invalidBatchSize";
        let body = serde_json::json!({ "type": kind, "detail": detail }).to_string();
        collecting().answer(&answer(400, body)).expect_err("a problem").to_string()
    };
    let ours = "fewer than 50 have answered; the survey is over: nothing can be opened any more";
    assert_eq!(error("the batch has 3 reports"), ours);
    assert_eq!(
        error("the helper \u{1b}[2Jrefuses 12 reports"),
        format!("{ours} (the leader says: the helper [2Jrefuses 12 reports)")
    );
    assert!(error(&"helper".repeat(1000)).len() < 500);
}

#[test]
fn a_leader_that_is_not_ready_says_why_and_in_the_end_there_is_something_to_do() {
    let mut collecting = collecting();
    waits(collecting.answer(&answer(201, "")));
    let mut ask = |body: &str| {
        waits(collecting.answer(&answer(202, body)));
        collecting.delay()
    };
    let away = "{\"detail\": \"waiting for the helper, which cannot be reached\"}";
    assert_eq!(ask(""), None);
    let said = "Faculty IT (leader) is waiting: waiting for the helper, which cannot be reached";
    assert_eq!(ask(away).as_deref(), Some(said));
    let hint = "; if this goes on, ask Students’ union whether their process runs";
    assert_eq!(ask(""), Some(format!("Faculty IT (leader) is waiting{hint}")));
    assert_eq!(ask(away), Some(format!("{said}{hint}")));
    assert_eq!(ask("<html>"), Some(format!("Faculty IT (leader) is waiting{hint}")));
}

#[test]
fn what_the_leader_has_deleted_is_called_that() {
    let mut collecting = collecting();
    waits(collecting.answer(&answer(201, "")));
    assert_eq!(
        collecting.answer(&answer(204, "")).expect_err("deleted").to_string(),
        "the leader has deleted what was asked for, and gives the sum to nobody any more; \
         expected to have it from the first time, or to ask Faculty IT what has happened"
    );
}

#[test]
fn more_reports_than_were_invited_give_nothing() {
    let task = collector().task;
    let entries = task.document().vdaf.length;
    for reports in [291, u64::MAX] {
        let sum = Sum { reports, sums: vec![u128::from(u64::MAX); entries] };
        assert_eq!(
            finish(&task, &sum).expect_err("too many").to_string(),
            format!(
                "the batch has {reports} reports; expected at most 290, as many as were invited: \
                 the operators took more, and nothing is released"
            )
        );
    }
}

#[test]
fn no_count_is_too_large_to_be_checked() {
    for instrument in Instrument::built_in() {
        let entries = Indicators::count(&instrument);
        for (respondents, sum) in [(u64::MAX, u64::MAX), (u64::MAX, u64::MAX / 2), (1 << 62, 1 << 62)] {
            let sums = vec![u128::from(sum); entries];
            let found = Tally::from_indicator_sums(&instrument, respondents, &sums).expect("so many sums");
            // Nobody can have given each of two answers to a single choice, nor left it out as well.
            assert!(found.voided.len() > instrument.items().len(), "{:?}", found.voided);
        }
    }
}
