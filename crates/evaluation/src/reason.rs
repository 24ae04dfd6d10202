//! Why an offer was awarded what it was, in a buyer's words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::basis::Unscored;

/// Why an offer was awarded what it was. Quantities are accelerators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was awarded all it offers.
    InFull,
    /// It was awarded what better offers left of the need.
    TheRest {
        /// All it offers.
        offered: u64,
    },
    /// It shares with equal offers what was left of the need, by what they offer.
    Shared {
        /// The numbers of the others.
        with: Vec<u32>,
        /// What was left for all of them.
        left: u64,
    },
    /// Less was left of the need, or for its share of it, than it takes.
    BelowMinimum {
        /// What was left for it.
        left: u64,
        /// The fewest it takes.
        minimum: u64,
    },
    /// Better offers, or earlier ones among equals, filled the need.
    NeedFilled,
    /// It cannot be compared with the others.
    NotScored(Unscored),
    /// It delivers nothing.
    DeliversNothing,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::InFull => f.write_str("awarded in full"),
            Reason::TheRest { offered } => {
                write!(f, "awarded what better offers left, of the {offered} it offers")
            }
            Reason::Shared { with, left } => {
                let with: Vec<String> = with.iter().map(u32::to_string).collect();
                write!(f, "shares the last {left} with equal offers: {}", with.join(", "))
            }
            Reason::BelowMinimum { left, minimum } => {
                write!(f, "skipped: {left} were left for it, and it takes no fewer than {minimum}")
            }
            Reason::NeedFilled => f.write_str("not awarded: offers before it fill the need"),
            Reason::NotScored(unscored) => write!(f, "not awarded: {unscored}"),
            Reason::DeliversNothing => f.write_str("not awarded: it delivers nothing"),
        }
    }
}
