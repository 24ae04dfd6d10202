//! The customer signs an offer. Source: domain rules §2.3, rows 15 and 17.

use terms::Money;

use super::{Refused, World, bid};
use crate::case::{Bid, Case, Lot, Restriction, State};
use crate::event::Event;

/// Signs an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// The offer's number, from 1.
    pub bid: usize,
}

impl Award {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_customer(case)?;
        let (at, offer) = bid::standing(world, case, self.bid)?;
        let of_holder = case
            .restriction
            .holder()
            .is_some_and(|holder| world.is_affiliate(&offer.supplier, holder));
        let part = self.part_for(case, offer, of_holder)?;
        let Bid { supplier, quantity, price, .. } = offer.clone();
        let lot = Lot {
            part,
            supplier: supplier.clone(),
            quantity,
            price,
            due: case.requirement.need_by,
            expected: None,
            delivered: None,
        };
        let signed = if of_holder {
            Event::Awarded { part, quantity, bid: at, supplier, price }
        } else {
            Event::ThirdSigned { part, quantity, bid: at, supplier, price }
        };
        Ok(vec![signed, Event::LotScheduled { lot }])
    }

    /// The first part that is large enough and on whose terms the offer may be signed.
    fn part_for(&self, case: &Case, offer: &Bid, of_holder: bool) -> Result<usize, Refused> {
        let parts = bid::parts_for(case, offer, "FREE or EXEMPT", |state| match state {
            // No right is in the way of dealing with its holder: neither of its terms nor of its
            // turn. A round that is under way it answers by itself.
            State::Free { .. } | State::Draft | State::Expired if of_holder => Some(None),
            State::Free { baseline, .. } => Some(*baseline),
            State::Exempt => Some(None),
            _ => None,
        })
        .map_err(|refused| if of_holder { refused } else { explain(case, offer, refused) })?;
        let mut part = Err(Refused::new("no part is free", "see `charter rounds`"));
        for (at, baseline) in parts {
            match bid::surpassed(offer, baseline) {
                None => return Ok(at),
                Some(baseline) => part = Err(self.too_good(offer, baseline)),
            }
        }
        part
    }

    /// Nothing better for a third party than what was put to the holder.
    fn too_good(&self, offer: &Bid, baseline: Money) -> Refused {
        let guard = format!(
            "{} per accelerator-hour is better for `{}` than the {baseline} put to the holder",
            offer.price, offer.supplier
        );
        Refused::new(guard, format!("present it first: `charter present … --bid {}`", self.bid))
    }
}

/// Says whose right is in the way, where one still is.
fn explain(case: &Case, offer: &Bid, refused: Refused) -> Refused {
    let any = |is: fn(&State) -> bool| case.parts.iter().any(|part| is(&part.state));
    let unasked = any(|state| matches!(state, State::Draft | State::Expired));
    let asked = any(|state| {
        matches!(state, State::Noticed { .. } | State::Open { .. } | State::Matching { .. })
    });
    let free = any(|state| matches!(state, State::Free { .. } | State::Exempt));
    match &case.restriction {
        Restriction::Exclusive { holder, clause } if unasked && !free => {
            let guard =
                format!("`{clause}`: only `{holder}` may supply this, not `{}`", offer.supplier);
            let help =
                format!("award it to `{holder}`, or record its consent with `charter consent`");
            Refused::new(guard, help)
        }
        Restriction::FirstRefusal { holder, clause, .. } if (unasked || asked) && !free => {
            let guard =
                format!("`{clause}`: `{holder}` has not had its first say; {}", refused.guard);
            let help = match unasked {
                true => "give notice with `charter notify` and wait for the answer",
                false => "wait for its answer",
            };
            Refused::new(guard, help)
        }
        _ => refused,
    }
}
