//! The customer held a lot up, or force majeure did. Source: domain rules §2.4.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Moves the due day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Excuse {
    /// The lot's number, from 1.
    pub lot: usize,
    /// By how many days.
    pub days: u32,
    /// Whether it was force majeure.
    pub force_majeure: bool,
    /// What happened.
    pub reason: String,
}

impl Excuse {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
