//! What is remembered.

use std::fmt;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Hash, Salt};

/// The place of an event: 1 is the first, and 0 is before the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Where an empty journal stands, and where reading from the beginning starts.
    pub const BEFORE_FIRST: Position = Position(0);

    /// The place after this one. Saturates, as no file holds that many events.
    #[must_use]
    pub const fn next(self) -> Position {
        Position(self.0.saturating_add(1))
    }

    /// As the stores count. A place beyond what they can count is beyond the end of any journal.
    pub(crate) fn to_sql(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event that has not been appended yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewEvent {
    /// What happened, e.g. `document-adopted` or `round-opened`.
    pub kind: String,
    /// What it is about: `agreement/<name>`, `case/<id>`, `period/2023-11`.
    pub stream: String,
    /// The party or person who caused it.
    pub actor: String,
    /// The clause that caused it, e.g. `right_of_first_refusal.new-capacity`.
    pub cause: Option<String>,
    /// When it happened, which may lie before it was recorded.
    pub effective: Timestamp,
    /// Its details, which the journal does not interpret.
    pub payload: serde_json::Value,
}

/// An event as the journal holds it. Its own content agrees with its `hash`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the journal.
    pub position: Position,
    /// When it was appended; never before the event in front of it.
    pub recorded: Timestamp,
    /// What happened, e.g. `document-adopted` or `round-opened`.
    pub kind: String,
    /// What it is about: `agreement/<name>`, `case/<id>`, `period/2023-11`.
    pub stream: String,
    /// The party or person who caused it.
    pub actor: String,
    /// The clause that caused it, e.g. `right_of_first_refusal.new-capacity`.
    pub cause: Option<String>,
    /// When it happened, which may lie before it was recorded.
    pub effective: Timestamp,
    /// Its details, which the journal does not interpret.
    #[serde(deserialize_with = "payload")]
    pub payload: serde_json::Value,
    /// The key of `content`: whoever does not have it cannot guess what `content` is of.
    pub salt: Salt,
    /// The hash of all of the above but the position: see [`Hash::of_content`].
    pub content: Hash,
    /// The hash of the event in front of it; [`Hash::GENESIS`] for the first.
    pub previous: Hash,
    /// The hash of position, content and previous hash: see [`Hash::of_link`].
    pub hash: Hash,
}

/// The last event's place and hash: with it, somebody can later show that a journal still holds
/// everything it held, and in the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The last event's place; 0 if there is none.
    pub position: Position,
    /// The last event's hash; [`Hash::GENESIS`] if there is none.
    pub hash: Hash,
}

/// Reads a payload by itself, so that what surrounds it does not count to how deep it is nested, and
/// every payload that could be appended can be read from a copy. Only JSON can keep a part for later.
fn payload<'de, D: Deserializer<'de>>(from: D) -> Result<serde_json::Value, D::Error> {
    if !from.is_human_readable() {
        return serde_json::Value::deserialize(from);
    }
    let raw = Box::<serde_json::value::RawValue>::deserialize(from)?;
    serde_json::from_str(raw.get()).map_err(D::Error::custom)
}

impl Head {
    /// The head of an empty journal.
    pub const EMPTY: Head = Head { position: Position::BEFORE_FIRST, hash: Hash::GENESIS };
}
