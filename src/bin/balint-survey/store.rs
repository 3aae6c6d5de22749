//! Keeps releases in a SQLite file, byte for byte, one for each collection.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

/// Marks a SQLite file as ours ("BALT"), so that no other program's file is written to.
const APPLICATION_ID: i32 = 0x4241_4c54;

/// `received` counts up in order of arrival.
const SCHEMA: &str = "
    CREATE TABLE release (
        received   INTEGER PRIMARY KEY,
        collection TEXT NOT NULL UNIQUE,
        instrument TEXT NOT NULL,
        document   BLOB NOT NULL
    ) STRICT;
";

/// Why the store cannot be used.
#[derive(Debug)]
pub enum StoreError {
    Open { path: PathBuf, source: rusqlite::Error },
    ReadOnly { path: PathBuf },
    Foreign { path: PathBuf },
    Query(rusqlite::Error),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Open { path, source } => write!(
                f,
                "{} cannot be opened ({source}); expected a SQLite file of releases, or a place \
                 for a new one",
                path.display()
            ),
            StoreError::ReadOnly { path } => {
                write!(f, "{} is read-only; expected a file to keep releases in", path.display())
            }
            StoreError::Foreign { path } => write!(
                f,
                "{} belongs to another program; expected a file made by balint-survey",
                path.display()
            ),
            StoreError::Query(source) => {
                write!(f, "the store failed ({source}); expected to read and write releases")
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

/// What became of a document that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    /// It is the collection's first.
    New,
    /// The very same bytes were there before.
    Same,
    /// Other bytes were there before, and still are.
    Other,
}

/// A document as it was received.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub collection: String,
    pub document: Vec<u8>,
}

/// The releases that have arrived. Clones share one connection; calls block.
#[derive(Clone, Debug)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
}

impl Store {
    /// Opens the store in the file `path`, which is made when it does not exist.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] when the file is not ours, not SQLite, or cannot be written.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let open_error = |source| StoreError::Open { path: path.to_owned(), source };
        let mut connection = Connection::open(path).map_err(open_error)?;
        if connection.is_readonly("main").map_err(open_error)? {
            return Err(StoreError::ReadOnly { path: path.to_owned() });
        }
        if !claim(&mut connection).map_err(open_error)? {
            return Err(StoreError::Foreign { path: path.to_owned() });
        }
        connection.pragma_update(None, "journal_mode", "wal").map_err(open_error)?;
        Ok(Store { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Keeps `document` unless the collection has one.
    pub fn keep(&self, collection: &str, instrument: &str, document: &[u8]) -> Result<Kept, StoreError> {
        let mut connection = self.connection();
        let transaction = immediate(&mut connection)?;
        let kept = match find(&transaction, collection)? {
            Some(known) if known == document => Kept::Same,
            Some(_) => Kept::Other,
            None => {
                let values = (collection, instrument, document);
                let insert = "INSERT INTO release (collection, instrument, document) VALUES (?1, ?2, ?3)";
                transaction.execute(insert, values)?;
                Kept::New
            }
        };
        transaction.commit()?;
        Ok(kept)
    }

    /// Returns the collection's document.
    pub fn document(&self, collection: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(find(&self.connection(), collection)?)
    }

    /// Returns every document, or those of one instrument, in order of arrival.
    pub fn documents(&self, instrument: Option<&str>) -> Result<Vec<Stored>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare(
            "SELECT collection, document FROM release
             WHERE ?1 IS NULL OR instrument = ?1 ORDER BY received",
        )?;
        let rows = statement
            .query_map([instrument], |row| Ok(Stored { collection: row.get(0)?, document: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves the connection usable: its transaction was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the table in a new file; returns whether the file is ours.
fn claim(connection: &mut Connection) -> rusqlite::Result<bool> {
    let transaction = immediate(connection)?;
    let id: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let count = "SELECT count(*) FROM sqlite_schema";
    let is_empty = transaction.query_row(count, (), |row| row.get::<_, i64>(0))? == 0;
    if id == 0 && is_empty {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.commit()?;
        return Ok(true);
    }
    Ok(id == APPLICATION_ID)
}

/// Begins a transaction that excludes other writers from its start, in other processes too.
fn immediate(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

fn find(connection: &Connection, collection: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let select = "SELECT document FROM release WHERE collection = ?1";
    connection.query_row(select, [collection], |row| row.get(0)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::thread;

    fn documents(store: &Store, instrument: Option<&str>) -> Vec<(String, Vec<u8>)> {
        let stored = store.documents(instrument).unwrap();
        stored.into_iter().map(|one| (one.collection, one.document)).collect()
    }

    #[test]
    fn first_document_of_a_collection_stays() {
        let store = Store::open(Path::new(":memory:")).unwrap();
        assert_eq!(store.keep("c", "i", b"1").unwrap(), Kept::New);
        assert_eq!(store.keep("c", "i", b"1").unwrap(), Kept::Same);
        assert_eq!(store.keep("c", "i", b"2").unwrap(), Kept::Other);
        assert_eq!(store.document("c").unwrap(), Some(b"1".to_vec()));
        assert_eq!(store.document("d").unwrap(), None);
    }

    #[test]
    fn documents_come_in_order_of_arrival_and_by_instrument() {
        let store = Store::open(Path::new(":memory:")).unwrap();
        for (collection, instrument) in [("z", "i"), ("a", "j"), ("m", "i")] {
            store.keep(collection, instrument, collection.as_bytes()).unwrap();
        }
        let pair = |name: &str| (name.to_owned(), name.as_bytes().to_vec());
        assert_eq!(documents(&store, None), ["z", "a", "m"].map(pair));
        assert_eq!(documents(&store, Some("i")), ["z", "m"].map(pair));
        assert_eq!(documents(&store, Some("k")), []);
    }

    #[test]
    fn documents_outlive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        Store::open(&path).unwrap().keep("c", "i", b"\xff 1").unwrap();
        let reopened = Store::open(&path).unwrap();
        assert_eq!(documents(&reopened, None), [("c".to_owned(), b"\xff 1".to_vec())]);
        assert_eq!(reopened.keep("c", "i", b"\xff 1").unwrap(), Kept::Same);
    }

    #[test]
    fn file_is_written_ahead() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let store = Store::open(&path).unwrap();
        let mode: String =
            store.connection().pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn two_processes_keep_one_of_two_documents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let stores = [Store::open(&path).unwrap(), Store::open(&path).unwrap()];
        for round in 0..20 {
            let collection = format!("c{round}");
            let kept = thread::scope(|scope| {
                let keep = |index: usize| stores[index].keep(&collection, "i", &[index as u8]);
                let first = scope.spawn(move || keep(0).unwrap());
                let second = scope.spawn(move || keep(1).unwrap());
                [first.join().unwrap(), second.join().unwrap()]
            });
            assert!(matches!(kept, [Kept::New, Kept::Other] | [Kept::Other, Kept::New]));
        }
    }

    #[test]
    fn file_that_is_not_sqlite_is_refused_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        let text = "not a database, but long enough to be taken for the header of one. ".repeat(9);
        fs::write(&path, &text).unwrap();
        let error = Store::open(&path).unwrap_err().to_string();
        assert!(error.contains("notes.txt cannot be opened (file is not a database)"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn file_of_another_program_is_refused_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.sqlite");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (x);").unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Foreign { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn folder_is_no_store() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Open { .. })));
    }
}
