//! Folds events into a case.

use std::collections::BTreeSet;

use jiff::Timestamp;
use terms::Name;

use super::{Case, Lot, Part, Requirement, Restriction, State};
use crate::event::Event;

impl Case {
    /// The case that a first event begins, or that the next event turns this one into.
    ///
    /// There is no `Result`: history is fact, so replay cannot fail. An event about a part or lot
    /// that is not there changes nothing.
    pub fn apply(case: Option<Case>, at: Timestamp, event: &Event) -> Option<Case> {
        match (case, event) {
            (None, Event::Requested { agreement, requirement }) => {
                Some(Case::begun(at, agreement, requirement))
            }
            (case, event) => case.map(|mut case| {
                case.fold(at, event);
                case
            }),
        }
    }

    fn begun(at: Timestamp, agreement: &Name, requirement: &Requirement) -> Case {
        Case {
            requirement: requirement.clone(),
            agreement: agreement.clone(),
            restriction: Restriction::None { clause: None },
            parts: vec![Part { quantity: requirement.quantity.count, state: State::Draft }],
            bids: Vec::new(),
            signed: BTreeSet::new(),
            lots: Vec::new(),
            rounds: 0,
            latest: at,
        }
    }

    fn fold(&mut self, at: Timestamp, event: &Event) {
        self.latest = at;
        match event.clone() {
            Event::Requested { .. } => {}
            Event::Screened { restriction } => self.restriction = restriction,
            Event::Exempted => self.parts.iter_mut().for_each(|part| part.state = State::Exempt),
            Event::NoticeSent { part, receipt, deadline, .. } => {
                self.set(part, State::Noticed { receipt, deadline });
            }
            Event::RoundOpened { part, round, deadline } => {
                self.rounds = round;
                self.set(part, State::Open { deadline });
            }
            Event::Exercised { part, supplier, price, sign_by }
            | Event::Matched { part, supplier, price, sign_by } => {
                self.set(part, State::Committed { supplier, price, sign_by: Some(sign_by) });
            }
            Event::PartialExercised { part, quantity, supplier, price, sign_by } => {
                let committed = State::Committed { supplier, price, sign_by: Some(sign_by) };
                self.split(part, quantity, committed);
            }
            // What others may now do is said by the `Released` that follows.
            Event::Declined { .. }
            | Event::Lapsed { .. }
            | Event::Consented { .. }
            | Event::MatchDeclined { .. }
            | Event::MatchLapsed { .. }
            | Event::CloseFailed { .. } => {}
            Event::Released { part, baseline, closes } => {
                self.set(part, State::Free { baseline, closes });
            }
            Event::BidReceived { bid } => self.bids.push(bid),
            Event::OfferPresented { part, quantity, bid, round, deadline } => {
                self.rounds = round;
                let closes = match self.state_mut(part) {
                    Some(State::Free { closes, .. }) => *closes,
                    _ => None,
                };
                self.take(part, quantity, State::Matching { bid, deadline, closes });
            }
            Event::Awarded { part, quantity, bid, supplier, price } => {
                self.signed.insert(bid);
                self.take(part, quantity, State::Committed { supplier, price, sign_by: None });
            }
            Event::ThirdSigned { part, quantity, bid, supplier, price } => {
                self.signed.insert(bid);
                self.take(part, quantity, State::ThirdSigned { supplier, price });
            }
            Event::MustRenotice { part } => self.set(part, State::Expired),
            Event::DefinitiveSigned { part } => {
                if let Some(State::Committed { sign_by, .. }) = self.state_mut(part) {
                    *sign_by = None;
                }
            }
            Event::LotScheduled { lot } => self.lots.push(lot),
            Event::DeliveryDelayed { lot, expected, .. } => {
                self.with_lot(lot, |lot| lot.expected = Some(expected));
            }
            Event::Delivered { lot } => self.with_lot(lot, |lot| lot.delivered = Some(at)),
            Event::Fulfilled { part } => self.set(part, State::Fulfilled),
            Event::Withdrawn => {
                for part in self.parts.iter_mut().filter(|part| part.state.is_wanted()) {
                    part.state = State::Withdrawn;
                }
            }
        }
    }

    /// Takes `quantity` of a part into `state`; what is left keeps the state it had.
    fn take(&mut self, part: usize, quantity: u64, state: State) {
        match self.parts.get(part) {
            Some(whole) if quantity < whole.quantity => self.split(part, quantity, state),
            _ => self.set(part, state),
        }
    }

    /// As `take`, with the rest as a new part at the end.
    fn split(&mut self, part: usize, quantity: u64, state: State) {
        let Some(taken) = self.parts.get_mut(part) else { return };
        // INVARIANT: the parts' quantities sum to the requirement's.
        let rest =
            Part { quantity: taken.quantity.saturating_sub(quantity), state: taken.state.clone() };
        taken.quantity -= rest.quantity;
        taken.state = state;
        self.parts.push(rest);
    }

    fn set(&mut self, part: usize, state: State) {
        if let Some(current) = self.state_mut(part) {
            *current = state;
        }
    }

    fn state_mut(&mut self, part: usize) -> Option<&mut State> {
        self.parts.get_mut(part).map(|part| &mut part.state)
    }

    fn with_lot(&mut self, lot: usize, change: impl FnOnce(&mut Lot)) {
        if let Some(lot) = self.lots.get_mut(lot) {
            change(lot);
        }
    }
}

impl State {
    /// Whether somebody is bound to supply it, or has.
    pub fn is_bound(&self) -> bool {
        matches!(self, State::Committed { .. } | State::ThirdSigned { .. } | State::Fulfilled)
    }

    /// Whether the customer still looks for somebody to supply it.
    pub fn is_wanted(&self) -> bool {
        !self.is_bound() && !matches!(self, State::Withdrawn)
    }
}
