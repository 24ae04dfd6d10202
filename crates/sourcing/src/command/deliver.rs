//! The supplier delivers a lot. Source: domain rules §2.3, row 34.

use serde::{Deserialize, Serialize};

use super::delay::undelivered;
use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;

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
        let part = lot.part;
        let rest = case.lots.iter().enumerate();
        let mut rest = rest.filter(|(other, lot)| *other != at && lot.part == part);
        let last = rest.all(|(_, lot)| lot.delivered.is_some());
        let mut events = vec![Event::Delivered { lot: at }];
        events.extend(last.then_some(Event::Fulfilled { part }));
        Ok(events)
    }
}
