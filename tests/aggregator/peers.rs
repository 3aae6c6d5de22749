//! What a leader and a respondent made of published crates do with our processes.

use balint_survey::remote::{Role, base64url, random};
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShareReq, AggregationJobInitializeReq, AggregationJobResp, BatchSelector, Extension,
    ExtensionType, PrepareError, Report, ReportIdChecksum,
};
use prio::codec::{Decode, Encode};

use crate::pair::{Answer, Pair, now};
use crate::published::{Agreement, Key, Leader, Output, Shares};
use crate::student;

/// Sends a job to our helper, and finishes it as the leader.
pub fn run_job(pair: &Pair, leader: &Leader, reports: &[Report]) -> Vec<Result<Output, PrepareError>> {
    let (states, request) = leader.begin(reports);
    let path = format!("aggregation_jobs/{}", base64url::encode(&random::<16>()));
    let kind = AggregationJobInitializeReq::<TimeInterval>::MEDIA_TYPE;
    let answer = pair.ask_helper("PUT", &path, kind, &request.get_encoded().expect("a request"));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let answer = AggregationJobResp::get_decoded(&answer.body).expect("an answer");
    let outputs = leader.finish(states, &answer);
    let ids = reports.iter().map(|report| *report.metadata().id());
    assert!(outputs.iter().map(|(id, _)| *id).eq(ids), "the answers are in the order of the reports");
    outputs.into_iter().map(|(_, output)| output).collect()
}

/// Returns the request for the helper's share of some reports.
pub fn share_request(agreement: &Agreement, count: u64, checksum: ReportIdChecksum) -> Vec<u8> {
    let batch = BatchSelector::new_time_interval(agreement.window);
    AggregateShareReq::new(batch, Vec::new(), count, checksum).get_encoded().expect("a request")
}

pub fn ask_for_share(pair: &Pair, request: &[u8]) -> Answer {
    pair.ask_helper("POST", "aggregate_shares", AggregateShareReq::<TimeInterval>::MEDIA_TYPE, request)
}

/// Returns entries of zeros and ones that differ from number to number.
pub fn entries(agreement: &Agreement, number: usize) -> Vec<u128> {
    (0..agreement.parameters[1]).map(|entry| u128::from((entry + number).is_multiple_of(3))).collect()
}

/// Returns the extension with a credential of a code.
pub fn proofs(pair: &Pair, number: usize) -> [Vec<Extension>; 2] {
    let code = pair.codes.get(number);
    Role::BOTH.map(|role| {
        let proof = code.map(|code| student::proof(code, role, pair.task.id()));
        proof.map(|proof| Extension::new(ExtensionType::Tbd, proof)).into_iter().collect()
    })
}

/// Returns a report of a leader's own key for our helper, of a student by number.
pub fn report_for_helper(
    pair: &Pair,
    agreement: &Agreement,
    key: &Key,
    shares: &Shares,
    number: usize,
) -> Report {
    let helpers = pair.published_config(Role::Helper);
    agreement.seal(shares, now(), [&key.config, &helpers], proofs(pair, number))
}

/// Returns a report for both of our operators, of a student by number.
pub fn report_for_both(pair: &Pair, agreement: &Agreement, shares: &Shares, number: usize) -> Report {
    let [leader, helper] = Role::BOTH.map(|role| pair.published_config(role));
    agreement.seal(shares, now(), [&leader, &helper], proofs(pair, number))
}
