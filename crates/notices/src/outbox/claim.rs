//! How attempts are recorded: before they are made, and after.

use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::SqliteConnection;

use super::{Outbox, Outgoing, StorageError};
use crate::schedule;

/// How long an attempt has its address to itself. Longer than any attempt may take, so that nobody
/// else makes the same one unless this process died.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_mins(2);

impl Outbox {
    /// Records an attempt at whatever has been due longest, and returns what to send; `None` if
    /// nothing is due. Its `attempts` counts this one, and so tells it from any later attempt.
    ///
    /// An address is tried by one attempt at a time, among all processes: a slow receiver holds up
    /// nobody else, and gets its notices one by one.
    pub(crate) async fn claim(&self, now: Timestamp) -> Result<Option<Outgoing>, StorageError> {
        self.with(async |connection| claim(connection, now).await).await
    }

    /// Records that the receiver has it. Counts even if the lease is over: it was received.
    pub(crate) async fn sent(&self, claimed: &Outgoing) -> Result<(), StorageError> {
        self.with(async |connection| {
            sqlx::query(
                "UPDATE outgoing SET state = 'sent', leased_until = NULL, last_error = NULL \
                 WHERE key = ?",
            )
            .bind(&claimed.key)
            .execute(connection)
            .await
            .map(|_| ())
        })
        .await
    }

    /// Records that the attempt failed and when the next is due; with `None`, that there is none.
    ///
    /// Does nothing if somebody else has made a later attempt: theirs counts.
    pub(crate) async fn failed(
        &self,
        claimed: &Outgoing,
        reason: &str,
        due: Option<Timestamp>,
    ) -> Result<(), StorageError> {
        self.with(async |connection| {
            sqlx::query(
                "UPDATE outgoing SET state = iif(?1 IS NULL, 'dead', 'waiting'), \
                 due = coalesce(?1, due), failures = failures + 1, last_error = ?2, \
                 leased_until = NULL WHERE key = ?3 AND attempts = ?4 AND state = 'waiting'",
            )
            .bind(due.map(Timestamp::as_millisecond))
            .bind(reason)
            .bind(&claimed.key)
            .bind(claimed.attempts)
            .execute(connection)
            .await
            .map(|_| ())
        })
        .await
    }
}

async fn claim(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<Option<Outgoing>, sqlx::Error> {
    // A lease that ends later than any could was given by a clock that has been set back since.
    let rows = sqlx::query(
        "UPDATE outgoing SET attempts = attempts + 1, leased_until = ?2 WHERE key = ( \
             SELECT key FROM outgoing AS next WHERE state = 'waiting' AND due <= ?1 \
             AND NOT EXISTS ( \
                 SELECT 1 FROM outgoing AS other WHERE leased_until IS NOT NULL \
                 AND other.address = next.address AND leased_until > ?1 AND leased_until <= ?2) \
             ORDER BY due, position, key LIMIT 1) \
         RETURNING *",
    )
    .bind(now.as_millisecond())
    .bind(schedule::later(now, LEASE).as_millisecond())
    // All rows, though there is one at most: only the end of the statement says that it is stored.
    .fetch_all(connection)
    .await?;
    rows.first().map(Outgoing::read).transpose()
}
