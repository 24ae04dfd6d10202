//! What the file or SQLite itself can fail with.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the outbox could not be read or written. What it held before, it still holds.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The disk took no more: it is full, or it fails.
    #[error("the disk of the outbox `{path}` is full, or fails; make room, then try again")]
    Full {
        /// The outbox's path.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The file must not be written.
    #[error("the outbox `{path}` is read-only; make it and its folder writable")]
    ReadOnly {
        /// The outbox's path.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// Other processes did not let go of the file.
    #[error("others kept the outbox `{path}` busy for too long; try again")]
    Busy {
        /// The outbox's path.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// Something else went wrong.
    #[error("cannot use the outbox `{path}`")]
    Other {
        /// The outbox's path.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
}

impl StorageError {
    pub(super) fn new(path: &Path, source: sqlx::Error) -> StorageError {
        let path = path.to_owned();
        match code(&source) {
            Code::Full => StorageError::Full { path, source },
            Code::ReadOnly => StorageError::ReadOnly { path, source },
            Code::Busy => StorageError::Busy { path, source },
            _ => StorageError::Other { path, source },
        }
    }
}

/// The result codes that mean something to us, from <https://www.sqlite.org/rescode.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Busy,
    ReadOnly,
    Full,
    CannotOpen,
    NotADatabase,
    Other,
}

pub(super) fn code(error: &sqlx::Error) -> Code {
    /// A write that stopped short: `SQLITE_IOERR_WRITE`, which a limit on file sizes brings about.
    const WRITE_FAILED: i32 = 778;
    let extended = error.as_database_error().and_then(|error| error.code());
    let extended = extended.and_then(|code| code.parse::<i32>().ok());
    // The low byte is the kind of failure; the rest tells its variety.
    match extended.map(|code| code & 0xff) {
        _ if extended == Some(WRITE_FAILED) => Code::Full,
        Some(5) => Code::Busy,
        Some(8) => Code::ReadOnly,
        Some(13) => Code::Full,
        Some(14) => Code::CannotOpen,
        Some(26) => Code::NotADatabase,
        _ => Code::Other,
    }
}
