//! An insolvent holder stands by the agreement, or does not. Source: domain rules §2.3, row 26.

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

pub(super) fn ask(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}

pub(super) fn assume(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}

pub(super) fn reject(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}
