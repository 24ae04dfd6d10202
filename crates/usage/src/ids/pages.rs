//! A file in pages of fixed size, each with a checksum.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use twox_hash::XxHash3_64;

use crate::store::StoreError;

/// Bytes of a page.
pub(super) const PAGE: usize = 1 << 12;
/// Bytes of a page that hold something.
pub(super) const ROOM: usize = PAGE - size_of::<u64>();

/// Why a part of the set cannot be used.
#[derive(Debug)]
pub(crate) enum Damage {
    /// It cannot be read or written.
    Io(io::Error),
    /// It is not what was written.
    Changed,
}

impl Damage {
    /// As an error of the store that is doing something in `path`.
    pub(crate) fn of(self, path: &Path) -> StoreError {
        let error = match self {
            Damage::Io(error) => error,
            Damage::Changed => io::Error::other("what was just written is not there"),
        };
        StoreError::io("write", path, error)
    }
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The number of a page is part of its checksum, so that pages cannot change places.
fn checksum(page: &[u8], number: u64) -> u64 {
    XxHash3_64::oneshot_with_seed(number, &page[..ROOM])
}

/// Writes pages one after the other, from one on. Items never lie across two.
pub(super) struct PageWriter {
    file: BufWriter<File>,
    number: u64,
    page: Box<[u8; PAGE]>,
    filled: usize,
}

impl PageWriter {
    pub(super) fn new(mut file: File, first: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(first * PAGE as u64))?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Self { file, number: first, page: Box::new([0; PAGE]), filled: 0 })
    }

    pub(super) fn push(&mut self, item: &[u8]) -> io::Result<()> {
        if self.filled + item.len() > ROOM {
            self.end_page()?;
        }
        self.page[self.filled..self.filled + item.len()].copy_from_slice(item);
        self.filled += item.len();
        Ok(())
    }

    fn end_page(&mut self) -> io::Result<()> {
        self.page[self.filled..ROOM].fill(0);
        let sum = checksum(&self.page[..], self.number);
        self.page[ROOM..].copy_from_slice(&sum.to_le_bytes());
        self.file.write_all(&self.page[..])?;
        (self.number, self.filled) = (self.number + 1, 0);
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.filled > 0 {
            self.end_page()?;
        }
        self.file.flush()
    }
}

/// Reads pages, some at a time.
pub(super) struct PageReader<'f> {
    file: &'f File,
    bytes: Vec<u8>,
    first: u64,
    /// Pages to read at a time.
    ahead: usize,
    /// The end of what may be read.
    end: u64,
}

impl<'f> PageReader<'f> {
    /// A reader of the pages before `end`.
    pub(super) fn new(file: &'f File, end: u64, ahead: usize) -> Self {
        Self { file, bytes: Vec::new(), first: 0, ahead, end }
    }

    /// What a page holds.
    pub(super) fn page(&mut self, number: u64) -> Result<&[u8], Damage> {
        let held = (self.bytes.len() / PAGE) as u64;
        if !(self.first..self.first + held).contains(&number) {
            if number >= self.end {
                return Err(Damage::Changed);
            }
            let pages = self.ahead.min(usize::try_from(self.end - number).unwrap_or(self.ahead));
            self.bytes.resize(pages * PAGE, 0);
            self.file.seek(SeekFrom::Start(number * PAGE as u64))?;
            self.file.read_exact(&mut self.bytes)?;
            self.first = number;
            for (page, number) in self.bytes.chunks_exact(PAGE).zip(number..) {
                if page[ROOM..] != checksum(page, number).to_le_bytes() {
                    self.bytes.clear();
                    return Err(Damage::Changed);
                }
            }
        }
        let at = usize::try_from(number - self.first).expect("a page that is held") * PAGE;
        Ok(&self.bytes[at..at + ROOM])
    }
}
