//! At which upstream objects live, and whose they are.
//!
//! Files, batches, stored responses and their like live at the upstream that made them, under a key that
//! all customers share there. So each is remembered with the customer it was made for: it is found there
//! again, and by nobody else. It is forgotten after as many days as the settings say, as upstreams do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Remember;
use crate::meter::log::Kept;
use crate::meter::{Log, LogError};
use crate::records::Header;
use crate::route::{Endpoint, Store};

const NAME: &str = "homes";
const HEADER: &Header = b"charter homes 1\n";

/// Where an object lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The upstream, by its name in the settings.
    pub upstream: Arc<str>,
    /// Who it was made for.
    pub customer: Arc<str>,
}

/// What kind of object it is, as far as they are kept for different times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A file, a batch, or whatever else is kept until somebody deletes it.
    File,
    /// A response.
    Response,
}

/// Where all objects live that were made through this gateway.
#[derive(Debug)]
pub struct Homes {
    known: Mutex<Known>,
    file: Kept,
    remember: Remember,
}

#[derive(Debug, Default)]
struct Known {
    /// By part of a hash of the object's id: ids are long and drawn by lot.
    homes: HashMap<u64, (Home, i64)>,
    /// Every name once.
    names: HashMap<Box<str>, Arc<str>>,
}

/// What is written down of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Learnt {
    object: u64,
    kind: Kind,
    /// In seconds since 1970.
    at: i64,
    upstream: String,
    customer: String,
}

impl Homes {
    /// Reads what earlier runs remembered, but for what has expired.
    ///
    /// # Errors
    /// The file cannot be read or written, or is damaged.
    pub fn open(log: &Log, remember: Remember, now: Timestamp) -> Result<Homes, LogError> {
        let live = |mut all: Vec<Learnt>| {
            all.retain(|learnt| remember.until(learnt.kind, learnt.at) > now.as_second());
            // Of one object the last counts.
            let mut seen = std::collections::HashSet::new();
            all.reverse();
            all.retain(|learnt| seen.insert(learnt.object));
            all.reverse();
            all
        };
        let (file, live) = log.keep(NAME, HEADER, live)?;
        let mut known = Known::default();
        for learnt in live {
            let until = remember.until(learnt.kind, learnt.at);
            let home = known.home(&learnt.upstream, &learnt.customer);
            known.homes.insert(learnt.object, (home, until));
        }
        Ok(Homes { known: Mutex::new(known), file, remember })
    }

    /// Remembers where an object lives, before anybody is told its id.
    ///
    /// # Errors
    /// The file cannot be written. Until the next start it is remembered all the same.
    pub fn learn(
        &self,
        id: &str,
        kind: Kind,
        upstream: &str,
        customer: &str,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let mut known = self.locked();
        let (object, at) = (hash(id), now.as_second());
        let home = known.home(upstream, customer);
        if known.homes.get(&object).is_some_and(|(same, until)| *same == home && *until > at) {
            return Ok(());
        }
        known.homes.insert(object, (home, self.remember.until(kind, at)));
        let (upstream, customer) = (upstream.to_string(), customer.to_string());
        self.file.append(&Learnt { object, kind, at, upstream, customer })
    }

    /// Where an object lives, if it was made through this gateway.
    pub fn find(&self, id: &str) -> Option<Home> {
        self.locked().homes.get(&hash(id)).map(|(home, _)| home.clone())
    }

    /// Forgets what has expired.
    pub fn expire(&self, now: Timestamp) {
        self.locked().homes.retain(|_, (_, until)| *until > now.as_second());
    }

    fn locked(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint {
    /// What kind of object an answer of it is about.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Endpoint::Responses
            | Endpoint::Stored(Store::Responses | Store::ChatCompletions)
            | Endpoint::ChatCompletions => Kind::Response,
            _ => Kind::File,
        }
    }
}

impl Known {
    fn home(&mut self, upstream: &str, customer: &str) -> Home {
        let names = &mut self.names;
        let mut name = |name: &str| names.entry(name.into()).or_insert_with(|| name.into()).clone();
        Home { upstream: name(upstream), customer: name(customer) }
    }
}

impl Remember {
    /// Until when something is remembered that was made at `at`, both in seconds since 1970.
    fn until(&self, kind: Kind, at: i64) -> i64 {
        let days = match kind {
            Kind::File => self.files_days,
            Kind::Response => self.responses_days,
        };
        at.saturating_add(i64::from(days) * 86_400)
    }
}

fn hash(id: &str) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;

    fn open(dir: &Path, at: &str) -> (Log, Homes) {
        let (log, _) = Log::open(dir, Duration::from_millis(1), |_| {}).unwrap();
        let homes = Homes::open(&log, Remember::default(), at.parse().unwrap()).unwrap();
        (log, homes)
    }

    #[test]
    fn homes_outlive_a_restart_and_expire() {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let (log, homes) = open(dir.path(), "2026-01-01T00:00:00Z");
        homes.learn("file-1", Kind::File, "a", "one", now).unwrap();
        homes.learn("resp_2", Kind::Response, "b \"x\"", "two", now).unwrap();
        homes.learn("file-1", Kind::File, "a", "one", now).unwrap();
        drop((homes, log));
        let path = dir.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], &[9, 0, 0, 0, 1]].concat()).unwrap();

        let (log, homes) = open(dir.path(), "2026-01-30T00:00:00Z");
        assert_eq!(log.torn(), 1, "a torn end is told");
        let home = homes.find("resp_2").unwrap();
        assert_eq!((&*home.upstream, &*home.customer), ("b \"x\"", "two"));
        assert!(homes.find("file-1").is_some() && homes.find("file-3").is_none());
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        homes.expire("2026-01-31T00:00:00Z".parse().unwrap());
        assert!(homes.find("resp_2").is_none() && homes.find("file-1").is_some());
        drop((homes, log));

        let (log, homes) = open(dir.path(), "2026-03-01T00:00:00Z");
        assert!(homes.find("resp_2").is_none() && homes.find("file-1").is_some());
        drop((homes, log));
        let (_log, homes) = open(dir.path(), "2026-03-03T00:00:00Z");
        assert!(homes.find("file-1").is_none());
        assert_eq!(std::fs::read(&path).unwrap().len(), 16, "what has expired is gone");
    }
}
