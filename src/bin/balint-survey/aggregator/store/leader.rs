//! What the leader keeps: reports until they are counted, jobs until they are answered, the one collection.

use prio::vdaf::prio3::Prio3SumVec;
use rusqlite::Connection;

use super::super::problem::Problem;
use super::super::sum::Sum;
use super::{Store, StoreError, add_to_sum, forget, is_known_code, optional, read_sum, use_up};

/// A report has its bytes until it is counted or refused. In a job it stays until the job is answered, so that
/// after a crash the very same request is made of it again.
pub const SCHEMA: &str = "
    CREATE TABLE report (
        id     BLOB PRIMARY KEY,
        digest BLOB NOT NULL,
        state  TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'counted', 'refused')),
        bytes  BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX report_state ON report (state);
    CREATE TABLE job (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        id   BLOB NOT NULL
    ) STRICT;
    CREATE TABLE collection (
        id      BLOB PRIMARY KEY,
        request BLOB NOT NULL,
        state   TEXT NOT NULL CHECK (state IN ('draining', 'asking', 'left', 'ready', 'failed', 'deleted')),
        answer  BLOB,
        kind    TEXT,
        detail  TEXT
    ) STRICT;
";

/// What has closed the survey: a collection that was accepted and has not failed.
const CLOSING: &str = "state IN ('draining', 'asking', 'left', 'ready', 'deleted')";

/// A report that is good as far as the leader can see.
pub struct NewReport<'a> {
    pub id: &'a [u8; 16],
    pub digest: &'a [u8; 32],
    pub bytes: &'a [u8],
    /// Of the credential, where the task asks for one.
    pub fingerprint: Option<[u8; 32]>,
    /// Whether the credential must be one of the codes that were handed out.
    pub is_code: bool,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    New,
    /// The very same bytes were there before.
    Same,
    /// The id was there before, with other bytes.
    OtherBytes,
    Closed,
    /// As many have answered as were invited: nothing could be released of more.
    Full,
    UnknownCode,
    UsedCredential,
}

/// How many reports there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: u64,
    pub sent: u64,
    pub counted: u64,
    pub refused: u64,
}

impl Counts {
    /// Returns how many may be in the sum at last.
    pub fn acknowledged(self) -> u64 {
        self.waiting + self.sent + self.counted
    }
}

/// A job that the helper has not answered: its id, and its reports in their order.
pub struct Waiting {
    pub job: [u8; 16],
    pub reports: Vec<Vec<u8>>,
}

/// What the helper's answer makes of the reports of a job.
#[derive(Default)]
pub struct Outcome {
    pub counted: Vec<[u8; 16]>,
    pub refused: Vec<[u8; 16]>,
    pub sum: Sum,
}

/// How far a collection is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// The last reports are being counted.
    Draining,
    /// The helper is asked for its share.
    Asking,
    /// It was deleted while the helper was asked, and may be taken up again.
    Left,
    Ready(Vec<u8>),
    Failed,
    Deleted,
}

/// A collection, and what keeps it from going on.
pub struct Collection {
    pub id: [u8; 16],
    pub request: Vec<u8>,
    pub phase: Phase,
    pub trouble: Option<Problem>,
}

impl Store {
    /// Returns what is known of a report's id.
    pub fn find_report(&self, id: &[u8; 16], digest: &[u8; 32]) -> Result<Option<Delivery>, StoreError> {
        find_report(&self.connection(), id, digest)
    }

    /// Keeps a report and uses its credential up, or neither; never more reports than people were invited.
    pub fn keep_report(&self, report: &NewReport) -> Result<Delivery, StoreError> {
        self.write(|transaction| {
            if let Some(known) = find_report(transaction, report.id, report.digest)? {
                return Ok(known);
            }
            if find_closing(transaction)?.is_some() {
                return Ok(Delivery::Closed);
            }
            if counts(transaction)?.acknowledged() >= self.eligible {
                return Ok(Delivery::Full);
            }
            if let Some(fingerprint) = &report.fingerprint {
                if report.is_code && !is_known_code(transaction, fingerprint)? {
                    return Ok(Delivery::UnknownCode);
                }
                if !use_up(transaction, fingerprint)? {
                    return Ok(Delivery::UsedCredential);
                }
            }
            let insert = "INSERT INTO report VALUES (?1, ?2, 'waiting', ?3)";
            transaction.execute(insert, (report.id, report.digest, report.bytes))?;
            Ok(Delivery::New)
        })
    }

    pub fn counts(&self) -> Result<Counts, StoreError> {
        counts(&self.connection())
    }

    /// Returns the job that is not answered, if there is one.
    pub fn open_job(&self) -> Result<Option<Waiting>, StoreError> {
        let connection = self.connection();
        let job = optional(connection.query_row("SELECT id FROM job", (), |row| row.get(0)))?;
        let Some(job) = job else { return Ok(None) };
        let mut select = connection.prepare("SELECT bytes FROM report WHERE state = 'sent' ORDER BY id")?;
        let reports = select.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(Some(Waiting { job, reports }))
    }

    /// Begins a job with some of the reports that wait.
    pub fn begin_job(&self, id: &[u8; 16], most: usize) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("INSERT INTO job VALUES (1, ?1)", [id])?;
            let pick = "SELECT id FROM report WHERE state = 'waiting' ORDER BY id LIMIT ?1";
            let update = format!("UPDATE report SET state = 'sent' WHERE id IN ({pick})");
            transaction.execute(&update, [most as i64])?;
            Ok(())
        })
    }

    /// Ends the open job.
    pub fn finish_job(&self, vdaf: &Prio3SumVec, outcome: &Outcome) -> Result<(), StoreError> {
        self.write(|transaction| {
            for (state, ids) in [("counted", &outcome.counted), ("refused", &outcome.refused)] {
                let update = "UPDATE report SET state = ?1, bytes = NULL WHERE id = ?2 AND state = 'sent'";
                let mut update = transaction.prepare(update)?;
                for id in ids {
                    update.execute((state, id))?;
                }
            }
            transaction.execute("DELETE FROM job", ())?;
            add_to_sum(transaction, vdaf, &outcome.sum)
        })
    }

    pub fn sum(&self, vdaf: &Prio3SumVec) -> Result<Sum, StoreError> {
        read_sum(&self.connection(), vdaf)
    }

    /// Accepts a collection, unless there is one, or fewer reports than `minimum`.
    pub fn begin_collection(&self, id: &[u8; 16], request: &[u8], minimum: u64) -> Result<Begun, StoreError> {
        self.write(|transaction| {
            // One that has failed is begun anew: the survey was open again, and the client has no other id.
            transaction.execute("DELETE FROM collection WHERE id = ?1 AND state = 'failed'", [id])?;
            if let Some(known) = find_collection(transaction, id)? {
                return Ok(if known.request == request { Begun::Same } else { Begun::OtherRequest });
            }
            match find_closing(transaction)?.map(|closing| closing.phase) {
                Some(Phase::Left) => {
                    let update =
                        "UPDATE collection SET id = ?1, request = ?2, state = 'asking' WHERE state = 'left'";
                    transaction.execute(update, (id, request))?;
                    return Ok(Begun::New);
                }
                Some(_) => return Ok(Begun::SecondCollection),
                None => {}
            }
            let found = counts(transaction)?.acknowledged();
            if found < minimum {
                return Ok(Begun::FewReports);
            }
            let insert = "INSERT INTO collection VALUES (?1, ?2, 'draining', NULL, NULL, NULL)";
            transaction.execute(insert, (id, request))?;
            Ok(Begun::New)
        })
    }

    pub fn collection(&self, id: &[u8; 16]) -> Result<Option<Collection>, StoreError> {
        find_collection(&self.connection(), id)
    }

    /// Returns the collection that has closed the survey.
    pub fn closing(&self) -> Result<Option<Collection>, StoreError> {
        find_closing(&self.connection())
    }

    /// Notes that the helper is asked from now on, and may have given its share; returns whether it is to be asked.
    pub fn ask_helper(&self, id: &[u8; 16]) -> Result<bool, StoreError> {
        let update =
            "UPDATE collection SET state = 'asking' WHERE id = ?1 AND state IN ('draining', 'asking')";
        self.write(|transaction| Ok(transaction.execute(update, [id])? > 0))
    }

    /// Ends a collection with its answer; from now on the leader has neither share nor key. Does nothing if the
    /// collection was deleted in the meantime.
    pub fn finish_collection(&self, id: &[u8; 16], answer: &[u8]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let update = "UPDATE collection SET state = 'ready', answer = ?2, kind = NULL, detail = NULL
                          WHERE id = ?1 AND state = 'asking'";
            if transaction.execute(update, (id, answer))? > 0 {
                forget(transaction)?;
            }
            Ok(())
        })
    }

    /// Ends a collection for which nobody has made a share: the survey is open again.
    pub fn fail_collection(&self, id: &[u8; 16], problem: &Problem) -> Result<(), StoreError> {
        let update = "UPDATE collection SET state = 'failed', kind = ?2, detail = ?3
                      WHERE id = ?1 AND state IN ('draining', 'asking')";
        self.note(id, Some(problem), update)
    }

    /// Notes what keeps a collection from going on, or that nothing does.
    pub fn note_trouble(&self, id: &[u8; 16], problem: Option<&Problem>) -> Result<(), StoreError> {
        let update = "UPDATE collection SET kind = ?2, detail = ?3
                      WHERE id = ?1 AND state IN ('draining', 'asking')";
        self.note(id, problem, update)
    }

    fn note(&self, id: &[u8; 16], problem: Option<&Problem>, update: &str) -> Result<(), StoreError> {
        let (kind, detail) = problem.map(Problem::parts).unzip();
        self.write(|transaction| Ok(transaction.execute(update, (id, kind, detail)).map(drop)?))
    }

    /// Deletes a collection. Before the helper was asked, the survey is open again; after that it stays closed, and
    /// until there is an answer, another collection takes its place, so that nobody has answered in vain.
    pub fn delete_collection(&self, id: &[u8; 16]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let delete = "DELETE FROM collection WHERE id = ?1 AND state IN ('draining', 'failed')";
            transaction.execute(delete, [id])?;
            let leave = "UPDATE collection SET state = 'left' WHERE id = ?1 AND state = 'asking'";
            transaction.execute(leave, [id])?;
            let update =
                "UPDATE collection SET state = 'deleted', answer = NULL WHERE id = ?1 AND state = 'ready'";
            transaction.execute(update, [id])?;
            Ok(())
        })
    }
}

/// What became of a request to collect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    New,
    Same,
    /// The id was there before, with another request.
    OtherRequest,
    SecondCollection,
    FewReports,
}

fn find_report(
    connection: &Connection,
    id: &[u8; 16],
    digest: &[u8; 32],
) -> Result<Option<Delivery>, StoreError> {
    let select = "SELECT digest FROM report WHERE id = ?1";
    let known = optional(connection.query_row(select, [id], |row| row.get::<_, [u8; 32]>(0)))?;
    Ok(known.map(|known| if known == *digest { Delivery::Same } else { Delivery::OtherBytes }))
}

fn counts(connection: &Connection) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    let mut select = connection.prepare("SELECT state, count(*) FROM report GROUP BY state")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(1)? as u64;
        match row.get::<_, String>(0)?.as_str() {
            "waiting" => counts.waiting = count,
            "sent" => counts.sent = count,
            "counted" => counts.counted = count,
            _ => counts.refused = count,
        }
    }
    Ok(counts)
}

fn find_collection(connection: &Connection, id: &[u8; 16]) -> Result<Option<Collection>, StoreError> {
    let select = "SELECT id, request, state, answer, kind, detail FROM collection WHERE id = ?1";
    optional(connection.query_row(select, [id], read_collection))
}

fn find_closing(connection: &Connection) -> Result<Option<Collection>, StoreError> {
    let select = format!("SELECT id, request, state, answer, kind, detail FROM collection WHERE {CLOSING}");
    optional(connection.query_row(&select, (), read_collection))
}

fn read_collection(row: &rusqlite::Row) -> rusqlite::Result<Collection> {
    let phase = match row.get::<_, String>(2)?.as_str() {
        "draining" => Phase::Draining,
        "asking" => Phase::Asking,
        "left" => Phase::Left,
        "ready" => Phase::Ready(row.get(3)?),
        "failed" => Phase::Failed,
        _ => Phase::Deleted,
    };
    let kind: Option<String> = row.get(4)?;
    let detail: Option<String> = row.get(5)?;
    let trouble = kind.zip(detail).map(|(kind, detail)| Problem::from_parts(&kind, &detail));
    Ok(Collection { id: row.get(0)?, request: row.get(1)?, phase, trouble })
}
