//! The decision-maker rules. Source: domain rules §2.3, row 28.

use serde::{Deserialize, Serialize};

use super::{Refused, World};
use crate::case::{Case, PauseReason, State};
use crate::closing::{self, Deal};
use crate::disturbance::{AT_LEAST, running};
use crate::event::Event;
use crate::guard::Guard;

/// Rules: a part is in another state from now on. All that is disputed in the case is settled by it;
/// what else stands still by its order may still be ruled upon, or goes on when it says so.
///
/// What is delivered of the part stays so, as a part of its own: only the rest is ruled upon. Its lots
/// fall away, and what the ruling binds somebody to has lots of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// The state the part is in from now on.
    pub state: State,
    /// Why.
    pub reasons: String,
}

impl Rule {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_decision_maker()?;
        let (part, stayed) = world.part_in(case, "active or bound", |state| match state {
            State::Fulfilled => None,
            State::Paused { reason, .. } => Some(*reason == PauseReason::Stay),
            _ => {
                (state.is_active() || state.is_bound() || *state == State::Expired).then_some(false)
            }
        })?;
        world.guard(Guard::Disputed, case.is_provisional() || stayed, || {
            let found = "nothing is disputed in this case".to_string();
            (found, "let a party contest a guard first: `charter dispute`".to_string())
        })?;
        world.must_be_said(
            &self.reasons,
            "a ruling needs reasons",
            "give them with `--reasons`",
        )?;
        self.must_make_sense(world, case)?;
        let (state, reasons) = (self.state.clone(), self.reasons.clone());
        let mut events = vec![Event::Ruled { part, state, reasons }];
        // Each that is settled moves the next to the front.
        events.extend(case.disputes.iter().map(|_| Event::DisputeSettled { dispute: 0 }));
        if let State::Committed { signed, sign_by: None, .. } | State::ThirdSigned { signed, .. } =
            &self.state
        {
            let deal = Deal { part, party: &signed.party, terms: &signed.terms };
            let (stand, quantity) = (case.delivered(part), case.parts[part].quantity);
            events.extend(closing::lots(world, case, &deal, stand, quantity)?);
        }
        Ok(events)
    }

    /// A ruling puts a part into a state from which the case can go on.
    fn must_make_sense(&self, world: &World<'_>, case: &Case) -> Result<(), Refused> {
        let state = &self.state;
        let lasting = state.counts() && !matches!(state, State::Paused { .. } | State::Fulfilled);
        world.guard(Guard::State, lasting, || {
            let found = format!("a part is not ruled to be {}", state.name());
            (found, "annul what is signed, order a stay, or note the delivery".to_string())
        })?;
        let bid = match state {
            State::Committed { signed, .. } | State::ThirdSigned { signed, .. } => signed.bid,
            _ => state.before_holders(),
        };
        world.guard(Guard::OfferStands, bid.is_none_or(|bid| bid < case.bids.len()), || {
            let found = format!("there is no such offer; there are {}", case.bids.len());
            (found, "see the offers with `charter rounds ID`".to_string())
        })?;
        let (ends, begins) = (running(state, world.now).0, state.deadline());
        let past = ends.into_iter().chain(begins).find(|end| *end < world.now);
        world.guard(Guard::OnlyLater, past.is_none(), || {
            let past = past.map(|end| end.to_string()).unwrap_or_default();
            (format!("{past} is over"), "rule for what is to come".to_string())
        })?;
        // What follows from a deadline beyond the calendars could not be counted.
        ends.into_iter().try_for_each(|end| world.clock.deadline(end, AT_LEAST).map(drop))?;
        Ok(())
    }
}
