//! What an operator keeps, in a SQLite file of its own: one task, in one role.
//!
//! **Invariants:** no share of a single report is ever written unsealed. The tables of reports and of used credentials
//! are sorted by random numbers, and neither names the other. What is deleted is overwritten.

mod leader;
mod helper;

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use balint_survey::remote::dap09::{HpkeConfig, PrivateKey};
use balint_survey::remote::task::Task;
use balint_survey::remote::{Role, random};
use prio::vdaf::prio3::Prio3SumVec;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior};

use super::sum::Sum;

pub use helper::{Job, Prepared, Released};
pub use leader::{Begun, Collection, Counts, Delivery, NewReport, Outcome, Phase, Waiting};

/// Marks a SQLite file as an operator's ("BALO"), so that no other one is written to.
const APPLICATION_ID: i32 = 0x4241_4c4f;

const SCHEMA: &str = "
    CREATE TABLE operator (
        only         INTEGER PRIMARY KEY CHECK (only = 1),
        role         TEXT NOT NULL,
        task_hash    TEXT NOT NULL,
        hpke_config  BLOB NOT NULL,
        hpke_private BLOB NOT NULL
    ) STRICT;
    CREATE TABLE code (fingerprint BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE used (fingerprint BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE sum (
        only     INTEGER PRIMARY KEY CHECK (only = 1),
        share    BLOB,
        reports  INTEGER NOT NULL,
        checksum BLOB NOT NULL,
        first    INTEGER,
        last     INTEGER
    ) STRICT;
";

/// Why the store cannot be used.
#[derive(Debug)]
pub enum StoreError {
    Open {
        path: PathBuf,
        source: rusqlite::Error,
    },
    Create {
        path: PathBuf,
        source: io::Error,
    },
    ReadOnly {
        path: PathBuf,
    },
    /// Another process has it.
    InUse {
        path: PathBuf,
    },
    /// More codes than people were invited.
    ManyCodes {
        found: u64,
        expected: u64,
    },
    Foreign {
        path: PathBuf,
    },
    OtherRole {
        path: PathBuf,
        found: String,
        expected: Role,
    },
    OtherTask {
        path: PathBuf,
        found: String,
        expected: String,
    },
    /// What was written cannot be read back.
    Damaged(&'static str),
    Query(rusqlite::Error),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Open { path, source } => write!(
                f,
                "{} cannot be opened ({source}); expected an operator's SQLite file that no other process \
                 uses, or a place for a new one",
                path.display()
            ),
            StoreError::Create { path, source } => {
                write!(
                    f,
                    "{} cannot be made ({source}); expected a place for an operator's store",
                    path.display()
                )
            }
            StoreError::ReadOnly { path } => {
                write!(f, "{} is read-only; expected a file to keep reports in", path.display())
            }
            StoreError::InUse { path } => write!(
                f,
                "{} is in use by another process; expected it to be free: stop the operator that has it",
                path.display()
            ),
            StoreError::ManyCodes { found, expected } => write!(
                f,
                "found {found} codes, with those in the store; expected {expected} or fewer, as many as were \
                 invited: a second list? run `balint-survey invite` once"
            ),
            StoreError::Foreign { path } => write!(
                f,
                "{} belongs to another program; expected a file made by `balint-survey aggregator`",
                path.display()
            ),
            StoreError::OtherRole { path, found, expected } => write!(
                f,
                "{} is the store of a {found}; expected one of a {}: each operator has its own",
                path.display(),
                expected.name()
            ),
            StoreError::OtherTask { path, found, expected } => write!(
                f,
                "{} is the store of the task with the hash {found}; expected {expected}: each task has its own",
                path.display()
            ),
            StoreError::Damaged(what) => {
                write!(f, "{what} in the store cannot be read; expected what was written there")
            }
            StoreError::Query(source) => {
                write!(f, "the store failed ({source}); expected to read and write reports")
            }
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        StoreError::Query(source)
    }
}

/// An operator's store; calls block.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    /// How many were invited.
    eligible: u64,
}

/// The operator's pair of keys that reports are sealed for; it is made with the store and kept nowhere else. Once the
/// sum has been given away, the private key is all zeros.
pub struct Keys {
    pub config: HpkeConfig,
    pub private: PrivateKey,
}

impl Store {
    /// Opens the store in the file `path`, which is made when it does not exist.
    ///
    /// # Errors
    ///
    /// If the file is not an operator's, or of another task or role, or in use, or cannot be written.
    pub fn open(path: &Path, role: Role, task: &Task) -> Result<(Store, Keys), StoreError> {
        create(path).map_err(|source| StoreError::Create { path: path.to_owned(), source })?;
        let open_error = |source: rusqlite::Error| match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::InUse { path: path.to_owned() }
            }
            _ => StoreError::Open { path: path.to_owned(), source },
        };
        let mut connection = Connection::open(path).map_err(open_error)?;
        if connection.is_readonly("main").map_err(open_error)? {
            return Err(StoreError::ReadOnly { path: path.to_owned() });
        }
        // One process alone, as its decisions depend on what it has read; the lock ends with the process.
        connection.pragma_update(None, "locking_mode", "exclusive").map_err(open_error)?;
        connection.pragma_update(None, "secure_delete", "on").map_err(open_error)?;
        connection.pragma_update(None, "temp_store", "memory").map_err(open_error)?;
        if !claim(&mut connection, role, task).map_err(open_error)? {
            return Err(StoreError::Foreign { path: path.to_owned() });
        }
        // A write-ahead log would keep what was deleted; this journal is empty after each transaction.
        connection.pragma_update(None, "journal_mode", "truncate").map_err(open_error)?;
        // A report is acknowledged once it is on the disk, and not before.
        connection.pragma_update(None, "synchronous", "full").map_err(open_error)?;
        let keys = identify(&connection, path, role, task)?;
        let eligible = task.document().eligible;
        Ok((Store { connection: Mutex::new(connection), eligible }, keys))
    }

    /// Adds the fingerprints of codes that were handed out; once the sum has been given away, they are of no use and
    /// not kept.
    ///
    /// # Errors
    ///
    /// If there are more codes than people were invited: somebody could answer twice.
    pub fn add_codes(&self, fingerprints: &[[u8; 32]]) -> Result<(), StoreError> {
        self.write(|transaction| {
            if is_over(transaction)? {
                return Ok(());
            }
            let mut insert = transaction.prepare("INSERT OR IGNORE INTO code VALUES (?1)")?;
            fingerprints.iter().try_for_each(|one| insert.execute([one]).map(drop))?;
            let count = "SELECT count(*) FROM code";
            let found = transaction.query_row(count, (), |row| row.get::<_, i64>(0))? as u64;
            match found <= self.eligible {
                true => Ok(()),
                false => Err(StoreError::ManyCodes { found, expected: self.eligible }),
            }
        })
    }

    /// Returns whether the sum has been given away.
    pub fn is_over(&self) -> Result<bool, StoreError> {
        Ok(is_over(&self.connection())?)
    }

    /// Returns whether any codes are known.
    pub fn has_codes(&self) -> Result<bool, StoreError> {
        Ok(self.connection().query_row("SELECT EXISTS (SELECT * FROM code)", (), |row| row.get(0))?)
    }

    /// Does something wholly or not at all.
    fn write<T>(&self, work: impl FnOnce(&Transaction) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves the connection usable: its transaction was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an empty file that only the operator can read: it will have a private key.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes the tables in a new file; returns whether the file is an operator's.
fn claim(connection: &mut Connection, role: Role, task: &Task) -> rusqlite::Result<bool> {
    // From now on nobody else can even read it, who would keep this process from writing.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let id: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let count = "SELECT count(*) FROM sqlite_schema";
    let is_empty = transaction.query_row(count, (), |row| row.get::<_, i64>(0))? == 0;
    if id == 0 && is_empty {
        transaction.execute_batch(SCHEMA)?;
        transaction.execute_batch(match role {
            Role::Leader => leader::SCHEMA,
            Role::Helper => helper::SCHEMA,
        })?;
        let (config, private) = HpkeConfig::generate(random::<1>()[0]);
        let insert = "INSERT INTO operator VALUES (1, ?1, ?2, ?3, ?4)";
        let values = (role.name(), task.hash().as_str(), config.to_bytes(), private.to_bytes());
        transaction.execute(insert, values)?;
        transaction.execute("INSERT INTO sum VALUES (1, NULL, 0, zeroblob(32), NULL, NULL)", ())?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.commit()?;
        return Ok(true);
    }
    Ok(id == APPLICATION_ID)
}

/// Checks whose store it is, and returns its keys.
fn identify(connection: &Connection, path: &Path, role: Role, task: &Task) -> Result<Keys, StoreError> {
    let select = "SELECT role, task_hash, hpke_config, hpke_private FROM operator";
    let row = connection.query_row(select, (), |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?, row.get(3)?))
    });
    let (found_role, found_task, config, private): (_, _, _, [u8; 32]) = row?;
    let path = path.to_owned();
    if found_role != role.name() {
        return Err(StoreError::OtherRole { path, found: found_role, expected: role });
    }
    if found_task != task.hash().as_str() {
        let expected = task.hash().as_str().to_owned();
        return Err(StoreError::OtherTask { path, found: found_task, expected });
    }
    let config = HpkeConfig::from_bytes(&config).ok_or(StoreError::Damaged("the HPKE configuration"))?;
    Ok(Keys { config, private: PrivateKey::from_bytes(private) })
}

/// Uses a credential up; returns whether it was still good.
fn use_up(transaction: &Transaction, fingerprint: &[u8; 32]) -> rusqlite::Result<bool> {
    let insert = "INSERT OR IGNORE INTO used VALUES (?1)";
    Ok(transaction.execute(insert, [fingerprint])? == 1)
}

fn is_known_code(connection: &Connection, fingerprint: &[u8; 32]) -> rusqlite::Result<bool> {
    let select = "SELECT EXISTS (SELECT * FROM code WHERE fingerprint = ?1)";
    connection.query_row(select, [fingerprint], |row| row.get(0))
}

/// Adds to the sum of all reports.
fn add_to_sum(transaction: &Transaction, vdaf: &Prio3SumVec, more: &Sum) -> Result<(), StoreError> {
    let mut sum = read_sum(transaction, vdaf)?;
    sum.merge(more).map_err(|_| StoreError::Damaged("the sum"))?;
    let update = "UPDATE sum SET share = ?1, reports = ?2, checksum = ?3, first = ?4, last = ?5";
    let time = |pick: fn((u64, u64)) -> u64| sum.times.map(|times| pick(times) as i64);
    let values =
        (sum.share(), sum.reports as i64, sum.checksum, time(|times| times.0), time(|times| times.1));
    transaction.execute(update, values)?;
    Ok(())
}

fn read_sum(connection: &Connection, vdaf: &Prio3SumVec) -> Result<Sum, StoreError> {
    let select = "SELECT share, reports, checksum, first, last FROM sum";
    let (share, reports, checksum, first, last) = connection.query_row(select, (), |row| {
        Ok((
            row.get::<_, Option<Vec<u8>>>(0)?,
            row.get::<_, i64>(1)?,
            row.get(2)?,
            row.get::<_, Option<i64>>(3)?,
            row.get::<_, Option<i64>>(4)?,
        ))
    })?;
    let times = first.zip(last).map(|(first, last)| (first as u64, last as u64));
    let sum = Sum::without_share(reports as u64, checksum, times);
    match share {
        Some(share) => sum.with_share(vdaf, &share).ok_or(StoreError::Damaged("the sum")),
        None => Ok(sum),
    }
}

/// Forgets the share of the sum once it has been given away, and the private key: nothing sealed for it can be opened
/// any more, wherever it was kept. Nor does anybody need to know any more who was invited, and who has answered.
fn forget(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "UPDATE sum SET share = NULL;
         UPDATE operator SET hpke_private = zeroblob(32);
         DELETE FROM code;
         DELETE FROM used;",
    )
}

fn is_over(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT hpke_private = zeroblob(32) FROM operator", (), |row| row.get(0))
}

/// Returns the only row, if there is one.
fn optional<T>(row: rusqlite::Result<T>) -> Result<Option<T>, StoreError> {
    Ok(row.optional()?)
}
