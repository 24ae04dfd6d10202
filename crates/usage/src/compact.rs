//! Merging small segments into larger ones.
//!
//! A gateway takes its rows over every minute, and each time makes a segment. Many small segments
//! cost every reader the opening of each, so those of like size are merged, sixteen at a time: a
//! row is written again once for each sixteenfold growth of its segment.
//!
//! In this order: the new segment is written and synced aside; a mark is set; the new segment is
//! renamed into place, and from that moment the old ones do not count, for its footer names them;
//! the old ones are removed; the mark is removed. So whenever the work is cut short, readers find
//! the same rows, and the next writer sees the mark and removes what is left over.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use jiff::civil::Date;
use serde::Serialize;

use crate::names::Names;
use crate::segment::{self, Columns, Footer, NotASegment, Ordered, SUMS_ENDING, Segment};
use crate::staging::Staging;
use crate::store::{SEGMENT_ENDING, Store, StoreError, open_segment};
use crate::{Fingerprint, GroupSums};

/// What compacting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Compacted {
    /// Segments that are gone.
    pub merged: u64,
    /// Segments that have their rows.
    pub into: u64,
}

/// Segments of like size that are worth merging.
const WORTHWHILE: usize = 16;

impl Store {
    /// Merges small segments of a day into larger ones wherever there are many of like size. The
    /// rows stay the same, and so does the day's fingerprint.
    ///
    /// Memory is bounded by the buffer. Waits while another writer is at work in the store.
    ///
    /// # Errors
    /// The store cannot be read or written, or a segment does not add up to what was written; then
    /// it stays as it is.
    pub fn compact(&self, day: Date) -> Result<Compacted, StoreError> {
        if let Some(bucket) = self.bucket() {
            return self.compact_published(bucket, day);
        }
        let mut compacted = Compacted::default();
        if few(&self.segments(day)?) {
            return Ok(compacted);
        }
        let staging = Staging::begin(self)?;
        while let Some(merging) =
            like(self.open_segments(day)?, Segment::rows, self.buffer_rows() as u64)
        {
            self.merge(day, &staging, &merging)?;
            compacted.merged += merging.len() as u64;
            compacted.into += 1;
        }
        Ok(compacted)
    }

    fn merge(&self, day: Date, staging: &Staging, old: &[Segment]) -> Result<(), StoreError> {
        let replaces: Vec<Fingerprint> = old.iter().map(Segment::fingerprint).collect();
        let staged = staging.path(&format!("compacted.{SEGMENT_ENDING}"));
        let footer = merged(&staged, old, &replaces)?;
        let place = self.day_dir(day).join(format!("{}.{SEGMENT_ENDING}", footer.fingerprint));

        let mark = self.compacting();
        let moved = fs::write(&mark, day.to_string())
            .and_then(|()| {
                fs::rename(staged.with_extension(SUMS_ENDING), place.with_extension(SUMS_ENDING))
            })
            .and_then(|()| fs::rename(&staged, &place));
        moved.map_err(|error| StoreError::io("write", &place, error))?;
        // Only what is there for good may take the place of what was.
        Staging::sync(&self.day_dir(day))?;
        self.remove_replaced(day)
    }

    /// Completes what a compaction that was cut short had begun.
    pub(crate) fn complete_compaction(&self) -> Result<(), StoreError> {
        match fs::read_to_string(self.compacting()) {
            Ok(day) => match day.parse() {
                Ok(day) => self.remove_replaced(day),
                // It was cut short while setting the mark, before anything else.
                Err(_) => self.unmark(),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StoreError::io("read", &self.compacting(), error)),
        }
    }

    /// Removes the segments of a day that others stand in the place of.
    fn remove_replaced(&self, day: Date) -> Result<(), StoreError> {
        let counting = self.open_segments(day)?;
        for path in self.segments(day)? {
            if counting.iter().any(|segment| segment.listed().name() == path) {
                continue;
            }
            // Opened once more, so that nothing is removed that has not been read.
            open_segment(&path, day)?;
            let removed = fs::remove_file(&path).and_then(|()| {
                match fs::remove_file(path.with_extension(SUMS_ENDING)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                }
            });
            removed.map_err(|error| StoreError::io("remove", &path, error))?;
        }
        self.unmark()
    }

    fn unmark(&self) -> Result<(), StoreError> {
        let mark = self.compacting();
        fs::remove_file(&mark).map_err(|error| StoreError::io("remove", &mark, error))
    }

    fn compacting(&self) -> std::path::PathBuf {
        self.root().join(".compacting")
    }
}

pub(crate) fn few<T>(segments: &[T]) -> bool {
    segments.len() < WORTHWHILE
}

/// Segments of like size that are worth merging, and have no more rows together than there is room.
pub(crate) fn like<T>(segments: Vec<T>, rows: impl Fn(&T) -> u64, room: u64) -> Option<Vec<T>> {
    let mut sizes: BTreeMap<u32, Vec<T>> = BTreeMap::new();
    for segment in segments {
        let size = rows(&segment).max(1).ilog(WORTHWHILE as u64);
        sizes.entry(size).or_default().push(segment);
    }
    sizes.into_values().filter(|like| like.len() >= WORTHWHILE).find_map(|mut like| {
        let mut sum = 0;
        like.retain(|segment| {
            let fits = sum + rows(segment) <= room;
            sum += if fits { rows(segment) } else { 0 };
            fits
        });
        (like.len() > 1).then_some(like)
    })
}

/// Writes the rows of segments into one.
pub(crate) fn merged(
    path: &Path,
    old: &[Segment],
    replaces: &[Fingerprint],
) -> Result<Footer, StoreError> {
    let (mut names, mut rows) = (Names::default(), Columns::default());
    for segment in old {
        let from = rows.len();
        read_whole(segment, &mut names, &mut rows).map_err(|source| StoreError::Segment {
            path: segment.listed().name().into(),
            source,
        })?;
        debug_assert_eq!((rows.len() - from) as u64, segment.rows());
    }
    let order = rows.in_order(places(0..rows.len()));
    segment::write(path, Ordered { columns: &rows, order: &order }, &names, replaces)
}

/// Reads all rows of a segment, having made sure that they are those that were written.
fn read_whole(segment: &Segment, names: &mut Names, rows: &mut Columns) -> Result<(), NotASegment> {
    let from = rows.len();
    segment.rows_each(names, |row, _| rows.push(&row))?;
    let ids: Fingerprint = rows.ids[from..].iter().copied().collect();
    if ids != segment.fingerprint() {
        return Err(NotASegment::OtherSums);
    }
    let order: Vec<u32> = places(from..rows.len()).collect();
    let read = Ordered { columns: rows, order: &order };
    segment.check(segment::groups_of(read, names).iter().map(GroupSums::of))
}

fn places(range: Range<usize>) -> impl Iterator<Item = u32> {
    range.map(|place| u32::try_from(place).expect("a buffer holds fewer than 2^32 rows"))
}
