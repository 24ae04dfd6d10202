//! A segment as a store lists it, before anybody has opened it.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::object::Object;
use super::{GroupNames, NotASegment, Segment, Sums};
use crate::Fingerprint;
use crate::store::StoreError;

/// A segment of one day: a file, or an object of a bucket.
#[derive(Debug, Clone)]
pub struct Listed {
    day: Date,
    place: Place,
}

/// Where the bytes of a segment are.
#[derive(Debug, Clone)]
pub(super) enum Place {
    File(PathBuf),
    Object(Box<Object>),
}

/// What the rows of a segment add up to, as it was kept when they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// How many rows there are.
    pub rows: u64,
    /// Which rows they are.
    pub fingerprint: Fingerprint,
    /// What they add up to, in no order.
    pub groups: Vec<(GroupNames, Sums)>,
}

impl Listed {
    /// A file with rows of `day`.
    pub fn file(path: impl Into<PathBuf>, day: Date) -> Self {
        Self { day, place: Place::File(path.into()) }
    }

    pub(super) fn new(place: Place, day: Date) -> Self {
        Self { day, place }
    }

    pub(crate) fn object(object: Object) -> Self {
        Self { day: object.day(), place: Place::Object(Box::new(object)) }
    }

    /// The day of its rows.
    pub fn day(&self) -> Date {
        self.day
    }

    /// Its path, or its address in a bucket.
    pub fn name(&self) -> &Path {
        match &self.place {
            Place::File(path) => path,
            Place::Object(object) => object.address(),
        }
    }

    /// Whether reading it means to wait for a server rather than for a disk.
    pub fn is_remote(&self) -> bool {
        matches!(self.place, Place::Object(_))
    }

    /// Opens it and reads its footer.
    ///
    /// # Errors
    /// It is damaged, is no segment of ours, or holds the rows of another day.
    pub fn open(&self) -> Result<Segment, NotASegment> {
        Segment::at(self.place.clone(), self.day)
    }

    /// What its rows add up to, if that is kept, and is what whoever wrote them said: the footer of a
    /// file, or the manifest of a bucket, which spares opening it.
    ///
    /// # Errors
    /// Those of [`Listed::open`], for a file.
    pub fn kept(&self) -> Result<Option<Kept>, NotASegment> {
        let (rows, fingerprint, groups) = match &self.place {
            Place::File(_) => {
                let segment = self.open()?;
                (segment.rows(), segment.fingerprint(), segment.sums())
            }
            Place::Object(object) => {
                let entry = object.entry();
                (entry.rows, entry.fingerprint, object.sums())
            }
        };
        Ok(groups.map(|groups| Kept { rows, fingerprint, groups }))
    }

    /// Which rows it holds, by its name where that says so.
    pub(crate) fn fingerprint(&self) -> Result<Fingerprint, StoreError> {
        let named = match &self.place {
            Place::File(path) => {
                path.file_stem().unwrap_or_default().to_string_lossy().parse().ok()
            }
            Place::Object(object) => Some(object.entry().fingerprint),
        };
        named.map_or_else(|| self.named().map(|segment| segment.fingerprint()), Ok)
    }

    /// Opens it; an error names it.
    pub(crate) fn named(&self) -> Result<Segment, StoreError> {
        self.open().map_err(|source| StoreError::Segment { path: self.name().into(), source })
    }
}

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        self.day == other.day && self.name() == other.name()
    }
}

impl Eq for Listed {}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().display().fmt(f)
    }
}

impl Serialize for Listed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
