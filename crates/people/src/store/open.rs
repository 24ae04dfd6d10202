//! The file: how it is made, recognised and opened.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use thiserror::Error;

use super::{People, StorageError};

/// The file's name in the folder it is given.
const NAME: &str = "people.db";
/// `chrp`, the mark by which SQLite files are told apart.
const APPLICATION_ID: i64 = 0x6368_7270;
const FORMAT: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");
/// How long to wait for other processes that write. Each holds the file for some milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the people of a workspace could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file, or the folder it is in, does not let itself be opened.
    #[error("cannot open `{path}`; see that its folder exists and that you may write there")]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("`{0}` does not hold people; move it away")]
    SomethingElse(PathBuf),
    /// A later version of this program wrote it.
    #[error(
        "`{path}` has format {found}, and this version reads format {FORMAT}; install a newer one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: i64,
    },
    /// SQLite failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl People {
    /// Opens `people.db` in a folder, and makes it if there is none, for its owner alone.
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way.
    pub fn open(folder: &Path) -> Result<People, OpenError> {
        let path = folder.join(NAME);
        let path = std::path::absolute(&path)
            .map_err(|source| OpenError::CannotOpen { path: path.clone(), source })?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&path)
            .map_err(|source| OpenError::CannotOpen { path: path.clone(), source })?;
        match connect(&path) {
            Ok(Ok(connection)) => {
                Ok(People { path, connection: Mutex::new(connection), hashing: Mutex::new(()) })
            }
            Ok(Err(found)) if found > FORMAT => Err(OpenError::Newer { path, found }),
            Ok(Err(_)) => Err(OpenError::SomethingElse(path)),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
                Err(OpenError::SomethingElse(path))
            }
            Err(source) => Err(StorageError::Sqlite { path, source }.into()),
        }
    }
}

/// The connection; or the format of what is there, 0 if it is not ours.
fn connect(path: &Path) -> Result<Result<Connection, i64>, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is deleted (a session, a second factor) is not to be found in the file afterwards.
    connection.pragma_update(None, "secure_delete", true)?;
    // Everything below in one transaction, for another process may be doing the same.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = transaction.query_row(
        "SELECT (SELECT application_id FROM pragma_application_id), \
                (SELECT user_version FROM pragma_user_version), \
                (SELECT count(*) FROM sqlite_schema)",
        [],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
    )?;
    match found {
        (0, 0, 0) => {
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            transaction.execute_batch(SCHEMA)?;
        }
        (APPLICATION_ID, FORMAT, _) => {}
        (APPLICATION_ID, found, _) => return Ok(Err(found)),
        _ => return Ok(Err(0)),
    }
    transaction.commit()?;
    // Comes last, since it is kept in the file, and somebody else's file must not change.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(Ok(connection))
}
