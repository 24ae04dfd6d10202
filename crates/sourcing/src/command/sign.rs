//! Grantor and holder sign the definitive agreement. Source: domain rules §2.3, row 29.

use super::{Refused, World};
use crate::case::{Case, State};
use crate::delivery;
use crate::event::Event;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    if world.must_be_grantor(case).is_err() {
        world.must_be_holder(case)?;
    }
    let unsigned = |state: &State| match state {
        State::Committed { signed, sign_by: Some(_), .. } => Some(signed.clone()),
        _ => None,
    };
    let (part, signed) = world.part_in(case, "COMMITTED and not yet signed", unsigned)?;
    let (quantity, price) = (case.parts[part].quantity, signed.terms.price);
    let supplier = case.supplier_and_customer(&signed.party).0.clone();
    let due = case.requirement.need_by;
    Ok(vec![
        Event::DefinitiveSigned { part },
        delivery::schedule(world, case, part, supplier, quantity, price, due)?,
    ])
}
