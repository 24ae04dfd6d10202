//! What the file or SQLite itself can fail with.

use thiserror::Error;

/// A failure of the file or of SQLite, not of what the journal holds.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct StorageError(#[from] sqlx::Error);

impl From<std::io::Error> for StorageError {
    fn from(error: std::io::Error) -> StorageError {
        StorageError(error.into())
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

pub(crate) fn code(error: &sqlx::Error) -> Code {
    let extended = error.as_database_error().and_then(|error| error.code());
    // The low byte is the kind of failure; the rest tells its variety.
    match extended.and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff) {
        Some(5) => Code::Busy,
        Some(8) => Code::ReadOnly,
        Some(11) => Code::Corrupt,
        Some(14) => Code::CannotOpen,
        Some(26) => Code::NotADatabase,
        _ => Code::Other,
    }
}
