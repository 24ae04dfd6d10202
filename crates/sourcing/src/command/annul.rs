//! Both undo what is signed, or the decision-maker does for error. Source: domain rules §2.3, row 31.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, Joint, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::joint;
use crate::right::Restriction;

/// Undoes what is signed, before any of it is delivered. The need is a part of its own again, and is
/// put to the holders anew; its lots are cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Annul {
    /// Why.
    pub reason: String,
}

impl Annul {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (part, party) =
            world.part_in(case, "COMMITTED or THIRD_SIGNED", |state| match state {
                State::Committed { signed, .. } | State::ThirdSigned { signed, .. } => {
                    Some(&signed.party)
                }
                _ => None,
            })?;
        world.must_be_said(
            &self.reason,
            "to undo what is signed needs a reason",
            "say why with `--reason`",
        )?;
        let delivered = case.lots.iter().any(|lot| lot.part == part && lot.delivered.is_some());
        world.guard(Guard::BeforeDelivery, !delivered, || {
            let found = "some of it is delivered, and cannot be undone".to_string();
            (found, "change or end what is still to come".to_string())
        })?;
        let decides = world.agreement.decision_maker.as_ref() == Some(world.by);
        if !decides {
            let parties = [&case.requirement.grantor, party];
            if let Some(proposed) = joint::proposed(world, case, Joint::Annul { part }, &parties)? {
                return Ok(vec![proposed]);
            }
        }
        Ok(undone(case, part, &self.reason))
    }
}

/// What is signed of a part is undone, and the need stands again.
pub(super) fn undone(case: &Case, part: usize, reason: &str) -> Vec<Event> {
    let mut events = vec![Event::Annulled { part, reason: reason.to_string() }];
    if matches!(case.restriction, Restriction::None { .. }) {
        events.push(Event::Exempted { rule: "no right covers it".to_string() });
    }
    events
}
