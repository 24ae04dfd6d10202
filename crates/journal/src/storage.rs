//! What a file or a server itself can fail with.

use std::error::Error;
use std::sync::Arc;

/// A failure of the file, of SQLite or of PostgreSQL, not of what the journal holds.
///
/// Can be cloned, as one failure is the answer to everyone whose events were to be written at once.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct StorageError(Arc<Cause>);

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// Names the server by host, port and database, and never by its URL, which may hold a password.
    #[error("the server `{server}` failed")]
    Postgres { server: String, source: sqlx::Error },
    #[error(transparent)]
    File(std::io::Error),
    #[error("the journal is closed")]
    Closed,
}

impl StorageError {
    pub(crate) fn closed() -> StorageError {
        StorageError(Arc::new(Cause::Closed))
    }

    pub(crate) fn postgres(server: &str, source: sqlx::Error) -> StorageError {
        StorageError(Arc::new(Cause::Postgres { server: server.to_owned(), source }))
    }

    /// SQLite's code, if it was SQLite that failed.
    pub(crate) fn code(&self) -> Code {
        match &*self.0 {
            Cause::Sqlite(error) => code(error),
            _ => Code::Other,
        }
    }

    /// What is wrong with the server's settings or ours, if that is why there is no connection.
    pub(crate) fn configuration(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match &*self.0 {
            Cause::Postgres { source: sqlx::Error::Configuration(error), .. } => Some(&**error),
            _ => None,
        }
    }

    /// Whether the connection to the server is gone, so that a new one may do better.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match &*self.0 {
            Cause::Postgres { source, .. } => is_lost(source),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> StorageError {
        StorageError(Arc::new(Cause::Sqlite(error)))
    }
}

impl From<std::io::Error> for StorageError {
    fn from(error: std::io::Error) -> StorageError {
        StorageError(Arc::new(Cause::File(error)))
    }
}

/// The result codes that mean something to us, from <https://www.sqlite.org/rescode.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Busy,
    ReadOnly,
    Corrupt,
    CannotOpen,
    NotADatabase,
    Other,
}

pub(crate) fn code(error: &rusqlite::Error) -> Code {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => Code::Busy,
        Some(ErrorCode::ReadOnly) => Code::ReadOnly,
        Some(ErrorCode::DatabaseCorrupt) => Code::Corrupt,
        Some(ErrorCode::CannotOpen) => Code::CannotOpen,
        Some(ErrorCode::NotADatabase) => Code::NotADatabase,
        _ => Code::Other,
    }
}

/// Class 57P is an administrator's or a restart's doing, 08 the network's:
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}
