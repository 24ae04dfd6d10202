//! The grantor changes the requirement. Source: domain rules §2.3, rows 21 and 22, and §2.6.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, Requirement};
use crate::deadline::Channel;
use crate::event::Event;
use crate::guard::Guard;

/// Changes the requirement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amend {
    /// As it is from now on.
    pub requirement: Requirement,
    /// How the notice of it travels, where a new round begins.
    pub channel: Channel,
}

impl Amend {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
