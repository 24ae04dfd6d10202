//! The vendor's own books: what it would bill, attempt by attempt.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::id::Id;
use crate::route::Dialect;
use crate::tokens::Tokens;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of the answer was given to the connection.
    Complete,
    /// It was refused: a bad key, a bad request, a limit, a fault of the vendor's.
    Failed,
    /// The vendor broke it off.
    Cut,
    /// The client left before the end.
    ClientGone,
}

/// One attempt, as the vendor saw it.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its number, from 1.
    pub attempt: u64,
    /// What it asked for, such as `chat/completions`.
    pub operation: &'static str,
    /// In which dialect.
    pub dialect: &'static str,
    /// The model asked for; of a deployment, the model it runs.
    pub model: Arc<str>,
    /// The deployment asked for.
    pub deployment: Option<Arc<str>>,
    /// Whether it was to stream.
    pub stream: bool,
    /// The status answered.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// What its tokens were; what had been made when it broke off.
    pub tokens: Tokens,
    /// Seconds of audio, where those are billed and not tokens.
    pub seconds: u32,
    /// Characters, where those are billed.
    pub characters: u32,
    /// Images, where those are billed.
    pub images: u32,
    /// The id of the answer, as it stands in it.
    #[serde(serialize_with = "as_text")]
    pub id: Id,
    /// The `x-request-id` of the answer. The calls of a batch have one each.
    #[serde(serialize_with = "as_text")]
    pub request: Id,
    /// The attempt that ordered the batch it is of.
    pub batch: Option<u64>,
}

fn as_text<S: serde::Serializer>(id: &Id, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(id)
}

/// Sums over entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// How many attempts.
    pub attempts: u64,
    /// How many of them complete.
    pub complete: u64,
    /// Tokens by class.
    pub tokens: BTreeMap<&'static str, u64>,
}

/// What the vendor would bill.
#[derive(Debug, Default)]
pub struct Books {
    itemized: bool,
    attempts: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<Entry>,
    sums: FxHashMap<Arc<str>, Sums>,
    names: FxHashMap<Box<str>, Arc<str>>,
}

/// What is summed up, in the order of [`CLASSES`].
#[derive(Debug, Default)]
struct Sums {
    attempts: u64,
    complete: u64,
    classes: [u64; CLASSES.len()],
}

const CLASSES: [&str; 12] = [
    "input",
    "cached",
    "cache_write",
    "input_audio",
    "input_image",
    "output",
    "reasoning",
    "output_audio",
    "output_image",
    "seconds",
    "characters",
    "images",
];

impl Books {
    /// Books with an entry for each attempt, or with their sums alone.
    #[must_use]
    pub fn new(itemized: bool) -> Books {
        Books { itemized, ..Books::default() }
    }

    /// The number of a new attempt.
    pub fn attempt(&self) -> u64 {
        self.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A name, held once for all entries that name it.
    #[must_use]
    pub fn name(&self, name: &str) -> Arc<str> {
        let names = &mut self.kept.lock().expect("no holder panics").names;
        if let Some(held) = names.get(name) {
            return held.clone();
        }
        let held = Arc::from(name);
        names.insert(name.into(), Arc::clone(&held));
        held
    }

    /// Enters an attempt that has ended.
    pub fn enter(&self, entry: Entry) {
        let tokens = &entry.tokens;
        let counts = [
            tokens.input,
            tokens.cached,
            tokens.cache_write,
            tokens.input_audio,
            tokens.input_image,
            tokens.output,
            tokens.reasoning,
            tokens.output_audio,
            tokens.output_image,
            entry.seconds,
            entry.characters,
            entry.images,
        ];
        let mut kept = self.kept.lock().expect("no holder panics");
        let name = entry.deployment.as_ref().unwrap_or(&entry.model);
        let sums = kept.sums.entry(Arc::clone(name)).or_default();
        sums.attempts += 1;
        sums.complete += u64::from(entry.outcome == Outcome::Complete);
        for (sum, count) in sums.classes.iter_mut().zip(counts) {
            *sum += u64::from(count);
        }
        if self.itemized {
            kept.entries.push(entry);
        }
    }

    /// The entries in the order they ended, from a place on, at most so many.
    #[must_use]
    pub fn entries(&self, from: usize, limit: usize) -> Vec<Entry> {
        let kept = self.kept.lock().expect("no holder panics");
        kept.entries.iter().skip(from).take(limit).cloned().collect()
    }

    /// The sums by model asked for: the deployment's name where there is one.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<String, Totals> {
        let kept = self.kept.lock().expect("no holder panics");
        let totals = kept.sums.iter().map(|(name, sums)| {
            let tokens = CLASSES.into_iter().zip(sums.classes).collect();
            let Sums { attempts, complete, .. } = *sums;
            (String::from(&**name), Totals { attempts, complete, tokens })
        });
        totals.collect()
    }

    /// Forgets all entries and sums. Attempts are numbered on.
    pub fn clear(&self) {
        let mut kept = self.kept.lock().expect("no holder panics");
        kept.entries.clear();
        kept.sums.clear();
    }
}

/// An entry that is not yet in the books, as its attempt has not ended.
#[derive(Debug)]
pub struct Open {
    world: Arc<crate::World>,
    entry: Option<Entry>,
}

impl Open {
    /// Opens an entry.
    #[must_use]
    pub fn new(world: Arc<crate::World>, entry: Entry) -> Open {
        Open { world, entry: Some(entry) }
    }

    /// The entry, to be changed until it is closed.
    pub fn entry(&mut self) -> Option<&mut Entry> {
        self.entry.as_mut()
    }

    /// Enters it, ended so.
    pub fn close(&mut self, outcome: Outcome) {
        if let Some(mut entry) = self.entry.take() {
            entry.outcome = outcome;
            self.world.books.enter(entry);
        }
    }
}

impl Drop for Open {
    /// Whoever drops an open entry has lost the client.
    fn drop(&mut self) {
        self.close(Outcome::ClientGone);
    }
}

/// A name for a snapshot of a model, as answers give it.
#[must_use]
pub fn snapshot(model: &str) -> String {
    let mut name = String::with_capacity(model.len() + 11);
    let _ = write!(name, "{model}-2024-08-06");
    name
}

/// What an entry of a call is before anything is known of it.
#[must_use]
pub fn blank(id: Id, operation: &'static str, dialect: Dialect, model: Arc<str>) -> Entry {
    Entry {
        attempt: id.attempt,
        operation,
        dialect: dialect.name(),
        model,
        deployment: None,
        stream: false,
        status: 200,
        outcome: Outcome::Complete,
        tokens: Tokens::default(),
        seconds: 0,
        characters: 0,
        images: 0,
        id,
        request: id.of("req_"),
        batch: None,
    }
}
