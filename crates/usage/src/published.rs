//! A store whose segments are objects of a bucket.
//!
//! ```text
//! s3://BUCKET/PREFIX/
//!   manifest                          which segments there are; nothing else counts
//!   month=2025-02/day=2025-02-01/
//!     <fingerprint>-<digest>.parquet  a segment, which never changes
//!     <fingerprint>-<digest>.sums     what its rows add up to
//! ```
//!
//! Writers stage on their own disk and publish in this order: the segments, each created only where it
//! is not there; then the manifest, swapped only if it is still the one that the ids of all new rows
//! were held against. So an import is there as a whole or not at all, whenever it is cut short, and of
//! two at once one finds that the other was quicker. What it has is held against what came in; if no
//! row is among both, it goes on, else it is refused and changes nothing: read again, its source has
//! known rows like any other.
//!
//! The ids of all rows are kept on the disk of each writer, as in a store on a disk, and follow the
//! manifest.

mod compact;
mod manifest;
mod publish;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bucket::{Bucket, Version};
use jiff::civil::Date;

use crate::Fingerprint;
use crate::segment::{Listed, NotASegment, Object};
use crate::store::{Partition, Store, StoreError};
pub(crate) use manifest::Entry;
use manifest::Manifest;
pub(crate) use publish::StagedSegment;

/// The object that says which segments there are.
const MANIFEST: &str = "manifest";

/// How often a manifest that changes under a reader's hands is read again.
pub(crate) const TRIES_MAX: u32 = 100;

/// The manifest at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    manifest: Manifest,
    /// `None` where there is none yet.
    version: Option<Version>,
}

impl Snapshot {
    pub(crate) fn read(bucket: &Bucket) -> Result<Self, StoreError> {
        if let Some((bytes, version)) = bucket.get(MANIFEST)? {
            let manifest = Manifest::parse(&bytes)
                .ok_or_else(|| StoreError::Manifest { address: bucket.address_of(MANIFEST) })?;
            return Ok(Self { manifest, version: Some(version) });
        }
        // One that was lost must not be taken for a store without calls.
        let is_segment = |(name, _): &(String, u64)| name.ends_with(".parquet");
        match bucket.list("")?.iter().any(is_segment) {
            true => Err(StoreError::NoManifest { address: bucket.address_of(MANIFEST) }),
            false => Ok(Self { manifest: Manifest::default(), version: None }),
        }
    }

    /// All segments, by day.
    pub(crate) fn listed(&self, store: &Store, bucket: &Bucket) -> Vec<Listed> {
        self.manifest.entries().map(|entry| store.object(bucket, entry)).collect()
    }
}

impl Store {
    fn object(&self, bucket: &Bucket, entry: &Entry) -> Listed {
        Listed::object(Object::new(bucket, entry, self.root()))
    }

    /// The days that have rows, by the manifest alone.
    pub(crate) fn published_days(&self, bucket: &Bucket) -> Result<BTreeSet<Date>, StoreError> {
        Ok(Snapshot::read(bucket)?.manifest.entries().map(|entry| entry.day).collect())
    }

    /// Days with their segments, each of which is there and as long as it was when it was written.
    pub(crate) fn published(
        &self,
        bucket: &Bucket,
        days: std::ops::Range<Date>,
    ) -> Result<Vec<Partition>, StoreError> {
        let mut snapshot = Snapshot::read(bucket)?;
        for _ in 0..TRIES_MAX {
            let entries: Vec<&Entry> =
                snapshot.manifest.entries().filter(|entry| days.contains(&entry.day)).collect();
            match check(bucket, &entries) {
                Ok(()) => return Ok(self.partitions_of(bucket, &entries)),
                Err(error) => {
                    let newer = Snapshot::read(bucket)?;
                    // Unless segments were merged meanwhile, something is lost.
                    if newer.version == snapshot.version {
                        return Err(error);
                    }
                    snapshot = newer;
                }
            }
        }
        Err(StoreError::Busy { address: bucket.address().to_owned() })
    }

    fn partitions_of(&self, bucket: &Bucket, entries: &[&Entry]) -> Vec<Partition> {
        let by_day = entries.chunk_by(|a, b| a.day == b.day);
        let partition = |of_day: &[&Entry]| Partition {
            day: of_day[0].day,
            segments: of_day.iter().map(|entry| self.object(bucket, entry)).collect(),
            rows: of_day.iter().map(|entry| entry.rows).sum(),
            fingerprint: of_day
                .iter()
                .map(|entry| entry.fingerprint)
                .fold(Fingerprint::default(), Fingerprint::and),
        };
        by_day.map(partition).collect()
    }
}

/// Makes sure that segments are there, at the cost of a listing of each month.
fn check(bucket: &Bucket, entries: &[&Entry]) -> Result<(), StoreError> {
    let months: BTreeSet<String> = entries.iter().map(|entry| entry.month_folder()).collect();
    let mut found = BTreeMap::new();
    for month in months {
        found.extend(bucket.list(&month)?);
    }
    for entry in entries {
        let object = entry.object();
        let source = match found.get(&object) {
            Some(bytes) if *bytes == entry.bytes => continue,
            Some(bytes) => NotASegment::OtherSize { found: *bytes, expected: entry.bytes },
            None => NotASegment::Lost,
        };
        let path = PathBuf::from(bucket.address_of(&object));
        return Err(StoreError::Segment { path, source });
    }
    Ok(())
}
