//! The supplier of a lot that fell short can deliver again: what nobody has taken meanwhile is its
//! again. Orders placed with others run to their end. Source: domain rules §2.4.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Refused, World, delay};
use crate::case::{Case, Free, State};
use crate::delivery;
use crate::event::Event;
use crate::guard::Guard;

/// Says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recover {
    /// The lot's number, from 1.
    pub lot: usize,
    /// The day it can be delivered.
    pub due: Date,
}

impl Recover {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let at = self.lot.wrapping_sub(1);
        let lot = case.lots.get(at).ok_or_else(|| {
            let found = format!("there is no lot {}; there are {}", self.lot, case.lots.len());
            Refused::new(Guard::Recoverable, found, "see the lots with `charter lots`")
        })?;
        delay::by_supplier(world, self.lot, lot)?;
        let left = case.parts.iter().find_map(|part| match &part.state {
            State::Free(Free { short: Some(short), .. }) if short.0 == at => Some(part.quantity),
            _ => None,
        });
        let quantity = left.ok_or_else(|| {
            let found = match lot.short_since {
                Some(_) => {
                    format!("others have taken what lot {} missed, or its time is over", self.lot)
                }
                None => format!("lot {} has not fallen short", self.lot),
            };
            Refused::new(Guard::Recoverable, found, "nothing of it is left to deliver")
        })?;
        let due = delivery::due_day(&world.clock, self.due)?;
        world.guard(Guard::OnlyLater, world.now <= due.next, || {
            let today = world.now.to_zoned(world.clock.zone.clone()).date();
            let found = format!("{} is over on {today}", self.due);
            (found, "give a day that is to come".to_string())
        })?;
        Ok(vec![Event::Recovered { lot: at, quantity, due }])
    }
}
