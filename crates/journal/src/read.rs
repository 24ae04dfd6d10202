//! How events are read back.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use thiserror::Error;

use crate::{Damage, Event, Head, Journal, Position, StorageError, row};

/// Which events to read. What is not set does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only events of this very stream.
    pub stream: Option<String>,
    /// Only events whose stream begins so, as `case/` or `agreement/`.
    pub stream_prefix: Option<String>,
    /// Only events of this kind.
    pub kind: Option<String>,
    /// At most so many events, the earliest ones.
    pub limit: Option<u64>,
}

impl Filter {
    /// Every event.
    #[must_use]
    pub fn all() -> Filter {
        Filter::default()
    }

    /// Every event of one stream.
    #[must_use]
    pub fn stream(name: impl Into<String>) -> Filter {
        Filter { stream: Some(name.into()), ..Filter::default() }
    }
}

/// Why events could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// An event was changed after it was appended.
    #[error("event {position} of the journal is damaged; restore it from another party's copy")]
    Damaged {
        /// Where it stands; 0 if its place cannot be told.
        position: Position,
        /// What is wrong with it.
        #[source]
        reason: Damage,
    },
    /// The file or SQLite failed.
    #[error("cannot read the journal")]
    Storage(#[source] StorageError),
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> ReadError {
        ReadError::Storage(error.into())
    }
}

impl Journal {
    /// Where the journal ends.
    ///
    /// # Errors
    /// [`ReadError`] if the last event is damaged or the file cannot be read.
    pub async fn head(&self) -> Result<Head, ReadError> {
        let last = last(&mut *self.reader.lock().await).await?;
        Ok(last.map_or(Head::EMPTY, |last| last.head()))
    }

    /// The events after `from`, in order.
    ///
    /// Each event returned gives its hash. Only [`Journal::verify`] sees whether one was left out.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] if any of the events was changed; then none is returned.
    pub async fn read(&self, from: Position, filter: &Filter) -> Result<Vec<Event>, ReadError> {
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        sqlx::query(
            "SELECT * FROM events WHERE position > ?1 \
             AND (?2 IS NULL OR stream = ?2) \
             AND (?3 IS NULL OR instr(stream, ?3) = 1) \
             AND (?4 IS NULL OR kind = ?4) \
             ORDER BY position LIMIT ?5",
        )
        .bind(from.to_sql())
        .bind(&filter.stream)
        .bind(&filter.stream_prefix)
        .bind(&filter.kind)
        .bind(limit)
        .map(|row| intact(&row))
        .fetch_all(&mut *self.reader.lock().await)
        .await?
        .into_iter()
        .collect()
    }
}

impl Event {
    pub(crate) fn head(&self) -> Head {
        Head { position: self.position, hash: self.hash }
    }
}

/// The last event, if there is any.
pub(crate) async fn last(connection: &mut SqliteConnection) -> Result<Option<Event>, ReadError> {
    sqlx::query("SELECT * FROM events ORDER BY position DESC LIMIT 1")
        .map(|row| intact(&row))
        .fetch_optional(connection)
        .await?
        .transpose()
}

/// Place, kind and stream of the first event after `after` that a filter lets through.
pub(crate) async fn first(
    connection: &mut SqliteConnection,
    after: Position,
    filter: &Filter,
) -> Result<Option<(Position, String, String)>, sqlx::Error> {
    let found: Option<(i64, String, String)> = sqlx::query_as(
        "SELECT position, kind, stream FROM events WHERE position > ?1 \
         AND (?2 IS NULL OR stream = ?2) \
         AND (?3 IS NULL OR instr(stream, ?3) = 1) \
         AND (?4 IS NULL OR kind = ?4) \
         ORDER BY position LIMIT 1",
    )
    .bind(after.to_sql())
    .bind(&filter.stream)
    .bind(&filter.stream_prefix)
    .bind(&filter.kind)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(position, kind, stream)| {
        (Position(u64::try_from(position).unwrap_or_default()), kind, stream)
    }))
}

fn intact(row: &SqliteRow) -> Result<Event, ReadError> {
    row::event(row).map_err(|reason| {
        let position = row::position(row).unwrap_or_default().try_into().unwrap_or_default();
        ReadError::Damaged { position: Position(position), reason }
    })
}
