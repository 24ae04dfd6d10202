//! The grantor signs an offer. Source: domain rules §2.3, rows 15 and 17.

use serde::{Deserialize, Serialize};

use super::{Refused, World, bid};
use crate::case::{Case, Signed, State};
use crate::delivery;
use crate::event::Event;
use crate::exemption;
use crate::guard::Guard;
use crate::offer::{Bid, Offered};
use crate::right::Restriction;

/// Signs an offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Award {
    /// The offer's number, from 1.
    pub bid: usize,
    /// How many of it; all if none is given.
    #[serde(default)]
    pub quantity: Option<u64>,
}

impl Award {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let (at, offer) = bid::standing(world, case, self.bid)?;
        let mut holders = case.restriction.holders();
        let of_holder = holders.any(|holder| world.is_affiliate(&offer.supplier, holder));
        // Nor is it in the way of a deal inside the grantor's group, where its clause says so.
        let unburdened = of_holder || exemption::is_within_group(world, case, &offer.supplier);
        let part = self.part_for(world, case, offer, unburdened)?;
        exemption::not_repeated(world, case, &offer.supplier, &offer.terms)?;
        let Bid { supplier: party, quantity, terms, .. } = offer.clone();
        let (price, due) = (terms.price, terms.from);
        let signed = Signed { party, terms, bid: Some(at) };
        let supplier = case.supplier_and_customer(&signed.party).0.clone();
        let event = if of_holder {
            Event::Awarded { part, quantity, signed }
        } else {
            Event::ThirdSigned { part, quantity, signed }
        };
        let lot = delivery::schedule(world, case, part, supplier, quantity, price, due)?;
        Ok([event, lot].into_iter().chain(exemption::bridge_signed(world, case)?).collect())
    }

    /// The first part that is large enough and on whose terms the offer may be signed.
    fn part_for(
        &self,
        world: &World<'_>,
        case: &Case,
        offer: &Bid,
        of_holder: bool,
    ) -> Result<usize, Refused> {
        let parts = bid::parts_for(world, case, offer, "FREE or EXEMPT", |state| match state {
            // No right is in the way of dealing with its holder: neither of its terms nor of its
            // turn. A round that is under way it answers by itself.
            State::Free(_) | State::Draft | State::Expired if of_holder => Some(None),
            State::Free(free) => Some(Some(free)),
            State::Exempt => Some(None),
            _ => None,
        })
        .map_err(|refused| if of_holder { refused } else { explain(case, offer, refused) })?;
        let (mut fits, mut too_good) = (None, None);
        for (at, free) in parts {
            match bid::surpassed(case, offer, free) {
                None => fits = fits.or(Some(at)),
                Some(baseline) => too_good = too_good.or(Some((at, baseline))),
            }
        }
        if let (None, Some((_, baseline))) = (fits, too_good) {
            world.guard(Guard::WithinTerms, false, || self.too_good(offer, baseline))?;
        }
        fits.or(too_good.map(|(at, _)| at))
            .ok_or_else(|| Refused::new(Guard::State, "no part is free", "see `charter rounds`"))
    }

    /// Nothing better for a third party than what was put to the holder.
    fn too_good(&self, offer: &Bid, baseline: &Offered) -> (String, String) {
        let found = format!(
            "{} per accelerator-hour is better for `{}` than the {} put to the holder",
            offer.terms.price, offer.supplier, baseline.price
        );
        (found, format!("present it first: `charter present … --bid {}`", self.bid))
    }
}

/// Says whose right is in the way, where one still is.
fn explain(case: &Case, offer: &Bid, refused: Refused) -> Refused {
    let any = |is: fn(&State) -> bool| case.parts.iter().any(|part| is(&part.state));
    let unasked = any(|state| matches!(state, State::Draft | State::Expired));
    let asked = any(|state| {
        matches!(
            state,
            State::Noticed(_) | State::Open(_) | State::Negotiating { .. } | State::Matching { .. }
        )
    });
    let free = any(|state| matches!(state, State::Free(_) | State::Exempt));
    match &case.restriction {
        Restriction::Exclusive { holder, clause } if unasked && !free => {
            let found =
                format!("`{clause}`: only `{holder}` may supply this, not `{}`", offer.supplier);
            let help =
                format!("award it to `{holder}`, or record its consent with `charter consent`");
            Refused::new(Guard::State, found, help)
        }
        Restriction::FirstRight { rights } if (unasked || asked) && !free => {
            let names: Vec<_> = rights.iter().map(|right| format!("`{}`", right.holder)).collect();
            let (names, clause) = (names.join(" and "), &rights[0].clause);
            let found = format!("`{clause}`: {names} has not had its first say; {}", refused.found);
            let help = match unasked {
                true => "give notice with `charter notify` and wait for the answer",
                false => "wait for its answer",
            };
            Refused::new(Guard::State, found, help)
        }
        _ => refused,
    }
}
