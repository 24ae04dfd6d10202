//! An offer is sealed, and later revealed.

use serde::{Deserialize, Serialize};
use signing::{JournalId, Message, Nonce, Purpose, Seal};

use super::bid::{by_supplier, comparable, offers_taken};
use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::{Bid, BidStatus};

/// Hands in the commitment to an offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SealBid {
    /// The commitment, as [`commitment`] makes it.
    pub seal: String,
    /// What it is of, where its supplier seals it here: refused now if it could not count once it is
    /// revealed, when nothing can be mended any more. It is never entered.
    #[serde(skip)]
    pub offer: Option<Box<Bid>>,
}

impl SealBid {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        offers_taken(world, case, world.by, true)?;
        world.guard(Guard::SealOpens, self.seal.parse::<Seal>().is_ok(), || {
            let found = format!("`{}` is not a seal", self.seal);
            (found, "make one with `charter bid … --sealed FILE`".to_string())
        })?;
        if let Some(offer) = &self.offer {
            comparable(world, case, offer)?;
        }
        Ok(vec![Event::BidSealed { supplier: world.by.clone(), seal: self.seal.clone() }])
    }
}

/// Reveals it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RevealBid {
    /// The offer's number, from 1.
    pub number: usize,
    /// The offer.
    pub offer: Bid,
    /// The nonce it was sealed with: 32 bytes in hexadecimal digits.
    pub nonce: String,
}

impl RevealBid {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let at = self.number.wrapping_sub(1);
        let sealed = case.bids.get(at).and_then(|bid| match &bid.status {
            BidStatus::Sealed { seal } => Some((&bid.supplier, seal)),
            _ => None,
        });
        let Some((supplier, seal)) = sealed else {
            let found = format!("offer {} is not sealed", self.number);
            let help = "see the offers with `charter rounds ID`";
            return Err(Refused::new(Guard::OfferStands, found, help));
        };
        by_supplier(world, case, supplier)?;
        self.in_time(world, case)?;
        let nonce = nonce(&self.nonce);
        // The offer is the sealing party's own, whatever else it says.
        let offer = Bid { supplier: supplier.clone(), ..offer(&self.offer) };
        let opens = nonce.is_some_and(|nonce| commitment(world.name, &offer, &nonce) == *seal);
        world.guard(Guard::SealOpens, opens, || {
            let found = format!("this is not what offer {} was sealed of", self.number);
            (found, "reveal the very offer, with the nonce of its seal".to_string())
        })?;
        comparable(world, case, &offer)?;
        Ok(vec![Event::BidRevealed { bid: at, revealed: offer }])
    }

    /// Nobody reveals while others may still seal.
    fn in_time(&self, world: &World<'_>, case: &Case) -> Result<(), Refused> {
        let tender = case.tender.as_ref();
        let closes = tender.and_then(|tender| tender.closes);
        world.guard(Guard::InTime, closes.is_none_or(|closes| closes < world.now), || {
            let closes = closes.map(|closes| closes.to_string()).unwrap_or_default();
            let found = format!("others may still seal offers until {closes}");
            (found, "reveal it after that".to_string())
        })?;
        let by = tender.and_then(|tender| tender.reveal_by);
        world.guard(Guard::InTime, by.is_none_or(|by| world.now <= by), || {
            let by = by.map(|by| by.to_string()).unwrap_or_default();
            (format!("offers were to be revealed by {by}"), "ask for a new tender".to_string())
        })
    }
}

/// What an offer is sealed as: what it says, and nothing of what becomes of it.
fn offer(bid: &Bid) -> Bid {
    Bid { status: BidStatus::Standing, received: Default::default(), ..bid.clone() }
}

/// The commitment to an offer for a case: BLAKE3 keyed with the nonce over the offer as JSON, its
/// fields in their order, together with its supplier and the case's name. Source: [`signing::Seal`].
///
/// A nonce is 32 random bytes, and serves once.
pub fn commitment(case: &str, bid: &Bid, nonce: &[u8; 32]) -> String {
    committed(case, bid, nonce)
}

/// The same of an improvement of the offer of a number. The seal of an offer is none of an
/// improvement, nor that of one offer one of another.
pub fn improvement_commitment(case: &str, number: usize, bid: &Bid, nonce: &[u8; 32]) -> String {
    committed(&format!("{case}, improvement of offer {number}"), bid, nonce)
}

fn committed(id: &str, bid: &Bid, nonce: &[u8; 32]) -> String {
    let offer = offer(bid);
    // INVARIANT: an offer holds nothing that JSON cannot say.
    let bytes = serde_json::to_vec(&offer).expect("an offer can be written as JSON");
    let message = Message {
        // The process does not know its journal. The case and the party say which offer is meant.
        journal: JournalId::NONE,
        purpose: Purpose::Bid,
        party: offer.supplier.as_str(),
        id,
        bytes: &bytes,
    };
    Seal::of(&message, &Nonce::new(*nonce)).to_string()
}

/// A nonce of its 64 hexadecimal digits.
pub fn nonce(digits: &str) -> Option<[u8; 32]> {
    // It has as many bytes as a hash, and is written as one.
    Some(*blake3::Hash::from_hex(digits).ok()?.as_bytes())
}
