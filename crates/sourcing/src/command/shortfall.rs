//! A supplier says that it cannot deliver a lot. Source: domain rules §2.4.

use serde::{Deserialize, Serialize};

use super::delay::undelivered;
use super::{Refused, World};
use crate::case::Case;
use crate::delivery;
use crate::event::Event;

/// Says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DeclareShortfall {
    /// The lot's number, from 1.
    pub lot: usize,
}

impl DeclareShortfall {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (at, _) = undelivered(world, case, self.lot)?;
        Ok(delivery::fall_short(world, case, at, world.now, true, true)?)
    }
}
