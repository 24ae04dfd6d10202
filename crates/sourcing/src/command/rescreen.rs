//! The case follows what the agreement says now, as both agree. Source: domain rules §2.3, row 24.

use super::{Refused, World};
use crate::case::{Case, Joint, Requirement, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::joint;
use crate::right::Restriction;
use crate::screening::screen;

/// Without both, the case stays pinned to what the agreement said when it began. Where other rights
/// cover it now, what is under way under the old ones is superseded; where none does, it is exempt.
pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let parties: Vec<_> = std::iter::once(&case.requirement.grantor)
        .chain(case.holders().map(|(_, holder)| holder))
        .collect();
    world.part_in(case, "not yet bound", |state| state.is_pending().then_some(()))?;
    let paused = case.parts.iter().any(|part| matches!(part.state, State::Paused { .. }));
    world.guard(Guard::State, !paused, || {
        let found = "everything stands still, also what the case is pinned to".to_string();
        (found, "wait until it goes on: `charter resume`".to_string())
    })?;
    if let Some(proposed) = joint::proposed(world, case, Joint::Rescreen, &parties)? {
        return Ok(vec![proposed]);
    }
    let requirement = &case.requirement;
    let (screened, restriction) = screened(world, requirement)?;
    let holds = |restriction: &Restriction| {
        let rights = restriction.rights().iter().map(|right| (right.clause.clone(), right.tier));
        (restriction.clause(), rights.collect::<Vec<_>>())
    };
    let asked =
        |state: &State| state.is_pending() && !matches!(state, State::Draft | State::Expired);
    let under_way = case.parts.iter().any(|part| asked(&part.state));
    let covered = restriction.holders().next().is_some();
    let mut events = Vec::new();
    if under_way && covered && holds(&case.restriction) != holds(&restriction) {
        let pending = case.parts.iter().filter(|part| part.state.is_pending());
        let quantity = pending.map(|part| part.quantity).sum();
        let clause = restriction.clause().unwrap_or_default();
        let material = vec![format!("`{clause}` covers it now")];
        let requirement = requirement.clone();
        events.push(Event::Superseded { requirement, quantity, material });
    }
    events.extend(screened);
    Ok(events)
}

/// What the agreement says about a need now, and the events that pin the case to it.
pub(super) fn screened(
    world: &World<'_>,
    requirement: &Requirement,
) -> Result<(Vec<Event>, Restriction), Refused> {
    let screening = screen(world, requirement)?;
    let events = screening.events();
    Ok((events, screening.restriction))
}
