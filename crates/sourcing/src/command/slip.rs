//! A supplier uses a lot's one slip. Source: domain rules §2.4.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Puts the due day off.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slip {
    /// The lot's number, from 1.
    pub lot: usize,
    /// Until when.
    pub due: Date,
}

impl Slip {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
