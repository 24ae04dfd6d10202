//! What keeps the content of an event from being guessed.

use serde::{Deserialize, Serialize};

use crate::digits::digits;

/// 32 random bytes that belong to one event.
///
/// Whoever is shown an event's `content` alone cannot try out what it may be of, however few
/// the possibilities are; whoever is shown the salt too can see what it is of.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Salt([u8; 32]);

digits!(Salt, "a salt", ParseSaltError);

impl Salt {
    /// One that nobody has had before, from the system's source of randomness.
    pub(crate) fn random() -> Result<Salt, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Salt(bytes))
    }
}
