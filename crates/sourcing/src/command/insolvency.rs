//! A holder is insolvent. Source: domain rules §2.3, row 26.

use serde::{Deserialize, Serialize};
use terms::Name;

use super::{Refused, World};
use crate::case::Case;
use crate::event::Event;
use crate::guard::Guard;

/// Notes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NoticeInsolvency {
    /// Who.
    pub holder: Name,
}

impl NoticeInsolvency {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
