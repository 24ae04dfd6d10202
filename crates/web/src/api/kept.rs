//! Answers that are given again: a request that is sent twice under one key is carried out once.
//!
//! In go a key, a hash of the request and its answer; out comes that answer for a day. It is a file of its own
//! beside the journal: losing it loses nothing but that, and in sourcing not even that, as a command's id is in the
//! journal. Source: the IETF's draft on `Idempotency-Key`.

use std::path::Path;

use axum::http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use shell::cli::Verb;

use super::answer::Answered;
use super::given::{Given, Item};
use super::problem::{Kind, Problem};

/// How long an answer is given again.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A key under which a request may be sent again, and what the request says.
#[derive(Debug, Clone)]
pub struct Key {
    /// Of the key and whoever sent it: nobody meets another's.
    key: blake3::Hash,
    /// Of all that is asked for.
    request: blake3::Hash,
}

impl Key {
    /// Reads the header of a request.
    ///
    /// # Errors
    /// A problem if it is no key.
    pub fn of(sender: &str, key: &HeaderValue, verb: &Verb, given: &Given) -> Result<Key, Problem> {
        let fits = |key: &&str| (1..=200).contains(&key.len());
        let key = key.to_str().ok().filter(fits).ok_or_else(|| {
            Problem::of(Kind::WrongUse)
                .saying("a key is 1 to 200 visible characters")
                .about("Idempotency-Key")
        })?;
        Ok(Key { key: hash([sender.as_bytes(), key.as_bytes()]), request: request(verb, given) })
    }

    /// The id of a command of sourcing that is sent under this key.
    pub fn id(&self) -> String {
        format!("api-{}", &self.key.to_hex()[..32])
    }
}

fn request(verb: &Verb, given: &Given) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(bytes);
    };
    part(verb.words.as_bytes());
    for (name, items) in given {
        part(name.as_bytes());
        for item in items {
            match item {
                Item::Text(text) => part(text.as_bytes()),
                Item::Switch(on) => part(&[u8::from(*on)]),
                Item::File { name, content } => {
                    part(name.as_deref().unwrap_or_default().as_bytes());
                    part(content);
                }
            }
        }
    }
    hasher.finalize()
}

/// A hash of parts, each with its length before it.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()
}

/// Where answers are kept.
pub struct Store(Connection);

impl Store {
    /// Opens the store in a folder.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open(folder: &Path) -> rusqlite::Result<Store> {
        let connection = Connection::open(folder.join("answers.db"))?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(
            "create table if not exists answer (
                key blob primary key, request blob not null, at integer not null,
                status integer not null, yes integer, kind text not null, body blob not null
            ) strict, without rowid;",
        )?;
        Ok(Store(connection))
    }

    /// The answer that was given under a key, or a problem if something else was asked under it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn answer(
        &self,
        key: &Key,
        now: Timestamp,
    ) -> rusqlite::Result<Option<Result<Answered, Problem>>> {
        let since = (now - KEPT_FOR).as_second();
        self.0.execute("delete from answer where at < ?1", [since])?;
        let asked = "select request, status, yes, kind, body from answer where key = ?1";
        let found = self.0.query_row(asked, [key.key.as_bytes()], |row| {
            let request: Vec<u8> = row.get(0)?;
            if request != key.request.as_bytes() {
                return Ok(Err(Problem::of(Kind::WrongUse)
                    .saying("this key was used for another request")
                    .helping("take a new key for each request, and the same to send one again")
                    .about("Idempotency-Key")));
            }
            Ok(Ok(Answered {
                status: row.get(1)?,
                yes: row.get(2)?,
                media_type: row.get(3)?,
                body: row.get(4)?,
                next: None,
            }))
        });
        found.optional()
    }

    /// Keeps an answer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep(
        &self,
        key: &Key,
        answer: &Result<Answered, Problem>,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        let problem = |problem: &Problem| Answered {
            status: problem.status(),
            yes: None,
            media_type: super::problem::MEDIA_TYPE.to_string(),
            body: serde_json::to_vec(problem).unwrap_or_default(),
            next: None,
        };
        let answer = answer.clone().unwrap_or_else(|refused| problem(&refused));
        self.0.execute(
            "insert or replace into answer (key, request, at, status, yes, kind, body)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                key.key.as_bytes(),
                key.request.as_bytes(),
                now.as_second(),
                answer.status,
                answer.yes,
                answer.media_type,
                answer.body
            ],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::given::of_pairs;

    fn key(sender: &str, key: &'static str, case: &str) -> Key {
        let verbs = shell::cli::verbs();
        let verb = verbs.iter().find(|verb| verb.words == "sign").unwrap();
        let given = of_pairs([("case".to_string(), case.to_string())]);
        Key::of(sender, &HeaderValue::from_static(key), verb, &given).unwrap()
    }

    #[test]
    fn an_answer_is_given_again_for_a_day_to_its_sender_and_for_the_same_request() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let answered = Answered {
            status: 200,
            yes: Some(true),
            media_type: "application/json".to_string(),
            body: b"[]".to_vec(),
            next: None,
        };
        let first = key("ann", "k", "halls");
        assert_eq!(store.answer(&first, now).unwrap(), None);
        store.keep(&first, &Ok(answered.clone()), now).unwrap();
        assert_eq!(store.answer(&first, now).unwrap(), Some(Ok(answered)));
        let other = store.answer(&key("ann", "k", "other"), now).unwrap().unwrap().unwrap_err();
        assert_eq!(other.status(), 422);
        assert_eq!(store.answer(&key("bob", "k", "halls"), now).unwrap(), None);
        assert_eq!(store.answer(&first, now + SignedDuration::from_hours(25)).unwrap(), None);
    }
}
