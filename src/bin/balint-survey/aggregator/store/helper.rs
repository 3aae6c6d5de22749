//! What the helper keeps: the ids of what it has counted, its answers to jobs, the share that it has given away.

use janus_messages::{PrepareError, PrepareStepResult, ReportId};
use prio::field::Field128;
use prio::vdaf::OutputShare;
use prio::vdaf::prio3::Prio3SumVec;
use rusqlite::{Connection, Transaction};

use super::super::sum::Sum;
use super::{Store, StoreError, add_to_sum, forget, is_known_code, optional, read_sum, use_up};

pub const SCHEMA: &str = "
    CREATE TABLE report (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE job (
        id     BLOB PRIMARY KEY,
        digest BLOB NOT NULL,
        answer BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE released (
        only    INTEGER PRIMARY KEY CHECK (only = 1),
        request BLOB NOT NULL,
        answer  BLOB NOT NULL
    ) STRICT;
";

/// A report of a job that is good as far as can be seen without the store.
pub struct Prepared {
    pub time: u64,
    /// Of the credential, where the task asks for one.
    pub fingerprint: Option<[u8; 32]>,
    /// Whether the credential must be one of the codes that were handed out.
    pub is_code: bool,
    pub output: OutputShare<Field128>,
    /// What the leader is answered if the report is counted.
    pub answer: PrepareStepResult,
}

/// What is known of a job.
#[derive(Debug, PartialEq, Eq)]
pub enum Job {
    Answered(Vec<u8>),
    OtherRequest,
    Deleted,
}

/// The share that was given away.
pub struct Released {
    pub request: Vec<u8>,
    pub answer: Vec<u8>,
}

impl Store {
    pub fn job(&self, id: &[u8; 16], digest: &[u8; 32]) -> Result<Option<Job>, StoreError> {
        find_job(&self.connection(), id, digest)
    }

    pub fn has_job(&self, id: &[u8; 16]) -> Result<bool, StoreError> {
        let select = "SELECT EXISTS (SELECT * FROM job WHERE id = ?1)";
        Ok(self.connection().query_row(select, [id], |row| row.get(0))?)
    }

    /// Deletes the answer to a job; returns whether there was such a job.
    pub fn delete_job(&self, id: &[u8; 16]) -> Result<bool, StoreError> {
        let update = "UPDATE job SET answer = NULL WHERE id = ?1";
        self.write(|transaction| Ok(transaction.execute(update, [id])? > 0))
    }

    /// Counts the reports of a job that are good, keeps the answer to it, and returns it; or does nothing if the
    /// job is known.
    pub fn keep_job(
        &self,
        vdaf: &Prio3SumVec,
        id: &[u8; 16],
        digest: &[u8; 32],
        reports: Vec<(ReportId, Result<Prepared, PrepareError>)>,
        encode: impl FnOnce(Vec<(ReportId, PrepareStepResult)>) -> Option<Vec<u8>>,
    ) -> Result<Job, StoreError> {
        self.write(|transaction| {
            if let Some(known) = find_job(transaction, id, digest)? {
                return Ok(known);
            }
            let is_collected = find_released(transaction)?.is_some();
            let mut sum = Sum::default();
            let mut answers = Vec::new();
            for (report, prepared) in reports {
                let counted = match prepared {
                    // First, as the key to see anything else is gone by now.
                    _ if is_collected => Err(PrepareError::BatchCollected),
                    Ok(prepared) => count(transaction, &mut sum, &report, prepared)?,
                    Err(error) => Err(error),
                };
                answers.push((report, counted.unwrap_or_else(PrepareStepResult::Reject)));
            }
            let answer = encode(answers).ok_or(StoreError::Damaged("an answer"))?;
            transaction.execute("INSERT INTO job VALUES (?1, ?2, ?3)", (id, digest, &answer))?;
            add_to_sum(transaction, vdaf, &sum)?;
            Ok(Job::Answered(answer))
        })
    }

    /// Gives the sum away once: `seal` makes the answer of it, and may refuse to.
    pub fn release<E: From<StoreError>>(
        &self,
        vdaf: &Prio3SumVec,
        request: &[u8],
        seal: impl FnOnce(Option<Released>, &Sum) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let answer = self.write(|transaction| {
            let released = find_released(transaction)?;
            let is_first = released.is_none();
            let answer = seal(released, &read_sum(transaction, vdaf)?);
            if let (true, Ok(answer)) = (is_first, &answer) {
                transaction.execute("INSERT INTO released VALUES (1, ?1, ?2)", (request, answer))?;
                forget(transaction)?;
            }
            Ok(answer)
        });
        answer?
    }

    /// Returns how many reports are in the sum.
    pub fn counted(&self) -> Result<u64, StoreError> {
        let select = "SELECT reports FROM sum";
        Ok(self.connection().query_row(select, (), |row| row.get::<_, i64>(0))? as u64)
    }
}

/// Counts a report, if it is new and its credential too.
fn count(
    transaction: &Transaction,
    sum: &mut Sum,
    id: &ReportId,
    prepared: Prepared,
) -> Result<Result<PrepareStepResult, PrepareError>, StoreError> {
    let select = "SELECT EXISTS (SELECT * FROM report WHERE id = ?1)";
    if transaction.query_row(select, [id.as_ref()], |row| row.get(0))? {
        return Ok(Err(PrepareError::ReportReplayed));
    }
    if let Some(fingerprint) = &prepared.fingerprint {
        let is_good = !prepared.is_code || is_known_code(transaction, fingerprint)?;
        // The protocol has no word for a credential that is unknown or used up; the report is sound otherwise.
        if !is_good || !use_up(transaction, fingerprint)? {
            return Ok(Err(PrepareError::ReportDropped));
        }
    }
    transaction.execute("INSERT INTO report VALUES (?1)", [id.as_ref()])?;
    sum.add(id, prepared.time, prepared.output).map_err(|_| StoreError::Damaged("the sum"))?;
    Ok(Ok(prepared.answer))
}

fn find_job(connection: &Connection, id: &[u8; 16], digest: &[u8; 32]) -> Result<Option<Job>, StoreError> {
    let select = "SELECT digest, answer FROM job WHERE id = ?1";
    let row = connection.query_row(select, [id], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get(1)?)));
    Ok(optional(row)?.map(|(known, answer)| match answer {
        _ if known != *digest => Job::OtherRequest,
        Some(answer) => Job::Answered(answer),
        None => Job::Deleted,
    }))
}

fn find_released(connection: &Connection) -> Result<Option<Released>, StoreError> {
    let select = "SELECT request, answer FROM released";
    optional(
        connection.query_row(select, (), |row| Ok(Released { request: row.get(0)?, answer: row.get(1)? })),
    )
}
