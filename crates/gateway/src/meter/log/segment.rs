use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::LogError;
use crate::meter::Row;

/// What every segment begins with.
pub(super) const HEADER: &[u8; 16] = b"charter rows 1\n\n";

/// Length and checksum.
const PREFIX: usize = 8;

/// No row is as long; a longer length is no length.
const RECORD_MAX: usize = 1 << 20;

/// A file that is appended to.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    file: File,
    len: AtomicU64,
}

impl Segment {
    pub fn create(path: &Path) -> io::Result<Segment> {
        let mut file = File::options().append(true).create_new(true).open(path)?;
        file.write_all(HEADER)?;
        let len = AtomicU64::new(HEADER.len() as u64);
        Ok(Segment { path: path.into(), file, len })
    }

    /// Appends a record, or nothing: what a failed write left is cut off again.
    pub fn append(&self, record: &[u8]) -> io::Result<()> {
        let before = self.len.load(Ordering::Relaxed);
        match (&self.file).write_all(record) {
            Ok(()) => {
                self.len.store(before + record.len() as u64, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                self.file.set_len(before)?;
                Err(error)
            }
        }
    }

    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    pub fn len(&self) -> u64 {
        self.len.load(Ordering::Relaxed)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Puts a row as a record at the end of an empty buffer.
pub(super) fn encode(row: &Row<&str>, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(&[0; PREFIX]);
    rmp_serde::encode::write(buffer, row).expect("a buffer takes every row");
    let (prefix, payload) = buffer.split_at_mut(PREFIX);
    let len = u32::try_from(payload.len()).expect("a row is far shorter than 4 GB");
    prefix[..4].copy_from_slice(&len.to_le_bytes());
    prefix[4..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
}

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whole rows.
    pub rows: u64,
    /// Bytes up to the end of the last of them.
    pub whole: u64,
    /// Bytes in all.
    pub len: u64,
}

/// Hands over the rows of a segment up to its end, or to where a crash tore it.
pub(crate) fn read(path: &Path, row: &mut dyn FnMut(&Row<String>)) -> Result<Found, LogError> {
    let bytes = fs::read(path).map_err(|error| LogError::io("read", path, error))?;
    let len = bytes.len() as u64;
    let Some(mut left) = bytes.strip_prefix(HEADER) else {
        // A crash may have come before the header was whole.
        if HEADER.starts_with(&bytes) {
            return Ok(Found { rows: 0, whole: 0, len });
        }
        return Err(LogError::NotASegment { path: path.into() });
    };
    let mut rows = 0;
    while let Some((payload, rest)) = record(left) {
        let Ok(read) = rmp_serde::from_slice(payload) else { break };
        row(&read);
        rows += 1;
        left = rest;
    }
    Ok(Found { rows, whole: len - left.len() as u64, len })
}

/// The payload of the first record, if it is whole, and what follows.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let len = u32::from_le_bytes(*len) as usize;
    if len == 0 || len > RECORD_MAX {
        return None;
    }
    let (payload, rest) = rest.split_at_checked(len)?;
    (crc32fast::hash(payload) == u32::from_le_bytes(*crc)).then_some((payload, rest))
}

/// Cuts off what is not whole, and keeps it beside the segment; whether there was any.
pub(super) fn mend(path: &Path, found: &Found) -> Result<bool, LogError> {
    if found.whole == found.len {
        return Ok(false);
    }
    let failed = |error| LogError::io("mend", path, error);
    let bytes = fs::read(path).map_err(failed)?;
    let whole = usize::try_from(found.whole).expect("the file was read into memory");
    fs::write(path.with_extension("torn"), &bytes[whole..]).map_err(failed)?;
    if whole == 0 {
        fs::remove_file(path).map_err(failed)?;
        return Ok(true);
    }
    let file = File::options().write(true).open(path).map_err(failed)?;
    file.set_len(found.whole).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(true)
}
