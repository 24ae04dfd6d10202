//! Sealed offers, and sealed improvements of them: the seal is handed in, what it is of and its secret
//! stay in a file of the supplier's.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sourcing::command::improvement::{RevealImprovement, SealImprovement};
use sourcing::command::seal::{RevealBid, SealBid, commitment, improvement_commitment};
use sourcing::{Bid, Does};

use super::ground::Ground;
use super::kept;
use super::market::MakesOffer;
use crate::outcome::{Failure, Outcome};
use crate::random;
use crate::workspace::Workspace;

/// The command that writes the file.
const WROTE: &str = "charter bid --sealed";

/// What the supplier keeps until it reveals its offer.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The case it is for.
    case: String,
    /// The number of the offer it improves, if it is an improvement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    improves: Option<usize>,
    /// The offer.
    offer: Bid,
    /// The secret it was sealed with, in hexadecimal digits.
    nonce: String,
}

/// Hands in the seal of an offer, or of an improvement of one. What could not count once it is revealed is
/// refused now, when it can still be mended.
pub fn seal(workspace: &Workspace, offer: &MakesOffer, json: bool) -> Outcome {
    let Some(path) = &offer.sealed else {
        return Err(Failure::wrong_use("no file to keep the offer in", "give one with `--sealed`"));
    };
    let make = |ground: &Ground<'_>| {
        let (secret, nonce) = random::secret()?;
        let (case, improves) = (offer.acting.case.clone(), offer.improves);
        let bid = offer.bid(ground)?;
        let sealed = Some(Box::new(bid.clone()));
        let does = match improves {
            None => Does::Seal(SealBid { seal: commitment(&case, &bid, &secret), offer: sealed }),
            Some(number) => {
                let seal = improvement_commitment(&case, number, &bid, &secret);
                Does::SealImprovement(SealImprovement { number, seal, offer: sealed })
            }
        };
        Ok((does, Kept { case, improves, offer: bid, nonce }))
    };
    kept::hand_in(workspace, &offer.acting, path, make, json)
}

/// Shows the offer, or the improvement, that a file keeps.
pub fn reveal(number: usize, path: &Path, case: &str) -> Result<Does, Failure> {
    let Kept { case: of, improves, offer, nonce } = kept::read(path, WROTE)?;
    if of != case {
        return Err(kept::unreadable(path, &format!("it is of an offer for `{of}`"), WROTE));
    }
    Ok(match improves {
        None => Does::Reveal(Box::new(RevealBid { number, offer, nonce })),
        Some(of) if of != number => {
            return Err(kept::unreadable(path, &format!("it improves offer {of}"), WROTE));
        }
        Some(_) => Does::RevealImprovement(Box::new(RevealImprovement { number, offer, nonce })),
    })
}
