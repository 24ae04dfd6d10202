//! Rows of which nobody knows what they used, or of which model, until somebody says so. They are never
//! taken for nothing.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use usage::{AppendError, Store};

use super::log::{self, Kept, Log, LogError};
use super::roll::{self, RollError};
use super::{Measure, Row, RowId, Tokens};
use crate::records::{self, Header};

const NAME: &str = "unresolved";
const HEADER: &Header = b"charter open 1\n\n";
const CORRECTIONS: &str = "corrections";
const CORRECTIONS_HEADER: &Header = b"charter corr 1\n\n";

/// Whether somebody must say what a row used.
pub fn is<S: AsRef<str>>(row: &Row<S>) -> bool {
    let has_model = !row.model.as_ref().is_empty();
    match row.measure {
        Measure::Unknown => true,
        Measure::Reported | Measure::Estimated => !has_model,
        Measure::Nothing => false,
    }
}

/// The rows that were set aside when others were taken over.
#[derive(Debug)]
pub struct Unresolved(Kept);

/// What somebody said that a row used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The row.
    pub row: RowId,
    /// The model, by its name in the agreement.
    pub model: String,
    /// What it used.
    pub tokens: Tokens,
    /// Why that is so.
    pub reason: String,
    /// When that was said, in nanoseconds since 1970.
    pub at_ns: i64,
}

impl Unresolved {
    /// Opens the file beside the rows; those that have been resolved leave it.
    ///
    /// # Errors
    /// It cannot be read or written, or is damaged.
    pub fn open(log: &Log) -> Result<Unresolved, LogError> {
        let resolved = resolved(log.dir())?;
        let mut seen = HashSet::new();
        let live = |mut rows: Vec<Row<String>>| {
            rows.retain(|row| !resolved.contains(&row.id) && seen.insert(row.id));
            rows
        };
        Ok(Unresolved(log.keep(NAME, HEADER, live)?.0))
    }

    pub(crate) fn set_aside(&self, rows: &[Row<String>]) -> Result<(), LogError> {
        rows.iter().try_for_each(|row| self.0.append(row))
    }
}

/// The rows in a folder that nobody has resolved yet, oldest first. The gateway may be running.
///
/// # Errors
/// A file in it cannot be read, or is damaged.
pub fn unresolved(dir: &Path) -> Result<Vec<Row<String>>, LogError> {
    let mut rows: Vec<Row<String>> = Vec::new();
    if dir.exists() {
        for segment in log::segments(dir)? {
            let read = log::read(&segment, &mut |row| {
                if is(row) {
                    rows.push(row.clone());
                }
            });
            match read {
                // It has been taken over meanwhile, so what was in it is found below.
                Err(LogError::Io { source, .. })
                    if source.kind() == std::io::ErrorKind::NotFound => {}
                read => drop(read?),
            }
        }
    }
    rows.extend(all(&dir.join(NAME), HEADER)?);
    let resolved = resolved(dir)?;
    let mut seen = HashSet::new();
    rows.retain(|row| !resolved.contains(&row.id) && seen.insert(row.id));
    rows.sort_by_key(|row| (row.at_ns, row.id));
    Ok(rows)
}

fn resolved(dir: &Path) -> Result<HashSet<RowId>, LogError> {
    Ok(corrections(dir)?.iter().map(|correction| correction.row).collect())
}

/// What was said of rows in a folder so far.
///
/// # Errors
/// The file cannot be read, or is damaged.
pub fn corrections(dir: &Path) -> Result<Vec<Correction>, LogError> {
    all(&dir.join(CORRECTIONS), CORRECTIONS_HEADER)
}

/// Says what a row used: the correction is kept beside the rows, and the usage store has the call. Said
/// again alike it changes nothing, so that a crash in between is mended by saying it again.
///
/// # Errors
/// There is no such row to resolve, it was resolved otherwise, or something cannot be written.
pub fn resolve(dir: &Path, store: &Store, said: &Correction) -> Result<(), ResolveError> {
    let before = corrections(dir)?;
    let again = before.iter().find(|before| before.row == said.row);
    let known = all::<Row<String>>(&dir.join(NAME), HEADER)?;
    let row = unresolved(dir)?.into_iter().chain(known).find(|row| row.id == said.row);
    let no_such = || ResolveError::NoSuchRow(said.row.to_string());
    let mut row = row.ok_or_else(no_such)?;
    match again {
        Some(before) if (&before.model, before.tokens) != (&said.model, said.tokens) => {
            return Err(ResolveError::Otherwise(said.row.to_string()));
        }
        Some(_) => {}
        None => append(&dir.join(CORRECTIONS), said)?,
    }
    (row.model, row.tokens, row.measure) = (said.model.clone(), said.tokens, Measure::Reported);
    if said.tokens != Tokens::default() {
        store.append([roll::event(&row)?], &mut |_| {})?;
    }
    Ok(())
}

/// Appends a correction, on the disk before it returns.
fn append(path: &Path, said: &Correction) -> Result<(), LogError> {
    if !path.exists() {
        records::replace(path, CORRECTIONS_HEADER)?;
    } else {
        let found = records::read::<Correction>(path, CORRECTIONS_HEADER, &mut |_| {})?;
        records::mend(path, &found)?;
    }
    let mut bytes = Vec::new();
    records::encode(said, &mut bytes);
    let appended = File::options().append(true).open(path).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()
    });
    appended.map_err(|error| LogError::io("write", path, error))
}

fn all<T: serde::de::DeserializeOwned>(path: &Path, header: &Header) -> Result<Vec<T>, LogError> {
    let mut all = Vec::new();
    if path.exists() {
        records::read(path, header, &mut |record| all.push(record))?;
    }
    Ok(all)
}

/// Why a row is not resolved.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// No row of this id waits for it.
    #[error("no row `{0}` waits to be resolved")]
    NoSuchRow(String),
    /// Somebody said something else of it.
    #[error("row `{0}` has been resolved, with other tokens or another model")]
    Otherwise(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The call cannot be kept.
    #[error(transparent)]
    Roll(#[from] RollError),
    /// The usage store does not take it.
    #[error(transparent)]
    Append(#[from] AppendError),
}
