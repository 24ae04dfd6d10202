//! The outbox's file: how it is made, recognised and opened.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

use super::storage::{self, Code};
use super::{Outbox, StorageError};

/// `chrn`, the mark by which SQLite files are told apart.
const APPLICATION_ID: i64 = 0x6368_726e;
const FORMAT: i64 = 1;
const MARK: &str = "PRAGMA application_id = 0x6368726e; PRAGMA user_version = 1;";
const SCHEMA: &str = include_str!("schema.sql");

/// How long to wait for other processes that write. Each holds the file for some milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Why an outbox could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is a folder of that name.
    #[error("`{0}` is a folder; name a file in it")]
    Folder(PathBuf),
    /// The file, or the folder it is in, does not let itself be opened.
    #[error("cannot open `{path}`; see that its folder exists and that you may write there")]
    CannotOpen {
        /// The outbox's path.
        path: PathBuf,
        /// What SQLite or the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file must not be written.
    #[error("`{0}` is read-only; make it writable, as delivering records every attempt")]
    ReadOnly(PathBuf),
    /// The file is something else.
    #[error("`{0}` is not an outbox; name another file, or move this one away")]
    NotAnOutbox(PathBuf),
    /// A later version of this program wrote it.
    #[error(
        "`{path}` has format {found}, and this version reads format {FORMAT}; install a newer one"
    )]
    Newer {
        /// The outbox's path.
        path: PathBuf,
        /// The format it has.
        found: i64,
    },
    /// Something else went wrong.
    #[error(transparent)]
    Storage(StorageError),
}

impl Outbox {
    /// Opens the outbox at `path`, and creates it if there is none.
    ///
    /// Its folder must exist. Beside the file, SQLite keeps `-wal` and `-shm` files while the outbox
    /// is in use.
    ///
    /// # Errors
    /// [`OpenError`] says what stands in the way and what to do about it.
    pub async fn open(path: &Path) -> Result<Outbox, OpenError> {
        let at = |error| OpenError::at(path, error);
        // Asked of the file's mode as well as of SQLite below, since root may write anything.
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(OpenError::Folder(path.to_owned())),
            Ok(found) if found.permissions().readonly() => {
                return Err(OpenError::ReadOnly(path.to_owned()));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::cannot(path, error));
            }
            _ => {}
        }
        // Absolute, so that a file named `file:x` is not read as a URI.
        let absolute = std::path::absolute(path).map_err(|error| OpenError::cannot(path, error))?;
        let options = SqliteConnectOptions::new()
            .filename(absolute)
            .create_if_missing(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(at)?;
        prepare(&mut connection, path).await?;
        // Comes last, since it is kept in the file, and somebody else's file must not change.
        write_ahead(&mut connection).await.map_err(at)?;
        Ok(Outbox { path: path.to_owned(), options, connection: connection.into() })
    }

    /// Closes the outbox and, if nobody else has it open, leaves it whole in its one file.
    ///
    /// Nothing is lost without this.
    ///
    /// # Errors
    /// [`StorageError`] if SQLite could not finish.
    pub async fn close(self) -> Result<(), StorageError> {
        let closed = self.connection.into_inner().close().await;
        closed.map_err(|error| StorageError::new(&self.path, error))
    }
}

impl OpenError {
    fn at(path: &Path, error: sqlx::Error) -> OpenError {
        match storage::code(&error) {
            Code::NotADatabase => OpenError::NotAnOutbox(path.to_owned()),
            Code::ReadOnly => OpenError::ReadOnly(path.to_owned()),
            Code::CannotOpen => OpenError::cannot(path, error),
            _ => OpenError::Storage(StorageError::new(path, error)),
        }
    }

    fn cannot(
        path: &Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> OpenError {
        OpenError::CannotOpen { path: path.to_owned(), source: source.into() }
    }
}

/// Makes an empty file an outbox, in one transaction, for another process may be doing the same.
async fn prepare(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let at = |error| OpenError::at(path, error);
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(at)?;
    let (application, format, objects): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id), \
                (SELECT user_version FROM pragma_user_version), \
                (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(at)?;
    match (application, format) {
        (0, 0) if objects == 0 => {
            sqlx::raw_sql(MARK).execute(&mut *transaction).await.map_err(at)?;
            sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await.map_err(at)?;
        }
        (APPLICATION_ID, FORMAT) => {}
        (APPLICATION_ID, found) if found > FORMAT => {
            return Err(OpenError::Newer { path: path.to_owned(), found });
        }
        _ => return Err(OpenError::NotAnOutbox(path.to_owned())),
    }
    transaction.commit().await.map_err(at)
}

/// Sets the mode in which readers and a writer do not wait for one another.
async fn write_ahead(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for _ in 0..100 {
        match sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await {
            // Alone among statements this one does not wait when several processes create the
            // file at once. A transaction does, so we queue for an empty one and try again.
            Err(error) if storage::code(&error) == Code::Busy => {
                connection.begin_with("BEGIN EXCLUSIVE").await?.commit().await?;
            }
            done => return done.map(|_| ()),
        }
    }
    sqlx::query("PRAGMA journal_mode = WAL").execute(connection).await.map(|_| ())
}
