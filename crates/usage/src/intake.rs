//! The road every row takes into a store: buffered, told from rows already there, staged.

mod keeper;
mod verdict;

use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::EventId;
use crate::names::Names;
use crate::schema::NAMES;
use crate::segment::{Columns, Row};
use crate::store::{Store, StoreError};
use crate::tokens::CLASSES;
use keeper::Keeper;

pub(crate) use keeper::Tally;

/// A row with its names still spelt out, checked and ready to be kept.
// INVARIANT: every name is non-empty; `calls` is not 0; `at_ns` came from `day::nanoseconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub at_ns: i64,
    pub names: [&'a str; NAMES.len()],
    pub calls: u32,
    pub tokens: [u32; CLASSES],
}

/// Rows on their way into a store. Nothing is the store's until [`Intake::finish`].
///
/// Rows go in chunks to a thread that keeps them, buffer by buffer, while others are read.
pub(crate) struct Intake {
    chunk: Chunk,
    /// The names of the buffer that is being filled, by codes.
    names: Names,
    /// How many of them the keeper has.
    names_sent: usize,
    /// How many rows the buffer that is being filled has room for.
    room: usize,
    /// How many buffers have been filled before.
    buffers: u64,
    buffer_rows: usize,
    root: PathBuf,
    /// `None` once the thread has ended, which before the end means that it failed.
    chunks: Option<SyncSender<Chunk>>,
    keeper: Option<JoinHandle<Result<Keeper, StoreError>>>,
}

/// Some rows of a buffer, and rows that are not kept.
#[derive(Default)]
struct Chunk {
    columns: Columns,
    /// For each row, its line in the source.
    lines: Vec<u64>,
    /// Names that no chunk before this one had in its buffer, in the order of their codes.
    names: Vec<Arc<str>>,
    /// Lines that are no rows: why, and what they say.
    rejects: Vec<(u64, String, String)>,
    /// Whether the buffer is full with these rows.
    is_last: bool,
}

/// Rows of a chunk.
pub(crate) const CHUNK_ROWS: usize = 1 << 14;

/// Chunks that may wait for the keeper: half as many rows as a buffer, each of some 100 bytes.
fn chunks_waiting(buffer_rows: usize) -> usize {
    (buffer_rows / 2 / CHUNK_ROWS).clamp(1, 32)
}

/// Rejected lines held at a time.
const REJECTS_MAX: usize = 1 << 12;

impl Intake {
    /// Waits for any other writer of the store.
    pub(crate) fn begin(store: &Store) -> Result<Self, StoreError> {
        let mut keeper = Keeper::begin(store)?;
        let (send, receive) = sync_channel::<Chunk>(chunks_waiting(store.buffer_rows()));
        let keeper = thread::spawn(move || {
            receive.into_iter().try_for_each(|chunk| keeper.take(chunk))?;
            Ok(keeper)
        });
        Ok(Self {
            chunk: Chunk::default(),
            names: Names::default(),
            names_sent: 0,
            room: store.buffer_rows(),
            buffers: 0,
            buffer_rows: store.buffer_rows(),
            root: store.root().to_path_buf(),
            chunks: Some(send),
            keeper: Some(keeper),
        })
    }

    /// Takes a row in. `line` says where in the source it is.
    pub(crate) fn push(
        &mut self,
        line: u64,
        id: EventId,
        call: &Call<'_>,
    ) -> Result<(), StoreError> {
        let names = call.names.map(|name| self.names.code(name));
        let Call { at_ns, calls, tokens, .. } = *call;
        self.chunk.columns.push(&Row { id, at_ns, names, calls, tokens });
        self.chunk.lines.push(line);
        self.pushed(1)
    }

    /// How many rows can be taken in under the codes that names have now.
    pub(crate) fn room(&self) -> usize {
        self.room.min(CHUNK_ROWS - self.chunk.lines.len())
    }

    /// The code of a name, which holds for as long as [`Intake::epoch`] is the same.
    pub(crate) fn code(&mut self, name: &str) -> u32 {
        self.names.code(name)
    }

    /// Changes when names get other codes.
    pub(crate) fn epoch(&self) -> u64 {
        self.buffers
    }

    /// Takes rows in, no more than there is room for. `fill` adds them to columns; they stand on
    /// the lines from `first_line` on.
    pub(crate) fn extend(
        &mut self,
        first_line: u64,
        rows: usize,
        fill: impl FnOnce(&mut Columns),
    ) -> Result<(), StoreError> {
        debug_assert!(rows <= self.room());
        fill(&mut self.chunk.columns);
        self.chunk.lines.extend((first_line..).take(rows));
        debug_assert_eq!(self.chunk.columns.len(), self.chunk.lines.len());
        self.pushed(rows)
    }

    fn pushed(&mut self, rows: usize) -> Result<(), StoreError> {
        self.room -= rows;
        if self.room == 0 {
            return self.flush();
        }
        if self.chunk.lines.len() >= CHUNK_ROWS { self.send() } else { Ok(()) }
    }

    /// Writes down a row that is not kept, and why.
    pub(crate) fn reject(&mut self, line: u64, reason: &str, row: &str) -> Result<(), StoreError> {
        self.chunk.rejects.push((line, reason.to_owned(), row.to_owned()));
        if self.chunk.rejects.len() >= REJECTS_MAX { self.send() } else { Ok(()) }
    }

    /// Hands the chunk over. What went wrong with an earlier one shows here.
    fn send(&mut self) -> Result<(), StoreError> {
        let next =
            Chunk { columns: Columns::with_capacity(self.chunk.columns.len()), ..Chunk::default() };
        let mut chunk = mem::replace(&mut self.chunk, next);
        chunk.names = self.names.since(self.names_sent);
        self.names_sent = self.names.len();
        let sent = self.chunks.as_ref().is_some_and(|chunks| chunks.send(chunk).is_ok());
        if sent { Ok(()) } else { self.end().map(|_| ()) }
    }

    /// Hands over the last chunk of a buffer.
    fn flush(&mut self) -> Result<(), StoreError> {
        self.chunk.is_last = true;
        self.send()?;
        (self.names, self.names_sent) = (Names::default(), 0);
        self.room = self.buffer_rows;
        self.buffers += 1;
        Ok(())
    }

    /// Waits for the other half to have kept what it was given.
    fn end(&mut self) -> Result<Keeper, StoreError> {
        self.chunks = None;
        let Some(keeper) = self.keeper.take() else {
            let error = io::Error::other("an earlier row could not be kept");
            return Err(StoreError::io("go on writing", &self.root, error));
        };
        keeper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Stages what is left, then puts all segments in place, and the file of rejects under
    /// the name of `source`, if the rows come from a file.
    pub(crate) fn finish(mut self, source: Option<&Path>) -> Result<Tally, StoreError> {
        self.flush()?;
        self.end()?.finish(source)
    }
}

impl Drop for Intake {
    /// The lock is given back when the other half has ended, and the caller may begin anew at once.
    fn drop(&mut self) {
        self.chunks = None;
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}
