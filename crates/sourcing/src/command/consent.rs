//! The holder lets others supply this case, and this case alone. Source: domain rules §2.3, row 9.

use super::{Refused, World, part_in};
use crate::case::{Case, State};
use crate::event::Event;

/// Consents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Whether the holder said nothing and let it go on knowingly. Only then may the customer
    /// record it.
    pub tacit: bool,
    /// What shows it.
    pub evidence: String,
}

impl Consent {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        if !(self.tacit && *world.by == case.requirement.customer) {
            world.must_be_holder(case)?;
        }
        if self.evidence.trim().is_empty() {
            let help = "say what shows it with `--evidence`";
            return Err(Refused::new("a consent needs evidence", help));
        }
        let restricted = |state: &State| {
            matches!(state, State::Draft | State::Noticed { .. } | State::Open { .. }).then_some(())
        };
        let (part, ()) = part_in(case, "DRAFT, NOTICED or OPEN", restricted)?;
        let consented =
            Event::Consented { part, tacit: self.tacit, evidence: self.evidence.clone() };
        Ok(vec![consented, Event::Released { part, baseline: None, closes: None }])
    }
}
