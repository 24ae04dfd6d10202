//! What a party signs with.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};
use zeroize::Zeroizing;

use crate::{Message, PublicKey, Signature};

/// An Ed25519 secret key (RFC 8032). It is never shown, and wiped from memory when dropped.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of a seed: 32 bytes of good randomness that nobody else ever sees.
    #[must_use]
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> SecretKey {
        SecretKey(SigningKey::from_bytes(seed))
    }

    /// What others verify with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::of(self.0.verifying_key())
    }

    /// Signs a message. The same message always gets the same signature.
    #[must_use]
    pub fn sign(&self, message: &Message<'_>) -> Signature {
        Signature(self.0.sign(&message.encode()))
    }

    pub(crate) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}
