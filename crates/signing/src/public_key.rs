//! What others know a party by.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::{self, as_text};
use crate::{Message, Signature};

/// An Ed25519 public key (RFC 8032), written `ed25519:` and 43 characters of base64 for URLs.
///
/// A key has one spelling. The few points that would let one signature pass for many messages are
/// refused when a key is read.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PublicKey(VerifyingKey);

/// A text that is not a public key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParsePublicKeyError {
    /// It does not look like one.
    #[error("this is not a public key; a key is `ed25519:` and 43 letters, digits, `-` or `_`")]
    Spelling,
    /// No secret key has this public key, or one that everybody can sign for.
    #[error("this is spelled like a public key, but no secret key has it; copy it anew")]
    NotAKey,
}

impl PublicKey {
    const PREFIX: &str = "ed25519:";

    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// [`ParsePublicKeyError::NotAKey`] if they are no point of the curve, one of small order, or
    /// another spelling of a point.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PublicKey, ParsePublicKeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| ParsePublicKeyError::NotAKey)?;
        if key.is_weak() || key.to_edwards().compress().as_bytes() != bytes {
            return Err(ParsePublicKeyError::NotAKey);
        }
        Ok(PublicKey(key))
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// What the key is called for short.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let hash = blake3::derive_key(Fingerprint::CONTEXT, self.as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&hash[..16]);
        Fingerprint(short)
    }

    /// Whether the holder of the secret half signed exactly this message. Strict: a signature has
    /// one form, and one that passes here passes with every careful verifier.
    #[must_use]
    pub fn verifies(&self, message: &Message<'_>, signature: &Signature) -> bool {
        self.0.verify_strict(&message.encode(), &signature.0).is_ok()
    }

    pub(crate) fn of(key: VerifyingKey) -> PublicKey {
        PublicKey(key)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", PublicKey::PREFIX, text::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = ParsePublicKeyError;

    fn from_str(text: &str) -> Result<PublicKey, ParsePublicKeyError> {
        let bytes = text.strip_prefix(PublicKey::PREFIX).and_then(text::decode);
        PublicKey::from_bytes(&bytes.ok_or(ParsePublicKeyError::Spelling)?)
    }
}

as_text!(PublicKey, ParsePublicKeyError);

/// What a public key is called for short: 16 bytes of its BLAKE3 hash, written as eight groups of
/// four hexadecimal digits that two people can read to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fingerprint([u8; 16]);

/// A text that is not a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "this is not the fingerprint of a key, which is eight groups of 4 digits from 0 to 9 and a to f, with `-` between them"
)]
pub struct ParseFingerprintError;

impl Fingerprint {
    const CONTEXT: &str = "charterparty key fingerprint, format 1";
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.chunks(2).enumerate() {
            let between = if index == 0 { "" } else { "-" };
            write!(f, "{between}{:02x}{:02x}", pair[0], pair[1])?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Fingerprint, ParseFingerprintError> {
        let digits = text.replace('-', "");
        if !digits.is_ascii() || digits.len() != 32 {
            return Err(ParseFingerprintError);
        }
        let mut bytes = [0; 16];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16)
                .map_err(|_| ParseFingerprintError)?;
        }
        let read = Fingerprint(bytes);
        // One spelling, as for everything that is compared as text.
        if read.to_string() == text { Ok(read) } else { Err(ParseFingerprintError) }
    }
}

as_text!(Fingerprint, ParseFingerprintError);
