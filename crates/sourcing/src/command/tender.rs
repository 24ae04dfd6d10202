//! The grantor asks for offers and says how they are compared. Source: domain rules §3.1.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Tender;

/// Asks for offers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpenTender {
    /// How.
    pub tender: Tender,
}

impl OpenTender {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
