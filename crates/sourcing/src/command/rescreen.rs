//! The case follows what the agreement says now, as both agree. Source: domain rules §2.3, row 24.

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}
