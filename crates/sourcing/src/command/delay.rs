//! The supplier says that it will deliver late. The due day stays: damages run from it.

use jiff::civil::Date;

use super::{Refused, World};
use crate::case::{Case, Lot};
use crate::event::Event;

/// Announces a delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    /// The lot's number, from 1.
    pub lot: usize,
    /// The day it is now expected.
    pub expected: Date,
    /// Why.
    pub reason: String,
}

impl Delay {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (at, lot) = undelivered(world, case, self.lot)?;
        if self.expected <= lot.due {
            let guard = format!("{} is not after {}, when it is due", self.expected, lot.due);
            return Err(Refused::new(guard, "announce only a later day"));
        }
        let reason = self.reason.clone();
        Ok(vec![Event::DeliveryDelayed { lot: at, expected: self.expected, reason }])
    }
}

/// The lot of a number that counts from 1, if it still is to be delivered by the party that acts.
pub(super) fn undelivered<'c>(
    world: &World<'_>,
    case: &'c Case,
    number: usize,
) -> Result<(usize, &'c Lot), Refused> {
    let at = number.wrapping_sub(1);
    let lot = case.lots.get(at).ok_or_else(|| {
        let guard = format!("there is no lot {number}; there are {}", case.lots.len());
        Refused::new(guard, "lots are made when an award or a definitive agreement is signed")
    })?;
    if lot.delivered.is_some() {
        return Err(Refused::new(format!("lot {number} is delivered"), "nothing is left to do"));
    }
    if !world.is_affiliate(world.by, &lot.supplier) {
        let guard =
            format!("lot {number} is `{}`'s to deliver, not `{}`'s", lot.supplier, world.by);
        return Err(Refused::new(guard, format!("let `{}` do it", lot.supplier)));
    }
    Ok((at, lot))
}
