//! Putting what was staged into the bucket.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bucket::Bucket;
use bytes::Bytes;

use super::{Entry, MANIFEST, Snapshot, TRIES_MAX};
use crate::ids::{Entry as Id, Ids};
use crate::names::Names;
use crate::segment::{Footer, Listed, SUMS_ENDING};
use crate::store::{Store, StoreError};

/// A segment on this machine's disk that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct StagedSegment {
    pub path: PathBuf,
    pub footer: Footer,
}

impl StagedSegment {
    pub(crate) fn listed(&self) -> Listed {
        Listed::file(&self.path, self.footer.day)
    }
}

/// Objects on their way at a time: more than one, as each waits for the server; few, as each is held.
const AT_ONCE: usize = 4;

impl Snapshot {
    /// Adds segments to the store: all or none.
    ///
    /// `self` is what the ids of their rows were held against.
    pub(crate) fn publish(
        mut self,
        store: &Store,
        bucket: &Bucket,
        staged: &[StagedSegment],
        staging: &Path,
    ) -> Result<(), StoreError> {
        if staged.is_empty() {
            return Ok(());
        }
        // Segments without a manifest would be taken for a store that has lost it.
        if self.version.is_none() {
            self.version = bucket.swap(MANIFEST, None, self.manifest.bytes())?;
        }
        let ours = put_all(bucket, staged)?;
        for _ in 0..TRIES_MAX {
            let next = self.manifest.changed(&ours, &[]);
            if self.version.is_some()
                && bucket.swap(MANIFEST, self.version.as_ref(), next.bytes())?.is_some()
            {
                return Ok(());
            }
            let now = Snapshot::read(bucket)?;
            // It was swapped, and the answer was lost on its way.
            if ours.iter().all(|entry| now.manifest.has(entry)) {
                return Ok(());
            }
            match self.admit(store, bucket, staged, staging, &now) {
                // Merged since; until all that came in has been looked at, nothing is swapped.
                Err(error) if error.is_gone() => self.version = None,
                admitted => {
                    admitted?;
                    self = now;
                }
            }
        }
        Err(StoreError::Busy { address: bucket.address().to_owned() })
    }

    /// Makes sure that no row that is to be published came in since.
    fn admit(
        &self,
        store: &Store,
        bucket: &Bucket,
        staged: &[StagedSegment],
        staging: &Path,
        now: &Snapshot,
    ) -> Result<(), StoreError> {
        let new = now.manifest.entries().filter(|entry| !self.manifest.has(entry));
        let new: Vec<Listed> = new.map(|entry| store.object(bucket, entry)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let dir = staging.join("others");
        let made = fs::create_dir_all(&dir);
        made.map_err(|error| StoreError::io("create", &dir, error))?;
        let mut others = Ids::aside(&dir);
        others.rebuild(&new)?;
        for segment in staged {
            if has_any(&others, segment, &dir)? {
                return Err(StoreError::Overtaken { address: bucket.address().to_owned() });
            }
        }
        Ok(())
    }
}

/// Whether any row of a segment is among others.
fn has_any(others: &Ids, segment: &StagedSegment, dir: &Path) -> Result<bool, StoreError> {
    let mut ids = Vec::new();
    let listed = segment.listed();
    let read = listed.named()?.rows_each(&mut Names::default(), |row, _| {
        ids.push(Id::of(row.id, 0));
    });
    read.map_err(|source| StoreError::Segment { path: listed.name().into(), source })?;
    let keys: BTreeSet<u128> = ids.into_iter().map(|id| id.key).collect();
    let keys: Vec<u128> = keys.into_iter().collect();
    let mut has = false;
    others.look_up(&keys, |_, _| has = true).map_err(|damage| damage.of(dir))?;
    Ok(has)
}

/// Puts segments and their sums into the bucket, in no order: they do not count yet.
pub(super) fn put_all(bucket: &Bucket, staged: &[StagedSegment]) -> Result<Vec<Entry>, StoreError> {
    let (next, entries) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<(), StoreError> {
        while let Some(segment) = staged.get(next.fetch_add(1, Ordering::Relaxed)) {
            let entry = put(bucket, segment)?;
            entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(entry);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE.min(staged.len())).map(|_| scope.spawn(work)).collect();
        let ends = threads.into_iter().map(|thread| thread.join());
        let ends: Vec<Result<(), StoreError>> =
            ends.map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect();
        ends.into_iter().collect::<Result<(), StoreError>>()
    })?;
    Ok(entries.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn put(bucket: &Bucket, segment: &StagedSegment) -> Result<Entry, StoreError> {
    let read = |path: &Path| {
        fs::read(path).map(Bytes::from).map_err(|error| StoreError::io("read", path, error))
    };
    let content = read(&segment.path)?;
    let entry = Entry::of(&segment.footer, &content);
    // What is there under its name has its bytes: an import before was cut short.
    bucket.create(&entry.object(), content)?;
    bucket.create(&entry.sums_object(), read(&segment.path.with_extension(SUMS_ENDING))?)?;
    Ok(entry)
}
