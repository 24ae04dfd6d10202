//! A holder does not take it, or does not match. Source: domain rules §2.3, rows 7 and 19.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, State};
use crate::event::Event;
use crate::release::{not_matched, released};

/// Declines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decline {
    /// Because the holder is unable to.
    #[serde(default)]
    pub unable: bool,
}

impl Decline {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let right = world.must_be_holder(case)?;
        let asked = |state: &State| match state {
            State::Open(_) | State::Negotiating { .. } => Some(false),
            State::Matching { .. } => Some(true),
            _ => None,
        };
        let (part, matching) = world.part_in(case, "OPEN or MATCHING", asked)?;
        Ok(if matching {
            not_matched(world, case, part, right)?
        } else {
            let unable = self.unable;
            let released = released(world, case, part, world.now)?;
            vec![Event::Declined { part, right, unable }, released]
        })
    }
}
