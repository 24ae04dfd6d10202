//! A folder of usage, one sub-folder of segments a day.
//!
//! ```text
//! .charter/usage/
//!   day=2023-11-16/<fingerprint of its ids>.parquet
//!   day=2023-11-16/<the same>.sums    what its rows add up to, for readers in a hurry
//!   ids/                       the ids of all rows, so that each is kept once; can be made anew
//!   rejected/<source file name>-<digest of the source>.csv
//!   .staging/                  an import at work; leftovers are removed by the next one
//!   .lock                      held by the importer
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bucket::{Bucket, BucketError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use thiserror::Error;

use crate::day::nanoseconds;
use crate::segment::{Listed, NotASegment, Segment};
use crate::{Event, Fingerprint};

/// The rows of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// The UTC day.
    pub day: Date,
    /// What holds its rows, sorted by name. Which rows share a segment means nothing.
    pub segments: Vec<Listed>,
    /// How many rows there are.
    pub rows: u64,
    /// Which rows they are; the same however they are split into segments.
    pub fingerprint: Fingerprint,
}

impl Partition {
    /// Calls `each` with the rows from `first` on (the first of the day is 0), each with its place, until it
    /// breaks off. Places hold as long as the segments are the same.
    ///
    /// # Errors
    /// A segment that has gone or is damaged.
    pub fn events_from(
        &self,
        first: u64,
        mut each: impl FnMut(u64, &Event) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut begins = 0;
        for listed in &self.segments {
            let segment = listed.named()?;
            let ends = begins + segment.rows();
            if first < ends {
                let mut flow = ControlFlow::Continue(());
                let read = segment.events_from(first.saturating_sub(begins), |place, event| {
                    flow = each(begins + place, event);
                    flow
                });
                let path = || listed.name().to_path_buf();
                read.map_err(|source| StoreError::Segment { path: path(), source })?;
                if flow.is_break() {
                    break;
                }
            }
            begins = ends;
        }
        Ok(())
    }
}

/// A folder that keeps metered calls.
///
/// Opening and reading create nothing. Writing is done by [`Store::import`] and
/// [`Store::append`], one writer at a time; readers need no lock. A segment in place never changes.
/// It is removed only by [`Store::compact`], after another is in place that has its rows and says
/// so; a reader that listed it before and finds it gone lists again.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    bucket: Option<Bucket>,
    buffer_rows: usize,
    end_ns: Option<i64>,
}

/// About a million rows of 64 bytes: large enough for well-filled segments, small for any machine.
const BUFFER_ROWS: usize = 1 << 20;

impl Store {
    /// The store in `dir`, which is made by the first import if it does not exist.
    ///
    /// # Errors
    /// [`StoreError::NotADirectory`] if there is something else at `dir`.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = dir.into();
        let opened = Self { root, bucket: None, buffer_rows: BUFFER_ROWS, end_ns: None };
        match fs::metadata(&opened.root) {
            Ok(found) if !found.is_dir() => Err(StoreError::NotADirectory { path: opened.root }),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("look at", &opened.root, error))
            }
            _ => Ok(opened),
        }
    }

    /// The store in a bucket. `dir` is where this machine works for it: it stages segments there, and
    /// keeps the set of ids, copies of sums and what was rejected.
    ///
    /// # Errors
    /// [`StoreError::NotADirectory`] if there is something else at `dir`.
    pub fn in_bucket(dir: impl Into<PathBuf>, bucket: Bucket) -> Result<Self, StoreError> {
        Ok(Self { bucket: Some(bucket), ..Self::open(dir)? })
    }

    /// The address of the bucket that a folder is the desk of; `None` where nobody has written into one.
    ///
    /// # Errors
    /// The system refuses to say.
    pub fn desk_of(dir: &Path) -> Result<Option<String>, StoreError> {
        let path = dir.join(ADDRESS);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(|error| StoreError::io("read", &path, error)),
        }
    }

    /// Notes whose desk this is, if it is one.
    pub(crate) fn sign_desk(&self) -> Result<(), StoreError> {
        let Some(bucket) = &self.bucket else { return Ok(()) };
        let path = self.root.join(ADDRESS);
        fs::write(&path, bucket.address()).map_err(|error| StoreError::io("write", &path, error))
    }

    /// Writes segments whenever this many rows are waiting, instead of about a million.
    ///
    /// The rows kept are the same for any number; only their split into files differs.
    #[must_use]
    pub fn with_buffer_rows(mut self, rows: usize) -> Self {
        self.buffer_rows = rows.max(1);
        self
    }

    /// Lets imports reject calls that were made at `end` or later. Without it, whatever a source
    /// says is taken: this crate does not ask the time.
    #[must_use]
    pub fn with_end(mut self, end: Timestamp) -> Self {
        self.end_ns = nanoseconds(end);
        self
    }

    pub(crate) fn end_ns(&self) -> Option<i64> {
        self.end_ns
    }

    /// The folder of this store.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The days in `first_day <= day < end_day` that have rows, in order.
    ///
    /// Reads only the footers of the segments; in a bucket, the manifest and the names of what is there.
    ///
    /// # Errors
    /// A file among the segments that is not one of ours, or that cannot be read; in a bucket, a
    /// segment that is lost or has another size.
    pub fn partitions(&self, first_day: Date, end_day: Date) -> Result<Vec<Partition>, StoreError> {
        if let Some(bucket) = &self.bucket {
            return self.published(bucket, first_day..end_day);
        }
        let mut days: Vec<Date> = self.days()?;
        days.retain(|day| (first_day..end_day).contains(day));
        let partitions = days.into_iter().map(|day| self.partition(day));
        // A folder without a segment is left by a crash between making it and filling it.
        partitions.filter(|found| !matches!(found, Ok(day) if day.segments.is_empty())).collect()
    }

    fn partition(&self, day: Date) -> Result<Partition, StoreError> {
        let (mut rows, mut fingerprint) = (0, Fingerprint::default());
        let segments = self.open_segments(day)?;
        for segment in &segments {
            rows += segment.rows();
            fingerprint = fingerprint.and(segment.fingerprint());
        }
        let segments = segments.iter().map(Segment::listed).collect();
        Ok(Partition { day, segments, rows, fingerprint })
    }

    /// The segments of a day that count: those that others stand in the place of do not.
    pub(crate) fn open_segments(&self, day: Date) -> Result<Vec<Segment>, StoreError> {
        for _ in 0..TRIES_MAX {
            let paths = self.segments(day)?;
            let opened = paths.iter().map(|path| open_segment(path, day));
            let mut segments = match opened.collect::<Result<Vec<_>, _>>() {
                // Merged into another since it was listed.
                Err(error) if error.is_gone() => continue,
                opened => opened?,
            };
            // A folder that changes while it is listed may show neither the old segments nor the
            // one that has their rows. The new one was there before the old ones went, so a second
            // listing that says the same as the first says the truth.
            if self.segments(day)? != paths {
                continue;
            }
            let replaced: BTreeSet<Fingerprint> =
                segments.iter().flat_map(Segment::replaces).copied().collect();
            segments.retain(|segment| !replaced.contains(&segment.fingerprint()));
            return Ok(segments);
        }
        let error = io::Error::other("its segments change all the time");
        Err(StoreError::io("list", &self.day_dir(day), error))
    }

    /// The days before `end_day` that have rows, or a segment at least, in order. Opens none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn days_before(&self, end_day: Date) -> Result<Vec<Date>, StoreError> {
        let mut days = Vec::new();
        let found = match &self.bucket {
            Some(bucket) => {
                return self
                    .published_days(bucket)
                    .map(|days| days.into_iter().filter(|day| *day < end_day).collect());
            }
            None => self.days()?,
        };
        for day in found.into_iter().filter(|day| *day < end_day) {
            if !self.segments(day)?.is_empty() {
                days.push(day);
            }
        }
        Ok(days)
    }

    /// All days that have a folder, in order.
    fn days(&self) -> Result<Vec<Date>, StoreError> {
        let mut days = Vec::new();
        for path in list(&self.root)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(day) = name.strip_prefix(DAY_PREFIX) else {
                continue;
            };
            match day.parse::<Date>() {
                Ok(date) if date.to_string() == day => days.push(date),
                _ => return Err(StoreError::NotADay { path }),
            }
        }
        days.sort();
        Ok(days)
    }

    /// The segments of one day, sorted by path.
    pub(crate) fn segments(&self, day: Date) -> Result<Vec<PathBuf>, StoreError> {
        let mut segments = list(&self.day_dir(day))?;
        segments.retain(|path| path.extension().is_some_and(|ending| ending == SEGMENT_ENDING));
        segments.sort();
        Ok(segments)
    }

    /// The segments of all days that are files, by day and path.
    pub(crate) fn all_segments(&self) -> Result<Vec<Listed>, StoreError> {
        let mut all = Vec::new();
        for day in self.days()? {
            all.extend(self.segments(day)?.into_iter().map(|path| Listed::file(path, day)));
        }
        Ok(all)
    }

    /// The bucket its segments are in, if they are.
    pub fn bucket(&self) -> Option<&Bucket> {
        self.bucket.as_ref()
    }

    pub(crate) fn day_dir(&self, day: Date) -> PathBuf {
        self.root.join(format!("{DAY_PREFIX}{day}"))
    }

    pub(crate) fn buffer_rows(&self) -> usize {
        self.buffer_rows
    }
}

/// Opens a segment of this store; an error names the file.
pub(crate) fn open_segment(path: &Path, day: Date) -> Result<Segment, StoreError> {
    Segment::open(path, day).map_err(|source| StoreError::Segment { path: path.into(), source })
}

/// How often a folder is listed again, should its segments be merged under the reader's hands.
const TRIES_MAX: u32 = 1000;

const DAY_PREFIX: &str = "day=";
/// In the desk of a bucket, the bucket's address.
const ADDRESS: &str = "address";
pub(crate) const SEGMENT_ENDING: &str = "parquet";

/// The entries of a folder; none if it does not exist.
fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries,
    };
    entries
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|error| StoreError::io("list", dir, error))
}

/// A store that cannot be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is a file where the store should be.
    #[error("`{}` is not a directory; a usage store is one", path.display())]
    NotADirectory {
        /// Where the store should be.
        path: PathBuf,
    },
    /// A folder named like a day that is none.
    #[error("`{}` is not named for a day; expected a name such as `day=2025-02-28`", path.display())]
    NotADay {
        /// The folder.
        path: PathBuf,
    },
    /// The system refused.
    #[error("could not {action} `{}`", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The bucket cannot be read or written.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// The manifest of a bucket is damaged.
    #[error(
        "`{address}` does not say which segments there are: it is damaged, cut short or another \
         program's; restore it from a copy"
    )]
    Manifest {
        /// The manifest.
        address: String,
    },
    /// There are segments in a bucket, and no manifest.
    #[error("`{address}` is lost, though there are segments; restore it from a copy")]
    NoManifest {
        /// Where the manifest should be.
        address: String,
    },
    /// Somebody else has written, at the same time, calls that were to be written.
    #[error(
        "another machine has put some of these calls into `{address}` meanwhile, so nothing was \
         written; do it once more, and they count as known"
    )]
    Overtaken {
        /// The bucket.
        address: String,
    },
    /// Others write all the time.
    #[error("others write into `{address}` all the time, so nothing was done; try again later")]
    Busy {
        /// The bucket.
        address: String,
    },
    /// A segment that is damaged, or not a segment.
    #[error("could not read segment `{}`", path.display())]
    Segment {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: NotASegment,
    },
}

impl StoreError {
    /// Whether a segment is not there that was there when it was listed.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Segment { source, .. } if source.is_gone())
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }
}
