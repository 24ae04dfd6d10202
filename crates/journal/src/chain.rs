//! The chain, walked event by event, whoever brings them.

use jiff::Timestamp;

use crate::hash::Content;
use crate::merkle::Frontier;
use crate::{Damage, Event, Hash, Head};

/// The events so far: each gave its hash and followed the one before it.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub head: Head,
    /// The hash of the first event, by which journals are told apart.
    pub first: Hash,
    pub tree: Frontier,
    recorded: Timestamp,
}

impl Chain {
    pub fn new() -> Chain {
        let (first, tree) = (Hash::GENESIS, Frontier::default());
        Chain { head: Head::EMPTY, first, tree, recorded: Timestamp::MIN }
    }

    /// Goes one event on, or nowhere if it is not the next.
    pub fn follow(&mut self, event: &Event) -> Result<(), Damage> {
        let found = event.position.to_sql();
        if event.position != self.head.position.next() {
            return Err(Damage::OutOfPlace { found });
        }
        if event.previous != self.head.hash {
            return Err(Damage::Link);
        }
        if !event.gives_its_hash() {
            return Err(Damage::Content);
        }
        if event.recorded < self.recorded {
            return Err(Damage::Clock);
        }
        self.recorded = event.recorded;
        self.advance(event.hash);
        Ok(())
    }

    /// Goes on by an event of which no more is known than the hash of its content.
    pub fn follow_hidden(&mut self, content: Hash) {
        self.advance(Hash::of_link(self.head.position.next(), self.head.hash, content));
    }

    fn advance(&mut self, hash: Hash) {
        self.head = Head { position: self.head.position.next(), hash };
        if self.first == Hash::GENESIS {
            self.first = hash;
        }
        self.tree.push(hash);
    }
}

impl Event {
    /// Whether its content and its hash are those of what it says, in the form in which the journal
    /// stores it.
    #[must_use]
    pub fn gives_its_hash(&self) -> bool {
        let content = Content {
            effective: self.effective.to_string().as_bytes(),
            kind: self.kind.as_bytes(),
            stream: self.stream.as_bytes(),
            actor: self.actor.as_bytes(),
            cause: self.cause.as_deref().map(str::as_bytes),
            // A `Value` can always be written: its keys are texts.
            payload: self.payload.to_string().as_bytes(),
            recorded: self.recorded.to_string().as_bytes(),
        }
        .hash(&self.salt);
        self.content == content && self.hash == Hash::of_link(self.position, self.previous, content)
    }
}
