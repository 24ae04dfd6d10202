//! Sealed offers: the seal is handed in, the offer and its secret stay in a file of the supplier's.

use std::path::Path;

use sourcing::Does;

use super::market::MakesOffer;
use crate::outcome::{Failure, Outcome};
use crate::workspace::Workspace;

/// Hands in the seal of an offer.
pub fn seal(_workspace: &Workspace, _offer: &MakesOffer, _json: bool) -> Outcome {
    Err(Failure::failed("offers cannot be sealed yet", "make an open one"))
}

/// Shows the offer that a file keeps.
pub fn reveal(_bid: usize, _file: &Path) -> Result<Does, Failure> {
    Err(Failure::failed("offers cannot be sealed yet", "make an open one"))
}
