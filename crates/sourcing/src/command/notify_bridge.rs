//! The grantor tells the holders of a bridge signed in an emergency. Source: domain rules §2.7.

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_grantor(case)?;
    world.guard(Guard::State, case.bridge_notice.is_some(), || {
        let found = "no bridge was signed of which the holders must still be told".to_string();
        (found, "see `charter rounds` for who may do what now".to_string())
    })?;
    Ok(vec![Event::BridgeNotified])
}
