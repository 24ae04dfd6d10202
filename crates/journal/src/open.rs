//! The journal's file: how it is made, recognised and opened.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::StorageError;
use crate::storage::{self, Code};

/// `chrt`, the mark by which SQLite files are told apart.
const APPLICATION_ID: i64 = 0x6368_7274;
const FORMAT: i64 = 2;
const MARK: &str = "PRAGMA application_id = 0x63687274; PRAGMA user_version = 2;";
const SCHEMA: &str = include_str!("schema.sql");

/// How long to wait for other processes that append. Each holds the file for some milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Events in one file, in order, each sealed to the one before it.
///
/// Share one by reference or in an `Arc`; a process may also open the same file more than once.
#[derive(Debug)]
pub struct Journal {
    pub(crate) options: SqliteConnectOptions,
    // Reading has a connection of its own, so that no reader waits for an append to reach the disk.
    pub(crate) writer: Mutex<SqliteConnection>,
    pub(crate) reader: Mutex<SqliteConnection>,
}

/// Why a journal could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is a folder of that name.
    #[error("`{0}` is a folder; name a file in it")]
    Folder(PathBuf),
    /// The file, or the folder it is in, does not let itself be opened.
    #[error("cannot open `{path}`; see that its folder exists and that you may write there")]
    CannotOpen {
        /// The journal's path.
        path: PathBuf,
        /// What SQLite or the system said.
        source: StorageError,
    },
    /// The file must not be written.
    #[error("`{0}` is read-only; make it writable, or work on a copy")]
    ReadOnly(PathBuf),
    /// The file is something else.
    #[error("`{0}` is not a journal; name another file, or move this one away")]
    NotAJournal(PathBuf),
    /// A later version of this program wrote it.
    #[error(
        "`{path}` has format {found}, and this version reads format {FORMAT}; install a newer one"
    )]
    Newer {
        /// The journal's path.
        path: PathBuf,
        /// The format it has.
        found: i64,
    },
    /// An earlier version of this program wrote it, without salts.
    #[error(
        "`{path}` has format {found}, and this version reads format {FORMAT}; move it away and \
         begin a new journal, or read it with the version that wrote it"
    )]
    Older {
        /// The journal's path.
        path: PathBuf,
        /// The format it has.
        found: i64,
    },
    /// Something else went wrong.
    #[error("cannot open the journal `{path}`")]
    Storage {
        /// The journal's path.
        path: PathBuf,
        /// What SQLite said.
        source: StorageError,
    },
}

impl Journal {
    /// Opens the journal at `path` to read and append, and creates it if there is none.
    ///
    /// Its folder must exist. Beside the file, SQLite keeps `-wal` and `-shm` files while the
    /// journal is in use: a copy of the file alone is whole only after [`Journal::close`].
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way and what to do about it.
    pub async fn open(path: &Path) -> Result<Journal, OpenError> {
        let at = |error| OpenError::at(path, error);
        // Asked of the file's mode as well as of SQLite below, since root may write anything. The
        // file is never opened here: closing it would drop the locks SQLite holds in this process.
        if file(path)?.is_some_and(|mode| mode.readonly()) {
            return Err(OpenError::ReadOnly(path.to_owned()));
        }
        let options = options(path)?.create_if_missing(true);
        let mut writer = options.connect().await.map_err(at)?;
        prepare(&mut writer, path).await?;
        // Comes last, since it is kept in the file, and somebody else's file must not change.
        write_ahead(&mut writer).await.map_err(at)?;
        let reader = options.connect().await.map_err(at)?;
        Ok(Journal { options, writer: writer.into(), reader: reader.into() })
    }

    /// Opens the journal at `path` if there is one; creates nothing. For commands that only read.
    ///
    /// A read-only file can be read as long as its folder lets SQLite put its locks there.
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way and what to do about it.
    pub async fn open_existing(path: &Path) -> Result<Option<Journal>, OpenError> {
        let at = |error| OpenError::at(path, error);
        if file(path)?.is_none() {
            return Ok(None);
        }
        let options = options(path)?;
        let mut reader = options.connect().await.map_err(at)?;
        if examine(&mut reader, path).await? == Found::Nothing {
            return Ok(None);
        }
        let writer = options.connect().await.map_err(at)?;
        Ok(Some(Journal { options, writer: writer.into(), reader: reader.into() }))
    }

    /// Closes the journal and, if nobody else has it open, leaves it whole in its one file.
    ///
    /// Nothing is lost without this: whatever was acknowledged is on the disk.
    ///
    /// # Errors
    /// [`StorageError`] if SQLite could not finish.
    pub async fn close(self) -> Result<(), StorageError> {
        self.reader.into_inner().close().await?;
        Ok(self.writer.into_inner().close().await?)
    }
}

impl OpenError {
    fn at(path: &Path, error: sqlx::Error) -> OpenError {
        let path = path.to_owned();
        match storage::code(&error) {
            Code::NotADatabase => OpenError::NotAJournal(path),
            Code::ReadOnly => OpenError::ReadOnly(path),
            Code::CannotOpen => OpenError::CannotOpen { path, source: error.into() },
            _ => OpenError::Storage { path, source: error.into() },
        }
    }
}

/// The permissions of the file at `path`, or none if there is no file.
fn file(path: &Path) -> Result<Option<std::fs::Permissions>, OpenError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(OpenError::Folder(path.to_owned())),
        Ok(found) => Ok(Some(found.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OpenError::CannotOpen { path: path.to_owned(), source: error.into() }),
    }
}

fn options(path: &Path) -> Result<SqliteConnectOptions, OpenError> {
    // Absolute, so that a file named `file:x` is not read as a URI, and so that `verify` finds the
    // same file after the process has changed its directory.
    let absolute = std::path::absolute(path)
        .map_err(|error| OpenError::CannotOpen { path: path.to_owned(), source: error.into() })?;
    Ok(SqliteConnectOptions::new()
        .filename(absolute)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging())
}

/// Makes an empty file a journal, and sees to it that a journal has its triggers. Writes only what
/// is lacking, in one transaction, for another process may be doing the same.
async fn prepare(writer: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let at = |error| OpenError::at(path, error);
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(at)?;
    if examine(&mut transaction, path).await? == Found::Nothing {
        sqlx::raw_sql(MARK).execute(&mut *transaction).await.map_err(at)?;
    }
    sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await.map_err(at)?;
    transaction.commit().await.map_err(at)
}

/// Sets the mode in which readers and a writer do not wait for one another.
async fn write_ahead(writer: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for _ in 0..100 {
        match sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *writer).await {
            // Alone among statements this one does not wait when several processes create the
            // journal at once. A transaction does, so we queue for an empty one and try again.
            Err(error) if storage::code(&error) == Code::Busy => {
                writer.begin_with("BEGIN EXCLUSIVE").await?.commit().await?;
            }
            done => return done.map(|_| ()),
        }
    }
    sqlx::query("PRAGMA journal_mode = WAL").execute(writer).await.map(|_| ())
}

#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    Journal,
}

async fn examine(connection: &mut SqliteConnection, path: &Path) -> Result<Found, OpenError> {
    let (application, format, objects, tables): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id), \
                (SELECT user_version FROM pragma_user_version), \
                (SELECT count(*) FROM sqlite_schema), \
                (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'events')",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| OpenError::at(path, error))?;
    match (application, format) {
        (0, 0) if objects == 0 => Ok(Found::Nothing),
        (APPLICATION_ID, FORMAT) if tables == 1 => Ok(Found::Journal),
        (APPLICATION_ID, found) if found > FORMAT => {
            Err(OpenError::Newer { path: path.to_owned(), found })
        }
        (APPLICATION_ID, found) if (1..FORMAT).contains(&found) && tables == 1 => {
            Err(OpenError::Older { path: path.to_owned(), found })
        }
        _ => Err(OpenError::NotAJournal(path.to_owned())),
    }
}
