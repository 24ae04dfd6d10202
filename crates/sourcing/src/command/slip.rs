//! A supplier uses a lot's one slip. Source: domain rules §2.4.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::delay::undelivered;
use super::{Refused, World};
use crate::case::Case;
use crate::delivery;
use crate::event::Event;
use crate::guard::Guard;

/// Puts the due day off, owing nothing for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slip {
    /// The lot's number, from 1.
    pub lot: usize,
    /// Until when.
    pub due: Date,
}

impl Slip {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (at, lot) = undelivered(world, case, self.lot)?;
        let allowed = lot.delay.slip.filter(|_| !lot.slipped);
        world.guard(Guard::SlipAllowed, allowed.is_some(), || {
            let found = match lot.slipped {
                true => format!("the due day of lot {} was put off once already", self.lot),
                false => {
                    format!("the agreement lets no due day slip, that of lot {} neither", self.lot)
                }
            };
            (found, "announce the delay with `charter delay`".to_string())
        })?;
        world.guard(Guard::OnlyLater, lot.due < self.due, || {
            let found = format!("{} is not after {}, when it is due", self.due, lot.due);
            (found, "give a later day".to_string())
        })?;
        if let Some(slip) = allowed {
            let latest = world.clock.day_after(lot.due, slip)?;
            world.guard(Guard::SlipAllowed, self.due <= latest, || {
                let found = format!("{} is more than {slip} after {}", self.due, lot.due);
                (found, format!("give a day up to {latest}"))
            })?;
            let today = world.now.to_zoned(world.clock.zone.clone()).date();
            let notified_for = world.clock.day_after(today, slip)?;
            world.guard(Guard::SlipAllowed, notified_for <= lot.due, || {
                let found = format!(
                    "a slip takes {slip} of notice, and lot {} is due {}",
                    self.lot, lot.due
                );
                (found, "announce the delay with `charter delay`".to_string())
            })?;
        }
        let due = delivery::due_day(&world.clock, self.due)?;
        Ok(vec![Event::Slipped { lot: at, due }])
    }
}
