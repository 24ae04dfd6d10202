//! The customer puts its need to the holder. Source: domain rules §2.3, rows 2 and 3.

use super::{Refused, World, part_in};
use crate::case::{Case, Restriction, State};
use crate::deadline::Channel;
use crate::event::Event;

/// Sends the notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// How it travels.
    pub channel: Channel,
}

impl Notify {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_customer(case)?;
        let Restriction::FirstRefusal { right, .. } = &case.restriction else {
            let help = "award it to the holder of the exclusivity, or to anybody if it is exempt";
            return Err(Refused::new("no first right covers this case", help));
        };
        let waiting = |state: &State| matches!(state, State::Draft | State::Expired).then_some(());
        let (part, ()) = part_in(case, "DRAFT or EXPIRED", waiting)?;
        let receipt = world.clock.deemed_receipt(world.now, self.channel)?;
        let deadline = world.clock.deadline(receipt, right.response_window)?;
        Ok(vec![Event::NoticeSent { part, by: self.channel, receipt, deadline }])
    }
}
