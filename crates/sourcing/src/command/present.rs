//! The grantor puts a better offer to the holders. Source: domain rules §2.3, row 14.

use serde::{Deserialize, Serialize};

use super::{Refused, World, bid};
use crate::case::{Case, State};
use crate::deadline::Channel;
use crate::event::Event;
use crate::guard::Guard;

/// Presents an offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Present {
    /// The offer's number, from 1.
    pub bid: usize,
    /// The independent person that has seen it and certifies it, where the clause wants one.
    #[serde(default)]
    pub certified_by: Option<terms::Name>,
}

impl Present {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let (at, offer) = bid::standing(world, case, self.bid)?;
        let Some(right) = case.restriction.right() else {
            let help = "award it directly";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        world.guard(
            Guard::SameThirdParty,
            !world.is_affiliate(&offer.supplier, &right.holder),
            || (format!("offer {} is `{}`'s own", self.bid, right.holder), self.award_it()),
        )?;
        let free = bid::parts_for(world, case, offer, "FREE", |state| match state {
            State::Free(free) => Some(Some(free)),
            _ => None,
        })?;
        let better =
            free.into_iter().find(|(_, free)| bid::surpassed(case, offer, *free).is_some());
        let (part, _) = better.ok_or_else(|| {
            let found = format!(
                "offer {} is no better for its supplier than what the holder was offered",
                self.bid
            );
            Refused::new(Guard::WithinTerms, found, self.award_it())
        })?;
        // A window begins at a deemed receipt, also this one: an offer sent at night is read in the
        // morning.
        let receipt = world.clock.deemed_receipt(world.now, Channel::Email)?;
        let deadline = world.clock.deadline(receipt, right.says.match_window)?;
        let (quantity, round, tier) = (offer.quantity, case.rounds + 1, right.tier);
        Ok(vec![Event::OfferPresented { part, quantity, bid: at, round, deadline, tier }])
    }

    fn award_it(&self) -> String {
        format!("award it: `charter award … --bid {}`", self.bid)
    }
}
