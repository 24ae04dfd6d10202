//! A holder hands its right on. Source: domain rules §2.7, "holder assigned".

use serde::{Deserialize, Serialize};
use terms::Name;

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Hands a right on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Assign {
    /// To whom.
    pub to: Name,
    /// Whether the grantor elects to continue with the new holder though the right may not be handed on.
    pub continued: bool,
}

impl Assign {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
