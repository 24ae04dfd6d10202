//! The customer no longer needs what is not yet bound. Source: domain rules §2.3, row 23.

use super::{Refused, World};
use crate::case::{Case, State};
use crate::event::Event;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_customer(case)?;
    let ended = |state: &State| state.is_bound() || matches!(state, State::Withdrawn);
    if case.parts.iter().all(|part| ended(&part.state)) {
        return Err(Refused::new("nothing is left to withdraw", "what is signed stays signed"));
    }
    Ok(vec![Event::Withdrawn])
}
