//! How events are read back.

use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt};
use thiserror::Error;

use crate::open::Shared;
use crate::{Damage, Event, Head, Journal, Position, StorageError};

/// Which events to read. What is not set does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only events of this very stream.
    pub stream: Option<String>,
    /// Only events whose stream begins so, as `case/` or `agreement/`.
    pub stream_prefix: Option<String>,
    /// Only events of this kind.
    pub kind: Option<String>,
    /// At most so many events, the earliest ones.
    pub limit: Option<u64>,
}

impl Filter {
    /// Every event.
    #[must_use]
    pub fn all() -> Filter {
        Filter::default()
    }

    /// Every event of one stream.
    #[must_use]
    pub fn stream(name: impl Into<String>) -> Filter {
        Filter { stream: Some(name.into()), ..Filter::default() }
    }

    /// Whether an event of this kind and stream is among them.
    pub(crate) fn lets_through(&self, kind: &str, stream: &str) -> bool {
        self.stream.as_ref().is_none_or(|wanted| wanted == stream)
            && self.stream_prefix.as_ref().is_none_or(|wanted| stream.starts_with(wanted.as_str()))
            && self.kind.as_ref().is_none_or(|wanted| wanted == kind)
    }

    /// Whether no event can be missing between two that it lets through.
    fn is_all(&self) -> bool {
        self.stream.is_none() && self.stream_prefix.is_none() && self.kind.is_none()
    }
}

/// Why events could not be read.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// An event was changed after it was appended.
    #[error("event {position} of the journal is damaged; restore it from another party's copy")]
    Damaged {
        /// Where it stands; 0 if its place cannot be told.
        position: Position,
        /// What is wrong with it.
        #[source]
        reason: Damage,
    },
    /// The file or the server failed.
    #[error("cannot read the journal")]
    Storage(#[source] StorageError),
}

impl<E: Into<StorageError>> From<E> for ReadError {
    fn from(error: E) -> ReadError {
        ReadError::Storage(error.into())
    }
}

impl ReadError {
    /// An event that says of itself to be at `found` is damaged.
    pub(crate) fn damaged(found: i64, reason: Damage) -> ReadError {
        ReadError::Damaged { position: Position(found.try_into().unwrap_or_default()), reason }
    }
}

/// How many events are held in memory at a time, where they are not asked for all at once.
const PAGE: u64 = 1024;

impl Journal {
    /// Where the journal ends.
    ///
    /// # Errors
    /// [`ReadError`] if the last event is damaged or the file or server cannot be read.
    pub async fn head(&self) -> Result<Head, ReadError> {
        let last = self.shared.reader.run(|reader| reader.last()).await??;
        Ok(last.map_or(Head::EMPTY, |last| last.head()))
    }

    /// The events after `from`, in order.
    ///
    /// Each event returned gives its hash. Only [`Journal::verify`] sees whether one was left out.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] if any of the events was changed; then none is returned.
    pub async fn read(&self, from: Position, filter: &Filter) -> Result<Vec<Event>, ReadError> {
        self.shared.read(from, filter.clone()).await
    }

    /// The events after `from`, in order, of which few are in memory at a time.
    ///
    /// It ends where the journal ended when it was asked for the last of them. With a filter that
    /// narrows nothing, each event is also seen to follow the one before it.
    ///
    /// The stream gives [`ReadError::Damaged`] where an event was changed, and ends there.
    pub fn stream(
        &self,
        from: Position,
        filter: &Filter,
    ) -> impl Stream<Item = Result<Event, ReadError>> + Send + Unpin + 'static {
        let pages = Pages {
            shared: Arc::clone(&self.shared),
            place: Place::after(from),
            left: filter.limit.unwrap_or(u64::MAX),
            filter: filter.clone(),
        };
        let pages = stream::unfold(Some(pages), |pages| async {
            let mut pages = pages?;
            match pages.next().await {
                Ok(page) if page.is_empty() => None,
                Ok(page) => Some((page.into_iter().map(Ok).collect(), Some(pages))),
                Err(error) => Some((vec![Err(error)], None)),
            }
        });
        Box::pin(pages.flat_map(stream::iter))
    }
}

impl Shared {
    pub(crate) async fn read(
        &self,
        from: Position,
        filter: Filter,
    ) -> Result<Vec<Event>, ReadError> {
        self.reader.run(move |reader| reader.read(from, &filter)).await?
    }
}

/// A journal being read page by page.
pub(crate) struct Pages {
    pub shared: Arc<Shared>,
    pub filter: Filter,
    pub place: Place,
    /// How many events are still wanted.
    pub left: u64,
}

impl Pages {
    /// Some of the events that come next; none if there are none yet.
    pub(crate) async fn next(&mut self) -> Result<Vec<Event>, ReadError> {
        let limit = Some(PAGE.min(self.left));
        let filter = Filter { limit, ..self.filter.clone() };
        let page = self.shared.read(self.place.position, filter).await?;
        for event in &page {
            self.place.follow(event, self.filter.is_all())?;
        }
        self.left -= page.len() as u64;
        Ok(page)
    }
}

/// How far the events were read, and what the next has to follow if that is known.
pub(crate) struct Place {
    pub position: Position,
    before: Option<Head>,
}

impl Place {
    pub(crate) fn after(position: Position) -> Place {
        let before = (position == Position::BEFORE_FIRST).then_some(Head::EMPTY);
        Place { position, before }
    }

    fn follow(&mut self, event: &Event, gapless: bool) -> Result<(), ReadError> {
        let next = self.position.next();
        let reason = if gapless && event.position != next {
            Some(Damage::OutOfPlace { found: event.position.to_sql() })
        } else if gapless && self.before.is_some_and(|before| before.hash != event.previous) {
            Some(Damage::Link)
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(ReadError::Damaged { position: next, reason });
        }
        (self.position, self.before) = (event.position, Some(event.head()));
        Ok(())
    }
}

impl Event {
    pub(crate) fn head(&self) -> Head {
        Head { position: self.position, hash: self.hash }
    }
}
