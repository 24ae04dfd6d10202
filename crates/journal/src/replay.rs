//! How a whole journal is folded, event by event, where copying each would cost more than reading it.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::Deserialize;

use crate::columns::Columns;
use crate::worker::apart;
use crate::{Damage, Event, Hash, Head, Journal, Position, ReadError, Salt};

/// An event while it is read: it gave its hash, follows the one before it, and lies where the store
/// has it. What is to be kept of it is copied by whoever keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Replayed<'a> {
    /// Its place in the journal.
    pub position: Position,
    /// When it was appended; never before the event in front of it.
    pub recorded: Timestamp,
    /// What happened.
    pub kind: &'a str,
    /// What it is about.
    pub stream: &'a str,
    /// The party or person who caused it.
    pub actor: &'a str,
    /// The clause that caused it.
    pub cause: Option<&'a str>,
    /// When it happened, which may lie before it was recorded.
    pub effective: Timestamp,
    /// Its details as they were written, in JSON: see [`Replayed::decode`].
    pub payload: &'a str,
    /// The key of `content`.
    pub salt: Salt,
    /// The hash of what it says: see [`Hash::of_content`].
    pub content: Hash,
    /// The hash of the event in front of it.
    pub previous: Hash,
    /// The hash of position, content and previous hash: see [`Hash::of_link`].
    pub hash: Hash,
}

impl<'a> Replayed<'a> {
    /// Reads the payload as a `T`, without making a [`serde_json::Value`] of it first.
    ///
    /// # Errors
    /// If it is none.
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload)
    }

    /// The event, to keep.
    ///
    /// # Errors
    /// If its payload is not JSON, which only a forger can have appended.
    pub fn to_event(&self) -> Result<Event, serde_json::Error> {
        Ok(Event {
            position: self.position,
            recorded: self.recorded,
            kind: self.kind.to_owned(),
            stream: self.stream.to_owned(),
            actor: self.actor.to_owned(),
            cause: self.cause.map(str::to_owned),
            effective: self.effective,
            payload: self.decode()?,
            salt: self.salt,
            content: self.content,
            previous: self.previous,
            hash: self.hash,
        })
    }

    fn head(&self) -> Head {
        Head { position: self.position, hash: self.hash }
    }
}

impl Journal {
    /// Folds every event after `after` into `state`, and returns it with where the journal ended when
    /// this began. Each event is seen to give its hash and to follow the one before it, the first one
    /// the event at `after`. The fold runs on a thread of its own, and may end it early.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] at the first event that was changed, moved or removed, whatever the fold
    /// made of those before it; [`ReadError::Storage`] if the file or server cannot be read.
    pub async fn replay<S: Send + 'static>(
        &self,
        after: Head,
        mut state: S,
        mut fold: impl FnMut(&mut S, Replayed<'_>) -> ControlFlow<()> + Send + 'static,
    ) -> Result<(S, Head), ReadError> {
        let store = self.shared.store.clone();
        apart(move || {
            let (mut links, mut broken) = (Links::after(after), None);
            store.reader()?.walk(Some(after.position), &mut |position, columns| match links
                .follow(position, &columns)
            {
                Ok(event) => fold(&mut state, event).is_continue(),
                Err(reason) => {
                    broken = Some(reason);
                    false
                }
            })?;
            match broken {
                None => Ok((state, links.head)),
                Some(reason) => {
                    Err(ReadError::Damaged { position: links.head.position.next(), reason })
                }
            }
        })
        .await?
    }
}

/// The chain up to an event, of which the next is to be one.
pub(crate) struct Links {
    /// The last event that was as it should be.
    pub head: Head,
    recorded: Timestamp,
}

impl Links {
    pub(crate) fn after(head: Head) -> Links {
        Links { head, recorded: Timestamp::MIN }
    }

    /// Goes one event on, or nowhere if it is not the next.
    pub(crate) fn follow<'c>(
        &mut self,
        position: Result<i64, Damage>,
        columns: &'c Result<Columns<'_>, Damage>,
    ) -> Result<Replayed<'c>, Damage> {
        let found = position?;
        if found != self.head.position.next().to_sql() {
            return Err(Damage::OutOfPlace { found });
        }
        let event = columns.as_ref().map_err(Damage::clone)?.read()?;
        if event.previous != self.head.hash {
            return Err(Damage::Link);
        }
        if event.recorded < self.recorded {
            return Err(Damage::Clock);
        }
        *self = Links { head: event.head(), recorded: event.recorded };
        Ok(event)
    }
}
