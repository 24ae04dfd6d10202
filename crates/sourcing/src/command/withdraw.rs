//! The grantor no longer needs what is not yet bound. Source: domain rules §2.3, row 23.

use super::{Refused, World};
use crate::case::{Case, State};
use crate::event::Event;
use crate::guard::Guard;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_grantor(case)?;
    let wanted = case.parts.iter().map(|part| &part.state).any(State::is_wanted);
    world.guard(Guard::State, wanted, || {
        ("nothing is left to withdraw".to_string(), "what is signed stays signed".to_string())
    })?;
    Ok(vec![Event::Withdrawn])
}
