//! What a signature brings with it: lots to be delivered.

use jiff::Span;
use terms::Name;

use crate::case::Case;
use crate::command::World;
use crate::deadline::ClockError;
use crate::delivery;
use crate::event::Event;
use crate::offer::Offered;

/// The lots of a deal: one for each day on which more of it is due. Less later makes no lot.
pub(crate) fn lots(
    world: &World<'_>,
    case: &Case,
    part: usize,
    party: &Name,
    quantity: u64,
    terms: &Offered,
) -> Result<Vec<Event>, ClockError> {
    let supplier = case.supplier_and_customer(party).0;
    let mut ramp = terms.ramp.clone();
    if ramp.is_empty() {
        ramp.push((0, quantity));
    }
    ramp.sort_unstable();
    let mut standing = 0;
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
