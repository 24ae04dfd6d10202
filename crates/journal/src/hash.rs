//! What seals an event to the one before it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Position;

/// A BLAKE3 hash, 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hash([u8; 32]);

/// A text that is not the hexadecimal form of a hash.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a hash; a hash has 64 digits from 0 to 9 and a to f")]
pub struct ParseHashError(String);

impl Hash {
    /// What the first event follows: all zeros.
    pub const GENESIS: Hash = Hash([0; 32]);

    /// A hash from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }

    /// The bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Hash, ParseHashError> {
        match blake3::Hash::from_hex(text) {
            // One hash has one spelling, so that two copies can be compared as text.
            Ok(hash) if hash.to_hex().as_str() == text => Ok(Hash(*hash.as_bytes())),
            _ => Err(ParseHashError(text.to_owned())),
        }
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        hash.to_string()
    }
}

impl TryFrom<String> for Hash {
    type Error = ParseHashError;

    fn try_from(text: String) -> Result<Hash, ParseHashError> {
        text.parse()
    }
}

/// Separates these hashes from every other use of BLAKE3. A new encoding takes a new context.
const CONTEXT: &str = "charterparty journal event, format 1";

/// An event's columns, byte for byte as they are stored.
///
/// What is hashed is the stored text and not its meaning, so `…00Z` turned into `…00+00:00`, or a
/// blank put into the payload, is a change too.
pub(crate) struct Content<'a> {
    pub position: Position,
    pub previous: Hash,
    pub recorded: &'a [u8],
    pub effective: &'a [u8],
    pub kind: &'a [u8],
    pub stream: &'a [u8],
    pub actor: &'a [u8],
    pub cause: Option<&'a [u8]>,
    pub payload: &'a [u8],
}

impl Content<'_> {
    /// BLAKE3 in key-derivation mode over the position (8 bytes, little-endian), the previous hash
    /// (32 bytes) and then each text, in this struct's order, with its length in bytes before it
    /// (8 bytes, little-endian). The cause has one more byte in front: 0 if there is none, with
    /// nothing after it, and 1 if there is one.
    pub(crate) fn hash(&self) -> Hash {
        fn text(hasher: &mut blake3::Hasher, bytes: &[u8]) {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        }
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&self.position.0.to_le_bytes()).update(&self.previous.0);
        for bytes in [self.recorded, self.effective, self.kind, self.stream, self.actor] {
            text(&mut hasher, bytes);
        }
        hasher.update(&[u8::from(self.cause.is_some())]);
        if let Some(cause) = self.cause {
            text(&mut hasher, cause);
        }
        text(&mut hasher, self.payload);
        Hash(*hasher.finalize().as_bytes())
    }
}
