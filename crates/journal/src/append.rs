//! How events are added.

use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::batch::{Asked, Prepared, Request};
use crate::{Condition, Head, Journal, NewEvent, Position, ReadError, StorageError};

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
    /// The events would be recorded long before one that is already there.
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
    /// The kind, the stream, the actor or the cause holds a NUL, which not every store can keep.
    #[error("cannot store `{kind}`: its kind, stream, actor or cause holds a NUL character")]
    Nul {
        /// The event's kind.
        kind: String,
    },
    /// The system gave no random bytes for the salts.
    #[error("cannot draw a salt")]
    Random(#[source] getrandom::Error),
    /// The event to follow is damaged, and nothing is built on that.
    #[error("cannot read the head of the journal")]
    Head(#[source] ReadError),
    /// The file or the server failed: the disk is full, or others kept it busy for too long.
    #[error("cannot write to the journal")]
    Storage(#[source] StorageError),
}

impl Journal {
    /// Appends all of the events or none, and returns the last one's head once they are on the disk.
    ///
    /// `condition` says what must not have happened since the caller decided; it is checked again
    /// at the moment of appending. Whoever waits at the same time is served in the order of
    /// asking, with one sync of the disk for all of them. `recorded` is the present time: if it
    /// lies at most five seconds before the last event's, as it may where several clocks write, the
    /// last event's is taken. An event's own `effective` time may lie anywhere. A caller that
    /// drops this future, or gets [`AppendError::Storage`], learns from [`Journal::head`] whether
    /// the events are there.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] if `condition` does not hold, [`AppendError::ClockWentBack`]
    /// if `recorded` is too much earlier than the last event's, and the others if what is stored,
    /// or is to be stored, cannot be read back.
    pub async fn append(
        &self,
        condition: Condition,
        recorded: Timestamp,
        events: Vec<NewEvent>,
    ) -> Result<Head, AppendError> {
        let events = events.into_iter().map(Prepared::new).collect::<Result<Vec<_>, _>>()?;
        let asked = Arc::new(Asked { condition, recorded, events });
        let (answer, answered) = oneshot::channel();
        let request = Request { asked: Arc::clone(&asked), answer };
        self.committer.enqueue(request).map_err(AppendError::Storage)?;
        answered.await.unwrap_or_else(|_| Err(AppendError::Storage(StorageError::closed())))
    }
}
