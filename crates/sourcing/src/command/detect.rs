//! Somebody is found to have signed without leave. Source: domain rules §2.3, row 36.

use serde::{Deserialize, Serialize};
use terms::Name;

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Offered;

/// Notes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Detect {
    /// Who signed.
    pub party: Name,
    /// How many accelerators.
    pub quantity: u64,
    /// On what terms.
    pub terms: Offered,
    /// What shows it.
    pub evidence: String,
}

impl Detect {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
