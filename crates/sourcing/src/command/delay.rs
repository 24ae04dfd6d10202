//! The supplier says that it will deliver late. The due day stays: damages run from it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;
use crate::lot::{Lot, LotStatus};

/// Announces a delay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
        world.guard(Guard::OnlyLater, lot.due < self.expected, || {
            let found = format!("{} is not after {}, when it is due", self.expected, lot.due);
            (found, "announce only a later day".to_string())
        })?;
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
    let (at, lot) = open(world, case, number)?;
    by_supplier(world, number, lot)?;
    Ok((at, lot))
}

/// Only the supplier of a lot says what becomes of it.
pub(super) fn by_supplier(world: &World<'_>, number: usize, lot: &Lot) -> Result<(), Refused> {
    let supplier = &lot.supplier;
    world.guard(Guard::BySupplier, world.is_affiliate(world.by, supplier), || {
        let found = format!("lot {number} is `{supplier}`'s to deliver, not `{}`'s", world.by);
        (found, format!("let `{supplier}` do it"))
    })
}

/// The lot of a number that counts from 1, if it still is to be delivered.
pub(super) fn open<'c>(
    world: &World<'_>,
    case: &'c Case,
    number: usize,
) -> Result<(usize, &'c Lot), Refused> {
    let at = number.wrapping_sub(1);
    let lot = case.lots.get(at).ok_or_else(|| {
        let found = format!("there is no lot {number}; there are {}", case.lots.len());
        let help = "lots are made when an award or a definitive agreement is signed";
        Refused::new(Guard::LotOpen, found, help)
    })?;
    let (found, help) = match lot.status {
        LotStatus::Delivered => ("is delivered", "nothing is left to do"),
        LotStatus::Shortfall => ("fell short", "say first that it can be had: `charter recover`"),
        LotStatus::Cancelled => ("is undone with its deal", "nothing is left to do"),
        LotStatus::Scheduled | LotStatus::LateGrace | LotStatus::Cure => ("", ""),
    };
    world.guard(Guard::LotOpen, lot.is_open(), || {
        (format!("lot {number} {found}"), help.to_string())
    })?;
    Ok((at, lot))
}
