//! A holder waives its right for this case, and this case alone. Source: domain rules §2.3, row 9.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Waives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Waive {
    /// Whether others may then sign on any terms.
    pub unlimited: bool,
    /// What shows it.
    pub evidence: String,
}

impl Waive {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
