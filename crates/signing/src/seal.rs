//! Bids that are shown later.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::Message;
use crate::text::{self, as_text};

/// A commitment to a bid: it tells nothing of the bid, and only that bid opens it.
///
/// BLAKE3 keyed with a nonce of 32 random bytes, over the message. *Hiding*: whoever tries every
/// price there is still lacks the nonce, so no guess can be confirmed. *Binding*: another bid that
/// opens the same seal is a collision of the hash. The party and the round are hashed too, so
/// nobody can hand in another's seal as their own and open it after them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Seal([u8; 32]);

/// A text that is not a seal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this is not a seal; a seal is 43 letters, digits, `-` or `_`")]
pub struct ParseSealError;

/// The 32 random bytes of a seal: secret until the bid is shown, shown with it, and never used for
/// another.
#[derive(Clone)]
pub struct Nonce(Zeroizing<[u8; 32]>);

impl Nonce {
    /// A nonce of bytes from the system's source of randomness.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Nonce {
        Nonce(Zeroizing::new(bytes))
    }

    /// The bytes of the nonce.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

impl Seal {
    /// Seals a message, whose bytes are the bid's canonical form.
    #[must_use]
    pub fn of(message: &Message<'_>, nonce: &Nonce) -> Seal {
        Seal(*hash(message, nonce).as_bytes())
    }

    /// Whether this is what was sealed. Takes the same time however much of it agrees.
    #[must_use]
    pub fn opens(&self, message: &Message<'_>, nonce: &Nonce) -> bool {
        // Hashes of `blake3` compare in constant time.
        hash(message, nonce) == blake3::Hash::from_bytes(self.0)
    }
}

fn hash(message: &Message<'_>, nonce: &Nonce) -> blake3::Hash {
    blake3::keyed_hash(nonce.as_bytes(), &Zeroizing::new(message.encode()))
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::encode(&self.0))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({self})")
    }
}

impl FromStr for Seal {
    type Err = ParseSealError;

    fn from_str(text: &str) -> Result<Seal, ParseSealError> {
        text::decode(text).map(Seal).ok_or(ParseSealError)
    }
}

as_text!(Seal, ParseSealError);
