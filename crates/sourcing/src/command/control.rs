//! A holder comes under the control of a competitor. Source: domain rules §2.7, "change of control".

use serde::{Deserialize, Serialize};
use terms::Name;

use super::{Refused, World};
use crate::case::{Case, PauseReason, State};
use crate::disturbance::{self, CONTROL, SUSPENSION};
use crate::event::Event;
use crate::guard::Guard;

/// Notes it. The grantor then has ten business days to deal blind from now on, or to suspend the
/// right for 30 days in which to decide whether it does. If it does neither, disclosure stays what
/// it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeControl {
    /// Who controls it now.
    pub competitor: Name,
}

impl ChangeControl {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let right = match *world.by == case.requirement.grantor {
            true => case.holders().next().map_or(0, |(at, _)| at),
            false => world.must_be_holder(case)?,
        };
        let covered = case.holders().next().is_some();
        world.guard(Guard::Covered, covered, || {
            ("no right covers this case".to_string(), "anybody may supply it".to_string())
        })?;
        world.part_in(case, "not yet bound", |state| state.is_pending().then_some(()))?;
        world.guard(Guard::State, case.control_changed.is_none() && !case.blinded, || {
            let found = "a change of control is noted already".to_string();
            (found, "let the grantor choose, or the time for it pass".to_string())
        })?;
        let until = world.clock.deadline(world.now, CONTROL)?;
        Ok(vec![Event::ControlChanged { right, competitor: self.competitor.clone(), until }])
    }
}

/// The grantor deals blind from now on; what it suspended to decide goes on.
pub(super) fn deal_blind(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_grantor(case)?;
    may_choose(world, case)?;
    let suspended = |_: usize, reason: PauseReason| reason == PauseReason::ChangeOfControl;
    let mut events = vec![Event::Blinded];
    events.extend(disturbance::go_on(world, case, world.now, suspended)?);
    Ok(events)
}

/// The grantor suspends the right to decide: what is before the holders stands still. What is free
/// for others stays so.
pub(super) fn suspend(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_grantor(case)?;
    may_choose(world, case)?;
    let suspended = case.parts.iter().any(|part| {
        matches!(part.state, State::Paused { reason: PauseReason::ChangeOfControl, .. })
    });
    world.guard(Guard::NotAnswered, !suspended, || {
        let found = "the right is suspended already, once".to_string();
        (found, "deal blind, or let it go on".to_string())
    })?;
    let before_holders = |state: &State| {
        matches!(
            state,
            State::Noticed(_) | State::Open(_) | State::Negotiating { .. } | State::Matching { .. }
        )
    };
    world.part_in(case, "before the holders", |state| before_holders(state).then_some(()))?;
    let until = world.clock.deadline(world.now, SUSPENSION)?;
    let mut events = vec![Event::ControlSuspended { until }];
    let reason = PauseReason::ChangeOfControl;
    events.extend(disturbance::pause(case, reason, |_, state| before_holders(state)));
    Ok(events)
}

fn may_choose(world: &World<'_>, case: &Case) -> Result<(), Refused> {
    world.guard(Guard::InTime, case.control_changed.is_some(), || {
        let found = "no change of control is noted, or the time to choose is over".to_string();
        (found, "note it first: `charter control changed`".to_string())
    })
}
