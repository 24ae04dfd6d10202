//! How events are added.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

use crate::hash::Content;
use crate::{
    Condition, Hash, Head, Journal, NewEvent, Position, ReadError, Salt, StorageError, read,
};

/// Why events were not appended. None of them was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Somebody else appended first: read on from `after`, decide again, try again.
    #[error("event {position}, `{kind}` of `{stream}`, came in after position {after}")]
    Conflict {
        /// The condition's position.
        after: Position,
        /// The first event after it that stands in the way.
        position: Position,
        /// Its kind.
        kind: String,
        /// Its stream.
        stream: String,
    },
    /// The condition's position has not been reached: it was read in some other journal.
    #[error("the condition is of position {after}, but the journal ends at {head}")]
    BeyondHead {
        /// The condition's position.
        after: Position,
        /// Where the journal ends.
        head: Position,
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
    /// The system gave no random bytes for the salts.
    #[error("cannot draw a salt")]
    Random(#[source] getrandom::Error),
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
    /// `condition` says what must not have happened since the caller decided. `recorded` is the present time; it may equal
    /// the last event's, and an event's own `effective` time may lie anywhere. A caller that drops
    /// this future, or gets [`AppendError::Storage`], learns from [`Journal::head`] whether the
    /// events are there.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] if `condition` does not hold, [`AppendError::ClockWentBack`] if `recorded` is earlier than the last event's, and the
    /// others if what is stored, or is to be stored, cannot be read back.
    pub async fn append(
        &self,
        condition: Condition,
        recorded: Timestamp,
        events: Vec<NewEvent>,
    ) -> Result<Head, AppendError> {
        let events = events.into_iter().map(Prepared::new).collect::<Result<Vec<_>, _>>()?;
        let mut writer = self.writer.lock().await;
        let appended = write(&mut writer, &condition, recorded, &events).await;
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
    salt: Salt,
}

impl Prepared {
    fn new(event: NewEvent) -> Result<Prepared, AppendError> {
        // Read back at once: what the journal accepts, it must be able to return.
        let stored = serde_json::to_string(&event.payload).and_then(|payload| {
            serde_json::from_str::<serde_json::Value>(&payload).map(|_| payload)
        });
        match stored {
            Ok(payload) => {
                let salt = Salt::random().map_err(AppendError::Random)?;
                Ok(Prepared { effective: event.effective.to_string(), payload, salt, event })
            }
            Err(source) => Err(AppendError::Payload { kind: event.kind, source }),
        }
    }
}

async fn write(
    writer: &mut SqliteConnection,
    condition: &Condition,
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
    check(&mut transaction, condition, head.position).await?;
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

/// Sees whether anything of the condition's came in. Looks at no row up to its position.
async fn check(
    transaction: &mut SqliteConnection,
    condition: &Condition,
    head: Position,
) -> Result<(), AppendError> {
    let after = condition.after;
    if after > head {
        return Err(AppendError::BeyondHead { after, head });
    }
    let mut first: Option<(Position, String, String)> = None;
    for filter in &condition.filters {
        let found = read::first(transaction, after, filter).await?;
        first = [first, found].into_iter().flatten().min_by_key(|(position, ..)| *position);
    }
    match first {
        Some((position, kind, stream)) => {
            Err(AppendError::Conflict { after, position, kind, stream })
        }
        None => Ok(()),
    }
}

async fn insert(
    transaction: &mut SqliteConnection,
    head: Head,
    recorded: &str,
    Prepared { event, effective, payload, salt }: &Prepared,
) -> Result<Head, sqlx::Error> {
    let position = head.position.next();
    let content = Content {
        effective: effective.as_bytes(),
        kind: event.kind.as_bytes(),
        stream: event.stream.as_bytes(),
        actor: event.actor.as_bytes(),
        cause: event.cause.as_deref().map(str::as_bytes),
        payload: payload.as_bytes(),
        recorded: recorded.as_bytes(),
    };
    let hash = Hash::of_link(position, head.hash, content.hash(salt));
    sqlx::query(
        "INSERT INTO events (position, recorded, effective, kind, stream, actor, cause, payload, \
         salt, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(position.to_sql())
    .bind(recorded)
    .bind(effective)
    .bind(&event.kind)
    .bind(&event.stream)
    .bind(&event.actor)
    .bind(&event.cause)
    .bind(payload)
    .bind(&salt.as_bytes()[..])
    .bind(&head.hash.as_bytes()[..])
    .bind(&hash.as_bytes()[..])
    .execute(transaction)
    .await?;
    Ok(Head { position, hash })
}
