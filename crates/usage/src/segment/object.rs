//! A segment that is an object of a bucket: read in parts, never as a whole.

use std::fs;
use std::path::{Path, PathBuf};

use bucket::Bucket;
use bytes::{Buf, Bytes};
use jiff::civil::Date;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::NotASegment;
use super::sums::{self, GroupNames, Sums};
use crate::published::Entry;

/// A segment in a bucket.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    bucket: Bucket,
    entry: Entry,
    address: PathBuf,
    /// Where a copy of its sums is kept on this machine.
    desk: PathBuf,
}

/// What is read of the end of a segment at first. A footer takes some kilobytes.
const TAIL: u64 = 1 << 16;

/// At the very end of a Parquet file: the length of what stands before, and a mark.
const LAST: usize = 8;

impl Object {
    pub(crate) fn new(bucket: &Bucket, entry: &Entry, desk: &Path) -> Self {
        let address = bucket.address_of(&entry.object()).into();
        let desk = desk.join(entry.sums_object());
        Self { bucket: bucket.clone(), entry: entry.clone(), address, desk }
    }

    pub(super) fn day(&self) -> Date {
        self.entry.day
    }

    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    pub(super) fn address(&self) -> &Path {
        &self.address
    }

    /// The end of it, which holds the footer.
    pub(super) fn tail(&self) -> Result<Parts, NotASegment> {
        let name = self.entry.object();
        let mut asked = TAIL;
        loop {
            let (bytes, found) = self.bucket.get_tail(&name, asked)?;
            let expected = self.entry.bytes;
            if found != expected {
                return Err(NotASegment::OtherSize { found, expected });
            }
            let read = bytes.len() as u64;
            let needed = bytes.last_chunk::<LAST>().map_or(u64::MAX, |[a, b, c, d, ..]| {
                u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + LAST as u64
            });
            // What is no footer says any length; the Parquet library will find out.
            if needed <= read || read == found || needed > found {
                return Ok(Parts { size: found, parts: vec![(found - read, bytes)] });
            }
            asked = needed;
        }
    }

    /// Some columns of a row group.
    pub(super) fn columns(
        &self,
        group: &RowGroupMetaData,
        is_asked: impl Fn(usize) -> bool,
    ) -> Result<Parts, NotASegment> {
        let columns = group.columns().iter().enumerate();
        let ranges: Vec<_> = columns
            .filter(|(column, _)| is_asked(*column))
            .map(|(_, column)| column.byte_range())
            .map(|(start, length)| start..start.saturating_add(length))
            .collect();
        if ranges.iter().any(|range| range.is_empty() || range.end > self.entry.bytes) {
            return Err(NotASegment::Damaged("a column lies outside of the file".into()));
        }
        let read = self.bucket.get_ranges(&self.entry.object(), &ranges)?;
        let parts = ranges.iter().map(|range| range.start).zip(read).collect();
        Ok(Parts { size: self.entry.bytes, parts })
    }

    /// What its rows add up to: from a copy on this machine, or from beside it. What is neither there
    /// nor sound costs the time to read the rows.
    pub(super) fn sums(&self) -> Option<Vec<(GroupNames, Sums)>> {
        let total = self.entry.sums;
        let copy = fs::read(&self.desk).ok();
        if let Some(groups) = copy.and_then(|bytes| sums::parse(&bytes, total)) {
            return Some(groups);
        }
        let (bytes, _) = self.bucket.get(&self.entry.sums_object()).ok()??;
        let groups = sums::parse(&bytes, total)?;
        // Without a copy they are fetched again the next time.
        let _ = self.keep(&bytes);
        Some(groups)
    }

    fn keep(&self, bytes: &[u8]) -> std::io::Result<()> {
        let folder = self.desk.parent().unwrap_or(&self.desk);
        fs::create_dir_all(folder)?;
        fs::write(&self.desk, bytes)
    }
}

/// Parts of a segment, by the places where they begin.
#[derive(Clone)]
pub(super) struct Parts {
    size: u64,
    parts: Vec<(u64, Bytes)>,
}

impl Parts {
    /// What was read from a place on.
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let holding = self.parts.iter().find_map(|(begin, bytes)| {
            let from = usize::try_from(start.checked_sub(*begin)?).ok()?;
            (from < bytes.len()).then(|| bytes.slice(from..))
        });
        let problem = || format!("byte {start} was not asked for");
        holding.ok_or_else(|| ParquetError::General(problem()))
    }
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Parts {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        match length <= bytes.len() {
            true => Ok(bytes.slice(..length)),
            false => Err(ParquetError::EOF(format!("{length} bytes from byte {start}"))),
        }
    }
}
