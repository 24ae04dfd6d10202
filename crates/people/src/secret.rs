//! What is shown once, and never written down.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// A text that neither logs nor errors show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps a text from being shown by accident.
    #[must_use]
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text itself, for the one place that is to see it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `prefix`, and 32 random bytes in letters that may stand in an address.
    pub(crate) fn random(prefix: &str) -> Result<Secret, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut bytes[..])?;
        let letters = Zeroizing::new(Base64UrlUnpadded::encode_string(&bytes[..]));
        Ok(Secret::new(format!("{prefix}{}", *letters)))
    }

    pub(crate) fn hash(&self) -> Hash {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is stored of a secret. It has 256 random bits, so a fast hash is enough, and looking it up tells
/// nothing through the time it takes: nobody can choose hashes.
pub(crate) type Hash = [u8; 32];

pub(crate) fn hash(shown: &str) -> Hash {
    *blake3::hash(shown.as_bytes()).as_bytes()
}
