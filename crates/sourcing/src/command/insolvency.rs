//! A holder is insolvent. Source: domain rules §2.3, row 26.

use serde::{Deserialize, Serialize};
use terms::Name;

use super::{Refused, World};
use crate::case::{Case, PauseReason, State};
use crate::disturbance;
use crate::event::Event;
use crate::guard::Guard;

/// Notes it: everything not yet bound stands still. What is bound stays bound until the holder
/// rejects it, or does not assure that it stands by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NoticeInsolvency {
    /// Who.
    pub holder: Name,
}

impl NoticeInsolvency {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let holder = &self.holder;
        let concerned = [holder, &case.requirement.grantor];
        let may: Vec<_> = concerned.into_iter().chain(&world.agreement.decision_maker).collect();
        world.must_be_one_of(&may)?;
        let holds = case.holders().any(|(_, of)| of == holder);
        world.guard(Guard::Covered, holds, || {
            let found = format!("`{holder}` holds no right in this case");
            (found, "name the holder with `--holder`".to_string())
        })?;
        world.part_in(case, "active, or bound to the holder", |state| match state {
            State::Committed { .. } => Some(()),
            _ => state.is_active().then_some(()),
        })?;
        world.guard(Guard::State, case.insolvency.is_none(), || {
            let found = "an insolvency is noted already".to_string();
            (found, "let the holder say whether it stands by the agreement".to_string())
        })?;
        let mut events = vec![Event::InsolvencyNoticed { holder: holder.clone() }];
        let stands = |state: &State| state.is_active() && !matches!(state, State::Paused { .. });
        let reason = PauseReason::Insolvency;
        events.extend(disturbance::pause(case, reason, |_, state| stands(state)));
        Ok(events)
    }
}
