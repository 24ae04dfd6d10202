//! One row of the outbox.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::{Notice, Way};

/// Where the telling of a notice stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is to be sent, for the first time or again.
    Waiting,
    /// The receiver's server has it.
    Sent,
    /// It is not tried any more, unless somebody [asks for it](crate::Outbox::retry).
    Dead,
}

/// The telling of one notice to one address.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outgoing {
    /// The idempotency key: a webhook's `webhook-id`, the left part of a mail's `Message-ID`.
    pub key: String,
    /// By which way.
    pub way: Way,
    /// To which e-mail address or URL.
    pub address: String,
    /// What is told, and to which party.
    pub notice: Notice,
    /// When it was put into the outbox.
    pub taken: Timestamp,
    /// Where it stands.
    pub state: State,
    /// How many attempts were begun, whatever became of them.
    pub attempts: u32,
    /// How many attempts are known to have failed since it was taken or last retried.
    pub failures: u32,
    /// When the next attempt may be made, if it is waiting.
    pub due: Timestamp,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

impl State {
    const ALL: [State; 3] = [State::Waiting, State::Sent, State::Dead];

    /// `waiting`, `sent` or `dead`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Sent => "sent",
            State::Dead => "dead",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Outgoing {
    pub(super) fn read(row: &SqliteRow) -> Result<Outgoing, sqlx::Error> {
        let (way, state): (String, String) = (row.try_get("way")?, row.try_get("state")?);
        let state = State::ALL.into_iter().find(|known| known.as_str() == state);
        Ok(Outgoing {
            key: row.try_get("key")?,
            way: Way::named(&way).ok_or_else(|| damaged("way"))?,
            address: row.try_get("address")?,
            notice: serde_json::from_str(&row.try_get::<String, _>("notice")?)
                .map_err(|error| sqlx::Error::Decode(error.into()))?,
            taken: time(row, "taken")?,
            state: state.ok_or_else(|| damaged("state"))?,
            attempts: row.try_get("attempts")?,
            failures: row.try_get("failures")?,
            due: time(row, "due")?,
            last_error: row.try_get("last_error")?,
        })
    }
}

fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_millisecond(row.try_get(column)?).map_err(|_| damaged(column))
}

fn damaged(column: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(format!("the column `{column}` holds what was never put there").into())
}
