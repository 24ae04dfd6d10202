//! How events are added.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

use crate::hash::Content;
use crate::{Head, Journal, NewEvent, Position, ReadError, StorageError, read};

/// Why events were not appended. None of them was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Somebody else appended first: read on from `expected`, decide again, try again.
    #[error("expected the head of the journal at {expected}, found it at {actual}")]
    Conflict {
        /// Where the caller believed the head to be.
        expected: Position,
        /// Where it is.
        actual: Position,
    },
    /// The events would be recorded before one that is already there.
    #[error("cannot record at {given}, before the last event at {last}; check this clock")]
    ClockWentBack {
        /// When the last event was recorded.
        last: Timestamp,
        /// When these were to be.
        given: Timestamp,
    },
    /// A payload would not read back: it is nested more than 127 levels deep.
    #[error("cannot store the payload of `{kind}`")]
    Payload {
        /// The event's kind.
        kind: String,
        /// What is wrong with its payload.
        source: serde_json::Error,
    },
    /// The event to follow is damaged, and nothing is built on that.
    #[error("cannot read the head of the journal")]
    Head(#[source] ReadError),
    /// The file or SQLite failed: the disk is full, or others kept the file busy for too long.
    #[error("cannot write to the journal")]
    Storage(#[source] StorageError),
}

impl From<sqlx::Error> for AppendError {
    fn from(error: sqlx::Error) -> AppendError {
        AppendError::Storage(error.into())
    }
}

impl Journal {
    /// Appends all of the events or none, and returns the new head once they are on the disk.
    ///
    /// `expected` is the head the caller decided upon. `recorded` is the present time; it may equal
    /// the last event's, and an event's own `effective` time may lie anywhere. A caller that drops
    /// this future, or gets [`AppendError::Storage`], learns from [`Journal::head`] whether the
    /// events are there.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] if the head is not at `expected`,
    /// [`AppendError::ClockWentBack`] if `recorded` is earlier than the last event's, and the
    /// others if what is stored, or is to be stored, cannot be read back.
    pub async fn append(
        &self,
        expected: Position,
        recorded: Timestamp,
        events: Vec<NewEvent>,
    ) -> Result<Head, AppendError> {
        let events = events.into_iter().map(Prepared::new).collect::<Result<Vec<_>, _>>()?;
        let mut writer = self.writer.lock().await;
        let appended = write(&mut writer, expected, recorded, &events).await;
        // After a full disk SQLite has rolled back by itself, and sqlx still counts a transaction
        // on this connection. A new one starts clean.
        if let Err(AppendError::Storage(_)) = &appended
            && let Ok(clean) = self.options.connect().await
        {
            *writer = clean;
        }
        appended
    }
}

/// An event with its payload and time as they will be stored.
struct Prepared {
    event: NewEvent,
    effective: String,
    payload: String,
}

impl Prepared {
    fn new(event: NewEvent) -> Result<Prepared, AppendError> {
        // Read back at once: what the journal accepts, it must be able to return.
        let stored = serde_json::to_string(&event.payload).and_then(|payload| {
            serde_json::from_str::<serde_json::Value>(&payload).map(|_| payload)
        });
        match stored {
            Ok(payload) => Ok(Prepared { effective: event.effective.to_string(), payload, event }),
            Err(source) => Err(AppendError::Payload { kind: event.kind, source }),
        }
    }
}

async fn write(
    writer: &mut SqliteConnection,
    expected: Position,
    recorded: Timestamp,
    events: &[Prepared],
) -> Result<Head, AppendError> {
    // INVARIANT: the lock is taken before the head is read, so nobody appends in between.
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let last = read::last(&mut transaction).await.map_err(|error| match error {
        ReadError::Storage(error) => AppendError::Storage(error),
        damaged => AppendError::Head(damaged),
    })?;
    let mut head = last.as_ref().map_or(Head::EMPTY, |last| last.head());
    if head.position != expected {
        return Err(AppendError::Conflict { expected, actual: head.position });
    }
    if let Some(last) = last.filter(|last| recorded < last.recorded) {
        return Err(AppendError::ClockWentBack { last: last.recorded, given: recorded });
    }
    let recorded = recorded.to_string();
    for event in events {
        head = insert(&mut transaction, head, &recorded, event).await?;
    }
    transaction.commit().await?;
    Ok(head)
}

async fn insert(
    transaction: &mut SqliteConnection,
    head: Head,
    recorded: &str,
    Prepared { event, effective, payload }: &Prepared,
) -> Result<Head, sqlx::Error> {
    let position = head.position.next();
    let content = Content {
        position,
        previous: head.hash,
        recorded: recorded.as_bytes(),
        effective: effective.as_bytes(),
        kind: event.kind.as_bytes(),
        stream: event.stream.as_bytes(),
        actor: event.actor.as_bytes(),
        cause: event.cause.as_deref().map(str::as_bytes),
        payload: payload.as_bytes(),
    };
    let hash = content.hash();
    sqlx::query(
        "INSERT INTO events (position, recorded, effective, kind, stream, actor, cause, payload, \
         previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(position.to_sql())
    .bind(recorded)
    .bind(effective)
    .bind(&event.kind)
    .bind(&event.stream)
    .bind(&event.actor)
    .bind(&event.cause)
    .bind(payload)
    .bind(&head.hash.as_bytes()[..])
    .bind(&hash.as_bytes()[..])
    .execute(transaction)
    .await?;
    Ok(Head { position, hash })
}
