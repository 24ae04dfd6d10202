//! Equal offers are improved, sealed, once. Source: domain rules §3.4.

use serde::{Deserialize, Serialize};
use signing::Seal;

use super::bid::{all_revealed, by_supplier, comparable, not_in_standstill};
use super::seal::{improvement_commitment, nonce};
use super::{Refused, World};
use crate::case::{Case, State};
use crate::comparison;
use crate::deadline::Channel;
use crate::event::Event;
use crate::guard::Guard;
use crate::improvement::{self, Improvement};
use crate::offer::{Bid, BidStatus, Offered, Package};

/// Asks those whose offers are equal, and the next to be awarded, to improve them.
pub(super) fn ask(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_grantor(case)?;
    let (part, ()) = world.part_in(case, "FREE or EXEMPT", |state| match state {
        State::Free(_) | State::Exempt => Some(()),
        State::Draft | State::Expired if world.part.is_some() => Some(()),
        _ => None,
    })?;
    not_in_standstill(world, case, world.by)?;
    all_revealed(world, case)?;
    let compared =
        comparison::best_of(&world.clock, world.registry(), case, part, world.now, None)?;
    let asked = improvement::to_ask(case, &compared);
    let posted = case.tender.as_ref().and_then(|tender| tender.improvement);
    let Some(time) = posted.filter(|_| !asked.is_empty()) else {
        let found = match posted {
            None => "no round of improvements was posted before the offers",
            Some(_) => "the offers next to be awarded are not equal, or were asked about before",
        };
        return Err(Refused::new(
            Guard::Tied,
            found,
            "award what serves best: `charter award … --best`",
        ));
    };
    // A window begins with the receipt of what opens it, as that of any notice does.
    let receipt = world.clock.deemed_receipt(world.now, Channel::Email)?;
    let closes = world.clock.deadline(receipt, time)?;
    let reveal_by = world.clock.deadline(closes, time)?;
    let needed = compared.needed;
    let ask = |bid| Event::ImprovementAsked { part, bid, needed, closes, reveal_by };
    Ok(asked.into_iter().map(ask).collect())
}

/// Hands in the seal of an improvement; a later one takes the place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SealImprovement {
    /// The number of the offer it improves, from 1.
    pub number: usize,
    /// The seal, as [`improvement_commitment`] makes it.
    pub seal: String,
    /// The offer as improved, where its supplier seals it here; as of [`super::seal::SealBid`].
    #[serde(skip)]
    pub offer: Option<Box<Bid>>,
}

impl SealImprovement {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (bid, offer, asked) = asked(world, case, self.number)?;
        let closes = asked.closes;
        world.guard(Guard::InTime, world.now <= closes, || {
            let found = format!("improvements were taken until {closes}");
            (found, "the offer stands as it is".to_string())
        })?;
        world.guard(Guard::OfferStands, offer.status == BidStatus::Standing, || {
            (format!("offer {} does not stand any more", self.number), "make a new one".to_string())
        })?;
        world.guard(Guard::SealOpens, self.seal.parse::<Seal>().is_ok(), || {
            let found = format!("`{}` is not a seal", self.seal);
            (found, "make one with `charter bid … --improves N --sealed FILE`".to_string())
        })?;
        if let Some(improved) = &self.offer {
            counts(world, case, self.number, improved)?;
        }
        Ok(vec![Event::ImprovementSealed { bid, seal: self.seal.clone() }])
    }
}

/// Reveals it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RevealImprovement {
    /// The number of the offer it improves, from 1.
    pub number: usize,
    /// The offer as improved.
    pub offer: Bid,
    /// The nonce it was sealed with: 32 bytes in hexadecimal digits.
    pub nonce: String,
}

impl RevealImprovement {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (at, before, asked) = asked(world, case, self.number)?;
        let Some(seal) = &asked.seal else {
            let found = format!("no improvement of offer {} is sealed", self.number);
            let help = "see the offers with `charter rounds ID`";
            return Err(Refused::new(Guard::OfferStands, found, help));
        };
        let (closes, by) = (asked.closes, asked.reveal_by);
        world.guard(Guard::InTime, closes < world.now, || {
            let found = format!("others may still seal improvements until {closes}");
            (found, "reveal it after that".to_string())
        })?;
        world.guard(Guard::InTime, world.now <= by, || {
            let found = format!("improvements were to be revealed by {by}");
            (found, "the offer stands as it is".to_string())
        })?;
        // It is the offering party's own, whatever else it says.
        let offer = Bid { supplier: before.supplier.clone(), ..self.offer.clone() };
        let opens = nonce(&self.nonce).is_some_and(|nonce| {
            improvement_commitment(world.name, self.number, &offer, &nonce) == *seal
        });
        world.guard(Guard::SealOpens, opens, || {
            let found =
                format!("this is not what the improvement of offer {} was sealed of", self.number);
            (found, "reveal the very improvement, with the nonce of its seal".to_string())
        })?;
        counts(world, case, self.number, &offer)?;
        Ok(vec![Event::ImprovementRevealed { bid: at, terms: offer.terms }])
    }
}

/// Only improvements count: it is the same offer at less money, or at more where the grantor sells.
fn counts(world: &World<'_>, case: &Case, number: usize, improved: &Bid) -> Result<(), Refused> {
    let (_, before, asked) = asked(world, case, number)?;
    comparable(world, case, improved)?;
    let improves = |holds: bool, found: String| {
        let help = "the offer stands as it is";
        world.guard(Guard::Improves, holds, || (found, help.to_string()))
    };
    improves(
        *improved == repriced(before, improved),
        format!("it changes more of offer {number} than what is paid for it"),
    )?;
    let better = comparison::is_better(&world.clock, case, asked.needed, improved, before)?;
    improves(better == Some(true), format!("it is no better for the grantor than offer {number}"))
}

/// An offer at the prices of another.
fn repriced(offer: &Bid, at: &Bid) -> Bid {
    let Offered { price, up_front, .. } = at.terms;
    let package = offer.terms.package.as_ref().map(|package| {
        let price = at.terms.package.as_ref().map_or(package.price, |package| package.price);
        Box::new(Package { price, ..**package })
    });
    Bid {
        terms: Offered { price, up_front, package, ..offer.terms.clone() },
        status: at.status.clone(),
        received: at.received,
        ..offer.clone()
    }
}

/// An offer that its supplier was asked to improve, by its number, and what it was asked.
fn asked<'c>(
    world: &World<'_>,
    case: &'c Case,
    number: usize,
) -> Result<(usize, &'c Bid, &'c Improvement), Refused> {
    let at = number.wrapping_sub(1);
    let (Some(offer), Some(asked)) = (case.bids.get(at), case.improvements.get(&at)) else {
        let found = format!("nobody was asked to improve offer {number}");
        let help = "only offers that are equal, and next to be awarded, are improved";
        return Err(Refused::new(Guard::Tied, found, help));
    };
    by_supplier(world, case, &offer.supplier)?;
    Ok((at, offer, asked))
}
