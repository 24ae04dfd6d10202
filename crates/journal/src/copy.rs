//! Copies of a journal in one file, for whoever trusts no database but their own.
//!
//! One JSON value a line: a header with the journal's identity and the number of events, each event
//! in full with its salt and its hashes, and at last the head and the Merkle root. Writing and
//! reading hold some events in memory at a time, and read or write the file without a thread of
//! their own.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::chain::Chain;
use crate::intact::Intact;
use crate::lines::{self, Draft, LineError, Lines};
use crate::{Damage, Event, Hash, Head, Journal, Position, ReadError};

/// What a file says of itself in its first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header<Of> {
    /// What the file is.
    pub charterparty: Of,
    pub format: u32,
    /// The hash of the first event.
    pub journal: Hash,
    /// How many events the journal had.
    pub events: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Copied {
    #[serde(rename = "journal copy")]
    JournalCopy,
}

/// The version of the files. A later one is refused, never guessed at.
pub(crate) const FORMAT: u32 = 1;

/// Where a journal ended: what to keep elsewhere, to hold a later copy or view against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The last event.
    pub head: Head,
    /// The Merkle root over all events up to it.
    pub root: Hash,
}

/// Why a copy cannot be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The file does not let itself be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else.
    #[error("`{0}` is not a copy of a journal; name another file")]
    NotACopy(PathBuf),
    /// A later version of this program wrote it.
    #[error(
        "`{path}` has format {found}, and this version reads format {FORMAT}; install a newer one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: u32,
    },
    /// A line holds something else than belongs there.
    #[error("line {line} of `{path}` is not as it was written: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line; 1 is the first.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// An event in the file is not the one that was copied.
    #[error("event {position} in `{path}` is not as it was copied")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it stands.
        position: Position,
        /// What is wrong with it.
        #[source]
        reason: Damage,
    },
    /// The events are in order, but are not those that the first or last line speaks of.
    #[error("the events in `{0}` are not those its first and last line speak of; get another copy")]
    Extent(PathBuf),
    /// The journal itself cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl Journal {
    /// Writes a copy of the whole journal, as it is now, into the file `path`.
    ///
    /// Every event is verified on the way. The file gets its name once it is whole, in place of an
    /// earlier copy of that name; a file that is something else is left alone.
    ///
    /// # Errors
    /// [`CopyError`] if the journal is damaged or the file cannot be written; then no file is made.
    pub async fn export(&self, path: &Path) -> Result<Extent, CopyError> {
        let failed = |source| CopyError::File { path: path.to_owned(), source };
        if path.exists() {
            Copy::open(path)?;
        }
        let first = self.identity().await?;
        let mut intact = Intact::new(self).await?;
        let mut draft = Draft::beside(path).map_err(failed)?;
        let header = Header {
            charterparty: Copied::JournalCopy,
            format: FORMAT,
            journal: first,
            events: intact.until().0,
        };
        lines::write(&mut draft.out, &header).map_err(failed)?;
        while let Some(event) = intact.next().await? {
            lines::write(&mut draft.out, &event).map_err(failed)?;
        }
        let extent = intact.chain.extent();
        lines::write(&mut draft.out, &extent).map_err(failed)?;
        draft.keep(path).map_err(failed)?;
        Ok(extent)
    }

    /// The hash of the first event, by which a journal and its copies are told from all others: no
    /// two have the same, as it is of a random salt. [`Hash::GENESIS`] if there are no events yet.
    ///
    /// # Errors
    /// [`ReadError`] if the first event is damaged or cannot be read.
    pub async fn identity(&self) -> Result<Hash, ReadError> {
        let filter = crate::Filter { limit: Some(1), ..crate::Filter::all() };
        let first = self.read(Position::BEFORE_FIRST, &filter).await?;
        Ok(first.first().map_or(Hash::GENESIS, |event| event.hash))
    }

    /// Hands every event to `each`, once it was seen to give its hash and to follow the one before,
    /// and says where the journal ends. Holds some events in memory at a time.
    ///
    /// # Errors
    /// [`ReadError`] if an event is damaged or cannot be read; those before it were handed out.
    pub async fn walk(&self, mut each: impl FnMut(Event)) -> Result<Extent, ReadError> {
        let mut intact = Intact::new(self).await?;
        while let Some(event) = intact.next().await? {
            each(event);
        }
        Ok(intact.chain.extent())
    }
}

impl Chain {
    pub(crate) fn extent(&self) -> Extent {
        Extent { head: self.head, root: self.tree.root() }
    }
}

/// A copy, read event by event. Each event returned gave its hash and followed the one before; that
/// all of them are those the file speaks of is known when the last one was returned without error.
pub struct Copy {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    journal: Hash,
    events: u64,
    chain: Chain,
    ended: bool,
}

impl Copy {
    /// Opens the copy at `path` and reads its first line.
    ///
    /// # Errors
    /// [`CopyError`] if it cannot be read or is not a copy.
    pub fn open(path: &Path) -> Result<Copy, CopyError> {
        let failed = |source| CopyError::File { path: path.to_owned(), source };
        let mut lines = Lines::open(path).map_err(failed)?;
        let header: Header<Copied> = lines.next().map_err(|error| match error {
            LineError::File(source) => failed(source),
            LineError::Wrong(_) | LineError::End => CopyError::NotACopy(path.to_owned()),
        })?;
        if header.format != FORMAT {
            return Err(CopyError::Newer { path: path.to_owned(), found: header.format });
        }
        let Header { journal, events, .. } = header;
        let path = path.to_owned();
        Ok(Copy { path, lines, journal, events, chain: Chain::new(), ended: false })
    }

    /// The hash of the first event: see [`Journal::identity`].
    #[must_use]
    pub fn identity(&self) -> Hash {
        self.journal
    }

    /// How many events the file says it has.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What was returned so far.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.chain.extent()
    }

    /// The next event; none after the last, if the file is whole.
    ///
    /// # Errors
    /// [`CopyError`] says what is not as it was written.
    pub fn next_event(&mut self) -> Result<Option<Event>, CopyError> {
        if self.chain.head.position.0 == self.events {
            if !self.ended {
                self.end()?;
                self.ended = true;
            }
            return Ok(None);
        }
        let event: Event = self.lines.next().map_err(|error| self.line_error(error))?;
        let position = self.chain.head.position.next();
        self.chain.follow(&event).map_err(|reason| {
            let path = self.path.clone();
            CopyError::Damaged { path, position, reason }
        })?;
        if position == Position(1) && event.hash != self.journal {
            return Err(CopyError::Extent(self.path.clone()));
        }
        Ok(Some(event))
    }

    fn end(&mut self) -> Result<(), CopyError> {
        let extent: Extent = self.lines.next().map_err(|error| self.line_error(error))?;
        let ended = self.lines.ended().map_err(|error| self.line_error(LineError::File(error)))?;
        if extent == self.chain.extent() && self.journal == self.chain.first && ended {
            return Ok(());
        }
        Err(CopyError::Extent(self.path.clone()))
    }

    fn line_error(&self, error: LineError) -> CopyError {
        let path = self.path.clone();
        let reason = match error {
            LineError::File(source) => return CopyError::File { path, source },
            LineError::Wrong(reason) => reason,
            LineError::End => "the file ends before it".to_owned(),
        };
        CopyError::Line { path, line: self.lines.number, reason }
    }
}
