//! Ids for rows of a source that has none.

use std::collections::{HashMap, HashSet};

use crate::EventId;
use crate::intake::Call;

/// Counts equal rows of one source, so that each gets an id of its own, and the same id again
/// when the source is read again.
#[derive(Default)]
pub(super) struct Occurrences {
    /// Rows seen at least once, by half of their hash to save memory. Should two different rows
    /// share a half, the second is numbered 1 instead of 0; its id is still its own.
    once: HashSet<u64>,
    /// Rows seen more than once, with how often.
    more: HashMap<u64, u64>,
    /// The row being hashed, kept for its allocation.
    bytes: Vec<u8>,
}

impl Occurrences {
    pub(super) fn id(&mut self, call: &Call<'_>) -> EventId {
        self.bytes.clear();
        self.bytes.extend(call.at_ns.to_le_bytes());
        self.bytes.extend(call.calls.to_le_bytes());
        self.bytes.extend(call.tokens.iter().flat_map(|count| count.to_le_bytes()));
        for name in call.names {
            // The length before each name keeps `ab`, `c` apart from `a`, `bc`.
            self.bytes.extend((name.len() as u64).to_le_bytes());
            self.bytes.extend(name.as_bytes());
        }
        let first = EventId::of_row(&self.bytes, 0);
        let half = first.bits() as u64;
        if self.once.insert(half) {
            return first;
        }
        let before = self.more.entry(half).or_insert(0);
        *before += 1;
        EventId::of_row(&self.bytes, *before)
    }
}
