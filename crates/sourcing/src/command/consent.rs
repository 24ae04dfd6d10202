//! The holder of an exclusivity lets others supply this case, and this case alone.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, Free, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::right::Restriction;

/// Consents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Consent {
    /// Whether the holder said nothing and let it go on knowingly. Only then may the grantor
    /// record it.
    pub tacit: bool,
    /// What shows it.
    pub evidence: String,
}

impl Consent {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        if !(self.tacit && *world.by == case.requirement.grantor) {
            world.must_be_holder(case)?;
        }
        // A first right is waived: row 9 wants that signed, and the clause itself says what silence
        // means. The grantor may not shorten the holder's window by recording that it said nothing.
        let exclusive = matches!(case.restriction, Restriction::Exclusive { .. });
        world.guard(Guard::Covered, exclusive, || {
            let found = "no exclusivity covers this case; a first right is waived, expressly";
            (found.to_string(), "have the holder waive it with `charter waive`".to_string())
        })?;
        world.guard(Guard::Evidence, !self.evidence.trim().is_empty(), || {
            let found = "a consent needs evidence".to_string();
            (found, "say what shows it with `--evidence`".to_string())
        })?;
        let restricted = |state: &State| matches!(state, State::Draft | State::Expired);
        world.part_in(case, "DRAFT or EXPIRED", |state| restricted(state).then_some(()))?;
        let parts = case.parts.iter().enumerate().filter(|(_, part)| restricted(&part.state));
        let consents = parts.flat_map(|(part, _)| {
            let (tacit, evidence) = (self.tacit, self.evidence.clone());
            [
                Event::Consented { part, tacit, evidence },
                Event::Released { part, free: Free::default() },
            ]
        });
        Ok(consents.collect())
    }
}
