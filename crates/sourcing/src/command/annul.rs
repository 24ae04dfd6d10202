//! Both undo what is signed, or the decision-maker does for error. Source: domain rules §2.3, row 31.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Undoes what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Annul {
    /// Why.
    pub reason: String,
}

impl Annul {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
