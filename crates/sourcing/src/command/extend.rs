//! A party puts off a deadline that protects the other. Source: domain rules §2.5, rule 6.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Puts it off.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Extend {
    /// Until when.
    pub deadline: Timestamp,
}

impl Extend {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
