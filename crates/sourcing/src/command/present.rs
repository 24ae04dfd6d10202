//! The customer puts a better offer to the holder. Source: domain rules §2.3, row 14.

use super::{Refused, World, bid, part_in};
use crate::case::{Case, Restriction, State};
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
        let free = |state: &State| match state {
            State::Free { baseline, .. } => Some(*baseline),
            _ => None,
        };
        let (part, baseline) = part_in(case, "FREE", free)?;
        let (at, offer) = bid::standing(world, case, self.bid)?;
        let better = baseline.is_some_and(|baseline| offer.price.amount > baseline.amount);
        let Restriction::FirstRefusal { right, .. } = &case.restriction else {
            return Err(Refused::new("no first right covers this case", "award it directly"));
        };
        if !better {
            let guard = format!(
                "offer {} is no better for its supplier than what the holder was offered",
                self.bid
            );
            return Err(Refused::new(
                guard,
                format!("award it: `charter award … --bid {}`", self.bid),
            ));
        }
        let receipt = world.now;
        let deadline = world.clock.deadline(receipt, right.match_window)?;
        Ok(vec![Event::OfferPresented { part, bid: at, round: case.rounds + 1, deadline }])
    }
}
