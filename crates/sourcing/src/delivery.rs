//! What becomes of a lot as days pass. Source: domain rules §2.4.

use jiff::Timestamp;
use jiff::civil::Date;
use terms::Money;

use crate::case::Case;
use crate::command::World;
use crate::deadline::ClockError;
use crate::event::Event;
use crate::lot::{DelayTerms, Lot};
use terms::Name;

/// A lot that is due on a day, on the terms of delay the agreement has then.
pub(crate) fn schedule(
    world: &World<'_>,
    _case: &Case,
    part: usize,
    supplier: Name,
    quantity: u64,
    price: Money,
    due: Date,
) -> Result<Event, ClockError> {
    let next = world.clock.instant(due.to_datetime(world.clock.cutoff))?;
    let lot = Lot::scheduled(part, supplier, quantity, price, due, next, DelayTerms::default());
    Ok(Event::LotScheduled { lot })
}

/// A lot's next stage begins.
pub(crate) fn advance(
    _world: &World<'_>,
    _case: &Case,
    _lot: usize,
    _at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    Ok(Vec::new())
}
