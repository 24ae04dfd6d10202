//! Where two journals, or copies of them, part ways.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::intact::Intact;
use crate::{Copy, CopyError, Damage, Event, Hash, Head, Journal, Position, ReadError};

/// What there is to say of an event in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// What happened.
    pub kind: String,
    /// What it is about.
    pub stream: String,
    /// Who caused it.
    pub actor: String,
    /// When it was appended.
    pub recorded: Timestamp,
    /// Its hash.
    pub hash: Hash,
}

impl Summary {
    pub(crate) fn of(event: &Event) -> Summary {
        Summary {
            kind: event.kind.clone(),
            stream: event.stream.clone(),
            actor: event.actor.clone(),
            recorded: event.recorded,
            hash: event.hash,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { kind, stream, actor, recorded, .. } = self;
        write!(f, "`{kind}` of `{stream}` by `{actor}`, recorded {recorded}")
    }
}

/// One of two that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The first.
    Left,
    /// The second.
    Right,
}

/// What one side has in the first place where the two differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An intact event.
    Event(Summary),
    /// An event that was changed, moved or removed.
    Damaged(Damage),
    /// Nothing: it ends before.
    Nothing,
}

/// What comparing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Both hold the same events, all intact.
    Same {
        /// Where both end.
        head: Head,
    },
    /// All events of one are the first of the other.
    Prefix {
        /// The one that has fewer.
        shorter: Side,
        /// Where that one ends.
        head: Head,
        /// Where the other one ends.
        longer: Head,
    },
    /// They differ.
    Diverged {
        /// The first place; in all places before it both hold the same, intact.
        position: Position,
        /// What is there on the left.
        left: Found,
        /// What is there on the right.
        right: Found,
    },
}

/// A journal or a copy, to be read from its beginning.
pub struct Sequence<'j>(Source<'j>);

enum Source<'j> {
    Journal(Intact<'j>),
    Copy(Copy),
}

impl<'j> Sequence<'j> {
    /// The events of a journal, as it is now.
    ///
    /// # Errors
    /// [`ReadError`] if the journal cannot be read.
    pub async fn journal(journal: &'j Journal) -> Result<Sequence<'j>, ReadError> {
        Ok(Sequence(Source::Journal(Intact::new(journal).await?)))
    }

    /// The events of a copy.
    #[must_use]
    pub fn copy(copy: Copy) -> Sequence<'j> {
        Sequence(Source::Copy(copy))
    }

    async fn next(&mut self) -> Result<Next, CopyError> {
        let next = match &mut self.0 {
            Source::Journal(intact) => intact.next().await.map_err(CopyError::Journal),
            Source::Copy(copy) => copy.next_event(),
        };
        match next {
            Ok(Some(event)) => Ok(Next::Event(Box::new(event))),
            Ok(None) => Ok(Next::End),
            Err(
                CopyError::Journal(ReadError::Damaged { reason, .. })
                | CopyError::Damaged { reason, .. },
            ) => Ok(Next::Damaged(reason)),
            Err(error) => Err(error),
        }
    }

    fn head(&self) -> Head {
        match &self.0 {
            Source::Journal(intact) => intact.chain.head,
            Source::Copy(copy) => copy.extent().head,
        }
    }
}

enum Next {
    Event(Box<Event>),
    Damaged(Damage),
    End,
}

impl Next {
    fn found(&self) -> Found {
        match self {
            Next::Event(event) => Found::Event(Summary::of(event)),
            Next::Damaged(damage) => Found::Damaged(damage.clone()),
            Next::End => Found::Nothing,
        }
    }
}

/// Finds the first place where two journals or copies differ.
///
/// Both are walked and verified from the beginning, as the hashes that are stored beside altered
/// events say nothing: no search from the end would find them.
///
/// # Errors
/// [`CopyError`] if one of them cannot be read. A damaged event is none: it is a difference.
pub async fn compare(
    mut left: Sequence<'_>,
    mut right: Sequence<'_>,
) -> Result<Comparison, CopyError> {
    let mut same = Head::EMPTY;
    loop {
        let (ours, theirs) = (left.next().await?, right.next().await?);
        match (&ours, &theirs) {
            (Next::End, Next::End) => return Ok(Comparison::Same { head: same }),
            (Next::Event(one), Next::Event(other)) if one.hash == other.hash => {
                same = one.head();
            }
            (Next::End, Next::Event(_)) | (Next::Event(_), Next::End) => {
                let (shorter, longer) = match ours {
                    Next::End => (Side::Left, &mut right),
                    _ => (Side::Right, &mut left),
                };
                return rest(longer, same, shorter).await;
            }
            _ => {
                let (left, right) = (ours.found(), theirs.found());
                return Ok(Comparison::Diverged { position: same.position.next(), left, right });
            }
        }
    }
}

/// Sees that what the longer one has beyond the shorter one is intact.
async fn rest(
    longer: &mut Sequence<'_>,
    head: Head,
    shorter: Side,
) -> Result<Comparison, CopyError> {
    loop {
        match longer.next().await? {
            Next::Event(_) => {}
            Next::End => {
                return Ok(Comparison::Prefix { shorter, head, longer: longer.head() });
            }
            Next::Damaged(damage) => {
                let position = longer.head().position.next();
                let (left, right) = match shorter {
                    Side::Left => (Found::Nothing, Found::Damaged(damage)),
                    Side::Right => (Found::Damaged(damage), Found::Nothing),
                };
                return Ok(Comparison::Diverged { position, left, right });
            }
        }
    }
}
