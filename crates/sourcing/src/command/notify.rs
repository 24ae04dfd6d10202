//! The grantor puts its need, or a third party's offer, to the holders. Source: domain rules §2.3,
//! rows 2 and 3, and "modes".

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, State};
use crate::deadline::Channel;
use crate::event::Event;
use crate::guard::Guard;

/// Sends the notice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notify {
    /// How it travels.
    pub channel: Channel,
    /// The number of the third party's offer that is put to the holders, from 1; the grantor's own
    /// terms if none.
    #[serde(default)]
    pub bid: Option<usize>,
}

impl Notify {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let Some(right) = case.restriction.right() else {
            let help = "award it to the holder of the exclusivity, or to anybody if it is exempt";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        let waiting = |state: &State| matches!(state, State::Draft | State::Expired).then_some(());
        let (part, ()) = world.part_in(case, "DRAFT or EXPIRED", waiting)?;
        let receipt = world.clock.deemed_receipt(world.now, self.channel)?;
        let deadline = world.clock.deadline(receipt, right.says.response_window)?;
        let (channel, terms, tier) = (self.channel, case.requirement.terms(), right.tier);
        Ok(vec![Event::NoticeSent { part, channel, receipt, deadline, terms, bid: None, tier }])
    }
}
