//! The latest events, as far as conditions ask for them, so that few need to be read again.

use std::collections::VecDeque;

use crate::store::Seen;
use crate::{Filter, Head, Position};

/// How many events to remember. Whoever decides on older ones is answered from the disk.
const KEPT: usize = 4096;

/// Kind and stream of the events that lead up to `head`.
#[derive(Debug)]
pub(crate) struct Tail {
    pub head: Head,
    seen: VecDeque<Seen>,
}

impl Tail {
    pub(crate) fn new(head: Head) -> Tail {
        Tail { head, seen: VecDeque::new() }
    }

    /// Where the remembered events begin.
    pub(crate) fn first(&self) -> Position {
        Position(self.head.position.0 + 1 - self.seen.len() as u64)
    }

    pub(crate) fn push(&mut self, head: Head, seen: Seen) {
        self.head = head;
        self.seen.push_back(seen);
    }

    /// Forgets what is too old.
    pub(crate) fn trim(&mut self) {
        let excess = self.seen.len().saturating_sub(KEPT);
        self.seen.drain(..excess);
    }

    /// The first remembered event after `after` that any of the filters lets through.
    pub(crate) fn find(&self, after: Position, filters: &[Filter]) -> Option<(Position, &Seen)> {
        let first = self.first();
        let skipped = after.next().0.saturating_sub(first.0);
        let events = (first.0 + skipped..)
            .map(Position)
            .zip(self.seen.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)));
        let mut events = events;
        events.find(|(_, seen)| {
            filters.iter().any(|filter| filter.lets_through(&seen.kind, &seen.stream))
        })
    }
}
