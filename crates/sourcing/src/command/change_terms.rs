//! What is signed with somebody else is changed. Source: domain rules §2.3, row 32.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Offered;

/// Changes what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeTerms {
    /// To what.
    pub terms: Offered,
}

impl ChangeTerms {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
