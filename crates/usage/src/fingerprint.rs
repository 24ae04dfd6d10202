//! Fingerprints of a set of rows that do not depend on their order or their files.

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{EventId, GroupNames, Sums};

/// The sum, modulo 2^128, of a hash of each event id.
///
/// Sums are equal when the sets of ids are equal, however the rows are split into segments, so
/// a statement can name the very rows it rests on. It guards against accident, such as a lost
/// or doubled segment. It is no seal: it covers ids only, and someone who may choose ids can
/// with effort find another set with the same sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The fingerprint of one id; collect an iterator of ids for that of many.
    pub fn of(id: EventId) -> Self {
        Self::truncated(blake3::hash(&id.bits().to_be_bytes()))
    }

    /// The fingerprint of what rows add up to, by channel, product, model, host and tier.
    ///
    /// Each group must be there once; their order does not matter. It stands in the footer of
    /// a segment as its control total, so that a reader can tell whether the bytes it added up
    /// are those that were written.
    pub fn of_sums<'a>(groups: impl IntoIterator<Item = GroupSums<'a>>) -> Self {
        let mut bytes = Vec::new();
        let of_group = |group: GroupSums<'_>| {
            bytes.clear();
            for name in group.names {
                // The length before each name keeps `ab`, `c` apart from `a`, `bc`.
                bytes.extend((name.len() as u64).to_le_bytes());
                bytes.extend(name.as_bytes());
            }
            bytes.extend(group.sums.events.to_le_bytes());
            bytes.extend(group.sums.calls.to_le_bytes());
            bytes.extend(group.sums.tokens.by_class().into_iter().flat_map(u128::to_le_bytes));
            Self::truncated(blake3::hash(&bytes))
        };
        groups.into_iter().map(of_group).fold(Self::default(), Self::and)
    }

    /// The fingerprint of both sets of rows together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    fn truncated(hash: blake3::Hash) -> Self {
        let (bits, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
        Self(u128::from_be_bytes(*bits))
    }
}

/// What the calls of one channel, product, model, host and tier add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupSums<'a> {
    /// Channel, product, model, host and tier.
    pub names: [&'a str; 5],
    /// What its rows add up to; there is one at least.
    pub sums: Sums,
}

impl<'a> GroupSums<'a> {
    /// A group whose names are spelt out.
    pub fn of((names, sums): &'a (GroupNames, Sums)) -> Self {
        Self { names: names.each_ref().map(String::as_str), sums: *sums }
    }
}

impl FromIterator<EventId> for Fingerprint {
    fn from_iter<I: IntoIterator<Item = EventId>>(ids: I) -> Self {
        ids.into_iter().map(Self::of).fold(Self::default(), Self::and)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = crate::ParseEventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The same 32 digits as an id, so the same reader serves.
        text.parse::<EventId>().map(|id| Self(id.bits()))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
