//! By when a deal is signed, and what its signature brings with it: lots to be delivered.

use jiff::{Span, Timestamp};
use terms::Name;

use crate::case::Case;
use crate::command::World;
use crate::deadline::ClockError;
use crate::delivery;
use crate::event::Event;
use crate::offer::Offered;
use crate::right::Right;

/// The last instant at which a deal with a holder is to be signed: after the time both have, and not
/// before the time the holder has at least to prepare the closing.
pub(crate) fn sign_by(
    world: &World<'_>,
    right: &Right,
    from: Timestamp,
) -> Result<Timestamp, ClockError> {
    let (clock, says) = (world.clock_of(right), &right.says);
    let within = clock.deadline(from, says.close_within)?;
    match says.close_after {
        Some(at_least) => Ok(within.max(clock.deadline(from, at_least)?)),
        None => Ok(within),
    }
}

/// What is to be delivered by.
pub(crate) struct Deal<'a> {
    /// Which part it fulfils.
    pub part: usize,
    /// Who deals with the grantor.
    pub party: &'a Name,
    /// On what terms.
    pub terms: &'a Offered,
}

/// The lots of a deal about `quantity` accelerators of which so many stand: one for each day on which
/// more of it is due. Less later makes no lot.
pub(crate) fn lots(
    world: &World<'_>,
    case: &Case,
    deal: &Deal<'_>,
    mut standing: u64,
    quantity: u64,
) -> Result<Vec<Event>, ClockError> {
    let Deal { part, party, terms } = *deal;
    let supplier = case.supplier_and_customer(party).0;
    let mut ramp = terms.ramp.clone();
    if ramp.is_empty() {
        ramp.push((0, quantity));
    }
    ramp.sort_unstable();
    let mut lots = Vec::new();
    for (month, stand) in ramp {
        let more = stand.min(quantity).saturating_sub(standing);
        if more == 0 {
            continue;
        }
        standing += more;
        let months = Span::new().try_months(month)?;
        let due = terms.from.checked_add(months)?;
        let due = delivery::due_after(&world.clock, due, world.now)?;
        let supplier = supplier.clone();
        lots.push(delivery::schedule(world, case, part, supplier, more, terms.price, due)?);
    }
    Ok(lots)
}
