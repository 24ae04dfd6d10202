//! The holder lets others supply this case, and this case alone. Source: domain rules §2.3, row 9.

use super::{Refused, World, part_in};
use crate::case::{Case, Restriction, State};
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
        // Row 9 wants a waiver signed, and the clause itself says what silence means: the customer
        // may not shorten the holder's window by recording that it said nothing.
        if self.tacit && matches!(case.restriction, Restriction::FirstRefusal { .. }) {
            let guard = "a first right is waived expressly; what silence means, its clause says";
            return Err(Refused::new(guard, "give notice, or have the holder consent"));
        }
        if self.evidence.trim().is_empty() {
            let help = "say what shows it with `--evidence`";
            return Err(Refused::new("a consent needs evidence", help));
        }
        part_in(case, "DRAFT, NOTICED, OPEN or EXPIRED", |state| restricted(state).then_some(()))?;
        let parts = case.parts.iter().enumerate().filter(|(_, part)| restricted(&part.state));
        let consents = parts.flat_map(|(part, _)| {
            let (tacit, evidence) = (self.tacit, self.evidence.clone());
            [
                Event::Consented { part, tacit, evidence },
                Event::Released { part, baseline: None, closes: None },
            ]
        });
        Ok(consents.collect())
    }
}

/// Whether others may not supply it before the holder has had its say.
fn restricted(state: &State) -> bool {
    matches!(state, State::Draft | State::Noticed { .. } | State::Open { .. } | State::Expired)
}
