//! A holder waives its right for this case, and this case alone, unless its clause says that a waiver
//! reaches further. Source: domain rules §2.3, row 9, and §2.7, "waiver of one case".
//!
//! A right may be waived before a notice and after an unused free window too: whoever may decline
//! need not wait to be asked. Of several holders each waives its own right; the others keep theirs.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, Noticed, Open, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::release::released_unasked;
use crate::right::Say;
use crate::round::{all_answered, done, next_tier};

/// Waives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Waive {
    /// Whether others may then sign on any terms.
    pub unlimited: bool,
    /// What shows it.
    pub evidence: String,
}

impl Waive {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let right = world.must_be_holder(case)?;
        let Some(waived) = case.restriction.rights().get(right) else {
            let found = "no first right covers this case; an exclusivity is consented away";
            let help = "consent with `charter consent`";
            return Err(Refused::new(Guard::Covered, found, help));
        };
        world.must_be_said(
            &self.evidence,
            "a waiver is express, and needs evidence",
            "say what shows it with `--evidence`",
        )?;
        let concerned = |state: &State| {
            matches!(
                state,
                State::Draft
                    | State::Noticed(_)
                    | State::Open(_)
                    | State::Negotiating { .. }
                    | State::Expired
            )
        };
        let wanted = "DRAFT, NOTICED, OPEN, NEGOTIATING or EXPIRED";
        world.part_in(case, wanted, |state| concerned(state).then_some(()))?;
        world.guard(Guard::NotAnswered, waived.waived.is_none(), || {
            let found = format!("`{}` has waived `{}` already", waived.holder, waived.clause);
            (found, "nothing is left to waive".to_string())
        })?;
        let elected = case.parts.iter().any(|part| match &part.state {
            State::Open(open) | State::Negotiating { open, .. } => {
                let mut answers = open.answers.iter();
                answers.any(|answer| answer.right == right && answer.takes.is_some())
            }
            _ => false,
        });
        world.guard(Guard::NotAnswered, !elected, || {
            let found = format!("`{}` has exercised, and an exercise stands", waived.holder);
            (found, "wait for the other holders".to_string())
        })?;
        let parts = case.parts.iter().enumerate().filter(|(_, part)| concerned(&part.state));
        let parts: Vec<usize> = parts.map(|(part, _)| part).collect();
        let (mut after, mut events) = (case.clone(), Vec::new());
        for part in parts {
            let (unlimited, evidence) = (self.unlimited, self.evidence.clone());
            let waived = Event::Waived { part, right, unlimited, evidence };
            after = after.after(world.now, waived.clone());
            let follows = follows(world, &after, part)?;
            after = follows.iter().cloned().fold(after, |case, event| case.after(world.now, event));
            events.push(waived);
            events.extend(follows);
        }
        Ok(events)
    }
}

/// What a waiver leads to for a part: nothing while other holders have a say.
fn follows(world: &World<'_>, case: &Case, part: usize) -> Result<Vec<Event>, Refused> {
    let open = match case.state(part) {
        Some(State::Noticed(noticed)) => opened(noticed),
        Some(State::Open(open) | State::Negotiating { open, .. }) => open.clone(),
        _ if next_tier(case, Say::Notice, None, world.now).is_some() => return Ok(Vec::new()),
        _ => return Ok(vec![released_unasked(world, case, part, world.now)?]),
    };
    if !all_answered(case, open.tier, open.receipt, &open.answers) {
        return Ok(Vec::new());
    }
    Ok(done(world, case, part, &open, &open.answers, world.now)?)
}

/// A notice as the round it would open.
fn opened(noticed: &Noticed) -> Open {
    let Noticed { receipt, deadline, terms, bid, tier, documents, .. } = noticed.clone();
    let (deadline, answers) = (Some(deadline), Vec::new());
    Open { receipt, deadline, terms, bid, tier, answers, documents }
}
