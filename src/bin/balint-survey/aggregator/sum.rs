//! An operator's half of the sum: its shares of everybody, how many they are, and of which reports.

use balint_survey::remote::task::Task;
use janus_messages::{Duration, Interval, ReportId, ReportIdChecksum, Time};
use prio::codec::{Encode, ParameterizedDecode};
use prio::field::Field128;
use prio::vdaf::prio3::Prio3SumVec;
use prio::vdaf::{Aggregatable, AggregateShare, OutputShare, VdafError};
use sha2::{Digest as _, Sha256};

/// A sum of shares of some reports; it is as random as each of them.
#[derive(Clone, Default)]
pub struct Sum {
    share: Option<AggregateShare<Field128>>,
    pub reports: u64,
    /// The exclusive or of the SHA-256 hashes of the reports' ids: by it the operators compare.
    pub checksum: [u8; 32],
    /// The times of the first report and of the last.
    pub times: Option<(u64, u64)>,
}

impl Sum {
    /// Returns what remains of a sum whose share was given away.
    pub fn without_share(reports: u64, checksum: [u8; 32], times: Option<(u64, u64)>) -> Sum {
        Sum { share: None, reports, checksum, times }
    }

    /// Adds one report.
    pub fn add(&mut self, id: &ReportId, time: u64, output: OutputShare<Field128>) -> Result<(), VdafError> {
        let checksum = Sha256::digest(id.as_ref()).into();
        let times = Some((time, time));
        self.merge(&Sum { share: Some(output.into()), reports: 1, checksum, times })
    }

    /// Adds the reports of another sum.
    ///
    /// # Errors
    ///
    /// If it is of another task.
    pub fn merge(&mut self, other: &Sum) -> Result<(), VdafError> {
        match (&mut self.share, &other.share) {
            (Some(share), Some(other)) => share.merge(other)?,
            (share, other) => *share = share.take().or_else(|| other.clone()),
        }
        self.reports += other.reports;
        self.checksum.iter_mut().zip(other.checksum).for_each(|(sum, other)| *sum ^= other);
        self.times = match (self.times, other.times) {
            (Some((first, last)), Some(other)) => Some((first.min(other.0), last.max(other.1))),
            (times, other) => times.or(other),
        };
        Ok(())
    }

    pub fn checksum(&self) -> ReportIdChecksum {
        ReportIdChecksum::from(self.checksum)
    }

    /// Returns the share as the protocol writes it; `None` where there is none, or none any more.
    pub fn share(&self) -> Option<Vec<u8>> {
        self.share.as_ref().and_then(|share| share.get_encoded().ok())
    }

    /// Sets the share that was written.
    pub fn with_share(self, vdaf: &Prio3SumVec, bytes: &[u8]) -> Option<Sum> {
        let share = AggregateShare::get_decoded_with_param(&(vdaf, &()), bytes).ok()?;
        Some(Sum { share: Some(share), ..self })
    }

    /// Returns the whole days that the reports are of.
    pub fn interval(&self, task: &Task) -> Option<Interval> {
        let (first, last) = self.times?;
        let (first, end) = (task.rounded(first), task.rounded(last) + task.document().time_precision);
        interval(first, end)
    }
}

/// Returns the whole window of a task.
pub fn window(task: &Task) -> Interval {
    let (opens, closes) = task.window();
    // OK because a checked window does not end before it begins, in the year 9999 at the latest.
    interval(opens, closes).expect("a checked window")
}

fn interval(start: u64, end: u64) -> Option<Interval> {
    let duration = Duration::from_seconds(end.checked_sub(start)?);
    Interval::new(Time::from_seconds_since_epoch(start), duration).ok()
}
