//! A holder comes under the control of a competitor. Source: domain rules §2.7, "change of control".

use serde::{Deserialize, Serialize};
use terms::Name;

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Notes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeControl {
    /// Who controls it now.
    pub competitor: Name,
}

impl ChangeControl {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}

/// The grantor deals blind from now on.
pub(super) fn deal_blind(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}

/// The grantor suspends the right to decide.
pub(super) fn suspend(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let _ = (world, case);
    Err(Refused::new(Guard::State, "not yet", "not yet"))
}
