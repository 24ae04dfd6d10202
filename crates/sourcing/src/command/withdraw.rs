//! The customer no longer needs what is not yet bound. Source: domain rules §2.3, row 23.

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_customer(case)?;
    if !case.parts.iter().any(|part| part.state.is_wanted()) {
        return Err(Refused::new("nothing is left to withdraw", "what is signed stays signed"));
    }
    Ok(vec![Event::Withdrawn])
}
