//! What operators see and do.

use jiff::Timestamp;
use thiserror::Error;

use super::{Outbox, Outgoing, State, StorageError};

/// Why something is not tried again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RetryError {
    /// No row has that key.
    #[error("the outbox has no `{0}`; list it to see the keys")]
    Unknown(String),
    /// The receiver has it.
    #[error("`{0}` was sent; a notice is sent once")]
    Sent(String),
    /// The file or SQLite failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Outbox {
    /// What is in `state`, or all there is, by event and then by key.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub async fn list(&self, state: Option<State>) -> Result<Vec<Outgoing>, StorageError> {
        self.with(async |connection| {
            sqlx::query(
                "SELECT * FROM outgoing WHERE ?1 IS NULL OR state = ?1 ORDER BY position, key",
            )
            .bind(state.map(State::as_str))
            .fetch_all(connection)
            .await?
            .iter()
            .map(Outgoing::read)
            .collect()
        })
        .await
    }

    /// Makes what is dead or waiting due at once, with all attempts of the schedule before it.
    ///
    /// # Errors
    /// [`RetryError`] if there is nothing of that key to send, or the file cannot be written.
    pub async fn retry(&self, key: &str, now: Timestamp) -> Result<(), RetryError> {
        let (retried, state) = self
            .with(async |connection| {
                let done = sqlx::query(
                    "UPDATE outgoing SET state = 'waiting', failures = 0, due = ?1 \
                     WHERE key = ?2 AND state <> 'sent'",
                )
                .bind(now.as_millisecond())
                .bind(key)
                .execute(&mut *connection)
                .await?;
                let state: Option<String> =
                    sqlx::query_scalar("SELECT state FROM outgoing WHERE key = ?")
                        .bind(key)
                        .fetch_optional(connection)
                        .await?;
                Ok((done.rows_affected() == 1, state))
            })
            .await?;
        match state {
            _ if retried => Ok(()),
            Some(_) => Err(RetryError::Sent(key.to_owned())),
            None => Err(RetryError::Unknown(key.to_owned())),
        }
    }

    /// Deletes what was sent and taken before `before`, and says how much that was. Such notices are
    /// not sent again, as their events are behind the cursor. Dead ones stay.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be written.
    pub async fn forget_sent(&self, before: Timestamp) -> Result<u64, StorageError> {
        self.with(async |connection| {
            sqlx::query("DELETE FROM outgoing WHERE state = 'sent' AND taken < ?")
                .bind(before.as_millisecond())
                .execute(connection)
                .await
                .map(|done| done.rows_affected())
        })
        .await
    }
}
