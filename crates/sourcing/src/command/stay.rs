//! The decision-maker orders a stay, or lifts it. Source: domain rules §2.3, row 28.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, PauseReason, State};
use crate::disturbance;
use crate::event::Event;
use crate::guard::Guard;

/// Orders it: of the part that is named, or of everything not yet bound. It takes the place of any
/// other reason for which something stands still.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stay {
    /// Why.
    pub reason: String,
}

impl Stay {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_decision_maker()?;
        let to_settle = case.is_provisional() || case.insolvency.is_some();
        world.guard(Guard::Disputed, to_settle, || {
            let found = "nothing is disputed in this case".to_string();
            (found, "let a party contest a guard first: `charter dispute`".to_string())
        })?;
        world.must_be_said(&self.reason, "a stay needs a reason", "say why with `--reason`")?;
        let runs = |state: &State| match state {
            State::Paused { reason, .. } => *reason != PauseReason::Stay,
            _ => state.is_active(),
        };
        world.part_in(case, "active", |state| runs(state).then_some(()))?;
        Ok(disturbance::pause(case, PauseReason::Stay, |part, state| {
            world.part.is_none_or(|named| named == part) && runs(state)
        }))
    }
}

/// Lifts it: what stands still goes on with the time it had left, and at least five business days.
/// Where the holder is insolvent, it waits for that; the decision-maker may end that pause too.
pub(super) fn resume(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_decision_maker()?;
    let paused = |state: &State| matches!(state, State::Paused { .. }).then_some(());
    world.part_in(case, "PAUSED", paused)?;
    let named = |part: usize, _: PauseReason| world.part.is_none_or(|named| named == part);
    Ok(disturbance::go_on(world, case, world.now, named)?)
}
