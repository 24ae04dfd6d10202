//! The holder does not take it, or does not match. Source: domain rules §2.3, rows 7 and 19.

use super::{Refused, World, part_in};
use crate::case::{Case, State};
use crate::event::Event;
use crate::timer::{released, released_after_matching};

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_holder(case)?;
    let asked = |state: &State| match state {
        State::Open { .. } => Some(false),
        State::Matching { .. } => Some(true),
        _ => None,
    };
    let (part, matching) = part_in(case, "OPEN or MATCHING", asked)?;
    Ok(if matching {
        let released = released_after_matching(&world.clock, case, part, world.now)?;
        vec![Event::MatchDeclined { part }, released]
    } else {
        vec![Event::Declined { part }, released(&world.clock, case, part, world.now)?]
    })
}
