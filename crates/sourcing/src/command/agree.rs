//! Grantor or holder agrees to what the other last put forward. Source: domain rules §2.3, row 11.

use super::exercise::within_capacity;
use super::{Refused, World};
use crate::case::{Case, Signed, State};
use crate::closing;
use crate::event::Event;
use crate::guard::Guard;

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let by_grantor = *world.by == case.requirement.grantor;
    let place = if by_grantor { None } else { Some(world.must_be_holder(case)?) };
    let (part, (talks, right, theirs)) =
        world.part_in(case, "NEGOTIATING", |state| match state {
            State::Negotiating { open, right, by_grantor: grantor, by_holder: holder, .. } => {
                Some((open, *right, if by_grantor { holder } else { grantor }))
            }
            _ => None,
        })?;
    let talks_with = case.restriction.rights().get(right);
    world.guard(Guard::ByHolder, place.is_none_or(|place| place == right), || {
        let holder = talks_with.map(|right| right.holder.to_string()).unwrap_or_default();
        let found = format!("the grantor talks to `{holder}`");
        (found, format!("let `{holder}` do it"))
    })?;
    world.guard(Guard::TermsProposed, theirs.is_some(), || {
        let found = "the other party has put no terms forward".to_string();
        (found, "put terms forward: `charter counter`".to_string())
    })?;
    let Some(holder) = talks_with else { return Ok(Vec::new()) };
    within_capacity(world, case, &holder.holder, case.parts[part].quantity)?;
    let sign_by = closing::sign_by(world, holder, world.now)?;
    let terms = theirs.as_ref().unwrap_or(&talks.terms).clone();
    let signed = Signed { party: holder.holder.clone(), terms, bid: None };
    Ok(vec![Event::Agreed { part, right, signed, sign_by }])
}
