//! Folds events into a case.

use std::collections::BTreeSet;

use jiff::Timestamp;
use terms::Name;

use super::{
    Answer, Case, Certificate, Documents, Free, Insolvency, Noticed, Open, Part, PauseReason,
    Requirement, Signed, State,
};
use crate::event::{Dated, Event};
use crate::lot::{Lot, LotStatus};
use crate::offer::{Bid, BidStatus};
use crate::right::Restriction;

impl Case {
    /// The case that a first event begins, or that the next event turns this one into.
    ///
    /// There is no `Result`: history is fact, so replay cannot fail. An event about a part, an
    /// offer or a lot that is not there changes nothing.
    pub fn apply(case: Option<Case>, dated: &Dated) -> Option<Case> {
        let mut case = match (case, &dated.event) {
            (None, Event::Requested { agreement, requirement }) => {
                Case::begun(dated.at, agreement, requirement)
            }
            (None, _) => return None,
            (Some(case), _) => case,
        };
        case.latest = dated.at;
        case.done.extend(dated.command.clone());
        case.fold(dated.at, dated.event.clone());
        Some(case)
    }

    fn begun(at: Timestamp, agreement: &Name, requirement: &Requirement) -> Case {
        Case {
            requirement: requirement.clone(),
            agreement: agreement.clone(),
            restriction: Restriction::None { clause: None, exemption: None },
            parts: vec![Part { quantity: requirement.quantity.count, state: State::Draft }],
            tender: None,
            bids: Vec::new(),
            certificates: Default::default(),
            lots: Vec::new(),
            rounds: 0,
            insolvency: None,
            disputes: Vec::new(),
            proposals: Vec::new(),
            control_changed: None,
            blinded: false,
            done: BTreeSet::new(),
            bridge_notice: None,
            withdrawn: None,
            right_ended: None,
            latest: at,
        }
    }

    fn fold(&mut self, at: Timestamp, event: Event) {
        match event {
            Event::Requested { .. } => {}
            Event::Screened { restriction, .. } => self.screen(restriction),
            Event::Exempted { .. } => {
                self.each(|state| matches!(state, State::Draft | State::Expired), State::Exempt);
            }
            Event::BridgeAllowed { notice_by } => self.bridge_notice = Some(notice_by),
            Event::BridgeNotified | Event::BridgeNoticeMissed => self.bridge_notice = None,

            Event::NoticeSent { part, receipt, deadline, terms, bid, tier, .. } => {
                let documents = Documents::Complete;
                let noticed = Noticed { receipt, deadline, terms, bid, tier, documents };
                self.set(part, State::Noticed(noticed));
            }
            Event::RoundOpened { part, round, deadline } => {
                self.rounds = round;
                self.change(part, |state| match state {
                    State::Noticed(noticed) => {
                        let Noticed { receipt, terms, bid, tier, documents, .. } = noticed.clone();
                        let answers = Vec::new();
                        *state = State::Open(Open {
                            receipt,
                            deadline,
                            terms,
                            bid,
                            tier,
                            answers,
                            documents,
                        });
                    }
                    State::Open(open) => open.deadline = deadline,
                    _ => {}
                });
            }
            Event::DocumentsRequested { part, waits, .. } => {
                self.change(part, |state| match state {
                    State::Noticed(noticed) => noticed.documents = Documents::Requested,
                    State::Open(open) => {
                        open.documents = Documents::Requested;
                        if waits {
                            open.deadline = None;
                        }
                    }
                    _ => {}
                })
            }
            Event::DocumentsSent { part, receipt, deadline } => {
                self.change(part, |state| match state {
                    State::Noticed(noticed) => {
                        noticed.documents = Documents::Sent;
                        noticed.receipt = receipt;
                        noticed.deadline = deadline;
                    }
                    State::Open(open) => {
                        open.documents = Documents::Sent;
                        open.receipt = receipt;
                        open.deadline = Some(deadline);
                    }
                    _ => {}
                });
            }
            Event::Elected { part, right, takes } => self.answer(part, Answer { right, takes }),
            Event::Exercised { part, signed, sign_by, .. }
            | Event::Agreed { part, signed, sign_by, .. }
            | Event::Matched { part, signed, sign_by, .. } => {
                self.set(part, committed(signed, Some(sign_by)));
            }
            Event::PartialExercised { part, quantity, signed, sign_by, .. } => {
                self.split(part, quantity, committed(signed, Some(sign_by)));
            }
            Event::Declined { part, right, .. } | Event::MatchDeclined { part, right } => {
                self.answer(part, Answer { right, takes: None });
            }
            // What others may now do is said by the `Released` that follows.
            Event::Lapsed { .. }
            | Event::Consented { .. }
            | Event::Waived { .. }
            | Event::TalksEnded { .. }
            | Event::MatchLapsed { .. } => {}
            Event::OfferDisclosed { part, certified_by, seal, .. } => {
                if let Some(State::Matching { bid, .. }) = self.state(part) {
                    let certificate = Certificate { by: certified_by, seal };
                    self.certificates.insert(*bid, certificate);
                }
            }
            Event::OfferWithdrawn { part } => self.change(part, |state| match state {
                State::Noticed(_) | State::Open(_) | State::Negotiating { .. } => {
                    *state = State::Draft;
                }
                // What others may do is said by the event that follows.
                _ => {}
            }),
            Event::Interested { part, right, until } => self.talk(part, right, until, |_, _| {}),
            Event::Countered { part, right, by_grantor, terms, until } => {
                self.talk(part, right, until, |grantor, holder| {
                    *(if by_grantor { grantor } else { holder }) = Some(terms);
                });
            }

            Event::Released { part, free } => self.set(part, State::Free(free)),
            Event::Tendered { tender } => self.tender = Some(tender),
            Event::BidSealed { supplier, seal } => {
                let terms = self.requirement.terms();
                let status = BidStatus::Sealed { seal };
                self.bids.push(Bid {
                    supplier,
                    quantity: 0,
                    minimum: None,
                    terms,
                    valid_until: None,
                    evidence: Default::default(),
                    contingencies: Vec::new(),
                    status,
                    received: at,
                });
            }
            Event::BidRevealed { bid, revealed } => {
                self.with_bid(bid, |bid| {
                    let received = bid.received;
                    *bid = Bid { received, ..revealed };
                });
            }
            Event::BidReceived { bid } => self.bids.push(Bid { received: at, ..bid }),
            Event::BidGone { bid, .. } | Event::ContingencyFailed { bid } => {
                self.with_bid(bid, |bid| bid.status = BidStatus::Gone);
            }
            Event::OfferPresented { part, quantity, bid, round, deadline, tier } => {
                self.rounds = round;
                let free = self.free(part);
                let answers = Vec::new();
                // The next tier goes on where the last one ended.
                let (since, signed) = match self.state(part) {
                    Some(State::Matching { since, signed, .. }) => (*since, signed.clone()),
                    _ => (at, None),
                };
                let matching =
                    State::Matching { bid, deadline, since, tier, answers, free, signed };
                self.take(part, quantity, matching);
            }
            Event::AwardedContingent { part, quantity, bid, until } => {
                self.with_bid(bid, |bid| {
                    bid.status = BidStatus::Contingent { until, part, quantity };
                });
                // What is reserved is a part of its own, so that nobody else can take of it.
                if let Some(state) = self.state(part).cloned() {
                    self.take(part, quantity, state);
                }
            }
            Event::ContingencyMet { bid, .. } => self.with_bid(bid, |bid| {
                bid.contingencies.clear();
                bid.status = BidStatus::Standing;
            }),
            Event::Awarded { part, quantity, signed } => {
                self.sign(&signed);
                self.take(part, quantity, committed(signed, None));
            }
            Event::ThirdSigned { part, quantity, signed } => {
                self.sign(&signed);
                let free = match self.parts.get(part).map(|part| &part.state) {
                    Some(State::Free(free)) => Some(free.clone()),
                    _ => None,
                };
                self.take(part, quantity, State::ThirdSigned { signed, free });
            }
            Event::MustRenotice { part } => self.set(part, State::Expired),

            Event::SignatureGiven { part, party } => self.change(part, |state| {
                if let State::Committed { signed_by, .. } = state {
                    signed_by.insert(party);
                }
            }),
            Event::DefinitiveSigned { part } => self.change(part, |state| {
                if let State::Committed { sign_by, .. } = state {
                    *sign_by = None;
                }
            }),
            Event::CloseFailed { part, fault } => {
                // The holder's own fault frees the part by the `Released` that follows.
                let by_grantor = fault == self.requirement.grantor;
                self.change(part, |state| {
                    if let State::Committed { compellable, .. } = state {
                        *compellable = by_grantor;
                    }
                });
            }
            Event::Proposed { by, what } => self.proposals.push((by, what)),
            Event::Annulled { part } => {
                self.cancel_lots(part);
                self.renew(part, State::Annulled, State::Draft);
            }
            Event::TermsChanged { part, terms } => {
                self.settled(part);
                self.change(part, |state| {
                    if let State::ThirdSigned { signed, .. } = state {
                        signed.terms = terms;
                    }
                });
            }
            Event::TaggedBack { part, round, terms, deadline, tier } => {
                self.rounds = round;
                self.settled(part);
                self.tag_back(at, part, terms, deadline, tier);
            }
            Event::ThirdDefaulted { part, .. } => self.cancel_lots(part),
            Event::BreachDetected { part, quantity, signed, void, round, deadline } => {
                self.rounds = round;
                let bid = self.bids.len();
                self.bids.push(detected(at, quantity, &signed));
                let free = self.free(part);
                let matching = State::Matching {
                    bid,
                    deadline,
                    since: at,
                    tier: 0,
                    answers: Vec::new(),
                    free,
                    signed: (!void).then(|| Box::new(signed)),
                };
                self.take(part, quantity, matching);
            }

            Event::Amended { requirement, deadlines } => {
                self.requirement = requirement;
                for (part, deadline) in deadlines {
                    self.put_off(part, deadline);
                }
            }
            Event::Superseded { requirement, quantity, .. } => {
                self.requirement = requirement;
                self.each(|state| state.is_active() || *state == State::Expired, State::Superseded);
                self.parts.push(Part { quantity, state: State::Draft });
            }
            Event::Withdrawn => {
                self.withdrawn = Some(at);
                self.each(State::is_wanted, State::Withdrawn);
            }
            Event::Extended { part, deadline } => self.put_off(part, deadline),
            Event::Assigned { right, to } => self.with_right(right, |right| right.holder = to),
            Event::AssignmentLapsed { .. } => {}
            Event::RightEnded => self.end_right(at),
            Event::ControlChanged { until, .. } => self.control_changed = Some(until),
            Event::Blinded => {
                self.blinded = true;
                self.control_changed = None;
            }
            Event::InsolvencyNoticed { holder } => {
                self.insolvency = Some(Insolvency { holder, since: at, assure_by: None });
            }
            Event::AssuranceAsked { by, .. } => {
                if let Some(insolvency) = &mut self.insolvency {
                    insolvency.assure_by = Some(by);
                }
            }
            Event::ContractAssumed { .. } | Event::ContractRejected { .. } => {
                self.insolvency = None;
            }
            Event::Disputed { dispute } => self.disputes.push(dispute),
            Event::Paused { part, reason } => {
                if reason == PauseReason::ChangeOfControl {
                    self.control_changed = None;
                }
                self.change(part, |state| {
                    let was = Box::new(state.clone());
                    *state = State::Paused { was, since: at, reason };
                });
            }
            Event::Resumed { part, deadline } => {
                self.change(part, |state| {
                    if let State::Paused { was, .. } = state {
                        *state = (**was).clone();
                    }
                });
                if let Some(deadline) = deadline {
                    self.put_off(part, deadline);
                }
            }
            Event::Ruled { part, state, .. } => self.set(part, state),
            Event::DisputeSettled { dispute } => {
                if dispute < self.disputes.len() {
                    self.disputes.remove(dispute);
                }
            }

            Event::LotScheduled { lot } => self.lots.push(lot),
            Event::DeliveryDelayed { lot, expected, .. } => {
                self.with_lot(lot, |lot| lot.expected = Some(expected));
            }
            Event::Slipped { lot, due, next } => self.with_lot(lot, |lot| {
                lot.due = due;
                lot.next = Some(next);
                lot.slipped = true;
            }),
            Event::Excused { lot, days, force_majeure, next, .. } => self.with_lot(lot, |lot| {
                lot.excuse(days, force_majeure);
                lot.next = Some(next);
            }),
            Event::DeliveryLate { lot, next } => self.with_lot(lot, |lot| {
                lot.status = LotStatus::LateGrace;
                lot.next = Some(next);
            }),
            Event::GraceEnded { lot, damages_from, next } => self.with_lot(lot, |lot| {
                lot.next = Some(next);
                lot.status = LotStatus::Cure;
                lot.damages_from = Some(damages_from);
            }),
            Event::Shortfall { lot, damages_until, .. } => self.with_lot(lot, |lot| {
                lot.status = LotStatus::Shortfall;
                lot.next = None;
                lot.short_since = Some(at);
                lot.damages_until = damages_until;
            }),
            Event::Recovered { lot, next } => self.with_lot(lot, |lot| {
                lot.next = Some(next);
                lot.status = LotStatus::Scheduled;
                lot.short_since = None;
            }),
            Event::PartDelivered { lot, quantity } => self.split_lot(at, lot, quantity),
            Event::Delivered { lot } => self.with_lot(lot, |lot| {
                lot.status = LotStatus::Delivered;
                lot.delivered = Some(at);
                lot.next = None;
            }),
            Event::DamagesDue { .. } | Event::RightSuspended { .. } => {}
            Event::Fulfilled { part } => self.set(part, State::Fulfilled),
        }
    }

    fn screen(&mut self, restriction: Restriction) {
        self.proposals.retain(|(_, what)| *what != super::Joint::Rescreen);
        self.restriction = restriction;
        self.right_ended = None;
    }

    /// The right has ended: what others may sign is limited no longer, unless that outlives it.
    fn end_right(&mut self, at: Timestamp) {
        self.right_ended = Some(at);
        if self.restriction.right().is_some_and(|right| right.limits_survive) {
            return;
        }
        for part in &mut self.parts {
            if let State::Free(free) = &mut part.state {
                free.baseline = None;
                free.closes = None;
                free.only = None;
            }
        }
    }

    /// The freedom of a part, or of the part it was before.
    fn free(&self, part: usize) -> Free {
        match self.parts.get(part).map(|part| &part.state) {
            Some(State::Free(free) | State::Matching { free, .. }) => free.clone(),
            Some(State::ThirdSigned { free: Some(free), .. }) => free.clone(),
            _ => Free::default(),
        }
    }

    fn tag_back(
        &mut self,
        at: Timestamp,
        part: usize,
        terms: crate::offer::Offered,
        deadline: Timestamp,
        tier: u32,
    ) {
        let Some(State::ThirdSigned { signed, .. }) = self.state(part) else { return };
        let was = signed.clone();
        let (bid, quantity, free) = (self.bids.len(), self.parts[part].quantity, self.free(part));
        self.bids.push(detected(at, quantity, &Signed { terms, ..was.clone() }));
        let answers = Vec::new();
        let signed = Some(Box::new(was));
        self.set(part, State::Matching { bid, deadline, since: at, tier, answers, free, signed });
    }

    /// Begins or goes on with talks.
    fn talk(
        &mut self,
        part: usize,
        right: usize,
        until: Timestamp,
        say: impl FnOnce(&mut Option<crate::offer::Offered>, &mut Option<crate::offer::Offered>),
    ) {
        self.change(part, |state| {
            if let State::Open(open) = state {
                let (by_grantor, by_holder) = (None, None);
                let open = open.clone();
                *state = State::Negotiating { open, right, until, by_grantor, by_holder };
            }
            if let State::Negotiating { until: end, by_grantor, by_holder, .. } = state {
                *end = until;
                say(by_grantor, by_holder);
            }
        });
    }

    fn answer(&mut self, part: usize, answer: Answer) {
        self.change(part, |state| {
            if let State::Open(Open { answers, .. }) | State::Matching { answers, .. } = state {
                answers.push(answer);
            }
        });
    }

    fn sign(&mut self, signed: &Signed) {
        if let Some(bid) = signed.bid {
            self.with_bid(bid, |bid| bid.status = BidStatus::Signed);
        }
    }

    /// A proposal about a part is carried out, or moot.
    fn settled(&mut self, part: usize) {
        self.proposals.retain(|(_, what)| what.part() != Some(part));
    }

    /// Ends a part, and puts the need in its place as a part of its own.
    fn renew(&mut self, part: usize, ended: State, state: State) {
        self.settled(part);
        let Some(quantity) = self.parts.get(part).map(|part| part.quantity) else { return };
        self.set(part, ended);
        self.parts.push(Part { quantity, state });
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

    /// Some of a lot stands; the rest is a lot of its own.
    fn split_lot(&mut self, at: Timestamp, lot: usize, quantity: u64) {
        let Some(whole) = self.lots.get_mut(lot) else { return };
        let rest = Lot { quantity: whole.quantity.saturating_sub(quantity), ..whole.clone() };
        whole.quantity -= rest.quantity;
        whole.status = LotStatus::Delivered;
        whole.delivered = Some(at);
        whole.next = None;
        self.lots.push(rest);
    }

    fn cancel_lots(&mut self, part: usize) {
        let open = self.lots.iter_mut().filter(|lot| lot.part == part && lot.delivered.is_none());
        open.for_each(|lot| {
            lot.status = LotStatus::Cancelled;
            lot.next = None;
        });
    }

    fn put_off(&mut self, part: usize, later: Timestamp) {
        self.change(part, |state| match state {
            State::Noticed(noticed) => noticed.deadline = later,
            State::Open(open) => open.deadline = Some(later),
            State::Negotiating { until, open, .. } => {
                *until = later;
                open.deadline = open.deadline.map(|deadline| deadline.max(later));
            }
            State::Free(free) => free.closes = Some(later),
            State::Matching { deadline, .. } => *deadline = later,
            State::Committed { sign_by: Some(sign_by), .. } => *sign_by = later,
            _ => {}
        });
    }

    fn each(&mut self, which: impl Fn(&State) -> bool, state: State) {
        let parts = self.parts.iter_mut().filter(|part| which(&part.state));
        parts.for_each(|part| part.state = state.clone());
    }

    fn set(&mut self, part: usize, state: State) {
        self.change(part, |current| *current = state);
    }

    /// The state of a part, if it is there.
    pub fn state(&self, part: usize) -> Option<&State> {
        self.parts.get(part).map(|part| &part.state)
    }

    fn change(&mut self, part: usize, change: impl FnOnce(&mut State)) {
        if let Some(part) = self.parts.get_mut(part) {
            change(&mut part.state);
        }
    }

    fn with_lot(&mut self, lot: usize, change: impl FnOnce(&mut Lot)) {
        if let Some(lot) = self.lots.get_mut(lot) {
            change(lot);
        }
    }

    fn with_bid(&mut self, bid: usize, change: impl FnOnce(&mut Bid)) {
        if let Some(bid) = self.bids.get_mut(bid) {
            change(bid);
        }
    }

    fn with_right(&mut self, right: usize, change: impl FnOnce(&mut crate::right::Right)) {
        if let Restriction::FirstRight { rights } = &mut self.restriction
            && let Some(right) = rights.get_mut(right)
        {
            change(right);
        }
    }
}

fn committed(signed: Signed, sign_by: Option<Timestamp>) -> State {
    State::Committed { signed, sign_by, signed_by: BTreeSet::new(), compellable: false }
}

/// A deal that came to light, as an offer that may be matched.
fn detected(at: Timestamp, quantity: u64, signed: &Signed) -> Bid {
    Bid {
        supplier: signed.party.clone(),
        quantity,
        minimum: None,
        terms: signed.terms.clone(),
        valid_until: None,
        evidence: Default::default(),
        contingencies: Vec::new(),
        status: BidStatus::Signed,
        received: at,
    }
}
