//! The two operators' processes: with each other, with peers made of published crates, and with everybody who
//! wishes them ill.

#[path = "common/remote.rs"]
mod common;
#[path = "aggregator/pair.rs"]
mod pair;
#[path = "aggregator/peers.rs"]
mod peers;
#[path = "aggregator/published.rs"]
mod published;
#[path = "aggregator/refusals.rs"]
mod refusals;
#[path = "aggregator/secrecy.rs"]
mod secrecy;
#[path = "aggregator/split.rs"]
mod split;
#[path = "aggregator/student.rs"]
mod student;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use balint_survey::answers::Response;
use balint_survey::instrument::Instrument;
use balint_survey::remote::credential::{Blinded, Credential, Credentials, Issuer};
use balint_survey::remote::{Role, base64url, dap09, random};
use balint_survey::tally::Tally;

use janus_messages::query_type::TimeInterval;
use janus_messages::{AggregateShare, AggregationJobInitializeReq, Report};
use pair::Pair;
use peers::{ask_for_share, entries, report_for_helper, run_job, share_request};
use prio::codec::{Decode, Encode};
use prio::vdaf::{Aggregator, Collector};
use published::{Key, Leader};

/// Checks that a collection is the sum of a tally.
#[track_caller]
fn check_sum(pair: &Pair, collection: &[u8], count: u64, plain: &Tally) {
    let sum = dap09::open_collection(&pair.task, &pair.key, collection).expect("a sum");
    assert_eq!(sum.reports, count);
    let found = Tally::from_indicator_sums(pair.task.instrument(), sum.reports, &sum.sums).expect("sums");
    assert_eq!(found.voided, [""; 0]);
    assert!(found.tally == *plain, "the sums give the tally back");
}

/// Lets a class answer through both processes.
fn check_class(instrument: &str, count: usize) {
    let instrument = Instrument::find(instrument).expect("built in");
    let pair = Pair::new(instrument.id(), Credentials::Codes, count);
    let (class, plain) = student::class(&instrument, count);
    let processes = pair.start_both();
    let begun = Instant::now();
    student::answer_all(&pair, &class);
    let answered = begun.elapsed();
    let collection = pair.collect();
    println!("{}: {count} students in {answered:?}, collected after {:?}", instrument.id(), begun.elapsed());
    check_sum(&pair, &collection, count as u64, &plain);
    processes.into_iter().for_each(pair::Process::stop);
}

#[test]
fn class_of_290_is_counted_as_the_plain_tally_counts_it() {
    check_class("stress-experience", 290);
}

#[test]
fn program_of_60_is_counted_as_the_plain_tally_counts_it() {
    check_class("post-program", 60);
}

/// How often an operator is killed in the test.
const KILLS: usize = 60;

/// Kills an operator at a random moment again and again, and starts it at once.
fn kill_often(pair: &Pair, processes: [&Mutex<Option<pair::Process>>; 2], is_over: &AtomicBool) -> usize {
    for kill in 0..KILLS {
        if is_over.load(Ordering::Relaxed) {
            return kill;
        }
        let [place, wait] = random::<2>();
        thread::sleep(Duration::from_millis(u64::from(wait / 2)));
        let role = Role::BOTH[usize::from(place % 2)];
        let mut process = processes[role as usize].lock().expect("nobody panics");
        process.take().expect("it runs").kill();
        *process = Some(pair.start(role));
    }
    KILLS
}

#[test]
fn operators_that_are_killed_at_random_moments_lose_nothing_and_count_nobody_twice() {
    const COUNT: usize = 290;
    let instrument = Instrument::find("stress-experience").expect("built in");
    let pair = Pair::new(instrument.id(), Credentials::Codes, COUNT);
    let (class, plain) = student::class(&instrument, COUNT);
    let processes = pair.start_both().map(|process| Mutex::new(Some(process)));
    let is_over = AtomicBool::new(false);
    let (kills, collection) = thread::scope(|scope| {
        let [leader, helper] = &processes;
        let killer = scope.spawn(|| kill_often(&pair, [leader, helper], &is_over));
        student::answer_all(&pair, &class);
        let job = random();
        let request = dap09::collect_request(&pair.task);
        student::until(|| pair.collection("PUT", &job, &request));
        let answer = pair.poll(&job);
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        (killer.join().expect("the killer ends"), answer.body)
    });
    println!("{kills} kills");
    assert!(kills > 10, "{kills} kills are too few to show anything");
    check_sum(&pair, &collection, COUNT as u64, &plain);
}

#[test]
fn leader_works_with_a_helper_made_of_published_crates() {
    let instrument = Instrument::find("post-program").expect("built in");
    let pair = Pair::new(instrument.id(), Credentials::None, 0);
    let helper = published::Helper::start(pair.agreement(), pair.ports[1]);
    let _leader = pair.start(Role::Leader);
    let (class, plain) = student::class(&instrument, 130);
    student::answer_all(&pair, &class);
    check_sum(&pair, &pair.collect(), 130, &plain);
    assert!(
        (2..=3).contains(&helper.jobs()),
        "found {} jobs; expected 50 to 100 reports in each",
        helper.jobs()
    );
}

/// Waits until no answer is to be lost any more.
fn wait_for_losses(helper: &published::Helper, left: usize) {
    let is_over = || helper.losing() <= left;
    let over = (0..400).any(|_| is_over() || (thread::sleep(Duration::from_millis(10)), false).1);
    assert!(over, "the leader has asked");
}

#[test]
fn leader_asks_the_same_again_when_answers_are_lost_and_it_is_killed_before_they_come() {
    let instrument = Instrument::find("post-program").expect("built in");
    let pair = Pair::new(instrument.id(), Credentials::None, 0);
    let helper = published::Helper::start(pair.agreement(), pair.ports[1]);
    helper.lose(4);
    let leader = pair.start(Role::Leader);
    let (class, plain) = student::class(&instrument, 60);
    student::answer_all(&pair, &class);
    wait_for_losses(&helper, 2);
    leader.kill();
    let leader = pair.start(Role::Leader);
    wait_for_losses(&helper, 0);
    // Those to the last job, if it is not over, and then those about the sum.
    helper.lose(3);
    let job = random();
    let begun = pair.collection("PUT", &job, &dap09::collect_request(&pair.task)).expect("an answer");
    assert_eq!(begun.status, 201);
    wait_for_losses(&helper, 1);
    leader.kill();
    helper.lose(1000);
    let _leader = pair.start(Role::Leader);
    // A coordinator who goes away and comes back.
    let deleted = pair.collection("DELETE", &job, &[]).expect("an answer");
    let job = random();
    let begun = pair.collection("PUT", &job, &dap09::collect_request(&pair.task)).expect("an answer");
    assert_eq!((deleted.status, begun.status), (204, 201));
    helper.lose(0);
    let answer = pair.poll(&job);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    check_sum(&pair, &answer.body, 60, &plain);
}

#[test]
fn helper_answers_the_same_again_after_it_was_killed() {
    let pair = Pair::new("post-program", Credentials::None, 0);
    let helper = pair.start(Role::Helper);
    let (agreement, key) = (pair.agreement(), Key::new(5));
    let leader = Leader { agreement: &agreement, key: &key };
    let report = |number: usize| {
        let shares = agreement.shard(&entries(&agreement, number));
        report_for_helper(&pair, &agreement, &key, &shares, number)
    };
    let reports: Vec<Report> = (0..50).map(report).collect();
    let request = leader.begin(&reports).1.get_encoded().expect("a request");
    let path = format!("aggregation_jobs/{}", base64url::encode(&random::<16>()));
    let put =
        || pair.ask_helper("PUT", &path, AggregationJobInitializeReq::<TimeInterval>::MEDIA_TYPE, &request);
    let first = put();
    assert_eq!(first.status, 200);
    helper.kill();
    let helper = pair.start(Role::Helper);
    assert_eq!(put().body, first.body);
    let checksum = published::checksum(reports.iter().map(|report| *report.metadata().id()));
    let request = share_request(&agreement, 50, checksum);
    let share = ask_for_share(&pair, &request);
    assert_eq!(share.status, 200, "{}", String::from_utf8_lossy(&share.body));
    helper.kill();
    let _helper = pair.start(Role::Helper);
    assert_eq!(ask_for_share(&pair, &request).body, share.body);
}

#[test]
fn helper_works_with_a_leader_made_of_published_crates() {
    let pair = Pair::new("stress-experience", Credentials::Codes, 70);
    let _helper = pair.start(Role::Helper);
    let agreement = pair.agreement();
    let key = Key::new(5);
    let leader = Leader { agreement: &agreement, key: &key };
    let mut expected = vec![0; agreement.parameters[1]];
    let reports: Vec<Report> = (0..70)
        .map(|number| {
            let entries = entries(&agreement, number);
            expected.iter_mut().zip(&entries).for_each(|(sum, entry)| *sum += entry);
            let shares = agreement.shard(&entries);
            report_for_helper(&pair, &agreement, &key, &shares, number)
        })
        .collect();
    let mut outputs = Vec::new();
    for job in reports.chunks(40) {
        outputs.extend(run_job(&pair, &leader, job).into_iter().map(|output| output.expect("good")));
    }
    let checksum = published::checksum(reports.iter().map(|report| *report.metadata().id()));
    let answer = ask_for_share(&pair, &share_request(&agreement, 70, checksum));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let share = AggregateShare::get_decoded(&answer.body).expect("a share");
    let collector = Key::of(&agreement.collector, pair.key.to_bytes());
    let helpers = agreement.open_sum(&collector, 3, share.encrypted_aggregate_share());
    let own = agreement.vdaf.aggregate(&(), outputs).expect("shares");
    let found = agreement.vdaf.unshard(&(), [own, helpers], 70).expect("two shares");
    assert_eq!(found, expected);
}

#[test]
fn tokens_of_the_portal_open_one_submission_each() {
    const COUNT: usize = 50;
    let instrument = Instrument::find("post-program").expect("built in");
    let (issuer, credentials) = Issuer::new().expect("keys");
    let pair = Pair::new(instrument.id(), credentials, 0);
    let _processes = pair.start_both();
    let (class, plain) = student::class(&instrument, COUNT);
    let token = || {
        let blinded =
            Blinded::new(&pair.task.document().credentials, pair.task.id()).expect("a task with tokens");
        blinded.finish(&issuer.sign(&blinded.request()).expect("signed")).expect("two tokens")
    };
    let put = |response: &Response, credential: &Credential| {
        let sealed = student::seal(&pair, response, credential).expect("a report");
        pair.put_report(sealed.bytes()).expect("an answer")
    };
    for response in &class {
        let token = token();
        assert_eq!(put(response, &token).status, 201);
        let detail = put(response, &token).check(400, "reportRejected");
        assert!(detail.contains("this login was used already"), "{detail}");
    }
    put(&class[0], &Credential::none()).check(400, "invalidMessage");
    let other_task = Blinded::new(&pair.task.document().credentials, &random()).expect("a task with tokens");
    let other_task =
        other_task.finish(&issuer.sign(&other_task.request()).expect("signed")).expect("two tokens");
    let detail = put(&class[0], &other_task).check(400, "reportRejected");
    assert!(detail.contains("the credential is not valid"), "{detail}");
    check_sum(&pair, &pair.collect(), COUNT as u64, &plain);
}
