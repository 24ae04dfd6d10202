//! One metered call, and the id it is known by.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::Tokens;

/// One metered call of a model.
///
/// A source that only has sums gives one event for many calls, and says in `calls` how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What the call is known by; see [`EventId`].
    pub id: EventId,
    /// When the call was made. Its UTC day is the billing day.
    pub at: Timestamp,
    /// The road to market it came by, such as `direct` or `azure-openai`.
    pub channel: String,
    /// The product it was made for.
    pub product: String,
    /// The model that answered.
    pub model: String,
    /// The cloud or data centre that ran the model.
    pub host: String,
    /// Who is billed for it.
    pub customer: String,
    /// How it was processed: [`STANDARD`](crate::STANDARD) unless said, or `batch`, `flex`,
    /// `priority`, `training`.
    pub tier: String,
    /// How many calls this stands for; 1, or more where the source only has sums.
    pub calls: u32,
    /// Its tokens by class.
    pub tokens: Tokens<u32>,
}

/// 128 bits that name one call, printed as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(u128);

impl EventId {
    /// The id with these bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits of this id.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The id for another system's own name of a call.
    ///
    /// 32 lower-case hexadecimal digits are an id of ours (or a UUID) and stand for themselves,
    /// so rows that left a store come back to it as the same rows. Any other text is hashed.
    pub fn of_text(text: &str) -> Self {
        let ours = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match text.parse() {
            Ok(id) if ours => id,
            _ => Self::hash(b"text", text.as_bytes()),
        }
    }

    /// The id for the name that one of many sources gave a call, where names are each source's own.
    pub fn of_source(source: &str, name: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        // The length before the source keeps `ab`, `c` apart from `a`, `bc`.
        hasher.update(b"source\0").update(&(source.len() as u64).to_le_bytes());
        hasher.update(source.as_bytes()).update(name.as_bytes());
        Self::truncated(hasher.finalize())
    }

    /// The id of a row without one: a hash of all it says, and of how many such rows came before.
    pub(crate) fn of_row(row: &[u8], occurrence: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"row\0").update(&occurrence.to_le_bytes()).update(row);
        Self::truncated(hasher.finalize())
    }

    fn hash(kind: &[u8], content: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind).update(b"\0").update(content);
        Self::truncated(hasher.finalize())
    }

    fn truncated(hash: blake3::Hash) -> Self {
        let (bits, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
        Self(u128::from_be_bytes(*bits))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for EventId {
    type Err = ParseEventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `from_str_radix` would also take a sign.
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()
            .map(Self)
            .ok_or_else(|| ParseEventIdError(text.into()))
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is not an event id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not an event id; expected 32 hexadecimal digits")]
pub struct ParseEventIdError(String);
