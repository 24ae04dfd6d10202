//! Customer and holder sign the definitive agreement. Source: domain rules §2.3, row 29.

use super::{Refused, World, part_in};
use crate::case::{Case, Lot, State};
use crate::event::Event;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    if world.must_be_customer(case).is_err() {
        world.must_be_holder(case)?;
    }
    let unsigned = |state: &State| match state {
        State::Committed { supplier, price, sign_by: Some(_) } => Some((supplier.clone(), *price)),
        _ => None,
    };
    let (part, (supplier, price)) = part_in(case, "COMMITTED and not yet signed", unsigned)?;
    let lot = Lot {
        part,
        supplier,
        quantity: case.parts[part].quantity,
        price,
        due: case.requirement.need_by,
        expected: None,
        delivered: None,
    };
    Ok(vec![Event::DefinitiveSigned { part }, Event::LotScheduled { lot }])
}
