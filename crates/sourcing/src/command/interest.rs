//! A holder is interested in talks. Source: domain rules §2.3, "ROFN".

use jiff::Timestamp;
use terms::clause::NegotiationStart;

use super::exercise::{in_time, in_turn};
use super::{Refused, World};
use crate::case::{Case, Open, State};
use crate::deadline::ClockError;
use crate::event::Event;
use crate::guard::Guard;
use crate::right::{Right, RightKind};

pub(super) fn decide(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let place = world.must_be_holder(case)?;
    let (part, open) = world.part_in(case, "OPEN", |state| match state {
        State::Open(open) => Some(open),
        _ => None,
    })?;
    let Some(right) = case.restriction.rights().get(place) else {
        let help = "make an offer instead";
        return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
    };
    world.guard(Guard::Covered, right.kind == RightKind::Negotiation, || {
        let found = format!("`{}` is no right to negotiate", right.clause);
        (found, "exercise, counter or decline".to_string())
    })?;
    in_turn(world, case, place, open.tier)?;
    in_time(world, open, right)?;
    let until = talks_until(world, open, right)?;
    Ok(vec![Event::Interested { part, right: place, until }])
}

/// When talks end that begin now: after the negotiation window, from where the clause has it begin.
pub(super) fn talks_until(
    world: &World<'_>,
    open: &Open,
    right: &Right,
) -> Result<Timestamp, ClockError> {
    let exercise = &right.says.exercise;
    let from = match exercise.negotiation_starts {
        NegotiationStart::Interest | NegotiationStart::Commencement => world.now,
        NegotiationStart::Notice => open.receipt,
    };
    Ok(world.clock.deadline(from, exercise.negotiation_window)?.max(world.now))
}
