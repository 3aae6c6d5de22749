//! What the helper answers to the leader.

use axum::http::StatusCode;
use balint_survey::remote::dap09;
use balint_survey::remote::task::Moment;
use janus_messages::problem_type::DapProblemType;
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShare, AggregateShareAad, AggregateShareReq, AggregationJobContinueReq,
    AggregationJobInitializeReq, AggregationJobResp, BatchSelector, HpkeCiphertext, HpkeConfigId,
    PrepareError, PrepareInit, PrepareResp, PrepareStepResult, ReportId, TaskId,
};
use prio::codec::{Decode, Encode};
use prio::topology::ping_pong::{PingPongState, PingPongTopology};
use prio::vdaf::Aggregator;
use sha2::{Digest as _, Sha256};

use super::Operator;
use super::problem::{Problem, few_reports};
use super::share::{Share, ShareError};
use super::store::{Job, Prepared, Released};
use super::sum::{self, Sum};

/// The length of a seed of the proof system.
const SEED: usize = 16;

impl Operator {
    /// Verifies the reports of a job together with the leader, and counts those that are good.
    pub fn answer_job(&self, id: &[u8; 16], bytes: &[u8]) -> Result<Vec<u8>, Problem> {
        let digest = Sha256::digest(bytes).into();
        if let Some(known) = self.store.job(id, &digest)? {
            return known_job(known);
        }
        let request = AggregationJobInitializeReq::<TimeInterval>::get_decoded(bytes)
            .map_err(|_| Problem::invalid_message("the request could not be decoded"))?;
        check_job(&request)?;
        let reports = request.prepare_inits().iter().map(|init| {
            let id = *init.report_share().metadata().id();
            (id, self.prepare(init))
        });
        let answer = self.store.keep_job(&self.vdaf, id, &digest, reports.collect(), encode)?;
        known_job(answer)
    }

    /// Checks what can be checked of a report without the store.
    fn prepare(&self, init: &PrepareInit) -> Result<Prepared, PrepareError> {
        let report = init.report_share();
        let time = report.metadata().time().as_seconds_since_epoch();
        match self.moment(time) {
            Some(Moment::Open) => {}
            None => return Err(PrepareError::ReportTooEarly),
            Some(Moment::AfterClosing) => return Err(PrepareError::TaskExpired),
            // The protocol has no word for it.
            Some(Moment::BeforeOpening) => return Err(PrepareError::ReportDropped),
        }
        let share = self.open_share(report.metadata(), report.public_share(), report.encrypted_input_share());
        let share = share.map_err(refuse)?;
        let nonce = report.metadata().id().as_ref();
        self.check_own_part(nonce, &share, report.public_share())?;
        let transition = self
            .vdaf
            .helper_initialized(&self.verify_key, &(), nonce, &share.public, &share.input, init.message())
            .and_then(|transition| transition.evaluate(&self.vdaf));
        match transition {
            Ok((PingPongState::Finished(output), message)) => Ok(Prepared {
                time,
                fingerprint: share.fingerprint,
                is_code: self.asks_for_codes(),
                output,
                answer: PrepareStepResult::Continue { message },
            }),
            _ => Err(PrepareError::VdafPrepError),
        }
    }

    /// Checks what the public share says of the helper's part of the joint randomness.
    ///
    /// It has both operators' parts, and either of them takes the other's from there but computes its own. Of a
    /// client that lies about the helper's, the leader computes with other randomness than the helper, and there are
    /// proofs that are good for the helper alone: the helper would count the report and the leader refuse it, so that
    /// the two sums never belonged together again. The protocol's topology does not compare them here. (Of one
    /// that lies about the leader's part, the helper finds out by itself, before it counts.)
    fn check_own_part(&self, nonce: &[u8; 16], share: &Share, public: &[u8]) -> Result<(), PrepareError> {
        let own = self.vdaf.prepare_init(&self.verify_key, 1, &(), nonce, &share.public, &share.input);
        let own = own.map_err(|_| PrepareError::VdafPrepError)?.1;
        let own = own.get_encoded().map_err(|_| PrepareError::VdafPrepError)?;
        // In both encodings the helper's part, a seed, comes last.
        match (own.last_chunk::<SEED>(), public.last_chunk::<SEED>()) {
            (Some(own), Some(said)) if own == said => Ok(()),
            _ => Err(PrepareError::VdafPrepError),
        }
    }

    /// Refuses to go on with a job: one round is all there is.
    pub fn continue_job(&self, id: &[u8; 16], bytes: &[u8]) -> Result<Vec<u8>, Problem> {
        AggregationJobContinueReq::get_decoded(bytes)
            .map_err(|_| Problem::invalid_message("the request could not be decoded"))?;
        match self.store.has_job(id)? {
            true => Err(Problem::dap(
                DapProblemType::StepMismatch,
                "the job was finished in its first step; expected no other",
            )),
            false => Err(no_job()),
        }
    }

    pub fn delete_job(&self, id: &[u8; 16]) -> Result<(), Problem> {
        if self.store.delete_job(id)? { Ok(()) } else { Err(no_job()) }
    }

    /// Gives the helper's sum away, sealed for the coordinator: once.
    pub fn answer_collection(&self, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
        let request = AggregateShareReq::<TimeInterval>::get_decoded(bytes)
            .map_err(|_| Problem::invalid_message("the request could not be decoded"))?;
        if !request.aggregation_parameter().is_empty() {
            return Err(Problem::invalid_message("found an aggregation parameter; expected none"));
        }
        let (found, expected) = (request.batch_selector().batch_interval(), sum::window(&self.task));
        if *found != expected {
            let detail = format!("found the interval {found}; expected {expected}, the whole window");
            return Err(Problem::dap(DapProblemType::BatchInvalid, detail));
        }
        self.store.release(&self.vdaf, bytes, |released, sum| match released {
            Some(Released { request, answer }) if request == bytes => Ok(answer),
            Some(_) => Err(Problem::dap(
                DapProblemType::BatchQueriedTooManyTimes,
                "the sum was given away before; expected the same request again",
            )),
            None => self.seal_checked(&request, sum),
        })
    }

    fn seal_checked(&self, request: &AggregateShareReq<TimeInterval>, sum: &Sum) -> Result<Vec<u8>, Problem> {
        self.check_over()?;
        let minimum = self.task.document().minimum_batch;
        let found = sum.reports.min(request.report_count());
        if found < minimum {
            return Err(few_reports(minimum));
        }
        if (request.report_count(), *request.checksum()) != (sum.reports, sum.checksum()) {
            // How many either has is not told: the coordinator reads it.
            let detail = "the leader has other reports than the helper; expected the same ones";
            return Err(Problem::dap(DapProblemType::BatchMismatch, detail));
        }
        let sealed = self.seal_sum(sum).ok_or_else(unsealable)?;
        AggregateShare::new(sealed).get_encoded().map_err(|_| unsealable())
    }

    /// Seals this operator's sum for the coordinator.
    pub fn seal_sum(&self, sum: &Sum) -> Option<HpkeCiphertext> {
        let batch = BatchSelector::new_time_interval(sum::window(&self.task));
        let aad = AggregateShareAad::new(TaskId::from(*self.task.id()), Vec::new(), batch);
        let info = dap09::aggregate_share_info(self.role);
        let sealed = self.task.collector().seal(&info, &aad.get_encoded().ok()?, &sum.share()?).ok()?;
        Some(HpkeCiphertext::new(
            HpkeConfigId::from(sealed.config_id),
            sealed.encapsulated_key,
            sealed.payload,
        ))
    }
}

fn unsealable() -> Problem {
    Problem::plain(StatusCode::INTERNAL_SERVER_ERROR, "the sum could not be sealed for the coordinator")
}

fn no_job() -> Problem {
    Problem::dap(DapProblemType::UnrecognizedAggregationJob, "no aggregation job has this id")
}

fn known_job(job: Job) -> Result<Vec<u8>, Problem> {
    match job {
        Job::Answered(answer) => Ok(answer),
        Job::OtherRequest => {
            let detail = "another request has this id; expected the same again, or another id";
            Err(Problem::invalid_message(detail).with_status(StatusCode::CONFLICT))
        }
        Job::Deleted => Err(Problem::plain(StatusCode::GONE, "the job was deleted")),
    }
}

/// Checks a job as a whole.
fn check_job(request: &AggregationJobInitializeReq<TimeInterval>) -> Result<(), Problem> {
    if !request.aggregation_parameter().is_empty() {
        return Err(Problem::invalid_message("found an aggregation parameter; expected none"));
    }
    let mut ids: Vec<&[u8; 16]> =
        request.prepare_inits().iter().map(|init| init.report_share().metadata().id().as_ref()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    match (ids.len(), count) {
        (_, 0) => Err(Problem::invalid_message("found no reports in the job; expected some")),
        (found, count) if found < count => {
            Err(Problem::invalid_message("found a report twice in the job; expected each once"))
        }
        _ => Ok(()),
    }
}

fn encode(answers: Vec<(ReportId, PrepareStepResult)>) -> Option<Vec<u8>> {
    let answers = answers.into_iter().map(|(id, result)| PrepareResp::new(id, result));
    AggregationJobResp::new(answers.collect()).get_encoded().ok()
}

fn refuse(error: ShareError) -> PrepareError {
    match error {
        ShareError::UnknownKey => PrepareError::HpkeUnknownConfigId,
        ShareError::Sealed => PrepareError::HpkeDecryptError,
        ShareError::Malformed | ShareError::Extensions => PrepareError::InvalidMessage,
        // As for one that is unknown or used up.
        ShareError::Credential => PrepareError::ReportDropped,
    }
}
