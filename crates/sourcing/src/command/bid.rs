//! A supplier makes an offer.

use super::{Refused, World};
use crate::case::{Bid, Case};
use crate::event::Event;

/// Makes an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeBid {
    /// The offer.
    pub bid: Bid,
}

impl MakeBid {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let bid = &self.bid;
        if bid.supplier != *world.by {
            return Err(Refused::new("a supplier makes its own offer", "give it with `--by`"));
        }
        if case.parts.iter().all(|part| part.state.is_bound()) {
            return Err(Refused::new("all of it is supplied already", "make a new request"));
        }
        let wanted = case.requirement.quantity.count;
        if bid.quantity == 0 || bid.quantity > wanted {
            let guard = format!("{} is not part of the {wanted} that are needed", bid.quantity);
            return Err(Refused::new(guard, format!("offer from 1 to {wanted}")));
        }
        let currency = case.requirement.price.currency;
        if bid.price.currency != currency {
            let guard =
                format!("the request is in {currency}, the offer in {}", bid.price.currency);
            return Err(Refused::new(guard, format!("offer a price in {currency}")));
        }
        Ok(vec![Event::BidReceived { bid: bid.clone() }])
    }
}

/// The offer of a number that counts from 1, if it still stands.
pub(super) fn standing<'c>(
    world: &World<'_>,
    case: &'c Case,
    number: usize,
) -> Result<(usize, &'c Bid), Refused> {
    let at = number.wrapping_sub(1);
    let bid = case.bids.get(at).ok_or_else(|| {
        let guard = format!("there is no offer {number}; there are {}", case.bids.len());
        Refused::new(guard, "see the offers with `charter rounds ID`")
    })?;
    match bid.valid_until {
        Some(until) if until < world.now => {
            let guard = format!("offer {number} stood until {until}");
            Err(Refused::new(guard, "ask the supplier for a new one"))
        }
        _ => Ok((at, bid)),
    }
}
