//! A Merkle tree over the events' hashes, as in Certificate Transparency (RFC 9162, section 2.1).
//!
//! Its root stands for all events up to a size, as the head of the chain does. What the chain cannot
//! do: show with a few hashes that one event is in it ([`Tree::inclusion`]), or that a later root
//! still has all that an earlier one had ([`Tree::consistency`]), to somebody who has only the roots.
//!
//! The tree is the RFC's, with BLAKE3 in place of SHA-256: leaves and nodes are hashed in
//! key-derivation mode, so they are no hashes of anything else, with 0 before a leaf and 1 before
//! the two halves of a node, so that neither passes for the other.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::Hash;

/// A new encoding takes a new context.
static CONTEXT: LazyLock<blake3::hazmat::ContextKey> = LazyLock::new(|| {
    blake3::hazmat::hash_derive_key_context("charterparty journal tree, format 1")
});

fn hasher() -> blake3::Hasher {
    blake3::hazmat::HasherExt::new_from_context_key(&CONTEXT)
}

fn leaf(event: Hash) -> Hash {
    Hash::from_bytes(*hasher().update(&[0]).update(event.as_bytes()).finalize().as_bytes())
}

fn node(left: Hash, right: Hash) -> Hash {
    let mut hasher = hasher();
    hasher.update(&[1]).update(left.as_bytes()).update(right.as_bytes());
    Hash::from_bytes(*hasher.finalize().as_bytes())
}

/// The root of a tree without leaves.
fn nothing() -> Hash {
    Hash::from_bytes(*hasher().finalize().as_bytes())
}

/// The root of a growing tree, in memory that grows with the logarithm of its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The roots of the full subtrees that the size is the sum of, the largest first.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Adds the hash of the next event.
    pub fn push(&mut self, event: Hash) {
        let mut full = leaf(event);
        for _ in 0..self.size.trailing_ones() {
            // INVARIANT: there is one peak for each bit of the size that is set.
            let left = self.peaks.pop().unwrap_or(full);
            full = node(left, full);
        }
        self.peaks.push(full);
        self.size += 1;
    }

    /// How many events there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all of them.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return nothing() };
        peaks.fold(*last, |right, left| node(*left, right))
    }
}

impl Extend<Hash> for Frontier {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, events: T) {
        events.into_iter().for_each(|event| self.push(event));
    }
}

/// The whole tree in memory, 64 bytes an event, to prove things from.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The roots of full subtrees: of one leaf each, of two, of four.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Adds the hash of the next event.
    pub fn push(&mut self, event: Hash) {
        let mut full = leaf(event);
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(full);
            match row[..] {
                [.., left, right] if row.len().is_multiple_of(2) => full = node(left, right),
                _ => break,
            }
        }
    }

    /// How many events there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The root over the first `size` events; none if there are fewer.
    #[must_use]
    pub fn root(&self, size: u64) -> Option<Hash> {
        (size <= self.size()).then(|| self.range(0, size))
    }

    /// Proves that the event of an index (0 for the first) is one of the first `size`; none if it
    /// is not.
    #[must_use]
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Inclusion> {
        if size <= index || self.size() < size {
            return None;
        }
        let mut path = Vec::new();
        let (mut start, mut end) = (0, size);
        while end - start > 1 {
            let middle = start + half(end - start);
            if index < middle {
                path.push(self.range(middle, end));
                end = middle;
            } else {
                path.push(self.range(start, middle));
                start = middle;
            }
        }
        path.reverse();
        Some(Inclusion { index, size, path })
    }

    /// Proves that the first `old` of the first `new` events have the root they had when there were
    /// no more; none if there are not so many.
    #[must_use]
    pub fn consistency(&self, old: u64, new: u64) -> Option<Consistency> {
        if new < old || self.size() < new {
            return None;
        }
        let mut path = Vec::new();
        // An empty tree is the beginning of any, and a tree of itself: there is nothing to show.
        if old != 0 && old != new {
            let (mut start, mut end) = (0, new);
            // Down to the subtree that ends where the old tree did.
            while end != old {
                let middle = start + half(end - start);
                if old <= middle {
                    path.push(self.range(middle, end));
                    end = middle;
                } else {
                    path.push(self.range(start, middle));
                    start = middle;
                }
            }
            // Whoever has the old root has this one already if it is the whole of the old tree.
            if start != 0 {
                path.push(self.range(start, end));
            }
            path.reverse();
        }
        Some(Consistency { old, new, path })
    }

    /// The root over a range that begins where a subtree does.
    fn range(&self, start: u64, end: u64) -> Hash {
        let length = end - start;
        if length == 0 {
            return nothing();
        }
        if length.is_power_of_two() {
            let level = length.trailing_zeros() as usize;
            // INVARIANT: ranges are halved at powers of two, so a full one is a node of its level.
            return self.levels[level][(start / length) as usize];
        }
        let middle = start + half(length);
        node(self.range(start, middle), self.range(middle, end))
    }
}

impl Extend<Hash> for Tree {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, events: T) {
        events.into_iter().for_each(|event| self.push(event));
    }
}

/// The largest power of two below a length of at least two.
fn half(length: u64) -> u64 {
    1 << (u64::BITS - 1 - (length - 1).leading_zeros())
}

/// Shows that an event is one of those that a root stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inclusion {
    /// How many events are in front of it.
    pub index: u64,
    /// How many events the root stands for.
    pub size: u64,
    /// The roots of all that is beside the way from the event to the root, from below.
    pub path: Vec<Hash>,
}

impl Inclusion {
    /// Whether the event with the hash `event` is at its index among those `root` stands for.
    ///
    /// The root must come from somebody who is trusted for it, together with the size: the sizes in
    /// a proof are as its author wants them, and two different trees may agree about this event.
    #[must_use]
    pub fn verify(&self, event: Hash, root: Hash) -> bool {
        // RFC 9162, section 2.1.3.2.
        if self.size <= self.index {
            return false;
        }
        let (mut at, mut last) = (self.index, self.size - 1);
        let mut found = leaf(event);
        for &beside in &self.path {
            if last == 0 {
                return false;
            }
            if at & 1 == 1 || at == last {
                found = node(beside, found);
                while at & 1 == 0 && at != 0 {
                    (at, last) = (at >> 1, last >> 1);
                }
            } else {
                found = node(found, beside);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        last == 0 && found == root
    }
}

/// Shows that one root stands for all that an earlier one stood for, and more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// How many events the earlier root stands for.
    pub old: u64,
    /// How many events the later root stands for.
    pub new: u64,
    /// The roots of subtrees that both can be computed from.
    pub path: Vec<Hash>,
}

impl Consistency {
    /// Whether the events of `old` are the first ones of `new`.
    #[must_use]
    pub fn verify(&self, old: Hash, new: Hash) -> bool {
        // RFC 9162, section 2.1.4.2.
        if self.old == 0 || self.old == self.new {
            let same = self.old == 0 || old == new;
            return same
                && self.path.is_empty()
                && (self.old != 0 || old == nothing())
                && (self.new != 0 || new == nothing());
        }
        if self.new < self.old {
            return false;
        }
        let whole = self.old.is_power_of_two().then_some(old);
        let mut path = whole.into_iter().chain(self.path.iter().copied());
        let Some(first) = path.next() else { return false };
        let (mut at, mut last) = (self.old - 1, self.new - 1);
        while at & 1 == 1 {
            (at, last) = (at >> 1, last >> 1);
        }
        let (mut earlier, mut later) = (first, first);
        for beside in path {
            if last == 0 {
                return false;
            }
            if at & 1 == 1 || at == last {
                (earlier, later) = (node(beside, earlier), node(beside, later));
                while at & 1 == 0 && at != 0 {
                    (at, last) = (at >> 1, last >> 1);
                }
            } else {
                later = node(later, beside);
            }
            (at, last) = (at >> 1, last >> 1);
        }
        last == 0 && earlier == old && later == new
    }
}
