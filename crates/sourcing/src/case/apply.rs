//! Folds events into a case.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use terms::{Money, Name};

use super::{
    Answer, Case, Certificate, Documents, Free, Insolvency, Noticed, Open, Part, Requirement,
    Signed, State,
};
use crate::event::{Dated, Event};
use crate::improvement::Improvement;
use crate::lot::{Lot, LotStatus};
use crate::lottery::Drawn;
use crate::offer::{Bid, BidStatus};
use crate::right::{Restriction, Waiver};

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
        case.done.extend(dated.command.clone());
        Some(case.after(dated.at, dated.event.clone()))
    }

    /// This case once more has happened in it: also where what follows rests on what came just before.
    pub(crate) fn after(mut self, at: Timestamp, event: Event) -> Case {
        self.latest = at;
        self.fold(at, event);
        self
    }

    fn begun(at: Timestamp, agreement: &Name, requirement: &Requirement) -> Case {
        Case {
            requirement: requirement.clone(),
            agreement: agreement.clone(),
            restriction: Restriction::None {
                clause: None,
                exemption: None,
                exempt_from: Vec::new(),
            },
            parts: vec![Part { quantity: requirement.quantity.count, state: State::Draft }],
            tender: None,
            bids: Vec::new(),
            certificates: Default::default(),
            improvements: Default::default(),
            seals: Default::default(),
            drawn: None,
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
            last_round: requirement.clone(),
            lapsed: BTreeSet::new(),
            consented: BTreeSet::new(),
            latest: at,
            requested: at,
        }
    }

    fn fold(&mut self, at: Timestamp, event: Event) {
        match event {
            Event::Requested { .. } => {}
            Event::Screened { restriction, .. } => self.screen(restriction),
            Event::Exempted { .. } => {
                self.each(State::is_wanted, State::Exempt);
            }
            Event::BridgeAllowed { notice_by } => self.bridge_notice = Some(notice_by),
            Event::BridgeNotified | Event::BridgeNoticeMissed => self.bridge_notice = None,

            Event::NoticeSent { part, quantity, receipt, deadline, terms, bid, tier, .. } => {
                let documents = Documents::Complete;
                let offered = bid.and_then(|bid| self.bids.get(bid)).map(|bid| bid.terms.clone());
                let terms = terms.or(offered).unwrap_or_else(|| self.requirement.terms());
                // What one tier leaves reaches the next by the same notice.
                let declined = self.state(part).map(declined).unwrap_or_default();
                let noticed = Noticed { receipt, deadline, terms, bid, tier, documents, declined };
                self.last_round = self.requirement.clone();
                self.take(part, quantity, State::Noticed(noticed));
            }
            Event::RoundOpened { part, round, deadline } => {
                self.rounds = round;
                self.change(part, |state| match state {
                    State::Noticed(noticed) => {
                        let Noticed { receipt, terms, bid, tier, documents, declined, .. } =
                            noticed.clone();
                        let decline = |right| Answer { right, takes: None };
                        let answers = declined.into_iter().map(decline).collect();
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
                self.displace(part);
                self.set(part, committed(signed, Some(sign_by)));
            }
            Event::PartialExercised { part, quantity, signed, sign_by, .. } => {
                self.split(part, quantity, committed(signed, Some(sign_by)));
            }
            Event::Declined { part, right, .. } | Event::MatchDeclined { part, right } => {
                self.answer(part, Answer { right, takes: None });
            }
            Event::Consented { right, .. } => self.consented.extend(right),
            // What others may now do is said by the `Released` that follows.
            Event::Lapsed { .. } | Event::TalksEnded { .. } | Event::MatchLapsed { .. } => {}
            Event::Waived { part, right, unlimited, .. } => {
                let waiver = if unlimited { Waiver::Unlimited } else { Waiver::WithinLimits };
                if let Some(right) = self.restriction.right_mut(right) {
                    right.waived = Some(waiver);
                }
                self.answer(part, Answer { right, takes: None });
            }
            Event::OfferDisclosed { part, certified_by, seal, .. } => {
                if let Some(bid) = self.state(part).and_then(State::before_holders) {
                    let certificate = Certificate { by: certified_by, seal };
                    self.certificates.insert(bid, certificate);
                }
            }
            Event::OfferWithdrawn { part } => self.change(part, |state| match state.underlying() {
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

            Event::Released { part, free } => self.release(part, free),
            Event::Tendered { tender } => self.tender = Some(tender),
            Event::BidSealed { supplier, seal } => {
                let terms = self.requirement.terms();
                self.seals.insert(self.bids.len(), seal.clone());
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
            Event::ImprovementAsked { bid, needed, closes, reveal_by, .. } => {
                self.improvements
                    .insert(bid, Improvement { needed, closes, reveal_by, seal: None });
            }
            Event::ImprovementSealed { bid, seal } => {
                self.with_improvement(bid, |improvement| improvement.seal = Some(seal));
            }
            Event::ImprovementRevealed { bid, terms } => {
                self.with_improvement(bid, |improvement| improvement.seal = None);
                self.with_bid(bid, |bid| bid.terms = terms);
            }
            Event::ImprovementForgone { bid } => {
                self.with_improvement(bid, |improvement| improvement.seal = None);
            }
            Event::SeedRevealed { seed } => self.drawn = Some(Drawn { seed, since: at }),
            Event::BidReceived { bid } => self.bids.push(Bid { received: at, ..bid }),
            Event::BidGone { bid, .. } | Event::ContingencyFailed { bid } => {
                self.with_bid(bid, |bid| bid.status = BidStatus::Gone);
            }
            Event::OfferPresented { part, quantity, bid, round, deadline, tier } => {
                self.rounds = round;
                let free = self.free(part);
                // The next tier goes on where the last one ended.
                let (since, signed, answers) = match self.state(part) {
                    Some(State::Matching { since, signed, answers, .. }) => {
                        (*since, signed.clone(), answers.clone())
                    }
                    _ => (at, None, Vec::new()),
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
                let free = match self.state(part).map(State::underlying) {
                    Some(State::Free(free)) => Some(free.clone()),
                    Some(State::Matching { bid, free, .. }) => {
                        let mut free = free.clone();
                        free.baseline = Some(signed.terms.clone());
                        free.defended.insert(*bid);
                        Some(free)
                    }
                    _ => None,
                };
                self.cancel_scheduled(part, &signed.terms);
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
            Event::Annulled { part, .. } => {
                self.cancel_lots(part);
                self.renew(part, State::Annulled, State::Draft);
            }
            Event::TermsChanged { part, terms } => {
                self.settled(part);
                self.cancel_scheduled(part, &terms);
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

            Event::Amended { requirement, deadlines, windows, quantities } => {
                self.requirement = requirement;
                self.ask_as_amended();
                for (part, deadline) in deadlines {
                    self.put_off(part, deadline);
                }
                for (part, deadline) in windows {
                    self.put_off_window(part, deadline);
                }
                for (part, quantity) in quantities {
                    self.resize(part, quantity);
                }
            }
            Event::Superseded { requirement, quantity, .. } => {
                self.last_round = requirement.clone();
                self.requirement = requirement;
                self.each(State::is_pending, State::Superseded);
                self.parts.push(Part { quantity, state: State::Draft });
            }
            Event::Withdrawn => {
                self.withdrawn = Some(at);
                self.each(State::is_wanted, State::Withdrawn);
            }
            Event::Extended { part, deadline } => self.put_off(part, deadline),
            Event::Assigned { right, to } => self.restriction.hand_on(right, to),
            Event::AssignmentLapsed { right, .. } => {
                self.lapsed.insert(right);
            }
            Event::RightEnded => self.end_right(at),
            Event::ControlChanged { until, .. } => self.control_changed = Some(until),
            Event::Blinded => {
                self.blinded = true;
                self.control_changed = None;
            }
            Event::ControlSuspended { until } => self.control_changed = Some(until),
            Event::DisclosureKept => self.control_changed = None,
            Event::InsolvencyNoticed { holder } => {
                self.insolvency = Some(Insolvency { holder, since: at, assure_by: None });
            }
            Event::AssuranceAsked { by, .. } => {
                if let Some(insolvency) = &mut self.insolvency {
                    insolvency.assure_by = Some(by);
                }
            }
            Event::ContractAssumed { .. } => self.insolvency = None,
            Event::ContractRejected { holder, .. } => {
                self.insolvency = None;
                let holders = self.restriction.holders().enumerate();
                let lapsed = holders.filter(|(_, of)| **of == holder).map(|(at, _)| at);
                self.lapsed.extend(lapsed);
            }
            Event::Disputed { dispute } => self.disputes.push(dispute),
            Event::Paused { part, reason } => {
                self.change(part, |state| match state {
                    // What stands still already does so from then on; only the reason is another.
                    State::Paused { reason: old, .. } => *old = reason,
                    _ => {
                        let was = Box::new(state.clone());
                        *state = State::Paused { was, since: at, reason };
                    }
                });
            }
            Event::Resumed { part, deadline, window } => {
                self.resume(at, part);
                if let Some(deadline) = deadline {
                    self.put_off(part, deadline);
                }
                if let Some(window) = window {
                    self.put_off_window(part, window);
                }
            }
            Event::Ruled { part, state, .. } => {
                self.settled(part);
                self.cancel_lots(part);
                self.keep_delivered(part);
                if let State::Committed { signed, .. } | State::ThirdSigned { signed, .. } = &state
                {
                    self.sign(signed);
                }
                self.set(part, state);
            }
            Event::DisputeSettled { dispute } => {
                if dispute < self.disputes.len() {
                    self.disputes.remove(dispute);
                }
            }

            Event::LotScheduled { lot } => self.lots.push(lot),
            Event::DeliveryDelayed { lot, expected, .. } => {
                self.with_lot(lot, |lot| lot.expected = Some(expected));
            }
            Event::Slipped { lot, due } => self.with_lot(lot, |lot| {
                lot.move_to(due);
                lot.slipped = true;
            }),
            Event::Excused { lot, days, force_majeure, due, status, damages_from, .. } => {
                self.with_lot(lot, |lot| {
                    lot.move_to(due);
                    lot.excused_days = lot.excused_days.saturating_add(days);
                    let excused = if force_majeure { days } else { 0 };
                    lot.force_majeure_days = lot.force_majeure_days.saturating_add(excused);
                    (lot.status, lot.damages_from) = (status, damages_from);
                });
            }
            Event::DeliveryLate { lot, next } => self.with_lot(lot, |lot| {
                lot.status = LotStatus::LateGrace;
                lot.next = Some(next);
            }),
            Event::GraceEnded { lot, damages_from, next } => self.with_lot(lot, |lot| {
                lot.next = Some(next);
                lot.status = LotStatus::Cure;
                lot.damages_from = Some(damages_from);
            }),
            Event::Shortfall { lot, damages_until, freed, .. } => {
                self.fall_short(at, lot, damages_until, freed);
            }
            Event::Recovered { lot, quantity, due } => self.recover(lot, quantity, due),
            Event::PartDelivered { lot, quantity } => self.split_lot(at, lot, quantity),
            Event::Delivered { lot } => self.with_lot(lot, |lot| {
                lot.status = LotStatus::Delivered;
                lot.delivered = Some(at);
                lot.next = None;
            }),
            Event::DamagesDue { lot, amount, .. } => self.with_lot(lot, |lot| {
                let before = lot.damages.map_or(Decimal::ZERO, |before| before.amount);
                lot.damages =
                    Some(Money { amount: before.saturating_add(amount.amount), ..amount });
            }),
            Event::RightSuspended { .. } => {}
            Event::Fulfilled { part } => self.set(part, State::Fulfilled),
        }
    }

    fn screen(&mut self, restriction: Restriction) {
        self.proposals.retain(|(_, what)| *what != super::Joint::Rescreen);
        self.restriction = restriction;
        self.right_ended = None;
        self.lapsed.clear();
        self.consented.clear();
    }

    /// The right has ended: what others may sign is limited no longer, unless that outlives it.
    fn end_right(&mut self, at: Timestamp) {
        self.right_ended = Some(at);
        let mut rights = self.restriction.rights().iter().enumerate();
        if rights.any(|(place, right)| right.limits(at) && !self.lapsed.contains(&place)) {
            return;
        }
        for part in &mut self.parts {
            if let State::Free(free) = &mut part.state {
                free.baseline = None;
                free.opens = None;
                free.closes = None;
                free.only = None;
            }
        }
    }

    /// Others may sign a part. Who declined what was put to it has said so for good; where an offer
    /// is withdrawn before it was matched, what was said about it is said about nothing.
    fn release(&mut self, part: usize, mut free: Free) {
        match self.state(part) {
            Some(state @ (State::Open(_) | State::Negotiating { .. })) => {
                free.declined = declined(state);
            }
            Some(state @ State::Matching { bid, .. }) if free.defended.contains(bid) => {
                free.declined = declined(state);
            }
            _ => {}
        }
        self.set(part, State::Free(free));
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
            if let State::Open(Open { answers, .. })
            | State::Negotiating { open: Open { answers, .. }, .. }
            | State::Matching { answers, .. } = state
            {
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
        let (taken, rest) = whole.split(quantity);
        *whole = taken;
        whole.status = LotStatus::Delivered;
        whole.delivered = Some(at);
        whole.next = None;
        self.lots.push(rest);
    }

    /// What a lot misses of its part is freed: a part of its own, unless all of the part is missing.
    fn fall_short(
        &mut self,
        at: Timestamp,
        lot: usize,
        damages_until: Option<jiff::civil::Date>,
        freed: State,
    ) {
        let Some(short) = self.lots.get_mut(lot) else { return };
        short.status = LotStatus::Shortfall;
        short.short_since = Some(at);
        short.next = None;
        short.damages_until = damages_until;
        let (part, quantity) = (short.part, short.quantity);
        let rest = self.parts.len();
        self.take(part, quantity, freed);
        // Where there is a rest of the part, it is in a new place, with the other lots.
        if rest < self.parts.len() {
            let others = self.lots.iter_mut().enumerate();
            let others =
                others.filter(|(other, other_lot)| *other != lot && other_lot.part == part);
            others.for_each(|(_, other)| other.part = rest);
        }
    }

    /// What nobody took of a lot that fell short is its supplier's again.
    fn recover(&mut self, lot: usize, quantity: u64, due: crate::lot::DueDay) {
        let mut place = None;
        for (at, part) in self.parts.iter_mut().enumerate() {
            if let State::Free(Free { short: Some(short), .. }) = &part.state
                && short.0 == lot
            {
                part.state = short.1.clone();
                place = Some(at);
            }
        }
        self.with_lot(lot, |lot| {
            lot.status = LotStatus::Scheduled;
            lot.short_since = None;
            lot.quantity = quantity;
            lot.part = place.unwrap_or(lot.part);
            lot.move_to(due);
        });
    }

    /// What is delivered of a part is a part of its own from now on.
    fn keep_delivered(&mut self, part: usize) {
        let delivered = self.delivered(part);
        let Some(whole) = self.parts.get_mut(part) else { return };
        if delivered == 0 || whole.quantity <= delivered {
            return;
        }
        whole.quantity -= delivered;
        let stands = self.parts.len();
        self.parts.push(Part { quantity: delivered, state: State::Fulfilled });
        let lots = self.lots.iter_mut();
        let delivered = lots.filter(|lot| lot.part == part && lot.delivered.is_some());
        delivered.for_each(|lot| lot.part = stands);
    }

    fn cancel_lots(&mut self, part: usize) {
        let open = self.lots.iter_mut().filter(|lot| lot.part == part && lot.delivered.is_none());
        open.for_each(|lot| {
            lot.status = LotStatus::Cancelled;
            lot.next = None;
        });
    }

    /// Lots that are not late yet are made anew where the terms change; what is late goes on, at the
    /// new price.
    fn cancel_scheduled(&mut self, part: usize, terms: &crate::offer::Offered) {
        let open = self.lots.iter_mut().filter(|lot| lot.part == part && lot.is_open());
        open.for_each(|lot| {
            lot.price = terms.price;
            if lot.status == LotStatus::Scheduled {
                lot.status = LotStatus::Cancelled;
                lot.next = None;
            }
        });
    }

    /// A holder takes over a deal that was signed already: its lots fall away with it.
    fn displace(&mut self, part: usize) {
        if let Some(State::Matching { signed: Some(_), .. }) = self.state(part) {
            self.cancel_lots(part);
        }
    }

    /// What is before the holders on the grantor's own terms is so on the amended ones. What was
    /// released keeps its baseline: what the holders were asked at the time.
    fn ask_as_amended(&mut self) {
        let asked = self.requirement.terms();
        for part in &mut self.parts {
            let state = match &mut part.state {
                State::Paused { was, .. } => was.as_mut(),
                state => state,
            };
            match state {
                State::Noticed(Noticed { terms, bid: None, .. })
                | State::Open(Open { terms, bid: None, .. })
                | State::Negotiating { open: Open { terms, bid: None, .. }, .. } => {
                    *terms = asked.clone();
                }
                _ => {}
            }
        }
    }

    /// Nothing is left of a part that shrinks to nothing.
    fn resize(&mut self, part: usize, quantity: u64) {
        if let Some(part) = self.parts.get_mut(part) {
            part.quantity = quantity;
            if quantity == 0 {
                part.state = State::Withdrawn;
            }
        }
    }

    /// A part goes on as it was; what the pause interrupted beside its deadline shifts with it.
    fn resume(&mut self, at: Timestamp, part: usize) {
        self.change(part, |state| {
            let State::Paused { was, since: paused, .. } = state else { return };
            let still = at.duration_since(*paused);
            let shift = |instant: Timestamp| instant.saturating_add(still).unwrap_or(instant);
            let mut was = (**was).clone();
            match &mut was {
                // The notice counts as received no earlier than the holders could act on it.
                State::Noticed(noticed) => noticed.receipt = noticed.receipt.max(at),
                State::Matching { since, free, .. } => {
                    *since = shift(*since);
                    free.closes = free.closes.map(shift);
                }
                _ => {}
            }
            *state = was;
        });
    }

    fn put_off_window(&mut self, part: usize, later: Timestamp) {
        self.change(part, |state| {
            if let State::Negotiating { open, .. } = state {
                open.deadline = Some(later);
            }
        });
    }

    fn put_off(&mut self, part: usize, later: Timestamp) {
        self.change(part, |state| match state {
            State::Noticed(noticed) => noticed.deadline = later,
            State::Open(open) => open.deadline = Some(later),
            State::Negotiating { until, open, .. } => {
                // Talks that end with the window are put off with it.
                if open.deadline == Some(*until) {
                    open.deadline = Some(later);
                }
                *until = later;
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

    fn with_improvement(&mut self, bid: usize, change: impl FnOnce(&mut Improvement)) {
        if let Some(improvement) = self.improvements.get_mut(&bid) {
            change(improvement);
        }
    }

    fn with_bid(&mut self, bid: usize, change: impl FnOnce(&mut Bid)) {
        if let Some(bid) = self.bids.get_mut(bid) {
            change(bid);
        }
    }
}

/// The holders that have expressly declined what is before them, by their places.
fn declined(state: &State) -> BTreeSet<usize> {
    let answers: &[Answer] = match state {
        State::Open(open) | State::Negotiating { open, .. } => &open.answers,
        State::Matching { answers, .. } => answers,
        _ => &[],
    };
    answers.iter().filter(|answer| answer.takes.is_none()).map(|answer| answer.right).collect()
}

fn committed(signed: Signed, sign_by: Option<Timestamp>) -> State {
    State::Committed { signed, sign_by, signed_by: BTreeSet::new(), compellable: false }
}

/// A deal that came to light, or is to be changed, as an offer that may be matched.
pub(crate) fn detected(at: Timestamp, quantity: u64, signed: &Signed) -> Bid {
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
