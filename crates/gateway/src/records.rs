//! Files of records that are only appended to.
//!
//! A file is a header of 16 bytes and records: length and CRC-32 of the payload, each four bytes with
//! the lowest first, and the payload. A crash can tear the last record alone; what it left is cut off
//! and kept beside the file. A record that is damaged in front of others is no crash's work, and an
//! error.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::meter::LogError;

/// What a file begins with.
pub(crate) type Header = [u8; 16];

/// Length and checksum.
const PREFIX: usize = 8;

/// No record is as long; a longer length is no length.
const RECORD_MAX: usize = 4 << 20;

/// How much is read at once.
const READ_BYTES: usize = 1 << 20;

/// A file that is appended to.
#[derive(Debug)]
pub(crate) struct Records {
    path: PathBuf,
    file: File,
    len: AtomicU64,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whole records.
    pub records: u64,
    /// Bytes up to the end of the last of them.
    pub whole: u64,
    /// Bytes in all.
    pub len: u64,
}

impl Records {
    /// Makes a file that is not there yet.
    pub fn create(path: &Path, header: &Header) -> io::Result<Records> {
        let mut file = File::options().append(true).create_new(true).open(path)?;
        file.write_all(header)?;
        Ok(Records { path: path.into(), file, len: AtomicU64::new(header.len() as u64) })
    }

    /// Goes on with a file whose end is whole.
    pub fn go_on(path: &Path) -> io::Result<Records> {
        let file = File::options().append(true).open(path)?;
        let len = AtomicU64::new(file.metadata()?.len());
        Ok(Records { path: path.into(), file, len })
    }

    /// Appends what [`encode`] made, or nothing: what a failed write left is cut off again. Whoever
    /// appends must be alone in it.
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

/// Puts a record at the end of a buffer.
pub(crate) fn encode(record: &impl Serialize, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; PREFIX]);
    rmp_serde::encode::write(buffer, record).expect("a buffer takes every record");
    let (prefix, payload) = buffer[start..].split_at_mut(PREFIX);
    let len = u32::try_from(payload.len()).expect("a record is far shorter than 4 GB");
    prefix[..4].copy_from_slice(&len.to_le_bytes());
    prefix[4..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
}

/// Hands over the records of a file up to its end, or to where a crash tore it.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    header: &Header,
    take: &mut dyn FnMut(T),
) -> Result<Found, LogError> {
    let failed = |error| LogError::io("read", path, error);
    let mut file = Window::open(path).map_err(failed)?;
    file.fill(header.len()).map_err(failed)?;
    if !file.bytes().starts_with(header) {
        // A crash may have come before the header was whole.
        if file.len < header.len() as u64 && header.starts_with(file.bytes()) {
            return Ok(Found { records: 0, whole: 0, len: file.len });
        }
        return Err(LogError::NotASegment { path: path.into() });
    }
    file.pass(header.len());
    let (mut records, mut whole) = (0, header.len() as u64);
    loop {
        let found = first(file.bytes()).and_then(|(payload, _)| {
            Some((rmp_serde::from_slice(payload).ok()?, PREFIX + payload.len()))
        });
        if let Some((record, bytes)) = found {
            take(record);
            records += 1;
            whole += bytes as u64;
            file.pass(bytes);
        } else if !file.fill(file.bytes().len() + READ_BYTES).map_err(failed)?
            || file.bytes().len() > 2 * (PREFIX + RECORD_MAX)
        {
            break;
        }
    }
    let follows = stated(file.bytes()).and_then(|(_, _, rest)| first(rest));
    match follows {
        Some(_) => Err(LogError::Damaged { path: path.into(), at: whole }),
        None => Ok(Found { records, whole, len: file.len }),
    }
}

/// A file of which a part is held: what is read is as long as it has to be.
struct Window {
    file: File,
    held: Vec<u8>,
    /// How much of it is behind.
    passed: usize,
    /// Bytes of the whole file.
    len: u64,
}

impl Window {
    fn open(path: &Path) -> io::Result<Window> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Window { file, held: Vec::new(), passed: 0, len })
    }

    /// What is held and not behind.
    fn bytes(&self) -> &[u8] {
        &self.held[self.passed..]
    }

    fn pass(&mut self, bytes: usize) {
        self.passed += bytes;
    }

    /// Holds so many bytes, if there are as many; whether more came.
    fn fill(&mut self, bytes: usize) -> io::Result<bool> {
        self.held.drain(..self.passed);
        self.passed = 0;
        let missing = bytes.saturating_sub(self.held.len()) as u64;
        Ok((&self.file).take(missing).read_to_end(&mut self.held)? > 0)
    }
}

/// The payload of the first record, if it is whole, and what follows.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (crc, payload, rest) = stated(bytes)?;
    (crc32fast::hash(payload) == crc).then_some((payload, rest))
}

/// Checksum and payload of the first record as its prefix states them, and what follows.
fn stated(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let len = u32::from_le_bytes(*len) as usize;
    if len == 0 || len > RECORD_MAX {
        return None;
    }
    let (payload, rest) = rest.split_at_checked(len)?;
    Some((u32::from_le_bytes(*crc), payload, rest))
}

/// Cuts off what is not whole, and keeps it beside the file; whether there was any.
pub(crate) fn mend(path: &Path, found: &Found) -> Result<bool, LogError> {
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

/// Replaces a file as a whole, or leaves it as it is.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let replaced = || {
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The file's name must be on the disk too.
        File::open(dir)?.sync_all()
    };
    replaced().map_err(|error: io::Error| LogError::io("replace", path, error))
}
