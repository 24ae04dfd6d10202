//! What a chosen offer is contingent on is so, or is waived. Source: domain rules §2.7, "contingent offers".

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Says that it is so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MeetContingency {
    /// The offer's number, from 1.
    pub bid: usize,
    /// What shows it.
    pub evidence: String,
}

impl MeetContingency {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
