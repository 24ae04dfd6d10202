//! What operators change of an account, and what its owner does.

use access::{Grant, Role};
use jiff::Timestamp;
use rusqlite::Connection;
use thiserror::Error;

use super::{Account, find, in_one_spelling, shortened};
use crate::{Kind, PasswordError, People, StorageError, limit, log, password};

/// Why an account was not changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is none of that login.
    #[error("there is no account `{0}`; list them to see their logins")]
    Unknown(String),
    /// Nobody would be left to keep the server.
    #[error("`{0}` is the last operator; make another account an operator first")]
    LastOperator(String),
    /// A role that is that of a party was granted without one.
    #[error("a {0} is there for a party; say which")]
    NoParty(Role),
    /// The password that was to be changed was not given.
    #[error("that is not the password so far; type it again")]
    WrongPassword,
    /// It was tried too often.
    #[error("too many attempts; wait {0} seconds")]
    TooMany(i64),
    /// The new password cannot be one.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The file or SQLite failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl People {
    /// Gives an account these grants in the place of those that operators gave it so far. What it has by a
    /// provider's groups stays. It counts at once, in sessions and tokens too.
    ///
    /// # Errors
    /// [`ChangeError`], and nothing is changed.
    pub fn grant(
        &self,
        login: &str,
        grants: &[Grant],
        actor: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        check(grants)?;
        self.change(login, |connection, account| {
            replace_grants(connection, account.id, grants, false)?;
            let detail = in_words(grants);
            log::enter(connection, now, Kind::Granted, Some(&account.login), Some(actor), &detail)
        })
    }

    /// Lets nobody in with an account, from now on: its sessions end, and its tokens count for nothing.
    ///
    /// # Errors
    /// [`ChangeError`], and nothing is changed.
    pub fn disable(&self, login: &str, actor: &str, now: Timestamp) -> Result<(), ChangeError> {
        self.change(login, |connection, account| {
            connection.execute("UPDATE account SET disabled = 1 WHERE id = ?", [account.id])?;
            connection.execute("DELETE FROM session WHERE account = ?", [account.id])?;
            log::enter(connection, now, Kind::Disabled, Some(&account.login), Some(actor), "")
        })
    }

    /// Lets somebody in again.
    ///
    /// # Errors
    /// [`ChangeError`], and nothing is changed.
    pub fn enable(&self, login: &str, actor: &str, now: Timestamp) -> Result<(), ChangeError> {
        self.change(login, |connection, account| {
            connection.execute("UPDATE account SET disabled = 0 WHERE id = ?", [account.id])?;
            log::enter(connection, now, Kind::Enabled, Some(&account.login), Some(actor), "")
        })
    }

    /// Calls somebody by another name, at their own wish.
    ///
    /// # Errors
    /// [`ChangeError`], and nothing is changed.
    pub fn rename(&self, login: &str, name: &str, now: Timestamp) -> Result<(), ChangeError> {
        self.change(login, |connection, account| {
            let name = shortened(name, &account.login);
            connection.execute("UPDATE account SET name = ? WHERE id = ?", (&name, account.id))?;
            let (login, detail) = (&account.login, "");
            log::enter(connection, now, Kind::Renamed, Some(login), Some(login), detail)
        })
    }

    /// Changes a password at its owner's wish. All sessions end, this one too: the caller opens a new one.
    ///
    /// # Errors
    /// [`ChangeError`], and nothing is changed. Attempts count as those to log in do.
    pub fn change_password(
        &self,
        login: &str,
        current: &str,
        new: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let login = in_one_spelling(login);
        let stored = self.with(|connection| {
            let subjects = [limit::of_login(&login)];
            if let Some(seconds) = limit::attempt(connection, &subjects, now)? {
                return Ok(Err(ChangeError::TooMany(seconds)));
            }
            Ok(Ok(limit::password_of(connection, &login)?))
        })?;
        if !self.is_right(current, stored.as_deref()) {
            return Err(ChangeError::WrongPassword);
        }
        password::check(&login, new)?;
        let hash = self.hash_password(new)?;
        self.change(&login, |connection, account| {
            limit::succeeded(connection, &login)?;
            connection
                .execute("UPDATE account SET password = ? WHERE id = ?", (&hash, account.id))?;
            connection.execute("DELETE FROM session WHERE account = ?", [account.id])?;
            log::enter(connection, now, Kind::PasswordChanged, Some(&login), Some(&login), "")
        })
    }

    /// Changes one account, unless that left nobody to keep the server.
    pub(crate) fn change(
        &self,
        login: &str,
        work: impl FnOnce(&Connection, &Account) -> Result<(), rusqlite::Error>,
    ) -> Result<(), ChangeError> {
        let login = in_one_spelling(login);
        self.with(|connection| {
            let Some(account) = find(connection, "login = ?", &login)? else {
                return Ok(Err(ChangeError::Unknown(login)));
            };
            work(connection, &account)?;
            let was = account.is_operator() && !account.disabled;
            Ok(if was && !has_operator(connection)? {
                Err(ChangeError::LastOperator(login))
            } else {
                Ok(())
            })
        })
    }
}

/// Whether every grant is of use.
pub(crate) fn check(grants: &[Grant]) -> Result<(), ChangeError> {
    match grants.iter().find(|grant| grant.role.needs_a_party() && grant.party.is_none()) {
        Some(grant) => Err(ChangeError::NoParty(grant.role)),
        None => Ok(()),
    }
}

/// Whether anybody may keep the server.
pub(crate) fn has_operator(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM granted JOIN account ON account.id = granted.account \
         WHERE role = 'operator' AND agreement IS NULL AND NOT disabled)",
        [],
        |row| row.get(0),
    )
}

/// `vouched` says whether they follow from a provider's groups; the others stay as they are.
pub(crate) fn replace_grants(
    connection: &Connection,
    account: i64,
    grants: &[Grant],
    vouched: bool,
) -> Result<(), rusqlite::Error> {
    connection
        .execute("DELETE FROM granted WHERE account = ? AND vouched = ?", (account, vouched))?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO granted (account, agreement, role, party, vouched) VALUES (?, ?, ?, ?, ?)",
    )?;
    for Grant { agreement, role, party } in grants {
        statement.execute((account, agreement, role.as_str(), party, vouched))?;
    }
    Ok(())
}

/// Grants as the log has them.
pub(crate) fn in_words(grants: &[Grant]) -> String {
    if grants.is_empty() {
        return "nothing".to_owned();
    }
    grants.iter().map(Grant::to_string).collect::<Vec<_>>().join("; ")
}
