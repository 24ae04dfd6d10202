//! What happened to accounts, for operators and auditors. Never a secret, and never what somebody typed.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use crate::store::instant;
use crate::{People, StorageError};

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words are their own explanation")]
pub enum Kind {
    SetUp,
    Invited,
    InvitationWithdrawn,
    AccountMade,
    Granted,
    Renamed,
    Disabled,
    Enabled,
    LoggedIn,
    LoginFailed,
    LoggedOut,
    SessionEnded,
    PasswordChanged,
    SecondFactorOn,
    SecondFactorOff,
    TokenMade,
    TokenRevoked,
    Linked,
}

impl Kind {
    /// Its word in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::SetUp => "set-up",
            Kind::Invited => "invited",
            Kind::InvitationWithdrawn => "invitation-withdrawn",
            Kind::AccountMade => "account-made",
            Kind::Granted => "granted",
            Kind::Renamed => "renamed",
            Kind::Disabled => "disabled",
            Kind::Enabled => "enabled",
            Kind::LoggedIn => "logged-in",
            Kind::LoginFailed => "login-failed",
            Kind::LoggedOut => "logged-out",
            Kind::SessionEnded => "session-ended",
            Kind::PasswordChanged => "password-changed",
            Kind::SecondFactorOn => "second-factor-on",
            Kind::SecondFactorOff => "second-factor-off",
            Kind::TokenMade => "token-made",
            Kind::TokenRevoked => "token-revoked",
            Kind::Linked => "linked",
        }
    }
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its number; later ones are greater.
    pub number: i64,
    /// When it happened.
    pub at: Timestamp,
    /// The word of its [`Kind`].
    pub kind: String,
    /// Whose account it is about. None where somebody tried a login that there is not.
    pub login: Option<String>,
    /// Who did it, where that is known.
    pub actor: Option<String>,
    /// What else is to be said of it: an address, a token's name, grants.
    pub detail: String,
}

impl People {
    /// The latest entries, latest first, at most `limit`, of those before the number `before`.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn log(&self, before: Option<i64>, limit: usize) -> Result<Vec<Entry>, StorageError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM log WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map((before, limit), |row| {
                Ok(Entry {
                    number: row.get("id")?,
                    at: instant(row, "at")?,
                    kind: row.get("kind")?,
                    login: row.get("login")?,
                    actor: row.get("actor")?,
                    detail: row.get("detail")?,
                })
            })?;
            rows.collect()
        })
    }
}

pub(crate) fn enter(
    connection: &Connection,
    now: Timestamp,
    kind: Kind,
    login: Option<&str>,
    actor: Option<&str>,
    detail: &str,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("INSERT INTO log (at, kind, login, actor, detail) VALUES (?, ?, ?, ?, ?)")?
        .execute((now.as_millisecond(), kind.as_str(), login, actor, detail))
        .map(|_| ())
}
