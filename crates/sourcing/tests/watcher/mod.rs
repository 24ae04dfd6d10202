//! A watcher: it reads what happens and knows, from that alone, what must not happen next.
//!
//! It keeps facts of its own about every part, folded from events, and never asks the process what it
//! would decide: it looks at the case before and after an event only for quantities, places and
//! instants. What it finds broken stays broken. Read [`law`] first.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod act;
mod answers;
mod issuer;
pub mod law;
mod leave;
mod listed;
mod quantities;
mod visible;
mod windows;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;
use sourcing::case::Free;
use sourcing::{Book, Case, Command, Dated, Event, Restriction, State};
use terms::{Name, Share, Terms};

use leave::worse_for_grantor;
use windows::deadline_of;

pub use law::Law;
pub use windows::waits_for_ever;

/// What is known of a part from events alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Seen {
    /// Why others may sign it, and within what.
    leave: Option<Leave>,
    /// The time the holders have.
    window: Option<Window>,
    /// The offer before the holders.
    presented: Option<usize>,
    /// What was left when it was made to stand still, in microseconds, and since when.
    paused: Option<(Timestamp, Option<i128>)>,
}

/// Why others may sign.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Leave {
    /// No right covers it, or none does any more.
    Anything,
    /// What was released, and how.
    Released(Box<Free>),
    /// The decision-maker said so.
    Ordered,
}

/// The holders' time to answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Window {
    deadline: Option<Timestamp>,
    /// What holders said, by the place of their rights.
    answers: BTreeMap<usize, Option<u64>>,
    lapsed: bool,
}

/// What is known of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Told {
    parts: Vec<Seen>,
    /// Offers that were signed.
    signed: BTreeSet<usize>,
    /// Damages due so far, by the lot that was first scheduled, with what that was worth.
    damages: BTreeMap<usize, Decimal>,
    /// Of which scheduled lot a lot is a rest, and what that was worth.
    origin: Vec<(usize, Decimal, Option<Share>)>,
    /// What happened before the last event at the same instant and by the same cause.
    since: Vec<&'static str>,
    /// Rights that were waived without limits.
    waived: BTreeSet<usize>,
    /// Who is known to have signed without leave.
    known: BTreeSet<Name>,
    latest: Option<Timestamp>,
}

/// Reads what happens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Watcher {
    cases: BTreeMap<String, Told>,
    /// Laws that were broken, and by what.
    pub broken: BTreeMap<Law, String>,
}

/// An event as it happened.
pub struct Happened<'a> {
    pub terms: &'a Terms,
    pub name: &'a str,
    /// The case before the event.
    pub before: Option<&'a Case>,
    pub command: &'a Command,
    /// Whether it is the first event the command itself caused.
    pub first: bool,
    pub dated: &'a Dated,
    /// The event as JSON.
    pub written: &'a serde_json::Value,
    /// Everything after it.
    pub after: &'a Book,
}

impl Happened<'_> {
    /// The part it is about, if it is about one.
    fn part(&self) -> Option<usize> {
        usize::try_from(self.written["event"]["part"].as_u64()?).ok()
    }

    fn after(&self) -> &Case {
        self.after.case(self.name).expect("a case stays a case")
    }
}

impl Watcher {
    /// A law is broken.
    pub fn broke(&mut self, law: Law, how: impl Into<String>) {
        self.broken.entry(law).or_insert_with(|| how.into());
    }

    fn must(&mut self, law: Law, holds: bool, how: impl FnOnce() -> String) {
        if !holds {
            self.broke(law, how());
        }
    }

    /// A command was carried out, whatever came of it.
    pub fn carried_out(&mut self, terms: &Terms, before: &Book, name: &str, command: &Command) {
        let may = issuer::may_issue(terms, before, name, command);
        self.must(Law::Issuer, may, || format!("{} {:?}", command.by, command.does));
    }

    /// Something happened.
    pub fn see(&mut self, happened: &Happened<'_>) {
        let mut told = self.cases.remove(happened.name).unwrap_or_default();
        let at = happened.dated.at;
        let in_order = told.latest.is_none_or(|latest| latest <= at);
        self.must(Law::Order, in_order, || format!("{:?}", happened.dated));
        if happened.first || told.latest != Some(at) {
            told.since.clear();
        }
        told.latest = Some(at);
        self.explained(happened);
        self.blind(happened, &told);
        self.pinned(happened);
        self.over_award(happened);
        self.event(happened, &mut told);
        self.parts(happened, &mut told);
        told.since.push(happened.dated.event.name());
        self.cases.insert(happened.name.to_string(), told);
    }

    /// What an event means for the part it is about.
    fn event(&mut self, h: &Happened<'_>, told: &mut Told) {
        let Dated { at, by, event, .. } = h.dated;
        let now = *at;
        let place = h.part();
        // What is not taken of a part becomes a part of its own, as it was.
        let rest = place.and_then(|part| told.parts.get(part).cloned()).unwrap_or_default();
        match event {
            Event::Requested { .. } => {}
            Event::Exempted { .. } => {
                self.exempted(h);
                told.parts.iter_mut().zip(&h.after().parts).for_each(|(seen, part)| {
                    if part.state == State::Exempt {
                        seen.leave = Some(Leave::Anything);
                    }
                })
            }
            Event::NoticeSent { part, receipt, deadline, tier, .. } => {
                self.must(Law::Order, now <= *receipt, || format!("receipt {receipt}, {now}"));
                self.length(h, *tier, *receipt, *deadline, false);
                self.right_holds(h, now);
                if let Some(seen) = told.parts.get_mut(*part) {
                    *seen = Seen {
                        window: Some(Window {
                            deadline: Some(*deadline),
                            answers: BTreeMap::new(),
                            lapsed: false,
                        }),
                        ..Seen::default()
                    };
                }
            }
            Event::RoundOpened { part, round, deadline } => {
                let rounds = h.before.map_or(0, |case| case.rounds);
                self.must(Law::NewRound, *round == rounds + 1, || format!("round {round}"));
                let window = told.parts.get_mut(*part).and_then(|seen| seen.window.as_mut());
                let known = window.as_ref().is_some_and(|window| {
                    deadline.is_none_or(|deadline| window.deadline == Some(deadline))
                });
                self.must(Law::Windows, known, || format!("not as noticed: {deadline:?}"));
                if let Some(window) = window {
                    window.deadline = *deadline;
                }
            }
            Event::DocumentsRequested { part, waits: true, .. } => {
                if let (Some(window), Some(State::Open(_))) = (
                    told.parts.get_mut(*part).and_then(|seen| seen.window.as_mut()),
                    h.before.and_then(|case| case.state(*part)),
                ) {
                    window.deadline = None;
                }
            }
            Event::DocumentsSent { part, receipt, deadline } => {
                let window = told.parts.get_mut(*part).and_then(|seen| seen.window.as_mut());
                if let Some(window) = window {
                    let anew = window.deadline.is_none_or(|was| was <= *deadline);
                    window.deadline = Some(*deadline);
                    self.must(Law::Windows, anew && now <= (*receipt).max(now), || {
                        format!("{deadline} is earlier")
                    });
                }
            }
            Event::Extended { part, deadline } => {
                if let Some(window) =
                    told.parts.get_mut(*part).and_then(|seen| seen.window.as_mut())
                {
                    window.deadline = Some(*deadline);
                }
                if let Some(Leave::Released(free)) =
                    told.parts.get_mut(*part).and_then(|seen| seen.leave.as_mut())
                {
                    free.closes = Some(*deadline);
                }
            }
            Event::Amended { .. } | Event::Resumed { .. } => self.put_off(h, told),
            Event::Elected { part, right, takes } => {
                self.answer(h, told, *part, *right, *takes);
            }
            Event::Exercised { part, right, signed, .. } => {
                let all = h.before.map_or(0, |case| case.parts[*part].quantity);
                self.takes(h, told, *part, *right, all, &signed.terms);
                told.parts[*part] = Seen::default();
            }
            Event::PartialExercised { part, right, quantity, signed, .. } => {
                self.takes(h, told, *part, *right, *quantity, &signed.terms);
                told.parts[*part] = Seen::default();
            }
            Event::Declined { part, right, .. } => {
                self.must(Law::Issuer, by.is_some(), || format!("{:?}", h.dated));
                self.answer(h, told, *part, *right, None);
            }
            Event::Lapsed { part } => {
                let window = told.parts.get_mut(*part).and_then(|seen| seen.window.as_mut());
                let once = window.as_ref().is_some_and(|window| {
                    !window.lapsed && window.deadline == Some(now) && by.is_none()
                });
                self.must(Law::OneLapse, once, || format!("{:?}", h.dated));
                if let Some(window) = window {
                    window.lapsed = true;
                }
            }
            Event::Consented { tacit, .. } => {
                let first = matches!(
                    h.before.map(|case| &case.restriction),
                    Some(Restriction::FirstRight { .. })
                );
                self.must(Law::Safety, !(*tacit && first), || {
                    "a first right consented away tacitly".to_string()
                });
            }
            Event::Waived { right, unlimited: true, .. } => {
                told.waived.insert(*right);
            }
            Event::Agreed { part, .. } => told.parts[*part] = Seen::default(),
            Event::Released { part, free } => {
                self.released(h, told, *part, free);
                if let Some(seen) = told.parts.get_mut(*part) {
                    *seen = Seen {
                        leave: Some(Leave::Released(Box::new(free.clone()))),
                        ..Seen::default()
                    };
                }
            }
            Event::BidReceived { bid } => {
                self.must(Law::Issuer, by.as_ref().is_none_or(|by| *by == bid.supplier), || {
                    format!("{:?}", h.dated)
                });
            }
            Event::OfferPresented { part, bid, round, deadline, tier, .. } => {
                let case = h.before.expect("a case is there");
                // What a deal tagged back or found out puts before the holders is of its own round.
                let before =
                    matches!(case.state(*part), Some(State::Matching { bid: of, .. }) if of == bid);
                let next = *round == case.rounds + 1 || before && *round == case.rounds;
                self.must(Law::NewRound, next, || format!("round {round}"));
                self.length(h, *tier, now, *deadline, true);
                // A breach revives the right for one window.
                if !before {
                    self.right_holds(h, now);
                }
                if let Some(Leave::Released(free)) = &told.parts[*part].leave {
                    let once = !free.defended.contains(bid);
                    self.must(Law::NewRound, once, || format!("offer {bid} was put before"));
                }
                let seen = &mut told.parts[*part];
                seen.presented = Some(*bid);
                seen.window = Some(Window {
                    deadline: Some(*deadline),
                    answers: BTreeMap::new(),
                    lapsed: false,
                });
            }
            Event::TaggedBack { part, deadline, .. }
            | Event::BreachDetected { part, deadline, .. } => {
                if let Event::BreachDetected { signed, .. } = event {
                    told.known.insert(signed.party.clone());
                }
                // The offer is the last one there is.
                let bid = h.after().bids.len().checked_sub(1);
                let leave = told.parts[*part].leave.clone();
                told.parts[*part] = Seen {
                    leave,
                    presented: bid,
                    window: Some(Window {
                        deadline: Some(*deadline),
                        answers: BTreeMap::new(),
                        lapsed: false,
                    }),
                    paused: None,
                };
            }
            Event::Matched { part, right, signed, .. } => {
                self.answer(h, told, *part, *right, None);
                let offer = told.parts[*part].presented;
                let offer = offer.and_then(|bid| h.before?.bids.get(bid));
                let meets = offer.is_some_and(|offer| {
                    let side = h.after().requirement.side();
                    !worse_for_grantor(side, &signed.terms, &offer.terms)
                });
                self.must(Law::ExerciseCounts, meets, || format!("{:?}", h.dated));
                told.parts[*part] = Seen::default();
            }
            Event::MatchDeclined { part, right } => self.answer(h, told, *part, *right, None),
            Event::MatchLapsed { part } => {
                let deadline = told.parts[*part].window.as_ref().and_then(|window| window.deadline);
                self.must(Law::OneLapse, deadline == Some(now) && by.is_none(), || {
                    format!("{:?}", h.dated)
                });
            }
            Event::ThirdSigned { part, quantity, signed } => {
                self.third_signed(h, told, *part, *quantity, signed);
                told.parts[*part].window = None;
                told.parts[*part].presented = None;
            }
            Event::Awarded { part, signed, .. } => {
                if let Some(bid) = signed.bid {
                    self.signed_once(h, told, bid);
                }
                told.parts[*part] = Seen::default();
            }
            Event::MustRenotice { part } => {
                let closes = match &told.parts[*part].leave {
                    Some(Leave::Released(free)) => free.closes,
                    _ => None,
                };
                self.must(Law::FreeWindow, closes == Some(now), || format!("{:?}", h.dated));
                told.parts[*part] = Seen::default();
            }
            Event::Annulled { .. } => {
                // Row 33: a third party's own default ends its deal.
                let defaulted = told.since.contains(&"third-defaulted");
                let both = defaulted || h.before.is_some_and(|case| !case.proposals.is_empty());
                let ordered = by.as_ref().is_some_and(|by| issuer::decides(h.terms, h.after(), by));
                self.must(Law::Irrevocable, both || ordered, || format!("by one: {:?}", h.dated));
            }
            Event::RightEnded => {
                let survives = h.after().restriction.right().is_some_and(|r| r.limits_survive);
                for seen in &mut told.parts {
                    if let (Some(Leave::Released(free)), false) = (&mut seen.leave, survives) {
                        (free.baseline, free.closes, free.only) = (None, None, None);
                    }
                }
            }
            Event::Ruled { part, .. } => {
                told.parts[*part] = Seen { leave: Some(Leave::Ordered), ..Seen::default() };
            }
            Event::Paused { part, .. } => {
                let ends = h.before.and_then(|case| deadline_of(case.state(*part)?));
                let left = ends.map(|ends| ends.duration_since(now).as_nanos());
                if let Some(seen) = told.parts.get_mut(*part) {
                    seen.paused = Some((now, left));
                }
            }
            Event::LotScheduled { lot } => {
                let cap = lot.delay.cap;
                told.origin.push((told.origin.len(), lot.value.amount, cap));
            }
            Event::PartDelivered { lot, .. } => {
                let origin = told.origin[*lot];
                told.origin.push(origin);
            }
            Event::DamagesDue { lot, amount, .. } => {
                let (origin, value, cap) = told.origin[*lot];
                let due = told.damages.entry(origin).or_default();
                *due += amount.amount;
                let holds = cap.is_none_or(|cap| *due <= (value * cap.fraction()).round_dp(2));
                let due = *due;
                self.must(Law::DamagesCap, holds, || format!("{due} for a lot worth {value}"));
            }
            Event::Shortfall { lot, .. } => {
                let case = h.before.expect("a case is there");
                let part = case.lots[*lot].part;
                if let Some(State::Free(free)) = h.after().state(part) {
                    told.parts[part].leave = Some(Leave::Released(Box::new(free.clone())));
                }
            }
            Event::Recovered { lot, .. } => {
                let part = h.after().lots[*lot].part;
                told.parts[part] = Seen::default();
            }
            _ => {}
        }
        let fresh = matches!(event, Event::Superseded { .. } | Event::Annulled { .. });
        let rest = if fresh { Seen::default() } else { rest };
        let parts = h.after().parts.len();
        while told.parts.len() < parts {
            told.parts.push(rest.clone());
        }
    }
}
