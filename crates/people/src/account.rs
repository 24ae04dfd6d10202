//! Accounts: what there is to know of one, and how one is made.

use access::{Grant, Person, Role};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use thiserror::Error;

use crate::store::instant;
use crate::{Kind, PasswordError, People, StorageError, log};

mod change;

pub use change::ChangeError;
pub(crate) use change::{check as check_grants, has_operator, in_words, replace_grants};

/// Somebody who may come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its number, which it keeps.
    #[serde(skip)]
    pub(crate) id: i64,
    /// An e-mail address or a short name, in lower case.
    pub login: String,
    /// What people call them.
    pub name: String,
    /// Whether nobody may come in with it.
    pub disabled: bool,
    /// Whether it has a password; only a provider vouches for it otherwise.
    pub has_password: bool,
    /// Whether a code is asked for after the password.
    pub has_second_factor: bool,
    /// What was granted to it.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub made: Timestamp,
}

/// Why an account could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MakeError {
    /// The login has characters that none may have.
    #[error("`{0}` is no login; take an e-mail address, or letters, digits and `.`, `_`, `+`, `-`")]
    Login(String),
    /// There is one of that login.
    #[error("there is an account `{0}`; log in, or take another login")]
    Taken(String),
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The file or SQLite failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Account {
    /// Who asks, when somebody came in with all that the account has.
    #[must_use]
    pub fn person(&self) -> Person {
        Person { login: self.login.clone(), grants: self.grants.clone(), reads_only: false }
    }

    /// Whether it may keep the server, and with it everybody's account.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.grants.iter().any(|grant| grant.role == Role::Operator && grant.agreement.is_none())
    }
}

impl People {
    /// The account of a login.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn account(&self, login: &str) -> Result<Option<Account>, StorageError> {
        let login = in_one_spelling(login);
        self.read(|connection| find(connection, "login = ?", &login))
    }

    /// Every account, by login.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, StorageError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM account ORDER BY login")?;
            let accounts: Vec<Account> =
                statement.query_map([], read)?.collect::<Result<_, _>>()?;
            accounts.into_iter().map(|account| with_grants(connection, account)).collect()
        })
    }
}

/// Everything that is to become an account.
pub(crate) struct New<'a> {
    pub login: &'a str,
    pub name: &'a str,
    pub password: Option<&'a str>,
    pub grants: &'a [Grant],
    pub invited: bool,
}

/// The login as it is stored, if it can be one.
pub(crate) fn valid_login(login: &str) -> Result<String, MakeError> {
    let login = in_one_spelling(login);
    let of_a_login = |byte: u8| byte.is_ascii_alphanumeric() || b".@_+-".contains(&byte);
    if login.is_empty() || login.len() > 254 || !login.bytes().all(of_a_login) {
        return Err(MakeError::Login(login));
    }
    Ok(login)
}

/// Enters an account whose login and password were checked.
pub(crate) fn make(
    connection: &Connection,
    new: &New<'_>,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<Result<Account, MakeError>, rusqlite::Error> {
    let name = shortened(new.name, new.login);
    let id: Option<i64> = connection
        .prepare_cached(
            "INSERT INTO account (login, name, password, invited, made) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (login) DO NOTHING RETURNING id",
        )?
        .query_row((new.login, name, new.password, new.invited, now.as_millisecond()), |row| {
            row.get(0)
        })
        .optional()?;
    let Some(id) = id else { return Ok(Err(MakeError::Taken(new.login.to_owned()))) };
    log::enter(connection, now, Kind::AccountMade, Some(new.login), actor, "")?;
    change::replace_grants(connection, id, new.grants, false)?;
    let granted = change::in_words(new.grants);
    log::enter(connection, now, Kind::Granted, Some(new.login), actor, &granted)?;
    let account = find(connection, "id = ?", id)?;
    Ok(Ok(account.ok_or(rusqlite::Error::QueryReturnedNoRows)?))
}

/// The account that fits a condition with one value.
pub(crate) fn find(
    connection: &Connection,
    condition: &str,
    value: impl rusqlite::ToSql,
) -> Result<Option<Account>, rusqlite::Error> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT * FROM account WHERE {condition}"))?;
    let account = statement.query_row([value], read).optional()?;
    account.map(|account| with_grants(connection, account)).transpose()
}

fn read(row: &Row<'_>) -> Result<Account, rusqlite::Error> {
    Ok(Account {
        id: row.get("id")?,
        login: row.get("login")?,
        name: row.get("name")?,
        disabled: row.get("disabled")?,
        has_password: row.get::<_, Option<String>>("password")?.is_some(),
        has_second_factor: row.get::<_, Option<Vec<u8>>>("factor")?.is_some(),
        grants: Vec::new(),
        made: instant(row, "made")?,
    })
}

fn with_grants(connection: &Connection, mut account: Account) -> Result<Account, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM granted WHERE account = ? ORDER BY agreement, role, party",
    )?;
    let rows = statement.query_map([account.id], |row| {
        // A role that this version does not know gives nothing.
        let Ok(role) = row.get::<_, String>("role")?.parse() else { return Ok(None) };
        Ok(Some(Grant { agreement: row.get("agreement")?, role, party: row.get("party")? }))
    })?;
    account.grants = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    account.grants.dedup();
    Ok(account)
}

/// A login is the same in capitals.
pub(crate) fn in_one_spelling(login: &str) -> String {
    login.trim().to_lowercase()
}

/// A name that fits on a line, or the login if there is none.
fn shortened(name: &str, login: &str) -> String {
    let name: String = name.trim().chars().filter(|shown| !shown.is_control()).take(80).collect();
    if name.is_empty() { login.to_owned() } else { name }
}
