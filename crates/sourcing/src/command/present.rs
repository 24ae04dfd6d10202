//! The customer puts a better offer to the holder. Source: domain rules §2.3, row 14.

use super::{Refused, World, bid};
use crate::case::{Case, Restriction, State};
use crate::deadline::Channel;
use crate::event::Event;

/// Presents an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The offer's number, from 1.
    pub bid: usize,
}

impl Present {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_customer(case)?;
        let (at, offer) = bid::standing(world, case, self.bid)?;
        let Restriction::FirstRefusal { right, holder, .. } = &case.restriction else {
            return Err(Refused::new("no first right covers this case", "award it directly"));
        };
        if world.is_affiliate(&offer.supplier, holder) {
            let guard = format!("offer {} is `{holder}`'s own", self.bid);
            return Err(Refused::new(guard, self.award_it()));
        }
        let free = bid::parts_for(case, offer, "FREE", |state| match state {
            State::Free { baseline, .. } => Some(*baseline),
            _ => None,
        })?;
        let better =
            free.into_iter().find(|(_, baseline)| bid::surpassed(offer, *baseline).is_some());
        let (part, _) = better.ok_or_else(|| {
            let guard = format!(
                "offer {} is no better for its supplier than what the holder was offered",
                self.bid
            );
            Refused::new(guard, self.award_it())
        })?;
        // A window begins at a deemed receipt, also this one: an offer sent at night is read in the
        // morning.
        let receipt = world.clock.deemed_receipt(world.now, Channel::Email)?;
        let deadline = world.clock.deadline(receipt, right.match_window)?;
        let (quantity, round) = (offer.quantity, case.rounds + 1);
        Ok(vec![Event::OfferPresented { part, quantity, bid: at, round, deadline }])
    }

    fn award_it(&self) -> String {
        format!("award it: `charter award … --bid {}`", self.bid)
    }
}
