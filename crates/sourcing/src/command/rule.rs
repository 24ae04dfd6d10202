//! The decision-maker rules. Source: domain rules §2.3, row 28.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, State};
use crate::event::Event;
use crate::guard::Guard;

/// Rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// The state the part is in from now on.
    pub state: State,
    /// Why.
    pub reasons: String,
}

impl Rule {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
