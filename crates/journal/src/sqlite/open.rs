//! The journal's file: how it is made, recognised and opened.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};

use super::{File, reader, writer};
use crate::OpenError;
use crate::open::{FORMAT, Opened};
use crate::storage::{self, Code};

/// `chrt`, the mark by which SQLite files are told apart.
const APPLICATION_ID: i64 = 0x6368_7274;

/// What brings a file to each format, from the first that is read.
const MIGRATIONS: [(i64, &str); 1] =
    [(FORMAT, include_str!("../../migrations/sqlite/0002_events.sql"))];

pub(crate) fn open(path: &Path) -> Result<Opened, OpenError> {
    let at = |error| at(path, error);
    // Asked of the file's mode as well as of SQLite below, since root may write anything. The
    // file is never opened here: closing it would drop the locks SQLite holds in this process.
    if mode(path)?.is_some_and(|mode| mode.readonly()) {
        return Err(OpenError::ReadOnly(path.to_owned()));
    }
    let file = absolute(path)?;
    let mut connection = file.connect(true).map_err(at)?;
    prepare(&mut connection, path)?;
    // Comes last, since it is kept in the file, and somebody else's file must not change.
    write_ahead(&mut connection).map_err(at)?;
    let reader = reader::Reader(file.connect(false).map_err(at)?);
    let writer = writer::Writer(connection);
    Ok(Opened { store: Arc::new(file), writer: Box::new(writer), reader: Box::new(reader) })
}

pub(crate) fn open_existing(path: &Path) -> Result<Option<Opened>, OpenError> {
    let at = |error| at(path, error);
    if mode(path)?.is_none() {
        return Ok(None);
    }
    let file = absolute(path)?;
    let connection = file.connect(false).map_err(at)?;
    if examine(&connection, path)? == Found::Nothing {
        return Ok(None);
    }
    let writer = writer::Writer(file.connect(false).map_err(at)?);
    let reader = reader::Reader(connection);
    Ok(Some(Opened { store: Arc::new(file), writer: Box::new(writer), reader: Box::new(reader) }))
}

fn at(path: &Path, error: rusqlite::Error) -> OpenError {
    let owned = path.to_owned();
    match storage::code(&error) {
        Code::NotADatabase => OpenError::NotAJournal(path.display().to_string()),
        Code::ReadOnly => OpenError::ReadOnly(owned),
        Code::CannotOpen => OpenError::CannotOpen { path: owned, source: error.into() },
        _ => OpenError::Storage { place: path.display().to_string(), source: error.into() },
    }
}

/// The permissions of the file at `path`, or none if there is no file.
fn mode(path: &Path) -> Result<Option<std::fs::Permissions>, OpenError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(OpenError::Folder(path.to_owned())),
        Ok(found) => Ok(Some(found.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OpenError::CannotOpen { path: path.to_owned(), source: error.into() }),
    }
}

fn absolute(path: &Path) -> Result<File, OpenError> {
    let path = std::path::absolute(path)
        .map_err(|error| OpenError::CannotOpen { path: path.to_owned(), source: error.into() })?;
    Ok(File { path })
}

/// Makes an empty file a journal, and sees to it that a journal has its triggers. Writes only what
/// is lacking, in one transaction, for another process may be doing the same.
fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let at = |error| at(path, error);
    let behaviour = TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(behaviour).map_err(at)?;
    if examine(&transaction, path)? == Found::Nothing {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(at)?;
        transaction.pragma_update(None, "user_version", FORMAT).map_err(at)?;
    }
    for (_, migration) in MIGRATIONS {
        transaction.execute_batch(migration).map_err(at)?;
    }
    transaction.commit().map_err(at)
}

/// Sets the mode in which readers and a writer do not wait for one another.
fn write_ahead(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    for _ in 0..100 {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            // Alone among statements this one does not wait when several processes create the
            // journal at once. A transaction does, so we queue for an empty one and try again.
            Err(error) if storage::code(&error) == Code::Busy => {
                let behaviour = TransactionBehavior::Exclusive;
                connection.transaction_with_behavior(behaviour)?.commit()?;
            }
            done => return done,
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL")
}

#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    Journal,
}

fn examine(connection: &Connection, path: &Path) -> Result<Found, OpenError> {
    let (application, format, objects, tables): (i64, i64, i64, i64) = connection
        .query_row(
            "SELECT (SELECT application_id FROM pragma_application_id), \
                (SELECT user_version FROM pragma_user_version), \
                (SELECT count(*) FROM sqlite_schema), \
                (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'events')",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .map_err(|error| at(path, error))?;
    let place = || path.display().to_string();
    match (application, format) {
        (0, 0) if objects == 0 => Ok(Found::Nothing),
        (APPLICATION_ID, FORMAT) if tables == 1 => Ok(Found::Journal),
        (APPLICATION_ID, found) if found > FORMAT => {
            Err(OpenError::Newer { place: place(), found })
        }
        (APPLICATION_ID, found) if (1..FORMAT).contains(&found) && tables == 1 => {
            Err(OpenError::Older { place: place(), found })
        }
        _ => Err(OpenError::NotAJournal(place())),
    }
}
