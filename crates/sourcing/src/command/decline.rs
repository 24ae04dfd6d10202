//! A holder does not take it, or does not match. Source: domain rules §2.3, rows 7 and 19.
//!
//! A holder that says it is unable to frees no more than one that does not want to: what follows is
//! the clause's to say. A first call on supply has no limit of terms then.

use serde::{Deserialize, Serialize};

use super::exercise::{in_turn, not_answered};
use super::{Refused, World};
use crate::case::{Answer, Case, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::release::not_matched;
use crate::round::{all_answered, done};

/// Declines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decline {
    /// Because the holder is unable to.
    #[serde(default)]
    pub unable: bool,
}

impl Decline {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let right = world.must_be_holder(case)?;
        let (part, open) = world.part_in(case, "OPEN or MATCHING", |state| match state {
            State::Open(open) | State::Negotiating { open, .. } => Some(Ok(open)),
            State::Matching { tier, answers, .. } => Some(Err((*tier, answers))),
            _ => None,
        })?;
        let open = match open {
            Ok(open) => open,
            Err((tier, answers)) => {
                let of_tier = case.restriction.tier(tier).any(|(place, _)| place == right);
                world.guard(Guard::State, of_tier, || {
                    let found = format!("it is not the turn of `{}`", world.by);
                    (found, "wait until those before it have answered".to_string())
                })?;
                not_answered(world, answers, right)?;
                return Ok(not_matched(world, case, part, right)?);
            }
        };
        in_turn(world, case, right, open.tier)?;
        not_answered(world, &open.answers, right)?;
        let mut answers = open.answers.clone();
        answers.push(Answer { right, takes: None });
        let mut events = vec![Event::Declined { part, right, unable: self.unable }];
        if all_answered(case, open.tier, open.receipt, &answers) {
            events.extend(done(world, case, part, open, &answers, world.now)?);
        }
        Ok(events)
    }
}
