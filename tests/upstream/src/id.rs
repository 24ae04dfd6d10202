//! The ids of what the vendor makes: unique across upstreams, in the order of the attempts.

use std::fmt;

/// When the first attempt was, in seconds since 1970; each later one is a second later, so that
/// answers never depend on the clock.
const BEGINNING: u64 = 1_735_689_600;

/// The id of something made by an attempt, such as `chatcmpl-0000002a0000000000000001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// What it begins with, which says what it is of.
    pub prefix: &'static str,
    /// The upstream's own part.
    pub instance: u32,
    /// The attempt that made it.
    pub attempt: u64,
}

impl Id {
    /// The same attempt's id of another kind of thing.
    #[must_use]
    pub fn of(self, prefix: &'static str) -> Id {
        Id { prefix, ..self }
    }

    /// When the attempt was, in seconds since 1970.
    #[must_use]
    pub fn created(self) -> u64 {
        BEGINNING + self.attempt
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{:08x}{:016x}", self.prefix, self.instance, self.attempt)
    }
}
