//! The first start: nobody is there yet, and whoever started the server makes the first operator.

use access::{Grant, Role};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::account::{self, Account, MakeError, New, has_operator};
use crate::secret::hash;
use crate::store::later;
use crate::{Kind, People, Secret, StorageError, log, password};

/// How long a set-up token counts. The next start makes another.
const LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Why the first operator was not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetUpError {
    /// The token is unknown, used, too old, or there is an operator.
    #[error(
        "this set-up link does not count any more; start the server again for a new one, or log in"
    )]
    Void,
    /// The account could not be made.
    #[error(transparent)]
    Account(#[from] MakeError),
}

impl From<StorageError> for SetUpError {
    fn from(error: StorageError) -> SetUpError {
        SetUpError::Account(error.into())
    }
}

impl People {
    /// A token with which the first operator is made, for whoever starts the server; none if there is an
    /// operator. It takes the place of the one before.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be written.
    pub fn set_up_token(&self, now: Timestamp) -> Result<Option<Secret>, StorageError> {
        let token = Secret::random("")?;
        self.with(|connection| {
            connection.execute("DELETE FROM set_up", [])?;
            if has_operator(connection)? {
                return Ok(Ok(None));
            }
            connection.execute(
                "INSERT INTO set_up VALUES (1, ?, ?)",
                (token.hash(), later(now, LASTS).as_millisecond()),
            )?;
            Ok(Ok(Some(token)))
        })
    }

    /// Whether a set-up token counts.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn may_set_up(&self, token: &str, now: Timestamp) -> Result<bool, StorageError> {
        self.read(|connection| counts(connection, token, now))
    }

    /// Makes the first operator, who keeps all there is. The token counts for nothing from then on.
    ///
    /// # Errors
    /// [`SetUpError`], and nothing is changed.
    pub fn set_up(
        &self,
        token: &str,
        login: &str,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Account, SetUpError> {
        // Before the password is hashed, which costs more than guessing.
        if !self.may_set_up(token, now)? {
            return Err(SetUpError::Void);
        }
        let login = account::valid_login(login)?;
        password::check(&login, password).map_err(MakeError::from)?;
        let hash = self.hash_password(password)?;
        let grants = [Grant { agreement: None, role: Role::Operator, party: None }];
        let new =
            New { login: &login, name, password: Some(&hash), grants: &grants, invited: false };
        self.with(|connection| {
            if !counts(connection, token, now)? {
                return Ok(Err(SetUpError::Void));
            }
            connection.execute("DELETE FROM set_up", [])?;
            log::enter(connection, now, Kind::SetUp, Some(&login), Some(&login), "")?;
            Ok(account::make(connection, &new, Some(&login), now)?.map_err(SetUpError::from))
        })
    }
}

fn counts(
    connection: &rusqlite::Connection,
    token: &str,
    now: Timestamp,
) -> Result<bool, rusqlite::Error> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM set_up WHERE hash = ? AND expires > ?)",
        (hash(token), now.as_millisecond()),
        |row| row.get(0),
    )?;
    Ok(known && !has_operator(connection)?)
}
