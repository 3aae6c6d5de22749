//! The leader's thread that counts: it sends jobs to the helper, and fetches the helper's share of a collection.
//!
//! Every step begins with what is in the store and ends with one transaction, so that the process may end at any
//! moment: the same request is then made again, to the letter, and the helper gives the same answer.
//!
//! A job is made once as many reports wait as a batch has at least, or the survey is closed: no sum of a few is ever
//! at rest in a store.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use axum::http::StatusCode;
use balint_survey::remote::{Role, base64url, random};
use janus_messages::problem_type::DapProblemType;
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShare, AggregateShareReq, AggregationJobInitializeReq, AggregationJobResp, BatchSelector,
    Collection as CollectionMessage, PartialBatchSelector, PrepareInit, PrepareStepResult, Report, ReportId,
    ReportShare,
};
use prio::codec::{Decode, Encode};
use prio::field::Field128;
use prio::topology::ping_pong::{PingPongContinuedValue, PingPongState, PingPongTopology};
use prio::vdaf::OutputShare;
use prio::vdaf::prio3::Prio3SumVec;

use super::Operator;
use super::journal::complain;
use super::problem::{Problem, few_good_reports};
use super::store::{Collection, Counts, Outcome, Phase, StoreError, Waiting};
use super::sum::{self, Sum};

/// How many reports are in a job at most.
const JOB: usize = 100;

/// How long the helper is given to answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest answer that is read.
const ANSWER_LIMIT: u64 = 4 * 1024 * 1024;

/// How long to wait after a setback, at first and at last.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(30)];

/// The state in which the leader waits for the helper's answer on a report.
type State = PingPongState<16, 16, Prio3SumVec>;

/// Why a step could not be made; it is tried again.
enum Setback {
    /// The helper cannot be reached, or is not well.
    Away(String),
    /// The helper says no.
    Refused(Problem),
    Store(StoreError),
}

impl From<StoreError> for Setback {
    fn from(error: StoreError) -> Self {
        Setback::Store(error)
    }
}

/// Whether there may be more to do.
enum Step {
    More,
    Idle,
}

pub struct Counting {
    operator: Arc<Operator>,
    agent: ureq::Agent,
    /// Whether the helper could not be reached at the last step.
    is_helper_away: Arc<AtomicBool>,
    /// Whether the operator was told already that the helper refuses reports.
    has_told_of_refusals: AtomicBool,
}

impl Counting {
    pub fn new(operator: Arc<Operator>, is_helper_away: Arc<AtomicBool>) -> Counting {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT));
        // A proxy is for what is far away.
        let agent = match operator.task.is_demonstration() {
            true => agent.proxy(None),
            false => agent,
        };
        let agent = agent.build().new_agent();
        Counting { operator, agent, is_helper_away, has_told_of_refusals: AtomicBool::new(false) }
    }

    /// Counts until nobody can wake it any more.
    pub fn run(&self, woken: &Receiver<()>) {
        let mut pause = PAUSES[0];
        loop {
            let step = self.step();
            self.is_helper_away.store(matches!(step, Err(Setback::Away(_))), Ordering::Relaxed);
            match step {
                Ok(Step::More) => pause = PAUSES[0],
                Ok(Step::Idle) => match woken.recv() {
                    Ok(()) => {}
                    Err(_) => return,
                },
                Err(setback) => {
                    self.report(setback, pause == PAUSES[0]);
                    thread::sleep(pause);
                    pause = (pause * 2).min(PAUSES[1]);
                }
            }
        }
    }

    /// Does the next thing that is to be done.
    fn step(&self) -> Result<Step, Setback> {
        let store = &self.operator.store;
        if let Some(job) = store.open_job()? {
            self.send_job(&job)?;
            return Ok(Step::More);
        }
        // In this order: no report comes any more once the survey is closed, so that none is overlooked.
        let closing = store.closing()?;
        let counts = store.counts()?;
        let is_closing = closing.as_ref().is_some_and(|one| matches!(one.phase, Phase::Draining));
        let enough = self.operator.task.document().minimum_batch.min(JOB as u64);
        if counts.waiting >= enough || is_closing && counts.waiting > 0 {
            store.begin_job(&random(), JOB)?;
            return Ok(Step::More);
        }
        match closing {
            Some(collection) if matches!(collection.phase, Phase::Draining | Phase::Asking) => {
                self.collect(&collection, counts)?;
                Ok(Step::More)
            }
            _ => Ok(Step::Idle),
        }
    }

    /// Notes why a step could not be made: for the operator once, for the coordinator as long as it lasts.
    fn report(&self, setback: Setback, is_first: bool) {
        let line = match &setback {
            Setback::Away(reason) => format!("the helper cannot be reached ({reason}): it is tried again"),
            Setback::Refused(problem) => format!("{}: it is tried again", problem.parts().1),
            Setback::Store(error) => error.to_string(),
        };
        if is_first {
            complain(&line);
        }
        if let (Setback::Refused(problem), Ok(Some(collection))) = (setback, self.operator.store.closing()) {
            // That it cannot be noted is no worse than the setback.
            let _ = self.operator.store.note_trouble(&collection.id, Some(&problem));
        }
    }

    fn send_job(&self, job: &Waiting) -> Result<(), Setback> {
        let mut prepared = Prepared::default();
        for bytes in &job.reports {
            self.prepare(&mut prepared, bytes).ok_or(StoreError::Damaged("a report"))?;
        }
        let outcome = match prepared.inits.is_empty() {
            true => Outcome { refused: prepared.refused, ..Outcome::default() },
            false => self.exchange(job, prepared)?,
        };
        let store = &self.operator.store;
        store.finish_job(&self.operator.vdaf, &outcome)?;
        match store.closing()? {
            Some(Collection { id, trouble: Some(_), .. }) => Ok(store.note_trouble(&id, None)?),
            _ => Ok(()),
        }
    }

    /// Prepares a report again as the same bytes always are; `None` where they are no report.
    fn prepare(&self, prepared: &mut Prepared, bytes: &[u8]) -> Option<()> {
        let report = Report::get_decoded(bytes).ok()?;
        let (id, metadata) = (*report.metadata().id(), report.metadata());
        let operator = &self.operator;
        let sealed = report.leader_encrypted_input_share();
        let share = operator.open_share(metadata, report.public_share(), sealed).ok();
        let begun = share.and_then(|share| {
            let (key, nonce) = (&operator.verify_key, id.as_ref());
            operator.vdaf.leader_initialized(key, &(), nonce, &share.public, &share.input).ok()
        });
        let Some((state, message)) = begun else {
            prepared.refused.push(*id.as_ref());
            return Some(());
        };
        let helpers = report.helper_encrypted_input_share().clone();
        let share = ReportShare::new(metadata.clone(), report.public_share().to_vec(), helpers);
        prepared.inits.push(PrepareInit::new(share, message));
        prepared.states.insert(*id.as_ref(), (metadata.time().as_seconds_since_epoch(), state));
        Some(())
    }

    fn exchange(&self, job: &Waiting, mut prepared: Prepared) -> Result<Outcome, Setback> {
        let ids: Vec<ReportId> =
            prepared.inits.iter().map(|init| *init.report_share().metadata().id()).collect();
        let request = AggregationJobInitializeReq::new(
            Vec::new(),
            PartialBatchSelector::new_time_interval(),
            prepared.inits,
        );
        let path = format!("aggregation_jobs/{}", base64url::encode(&job.job));
        let kind = AggregationJobInitializeReq::<TimeInterval>::MEDIA_TYPE;
        let answer = self.send(Method::Put, &path, kind, request.get_encoded())?;
        let answer = AggregationJobResp::get_decoded(&answer).map_err(|_| unreadable())?;
        if !answer.prepare_resps().iter().map(|one| one.report_id()).eq(&ids) {
            return Err(unreadable());
        }
        let mut outcome = Outcome { refused: prepared.refused, ..Outcome::default() };
        for (id, answer) in ids.iter().zip(answer.prepare_resps()) {
            self.tell_of_refusal(answer.result());
            let state = prepared.states.remove(id.as_ref());
            match state.and_then(|(time, state)| Some((time, self.finish(state, answer.result())?))) {
                Some((time, output)) => {
                    let added = outcome.sum.add(id, time, output);
                    added.map_err(|_| StoreError::Damaged("a share"))?;
                    outcome.counted.push(*id.as_ref());
                }
                None => outcome.refused.push(*id.as_ref()),
            }
        }
        Ok(outcome)
    }

    /// Tells the operator once that the helper refuses reports, as it may refuse all of them.
    fn tell_of_refusal(&self, answer: &PrepareStepResult) {
        let is_refused = matches!(answer, PrepareStepResult::Reject(_));
        if is_refused && !self.has_told_of_refusals.swap(true, Ordering::Relaxed) {
            complain(
                "the helper refuses a report: if it refuses many, compare the code lists and the task hashes",
            );
        }
    }

    /// Returns the leader's output share of a report that the helper has found good, and the leader too.
    fn finish(&self, state: State, answer: &PrepareStepResult) -> Option<OutputShare<Field128>> {
        let PrepareStepResult::Continue { message } = answer else { return None };
        match self.operator.vdaf.leader_continued(state, &(), message) {
            Ok(PingPongContinuedValue::FinishedNoMessage { output_share }) => Some(output_share),
            _ => None,
        }
    }

    /// Ends a collection for which all reports are counted.
    fn collect(&self, collection: &Collection, counts: Counts) -> Result<(), Setback> {
        let Operator { store, task, vdaf, .. } = &*self.operator;
        let minimum = task.document().minimum_batch;
        if counts.counted < minimum {
            let problem = few_good_reports(minimum, counts.refused > 0);
            return Ok(store.fail_collection(&collection.id, &problem)?);
        }
        if !store.ask_helper(&collection.id)? {
            // It was deleted in the meantime.
            return Ok(());
        }
        let sum = store.sum(vdaf)?;
        match self.ask(&sum) {
            Ok(answer) => Ok(store.finish_collection(&collection.id, &answer)?),
            Err(Setback::Refused(problem)) if is_final(&problem) => {
                Ok(store.fail_collection(&collection.id, &problem)?)
            }
            Err(setback) => Err(setback),
        }
    }

    /// Returns the collection with both shares.
    fn ask(&self, sum: &Sum) -> Result<Vec<u8>, Setback> {
        let task = &self.operator.task;
        let batch = BatchSelector::new_time_interval(sum::window(task));
        let request = AggregateShareReq::new(batch, Vec::new(), sum.reports, sum.checksum());
        let kind = AggregateShareReq::<TimeInterval>::MEDIA_TYPE;
        let answer = self.send(Method::Post, "aggregate_shares", kind, request.get_encoded())?;
        let helpers = AggregateShare::get_decoded(&answer).map_err(|_| unreadable())?;
        let own = self.operator.seal_sum(sum).ok_or(StoreError::Damaged("the sum"))?;
        let interval = sum.interval(task).ok_or(StoreError::Damaged("the sum"))?;
        let collection = CollectionMessage::new(
            PartialBatchSelector::new_time_interval(),
            sum.reports,
            interval,
            own,
            helpers.encrypted_aggregate_share().clone(),
        );
        Ok(collection.get_encoded().map_err(|_| StoreError::Damaged("the sum"))?)
    }

    /// Sends a message to the helper, and returns its answer.
    fn send<E>(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        message: Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, Setback> {
        let message = message.map_err(|_| StoreError::Damaged("a message"))?;
        let task = &self.operator.task;
        let url = task.url(Role::Helper, &format!("tasks/{}/{path}", task.document().task_id));
        let request = match method {
            Method::Put => self.agent.put(&url),
            Method::Post => self.agent.post(&url),
        };
        let bearer = format!("Bearer {}", self.operator.aggregator_token);
        let request = request.header("authorization", bearer).header("content-type", kind);
        let away = |error: ureq::Error| Setback::Away(error.to_string());
        let mut response = request.send(&message[..]).map_err(away)?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec().map_err(away)?;
        match status.as_u16() {
            200..300 => Ok(body),
            408 | 425 | 429 | 500.. => Err(Setback::Away(format!("it answers {status}"))),
            _ => Err(Setback::Refused(refusal(status.as_u16(), &body))),
        }
    }
}

enum Method {
    Put,
    Post,
}

/// A job in the making.
#[derive(Default)]
struct Prepared {
    inits: Vec<PrepareInit>,
    /// The times of the reports, and what is needed to go on with them.
    states: HashMap<[u8; 16], (u64, State)>,
    refused: Vec<[u8; 16]>,
}

fn unreadable() -> Setback {
    let detail = "the helper's answer could not be decoded; expected the protocol's message";
    Setback::Refused(Problem::plain(StatusCode::BAD_REQUEST, detail))
}

/// Returns the helper's refusal in the words for the coordinator.
fn refusal(status: u16, body: &[u8]) -> Problem {
    let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |field: &str| document[field].as_str().unwrap_or_default();
    let said = [text("detail"), text("title")].into_iter().find(|text| !text.is_empty());
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    let detail = format!("the helper refuses with {status}{said}");
    match text("type").parse() {
        // It is the leader's token that is wrong, not the coordinator's.
        Ok(DapProblemType::UnauthorizedRequest) | Err(_) => Problem::plain(StatusCode::BAD_REQUEST, detail),
        Ok(kind) => Problem::dap(kind, detail),
    }
}

/// Returns whether the helper has certainly made no share: then the survey can be open again.
///
/// A mismatch is not enough: Janus closes the batch before it compares. That it is too early for the helper is.
fn is_final(problem: &Problem) -> bool {
    matches!(problem.kind(), Some(DapProblemType::InvalidBatchSize | DapProblemType::BatchInvalid))
}
