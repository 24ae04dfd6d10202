//! Shows who said what.
//!
//! In go a [`Message`] and a [`SecretKey`]; out comes a [`Signature`] that anybody can check with the
//! [`PublicKey`], on another machine and years later. A [`Registry`] says which keys were a party's
//! at a time: it is a fold over [`KeyEvent`]s, which the journal keeps. A [`Seal`] lets a party
//! commit to a bid that it shows later. Nothing here draws lots or asks the time: seeds, nonces and
//! times are arguments. Only `key_file` touches a file.
//!
//! # What is proven
//!
//! - A [`Signed`] command that verifies was signed by whoever holds the secret half of a key that
//!   was that party's when the command was recorded: in these very bytes, for this journal, this
//!   party and this command. Nobody else, the operator of the journal included, can have made it.
//! - The operator enters a party's first key, and nobody can prove that it is really that party's:
//!   compare [`Fingerprint`]s over another channel. From then on only keys of the party itself
//!   register and revoke its keys, so that the operator cannot take its place.
//! - A revocation is of no effect before it is recorded: a party cannot take back what it said by
//!   dating a revocation early. Nor can anybody else; a thief's signatures count until then.
//! - A [`Seal`] that is opened shows the bid it was made of, by the party that made it. Until then
//!   it tells nothing of the bid, however few prices there are to guess from.
//!
//! # What is not
//!
//! - *When* something was said: that is the journal's, and its copies'.
//! - That a party lost no key. A party whose keys are all lost or revoked cannot sign again in the
//!   same journal, so it is wise to register a second one and to keep it elsewhere.
//! - Which of two forks of one journal was meant: they have their first event, and so their
//!   [`JournalId`], in common. Comparing copies finds forks.
//!
//! # Example
//!
//! ```
//! use signing::{JournalId, KeyEvent, KeyRegistered, Registry, SecretKey, Signed};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // 32 bytes from the system's source of randomness; these are for the example.
//! let secret = SecretKey::from_seed(&[7; 32].into());
//! let journal = JournalId([1; 32]);
//! let recorded = "2025-02-20T16:00:00Z".parse()?;
//!
//! let key = secret.public();
//! let party = "microsoft".to_string();
//! let first = KeyRegistered { party, key, from: recorded, vouched: None };
//! let registry = Registry::default().apply(&KeyEvent::Registered(first), journal, recorded);
//!
//! let command = r#"{"decline": {"case": "halls"}}"#;
//! let signed = Signed::new(&secret, journal, "microsoft", "c-17", command);
//! signed.verify(&registry, journal, recorded)?;
//!
//! let altered = Signed { command: command.replace("halls", "other"), ..signed };
//! assert!(altered.verify(&registry, journal, recorded).is_err());
//! # Ok(())
//! # }
//! ```

mod message;
mod public_key;
mod secret_key;
mod signature;

mod registry;
mod signed;

mod seal;

pub mod key_file;
mod text;

pub use message::{JournalId, Message, Purpose};
pub use public_key::{Fingerprint, ParseFingerprintError, ParsePublicKeyError, PublicKey};
pub use registry::{
    KeyEvent, KeyRegistered, KeyRevoked, NotAdmitted, NotValid, Registered, Registry, Vouched,
};
pub use seal::{Nonce, ParseSealError, Seal};
pub use secret_key::SecretKey;
pub use signature::{ParseSignatureError, Signature};
pub use signed::{NotVerified, Signed};
