//! The supplier delivers a lot, or some of it. Source: domain rules §2.3, row 34, and §2.4.

use serde::{Deserialize, Serialize};

use super::delay::undelivered;
use super::{Refused, World};
use crate::case::{Case, State};
use crate::delivery;
use crate::event::Event;
use crate::guard::Guard;
use crate::lot::LotStatus;

/// Delivers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deliver {
    /// The lot's number, from 1.
    pub lot: usize,
    /// How many accelerators; all of them if none is given.
    #[serde(default)]
    pub quantity: Option<u64>,
}

impl Deliver {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (at, lot) = undelivered(world, case, self.lot)?;
        let quantity = self.quantity.unwrap_or(lot.quantity);
        world.guard(Guard::WithinQuantity, (1..=lot.quantity).contains(&quantity), || {
            let found =
                format!("{quantity} are not part of the {} of lot {}", lot.quantity, self.lot);
            (found, format!("deliver from 1 to {}", lot.quantity))
        })?;
        let part = lot.part;
        let before_holders = match case.state(part) {
            Some(State::Matching { deadline, .. }) => Some(deadline),
            _ => None,
        };
        world.guard(Guard::State, before_holders.is_none(), || {
            let until = before_holders.map(ToString::to_string).unwrap_or_default();
            let found = format!("a change of its deal is before the holders until {until}");
            (found, "wait for their answer".to_string())
        })?;
        let mut events = Vec::new();
        if quantity < lot.quantity {
            events.push(Event::PartDelivered { lot: at, quantity });
        } else {
            // A lot that was cancelled or fell short is not waited for.
            let mut rest = case.lots.iter().enumerate();
            let last = rest.all(|(other, lot)| other == at || lot.part != part || !lot.is_open());
            events.push(Event::Delivered { lot: at });
            events.extend(last.then_some(Event::Fulfilled { part }));
        }
        // One sum a day runs until all of it stands: the rest owes it.
        let runs_on = quantity < lot.quantity && lot.owes_one_sum();
        if lot.status == LotStatus::Cure && !runs_on {
            let until = delivery::day_before(&world.clock, world.now)?;
            events.extend(delivery::damages(&lot.split(quantity).0, at, until));
        }
        Ok(events)
    }
}
