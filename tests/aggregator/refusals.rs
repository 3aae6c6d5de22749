//! What each operator refuses, and in which of the protocol's words.

use std::fs;
use std::io::{BufRead, BufReader};

use balint_survey::remote::credential::{Code, Credentials};
use balint_survey::remote::{Role, base64url, dap09, random};
use janus_messages::query_type::{FixedSize, TimeInterval};
use janus_messages::{
    AggregationJobContinueReq, AggregationJobInitializeReq, AggregationJobStep, BatchSelector, CollectionReq,
    Duration, Extension, ExtensionType, FixedSizeQuery, HpkeCiphertext, HpkeConfigId, Interval,
    PartialBatchSelector, PrepareError, Query, Report, ReportId, TaskId, Time,
};
use prio::codec::Encode;

use crate::pair::{Answer, Pair, now};
use crate::peers::{
    ask_for_share, entries, proofs, report_for_both, report_for_helper, run_job, share_request,
};
use crate::published::{self, Agreement, Key, Leader, Shares};

const DAY: u64 = 86_400;

fn bytes(report: &Report) -> Vec<u8> {
    report.get_encoded().expect("a report")
}

fn put(pair: &Pair, report: &Report) -> Answer {
    pair.put_report(&bytes(report)).expect("an answer")
}

#[track_caller]
fn accept(pair: &Pair, report: &Report) {
    let answer = put(pair, report);
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
}

/// Changes one bit of a ciphertext.
fn tampered(sealed: &HpkeCiphertext) -> HpkeCiphertext {
    let mut payload = sealed.payload().to_vec();
    let middle = payload.len() / 2;
    payload[middle] ^= 1;
    HpkeCiphertext::new(*sealed.config_id(), sealed.encapsulated_key().to_vec(), payload)
}

/// Puts another ciphertext for one of the operators into a report.
fn with_share(report: &Report, role: Role, change: impl Fn(&HpkeCiphertext) -> HpkeCiphertext) -> Report {
    let (leader, helper) = (report.leader_encrypted_input_share(), report.helper_encrypted_input_share());
    let (leader, helper) = match role {
        Role::Leader => (change(leader), helper.clone()),
        Role::Helper => (leader.clone(), change(helper)),
    };
    Report::new(report.metadata().clone(), report.public_share().to_vec(), leader, helper)
}

fn for_another_key(sealed: &HpkeCiphertext) -> HpkeCiphertext {
    let id = u8::from(*sealed.config_id()).wrapping_add(1);
    let (key, payload) = (sealed.encapsulated_key().to_vec(), sealed.payload().to_vec());
    HpkeCiphertext::new(HpkeConfigId::from(id), key, payload)
}

/// Returns the beginnings of a message, its first and last bytes each, and changes to it.
fn garbled(message: &[u8]) -> Vec<Vec<u8>> {
    let length = message.len();
    let ends = (0..length).filter(|end| *end < 130 || end % (length / 60) == 0 || length - end < 20);
    let prefixes = ends.map(|end| message[..end].to_vec());
    let longer = [message, &[0]].concat();
    let noise = (0..20).map(|n| random::<64>()[..3 * n].to_vec());
    let empty = [Vec::new(), vec![0; length], vec![0xff; length]];
    prefixes.chain([longer]).chain(noise).chain(empty).collect()
}

#[test]
fn leader_refuses_reports_that_are_none_of_its_task() {
    let pair = Pair::new("post-program", Credentials::Codes, 9);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let [leader, helper] = Role::BOTH.map(|role| pair.published_config(role));
    let shard = |number: usize| agreement.shard(&entries(&agreement, number));
    let good = report_for_both(&pair, &agreement, &shard(0), 0);
    accept(&pair, &good);
    assert_eq!(put(&pair, &good).status, 200, "the same bytes again");

    let sealed_at = |time: u64, number: usize| {
        agreement.seal(&shard(number), time, [&leader, &helper], proofs(&pair, number))
    };
    let with_extensions = |number: usize, leaders: Vec<Extension>| {
        let helpers = proofs(&pair, number)[1].clone();
        agreement.seal(&shard(number), now(), [&leader, &helper], [leaders, helpers])
    };
    let other_task = Agreement { task: TaskId::from(random::<32>()), ..agreement.clone() };
    let other_length = {
        let mut shares = shard(1);
        shares.inputs[0].truncate(shares.inputs[0].len() - 16);
        shares
    };
    let again = Shares { id: *good.metadata().id(), ..shard(1) };
    let unknown = {
        let proof = crate::student::proof(&Code::new(), Role::Leader, pair.task.id());
        vec![Extension::new(ExtensionType::Tbd, proof)]
    };
    let helpers_proof = proofs(&pair, 1)[1].clone();
    let twice = proofs(&pair, 1)[0].iter().chain(&proofs(&pair, 1)[0]).cloned().collect();
    let taskprov = vec![Extension::new(ExtensionType::Taskprov, Vec::new())];
    let fresh = report_for_both(&pair, &agreement, &shard(1), 1);
    let of_other_task = other_task.seal(&shard(1), now(), [&leader, &helper], proofs(&pair, 1));
    for (report, kind, said) in [
        (with_share(&fresh, Role::Leader, tampered), "reportRejected", "cannot be opened"),
        (of_other_task, "reportRejected", "cannot be opened"),
        (with_share(&fresh, Role::Leader, for_another_key), "outdatedConfig", "another key"),
        (report_for_both(&pair, &agreement, &again, 1), "reportRejected", "another report has this id"),
        (report_for_both(&pair, &agreement, &shard(0), 0), "reportRejected", "this code was used already"),
        (with_extensions(1, unknown), "reportRejected", "this code is not known"),
        (with_extensions(1, helpers_proof), "reportRejected", "this code is not known"),
        (with_extensions(1, vec![]), "invalidMessage", "expected a credential"),
        (with_extensions(1, twice), "invalidMessage", "expected a credential"),
        (with_extensions(1, taskprov), "invalidMessage", "expected a credential"),
        (sealed_at(pair.task.window().0 - 1, 1), "reportRejected", "before the survey's first day"),
        (sealed_at(pair.task.window().1, 1), "reportRejected", "after the survey's last day"),
        (sealed_at(now() + 2 * DAY, 1), "reportTooEarly", "a time to come"),
        (sealed_at(u64::MAX, 1), "reportRejected", "after the survey's last day"),
        (report_for_both(&pair, &agreement, &other_length, 1), "invalidMessage", "could not be decoded"),
    ] {
        let detail = put(&pair, &report).check(400, kind);
        assert!(detail.contains(said), "found {detail:?}; expected {said:?}");
    }
    for body in garbled(&bytes(&fresh)) {
        pair.put_report(&body).expect("an answer").check(400, "invalidMessage");
    }
    let elsewhere = base64url::encode(&random::<32>());
    let url = pair.task.url(Role::Leader, &format!("tasks/{elsewhere}/reports"));
    let kind = [("content-type", dap09::REPORT)];
    pair.send("PUT", &url, &kind, &bytes(&fresh)).expect("an answer").check(400, "unrecognizedTask");
    let url = pair.url(Role::Leader, "reports");
    let other_kind = [("content-type", "application/json")];
    pair.send("PUT", &url, &other_kind, &bytes(&fresh)).expect("an answer").check(400, "invalidMessage");
    // The leader may hang up before all of it is sent.
    let answer = pair.put_report(&vec![0; 1 << 20]);
    assert!(answer.map_or(true, |answer| answer.status == 413));
    // Nothing of all that has used code 1 up.
    accept(&pair, &fresh);
    for role in Role::BOTH {
        let url = pair.task.url(role, &format!("hpke_config?task_id={elsewhere}"));
        pair.send("GET", &url, &[], &[]).expect("an answer").check(400, "unrecognizedTask");
        assert_eq!(pair.send("GET", &pair.task.url(role, "hpke_config"), &[], &[]).expect("one").status, 200);
        let nothing = pair.send("GET", &pair.task.url(role, "nothing"), &[], &[]).expect("an answer");
        assert_eq!(nothing.status, 404);
    }
}

#[test]
fn pages_of_any_origin_may_upload_and_collect() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let _leader = pair.start(Role::Leader);
    let collection = dap09::collection_job_path(&pair.task, &random());
    for path in [dap09::hpke_config_path(&pair.task), dap09::reports_path(&pair.task), collection] {
        let url = pair.task.url(Role::Leader, &path);
        let request = ureq::http::Request::builder().method("OPTIONS").uri(url);
        let request = request.header("origin", "https://portal.example");
        let response = crate::pair::agent().run(request.body(()).expect("a request")).expect("an answer");
        let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(response.status(), 204, "{path}");
        assert_eq!(header("access-control-allow-origin"), "*");
        assert!(header("access-control-allow-headers").contains("content-type, authorization"));
        assert!(header("access-control-allow-methods").contains("PUT"));
    }
}

fn collect_request<Q: janus_messages::query_type::QueryType>(query: Query<Q>, parameter: &[u8]) -> Vec<u8> {
    CollectionReq::new(query, parameter.to_vec()).get_encoded().expect("a request")
}

fn interval(start: u64, duration: u64) -> Interval {
    let duration = Duration::from_seconds(duration);
    Interval::new(Time::from_seconds_since_epoch(start), duration).expect("an interval")
}

#[test]
fn leader_refuses_collections_that_are_not_of_the_whole_window_or_too_small_and_stays_open() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let upload = |number: usize| {
        let shares = agreement.shard(&entries(&agreement, number));
        accept(&pair, &report_for_both(&pair, &agreement, &shares, number));
    };
    (0..49).for_each(upload);
    let put = |body: &[u8]| pair.collection("PUT", &random(), body).expect("an answer");
    let whole = dap09::collect_request(&pair.task);
    let detail = put(&whole).check(400, "invalidBatchSize");
    assert!(detail.contains("found fewer reports; expected 50"), "{detail}");
    upload(49);

    let (opens, closes) = pair.task.window();
    for part in [interval(opens, closes - opens - DAY), interval(opens + DAY, closes - opens - DAY)] {
        put(&collect_request(Query::new_time_interval(part), &[])).check(400, "batchInvalid");
    }
    let larger = interval(opens - DAY, closes - opens + 2 * DAY);
    put(&collect_request(Query::new_time_interval(larger), &[])).check(400, "batchInvalid");
    let window = interval(opens, closes - opens);
    put(&collect_request(Query::new_time_interval(window), &[1])).check(400, "invalidMessage");
    let fixed = Query::<FixedSize>::new_fixed_size(FixedSizeQuery::CurrentBatch);
    put(&collect_request(fixed, &[])).check(400, "invalidMessage");
    for body in garbled(&whole) {
        let answer = put(&body);
        let (status, kind, _) = answer.problem();
        assert!(
            status == 400 && ["invalidMessage", "batchInvalid"].contains(&kind.as_str()),
            "{status} {kind}"
        );
    }
    let url = pair.task.url(Role::Leader, &dap09::collection_job_path(&pair.task, &random()));
    let kind = ("content-type", dap09::COLLECT_REQUEST);
    let aggregators = format!("Bearer {}", pair.aggregator_token);
    for headers in
        [vec![kind], vec![kind, ("authorization", "Bearer x")], vec![kind, ("authorization", &aggregators)]]
    {
        for method in ["PUT", "POST", "DELETE"] {
            let answer = pair.send(method, &url, &headers, &whole).expect("an answer");
            answer.check(403, "unauthorizedRequest");
        }
    }
    let bad_id = pair.url(Role::Leader, "collection_jobs/abc");
    let headers = [kind, ("dap-auth-token", pair.collector_token.as_str())];
    pair.send("PUT", &bad_id, &headers, &whole).expect("an answer").check(400, "invalidMessage");
    assert_eq!(pair.collection("POST", &random(), &[]).expect("an answer").status, 404);
    assert_eq!(pair.collection("DELETE", &random(), &[]).expect("an answer").status, 404);
    upload(50);

    let job = random();
    let url = pair.task.url(Role::Leader, &dap09::collection_job_path(&pair.task, &job));
    assert_eq!(pair.send("PUT", &url, &headers, &whole).expect("an answer").status, 201, "the older header");
    assert_eq!(pair.poll(&job).status, 200);
}

#[test]
fn without_credentials_the_leader_takes_as_many_reports_as_people_were_invited_even_at_once() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let report = |number: usize| {
        let shares = agreement.shard(&entries(&agreement, number));
        report_for_both(&pair, &agreement, &shares, number)
    };
    (0..285).for_each(|number| accept(&pair, &report(number)));
    let more: Vec<Report> = (285..305).map(report).collect();
    let taken = std::thread::scope(|scope| {
        let sent: Vec<_> = more.iter().map(|report| scope.spawn(|| put(&pair, report).status)).collect();
        sent.into_iter().filter_map(|one| one.join().ok()).filter(|status| *status == 201).count()
    });
    assert_eq!(taken, 5);
    let one_more = pair.put_report(&report(290).get_encoded().expect("a report")).expect("an answer");
    let detail = one_more.check(400, "reportRejected");
    assert!(detail.contains("as many have answered as were invited"), "{detail}");
}

#[test]
fn bad_reports_are_left_out_and_the_batch_is_collected_once() {
    let pair = Pair::new("post-program", Credentials::Codes, 54);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let mut expected = vec![0; agreement.parameters[1]];
    let mut first = None;
    for number in 0..50 {
        let entries = entries(&agreement, number);
        expected.iter_mut().zip(&entries).for_each(|(sum, entry)| *sum += entry);
        let report = report_for_both(&pair, &agreement, &agreement.shard(&entries), number);
        accept(&pair, &report);
        first.get_or_insert(report);
    }
    let mut large = entries(&agreement, 0);
    large[7] = 2;
    let large = agreement.shard_out_of_range(&large);
    accept(&pair, &report_for_both(&pair, &agreement, &large, 50));
    let good = report_for_both(&pair, &agreement, &agreement.shard(&entries(&agreement, 3)), 51);
    accept(&pair, &with_share(&good, Role::Helper, tampered));
    let stale = report_for_both(&pair, &agreement, &agreement.shard(&entries(&agreement, 3)), 52);
    accept(&pair, &with_share(&stale, Role::Helper, for_another_key));

    let (job, request) = (random(), dap09::collect_request(&pair.task));
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201);
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201, "the same again");
    let late = report_for_both(&pair, &agreement, &agreement.shard(&entries(&agreement, 3)), 53);
    let detail = put(&pair, &late).check(400, "reportRejected");
    assert!(detail.contains("the survey is closed"), "{detail}");
    assert_eq!(put(&pair, &first.expect("a report")).status, 200, "who has answered may ask again");

    let answer = pair.poll(&job);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let sum = dap09::open_collection(&pair.task, &pair.key, &answer.body).expect("a sum");
    assert_eq!((sum.reports, &sum.sums), (50, &expected));
    assert_eq!(pair.poll(&job).body, answer.body, "the same answer again");
    let second = pair.collection("PUT", &random(), &request).expect("an answer");
    second.check(400, "batchQueriedTooManyTimes");
    assert_eq!(pair.collection("DELETE", &job, &[]).expect("an answer").status, 204);
    assert_eq!(pair.collection("POST", &job, &[]).expect("an answer").status, 204);
    let third = pair.collection("PUT", &random(), &request).expect("an answer");
    third.check(400, "batchQueriedTooManyTimes");
}

#[test]
fn report_that_is_good_for_the_helper_alone_is_left_out_by_both() {
    let pair = Pair::new("post-program", Credentials::Codes, 51);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let mut expected = vec![0; agreement.parameters[1]];
    for number in 0..50 {
        let entries = entries(&agreement, number);
        expected.iter_mut().zip(&entries).for_each(|(sum, entry)| *sum += entry);
        accept(&pair, &report_for_both(&pair, &agreement, &agreement.shard(&entries), number));
    }
    accept(&pair, &report_for_both(&pair, &agreement, &crate::split::shard(&agreement), 50));
    let sum = dap09::open_collection(&pair.task, &pair.key, &pair.collect()).expect("a sum");
    assert_eq!((sum.reports, &sum.sums), (50, &expected));
}

#[test]
fn large_shares_for_the_helper_are_refused_so_that_every_job_is_taken() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let with_bytes = |number: usize, count: usize| {
        let good = report_for_both(&pair, &agreement, &agreement.shard(&entries(&agreement, number)), number);
        let larger = |sealed: &HpkeCiphertext| {
            let key = sealed.encapsulated_key().to_vec();
            let payload = vec![7; count - key.len()];
            HpkeCiphertext::new(*sealed.config_id(), key, payload)
        };
        with_share(&good, Role::Helper, larger)
    };
    let detail = put(&pair, &with_bytes(0, 32 * 1024 + 1)).check(400, "invalidMessage");
    assert_eq!(detail, "the helper's share has 32769 bytes; expected 32768 or fewer");
    // The leader may hang up before all of it is sent.
    let answer = pair.put_report(&bytes(&with_bytes(0, 65_000)));
    assert!(answer.map_or(true, |answer| answer.status == 413));
    (0..100).for_each(|number| accept(&pair, &with_bytes(number, 32 * 1024)));
    for number in 100..150 {
        let shares = agreement.shard(&entries(&agreement, number));
        accept(&pair, &report_for_both(&pair, &agreement, &shares, number));
    }
    let sum = dap09::open_collection(&pair.task, &pair.key, &pair.collect()).expect("a sum");
    assert_eq!(sum.reports, 50);
}

#[test]
fn operators_give_no_sum_away_before_the_last_day_is_over() {
    let mut pair = Pair::new("post-program", Credentials::None, 0);
    pair.may_close_early = false;
    let (leader, helper) = (pair.start(Role::Leader), pair.start(Role::Helper));
    let agreement = pair.agreement();
    let good = |number: usize| {
        report_for_both(&pair, &agreement, &agreement.shard(&entries(&agreement, number)), number)
    };
    (0..50).for_each(|number| accept(&pair, &good(number)));
    let (job, request) = (dap09::collection_job(&pair.task), dap09::collect_request(&pair.task));
    let said = format!("until its last day, {}, is over", pair.task.document().closes);
    let detail = pair.collection("PUT", &job, &request).expect("an answer").check(400, "batchInvalid");
    assert!(detail.contains(&said), "{detail}");

    // A helper does not do what the leader alone may do, and the survey stays open.
    leader.stop();
    pair.may_close_early = true;
    let _leader = pair.start(Role::Leader);
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201);
    let detail = pair.poll(&job).check(400, "batchInvalid");
    assert!(detail.contains("the helper refuses with 400") && detail.contains(&said), "{detail}");
    let shares = agreement.shard(&entries(&agreement, 50));
    accept(&pair, &report_for_both(&pair, &agreement, &shares, 50));
    helper.stop();
    let helper = pair.start(Role::Helper);
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201);
    let answer = pair.poll(&job);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    helper.stop();
}

#[test]
fn operators_give_the_sum_away_when_the_last_day_is_over() {
    let days = [now() - 5 * DAY, now() - DAY];
    let pair = Pair::of_days("post-program", Credentials::None, 0, days);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let [leader, helper] = Role::BOTH.map(|role| pair.published_config(role));
    for number in 0..50 {
        let shares = agreement.shard(&entries(&agreement, number));
        accept(&pair, &agreement.seal(&shares, days[1], [&leader, &helper], Default::default()));
    }
    let sum = dap09::open_collection(&pair.task, &pair.key, &pair.collect()).expect("a sum");
    assert_eq!(sum.reports, 50);
}

#[test]
fn coordinator_reads_that_the_helper_is_away() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let helper = pair.start(Role::Helper);
    let _leader = pair.start(Role::Leader);
    let agreement = pair.agreement();
    let report = |number: usize| {
        report_for_both(&pair, &agreement, &agreement.shard(&entries(&agreement, number)), number)
    };
    let reports: Vec<Report> = (0..50).map(report).collect();
    helper.kill();
    reports.iter().for_each(|report| accept(&pair, report));
    let (job, request) = (random(), dap09::collect_request(&pair.task));
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201);
    let reason = r#"{"detail":"waiting for the helper, which cannot be reached"}"#;
    let is_said = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        let answer = pair.collection("POST", &job, &[]).expect("an answer");
        assert_eq!(answer.status, 202);
        answer.body == reason.as_bytes()
    });
    assert!(is_said, "the reason is given");
    let _helper = pair.start(Role::Helper);
    assert_eq!(pair.poll(&job).status, 200);
}

#[test]
fn second_list_of_codes_is_refused() {
    let pair = Pair::new("post-program", Credentials::Codes, 200);
    pair.start_both().into_iter().for_each(crate::pair::Process::stop);
    let second: Vec<Code> = (0..91).map(|_| Code::new()).collect();
    for role in Role::BOTH {
        pair.write_codes(role, &second);
        let mut command = pair.command(role, &pair.task_file(role), &pair.store(role));
        command.arg("--codes").arg(pair.codes_file(role));
        let expected = "found 291 codes, with those in the store; expected 290 or fewer, as many as were invited: \
                        a second list? run `balint-survey invite` once";
        check_refused(&pair, command, expected);
        // None of the second list was kept.
        pair.write_codes(role, &second[1..]);
        pair.start(role).stop();
    }
}

#[test]
fn operators_say_the_hash_of_the_task() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    for role in Role::BOTH {
        let mut command = pair.command(role, &pair.task_file(role), &pair.store(role));
        let mut process = command.stdout(std::process::Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let lines: Vec<String> = lines.take(2).map(|line| line.expect("text")).collect();
        process.kill().expect("it runs");
        process.wait().expect("it ends");
        assert!(lines[0].starts_with(&format!("Serving {} of ", role.name())), "{lines:?}");
        assert_eq!(lines[1], format!("task-hash {}", pair.task.hash()));
    }
}

#[test]
fn batch_that_shrinks_below_the_minimum_opens_the_survey_again() {
    let pair = Pair::new("post-program", Credentials::Codes, 53);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let good = |number: usize| {
        report_for_both(&pair, &agreement, &agreement.shard(&entries(&agreement, number)), number)
    };
    (0..49).for_each(|number| accept(&pair, &good(number)));
    (49..52).for_each(|number| accept(&pair, &with_share(&good(number), Role::Helper, tampered)));
    let (job, request) = (dap09::collection_job(&pair.task), dap09::collect_request(&pair.task));
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201);
    let detail = pair.poll(&job).check(400, "invalidBatchSize");
    assert_eq!(
        detail,
        "found fewer reports that both operators accept; expected 50 or more: the survey stays open \
         (the helper refuses some: compare the code lists and the logs)"
    );
    let again = pair.collection("PUT", &job, &request).expect("an answer");
    again.check(400, "invalidBatchSize");
    accept(&pair, &good(52));
    // With the same id, as the client has no other.
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201);
    let answer = pair.poll(&job);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let sum = dap09::open_collection(&pair.task, &pair.key, &answer.body).expect("a sum");
    assert_eq!(sum.reports, 50);
}

#[test]
fn helper_refuses_what_a_lying_leader_asks_of_it() {
    let pair = Pair::new("post-program", Credentials::Codes, 60);
    let _helper = pair.start(Role::Helper);
    let (agreement, key) = (pair.agreement(), Key::new(5));
    let leader = Leader { agreement: &agreement, key: &key };
    let shard = |number: usize| agreement.shard(&entries(&agreement, number));
    let good = |number: usize| report_for_helper(&pair, &agreement, &key, &shard(number), number);
    let helpers = pair.published_config(Role::Helper);
    let at = |time: u64, number: usize| {
        agreement.seal(&shard(number), time, [&key.config, &helpers], proofs(&pair, number))
    };
    let with_extensions = |extensions: Vec<Extension>| {
        let leaders = proofs(&pair, 59)[0].clone();
        agreement.seal(&shard(59), now(), [&key.config, &helpers], [leaders, extensions])
    };
    let mut large = entries(&agreement, 0);
    large[0] = 127;
    let large = agreement.shard_out_of_range(&large);
    let unknown = crate::student::proof(&Code::new(), Role::Helper, pair.task.id());
    let (first, second) = (good(0), good(1));
    let cases = [
        (first.clone(), None),
        (second, None),
        (good(1), Some(PrepareError::ReportDropped)),
        (with_share(&good(59), Role::Helper, tampered), Some(PrepareError::HpkeDecryptError)),
        (with_share(&good(59), Role::Helper, for_another_key), Some(PrepareError::HpkeUnknownConfigId)),
        (report_for_helper(&pair, &agreement, &key, &large, 59), Some(PrepareError::VdafPrepError)),
        (
            with_extensions(vec![Extension::new(ExtensionType::Tbd, unknown)]),
            Some(PrepareError::ReportDropped),
        ),
        (with_extensions(proofs(&pair, 59)[0].clone()), Some(PrepareError::ReportDropped)),
        (with_extensions(vec![]), Some(PrepareError::InvalidMessage)),
        (at(pair.task.window().0 - 1, 59), Some(PrepareError::ReportDropped)),
        (at(pair.task.window().1, 59), Some(PrepareError::TaskExpired)),
        (at(pair.task.window().1 - 1, 59), Some(PrepareError::ReportTooEarly)),
    ];
    let reports: Vec<Report> = cases.iter().map(|(report, _)| report.clone()).collect();
    let found = run_job(&pair, &leader, &reports);
    for (case, (found, (_, expected))) in found.iter().zip(&cases).enumerate() {
        assert_eq!(found.as_ref().err(), expected.as_ref(), "report {case}");
    }
    let found = run_job(&pair, &leader, &[first.clone(), good(0), good(59)]);
    let errors: Vec<_> = found.iter().map(|one| one.as_ref().err()).collect();
    assert_eq!(errors, [Some(&PrepareError::ReportReplayed), Some(&PrepareError::ReportDropped), None]);

    // The job as a whole.
    let kind = AggregationJobInitializeReq::<TimeInterval>::MEDIA_TYPE;
    let request = |reports: &[Report]| leader.begin(reports).1.get_encoded().expect("a request");
    let path = |job: &[u8; 16]| format!("aggregation_jobs/{}", base64url::encode(job));
    let put = |job: &[u8; 16], body: &[u8]| pair.ask_helper("PUT", &path(job), kind, body);
    let (job, body) = (random(), request(&[good(2), good(3)]));
    let answer = put(&job, &body);
    assert_eq!((answer.status, put(&job, &body).body), (200, answer.body), "the same again");
    put(&job, &request(&[good(4)])).check(409, "invalidMessage");
    put(&random(), &request(&[])).check(400, "invalidMessage");
    let four = good(4);
    put(&random(), &request(&[four.clone(), four.clone()])).check(400, "invalidMessage");
    let inits = leader.begin(&[four]).1.prepare_inits().to_vec();
    let batch = PartialBatchSelector::new_time_interval();
    let parameter = AggregationJobInitializeReq::new(vec![1], batch, inits);
    put(&random(), &parameter.get_encoded().expect("a request")).check(400, "invalidMessage");
    for body in garbled(&body) {
        put(&random(), &body).check(400, "invalidMessage");
    }
    let next =
        AggregationJobContinueReq::new(AggregationJobStep::from(1), vec![]).get_encoded().expect("a request");
    let go_on = AggregationJobContinueReq::MEDIA_TYPE;
    pair.ask_helper("POST", &path(&job), go_on, &next).check(400, "stepMismatch");
    pair.ask_helper("POST", &path(&job), go_on, &[1]).check(400, "invalidMessage");
    pair.ask_helper("POST", &path(&random()), go_on, &next).check(400, "unrecognizedAggregationJob");
    pair.ask_helper("DELETE", &path(&random()), kind, &[]).check(400, "unrecognizedAggregationJob");
    assert_eq!(pair.ask_helper("DELETE", &path(&job), kind, &[]).status, 204);
    assert_eq!(put(&job, &body).status, 410);
    for token in ["Bearer x", "Bearer ", ""] {
        let headers = [("content-type", kind), ("authorization", token)];
        for path in [path(&random()), "aggregate_shares".to_owned()] {
            let method = if path == "aggregate_shares" { "POST" } else { "PUT" };
            let answer =
                pair.send(method, &pair.url(Role::Helper, &path), &headers, &body).expect("an answer");
            answer.check(403, "unauthorizedRequest");
        }
    }

    // The batch.
    let mut counted: Vec<ReportId> =
        [&reports[0], &reports[1]].map(|report| *report.metadata().id()).to_vec();
    let share = |count: u64, ids: &[ReportId]| {
        let checksum = published::checksum(ids.iter().copied());
        ask_for_share(&pair, &share_request(&agreement, count, checksum))
    };
    let detail = share(50, &counted).check(400, "invalidBatchSize");
    assert!(detail.contains("found fewer reports; expected 50"), "{detail}");
    let more: Vec<Report> = (4..52).map(good).collect();
    assert!(run_job(&pair, &leader, &more).iter().all(Result::is_ok));
    // Those of the jobs above whose ids are known here are not all of the batch: the checksum differs.
    counted.extend(more.iter().map(|report| *report.metadata().id()));
    let detail = share(53, &counted).check(400, "batchMismatch");
    assert!(!detail.contains(|letter: char| letter.is_ascii_digit()), "{detail}");
    share(54, &counted).check(400, "batchMismatch");
    share(49, &counted).check(400, "invalidBatchSize");
    let (opens, closes) = pair.task.window();
    let part = BatchSelector::new_time_interval(interval(opens, closes - opens - DAY));
    let part = janus_messages::AggregateShareReq::new(part, vec![], 53, published::checksum([]));
    ask_for_share(&pair, &part.get_encoded().expect("a request")).check(400, "batchInvalid");
    for body in garbled(&share_request(&agreement, 53, published::checksum([]))) {
        let (status, kind, _) = ask_for_share(&pair, &body).problem();
        assert!(
            status == 400 && ["invalidMessage", "batchInvalid"].contains(&kind.as_str()),
            "{status} {kind}"
        );
    }
}

#[test]
fn helper_gives_its_share_away_once() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let _helper = pair.start(Role::Helper);
    let (agreement, key) = (pair.agreement(), Key::new(5));
    let leader = Leader { agreement: &agreement, key: &key };
    let good = |number: usize| {
        let shares = agreement.shard(&entries(&agreement, number));
        report_for_helper(&pair, &agreement, &key, &shares, number)
    };
    let reports: Vec<Report> = (0..50).map(good).collect();
    assert!(run_job(&pair, &leader, &reports).iter().all(Result::is_ok));
    let checksum = published::checksum(reports.iter().map(|report| *report.metadata().id()));
    let request = share_request(&agreement, 50, checksum);
    let answer = ask_for_share(&pair, &request);
    assert_eq!(answer.status, 200);
    assert_eq!(ask_for_share(&pair, &request).body, answer.body, "the same again");
    let other = share_request(&agreement, 51, checksum);
    ask_for_share(&pair, &other).check(400, "batchQueriedTooManyTimes");
    let late = run_job(&pair, &leader, &[good(50)]);
    assert_eq!(late[0].as_ref().err(), Some(&PrepareError::BatchCollected));
}

#[test]
fn collection_says_that_the_helper_refuses_the_leader_and_goes_on_when_it_does_not() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let file = fs::read_to_string(pair.task_file(Role::Helper)).expect("a file");
    let wrong = file.replace(&pair.aggregator_token, "another");
    fs::write(pair.task_file(Role::Helper), wrong).expect("a file");
    let (_leader, helper) = (pair.start(Role::Leader), pair.start(Role::Helper));
    let agreement = pair.agreement();
    for number in 0..50 {
        let shares = agreement.shard(&entries(&agreement, number));
        accept(&pair, &report_for_both(&pair, &agreement, &shares, number));
    }
    let (job, request) = (random(), dap09::collect_request(&pair.task));
    assert_eq!(pair.collection("PUT", &job, &request).expect("an answer").status, 201);
    let answer = pair.poll(&job);
    let (status, kind, detail) = answer.problem();
    assert_eq!((status, kind.as_str()), (400, "blank"), "{detail}");
    assert!(detail.contains("the helper refuses with 403"), "{detail}");
    helper.kill();
    fs::write(pair.task_file(Role::Helper), file).expect("a file");
    let _helper = pair.start(Role::Helper);
    let ready = (0..300).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        pair.poll(&job).status == 200
    });
    assert!(ready, "the collection goes on");
}

/// Checks that an operator does not start, and says why.
#[track_caller]
fn check_refused(pair: &Pair, command: std::process::Command, expected: &str) {
    let output = pair.run(command);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(
        errors.starts_with("balint-survey: ") && errors.contains(expected),
        "found    {errors}expected {expected}"
    );
}

#[test]
fn operator_does_not_start_with_what_is_not_its_own() {
    let pair = Pair::new("post-program", Credentials::Codes, 2);
    let other = Pair::new("post-program", Credentials::None, 0);
    let [leader, helper] = Role::BOTH.map(|role| pair.task_file(role));
    let store = pair.store(Role::Leader);
    let refused = |command, expected: &str| check_refused(&pair, command, expected);
    let codes = |mut command: std::process::Command, file: &std::path::Path| {
        command.arg("--codes").arg(file);
        command
    };
    refused(
        pair.command(Role::Leader, &helper, &store),
        "found the file of the helper; expected that of the leader",
    );
    refused(pair.command(Role::Leader, &leader, &store), "start it with --codes FILE");
    let with = codes(pair.command(Role::Leader, &leader, &store), &pair.codes_file(Role::Helper));
    refused(with, "found codes for the helper; expected those for the leader");
    let theirs = other.task_file(Role::Leader);
    let with = codes(other.command(Role::Leader, &theirs, &store), &pair.codes_file(Role::Leader));
    refused(with, "expected none, as the task asks respondents for no codes");
    refused(other.command(Role::Leader, &theirs, &store), "is the store of the task with the hash");
    let with = codes(pair.command(Role::Helper, &helper, &store), &pair.codes_file(Role::Helper));
    refused(with, "is the store of a leader; expected one of a helper");
    refused(other.command(Role::Leader, &leader, &leader), "file is not a database");
    refused(other.command(Role::Leader, &other.folder.path().join("none"), &store), "cannot be read");

    let running = pair.start(Role::Leader);
    refused(pair.command(Role::Leader, &leader, &store), "is in use by another process");
    running.stop();
    // The codes are in the store by now.
    let mut again = pair.command(Role::Leader, &leader, &store);
    let mut again = again.stdout(std::process::Stdio::null()).spawn().expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(again.try_wait().expect("a state").is_none(), "it runs");
    again.kill().expect("it runs");
    again.wait().expect("it ends");
}
