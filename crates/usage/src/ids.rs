//! The ids of all rows of a store, so that each is kept once.
//!
//! ```text
//! .charter/usage/ids/
//!   manifest         the runs, and the segments whose rows they hold
//!   <number>.run     ids in order, each with a hash of its row's content, and a filter
//! ```
//!
//! A new id is looked for in a handful of sorted [runs](run); a small filter before each says for
//! ninety-nine in a hundred that it is not there. Runs of like size are merged into one, so that
//! their number grows with the logarithm of the rows.
//!
//! The set is a cache: the segments alone say which rows there are. Every page of it has a
//! checksum, and its manifest names the segments it covers. What is damaged or covers rows that
//! are no longer there is made anew; what lacks a segment takes in that segment's rows. So it may
//! be written without care for crashes, after the rows it tells of are in place.
//!
//! Ids are one namespace over all days and for ever: a row that comes back years later, or with
//! another day, is known.

mod filter;
mod manifest;
mod merge;
mod pages;
mod run;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::names::Names;
use crate::segment::Listed;
use crate::store::{Store, StoreError};
use crate::{EventId, Fingerprint};
use manifest::Manifest;
use run::Run;

pub(crate) use pages::Damage;

/// An id in the set, with what is known of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// The id, scrambled so that keys are spread evenly however ids are made.
    pub key: u128,
    /// [`Names::content`] of its row.
    pub content: u64,
}

impl Entry {
    pub(crate) fn of(id: EventId, content: u64) -> Self {
        Self { key: key(id), content }
    }
}

/// One key for each id, and another for another id: both steps can be undone.
fn key(id: EventId) -> u128 {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let mut key = id.bits();
    for _ in 0..2 {
        key ^= key >> 64;
        key = key.wrapping_mul(ODD);
    }
    key ^ (key >> 64)
}

/// Runs of like size that are merged as soon as there are as many.
const RUNS_OF_A_SIZE: usize = 4;

/// The set of ids of one store, opened by its writer.
pub(crate) struct Ids {
    /// Where the set is kept.
    dir: PathBuf,
    /// Where runs are written until they are kept.
    staging: PathBuf,
    runs: Vec<Run>,
    covered: BTreeSet<Fingerprint>,
    next: u64,
}

impl Ids {
    /// Opens the set of a store and makes it cover `segments`, all that are there, which may take
    /// reading all of them. `staging` is the folder of the writer at work.
    pub(crate) fn open(
        store: &Store,
        staging: &Path,
        segments: &[Listed],
    ) -> Result<Self, StoreError> {
        let mut ids = Self::of_store(store, staging);
        let names: Result<Vec<Fingerprint>, StoreError> =
            segments.iter().map(Listed::fingerprint).collect();
        let names = names?;
        let found: BTreeSet<Fingerprint> = names.iter().copied().collect();
        let Ok(manifest) = Manifest::read(&ids.dir) else {
            ids.rebuild(segments)?;
            ids.covered = found;
            ids.keep();
            return Ok(ids);
        };
        ids.next = manifest.next;
        ids.covered = manifest.covered;
        let runs: Result<Vec<Run>, Damage> =
            manifest.runs.iter().map(|name| Run::open(&ids.dir.join(name))).collect();
        let is_whole = runs.is_ok();
        ids.runs = runs.unwrap_or_default();

        let gone = || ids.covered.difference(&found);
        if is_whole && ids.covered == found {
            return Ok(ids);
        }
        // Segments that were merged hold the rows they held.
        let sum = |of: &BTreeSet<Fingerprint>| {
            of.iter().copied().fold(Fingerprint::default(), Fingerprint::and)
        };
        let is_same = is_whole && sum(&ids.covered) == sum(&found);
        let only_more = is_whole && gone().next().is_none();
        if !is_same {
            let new = segments.iter().zip(&names);
            let new =
                new.filter(|(_, name)| !ids.covered.contains(name)).map(|(segment, _)| segment);
            let new: Vec<Listed> = new.cloned().collect();
            // What fails for a reason that lies in the set does not fail a second time.
            if !only_more || ids.take(&new).is_err() {
                ids.rebuild(segments)?;
            }
        }
        ids.covered = found;
        ids.keep();
        Ok(ids)
    }

    /// An empty set that is kept nowhere.
    pub(crate) fn aside(dir: &Path) -> Self {
        Self {
            dir: dir.into(),
            staging: dir.into(),
            runs: Vec::new(),
            covered: BTreeSet::new(),
            next: 0,
        }
    }

    fn of_store(store: &Store, staging: &Path) -> Self {
        Self { dir: store.root().join("ids"), ..Self::aside(staging) }
    }

    /// Makes the set anew from these segments.
    pub(crate) fn rebuild(&mut self, segments: &[Listed]) -> Result<(), StoreError> {
        self.runs.clear();
        self.take(segments)
    }

    /// Adds the rows of segments, about a million at a time.
    fn take(&mut self, segments: &[Listed]) -> Result<(), StoreError> {
        const BUFFER: usize = 1 << 20;
        let mut entries = Vec::new();
        for listed in segments {
            let mut names = Names::default();
            let mut full = Ok(());
            let segment = listed.named()?;
            let read = segment.rows_each(&mut names, |row, names| {
                entries.push(Entry::of(row.id, names.content(&row)));
                if entries.len() == BUFFER && full.is_ok() {
                    entries.sort_unstable();
                    full = self.add(&entries);
                    entries.clear();
                }
            });
            read.map_err(|source| StoreError::Segment { path: listed.name().into(), source })?;
            full.map_err(|damage| damage.of(&self.staging))?;
        }
        entries.sort_unstable();
        self.add(&entries).map_err(|damage| damage.of(&self.staging))
    }

    /// Calls `known` with the place of each key that the set has, and the content of its row.
    /// `keys` are in order.
    pub(crate) fn look_up(
        &self,
        keys: &[u128],
        mut known: impl FnMut(usize, u64),
    ) -> Result<(), Damage> {
        debug_assert!(keys.is_sorted());
        self.runs.iter().try_for_each(|run| run.look_up(keys, &mut known))
    }

    /// Adds entries, which are in order and not in the set.
    pub(crate) fn add(&mut self, entries: &[Entry]) -> Result<(), Damage> {
        debug_assert!(entries.is_sorted());
        if entries.is_empty() {
            return Ok(());
        }
        let path = self.next_path();
        self.runs.push(Run::write(&path, entries)?);
        loop {
            let class = |run: &Run| run.len().ilog(RUNS_OF_A_SIZE as u64);
            let mut classes: Vec<u32> = self.runs.iter().map(class).collect();
            classes.sort_unstable();
            let Some(crowded) =
                classes.windows(RUNS_OF_A_SIZE).find(|some| some[0] == some[RUNS_OF_A_SIZE - 1])
            else {
                return Ok(());
            };
            let (merging, rest): (Vec<Run>, Vec<Run>) = std::mem::take(&mut self.runs)
                .into_iter()
                .partition(|run| class(run) == crowded[0]);
            let path = self.next_path();
            let merged = merge::merge(&path, &merging);
            self.runs = rest;
            self.runs.push(merged?);
            for run in merging.into_iter().filter(|run| run.path().starts_with(&self.staging)) {
                let _ = fs::remove_file(run.path());
            }
        }
    }

    fn next_path(&mut self) -> PathBuf {
        self.next += 1;
        self.staging.join(format!("{}.run", self.next))
    }

    /// Notes that segments are in place whose rows the set has been told of.
    pub(crate) fn covers(&mut self, new: impl IntoIterator<Item = Fingerprint>) {
        self.covered.extend(new);
    }

    /// Keeps the set for the next writer. If that cannot be done, the next writer makes up for it.
    pub(crate) fn keep(&mut self) {
        let _ = self.try_keep();
    }

    fn try_keep(&mut self) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        for run in &mut self.runs {
            run.move_into(&self.dir)?;
        }
        let runs: Vec<String> = self.runs.iter().map(Run::name).collect();
        let manifest = Manifest { next: self.next, runs, covered: self.covered.clone() };
        manifest.write(&self.staging.join("manifest"), &self.dir)?;
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".run") && !manifest.runs.iter().any(|run| *run == name) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}
