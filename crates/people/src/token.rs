//! Tokens with which programs come in for somebody.

use access::{Grant, Person};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use thiserror::Error;

use crate::account::{find, in_one_spelling};
use crate::secret::hash;
use crate::store::{instant, later, maybe_instant};
use crate::{Account, ChangeError, Kind, People, Secret, StorageError, log};

/// What every token begins with, so that scanners of code find one that was left somewhere.
const PREFIX: &str = "charter_";
/// The longest that a token may last.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// How exactly it is known when a token was last used.
const USED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// What a token is to be.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// What its owner calls it; each of theirs has a name of its own.
    pub name: &'a str,
    /// Whether it may only read.
    pub reads_only: bool,
    /// The grants that it has, if it is not to have all those of the account.
    pub grants: Option<&'a [Grant]>,
    /// When it no longer counts.
    pub expires: Timestamp,
}

/// A token, without the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its number, by which it is revoked.
    pub number: i64,
    /// What its owner calls it.
    pub name: String,
    /// Whether it may only read.
    pub reads_only: bool,
    /// The grants that it has, if not all those of the account.
    pub grants: Option<Vec<Grant>>,
    /// When it was made.
    pub made: Timestamp,
    /// When it no longer counts.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    pub used: Option<Timestamp>,
}

/// Why a token was not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It has no name.
    #[error("the token has no name; say what it is for, in at most 80 characters")]
    NoName,
    /// There is one of that name.
    #[error("there is a token `{0}`; revoke it first, or take another name")]
    Taken(String),
    /// It was to end in the past, or after more than a year.
    #[error("a token ends in the future, and within 366 days; choose another day")]
    Expires,
    /// It was to have what its owner has not.
    #[error("the account is no {0}, so its token cannot be; leave it out")]
    NotGranted(Grant),
    /// There is no such account, or the file failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl From<StorageError> for TokenError {
    fn from(error: StorageError) -> TokenError {
        TokenError::Change(error.into())
    }
}

impl People {
    /// Makes a token for an account, and shows it this once.
    ///
    /// # Errors
    /// [`TokenError`], and nothing is changed.
    pub fn make_token(
        &self,
        login: &str,
        new: &NewToken<'_>,
        now: Timestamp,
    ) -> Result<Secret, TokenError> {
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
            return Err(TokenError::NoName);
        }
        if new.expires <= now || later(now, LONGEST) < new.expires {
            return Err(TokenError::Expires);
        }
        let login = in_one_spelling(login);
        let secret = Secret::random(PREFIX).map_err(StorageError::from)?;
        let grants =
            new.grants.map(|grants| serde_json::to_string(grants).expect("grants are texts"));
        self.with(|connection| {
            let Some(account) = find(connection, "NOT disabled AND login = ?", &login)? else {
                return Ok(Err(ChangeError::Unknown(login).into()));
            };
            let has = |grant: &&Grant| account.grants.iter().any(|own| own.covers(grant));
            if let Some(grant) = new.grants.iter().flat_map(|all| *all).find(|grant| !has(grant)) {
                return Ok(Err(TokenError::NotGranted(grant.clone())));
            }
            // The name of one that no longer counts is free.
            connection.execute("DELETE FROM token WHERE expires <= ?", [now.as_millisecond()])?;
            let made = connection.execute(
                "INSERT INTO token (hash, account, name, reads_only, grants, made, expires) \
                 VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account, name) DO NOTHING",
                (
                    secret.hash(),
                    account.id,
                    name,
                    new.reads_only,
                    grants,
                    now.as_millisecond(),
                    new.expires.as_millisecond(),
                ),
            )?;
            if made == 0 {
                return Ok(Err(TokenError::Taken(name.to_owned())));
            }
            let login = Some(login.as_str());
            log::enter(connection, now, Kind::TokenMade, login, login, name)?;
            Ok(Ok(secret))
        })
    }

    /// Who comes in with a token, and with what: no more than the account has today.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn by_token(
        &self,
        shown: &str,
        now: Timestamp,
    ) -> Result<Option<(Account, Person)>, StorageError> {
        if !shown.starts_with(PREFIX) {
            return Ok(None);
        }
        let found = self.read(|connection| {
            let found = connection
                .prepare_cached("SELECT * FROM token WHERE hash = ? AND expires > ?")?
                .query_row((hash(shown), now.as_millisecond()), |row| {
                    Ok((read(row)?, row.get::<_, i64>("account")?))
                })
                .optional()?;
            let Some((token, account)) = found else { return Ok(None) };
            let account = find(connection, "NOT disabled AND id = ?", account)?;
            Ok(account.map(|account| (token, account)))
        })?;
        let Some((token, account)) = found else { return Ok(None) };
        if token.used.is_none_or(|used| later(used, USED_WITHIN) <= now) {
            self.with(|connection| {
                connection
                    .prepare_cached("UPDATE token SET used = ? WHERE id = ?")?
                    .execute((now.as_millisecond(), token.number))?;
                Ok(Ok::<_, StorageError>(()))
            })?;
        }
        let mut person = account.person();
        person.reads_only = token.reads_only;
        if let Some(mut grants) = token.grants {
            grants.retain(|grant| account.grants.iter().any(|own| own.covers(grant)));
            person.grants = grants;
        }
        Ok(Some((account, person)))
    }

    /// The tokens of an account, by name; also those that no longer count.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn tokens(&self, login: &str) -> Result<Vec<Token>, StorageError> {
        let login = in_one_spelling(login);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT token.* FROM token JOIN account ON account.id = token.account \
                 WHERE login = ? ORDER BY token.name",
            )?;
            let rows = statement.query_map([login], read)?;
            rows.collect()
        })
    }

    /// Revokes a token of an account. One that was revoked stays so.
    ///
    /// # Errors
    /// [`ChangeError`] if there is no such account, or the file cannot be written.
    pub fn revoke_token(
        &self,
        login: &str,
        number: i64,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        self.change(login, |connection, account| {
            let name: Option<String> = connection
                .query_row(
                    "DELETE FROM token WHERE id = ? AND account = ? RETURNING name",
                    (number, account.id),
                    |row| row.get(0),
                )
                .optional()?;
            let Some(name) = name else { return Ok(()) };
            let (login, actor) = (Some(account.login.as_str()), Some(actor));
            log::enter(connection, now, Kind::TokenRevoked, login, actor, &name)
        })
    }
}

fn read(row: &Row<'_>) -> Result<Token, rusqlite::Error> {
    let grants: Option<String> = row.get("grants")?;
    Ok(Token {
        number: row.get("id")?,
        name: row.get("name")?,
        reads_only: row.get("reads_only")?,
        // What cannot be read gives nothing, which is not the same as all.
        grants: grants.map(|grants| serde_json::from_str(&grants).unwrap_or_default()),
        made: instant(row, "made")?,
        expires: instant(row, "expires")?,
        used: maybe_instant(row, "used")?,
    })
}
