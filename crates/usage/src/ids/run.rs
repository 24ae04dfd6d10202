//! Entries in order, with a filter before them.
//!
//! A file of pages: the head (what it is, how many entries), the entries, the blocks of the
//! filter, and the first key of each page of entries.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::Entry;
use super::filter::{self, BLOCK};
use super::pages::{Damage, PAGE, PageReader, PageWriter, ROOM};

/// Says what the file is; another form of it has another mark.
const MARK: [u8; 16] = *b"charterparty ids";
const VERSION: u64 = 1;

/// Bytes of an entry: its key and its content.
const ENTRY: usize = 24;
const ENTRIES_PER_PAGE: u64 = (ROOM / ENTRY) as u64;
const BLOCKS_PER_PAGE: u64 = (ROOM / BLOCK) as u64;
const FENCE: usize = size_of::<u128>();
const FENCES_PER_PAGE: u64 = (ROOM / FENCE) as u64;

/// Pages read at a time where most of them are wanted.
const AHEAD: usize = 64;

/// Where the parts of a run of so many entries stand.
#[derive(Debug, Clone, Copy)]
struct Places {
    entries: u64,
    blocks: u64,
    filter: u64,
    fences: u64,
    end: u64,
}

impl Places {
    fn of(len: u64) -> Self {
        let blocks = filter::blocks(len);
        let entry_pages = len.div_ceil(ENTRIES_PER_PAGE);
        let filter = 1 + entry_pages;
        let fences = filter + blocks.div_ceil(BLOCKS_PER_PAGE);
        let end = fences + entry_pages.div_ceil(FENCES_PER_PAGE);
        Self { entries: 1, blocks, filter, fences, end }
    }
}

/// A run that has been written.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    file: File,
    len: u64,
    places: Places,
}

impl Run {
    pub(super) fn open(path: &Path) -> Result<Self, Damage> {
        let file = File::open(path)?;
        let mut head = PageReader::new(&file, 1, 1);
        let head = head.page(0)?;
        let number = |at: usize| {
            let bytes = head[at..].first_chunk().expect("a page is longer than its head");
            u64::from_le_bytes(*bytes)
        };
        let (version, len) = (number(MARK.len()), number(MARK.len() + 8));
        if head[..MARK.len()] != MARK || version != VERSION || len == 0 {
            return Err(Damage::Changed);
        }
        let places = Places::of(len);
        if file.metadata()?.len() != places.end * PAGE as u64 {
            return Err(Damage::Changed);
        }
        Ok(Self { path: path.into(), file, len, places })
    }

    /// Writes entries, which are in order.
    pub(super) fn write(path: &Path, entries: &[Entry]) -> Result<Self, Damage> {
        let mut writer = RunWriter::new(path, entries.len() as u64)?;
        entries.iter().try_for_each(|entry| writer.push(*entry))?;
        writer.finish()
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Moves the file to another folder.
    pub(super) fn move_into(&mut self, dir: &Path) -> io::Result<()> {
        let place = dir.join(self.name());
        if place != self.path {
            fs::rename(&self.path, &place)?;
            self.path = place;
        }
        Ok(())
    }

    /// All entries, in order.
    pub(super) fn entries(&self) -> Entries<'_> {
        let reader = PageReader::new(&self.file, self.places.filter, AHEAD);
        Entries { reader, next: 0, len: self.len }
    }

    /// Calls `known` with the place of each key that is here, and its content.
    pub(super) fn look_up(
        &self,
        keys: &[u128],
        known: &mut impl FnMut(usize, u64),
    ) -> Result<(), Damage> {
        // A handle of its own: several threads look up at once, and a handle has one position.
        let file = File::open(&self.path)?;
        let mut likely = Vec::new();
        let filter_pages = self.places.fences - self.places.filter;
        let mut reader =
            PageReader::new(&file, self.places.fences, ahead(keys.len(), filter_pages));
        for (index, key) in keys.iter().enumerate() {
            let block = filter::block_of(*key, self.places.blocks);
            let page = reader.page(self.places.filter + block / BLOCKS_PER_PAGE)?;
            if filter::may_have(item(page, block % BLOCKS_PER_PAGE, BLOCK), *key) {
                likely.push(index);
            }
        }
        if likely.is_empty() {
            return Ok(());
        }

        let fences = self.fences(&file)?;
        let mut reader =
            PageReader::new(&file, self.places.filter, ahead(likely.len(), fences.len() as u64));
        for index in likely {
            let key = keys[index];
            // The last page that begins at the key or before it.
            let Some(page) = fences.partition_point(|first| *first <= key).checked_sub(1) else {
                continue;
            };
            let page = page as u64;
            let held = (self.len - page * ENTRIES_PER_PAGE).min(ENTRIES_PER_PAGE);
            let held = usize::try_from(held).expect("fewer than fill a page");
            let bytes = reader.page(self.places.entries + page)?;
            let (items, _) = bytes[..held * ENTRY].as_chunks::<ENTRY>();
            if let Ok(found) = items.binary_search_by_key(&key, |item| entry(item).key) {
                known(index, entry(&items[found]).content);
            }
        }
        Ok(())
    }

    /// The first key of each page of entries.
    fn fences(&self, file: &File) -> Result<Vec<u128>, Damage> {
        let count = self.places.filter - self.places.entries;
        let mut reader = PageReader::new(file, self.places.end, AHEAD);
        let mut fences = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        for page in self.places.fences..self.places.end {
            let left = usize::try_from(count).unwrap_or(usize::MAX) - fences.len();
            let (items, _) = reader.page(page)?.as_chunks::<FENCE>();
            fences.extend(items.iter().take(left).map(|item| u128::from_le_bytes(*item)));
        }
        Ok(fences)
    }
}

/// How many pages to read at a time, to find so many keys among them.
fn ahead(keys: usize, pages: u64) -> usize {
    if keys as u64 >= pages / 4 { AHEAD } else { 1 }
}

fn item(page: &[u8], index: u64, size: usize) -> &[u8] {
    let at = usize::try_from(index).expect("an item of a page") * size;
    &page[at..at + size]
}

fn entry(bytes: &[u8; ENTRY]) -> Entry {
    let (key, content) = bytes.split_first_chunk().expect("an entry begins with its key");
    let content = content.first_chunk().expect("an entry ends with its content");
    Entry { key: u128::from_le_bytes(*key), content: u64::from_le_bytes(*content) }
}

/// The entries of a run, read from one end to the other.
pub(super) struct Entries<'r> {
    reader: PageReader<'r>,
    next: u64,
    len: u64,
}

impl Entries<'_> {
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Damage> {
        if self.next == self.len {
            return Ok(None);
        }
        let page = self.reader.page(1 + self.next / ENTRIES_PER_PAGE)?;
        let bytes = item(page, self.next % ENTRIES_PER_PAGE, ENTRY);
        self.next += 1;
        Ok(Some(entry(bytes.first_chunk().expect("an item is an entry"))))
    }
}

/// Writes a run whose length is known.
pub(super) struct RunWriter {
    path: PathBuf,
    len: u64,
    places: Places,
    entries: PageWriter,
    filter: PageWriter,
    fences: PageWriter,
    written: u64,
    block: [u8; BLOCK],
    block_number: u64,
}

impl RunWriter {
    pub(super) fn new(path: &Path, len: u64) -> Result<Self, Damage> {
        let places = Places::of(len);
        let mut head = PageWriter::new(File::create(path)?, 0)?;
        let mut item = MARK.to_vec();
        item.extend(VERSION.to_le_bytes());
        item.extend(len.to_le_bytes());
        head.push(&item)?;
        head.finish()?;
        // A position of its own in the file for each part, as all three are written at once.
        let part = |first| PageWriter::new(File::options().write(true).open(path)?, first);
        Ok(Self {
            path: path.into(),
            len,
            places,
            entries: part(places.entries)?,
            filter: part(places.filter)?,
            fences: part(places.fences)?,
            written: 0,
            block: [0; BLOCK],
            block_number: 0,
        })
    }

    /// Writes the next entry, whose key is not below that of the last.
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), Damage> {
        if self.written.is_multiple_of(ENTRIES_PER_PAGE) {
            self.fences.push(&entry.key.to_le_bytes())?;
        }
        let mut bytes = [0; ENTRY];
        bytes[..16].copy_from_slice(&entry.key.to_le_bytes());
        bytes[16..].copy_from_slice(&entry.content.to_le_bytes());
        self.entries.push(&bytes)?;
        self.end_blocks(filter::block_of(entry.key, self.places.blocks))?;
        filter::insert(&mut self.block, entry.key);
        self.written += 1;
        Ok(())
    }

    /// Writes the blocks before `number`.
    fn end_blocks(&mut self, number: u64) -> io::Result<()> {
        while self.block_number < number {
            self.filter.push(&self.block)?;
            self.block = [0; BLOCK];
            self.block_number += 1;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Run, Damage> {
        debug_assert_eq!(self.written, self.len);
        self.end_blocks(self.places.blocks)?;
        self.entries.finish()?;
        self.filter.finish()?;
        self.fences.finish()?;
        Run::open(&self.path)
    }
}
