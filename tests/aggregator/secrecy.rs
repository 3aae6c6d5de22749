//! What one operator has, and what a wiretapper sees: nothing.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use balint_survey::instrument::Instrument;
use balint_survey::remote::Role;
use balint_survey::remote::credential::{Code, Credentials};
use janus_messages::{HpkeCiphertext, Report, ReportMetadata};
use prio::codec::{Decode, Encode};
use rusqlite::Connection;

use crate::pair::Pair;
use crate::peers::{entries, report_for_both, report_for_helper, run_job};
use crate::published::{Agreement, Key, Leader, input_info};
use crate::student;

/// How many reports of the same answers are looked at.
const COUNT: usize = 200;

/// The size of a field element.
const ELEMENT: usize = 16;

/// Into how many classes the top bits of an element are sorted.
const BINS: usize = 16;

/// What χ² with 15 degrees of freedom exceeds once in a million times (R: `qchisq(1e-6, 15, lower.tail = FALSE)`
/// is 55.1).
const BOUND: f64 = 56.0;

/// By how many of 200 fair coins a count misses 100 less than once in 10⁸ times: 5.8 standard deviations.
const MISS: i64 = 41;

/// Returns all that an operator has on its disk.
fn on_disk(folder: &Path, role: Role) -> Vec<u8> {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let is_store = |path: &std::path::PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(&format!("{}.sqlite", role.name()))
    };
    let files: Vec<_> = files.filter(is_store).collect();
    assert!(!files.is_empty());
    files.into_iter().flat_map(|path| fs::read(path).expect("a file")).collect()
}

/// Returns how often a part of some secrets is on a disk, by the length of the parts.
fn found_of(secrets: &[Vec<u8>], length: usize, disk: &[u8]) -> usize {
    let parts: HashSet<&[u8]> = secrets.iter().flat_map(|secret| secret.chunks_exact(length)).collect();
    assert!(!parts.is_empty());
    // Most places are ruled out by three bytes.
    let place =
        |bytes: &[u8]| usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
    let mut begins = vec![false; 1 << 24];
    parts.iter().for_each(|part| begins[place(part)] = true);
    disk.windows(length).filter(|window| begins[place(window)] && parts.contains(window)).count()
}

/// Returns the plain share of an operator, as that operator could open it.
fn open(agreement: &Agreement, key: &Key, role: Role, report: &Report) -> Vec<u8> {
    let sealed = match role {
        Role::Leader => report.leader_encrypted_input_share(),
        Role::Helper => report.helper_encrypted_input_share(),
    };
    let metadata: &ReportMetadata = report.metadata();
    let aad = agreement.aad(metadata, report.public_share());
    let plain = key.open(&input_info(2 + role as u8), &aad, sealed).expect("for this operator");
    janus_messages::PlaintextInputShare::get_decoded(&plain).expect("a share").payload().to_vec()
}

/// Returns the pair of keys in an operator's store.
fn key_in(store: &Path) -> Key {
    let connection = Connection::open(store).expect("a store");
    let select = "SELECT hpke_config, hpke_private FROM operator";
    let row = connection.query_row(select, (), |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?)));
    let (config, private): (_, [u8; 32]) = row.expect("the keys");
    Key::of(&janus_messages::HpkeConfig::get_decoded(&config).expect("a configuration"), private)
}

fn bins(elements: &[&[u8]]) -> [f64; BINS] {
    let mut bins = [0.0; BINS];
    // Elements are written in little-endian order, and the modulus is 2^128 - 28·2^64 …: all top bits are as likely.
    elements.iter().for_each(|element| bins[usize::from(element[ELEMENT - 1] >> 4)] += 1.0);
    bins
}

/// Checks that some field elements are distributed uniformly, by their top four bits.
#[track_caller]
fn check_uniform(what: &str, elements: &[&[u8]]) {
    let expected = elements.len() as f64 / BINS as f64;
    let squares = bins(elements).map(|found| (found - expected).powi(2) / expected);
    let found: f64 = squares.iter().sum();
    println!("{what}: χ² = {found:.1} of {} elements", elements.len());
    assert!(found < BOUND, "{what}: found χ² = {found}; expected less than {BOUND}");
}

/// Checks that two sets of field elements of one size are distributed alike.
#[track_caller]
fn check_alike(what: &str, left: &[&[u8]], right: &[&[u8]]) {
    assert_eq!(left.len(), right.len());
    let squares = bins(left).into_iter().zip(bins(right)).map(|(a, b)| (a - b).powi(2) / (a + b));
    let found: f64 = squares.sum();
    println!("{what}: χ² = {found:.1}");
    assert!(found < BOUND, "{what}: found χ² = {found}; expected less than {BOUND}");
}

/// Checks that vectors of shares tell nothing: neither all together, nor any entry over all reports.
fn check_vectors(what: &str, vectors: &[Vec<u8>]) {
    let elements: Vec<&[u8]> = vectors.iter().flat_map(|vector| vector.chunks_exact(ELEMENT)).collect();
    assert_eq!(elements.iter().collect::<HashSet<_>>().len(), elements.len(), "{what}: none comes twice");
    check_uniform(what, &elements);
    let length = vectors[0].len() / ELEMENT;
    for entry in 0..length {
        let highest = |vector: &&Vec<u8>| vector[entry * ELEMENT + ELEMENT - 1] >> 7 == 1;
        let found = vectors.iter().filter(highest).count() as i64;
        let miss = (found - vectors.len() as i64 / 2).abs();
        assert!(miss <= MISS, "{what}: entry {entry} has its highest bit in {found} of {}", vectors.len());
    }
}

#[test]
fn store_of_the_leader_says_nothing_of_known_answers() {
    let instrument = Instrument::find("post-program").expect("built in");
    let pair = Pair::new(instrument.id(), Credentials::Codes, 2 * COUNT);
    let agreement = pair.agreement();
    // The helper is away, so that the leader keeps all reports.
    let helper = pair.start(Role::Helper);
    let helpers = pair.published_config(Role::Helper);
    helper.stop();
    let leader = pair.start(Role::Leader);
    let leaders = pair.published_config(Role::Leader);
    let vectors = [vec![0; agreement.parameters[1]], entries(&agreement, 0)];
    let mut reports = Vec::new();
    for number in 0..2 * COUNT {
        let shares = agreement.shard(&vectors[number / COUNT]);
        let proofs = crate::peers::proofs(&pair, number);
        let report = agreement.seal(&shares, crate::pair::now(), [&leaders, &helpers], proofs);
        let answer = pair.put_report(&report.get_encoded().expect("a report")).expect("an answer");
        assert_eq!(answer.status, 201);
        reports.push(report);
    }
    leader.stop();

    let disk = on_disk(pair.folder.path(), Role::Leader);
    check_no_codes(&pair, &disk);
    let kept: Vec<Report> = {
        let connection = Connection::open(pair.store(Role::Leader)).expect("a store");
        let mut select = connection.prepare("SELECT bytes FROM report").expect("the reports");
        let rows = select.query_map((), |row| row.get::<_, Vec<u8>>(0)).expect("the reports");
        rows.map(|bytes| Report::get_decoded(&bytes.expect("bytes")).expect("a report")).collect()
    };
    assert_eq!(kept.len(), 2 * COUNT);
    let key = key_in(&pair.store(Role::Leader));
    let mut kept: HashMap<_, _> = kept.into_iter().map(|report| (*report.metadata().id(), report)).collect();
    let length = agreement.parameters[1] * ELEMENT;
    let shares: Vec<Vec<u8>> = reports
        .iter()
        .map(|report| {
            let kept = kept.remove(report.metadata().id()).expect("it is kept");
            open(&agreement, &key, Role::Leader, &kept)
        })
        .collect();
    assert_eq!(found_of(&shares, ELEMENT, &disk), 0, "no part of a plain share is on the disk");
    let vectors: Vec<Vec<u8>> = shares.into_iter().map(|share| share[..length].to_vec()).collect();
    let (zeros, others) = vectors.split_at(COUNT);
    check_vectors("leader's shares of zeros", zeros);
    check_vectors("leader's shares of other answers", others);
    let elements = |vectors: &[Vec<u8>]| -> Vec<u8> { vectors.concat() };
    let (zeros, others) = (elements(zeros), elements(others));
    let [zeros, others] = [&zeros, &others].map(|all| all.chunks_exact(ELEMENT).collect::<Vec<_>>());
    check_alike("leader's shares of both", &zeros, &others);
}

/// Checks that no code is on a disk, neither as it is printed nor as it is sent.
fn check_no_codes(pair: &Pair, disk: &[u8]) {
    let proofs = |code: &Code| Role::BOTH.map(|role| student::proof(code, role, pair.task.id()));
    let sent: Vec<Vec<u8>> = pair.codes.iter().flat_map(proofs).collect();
    assert_eq!(found_of(&sent, ELEMENT, disk), 0, "no proof of a code is on the disk");
    let printed: Vec<String> = pair.codes.iter().map(Code::to_string).collect();
    let plain: Vec<String> = printed.iter().map(|code| code.replace('-', "")).collect();
    for texts in [printed, plain] {
        let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
        assert_eq!(found_of(&texts, texts[0].len(), disk), 0, "no code is on the disk");
    }
}

#[test]
fn store_of_the_helper_says_nothing_of_known_answers() {
    let pair = Pair::new("post-program", Credentials::Codes, COUNT);
    let helper = pair.start(Role::Helper);
    let (agreement, key) = (pair.agreement(), Key::new(5));
    let leader = Leader { agreement: &agreement, key: &key };
    let shares = (0..COUNT).map(|_| agreement.shard(&vec![0; agreement.parameters[1]]));
    let shares: Vec<_> = shares.collect();
    let reports = shares.iter().enumerate();
    let reports: Vec<Report> =
        reports.map(|(number, shares)| report_for_helper(&pair, &agreement, &key, shares, number)).collect();
    let mut outputs = Vec::new();
    for job in reports.chunks(100) {
        outputs.extend(run_job(&pair, &leader, job).into_iter().map(|output| output.expect("good")));
    }
    helper.stop();
    let disk = on_disk(pair.folder.path(), Role::Helper);
    check_no_codes(&pair, &disk);
    let helpers = key_in(&pair.store(Role::Helper));
    let opened: Vec<Vec<u8>> =
        reports.iter().map(|report| open(&agreement, &helpers, Role::Helper, report)).collect();
    assert!(opened.iter().zip(&shares).all(|(opened, shares)| *opened == shares.inputs[1]));
    assert_eq!(found_of(&opened, ELEMENT, &disk), 0, "no seed of a share is on the disk");
    // The helper's share is a seed. What it stands for, is what is missing to the leader's: of zeros, its negative.
    let vectors: Vec<Vec<u8>> = outputs.iter().map(|output| output.get_encoded().expect("a share")).collect();
    check_vectors("helper's shares of zeros, negated", &vectors);
    let negated: Vec<Vec<u8>> = vectors.iter().map(|vector| negate(vector)).collect();
    assert_eq!(found_of(&negated, ELEMENT, &disk), 0, "no share that a seed stands for is on the disk");
}

/// Returns the negatives of field elements.
fn negate(vector: &[u8]) -> Vec<u8> {
    use prio::field::Field128;
    let element = |bytes: &[u8]| Field128::get_decoded(bytes).expect("an element");
    let negated = vector.chunks_exact(ELEMENT).map(|bytes| -element(bytes));
    negated.flat_map(|element| element.get_encoded().expect("an element")).collect()
}

/// What must not be on any disk any more once the sum has been given away.
struct Secrets {
    keys: Vec<Vec<u8>>,
    ciphertexts: Vec<Vec<u8>>,
    fingerprints: Vec<Vec<u8>>,
}

impl Secrets {
    /// Returns how many of each are in the files of both operators.
    fn found(&self, pair: &Pair) -> [usize; 3] {
        let disk = Role::BOTH.map(|role| on_disk(pair.folder.path(), role)).concat();
        let found = |secrets: &[Vec<u8>], length| found_of(secrets, length, &disk);
        [found(&self.keys, 32), found(&self.ciphertexts, ELEMENT), found(&self.fingerprints, ELEMENT)]
    }
}

#[test]
fn stores_have_neither_shares_nor_keys_after_the_collection() {
    let instrument = Instrument::find("post-program").expect("built in");
    let pair = Pair::new(instrument.id(), Credentials::Codes, 61);
    pair.start_both().into_iter().for_each(crate::pair::Process::stop);
    let keys = Role::BOTH.map(|role| key_in(&pair.store(role)).private.to_vec()).to_vec();
    let [leader, helper] = pair.start_both();
    let (class, _) = student::class(&instrument, 60);
    // The first ten are kept, as they are fewer than a batch.
    let sealed = |numbers: std::ops::Range<usize>| -> Vec<Vec<u8>> {
        let submitted = numbers.map(|number| student::submit(&pair, &class[number], number));
        let reports = submitted.map(|one| Report::get_decoded(one.bytes()).expect("a report"));
        let sealed = |one: &HpkeCiphertext| [one.encapsulated_key().to_vec(), one.payload().to_vec()];
        reports
            .flat_map(|one| {
                [sealed(one.leader_encrypted_input_share()), sealed(one.helper_encrypted_input_share())]
                    .concat()
            })
            .collect()
    };
    let fingerprints = Role::BOTH.map(|role| {
        let of_role = |code: &Code| code.fingerprint(role, pair.task.id()).to_vec();
        pair.codes.iter().map(of_role).collect::<Vec<_>>()
    });
    let mut secrets = Secrets { keys, ciphertexts: sealed(0..10), fingerprints: fingerprints.concat() };
    let [keys, ciphertexts, fingerprints] = secrets.found(&pair);
    assert_eq!(keys, 2, "each operator has its key");
    assert!(ciphertexts > 10 * 20 && fingerprints >= 2 * (2 * 61), "{ciphertexts}, {fingerprints}");
    secrets.ciphertexts.extend(sealed(10..60));
    pair.collect();
    assert_eq!(secrets.found(&pair), [0; 3], "while both run");
    leader.kill();
    helper.kill();
    assert_eq!(secrets.found(&pair), [0; 3], "after both were killed");
    // With the codes, which are not kept again.
    pair.start_both().into_iter().for_each(crate::pair::Process::stop);
    assert_eq!(secrets.found(&pair), [0; 3], "after both were stopped");
    for role in Role::BOTH {
        let connection = Connection::open(pair.store(role)).expect("a store");
        let number =
            |select: &str| connection.query_row(select, (), |row| row.get::<_, i64>(0)).expect("a number");
        assert_eq!(number("SELECT hpke_private = zeroblob(32) FROM operator"), 1);
        assert_eq!(number("SELECT share IS NULL AND reports = 60 FROM sum"), 1);
        assert_eq!(number("SELECT count(*) FROM used"), 0);
        assert_eq!(number("SELECT count(*) FROM code"), 0);
        if role == Role::Leader {
            assert_eq!(number("SELECT count(*) FROM report WHERE bytes IS NOT NULL"), 0);
        }
    }
    let _processes = Role::BOTH.map(|role| pair.start_without_codes(role));
    let late = student::seal(&pair, &class[0], &student::credential(&pair, 60)).expect("a report");
    let detail = pair.put_report(late.bytes()).expect("an answer").check(400, "reportRejected");
    assert!(detail.contains("the survey is closed"), "{detail}");
}

/// Returns all runs of some bytes.
fn runs(bytes: &[u8]) -> HashSet<&[u8]> {
    bytes.windows(6).collect()
}

#[test]
fn uploads_of_different_answers_have_equal_length_and_nothing_in_common() {
    let pair = Pair::new("stress-experience", Credentials::Codes, 2);
    let _processes = pair.start_both();
    let agreement = pair.agreement();
    let sent = [0, 1].map(|number| {
        let entries = vec![number as u128; agreement.parameters[1]];
        let report = report_for_both(&pair, &agreement, &agreement.shard(&entries), number);
        let answer = pair.put_report(&report.get_encoded().expect("a report")).expect("an answer");
        assert_eq!(answer.status, 201);
        report
    });
    check_nothing_in_common(&sent);
    let instrument = pair.task.instrument().clone();
    let (class, _) = student::class(&instrument, 2);
    let pair = Pair::new(instrument.id(), Credentials::Codes, 2);
    let _processes = pair.start_both();
    let sent = [0, 1].map(|number| {
        let sealed = student::submit(&pair, &class[number], number);
        Report::get_decoded(sealed.bytes()).expect("a report")
    });
    check_nothing_in_common(&sent);
}

/// Checks two reports: what is the same is the day, the operators' keys and the lengths.
fn check_nothing_in_common(reports: &[Report; 2]) {
    let [left, right] = reports;
    let lengths = reports.each_ref().map(|report| report.get_encoded().expect("a report").len());
    assert_eq!(lengths[0], lengths[1]);
    assert_eq!(left.metadata().time(), right.metadata().time());
    let parts = |report: &Report| -> Vec<Vec<u8>> {
        let (leader, helper) = (report.leader_encrypted_input_share(), report.helper_encrypted_input_share());
        let sealed = [leader, helper].into_iter();
        let sealed = sealed.flat_map(|one| [one.encapsulated_key().to_vec(), one.payload().to_vec()]);
        let head = [report.metadata().id().as_ref().to_vec(), report.public_share().to_vec()];
        head.into_iter().chain(sealed).collect()
    };
    let (left, right) = (parts(left), parts(right));
    let all = [left.concat(), right.concat()];
    // Some 3,500² pairs of runs of six bytes: by chance two are the same once in 20 million times.
    let (first, second) = (runs(&all[0]), runs(&all[1]));
    assert_eq!(first.intersection(&second).count(), 0, "no six bytes in a row come in both");
    let same = all[0].iter().zip(&all[1]).filter(|(left, right)| left == right).count() as f64;
    let expected = all[0].len() as f64 / 256.0;
    let miss = (same - expected) / expected.sqrt();
    println!("{same} of {} bytes are the same at their places, {expected:.1} by chance", all[0].len());
    assert!(miss < 6.0, "found {same} bytes at their places; expected about {expected}");
}
