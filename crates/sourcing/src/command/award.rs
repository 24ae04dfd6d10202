//! The customer signs an offer. Source: domain rules §2.3, row 15.

use terms::Money;

use super::{Refused, World, bid, part_in};
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
        let (_, offer) = bid::standing(world, case, self.bid)?;
        let of_holder = case
            .restriction
            .holder()
            .is_some_and(|holder| world.is_affiliate(&offer.supplier, holder));
        let (part, baseline) = part_in(case, "FREE or EXEMPT", |state| match state {
            State::Free { baseline, .. } => Some(*baseline),
            State::Exempt => Some(None),
            // What only the holder may supply, it may be awarded at once.
            State::Draft if of_holder => Some(None),
            _ => None,
        })
        .map_err(|refused| self.explain(case, offer, refused))?;
        self.within_terms(offer, baseline)?;
        let available = case.parts[part].quantity;
        if offer.quantity > available {
            let guard = format!("the offer is for {}, only {available} are free", offer.quantity);
            return Err(Refused::new(guard, "ask the supplier for a smaller offer"));
        }
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
            Event::Awarded { part, quantity, supplier, price }
        } else {
            Event::ThirdSigned { part, quantity, supplier, price }
        };
        Ok(vec![signed, Event::LotScheduled { lot }])
    }

    /// Nothing better for a third party than what was put to the holder.
    fn within_terms(&self, offer: &Bid, baseline: Option<Money>) -> Result<(), Refused> {
        match baseline {
            Some(baseline) if offer.price.amount > baseline.amount => {
                let guard = format!(
                    "{} per accelerator-hour is better for `{}` than the {baseline} put to the holder",
                    offer.price, offer.supplier
                );
                let help = format!("present it first: `charter present … --bid {}`", self.bid);
                Err(Refused::new(guard, help))
            }
            _ => Ok(()),
        }
    }

    fn explain(&self, case: &Case, offer: &Bid, refused: Refused) -> Refused {
        match &case.restriction {
            Restriction::Exclusive { holder, clause } => {
                let guard = format!(
                    "`{clause}`: only `{holder}` may supply this, not `{}`",
                    offer.supplier
                );
                let help =
                    format!("award it to `{holder}`, or record its consent with `charter consent`");
                Refused::new(guard, help)
            }
            Restriction::FirstRefusal { holder, clause, .. } => {
                let guard =
                    format!("`{clause}`: `{holder}` has not had its first say; {}", refused.guard);
                Refused::new(guard, "give notice with `charter notify` and wait for the answer")
            }
            Restriction::None { .. } => refused,
        }
    }
}
