//! What one party may see of a journal, as a provable part of the whole.
//!
//! A view is a file of one JSON value a line: a header with the party, then the events, and at last
//! the head and the Merkle root of the journal it was taken from. There are two forms:
//!
//! - A *whole* view has a line for every position: the event with its salt, or the hash of its
//!   content alone. The chain goes through hidden events too, as an event's hash rests on no more
//!   than that, so a [`Head`] proves the view. It shows how many events are hidden, and where.
//! - A *selected* view has the shown events only, each with the proof that it is under the Merkle
//!   root. It is small, but it tells nothing of what was left out, and a head does not prove it.
//!
//! A hidden event's content is hashed under a salt that the view does not hold, so nobody can confirm
//! a guess at it.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::chain::Chain;
use crate::copy::{FORMAT, Header};
use crate::intact::Intact;
use crate::lines::{self, Draft, LineError, Lines};
use crate::merkle::{Inclusion, Tree};
use crate::{Damage, Event, Extent, Hash, Head, Journal, Position, ReadError};

/// How much of the journal a view has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Every position, hidden events as hashes: proven by a head or a root.
    Whole,
    /// Shown events only, each with its proof: proven by a root.
    Selected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum OfJournal {
    #[serde(rename = "journal view")]
    View,
}

#[derive(Serialize, Deserialize)]
struct ViewHeader {
    #[serde(flatten)]
    header: Header<OfJournal>,
    form: Form,
    party: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    /// An event of a whole view.
    Shown(Box<Event>),
    /// One that its party may not see.
    Hidden(Hidden),
    /// An event of a selected view.
    Proven(Box<Proven>),
    /// The last line.
    End(Extent),
}

#[derive(Serialize, Deserialize)]
struct Hidden {
    position: Position,
    content: Hash,
}

#[derive(Serialize, Deserialize)]
struct Proven {
    event: Event,
    path: Vec<Hash>,
}

/// What somebody knows of the journal from elsewhere, to hold a view or a proof against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// A head: the last event's place and hash, as they were at some time.
    Head(Head),
    /// A Merkle root over the first so many events.
    Root {
        /// How many.
        events: u64,
        /// The root.
        root: Hash,
    },
}

/// What a view that was proven says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Viewed {
    /// The party it is for.
    pub party: String,
    /// Its form.
    pub form: Form,
    /// How many events the journal had.
    pub events: u64,
    /// How many of them the view shows.
    pub shown: u64,
    /// Up to where the view is proven: a kept head or root may be older than the view.
    pub proven: u64,
}

/// Why a view could not be made, or proves nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The file does not let itself be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else.
    #[error("`{0}` is not a view of a journal; name another file")]
    NotAView(PathBuf),
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
    #[error("line {line} of the view is not as it was written: {reason}")]
    Line {
        /// The line; 1 is the first.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A shown event is not the one that was appended.
    #[error("event {position} in the view is not the one in the journal: {reason}")]
    Damaged {
        /// Where it stands.
        position: Position,
        /// What is wrong with it.
        reason: Damage,
    },
    /// The view agrees with itself, but is not of the journal whose head or root was given.
    #[error("the view is not of the journal whose head or root you keep")]
    NotOfThisJournal,
    /// The view ends before what was given.
    #[error("the view ends at event {ends}, before the head or root you keep, which is at {kept}")]
    Short {
        /// Where the view ends.
        ends: u64,
        /// What was given is of so many events.
        kept: u64,
    },
    /// A selected view has no chain, and each of its proofs is for one root.
    #[error("a view of selected events is proven by the Merkle root over {0} events alone")]
    NeedsRoot(u64),
    /// The journal itself cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl Journal {
    /// Writes what `party` may see into the file `path`: the events that `may_see` lets through.
    ///
    /// The file gets its name once it is whole, in place of an earlier view of that name; a file that
    /// is something else is left alone. A selected view takes 64 bytes of memory an event.
    ///
    /// # Errors
    /// [`ViewError`] if the journal is damaged or the file cannot be written; then no file is made.
    pub async fn view(
        &self,
        path: &Path,
        party: &str,
        form: Form,
        mut may_see: impl FnMut(&Event) -> bool,
    ) -> Result<Extent, ViewError> {
        let failed = |source| ViewError::File { path: path.to_owned(), source };
        if path.exists() {
            read_header(path, &mut Lines::open(path).map_err(failed)?)?;
        }
        let journal = self.identity().await?;
        let mut intact = Intact::new(self).await?;
        let events = intact.until().0;
        let header = Header { charterparty: OfJournal::View, format: FORMAT, journal, events };
        let header = ViewHeader { header, form, party: party.to_owned() };
        let mut draft = Draft::beside(path).map_err(failed)?;
        lines::write(&mut draft.out, &header).map_err(failed)?;
        let extent = match form {
            Form::Whole => {
                while let Some(event) = intact.next().await? {
                    let line = if may_see(&event) {
                        Line::Shown(Box::new(event))
                    } else {
                        Line::Hidden(Hidden { position: event.position, content: event.content })
                    };
                    lines::write(&mut draft.out, &line).map_err(failed)?;
                }
                intact.chain.extent()
            }
            Form::Selected => {
                let mut tree = Tree::default();
                while let Some(event) = intact.next().await? {
                    tree.push(event.hash);
                }
                let extent = intact.chain.extent();
                let mut again = Intact::new(self).await?;
                while let Some(event) = again.next().await? {
                    // Somebody may have appended meanwhile.
                    if events < event.position.0 {
                        break;
                    }
                    let proof = tree.inclusion(event.position.0 - 1, events);
                    if let Some(Inclusion { path, .. }) = proof.filter(|_| may_see(&event)) {
                        let line = Line::Proven(Box::new(Proven { event, path }));
                        lines::write(&mut draft.out, &line).map_err(failed)?;
                    }
                }
                extent
            }
        };
        lines::write(&mut draft.out, &Line::End(extent)).map_err(failed)?;
        draft.keep(path).map_err(failed)?;
        Ok(extent)
    }
}

/// Sees that the view in a file is part of the journal that `anchor` is of. Needs nothing but the two.
///
/// Of a whole view that goes on after the anchor, only what is up to the anchor is proven.
///
/// # Errors
/// [`ViewError`] says what is not as it was written, or that the view is not of this journal.
pub fn verify_view(path: &Path, anchor: Anchor) -> Result<Viewed, ViewError> {
    let file = |source| ViewError::File { path: path.to_owned(), source };
    let mut lines = Lines::open(path).map_err(file)?;
    let header = read_header(path, &mut lines)?;
    let mut reading =
        Reading { file: path, lines, events: header.header.events, chain: Chain::new(), shown: 0 };
    let kept = match anchor {
        Anchor::Head(head) => head.position.0,
        Anchor::Root { events, .. } => events,
    };
    if reading.events < kept {
        return Err(ViewError::Short { ends: reading.events, kept });
    }
    match header.form {
        Form::Whole => {
            reading.whole(anchor, kept)?;
            if reading.chain.first != header.header.journal {
                return Err(ViewError::NotOfThisJournal);
            }
        }
        Form::Selected => match anchor {
            Anchor::Root { events, root } if events == reading.events => reading.selected(root)?,
            _ => return Err(ViewError::NeedsRoot(reading.events)),
        },
    }
    if !reading.lines.ended().map_err(file)? {
        return Err(reading.wrong("the view should have ended before it"));
    }
    let Reading { events, shown, .. } = reading;
    Ok(Viewed { party: header.party, form: header.form, events, shown, proven: kept })
}

fn read_header(path: &Path, lines: &mut Lines<BufReader<File>>) -> Result<ViewHeader, ViewError> {
    let path = path.to_owned();
    match lines.next::<ViewHeader>() {
        Ok(header) if header.header.format == FORMAT => Ok(header),
        Ok(header) => Err(ViewError::Newer { path, found: header.header.format }),
        Err(LineError::File(source)) => Err(ViewError::File { path, source }),
        Err(LineError::Wrong(_) | LineError::End) => Err(ViewError::NotAView(path)),
    }
}

struct Reading<'a> {
    file: &'a Path,
    lines: Lines<BufReader<File>>,
    events: u64,
    chain: Chain,
    shown: u64,
}

impl Reading<'_> {
    fn whole(&mut self, anchor: Anchor, kept: u64) -> Result<(), ViewError> {
        for number in 0..=self.events {
            if number == kept {
                let agrees = match anchor {
                    Anchor::Head(head) => head == self.chain.head,
                    Anchor::Root { root, .. } => root == self.chain.tree.root(),
                };
                if !agrees {
                    return Err(ViewError::NotOfThisJournal);
                }
            }
            let position = self.chain.head.position.next();
            match self.line()? {
                Line::End(extent) if number == self.events && extent == self.chain.extent() => {
                    return Ok(());
                }
                Line::Shown(event) if number < self.events => {
                    self.shown += 1;
                    self.chain
                        .follow(&event)
                        .map_err(|reason| ViewError::Damaged { position, reason })?;
                }
                Line::Hidden(hidden) if number < self.events && hidden.position == position => {
                    self.chain.follow_hidden(hidden.content);
                }
                _ => return Err(self.wrong("another line belongs there")),
            }
        }
        Err(self.wrong("another line belongs there"))
    }

    fn selected(&mut self, root: Hash) -> Result<(), ViewError> {
        let mut last = Position::BEFORE_FIRST;
        loop {
            match self.line()? {
                Line::End(extent) if extent.root == root => return Ok(()),
                Line::End(_) => return Err(ViewError::NotOfThisJournal),
                Line::Proven(proven) => {
                    let Proven { event, path } = *proven;
                    let position = event.position;
                    if position <= last {
                        return Err(self.wrong("its event is out of order"));
                    }
                    if !event.gives_its_hash() {
                        return Err(ViewError::Damaged { position, reason: Damage::Content });
                    }
                    let inclusion = Inclusion { index: position.0 - 1, size: self.events, path };
                    if !inclusion.verify(event.hash, root) {
                        return Err(ViewError::NotOfThisJournal);
                    }
                    self.shown += 1;
                    last = position;
                }
                _ => return Err(self.wrong("another line belongs there")),
            }
        }
    }

    fn line(&mut self) -> Result<Line, ViewError> {
        self.lines.next().map_err(|error| match error {
            LineError::File(source) => ViewError::File { path: self.file.to_owned(), source },
            LineError::Wrong(reason) => self.wrong(&reason),
            LineError::End => self.wrong("the file ends before it"),
        })
    }

    fn wrong(&self, reason: &str) -> ViewError {
        ViewError::Line { line: self.lines.number, reason: reason.to_owned() }
    }
}
