//! Sessions: somebody came in, and is still there.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use subtle::ConstantTimeEq;

use crate::account::{Account, find, in_one_spelling};
use crate::secret::hash;
use crate::store::{instant, later};
use crate::{ChangeError, Kind, People, Secret, StorageError, log};

/// How long a session lasts if nobody uses it.
pub const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// How long a session lasts at most.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// How long a session waits for the code of a second factor.
const AWAITING: SignedDuration = SignedDuration::from_mins(5);
/// How exactly it is known when a session was last used. Each page would be a write otherwise.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// From where somebody came, for their own list of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The address of the client.
    pub address: String,
    /// What the client calls itself.
    pub agent: String,
}

/// A session that was opened.
#[derive(Debug)]
pub struct Opened {
    /// What the client shows from now on. It is not stored.
    pub id: Secret,
    /// When it ends, whatever happens.
    pub expires: Timestamp,
}

/// Somebody who is in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its number, by which its owner ends it.
    pub number: i64,
    /// Whose it is, with today's grants.
    pub account: Account,
    /// What each form of it carries, under a mask that is another each time.
    pub csrf: Secret,
}

/// A session as its owner sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Its number, by which its owner ends it.
    pub number: i64,
    /// From where it was opened.
    pub address: String,
    /// With what.
    pub agent: String,
    /// When it was opened.
    pub made: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends, whatever happens.
    pub expires: Timestamp,
}

impl Session {
    /// Whether a form was made for this session. Takes the same time whatever is shown.
    #[must_use]
    pub fn is_of_this(&self, shown: &str) -> bool {
        are_of_one(self.csrf.reveal(), shown)
    }
}

/// Whether two forms were made for one session, under whatever masks.
#[must_use]
pub fn are_of_one(form: &str, other: &str) -> bool {
    match (unmasked(form), unmasked(other)) {
        (Some(form), Some(other)) => form.ct_eq(&other).into(),
        _ => false,
    }
}

impl People {
    /// The session of what a client shows, if it is open.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn session(&self, shown: &str, now: Timestamp) -> Result<Option<Session>, StorageError> {
        let found = self.read(|connection| read(connection, shown, false, now))?;
        let Some((number, seen, account)) = found else { return Ok(None) };
        if later(seen, SEEN_WITHIN) <= now {
            self.with(|connection| {
                connection
                    .prepare_cached("UPDATE session SET seen = max(seen, ?) WHERE id = ?")?
                    .execute((now.as_millisecond(), number))?;
                Ok(Ok::<_, StorageError>(()))
            })?;
        }
        Ok(Some(Session { number, account, csrf: masked(&csrf(shown))? }))
    }

    /// The open sessions of an account, the one last used first.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be read.
    pub fn sessions(&self, login: &str, now: Timestamp) -> Result<Vec<Held>, StorageError> {
        let login = in_one_spelling(login);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT session.* FROM session JOIN account ON account.id = session.account \
                 WHERE login = ?1 AND NOT awaits AND expires > ?2 AND seen > ?3 \
                 ORDER BY seen DESC, session.id DESC",
            )?;
            let unused_since = unused_since(now).as_millisecond();
            let rows = statement.query_map((login, now.as_millisecond(), unused_since), |row| {
                Ok(Held {
                    number: row.get("id")?,
                    address: row.get("address")?,
                    agent: row.get("agent")?,
                    made: instant(row, "made")?,
                    seen: instant(row, "seen")?,
                    expires: instant(row, "expires")?,
                })
            })?;
            rows.collect()
        })
    }

    /// Ends a session of an account, at its owner's wish or an operator's. One that has ended stays so.
    ///
    /// # Errors
    /// [`ChangeError`] if there is no such account, or the file cannot be written.
    pub fn end_session(
        &self,
        login: &str,
        number: i64,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        self.change(login, |connection, account| {
            let ended = connection.execute(
                "DELETE FROM session WHERE id = ? AND account = ?",
                (number, account.id),
            )?;
            if ended > 0 {
                let (login, actor) = (Some(account.login.as_str()), Some(actor));
                log::enter(connection, now, Kind::SessionEnded, login, actor, "")?;
            }
            Ok(())
        })
    }

    /// Ends the session that a client shows.
    ///
    /// # Errors
    /// [`StorageError`] if the file cannot be written.
    pub fn log_out(&self, shown: &str, now: Timestamp) -> Result<(), StorageError> {
        self.with(|connection| {
            if let Some((_, _, account)) = read(connection, shown, false, now)? {
                let login = Some(account.login.as_str());
                log::enter(connection, now, Kind::LoggedOut, login, login, "")?;
            }
            close(connection, shown)?;
            Ok(Ok(()))
        })
    }
}

/// Opens a session, and clears away those that nobody can use any more.
pub(crate) fn open(
    connection: &Connection,
    account: &Account,
    awaits: bool,
    came: &Came,
    now: Timestamp,
) -> Result<Result<Opened, getrandom::Error>, rusqlite::Error> {
    let at = now.as_millisecond();
    connection
        .prepare_cached("DELETE FROM session WHERE expires <= ? OR seen <= ?")?
        .execute((at, unused_since(now).as_millisecond()))?;
    let id = match Secret::random("") {
        Ok(id) => id,
        Err(error) => return Ok(Err(error)),
    };
    let expires = later(now, if awaits { AWAITING } else { LONGEST });
    connection
        .prepare_cached(
            "INSERT INTO session (hash, account, awaits, address, agent, made, seen, expires) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            id.hash(),
            account.id,
            awaits,
            &came.address,
            // Long enough for any browser, and short enough for a list.
            came.agent.chars().filter(|shown| !shown.is_control()).take(200).collect::<String>(),
            at,
            at,
            expires.as_millisecond(),
        ))?;
    Ok(Ok(Opened { id, expires }))
}

/// Whose password was right, if the code is still waited for.
pub(crate) fn awaiting(
    connection: &Connection,
    shown: &str,
    now: Timestamp,
) -> Result<Option<Account>, rusqlite::Error> {
    Ok(read(connection, shown, true, now)?.map(|(_, _, account)| account))
}

pub(crate) fn close(connection: &Connection, shown: &str) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM session WHERE hash = ?", [hash(shown)]).map(|_| ())
}

/// Number, last use and account of an open session.
fn read(
    connection: &Connection,
    shown: &str,
    awaits: bool,
    now: Timestamp,
) -> Result<Option<(i64, Timestamp, Account)>, rusqlite::Error> {
    let found = connection
        .prepare_cached(
            "SELECT id, seen, account FROM session \
             WHERE hash = ?1 AND awaits = ?2 AND expires > ?3 AND seen > ?4",
        )?
        .query_row(
            (hash(shown), awaits, now.as_millisecond(), unused_since(now).as_millisecond()),
            |row| Ok((row.get("id")?, instant(row, "seen")?, row.get::<_, i64>("account")?)),
        )
        .optional()?;
    let Some((number, seen, account)) = found else { return Ok(None) };
    let account = find(connection, "NOT disabled AND id = ?", account)?;
    Ok(account.map(|account| (number, seen, account)))
}

fn unused_since(now: Timestamp) -> Timestamp {
    now.checked_sub(IDLE).unwrap_or(Timestamp::MIN)
}

/// What forms of a session carry: nobody can compute it without the session's id, and it tells nothing of that.
fn csrf(id: &str) -> [u8; 32] {
    blake3::derive_key("charterparty 2026 forms of a session", id.as_bytes())
}

/// A mask and what is under it, in hexadecimal. Pages are compressed, and how long one comes out would tell whoever
/// has a word in it, letter by letter, what stands there each time (BREACH, CVE-2013-3587).
fn masked(csrf: &[u8; 32]) -> Result<Secret, getrandom::Error> {
    let mut mask = [0; 32];
    getrandom::fill(&mut mask)?;
    let under = each(&mask, csrf);
    let hex = |bytes| blake3::Hash::from_bytes(bytes).to_hex();
    Ok(Secret::new(format!("{}{}", hex(mask), hex(under))))
}

/// What is under a mask, if it is one.
fn unmasked(form: &str) -> Option<[u8; 32]> {
    let (mask, under) = form.split_at_checked(64)?;
    let bytes = |hex| Some(*blake3::Hash::from_hex(hex).ok()?.as_bytes());
    Some(each(&bytes(mask)?, &bytes(under)?))
}

fn each(one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
    std::array::from_fn(|at| one[at] ^ other[at])
}
