//! A watcher: it reads what happens and knows, from that alone, what must not happen next.
//!
//! It keeps facts of its own about every part, folded from events, and never asks the process what it
//! would decide: it looks at the case before and after an event only for quantities, places and
//! instants. What it finds broken stays broken. Read [`law`] first.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod act;
mod issuer;
pub mod law;
mod listed;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use sourcing::case::{Free, PauseReason};
use sourcing::{
    Book, Case, Command, Dated, Does, Event, Offered, Restriction, Side, State, audience,
};
use terms::clause::{Exercisable, IdentityDisclosure, PartialExercise, RefusalMode, Silence};
use terms::{Duration, Name, Provision, Share, Terms, Unit};

pub use law::Law;

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

    /// An exemption of a first right is one of a few, and not of a need that was withdrawn just before.
    fn exempted(&mut self, h: &Happened<'_>) {
        let Restriction::None { exemption: Some(rule), .. } = &h.after().restriction else {
            return;
        };
        let need = &h.after().requirement;
        let small = h.terms.clauses.iter().any(|clause| match &clause.provision {
            Provision::RightOfFirstRefusal(says) => {
                says.exempt_below.as_ref().is_some_and(|below| need.quantity.count < below.count)
            }
            _ => false,
        });
        let holds = small || need.months <= 1 || need.emergency.is_some();
        self.must(Law::Safety, holds, || format!("exempt by {rule}: {need:?}"));
        let days = SignedDuration::from_hours(24 * 90);
        let again = h.after.others(h.name).any(|(_, other)| {
            let same = other.requirement.quantity.class == need.quantity.class
                && other.requirement.purpose == need.purpose
                && other.requirement.region == need.region;
            same && other.withdrawn.is_some_and(|at| h.dated.at.duration_since(at) <= days)
        });
        self.must(Law::Safety, !again, || "exempt, though withdrawn just before".to_string());
    }

    /// What others sign is exempt, released or ordered; once; in time; on no better terms.
    fn third_signed(
        &mut self,
        h: &Happened<'_>,
        told: &mut Told,
        part: usize,
        quantity: u64,
        signed: &sourcing::case::Signed,
    ) {
        let case = h.before.expect("a case is there");
        let now = h.dated.at;
        if matches!(case.state(part), Some(State::Matching { signed: Some(_), .. })) {
            // It was signed before; the holders did not match how it was changed.
            return;
        }
        if let Some(bid) = signed.bid {
            self.signed_once(h, told, bid);
            let offer = case.bids.get(bid);
            let offered = offer.is_some_and(|offer| {
                (offer.minimum.unwrap_or(offer.quantity)..=offer.quantity).contains(&quantity)
                    && offer.supplier == signed.party
                    && offer.valid_until.is_none_or(|until| now <= until)
            });
            self.must(Law::Safety, offered, || format!("not as offered: {:?}", h.dated));
        }
        let all = case.parts.get(part).map_or(0, |part| part.quantity);
        self.must(Law::Conservation, (1..=all).contains(&quantity), || format!("{quantity}"));
        let only_preferred = !case.restriction.rights().is_empty()
            && case.restriction.rights().iter().all(|r| r.says.mode == RefusalMode::Preference);
        let group =
            h.terms.registry.is_affiliate(signed.party.as_str(), case.requirement.grantor.as_str());
        match &told.parts[part].leave {
            None if only_preferred || group => {}
            None => self.broke(Law::Safety, format!("nobody let it be signed: {:?}", h.dated)),
            Some(Leave::Anything | Leave::Ordered) => {}
            Some(Leave::Released(free)) => {
                let free = free.clone();
                self.within(h, case, &free, &told.parts[part].clone(), signed);
            }
        }
    }

    fn within(
        &mut self,
        h: &Happened<'_>,
        case: &Case,
        free: &Free,
        seen: &Seen,
        signed: &sourcing::case::Signed,
    ) {
        let now = h.dated.at;
        self.must(Law::FreeWindow, free.closes.is_none_or(|closes| now <= closes), || {
            format!("{now} is after {:?}", free.closes)
        });
        let presented =
            matches!(case.state(h.part().unwrap_or_default()), Some(State::Matching { .. }));
        self.must(Law::Safety, !presented && seen.paused.is_none(), || format!("{:?}", h.dated));
        if free.unrestricted {
            return;
        }
        let told = free
            .only
            .as_ref()
            .is_none_or(|only| h.terms.registry.is_affiliate(signed.party.as_str(), only.as_str()));
        self.must(Law::Safety, told, || format!("another third party: {:?}", h.dated));
        let defended = signed.bid.is_some_and(|bid| free.defended.contains(&bid));
        let two_step =
            case.restriction.rights().iter().any(|r| r.says.mode == RefusalMode::TwoStep);
        self.must(Law::Safety, !two_step || defended || case.right_ended.is_some(), || {
            format!("never presented: {:?}", h.dated)
        });
        let better = free.baseline.as_ref().is_some_and(|baseline| {
            worse_for_grantor(case.requirement.side(), &signed.terms, baseline)
        });
        self.must(Law::NewRound, !better || defended, || {
            format!("{} is better than {:?}", signed.terms.price, free.baseline)
        });
    }

    fn signed_once(&mut self, h: &Happened<'_>, told: &mut Told, bid: usize) {
        let first = told.signed.insert(bid);
        // A contingent one is chosen, met and signed; a changed one is signed again as it is now.
        self.must(Law::Safety, first, || format!("offer {bid} is signed twice: {:?}", h.dated));
    }

    /// A release follows from its reason at once, and is without limits only for one of some reasons.
    fn released(&mut self, h: &Happened<'_>, told: &Told, part: usize, free: &Free) {
        let case = h.before.expect("a case is there");
        let reasons = [
            "declined",
            "lapsed",
            "waived",
            "talks-ended",
            "partial-exercised",
            "exercised",
            "elected",
            "consented",
            "match-declined",
            "match-lapsed",
            "close-failed",
            "offer-withdrawn",
            "bid-gone",
            "contract-rejected",
            "assignment-lapsed",
            "third-defaulted",
            "right-ended",
            "shortfall",
            "annulled",
            "screened",
            "released",
            "resumed",
            "ruled",
            "notice-sent",
            "offer-presented",
        ];
        let because = |reasons: &[&str]| told.since.iter().any(|name| reasons.contains(name));
        // Once every right has ended or lapsed nothing need be asked.
        let mut holders = case.restriction.holders().enumerate();
        let ended = case.right_ended.is_some() || holders.all(|(at, _)| case.lapsed.contains(&at));
        self.must(Law::Safety, because(&reasons) || ended, || {
            format!("out of nothing: {:?}", h.dated)
        });
        let limited = case.restriction.rights().iter().enumerate().any(|(at, right)| {
            let none = right.says.free_terms_limit == terms::clause::FreeTermsLimit::None;
            let over = right.ends.is_some_and(|ends| ends <= h.dated.at) && !right.limits_survive;
            !none
                && !over
                && !told.waived.contains(&at)
                && right.says.mode != RefusalMode::Preference
                && right.says.mode != RefusalMode::Consideration
        });
        let lifts = [
            "close-failed",
            "contract-rejected",
            "assignment-lapsed",
            "consented",
            "shortfall",
            "right-ended",
            "third-defaulted",
        ];
        let unlimited = free.unrestricted || free.baseline.is_none();
        self.must(Law::Safety, !unlimited || !limited || because(&lifts) || ended, || {
            format!("part {part} is free without limits: {:?} after {:?}", h.dated, told.since)
        });
        if let Some(State::Open(_)) = case.state(part) {
            let silent = h.dated.by.is_none();
            let said = because(&["lapsed", "elected", "exercised", "partial-exercised"]);
            self.must(Law::OneLapse, !silent || said, || format!("no lapse: {:?}", h.dated));
        }
        // After a match that was not made, others may sign no better than what was put.
        if because(&["match-declined", "match-lapsed"])
            && let (Some(bid), Some(baseline)) = (told.parts[part].presented, &free.baseline)
            && let Some(offer) = case.bids.get(bid)
        {
            self.must(Law::NewRound, offer.terms == *baseline, || format!("{:?}", h.dated));
        }
    }

    /// An answer is one of a holder whose turn it is, in time, and its first.
    fn answer(
        &mut self,
        h: &Happened<'_>,
        told: &mut Told,
        part: usize,
        right: usize,
        takes: Option<u64>,
    ) {
        let case = h.before.expect("a case is there");
        let says = case.restriction.rights().get(right).map(|right| &right.says);
        let unending = says.is_some_and(|says| {
            says.silence_means == Silence::Wait
                || says.approach.exercisable == Exercisable::UntilCompletion
        });
        let by_holder = h.dated.by.as_ref().is_none_or(|by| {
            let holder = case.restriction.holders().nth(right);
            holder.is_some_and(|holder| h.terms.registry.is_affiliate(by.as_str(), holder.as_str()))
        });
        self.must(Law::Issuer, by_holder, || format!("{:?}", h.dated));
        let window = told.parts[part].window.as_mut();
        // Talks run beside the window; to break them off is no late answer.
        let talks = matches!(case.state(part), Some(State::Negotiating { .. })) && takes.is_none();
        let in_time = window.as_ref().is_some_and(|window| {
            unending || talks || window.deadline.is_none_or(|deadline| h.dated.at <= deadline)
        });
        self.must(Law::ExerciseCounts, in_time, || format!("late: {:?}", h.dated));
        let Some(window) = window else { return };
        let first = window.answers.insert(right, takes).is_none();
        self.must(Law::OneLapse, first && !window_lapsed(told, part), || {
            format!("a second answer: {:?}", h.dated)
        });
    }

    /// A holder takes something: by its own answer, by one given before, or by silence.
    fn takes(
        &mut self,
        h: &Happened<'_>,
        told: &mut Told,
        part: usize,
        right: usize,
        quantity: u64,
        terms: &Offered,
    ) {
        let case = h.before.expect("a case is there");
        let Some(says) = case.restriction.rights().get(right).map(|right| right.says.clone())
        else {
            return self.broke(Law::ExerciseCounts, "no right");
        };
        let elected = told
            .parts
            .iter()
            .filter_map(|seen| seen.window.as_ref()?.answers.get(&right).copied().flatten())
            .next();
        let silent = h.dated.by.is_none() && says.silence_means == Silence::Accept;
        if elected.is_none() && !silent {
            self.answer(h, told, part, right, Some(quantity));
        }
        let put = match case.state(part) {
            Some(State::Open(open) | State::Negotiating { open, .. }) => Some(&open.terms),
            _ => None,
        };
        // Of several holders' shares the later are of the rest, which is in the state before.
        let same = put.is_none_or(|put| put == terms);
        self.must(Law::ExerciseCounts, same, || format!("other terms: {:?}", h.dated));
        let Does::Exercise(exercise) = &h.command.does else { return };
        let unconditional = exercise.conditions.is_empty();
        self.must(Law::ExerciseCounts, unconditional, || format!("{:?}", h.command));
        let several = told.since.contains(&"elected") || elected.is_some();
        let all = case.parts[part].quantity;
        let asked = exercise.quantity.unwrap_or(all);
        let lots = quantity.is_multiple_of(case.requirement.lot.max(1));
        let may = match says.partial_exercise {
            _ if several || asked == all => true,
            PartialExercise::None => false,
            PartialExercise::WholeLots => lots,
            PartialExercise::AnyQuantity => true,
        };
        let linked = case.requirement.linked && asked != all && !several;
        self.must(Law::ExerciseCounts, may && !linked && quantity <= all && asked > 0, || {
            format!("{:?} of {all}", h.command.does)
        });
    }

    /// The window is as long as the clause of every holder asked says.
    fn length(
        &mut self,
        h: &Happened<'_>,
        tier: u32,
        from: Timestamp,
        until: Timestamp,
        to_match: bool,
    ) {
        let case = h.after();
        for (_, right) in case.restriction.tier(tier) {
            let says = &right.says;
            let agreed = if to_match { says.match_window } else { says.response_window };
            let least = at_least(agreed);
            let given =
                matches!(says.approach.clock_starts, terms::clause::ClockStart::NoticeGiven);
            let lasts = until.duration_since(from);
            self.must(Law::Windows, given || least <= lasts, || {
                format!("{lasts:?} from {from} to {until}, not {agreed}")
            });
        }
    }

    /// No round begins once every right has ended.
    fn right_holds(&mut self, h: &Happened<'_>, now: Timestamp) {
        let rights = h.after().restriction.rights();
        let holds = rights.iter().any(|right| right.ends.is_none_or(|ends| now < ends));
        self.must(Law::Listed, holds, || format!("a round after the right: {:?}", h.dated));
    }

    /// Deadlines that the process moved, by what the case says after it; [`moved`] checks them.
    fn put_off(&mut self, h: &Happened<'_>, told: &mut Told) {
        for (at, seen) in told.parts.iter_mut().enumerate() {
            let Some(state) = h.after().state(at) else { continue };
            let ends = match state {
                State::Negotiating { open, .. } => open.deadline,
                _ => deadline_of(state),
            };
            if let Some(window) = &mut seen.window {
                window.deadline = ends;
            }
            if let (Some(Leave::Released(free)), State::Free(is)) = (&mut seen.leave, state) {
                free.closes = is.closes;
            }
        }
        if let Event::Resumed { part, .. } = &h.dated.event {
            self.resumed(h, told, *part);
        }
    }

    fn resumed(&mut self, h: &Happened<'_>, told: &mut Told, part: usize) {
        let Some((_, left)) = told.parts.get_mut(part).and_then(|seen| seen.paused.take()) else {
            return self.broke(Law::Paused, "it did not stand still");
        };
        let ends = h.after().state(part).and_then(deadline_of);
        let now = h.dated.at;
        let (Some(left), Some(ends)) = (left, ends) else { return };
        let left_now = ends.duration_since(now).as_nanos();
        self.must(Law::Windows, left <= left_now, || {
            format!("{left} ns were left, not {left_now}")
        });
        // Five business days from a Friday are ten days with a holiday, and some hours.
        let five = SignedDuration::from_hours(24 * 11).as_nanos();
        self.must(Law::Paused, left_now <= left.max(five), || {
            format!("{left} ns were left, now {left_now}")
        });
    }

    /// Every change names the guards that were asked, and the clause where there is one.
    fn explained(&mut self, h: &Happened<'_>) {
        let Dated { by, clause, guards, event, .. } = h.dated;
        // Who withdrew an offer, and by which command, its readers may not know.
        let unnamed = event.name() == "offer-withdrawn";
        if h.first {
            self.must(Law::Explained, unnamed || by.is_some(), || format!("{:?}", h.dated));
            let asked = !guards.is_empty() || matches!(event, Event::Requested { .. });
            self.must(Law::Explained, asked, || format!("no guards: {:?}", h.dated));
        }
        let covered = h.before.is_some_and(|case| case.restriction.clause().is_some());
        let delay = matches!(event, Event::Screened { .. });
        self.must(Law::Explained, delay || !covered || clause.is_some(), || {
            format!("no clause: {:?}", h.dated)
        });
        let evidence = match event {
            Event::Consented { evidence, .. }
            | Event::Waived { evidence, .. }
            | Event::ContingencyMet { evidence, .. } => Some(evidence),
            Event::Ruled { reasons, .. } => Some(reasons),
            Event::Disputed { dispute } => Some(&dispute.grounds),
            Event::DeliveryDelayed { .. } => None,
            Event::Excused { reason, .. } => Some(reason),
            _ => None,
        };
        self.must(Law::Explained, evidence.is_none_or(|said| !said.trim().is_empty()), || {
            format!("no evidence: {:?}", h.dated)
        });
    }

    /// No holder sees a rival's name where it is asked blind, nor its terms where even they are sealed.
    fn blind(&mut self, h: &Happened<'_>, told: &Told) {
        let Some(case) = h.before else { return };
        // Who controls it a holder knows.
        if matches!(h.dated.event, Event::ControlChanged { .. }) {
            return;
        }
        let rights = case.restriction.rights();
        let discloses = |right: &sourcing::Right| right.says.approach.identity_disclosure;
        let blind =
            case.blinded || rights.iter().any(|right| discloses(right) != IdentityDisclosure::Full);
        if !blind {
            return;
        }
        let sealed = rights
            .iter()
            .any(|right| discloses(right) == IdentityDisclosure::IndependentCertificate);
        let mut written = None;
        for holder in case.restriction.holders() {
            if !audience::may_see(h.terms, Some(case), h.dated, holder) {
                continue;
            }
            let written = written.get_or_insert_with(|| h.written.to_string());
            let of_others = h.after().bids.iter().filter(|bid| {
                let own = |party: &Name| {
                    h.terms.registry.is_affiliate(bid.supplier.as_str(), party.as_str())
                };
                !case.restriction.holders().any(own) && bid.supplier != case.requirement.grantor
            });
            for bid in of_others {
                // What it says itself, and who is known to have broken the agreement, it may see.
                let own =
                    h.dated.by.as_ref().is_some_and(|by| {
                        h.terms.registry.is_affiliate(by.as_str(), holder.as_str())
                    });
                let secret = !own && !told.known.contains(&bid.supplier);
                let named = secret && written.contains(&format!("\"{}\"", bid.supplier));
                let priced = secret && sealed && tells_of_offers(h.dated.event.name()) && {
                    let price = serde_json::to_string(&bid.terms.price).expect("a price is JSON");
                    written.contains(&price) && !known_price(h, case, bid.terms.price)
                };
                let (holder, written) = (holder.clone(), written.clone());
                self.must(Law::Blind, !named && !priced, || format!("{holder} sees {written}"));
            }
        }
    }

    /// What a case is pinned to changes by what says so alone.
    fn pinned(&mut self, h: &Happened<'_>) {
        let Some(before) = h.before else { return };
        let after = h.after();
        self.must(Law::Pinned, before.agreement == after.agreement, || format!("{:?}", h.dated));
        let may = match &h.dated.event {
            Event::Screened { .. } => {
                matches!(h.command.does, Does::Request(_) | Does::Rescreen | Does::Amend(_))
            }
            Event::Assigned { .. } | Event::AssignmentLapsed { .. } | Event::Waived { .. } => true,
            Event::ContractRejected { .. } => true,
            _ => false,
        };
        self.must(Law::Pinned, may || before.restriction == after.restriction, || {
            format!("{:?}", h.dated)
        });
    }

    /// Nobody is bound to more than it declared, in all cases together.
    fn over_award(&mut self, h: &Happened<'_>) {
        let signed = match &h.dated.event {
            Event::Exercised { signed, .. }
            | Event::PartialExercised { signed, .. }
            | Event::Agreed { signed, .. }
            | Event::Matched { signed, .. }
            | Event::Awarded { signed, .. }
            | Event::ThirdSigned { signed, .. } => signed,
            _ => return,
        };
        let case = h.after();
        let supplier = case.supplier_and_customer(&signed.party).0;
        let class = &case.requirement.quantity.class;
        let Some(declared) = h.after.declared(supplier, class) else { return };
        let of_class = h.after.cases().filter(|(_, c)| c.requirement.quantity.class == *class);
        let bound = of_class.flat_map(|(_, case)| {
            let of_supplier = case.parts.iter().filter(|part| match &part.state {
                State::Committed { signed, .. } | State::ThirdSigned { signed, .. } => {
                    case.supplier_and_customer(&signed.party).0 == supplier
                }
                _ => false,
            });
            of_supplier.map(|part| part.quantity).collect::<Vec<_>>()
        });
        let bound: u64 = bound.sum();
        self.must(Law::NoOverAward, bound <= declared, || {
            format!("{supplier} is bound to {bound} of {declared}")
        });
    }

    /// What must hold between the parts before and after an event.
    fn parts(&mut self, h: &Happened<'_>, told: &mut Told) {
        let after = h.after();
        self.sums(after);
        let Some(before) = h.before else { return };
        let event = &h.dated.event;
        for (at, (was, is)) in before.parts.iter().zip(&after.parts).enumerate() {
            let listed = listed::may_follow(&was.state, &is.state, event);
            self.must(Law::Listed, listed, || {
                format!("part {at} from {} to {} by {event:?}", was.state.name(), is.state.name())
            });
            self.irrevocable(h, at, &was.state, &is.state);
            self.no_earlier(h, at, &was.state, &is.state);
        }
        let _ = told;
    }

    /// A commitment ends by rows 30 and 31, by delivery or its failure, and by a ruling; its terms do
    /// not change.
    fn irrevocable(&mut self, h: &Happened<'_>, at: usize, was: &State, is: &State) {
        let State::Committed { signed, .. } = was else { return };
        let event = h.dated.event.name();
        let stays = match is {
            State::Committed { signed: now, .. } => now == signed,
            State::Fulfilled => event == "fulfilled",
            State::Free(_) => ["released", "shortfall"].contains(&event),
            State::Annulled => event == "annulled",
            _ => false,
        };
        let ruled = event == "ruled";
        self.must(Law::Irrevocable, stays || ruled, || {
            format!("part {at}: {was:?} became {is:?} by {:?}", h.dated.event)
        });
    }

    /// A deadline moves earlier for nobody, as long as what it belongs to stands where it stood.
    fn no_earlier(&mut self, h: &Happened<'_>, at: usize, was: &State, is: &State) {
        use State::{Committed, Free, Matching, Negotiating, Noticed, Open};
        let (was, is) = match (was, is) {
            (Noticed(was), Noticed(is)) => (Some(was.deadline), Some(is.deadline)),
            (Noticed(was), Open(is)) => (Some(was.deadline), is.deadline),
            (Open(was), Open(is)) => (was.deadline, is.deadline),
            (Open(was), Negotiating { open: is, .. }) => (was.deadline, is.deadline),
            (Negotiating { open: was, until: w, .. }, Negotiating { open: is, until: i, .. }) => {
                self.must(Law::Windows, w <= i, || format!("talks of part {at} end at {i}"));
                (was.deadline, is.deadline)
            }
            (Matching { bid: w, deadline: was, .. }, Matching { bid: i, deadline: is, .. })
                if w == i =>
            {
                (Some(*was), Some(*is))
            }
            (Free(was), Free(is)) if h.dated.event.name() != "released" => (was.closes, is.closes),
            (Matching { free: was, .. }, Free(is)) => (was.closes, is.closes),
            (Committed { sign_by: Some(was), .. }, Committed { sign_by: Some(is), .. }) => {
                (Some(*was), Some(*is))
            }
            _ => return,
        };
        let (Some(was), Some(is)) = (was, is) else { return };
        self.must(Law::Windows, was <= is, || {
            format!("part {at}: {was} moves to {is} by {:?}", h.dated.event)
        });
    }

    /// Conservation; and no part is to be delivered more than once.
    fn sums(&mut self, case: &Case) {
        let counting = case.parts.iter().filter(|part| part.state.counts());
        let all: u64 = counting.map(|part| part.quantity).sum();
        let wanted = case.requirement.quantity.count;
        self.must(Law::Conservation, all == wanted, || format!("{all} are not {wanted}"));
        let empty = |part: &&sourcing::Part| part.quantity == 0 && part.state.counts();
        let empty =
            case.parts.iter().filter(|part| part.state != State::Withdrawn).any(|p| empty(&p));
        self.must(Law::Conservation, !empty, || "a part of nothing".to_string());
        for (at, part) in case.parts.iter().enumerate() {
            let lots = case.lots.iter().filter(|lot| {
                lot.part == at
                    && !matches!(
                        lot.status,
                        sourcing::LotStatus::Cancelled | sourcing::LotStatus::Shortfall
                    )
            });
            let lots: u64 = lots.map(|lot| lot.quantity).sum();
            let most = match &part.state {
                State::Fulfilled | State::ThirdSigned { .. } | State::Committed { .. } => {
                    part.quantity
                }
                // A deal that is changed is before the holders; its lots wait.
                State::Matching { signed: Some(_), .. } => part.quantity,
                _ => 0,
            };
            self.must(Law::Conservation, lots <= most, || {
                format!("{lots} are to be delivered of part {at}, {part}")
            });
        }
    }
}

fn window_lapsed(told: &Told, part: usize) -> bool {
    told.parts[part].window.as_ref().is_some_and(|window| window.lapsed)
}

/// Whether an event is about what others offer.
fn tells_of_offers(event: &str) -> bool {
    [
        "bid-received",
        "bid-revealed",
        "offer-disclosed",
        "offer-presented",
        "released",
        "third-signed",
        "awarded-contingent",
        "terms-changed",
        "tagged-back",
    ]
    .contains(&event)
}

/// Whether a price was put to the holders, or is of their own offers: then it tells nothing.
fn known_price(h: &Happened<'_>, case: &Case, price: terms::Money) -> bool {
    let own = h.after().bids.iter().filter(|bid| {
        let is =
            |holder: &Name| h.terms.registry.is_affiliate(bid.supplier.as_str(), holder.as_str());
        case.restriction.holders().any(is)
    });
    let mut own = own.map(|bid| bid.terms.price);
    case.requirement.price == price || own.any(|own| own == price)
}

/// When what runs in a part ends.
fn deadline_of(state: &State) -> Option<Timestamp> {
    match state {
        State::Noticed(noticed) => Some(noticed.deadline),
        _ => state.deadline(),
    }
}

/// Whether terms cost the grantor more than others, as far as they compare by price alone.
fn worse_for_grantor(side: Side, terms: &Offered, than: &Offered) -> bool {
    match side {
        Side::BuyerBurdened => terms.price.amount > than.price.amount,
        Side::SellerBurdened => terms.price.amount < than.price.amount,
    }
}

/// The least a window can last: it ends at a cutoff on its last day, and an hour may be lost to
/// daylight saving time.
fn at_least(window: Duration) -> SignedDuration {
    let count = i64::from(window.count);
    let hour = SignedDuration::from_hours(1);
    match window.unit {
        Unit::Hours => SignedDuration::from_hours(count),
        Unit::Days | Unit::BusinessDays => SignedDuration::from_hours(24 * count) - hour,
        _ => SignedDuration::from_hours(24 * 28 * count) - hour,
    }
}

/// What waits although nothing will ever happen by itself, in words.
pub fn waits_for_ever(case: &Case) -> Option<String> {
    let timers: BTreeSet<Timestamp> = sourcing::timer::timers(case).map(|(at, _)| at).collect();
    case.parts.iter().find_map(|part| {
        let runs = match &part.state {
            // It waits for the grantor alone, who alone loses by it: documents, or silence that
            // means nothing.
            State::Open(open) if open.deadline.is_none() => return None,
            State::Open(open) => open.deadline,
            State::Noticed(noticed) => Some(noticed.receipt),
            State::Negotiating { until, .. } => Some(*until),
            State::Matching { deadline, .. } => Some(*deadline),
            State::Free(free) => match free.closes {
                Some(closes) => Some(closes),
                None => return None,
            },
            State::Committed { sign_by: Some(sign_by), compellable: false, .. } => Some(*sign_by),
            _ => return None,
        };
        let waits = case.restriction.rights().iter().any(|r| r.says.silence_means == Silence::Wait);
        let ends = runs.is_some_and(|at| timers.contains(&at));
        (!ends && !waits).then(|| format!("{part} runs to {runs:?}, and nothing ends it"))
    })
}

/// The pauses of a case, by their reasons.
pub fn pauses(case: &Case) -> impl Iterator<Item = PauseReason> {
    case.parts.iter().filter_map(|part| match &part.state {
        State::Paused { reason, .. } => Some(*reason),
        _ => None,
    })
}
