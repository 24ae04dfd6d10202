//! A party puts off a deadline that protects it from the other. Source: domain rules §2.5, rule 6.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::Name;

use super::{Refused, World};
use crate::case::{Case, State};
use crate::disturbance::{AT_LEAST, running};
use crate::event::Event;
use crate::guard::Guard;

/// Puts it off. The holders' windows protect the grantor from waiting, so it grants more time; the
/// free window protects the holder, so it does. The time to sign protects whoever has signed from
/// whoever has not: that party may wait longer. Nobody makes a deadline earlier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Extend {
    /// Until when.
    pub deadline: Timestamp,
}

impl Extend {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let wanted = "running to a deadline";
        let own = world.part_in(case, wanted, |state| {
            let acts = |by: &Vec<&Name>| by.iter().any(|party| world.is_affiliate(world.by, party));
            runs(world, case, state).filter(|(_, by)| acts(by))
        });
        let any = || world.part_in(case, wanted, |state| runs(world, case, state));
        let (part, (old, by)) = own.or_else(|_| any())?;
        if by.is_empty() {
            let found = "nobody alone may put this deadline off".to_string();
            world.guard(Guard::ByParty, false, || (found, not_alone(case)))?;
        } else {
            world.must_be_one_of(&by)?;
        }
        world.guard(Guard::OnlyLater, old < self.deadline, || {
            let found = format!("the deadline is {old}; {} is no later", self.deadline);
            (found, "give a later instant".to_string())
        })?;
        // What follows from a deadline beyond the calendars could not be counted.
        world.clock.deadline(self.deadline, AT_LEAST)?;
        Ok(vec![Event::Extended { part, deadline: self.deadline }])
    }
}

/// The deadline that runs in a part, and who may put it off.
fn runs<'c>(
    world: &World<'_>,
    case: &'c Case,
    state: &'c State,
) -> Option<(Timestamp, Vec<&'c Name>)> {
    match state {
        State::Paused { .. } => None,
        _ => running(state, world.now).0.map(|old| (old, protected(case, state))),
    }
}

/// Who may put off what runs in a part.
fn protected<'c>(case: &'c Case, state: &'c State) -> Vec<&'c Name> {
    match state {
        State::Free(_) => {
            let holders: Vec<_> = case.holders().map(|(_, holder)| holder).collect();
            // One holder cannot give up what protects the others too.
            if holders.len() == 1 { holders } else { Vec::new() }
        }
        State::Committed { signed_by, .. } => signed_by.iter().collect(),
        _ => vec![&case.requirement.grantor],
    }
}

fn not_alone(case: &Case) -> String {
    let several = case.holders().count() > 1;
    match several {
        true => "begin a new round once the free window has ended: `charter notify`".to_string(),
        false => "sign first: `charter sign`; then wait for the other".to_string(),
    }
}
