//! What is signed or sealed: bytes together with all that they are meant for.

use std::fmt;

/// Which journal a message is meant for: the hash of its first event, which no other has, as every
/// event is hashed with a random salt.
///
/// It is derived and not stored, so that all copies of a journal have the same one by themselves. An
/// empty journal has none yet, all zeros. Nothing is lost by that: no signature counts before a key
/// is registered, and that is an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JournalId(pub [u8; 32]);

impl JournalId {
    /// That of a journal without events. No signature for it counts.
    pub const NONE: JournalId = JournalId([0; 32]);
}

/// What kind of message this is. A signature for one is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A command that its party gives.
    Command,
    /// A further key of the party.
    Registration,
    /// The end of a key of the party.
    Revocation,
    /// A bid that is shown later.
    Bid,
    /// The seed of a lottery, which is shown when it is drawn.
    Lottery,
}

impl Purpose {
    /// Separates the kinds, and all of them from other uses of the same key. A new encoding takes a
    /// new context.
    const fn context(self) -> &'static str {
        match self {
            Purpose::Command => "charterparty signed command, format 1",
            Purpose::Registration => "charterparty key registration, format 1",
            Purpose::Revocation => "charterparty key revocation, format 1",
            Purpose::Bid => "charterparty sealed bid, format 1",
            Purpose::Lottery => "charterparty lottery seed, format 1",
        }
    }
}

/// Bytes with the journal, the party and the command that they are meant for. What is signed for
/// one of these is never valid for another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// The journal it is entered into.
    pub journal: JournalId,
    /// What kind of message it is.
    pub purpose: Purpose,
    /// The party that says it.
    pub party: &'a str,
    /// Which command, key or round it is about, e.g. the command's id.
    pub id: &'a str,
    /// What is said.
    pub bytes: &'a [u8],
}

impl Message<'_> {
    /// The bytes that are signed: the context, the journal, the party, the id and the bytes, each
    /// with its length in bytes before it (8 bytes, little-endian). The lengths make it impossible
    /// to move a character from one part into the next.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        frame(&[
            self.purpose.context().as_bytes(),
            &self.journal.0,
            self.party.as_bytes(),
            self.id.as_bytes(),
            self.bytes,
        ])
    }
}

/// Says nothing of the bytes, as they may be a bid that is still sealed.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("purpose", &self.purpose)
            .field("party", &self.party)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Parts one after the other, each with its length before it.
pub(crate) fn frame(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    for part in parts {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(*part);
    }
    bytes
}
