//! Merging small segments of a bucket into larger ones.
//!
//! The manifest is swapped from the old ones to the new one at once, so no reader counts a row twice
//! or not at all; then the old ones are deleted. Cut short before that, they stay and do not count.

use bucket::Bucket;
use jiff::civil::Date;

use super::publish::{StagedSegment, put_all};
use super::{Entry, MANIFEST, Snapshot, TRIES_MAX};
use crate::compact::{Compacted, few, like, merged};
use crate::staging::Staging;
use crate::store::{Store, StoreError};

impl Store {
    pub(crate) fn compact_published(
        &self,
        bucket: &Bucket,
        day: Date,
    ) -> Result<Compacted, StoreError> {
        let mut compacted = Compacted::default();
        let of_day = |snapshot: &Snapshot| -> Vec<Entry> {
            snapshot.manifest.entries().filter(|entry| entry.day == day).cloned().collect()
        };
        if few(&of_day(&Snapshot::read(bucket)?)) {
            return Ok(compacted);
        }
        let staging = Staging::begin(self)?;
        let mut tries = 0;
        while tries < TRIES_MAX {
            tries += 1;
            let snapshot = Snapshot::read(bucket)?;
            let rows = |entry: &Entry| entry.rows;
            let Some(old) = like(of_day(&snapshot), rows, self.buffer_rows() as u64) else {
                return Ok(compacted);
            };
            let opened = old.iter().map(|entry| self.object(bucket, entry).named());
            let opened = match opened.collect::<Result<Vec<_>, _>>() {
                // Another machine has merged them.
                Err(error) if error.is_gone() => continue,
                opened => opened?,
            };
            let path = staging.path(&format!("compacted-{}.parquet", compacted.into));
            let footer = merged(&path, &opened, &[])?;
            let new = put_all(bucket, &[StagedSegment { path, footer }])?;
            let next = snapshot.manifest.changed(&new, &old);
            if bucket.swap(MANIFEST, snapshot.version.as_ref(), next.bytes())?.is_none() {
                // Whoever was quicker has added rows at most; what was written does not count.
                continue;
            }
            for entry in &old {
                bucket.delete(&entry.object())?;
                bucket.delete(&entry.sums_object())?;
            }
            compacted.merged += old.len() as u64;
            compacted.into += 1;
            tries = 0;
        }
        Err(StoreError::Busy { address: bucket.address().to_owned() })
    }
}
