//! The holder takes the offer's terms for itself. Source: domain rules §2.3, row 18.

use super::{Refused, World, part_in};
use crate::case::{Case, Restriction, State};
use crate::event::Event;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let holder = world.must_be_holder(case)?;
    let matching = |state: &State| match state {
        State::Matching { bid, .. } => Some(*bid),
        _ => None,
    };
    let (part, bid) = part_in(case, "MATCHING", matching)?;
    let (Restriction::FirstRefusal { right, .. }, Some(bid)) =
        (&case.restriction, case.bids.get(bid))
    else {
        return Err(Refused::new("no first right covers this case", "award it directly"));
    };
    let sign_by = world.clock.deadline(world.now, right.close_within)?;
    Ok(vec![Event::Matched { part, supplier: holder.clone(), price: bid.price, sign_by }])
}
