//! A holder asks for documents; the grantor sends them. Source: domain rules §2.3, row 4.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::Case;
use crate::deadline::Channel;
use crate::event::Event;
use crate::guard::Guard;

/// Asks for documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestDocuments {
    /// Which.
    pub list: Vec<String>,
}

impl RequestDocuments {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}

/// Sends them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SendDocuments {
    /// How they travel.
    pub channel: Channel,
}

impl SendDocuments {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let _ = (world, case, self);
        Err(Refused::new(Guard::State, "not yet", "not yet"))
    }
}
