//! How often somebody may fail.
//!
//! Failures are counted for each login, whether there is such an account or not, and for each address. From the
//! fifth on each attempt has to wait, longer each time. An attempt is counted before it is looked at, so that
//! many at once are not looked at first.
//!
//! It is in the file, so that neither a restart nor a second process forgives.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::secret::{Hash, hash};
use crate::store::{instant, later};

/// How many may fail before anybody waits.
const FREE: u32 = 5;
/// The longest wait, in seconds.
const LONGEST: i64 = 15 * 60;
/// After so long without another, failures are forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);

/// Whose failures are counted. A hash, as people type passwords where logins belong.
pub(crate) fn of_login(login: &str) -> Hash {
    hash(&format!("login {login}"))
}

/// Likewise of an address.
pub(crate) fn of_address(address: &str) -> Hash {
    hash(&format!("address {address}"))
}

/// Counts an attempt as failed for each of `subjects` until it [succeeds](succeeded). If one of them has
/// to wait, nothing is counted, and the answer is for how many seconds.
pub(crate) fn attempt(
    connection: &Connection,
    subjects: &[Hash],
    now: Timestamp,
) -> Result<Option<i64>, rusqlite::Error> {
    let since = now.checked_sub(FORGOTTEN).unwrap_or(Timestamp::MIN);
    connection
        .prepare_cached("DELETE FROM attempt WHERE last < ?")?
        .execute([since.as_millisecond()])?;
    let mut wait = None;
    for subject in subjects {
        let found = connection
            .prepare_cached("SELECT failures, last FROM attempt WHERE subject = ?")?
            .query_row([subject], |row| Ok((row.get("failures")?, instant(row, "last")?)))
            .optional()?;
        if let Some((failures, last)) = found {
            wait = wait.max(seconds_left(failures, last, now));
        }
    }
    if wait.is_none() {
        for subject in subjects {
            connection
                .prepare_cached(
                    "INSERT INTO attempt VALUES (?1, 1, ?2, ?2) ON CONFLICT (subject) \
                     DO UPDATE SET failures = failures + 1, before = last, last = ?2",
                )?
                .execute((subject, now.as_millisecond()))?;
        }
    }
    Ok(wait)
}

/// Forgets what failed for a login, as its owner has come in. An address keeps its failures: whoever guesses at
/// others' accounts may have one.
pub(crate) fn succeeded(connection: &Connection, login: &str) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM attempt WHERE subject = ?", [of_login(login)]).map(|_| ())
}

/// Takes back what was counted for an address, as it did not fail.
pub(crate) fn did_not_fail(connection: &Connection, address: &str) -> Result<(), rusqlite::Error> {
    let sql = "UPDATE attempt SET failures = failures - 1, last = before WHERE subject = ?";
    connection.execute(sql, [of_address(address)]).map(|_| ())
}

/// The stored hash of the password of an account that may come in with one.
pub(crate) fn password_of(
    connection: &Connection,
    login: &str,
) -> Result<Option<String>, rusqlite::Error> {
    let stored = connection
        .prepare_cached("SELECT password FROM account WHERE login = ? AND NOT disabled")?
        .query_row([login], |row| row.get(0))
        .optional()?;
    Ok(stored.flatten())
}

fn seconds_left(failures: u32, last: Timestamp, now: Timestamp) -> Option<i64> {
    let beyond = failures.checked_sub(FREE)?;
    let wait =
        1i64.checked_shl(beyond).filter(|wait| (1..LONGEST).contains(wait)).unwrap_or(LONGEST);
    // A clock that was set back makes nobody wait for longer than the wait itself.
    let left = later(last.min(now), SignedDuration::from_secs(wait)).duration_since(now);
    let begun = i64::from(left.subsec_nanos() > 0);
    Some(left.as_secs() + begun).filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_quarter_of_an_hour() {
        let last: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (failures, after_ms, expected) in [
            (4, 0, None),
            (5, 0, Some(1)),
            (5, 999, Some(1)),
            (5, 1000, None),
            (6, 0, Some(2)),
            (10, 0, Some(32)),
            (14, 0, Some(512)),
            (15, 0, Some(900)),
            (80, 1000, Some(899)),
            // The clock was set back.
            (6, -60_000, Some(2)),
        ] {
            let now = last.checked_add(SignedDuration::from_millis(after_ms)).unwrap();
            assert_eq!(seconds_left(failures, last, now), expected, "{failures} {after_ms}");
        }
    }
}
