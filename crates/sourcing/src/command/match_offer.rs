//! A holder takes the offer's terms for itself. Source: domain rules §2.3, row 18.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, Signed, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Offered;

/// Matches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MatchOffer {
    /// On what terms; those of the offer if none are given.
    #[serde(default)]
    pub terms: Option<Offered>,
    /// Whether the holder takes the whole of a package, not only the part its right is about.
    #[serde(default)]
    pub package: bool,
}

impl MatchOffer {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let place = world.must_be_holder(case)?;
        let (part, bid) = world.part_in(case, "MATCHING", |state| match state {
            State::Matching { bid, .. } => Some(*bid),
            _ => None,
        })?;
        let (Some(right), Some(bid)) = (case.restriction.rights().get(place), case.bids.get(bid))
        else {
            let help = "award it directly";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        let sign_by = world.clock.deadline(world.now, right.says.close_within)?;
        let signed = Signed { party: right.holder.clone(), terms: bid.terms.clone(), bid: None };
        Ok(vec![Event::Matched { part, right: place, signed, sign_by }])
    }
}
