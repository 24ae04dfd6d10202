//! How somebody comes in by password: first it, then the code of a second factor where there is one.

use jiff::Timestamp;
use thiserror::Error;

use crate::account::{find, in_one_spelling};
use crate::{Came, Kind, Opened, People, StorageError, limit, log, second_factor, session};

/// Somebody whose password was right.
#[derive(Debug)]
pub enum LogIn {
    /// They are in.
    In(Opened),
    /// The code of the second factor is still to be [given](People::give_code). Until then the session is
    /// good for nothing else, and for five minutes.
    CodeNeeded(Opened),
}

/// Why somebody did not come in. It never says whether there is such an account.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoginError {
    /// No account has this login and this password.
    #[error("login or password is wrong; try again, or ask an operator for a new invitation")]
    Wrong,
    /// The code is wrong, or was used.
    #[error("the code is wrong, or was used already; wait for the next one")]
    WrongCode,
    /// There was too long between the password and the code.
    #[error("that took too long; begin again with the password")]
    TooLate,
    /// It was tried too often.
    #[error("too many attempts; wait {0} seconds")]
    TooMany(i64),
    /// The file or SQLite failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl People {
    /// Lets somebody in who knows a login and its password.
    ///
    /// Takes the same time and gives the same answer for an unknown login as for a wrong password.
    ///
    /// # Errors
    /// [`LoginError`]; from the fifth failure of a login or an address on, each attempt has to wait.
    pub fn log_in(
        &self,
        login: &str,
        password: &str,
        came: &Came,
        now: Timestamp,
    ) -> Result<LogIn, LoginError> {
        let login = in_one_spelling(login);
        let stored = self.with(|connection| {
            let subjects = [limit::of_login(&login), limit::of_address(&came.address)];
            if let Some(seconds) = limit::attempt(connection, &subjects, now)? {
                return Ok(Err(LoginError::TooMany(seconds)));
            }
            Ok(Ok(limit::password_of(connection, &login)?))
        })?;
        let right = self.is_right(password, stored.as_deref());
        let opened = self.with(|connection| {
            // Meanwhile it may have been disabled, or its password changed: what was checked no longer counts.
            let same = right && limit::password_of(connection, &login)? == stored;
            let account = find(connection, "login = ?", &login)?;
            let known = account.as_ref().map(|account| account.login.as_str());
            let Some(account) = account.as_ref().filter(|_| same) else {
                log::enter(connection, now, Kind::LoginFailed, known, None, &came.address)?;
                return Ok(Ok(None));
            };
            limit::did_not_fail(connection, &came.address)?;
            let awaits = account.has_second_factor;
            let opened = match session::open(connection, account, awaits, came, now)? {
                Ok(opened) => opened,
                Err(error) => return Ok(Err(StorageError::from(error).into())),
            };
            if awaits {
                // The login keeps its failure until the code is right, or codes could be guessed at leisure.
                return Ok(Ok(Some(LogIn::CodeNeeded(opened))));
            }
            limit::succeeded(connection, &login)?;
            log::enter(connection, now, Kind::LoggedIn, known, known, &came.address)?;
            Ok(Ok(Some(LogIn::In(opened))))
        });
        // Outside, as a failure is to stay in the log, and what is refused inside is rolled back.
        opened.and_then(|opened: Option<LogIn>| opened.ok_or(LoginError::Wrong))
    }

    /// Lets somebody in whose password was right and who has the code, under a new session.
    ///
    /// # Errors
    /// [`LoginError`]; codes that are wrong count as passwords that are.
    pub fn give_code(
        &self,
        session: &str,
        code: &str,
        came: &Came,
        now: Timestamp,
    ) -> Result<Opened, LoginError> {
        let opened = self.with(|connection| {
            let Some(account) = session::awaiting(connection, session, now)? else {
                return Ok(Err(LoginError::TooLate));
            };
            let login = Some(account.login.as_str());
            let subjects = [limit::of_login(&account.login), limit::of_address(&came.address)];
            if let Some(seconds) = limit::attempt(connection, &subjects, now)? {
                return Ok(Err(LoginError::TooMany(seconds)));
            }
            if !second_factor::uses(connection, account.id, code, now)? {
                log::enter(connection, now, Kind::LoginFailed, login, None, &came.address)?;
                return Ok(Ok(None));
            }
            session::close(connection, session)?;
            limit::did_not_fail(connection, &came.address)?;
            limit::succeeded(connection, &account.login)?;
            log::enter(connection, now, Kind::LoggedIn, login, login, &came.address)?;
            let opened = session::open(connection, &account, false, came, now)?;
            Ok(opened.map(Some).map_err(|error| StorageError::from(error).into()))
        });
        opened.and_then(|opened: Option<Opened>| opened.ok_or(LoginError::WrongCode))
    }

    /// Opens a session for somebody who has shown otherwise who they are: by a set-up token, an invitation,
    /// a provider, or by having just changed the password. None if the account lets nobody in.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be written.
    pub fn open_session(
        &self,
        login: &str,
        came: &Came,
        now: Timestamp,
    ) -> Result<Option<Opened>, StorageError> {
        let login = in_one_spelling(login);
        self.with(|connection| {
            let Some(account) = find(connection, "NOT disabled AND login = ?", &login)? else {
                return Ok(Ok(None));
            };
            let opened = session::open(connection, &account, false, came, now)?;
            let login = Some(login.as_str());
            log::enter(connection, now, Kind::LoggedIn, login, login, &came.address)?;
            Ok(opened.map(Some).map_err(StorageError::from))
        })
    }
}
