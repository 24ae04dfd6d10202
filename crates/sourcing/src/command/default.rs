//! What is signed with somebody else ends, as that party defaults or terminates. Source: domain rules
//! §2.3, row 33.

use serde::{Deserialize, Serialize};

use super::{Refused, World, annul};
use crate::case::{Case, Free, State};
use crate::event::Event;

/// Ends it. Others may sign for the rest of the free window it was signed in, on the same baseline;
/// once that is over, the need is put to the holders anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Default {
    /// Why.
    pub reason: String,
}

impl Default {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (part, (party, free)) = world.part_in(case, "THIRD_SIGNED", |state| match state {
            State::ThirdSigned { signed, free } => Some((&signed.party, free)),
            _ => None,
        })?;
        world.must_be_one_of(&[&case.requirement.grantor, party])?;
        world.must_be_said(
            &self.reason,
            "the end of what is signed needs a reason",
            "say why with `--reason`",
        )?;
        let mut events = vec![Event::ThirdDefaulted { part, reason: self.reason.clone() }];
        match free {
            Some(free) if free.closes.is_none_or(|closes| world.now <= closes) => {
                let free = free.clone();
                events.push(Event::Released { part, free: still_limited(case, free) });
            }
            _ => events.extend(annul::undone(case, part, &self.reason)),
        }
        Ok(events)
    }
}

/// A right that has ended meanwhile limits nothing any more, unless its limits outlive it.
fn still_limited(case: &Case, free: Free) -> Free {
    let outlives = case.restriction.right().is_some_and(|right| right.limits_survive);
    match case.right_ended {
        Some(_) if !outlives => Free { baseline: None, closes: None, only: None, ..free },
        _ => free,
    }
}
