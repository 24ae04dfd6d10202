//! What seals an event to the one before it.

use std::sync::LazyLock;

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digits::digits;
use crate::{NewEvent, Position, Salt};

/// A BLAKE3 hash, 32 bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hash([u8; 32]);

digits!(Hash, "a hash", ParseHashError);

/// Separates the hashes of links from every other use of BLAKE3. A new encoding takes a new context.
const LINK: &str = "charterparty journal link, format 2";

/// Does the same for contents, where the key is the salt, so that it goes in front of the text.
const CONTENT: &[u8] = b"charterparty journal content, format 2";

static LINK_KEY: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context(LINK));

impl Hash {
    /// What the first event follows: all zeros.
    pub const GENESIS: Hash = Hash([0; 32]);

    /// The hash of an event, which needs to know of its content no more than its hash.
    ///
    /// BLAKE3 in key-derivation mode, with the context `charterparty journal link, format 2`, over
    /// the position (8 bytes, little-endian), the hash of the event before it (32 bytes) and the
    /// content (32 bytes).
    #[must_use]
    pub fn of_link(position: Position, previous: Hash, content: Hash) -> Hash {
        let mut bytes = [0; 72];
        bytes[..8].copy_from_slice(&position.0.to_le_bytes());
        bytes[8..40].copy_from_slice(&previous.0);
        bytes[40..].copy_from_slice(&content.0);
        let mut hasher = blake3::Hasher::new_from_context_key(&LINK_KEY);
        Hash(*hasher.update(&bytes).finalize().as_bytes())
    }

    /// The hash of what an event says, for whoever was shown the event and its salt.
    ///
    /// BLAKE3 keyed by the salt over `charterparty journal content, format 2` and then the texts
    /// `effective`, `kind`, `stream`, `actor`, `cause`, `payload` and `recorded`, each with its
    /// length in bytes before it (8 bytes, little-endian). The cause has one more byte in front: 0
    /// if there is none, with nothing after it, and 1 if there is one. Times are RFC 3339 in UTC;
    /// the payload is JSON without blanks, its keys in order.
    ///
    /// # Errors
    /// If the payload cannot be written as JSON.
    pub fn of_content(
        salt: &Salt,
        recorded: Timestamp,
        event: &NewEvent,
    ) -> Result<Hash, serde_json::Error> {
        let content = Content {
            effective: event.effective.to_string().as_bytes(),
            kind: event.kind.as_bytes(),
            stream: event.stream.as_bytes(),
            actor: event.actor.as_bytes(),
            cause: event.cause.as_deref().map(str::as_bytes),
            payload: serde_json::to_string(&event.payload)?.as_bytes(),
            recorded: recorded.to_string().as_bytes(),
        }
        .hash(salt);
        Ok(content)
    }
}

/// What an event says, byte for byte as it is stored.
///
/// What is hashed is the stored text and not its meaning, so `…00Z` turned into `…00+00:00`, or a
/// blank put into the payload, is a change too.
pub(crate) struct Content<'a> {
    pub effective: &'a [u8],
    pub kind: &'a [u8],
    pub stream: &'a [u8],
    pub actor: &'a [u8],
    pub cause: Option<&'a [u8]>,
    pub payload: &'a [u8],
    pub recorded: &'a [u8],
}

impl Content<'_> {
    /// As [`Hash::of_content`] says.
    pub(crate) fn hash(&self, salt: &Salt) -> Hash {
        fn push(text: &mut Vec<u8>, bytes: &[u8]) {
            text.extend((bytes.len() as u64).to_le_bytes());
            text.extend(bytes);
        }
        // Put together and hashed at once: for texts as short as these, the pieces cost more.
        let mut text = Vec::with_capacity(512 + self.payload.len());
        text.extend(CONTENT);
        for bytes in [self.effective, self.kind, self.stream, self.actor] {
            push(&mut text, bytes);
        }
        text.push(u8::from(self.cause.is_some()));
        if let Some(cause) = self.cause {
            push(&mut text, cause);
        }
        push(&mut text, self.payload);
        push(&mut text, self.recorded);
        Hash(*blake3::keyed_hash(salt.as_bytes(), &text).as_bytes())
    }
}
