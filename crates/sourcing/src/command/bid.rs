//! A supplier makes an offer; or a buyer, where the grantor sells.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, Free, Side, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::{Bid, BidStatus, Offered};

/// Makes an offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MakeBid {
    /// The offer.
    pub bid: Bid,
}

impl MakeBid {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let bid = &self.bid;
        world.guard(Guard::BySupplier, bid.supplier == *world.by, || {
            let found = "a supplier makes its own offer".to_string();
            (found, "give it with `--by`".to_string())
        })?;
        let wanted = case.parts.iter().any(|part| part.state.is_wanted());
        world.guard(Guard::State, wanted, || {
            let found = "all of it is supplied or withdrawn already".to_string();
            (found, "make a new request".to_string())
        })?;
        comparable(world, case, bid)?;
        let bid = Bid { status: BidStatus::Standing, ..bid.clone() };
        Ok(vec![Event::BidReceived { bid }])
    }
}

/// An offer must be for a part of what is needed, in its currency.
pub(super) fn comparable(world: &World<'_>, case: &Case, bid: &Bid) -> Result<(), Refused> {
    let wanted = case.requirement.quantity.count;
    world.guard(Guard::OfferComparable, (1..=wanted).contains(&bid.quantity), || {
        let found = format!("{} is not part of the {wanted} that are needed", bid.quantity);
        (found, format!("offer from 1 to {wanted}"))
    })?;
    let currency = case.requirement.price.currency;
    let offered = bid.terms.price.currency;
    world.guard(Guard::OfferComparable, offered == currency, || {
        let found = format!("the request is in {currency}, the offer in {offered}");
        (found, format!("offer a price in {currency}"))
    })
}

/// The offer of a number that counts from 1, if it still stands.
pub(super) fn standing<'c>(
    world: &World<'_>,
    case: &'c Case,
    number: usize,
) -> Result<(usize, &'c Bid), Refused> {
    let at = number.wrapping_sub(1);
    let bid = case.bids.get(at).ok_or_else(|| {
        let found = format!("there is no offer {number}; there are {}", case.bids.len());
        Refused::new(Guard::OfferStands, found, "see the offers with `charter rounds ID`")
    })?;
    let (found, help) = match &bid.status {
        BidStatus::Standing => ("", ""),
        BidStatus::Signed => ("is signed already", "ask the supplier for another one"),
        BidStatus::Gone => ("is withdrawn or out of the running", "ask for another one"),
        BidStatus::Sealed { .. } => ("is sealed", "wait until its supplier reveals it"),
        BidStatus::Contingent { .. } => {
            ("is chosen already, and contingent", "wait until what it is contingent on is so")
        }
    };
    world.guard(Guard::OfferStands, bid.status == BidStatus::Standing, || {
        (format!("offer {number} {found}"), help.to_string())
    })?;
    let before_holder = case.parts.iter().any(|part| match &part.state {
        State::Matching { bid, .. } => *bid == at,
        State::Noticed(noticed) => noticed.bid == Some(at),
        State::Open(open) | State::Negotiating { open, .. } => open.bid == Some(at),
        _ => false,
    });
    world.guard(Guard::OfferStands, !before_holder, || {
        (format!("offer {number} is before the holder"), "wait for its answer".to_string())
    })?;
    let stands = bid.valid_until.is_none_or(|until| world.now <= until);
    world.guard(Guard::OfferStands, stands, || {
        let until = bid.valid_until.map(|until| until.to_string()).unwrap_or_default();
        (format!("offer {number} stood until {until}"), "ask the supplier for a new one".into())
    })?;
    Ok((at, bid))
}

/// The parts in a state a command needs that are large enough for an offer, each with the freedom
/// there is.
pub(super) fn parts_for<'c>(
    world: &World<'_>,
    case: &'c Case,
    offer: &Bid,
    wanted: &str,
    select: impl Fn(&'c State) -> Option<Option<&'c Free>>,
) -> Result<Vec<(usize, Option<&'c Free>)>, Refused> {
    world.part_in(case, wanted, &select)?;
    let parts = case.parts.iter().enumerate();
    let parts = parts.filter(|(at, _)| world.part.is_none_or(|named| named == *at));
    let parts = parts.filter_map(|(at, part)| Some((at, part.quantity, select(&part.state)?)));
    let parts: Vec<_> = parts.collect();
    let available = parts.iter().map(|(_, quantity, _)| *quantity).max().unwrap_or_default();
    world.guard(Guard::WithinRelease, offer.quantity <= available, || {
        let found = format!("the offer is for {}, only {available} are free", offer.quantity);
        (found, "ask the supplier for a smaller offer".to_string())
    })?;
    let large = parts.into_iter().filter(|(_, quantity, _)| offer.quantity <= *quantity);
    Ok(large.map(|(at, _, free)| (at, free)).collect())
}

/// What was put to the holder, if the offer is better for its supplier than that.
pub(super) fn surpassed<'f>(
    case: &Case,
    offer: &Bid,
    free: Option<&'f Free>,
) -> Option<&'f Offered> {
    let baseline = free?.baseline.as_ref()?;
    let better = match case.requirement.side() {
        Side::BuyerBurdened => offer.terms.price.amount > baseline.price.amount,
        Side::SellerBurdened => offer.terms.price.amount < baseline.price.amount,
    };
    better.then_some(baseline)
}
