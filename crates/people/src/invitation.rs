//! Invitations: an operator says who may come, and whoever has the link chooses a password.
//!
//! The same link lets somebody choose a new password who has forgotten theirs.

use access::Grant;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use thiserror::Error;

use crate::account::{self, Account, ChangeError, MakeError, New};
use crate::secret::hash;
use crate::store::{instant, later};
use crate::{Kind, People, Secret, StorageError, log, password};

/// How long an invitation counts.
const LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An invitation that was made, with what its link carries.
#[derive(Debug)]
pub struct Invited {
    /// What the link carries. It is shown once.
    pub secret: Secret,
    /// When it no longer counts.
    pub expires: Timestamp,
}

/// What somebody with a link is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Whom it is for.
    pub login: String,
    /// Whether there is an account already, and the link is for a new password.
    pub renews: bool,
    /// What is granted with it.
    pub grants: Vec<Grant>,
}

/// An invitation that nobody has taken up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// Its number, by which it is withdrawn.
    pub number: i64,
    /// Whom it is for.
    pub login: String,
    /// What is granted with it.
    pub grants: Vec<Grant>,
    /// Who made it.
    pub made_by: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it no longer counts.
    pub expires: Timestamp,
}

/// Why an invitation was not made, or not taken up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// The link is unknown, used, withdrawn or too old.
    #[error("this invitation does not count any more; ask an operator for a new one")]
    Void,
    /// What was to be granted cannot be, or there is no account whose password is to be new.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The account could not be made.
    #[error(transparent)]
    Account(#[from] MakeError),
}

impl From<StorageError> for InvitationError {
    fn from(error: StorageError) -> InvitationError {
        InvitationError::Account(error.into())
    }
}

impl People {
    /// Invites somebody, with what they are granted. An earlier invitation of the same login is withdrawn.
    ///
    /// # Errors
    /// [`InvitationError`], and nothing is changed.
    pub fn invite(
        &self,
        login: &str,
        grants: &[Grant],
        actor: &str,
        now: Timestamp,
    ) -> Result<Invited, InvitationError> {
        let login = account::valid_login(login)?;
        account::check_grants(grants)?;
        self.offer(&login, grants, actor, now, |connection| {
            let there_is = account::find(connection, "login = ?", &login)?.is_some();
            let taken = || MakeError::Taken(login.clone()).into();
            Ok(if there_is { Err(taken()) } else { Ok(()) })
        })
    }

    /// Makes a link with which the owner of an account chooses a new password. An operator has seen who asks.
    ///
    /// # Errors
    /// [`InvitationError`], and nothing is changed.
    pub fn invite_again(
        &self,
        login: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<Invited, InvitationError> {
        let login = account::in_one_spelling(login);
        self.offer(&login, &[], actor, now, |connection| {
            let there_is = account::find(connection, "login = ?", &login)?.is_some();
            let unknown = || ChangeError::Unknown(login.clone()).into();
            Ok(if there_is { Ok(()) } else { Err(unknown()) })
        })
    }

    fn offer(
        &self,
        login: &str,
        grants: &[Grant],
        actor: &str,
        now: Timestamp,
        check: impl FnOnce(&Connection) -> Result<Result<(), InvitationError>, rusqlite::Error>,
    ) -> Result<Invited, InvitationError> {
        let secret = Secret::random("").map_err(StorageError::from)?;
        let expires = later(now, LASTS);
        let granted = serde_json::to_string(grants).expect("grants are texts");
        self.with(|connection| {
            if let Err(refused) = check(connection)? {
                return Ok(Err(refused));
            }
            connection.execute(
                "DELETE FROM invitation WHERE login = ? OR expires <= ?",
                (login, now.as_millisecond()),
            )?;
            connection.execute(
                "INSERT INTO invitation (hash, login, grants, made_by, made, expires) \
                 VALUES (?, ?, ?, ?, ?, ?)",
                (
                    secret.hash(),
                    login,
                    granted,
                    actor,
                    now.as_millisecond(),
                    expires.as_millisecond(),
                ),
            )?;
            let detail = account::in_words(grants);
            log::enter(connection, now, Kind::Invited, Some(login), Some(actor), &detail)?;
            Ok(Ok(Invited { secret, expires }))
        })
    }

    /// What a link offers, if it counts.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn offered(&self, shown: &str, now: Timestamp) -> Result<Option<Offered>, StorageError> {
        self.read(|connection| {
            let Some(invitation) = open(connection, "hash = ?", hash(shown), now)? else {
                return Ok(None);
            };
            let there_is = account::find(connection, "login = ?", &invitation.login)?.is_some();
            Ok(Some(Offered {
                login: invitation.login,
                renews: there_is,
                grants: invitation.grants,
            }))
        })
    }

    /// Makes the account that a link offers, or gives it a new password, which ends its sessions.
    ///
    /// # Errors
    /// [`InvitationError`], and nothing is changed.
    pub fn accept(
        &self,
        shown: &str,
        name: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Account, InvitationError> {
        // Before the password is hashed, which costs more than guessing.
        let Some(offered) = self.offered(shown, now)? else { return Err(InvitationError::Void) };
        password::check(&offered.login, password).map_err(MakeError::from)?;
        let hashed = self.hash_password(password)?;
        self.with(|connection| {
            let Some(invitation) = open(connection, "hash = ?", hash(shown), now)? else {
                return Ok(Err(InvitationError::Void));
            };
            let login = invitation.login.as_str();
            let Some(account) = account::find(connection, "login = ?", login)? else {
                return take_up(connection, &invitation, name, Some(&hashed), now);
            };
            connection.execute("DELETE FROM invitation WHERE id = ?", [invitation.number])?;
            connection
                .execute("UPDATE account SET password = ? WHERE id = ?", (&hashed, account.id))?;
            connection.execute("DELETE FROM session WHERE account = ?", [account.id])?;
            log::enter(connection, now, Kind::PasswordChanged, Some(login), Some(login), "")?;
            Ok(Ok(account))
        })
    }

    /// The invitations that count, by login.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn invitations(&self, now: Timestamp) -> Result<Vec<Invitation>, StorageError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT * FROM invitation WHERE expires > ? ORDER BY login")?;
            let rows = statement.query_map([now.as_millisecond()], read)?;
            rows.collect()
        })
    }

    /// Withdraws an invitation. One that no longer counts stays so.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be written.
    pub fn withdraw_invitation(
        &self,
        number: i64,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.with(|connection| {
            let login: Option<String> = connection
                .query_row("DELETE FROM invitation WHERE id = ? RETURNING login", [number], |row| {
                    row.get(0)
                })
                .optional()?;
            if let Some(login) = login {
                let kind = Kind::InvitationWithdrawn;
                log::enter(connection, now, kind, Some(&login), Some(actor), "")?;
            }
            Ok(Ok(()))
        })
    }
}

/// The invitation of a login, if one counts.
pub(crate) fn of_login(
    connection: &Connection,
    login: &str,
    now: Timestamp,
) -> Result<Option<Invitation>, rusqlite::Error> {
    open(connection, "login = ?", login, now)
}

/// Makes the account that an invitation is for, which no longer counts then.
pub(crate) fn take_up(
    connection: &Connection,
    invitation: &Invitation,
    name: &str,
    password: Option<&str>,
    now: Timestamp,
) -> Result<Result<Account, InvitationError>, rusqlite::Error> {
    connection.execute("DELETE FROM invitation WHERE id = ?", [invitation.number])?;
    let Invitation { login, grants, .. } = invitation;
    let new = New { login, name, password, grants, invited: true };
    let made = account::make(connection, &new, Some(&invitation.made_by), now)?;
    Ok(made.map_err(InvitationError::from))
}

fn open(
    connection: &Connection,
    condition: &str,
    value: impl rusqlite::ToSql,
    now: Timestamp,
) -> Result<Option<Invitation>, rusqlite::Error> {
    let sql = format!("SELECT * FROM invitation WHERE {condition} AND expires > ?");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row((value, now.as_millisecond()), read).optional()
}

fn read(row: &Row<'_>) -> Result<Invitation, rusqlite::Error> {
    let grants: String = row.get("grants")?;
    Ok(Invitation {
        number: row.get("id")?,
        login: row.get("login")?,
        // What cannot be read gives nothing.
        grants: serde_json::from_str(&grants).unwrap_or_default(),
        made_by: row.get("made_by")?,
        made: instant(row, "made")?,
        expires: instant(row, "expires")?,
    })
}
