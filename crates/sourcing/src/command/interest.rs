//! A holder is interested in talks. Source: domain rules §2.3, "ROFN".

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}
