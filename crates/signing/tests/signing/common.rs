use jiff::Timestamp;
use proptest::prelude::*;
use signing::{JournalId, Message, Purpose, SecretKey};

pub const JOURNAL: JournalId = JournalId([7; 32]);

/// A key that no run draws anew. Tests only: anybody can make it.
pub fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32].into())
}

pub fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 3600 * hour).unwrap()
}

/// A message in parts that own what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub journal: [u8; 32],
    pub purpose: Purpose,
    pub party: String,
    pub id: String,
    pub bytes: Vec<u8>,
}

impl Parts {
    pub fn message(&self) -> Message<'_> {
        Message {
            journal: JournalId(self.journal),
            purpose: self.purpose,
            party: &self.party,
            id: &self.id,
            bytes: &self.bytes,
        }
    }
}

pub fn parts() -> impl Strategy<Value = Parts> {
    let purposes = [
        Purpose::Command,
        Purpose::Registration,
        Purpose::Revocation,
        Purpose::Bid,
        Purpose::Lottery,
    ];
    // Few letters, so that what is moved from one part into the next often gives the same text.
    let word = "[ab]{0,4}";
    (any::<[u8; 32]>(), prop::sample::select(purposes.to_vec()), word, word, "[ab]{0,4}").prop_map(
        |(journal, purpose, party, id, bytes)| Parts {
            journal: journal.map(|byte| byte & 1),
            purpose,
            party,
            id,
            bytes: bytes.into_bytes(),
        },
    )
}
