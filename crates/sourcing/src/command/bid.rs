//! A supplier makes an offer.

use terms::Money;

use super::{Refused, World, part_in};
use crate::case::{Bid, Case, State};
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
        if !case.parts.iter().any(|part| part.state.is_wanted()) {
            let guard = "all of it is supplied or withdrawn already";
            return Err(Refused::new(guard, "make a new request"));
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
    if case.signed.contains(&at) {
        let guard = format!("offer {number} is signed already");
        return Err(Refused::new(guard, "ask the supplier for another one"));
    }
    let answered = |state: &State| !matches!(state, State::Matching { bid, .. } if *bid == at);
    if !case.parts.iter().all(|part| answered(&part.state)) {
        let guard = format!("offer {number} is before the holder");
        return Err(Refused::new(guard, "wait for its answer"));
    }
    match bid.valid_until {
        Some(until) if until < world.now => {
            let guard = format!("offer {number} stood until {until}");
            Err(Refused::new(guard, "ask the supplier for a new one"))
        }
        _ => Ok((at, bid)),
    }
}

/// The parts in a state a command needs that are large enough for an offer, each with the most that
/// others may be paid there.
pub(super) fn parts_for(
    case: &Case,
    offer: &Bid,
    wanted: &str,
    select: impl Fn(&State) -> Option<Option<Money>>,
) -> Result<Vec<(usize, Option<Money>)>, Refused> {
    part_in(case, wanted, &select)?;
    let parts = case.parts.iter().enumerate();
    let parts = parts.filter_map(|(at, part)| Some((at, part.quantity, select(&part.state)?)));
    let parts: Vec<_> = parts.collect();
    let available = parts.iter().map(|(_, quantity, _)| *quantity).max().unwrap_or_default();
    if offer.quantity > available {
        let guard = format!("the offer is for {}, only {available} are free", offer.quantity);
        return Err(Refused::new(guard, "ask the supplier for a smaller offer"));
    }
    let large = parts.into_iter().filter(|(_, quantity, _)| offer.quantity <= *quantity);
    Ok(large.map(|(at, _, baseline)| (at, baseline)).collect())
}

/// What was put to the holder, if the offer is better for its supplier than that.
pub(super) fn surpassed(offer: &Bid, baseline: Option<Money>) -> Option<Money> {
    baseline.filter(|baseline| offer.price.amount > baseline.amount)
}
