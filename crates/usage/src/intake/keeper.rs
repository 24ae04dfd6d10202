//! The half of an intake that writes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

use bucket::Bucket;
use jiff::civil::Date;

use super::Chunk;
use super::verdict::Verdict;
use crate::day::{day_from_number, day_number};
use crate::ids::{Entry, Ids};
use crate::names::Names;
use crate::published::{Snapshot, StagedSegment, TRIES_MAX};
use crate::reject::Rejects;
use crate::segment::{self, Columns, Ordered, SUMS_ENDING};
use crate::staging::Staging;
use crate::store::{SEGMENT_ENDING, Store, StoreError};

/// Keeps rows, a buffer at a time.
pub(super) struct Keeper {
    buffer: Buffer,
    ids: Ids,
    rejects: Rejects,
    duplicate: u64,
    staged: Staged,
}

/// Rows as they come.
#[derive(Default)]
pub(super) struct Buffer {
    pub names: Names,
    pub columns: Columns,
    /// For each row, its id and content.
    pub entries: Vec<Entry>,
    /// For each row, its line in the source.
    lines: Vec<u64>,
}

/// What will be put in place.
struct Staged {
    store: Store,
    staging: Staging,
    /// What the ids cover, of a store in a bucket.
    snapshot: Option<Snapshot>,
    segments: Vec<StagedSegment>,
    days: BTreeMap<Date, u64>,
}

/// What became of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub duplicate: u64,
    pub rejected: u64,
    pub rejects_file: Option<PathBuf>,
    /// New rows by day.
    pub days: BTreeMap<Date, u64>,
}

/// Why a row is rejected whose id is known.
const OTHER_CONTENT: &str = "`id` is that of another row, which was kept and says something else; \
                             expected an id of its own for every call";

impl Keeper {
    /// Waits for any other writer of the store.
    pub(super) fn begin(store: &Store) -> Result<Self, StoreError> {
        let staging = Staging::begin(store)?;
        let (ids, snapshot) = match store.bucket() {
            None => (Ids::open(store, staging.dir(), &store.all_segments()?)?, None),
            Some(bucket) => {
                let (ids, snapshot) = published_ids(store, bucket, &staging)?;
                (ids, Some(snapshot))
            }
        };
        let (segments, days) = (Vec::new(), BTreeMap::new());
        Ok(Self {
            buffer: Buffer::default(),
            ids,
            rejects: Rejects::default(),
            duplicate: 0,
            staged: Staged { store: store.clone(), staging, snapshot, segments, days },
        })
    }

    /// Takes a chunk into the buffer, and keeps that if it is full.
    pub(super) fn take(&mut self, chunk: Chunk) -> Result<(), StoreError> {
        let Chunk { columns, lines, names, rejects, is_last } = chunk;
        for (line, reason, row) in &rejects {
            self.rejects.add(&self.staged.staging, *line, reason, row)?;
        }
        self.buffer.take(columns, lines, &names);
        if !is_last {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.keep(&buffer)
    }

    pub(super) fn finish(mut self, source: Option<&Path>) -> Result<Tally, StoreError> {
        let Staged { store, mut staging, snapshot, segments, days } = self.staged;
        let rejected = self.rejects.count();
        let rejects_file = self.rejects.finish(source, &store, &mut staging)?;
        if let (Some(bucket), Some(snapshot)) = (store.bucket(), snapshot) {
            snapshot.publish(&store, bucket, &segments, staging.dir())?;
        }
        staging.commit()?;
        self.ids.covers(segments.iter().map(|segment| segment.footer.fingerprint));
        self.ids.keep();
        Ok(Tally { duplicate: self.duplicate, rejected, rejects_file, days })
    }

    /// Stages the new rows of a buffer, one segment a day.
    fn keep(&mut self, buffer: &Buffer) -> Result<(), StoreError> {
        let verdict = match Verdict::of(buffer, &self.ids) {
            Ok(verdict) => verdict,
            Err(_) => {
                self.rebuild_ids()?;
                let damaged = |damage: crate::ids::Damage| damage.of(self.staged.staging.dir());
                Verdict::of(buffer, &self.ids).map_err(damaged)?
            }
        };
        for place in verdict.others.iter().map(|place| *place as usize) {
            let shown = buffer.columns.row(place).shown(&buffer.names);
            let line = buffer.lines[place];
            self.rejects.add(&self.staged.staging, line, OTHER_CONTENT, &shown)?;
        }
        self.duplicate += verdict.duplicate;
        let order = buffer.columns.in_order(verdict.new.iter().copied());
        let (ids, staged) = (&mut self.ids, &mut self.staged);
        let added = thread::scope(|scope| -> Result<_, StoreError> {
            let adding = scope.spawn(|| ids.add(&verdict.entries));
            staged.stage(buffer, &order)?;
            Ok(adding.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        if added.is_err() {
            self.rebuild_ids()?;
        }
        Ok(())
    }

    /// Makes the set of ids anew: whatever was wrong with it, the rows themselves are there.
    fn rebuild_ids(&mut self) -> Result<(), StoreError> {
        let Staged { store, snapshot, segments, .. } = &self.staged;
        let mut all = match (store.bucket(), snapshot) {
            (Some(bucket), Some(snapshot)) => snapshot.listed(store, bucket),
            _ => store.all_segments()?,
        };
        all.extend(segments.iter().map(StagedSegment::listed));
        self.ids.rebuild(&all)
    }
}

impl Buffer {
    fn take(&mut self, mut columns: Columns, mut lines: Vec<u64>, names: &[std::sync::Arc<str>]) {
        for name in names {
            self.names.code(name);
        }
        for place in 0..columns.len() {
            let row = columns.row(place);
            self.entries.push(Entry::of(row.id, self.names.content(&row)));
        }
        self.columns.append(&mut columns);
        self.lines.append(&mut lines);
    }
}

impl Staged {
    /// Stages rows, which are in order.
    fn stage(&mut self, buffer: &Buffer, order: &[u32]) -> Result<(), StoreError> {
        let day = |place: &u32| day_number(buffer.columns.at_ns[*place as usize]);
        for order in order.chunk_by(|a, b| day(a) == day(b)) {
            self.stage_day(day_from_number(day(&order[0])), buffer, order)?;
        }
        Ok(())
    }

    fn stage_day(&mut self, day: Date, buffer: &Buffer, order: &[u32]) -> Result<(), StoreError> {
        *self.days.entry(day).or_default() += order.len() as u64;
        let path = self.staging.path(&format!("{}.{SEGMENT_ENDING}", self.segments.len()));
        let rows = Ordered { columns: &buffer.columns, order };
        let footer = segment::write(&path, rows, &buffer.names, &[])?;
        if self.snapshot.is_none() {
            // No segment in place can have this name, for none has any of these ids.
            let place =
                self.store.day_dir(day).join(format!("{}.{SEGMENT_ENDING}", footer.fingerprint));
            self.staging.ready(path.with_extension(SUMS_ENDING), place.with_extension(SUMS_ENDING));
            self.staging.ready(path.clone(), place);
        }
        self.segments.push(StagedSegment { path, footer });
        Ok(())
    }
}

/// The set of ids of a store in a bucket, and the manifest it covers.
fn published_ids(
    store: &Store,
    bucket: &Bucket,
    staging: &Staging,
) -> Result<(Ids, Snapshot), StoreError> {
    for _ in 0..TRIES_MAX {
        let snapshot = Snapshot::read(bucket)?;
        match Ids::open(store, staging.dir(), &snapshot.listed(store, bucket)) {
            // Merged into another since the manifest was read.
            Err(error) if error.is_gone() => {}
            opened => return Ok((opened?, snapshot)),
        }
    }
    Err(StoreError::Busy { address: bucket.address().to_owned() })
}
