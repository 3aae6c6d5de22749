//! What the leader answers to respondents, and to the coordinator.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use axum::http::StatusCode;
use balint_survey::remote::refused;
use balint_survey::remote::task::Moment;
use janus_messages::problem_type::DapProblemType;
use janus_messages::query_type::TimeInterval;
use janus_messages::{CollectionReq, HpkeCiphertext, Report};
use prio::codec::Decode;
use sha2::{Digest as _, Sha256};

use super::Operator;
use super::counting::Counting;
use super::journal::complain;
use super::problem::{Problem, few_reports};
use super::share::ShareError;
use super::store::{Begun, Delivery, NewReport, Phase};
use super::sum;

/// The largest share for the helper, in bytes: a seed and a credential have far fewer. A job of as many reports as
/// one has is never too large for the helper, whatever clients send.
const SEALED_LIMIT: usize = 32 * 1024;

/// The leader, with the thread that counts.
#[derive(Clone)]
pub struct Leader {
    pub operator: Arc<Operator>,
    /// Whether the thread could not reach the helper when it last tried.
    is_helper_away: Arc<AtomicBool>,
    /// Wakes the thread.
    wake: SyncSender<()>,
}

/// How far a collection is, for the coordinator.
pub enum Progress {
    NotYet {
        /// Whether it is the helper that is waited for.
        is_helper_away: bool,
    },
    Ready(Vec<u8>),
    Deleted,
}

impl Leader {
    /// Returns a leader that begins to count what waits.
    pub fn new(operator: Arc<Operator>) -> Leader {
        let (wake, woken) = mpsc::sync_channel(1);
        let is_helper_away = Arc::new(AtomicBool::new(false));
        let counting = Counting::new(operator.clone(), is_helper_away.clone());
        // It is not waited for: it ends with the process at any moment, and goes on from the store.
        thread::spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| counting.run(&woken))).is_err() {
                // Nothing would be counted any more of what is acknowledged.
                complain(
                    "counting has failed; the process ends: start it again, and report what is said above",
                );
                process::exit(1);
            }
        });
        Leader { operator, is_helper_away, wake }
    }

    fn wake(&self) {
        // That it is full means that the thread will wake.
        let _ = self.wake.try_send(());
    }

    /// Keeps a report.
    ///
    /// # Errors
    ///
    /// Says why it is not taken; then nothing of it is kept.
    pub fn upload(&self, bytes: &[u8]) -> Result<StatusCode, Problem> {
        let report = Report::get_decoded(bytes)
            .map_err(|_| Problem::invalid_message("the report could not be decoded"))?;
        let (id, digest) = (report.metadata().id().as_ref(), Sha256::digest(bytes).into());
        // First, so that a repetition is answered as the first time, whatever has changed since.
        let delivery = match self.operator.store.find_report(id, &digest)? {
            Some(known) => known,
            None => self.keep(&report, id, &digest, bytes)?,
        };
        let detail = match delivery {
            Delivery::New => {
                self.wake();
                return Ok(StatusCode::CREATED);
            }
            Delivery::Same => return Ok(StatusCode::OK),
            Delivery::OtherBytes => {
                "another report has this id; expected the same bytes again, or another id"
            }
            Delivery::Full => refused::FULL,
            Delivery::Closed => refused::CLOSED,
            Delivery::UnknownCode => refused::UNKNOWN_CODE,
            Delivery::UsedCredential => match self.operator.asks_for_codes() {
                true => refused::USED_CODE,
                false => refused::USED_LOGIN,
            },
        };
        Err(Problem::rejected(detail))
    }

    fn keep(
        &self,
        report: &Report,
        id: &[u8; 16],
        digest: &[u8; 32],
        bytes: &[u8],
    ) -> Result<Delivery, Problem> {
        let operator = &self.operator;
        // It is looked at again when the report is kept; but by then, the key may be gone.
        if operator.store.closing()?.is_some() {
            return Ok(Delivery::Closed);
        }
        check_time(operator, report.metadata().time().as_seconds_since_epoch())?;
        check_size(report.helper_encrypted_input_share())?;
        let sealed = report.leader_encrypted_input_share();
        let share = operator.open_share(report.metadata(), report.public_share(), sealed);
        let fingerprint = share.map_err(refuse)?.fingerprint;
        let is_code = operator.asks_for_codes();
        Ok(operator.store.keep_report(&NewReport { id, digest, bytes, fingerprint, is_code })?)
    }

    /// Begins a collection: from now on no reports are taken.
    pub fn begin_collection(&self, id: &[u8; 16], bytes: &[u8]) -> Result<(), Problem> {
        let request = CollectionReq::<TimeInterval>::get_decoded(bytes).map_err(|_| {
            Problem::invalid_message("the request could not be decoded; expected one by an interval of time")
        })?;
        if !request.aggregation_parameter().is_empty() {
            return Err(Problem::invalid_message("found an aggregation parameter; expected none"));
        }
        let (found, expected) = (request.query().batch_interval(), sum::window(&self.operator.task));
        if *found != expected {
            let detail = format!(
                "found the interval {found}; expected {expected}, the whole window: it is collected once and as a whole"
            );
            return Err(Problem::dap(DapProblemType::BatchInvalid, detail));
        }
        // One that was begun goes on, even if the process was started with other flags since.
        if self.operator.store.closing()?.is_none() {
            self.operator.check_over()?;
        }
        let minimum = self.operator.task.document().minimum_batch;
        match self.operator.store.begin_collection(id, bytes, minimum)? {
            Begun::New | Begun::Same => {
                self.wake();
                Ok(())
            }
            Begun::OtherRequest => {
                let detail = "another request has this id; expected the same again, or another id";
                Err(Problem::invalid_message(detail).with_status(StatusCode::CONFLICT))
            }
            Begun::SecondCollection => {
                let detail = "a collection was accepted before; expected one alone";
                Err(Problem::dap(DapProblemType::BatchQueriedTooManyTimes, detail))
            }
            Begun::FewReports => Err(few_reports(minimum)),
        }
    }

    /// Returns how far a collection is.
    pub fn collection(&self, id: &[u8; 16]) -> Result<Progress, Problem> {
        let collection = self.operator.store.collection(id)?;
        let collection = collection.ok_or_else(no_collection)?;
        match (collection.phase, collection.trouble) {
            (Phase::Ready(answer), _) => Ok(Progress::Ready(answer)),
            (Phase::Left | Phase::Deleted, _) => Ok(Progress::Deleted),
            (_, Some(trouble)) => Err(trouble),
            (_, None) => Ok(Progress::NotYet { is_helper_away: self.is_helper_away.load(Ordering::Relaxed) }),
        }
    }

    pub fn delete_collection(&self, id: &[u8; 16]) -> Result<(), Problem> {
        self.operator.store.collection(id)?.ok_or_else(no_collection)?;
        Ok(self.operator.store.delete_collection(id)?)
    }
}

fn no_collection() -> Problem {
    Problem::plain(StatusCode::NOT_FOUND, "no collection has this id")
}

fn check_size(sealed: &HpkeCiphertext) -> Result<(), Problem> {
    let found = sealed.encapsulated_key().len() + sealed.payload().len();
    match found <= SEALED_LIMIT {
        true => Ok(()),
        false => {
            let detail = format!("the helper's share has {found} bytes; expected {SEALED_LIMIT} or fewer");
            Err(Problem::invalid_message(detail))
        }
    }
}

fn check_time(operator: &Operator, time: u64) -> Result<(), Problem> {
    match operator.moment(time) {
        Some(Moment::BeforeOpening) => {
            Err(Problem::rejected("the report is of a time before the survey's first day"))
        }
        Some(Moment::AfterClosing) => {
            Err(Problem::rejected("the report is of a time after the survey's last day"))
        }
        None => Err(Problem::dap(
            DapProblemType::ReportTooEarly,
            "the report is of a time to come; expected the device's clock to be right to the day",
        )),
        Some(Moment::Open) => Ok(()),
    }
}

fn refuse(error: ShareError) -> Problem {
    match error {
        ShareError::UnknownKey => Problem::dap(
            DapProblemType::OutdatedConfig,
            "the leader's share is sealed for another key; expected the one that the leader gives now",
        ),
        ShareError::Sealed => Problem::rejected("the leader's share cannot be opened; expected it unchanged"),
        ShareError::Malformed => Problem::invalid_message("the leader's share could not be decoded"),
        ShareError::Extensions => Problem::invalid_message(
            "found other extensions; expected a credential, or none where the survey asks for none",
        ),
        ShareError::Credential => {
            Problem::rejected("the credential is not valid; expected one of this survey for the leader")
        }
    }
}
