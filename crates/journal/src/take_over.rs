//! How events come in that were appended elsewhere.

use sqlx::{ConnectOptions, Connection};
use thiserror::Error;

use crate::append::{Row, insert};
use crate::{Event, Head, Journal, ReadError, StorageError, read};

/// Why events were not taken over. None of them was.
#[derive(Debug, Error)]
pub(crate) enum TakeOverError<E> {
    /// Whoever brings the events failed.
    #[error("cannot read the events")]
    Source(#[source] E),
    /// The last event is damaged, and nothing is built on that.
    #[error("cannot read the head of the journal")]
    Head(#[source] ReadError),
    /// The head is another by now.
    #[error("the journal has another head")]
    Conflict,
    /// The file or SQLite failed.
    #[error("cannot write to the journal")]
    Storage(#[source] StorageError),
}

impl<E> From<sqlx::Error> for TakeOverError<E> {
    fn from(error: sqlx::Error) -> Self {
        TakeOverError::Storage(error.into())
    }
}

impl Journal {
    /// Appends events with the salts and hashes they have, in one transaction, while the head is
    /// `expected`. `events` gives them one by one; it has seen that they follow, and is asked until
    /// it gives none or fails.
    pub(crate) async fn take_over<E>(
        &self,
        expected: Head,
        mut events: impl FnMut() -> Result<Option<Event>, E>,
    ) -> Result<Head, TakeOverError<E>> {
        let mut writer = self.writer.lock().await;
        let taken = async {
            let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
            let last = read::last(&mut transaction).await.map_err(TakeOverError::Head)?;
            let mut head = last.map_or(Head::EMPTY, |last| last.head());
            if head != expected {
                return Err(TakeOverError::Conflict);
            }
            while let Some(event) = events().map_err(TakeOverError::Source)? {
                head = insert(&mut transaction, &Row::of(&event)).await?;
            }
            transaction.commit().await?;
            Ok(head)
        }
        .await;
        // As for appending: a new connection starts clean.
        if let Err(TakeOverError::Storage(_)) = &taken
            && let Ok(clean) = self.options.connect().await
        {
            *writer = clean;
        }
        taken
    }
}
