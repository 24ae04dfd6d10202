//! An offer is sealed, and later revealed.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Bid;

/// Hands in the commitment to an offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SealBid {
    /// The commitment.
    pub seal: String,
}

impl SealBid {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}

/// Reveals it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RevealBid {
    /// The offer's number, from 1.
    pub number: usize,
    /// The offer.
    pub offer: Bid,
    /// The nonce it was sealed with, in hexadecimal digits.
    pub nonce: String,
}

impl RevealBid {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
