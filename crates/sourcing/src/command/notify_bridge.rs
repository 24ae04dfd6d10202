//! The grantor tells the holders of a bridge signed in an emergency. Source: domain rules §2.7.

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}
