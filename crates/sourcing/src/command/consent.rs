//! A holder lets others supply this case, and this case alone: that of an exclusivity; and that of a
//! first right under whose clause a deal with others still needs its consent.

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
            let place = world.must_be_holder(case)?;
            let right = case.restriction.rights().get(place);
            if right.is_some_and(|right| right.says.release.consent_still_needed) {
                return self.to_deal(world, case, place);
            }
        }
        // A first right is waived: row 9 wants that signed, and the clause itself says what silence
        // means. The grantor may not shorten the holder's window by recording that it said nothing.
        let exclusive = matches!(case.restriction, Restriction::Exclusive { .. });
        world.guard(Guard::Covered, exclusive, || {
            let found = "no exclusivity covers this case; a first right is waived, expressly";
            (found.to_string(), "have the holder waive it with `charter waive`".to_string())
        })?;
        world.must_be_said(
            &self.evidence,
            "a consent needs evidence",
            "say what shows it with `--evidence`",
        )?;
        let restricted = |state: &State| matches!(state, State::Draft | State::Expired);
        world.part_in(case, "DRAFT or EXPIRED", |state| restricted(state).then_some(()))?;
        let parts = case.parts.iter().enumerate().filter(|(_, part)| restricted(&part.state));
        let consents = parts.flat_map(|(part, _)| {
            let (tacit, evidence) = (self.tacit, self.evidence.clone());
            [
                Event::Consented { part, tacit, evidence, right: None },
                Event::Released { part, free: Free::default() },
            ]
        });
        Ok(consents.collect())
    }

    /// A consent that is needed beside a first right clears the way for a deal; the right itself it
    /// leaves as it is. It is express: silence in the round says nothing about it.
    fn to_deal(&self, world: &World<'_>, case: &Case, place: usize) -> Result<Vec<Event>, Refused> {
        world.guard(Guard::Evidence, !self.tacit && !self.evidence.trim().is_empty(), || {
            let found = "this consent is express, and needs evidence".to_string();
            (found, "say what shows it with `--evidence`".to_string())
        })?;
        world.guard(Guard::NotAnswered, !case.consented.contains(&place), || {
            let found = "this holder has consented already".to_string();
            (found, "sign: `charter award`".to_string())
        })?;
        let (part, ()) =
            world.part_in(case, "not yet bound", |state| state.is_wanted().then_some(()))?;
        let (tacit, evidence, right) = (false, self.evidence.clone(), Some(place));
        Ok(vec![Event::Consented { part, tacit, evidence, right }])
    }
}
