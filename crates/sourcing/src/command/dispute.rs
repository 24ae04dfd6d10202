//! A party contests a guard. Source: domain rules §2.3, row 27.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, Dispute, State};
use crate::event::Event;
use crate::guard::Guard;

/// Contests it. Clocks run on, and what comes of the case is provisional, until the decision-maker
/// rules; it may order a stay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RaiseDispute {
    /// Which guard.
    pub guard: Guard,
    /// On what grounds.
    pub grounds: String,
}

impl RaiseDispute {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let grantor = &case.requirement.grantor;
        let holders = case.restriction.holders();
        let parties: Vec<_> = std::iter::once(grantor).chain(holders).collect();
        let place = world.must_be_one_of(&parties)?;
        let by = parties.get(place).copied().unwrap_or(world.by).clone();
        world.part_in(case, "active or bound", |state: &State| {
            (state.is_active() || state.is_bound()).then_some(())
        })?;
        world.must_be_said(
            &self.grounds,
            "a dispute needs grounds",
            "say what is wrong with `--grounds`",
        )?;
        let guard = self.guard;
        let again = case.disputes.iter().any(|dispute| dispute.by == by && dispute.guard == guard);
        world.guard(Guard::NotAnswered, !again, || {
            let found = format!("`{by}` contests `{guard}` already");
            (found, "wait for the decision-maker".to_string())
        })?;
        let dispute = Dispute { by, guard, grounds: self.grounds.clone(), since: world.now };
        Ok(vec![Event::Disputed { dispute }])
    }
}
