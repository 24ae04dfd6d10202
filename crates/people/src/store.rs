//! The file, and what everything else does with it.

mod open;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};
use thiserror::Error;

pub use open::OpenError;

/// The people of a workspace. Several processes may have the same file open.
///
/// Whatever checks a password takes some hundredths of a second of a processor and 19 MiB, one at a time;
/// everything else takes well under a millisecond.
#[derive(Debug)]
pub struct People {
    path: PathBuf,
    connection: Mutex<Connection>,
    /// Passwords are checked one at a time, so that many at once take no more memory than one.
    pub(crate) hashing: Mutex<()>,
}

/// Why the file could not be read or written. What it held before, it still holds.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// SQLite failed.
    #[error("cannot use `{path}`; see that there is room, and that you may write there")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The system has no random bytes.
    #[error("the system gives no random bytes")]
    Random(#[from] getrandom::Error),
}

impl People {
    /// Does `work` in one transaction. What it refuses is rolled back.
    pub(crate) fn with<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<Result<T, E>, rusqlite::Error>,
    ) -> Result<T, E> {
        // Whoever panicked in here had its transaction rolled back.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let done = (|| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            if done.is_ok() {
                transaction.commit()?;
            }
            Ok(done)
        })();
        done.unwrap_or_else(|source| Err(self.failed(source).into()))
    }

    /// Does `work` that only reads.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StorageError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: rusqlite::Error) -> StorageError {
        StorageError::Sqlite { path: self.path.clone(), source }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// An instant of a column, in milliseconds.
pub(crate) fn instant(row: &Row<'_>, column: &str) -> Result<Timestamp, rusqlite::Error> {
    Ok(in_milliseconds(row.get(column)?))
}

/// An instant that there may be.
pub(crate) fn maybe_instant(
    row: &Row<'_>,
    column: &str,
) -> Result<Option<Timestamp>, rusqlite::Error> {
    Ok(row.get::<_, Option<i64>>(column)?.map(in_milliseconds))
}

/// What no clock can have written counts as long ago, so that nothing lasts the longer for it.
fn in_milliseconds(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MIN)
}

/// So long after an instant, or at the end of time.
pub(crate) fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
