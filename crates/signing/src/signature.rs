//! What shows that somebody said something.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::{self, as_text};

/// An Ed25519 signature (RFC 8032), written as 86 characters of base64 for URLs.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Signature(pub(crate) ed25519_dalek::Signature);

/// A text that is not a signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this is not a signature; a signature is 86 letters, digits, `-` or `_`")]
pub struct ParseSignatureError;

impl Signature {
    /// A signature from its bytes; whether it is one for anything, only verifying can tell.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 64]) -> Signature {
        Signature(ed25519_dalek::Signature::from_bytes(bytes))
    }

    /// The 64 bytes of the signature.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0.to_bytes()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::encode(&self.to_bytes()))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({self})")
    }
}

impl FromStr for Signature {
    type Err = ParseSignatureError;

    fn from_str(text: &str) -> Result<Signature, ParseSignatureError> {
        text::decode(text).map(|bytes| Signature::from_bytes(&bytes)).ok_or(ParseSignatureError)
    }
}

as_text!(Signature, ParseSignatureError);
