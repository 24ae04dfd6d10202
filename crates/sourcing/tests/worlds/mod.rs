//! Bounded worlds: every order in which a few parties can do a few things at every instant that
//! matters, decided by the process itself and read by a watcher.
//!
//! Time moves in one step only: to the next instant at which something happens by itself, exactly;
//! from there to one microsecond later; and to the instants a world names. Commands are counted, so
//! that a world ends; once none is left, the clock runs until nothing is due.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod deeds;

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use sourcing::offer::BidStatus;
use sourcing::{Book, Case, Command, Declared, Does, Guard, Guards, Refused, State, Waiver};
use stateright::{Model, Property};
use terms::{Name, Terms};

use crate::common::at;
use crate::watcher::act::Watched;
use crate::watcher::{Law, Watcher};

/// When the clock has run out; within all calendars.
const END: &str = "2028-12-01 00:00";

/// Something that may be done: in which case, by whom, about which part, what.
#[derive(Debug, Clone)]
pub struct Move {
    pub case: &'static str,
    pub by: &'static str,
    pub part: Option<usize>,
    pub does: Does,
}

/// A bounded world.
#[derive(Debug, Clone)]
pub struct World {
    pub name: &'static str,
    pub terms: Terms,
    /// What suppliers have declared.
    pub declared: Vec<(&'static str, u64)>,
    /// What has happened when it begins.
    pub begun: Vec<(&'static str, &'static str, &'static str, Does)>,
    /// When it begins.
    pub from: &'static str,
    /// Instants that matter beside those at which something happens by itself.
    pub instants: Vec<&'static str>,
    /// What may be done.
    pub moves: Vec<Move>,
    /// How many of them are.
    pub commands: u8,
    /// Which guards are asked.
    pub guards: Guards,
}

impl World {
    pub fn new(name: &'static str, terms: Terms) -> World {
        World {
            name,
            terms,
            declared: Vec::new(),
            begun: Vec::new(),
            from: "2025-01-21 18:05",
            instants: Vec::new(),
            moves: Vec::new(),
            commands: 3,
            guards: Guards::ALL,
        }
    }

    /// What has happened before it begins, in the one case.
    pub fn after(mut self, rows: Vec<(&'static str, &'static str, Does)>) -> World {
        let case = crate::common::CASE;
        if let Some((when, _, _)) = rows.last() {
            self.from = when;
        }
        self.begun.extend(rows.into_iter().map(|(when, by, does)| (when, case, by, does)));
        self
    }

    /// What may be done in the one case.
    pub fn with(mut self, moves: Vec<(&'static str, Does)>) -> World {
        let case = crate::common::CASE;
        self.moves.extend(moves.into_iter().map(|(by, does)| Move { case, by, part: None, does }));
        self
    }

    /// The same in another one.
    pub fn with_in(mut self, case: &'static str, moves: Vec<(&'static str, Does)>) -> World {
        self.moves.extend(moves.into_iter().map(|(by, does)| Move { case, by, part: None, does }));
        self
    }

    pub fn declared(mut self, declared: Vec<(&'static str, u64)>) -> World {
        self.declared = declared;
        self
    }

    pub fn at(mut self, instants: Vec<&'static str>) -> World {
        self.instants = instants;
        self
    }

    pub fn commands(mut self, commands: u8) -> World {
        self.commands = commands;
        self
    }

    pub fn asking(mut self, guards: Guards) -> World {
        self.guards = guards;
        self
    }

    fn instants(&self) -> Vec<Timestamp> {
        self.instants.iter().map(|instant| at(instant)).collect()
    }

    /// What there is before anything happened.
    pub fn book(&self) -> Book {
        let mut book = Book::default();
        for (supplier, count) in &self.declared {
            let supplier = Name::new(*supplier);
            book.declare(&Declared { supplier, class: "H100".to_string(), count: *count });
        }
        book
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Time goes on to the next instant that matters.
    Wait,
    /// Somebody acts: which of the world's moves.
    Act(usize),
}

/// How things stand.
#[derive(Debug, Clone)]
pub struct Situation {
    pub watched: Watched,
    pub now: Timestamp,
    /// How many commands may still be given.
    pub left: u8,
}

impl Hash for Situation {
    /// Leaves out what tells nothing about what may happen next: ids, and the journal.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.now.hash(state);
        self.left.hash(state);
        self.watched.watcher.hash(state);
        for (name, case) in self.watched.book.cases() {
            name.hash(state);
            hash(case, state);
        }
    }
}

impl PartialEq for Situation {
    /// As its hash has it.
    fn eq(&self, other: &Situation) -> bool {
        let fingerprint = |situation: &Situation| {
            let mut hasher = DefaultHasher::new();
            situation.hash(&mut hasher);
            hasher.finish()
        };
        fingerprint(self) == fingerprint(other)
    }
}

fn hash<H: Hasher>(case: &Case, state: &mut H) {
    let Case { parts, bids, lots, rounds, .. } = case;
    (parts, bids, lots, rounds).hash(state);
    (&case.requirement, &case.restriction, &case.tender).hash(state);
    (&case.improvements, &case.seals, &case.drawn).hash(state);
    (&case.insolvency, &case.disputes, &case.proposals).hash(state);
    (case.control_changed, case.blinded, case.bridge_notice).hash(state);
    (case.withdrawn, case.right_ended).hash(state);
}

impl World {
    /// What follows if somebody acts; nothing if it is refused or changes nothing.
    fn act(&self, situation: &Situation, what: &Move) -> Result<Option<Situation>, Refused> {
        let Situation { watched, now, left } = situation;
        let command = Command { part: what.part, ..Command::new(what.by, what.does.clone()) };
        let decided = watched.decide(self.guards, &self.terms, what.case, *now, &command)?;
        let (command, happened) = decided;
        if happened.is_empty() {
            return Ok(None);
        }
        let mut watched = watched.clone();
        watched.carry_out(self.guards, &self.terms, what.case, *now, &command, &happened);
        watched.see_that_nothing_waits(*now);
        Ok(Some(Situation { watched, now: *now, left: left.saturating_sub(1) }))
    }

    /// When time goes on to. Once no command is left it runs to its end at once: what happens by
    /// itself is the same, however often one looks, as `tests/invariants.rs` says.
    fn next(&self, situation: &Situation) -> Option<Timestamp> {
        let Situation { watched, now, left } = situation;
        match left {
            0 => watched.book.next().map(|_| at(END)).filter(|end| now < end),
            _ => watched.next(*now, &self.instants()),
        }
    }

    fn at_rest(&self, situation: &Situation) -> bool {
        situation.left == 0 && self.next(situation).is_none()
    }
}

impl Model for World {
    type State = Situation;
    type Action = Step;

    fn init_states(&self) -> Vec<Situation> {
        let watched = Watched { book: self.book(), ..Watched::default() };
        let mut situation = Situation { watched, now: at(self.from), left: self.commands };
        for (when, case, by, does) in &self.begun {
            situation.now = at(when);
            situation.watched.tick(Guards::ALL, &self.terms, situation.now);
            let what = Move { case, by, part: None, does: does.clone() };
            let world = World { guards: Guards::ALL, ..self.clone() };
            let acted = world
                .act(&situation, &what)
                .unwrap_or_else(|refused| panic!("{}: {when} {by} {does:?}: {refused}", self.name));
            situation = Situation { left: self.commands, ..acted.unwrap_or(situation) };
        }
        situation.now = situation.now.max(at(self.from));
        situation.watched.tick(self.guards, &self.terms, situation.now);
        vec![situation]
    }

    fn actions(&self, situation: &Situation, actions: &mut Vec<Step>) {
        // What is broken stays broken: nothing more is to be learnt after it.
        if !situation.watched.watcher.broken.is_empty() {
            return;
        }
        if self.next(situation).is_some() {
            actions.push(Step::Wait);
        }
        if situation.left > 0 {
            actions.extend((0..self.moves.len()).map(Step::Act));
        }
    }

    fn next_state(&self, situation: &Situation, step: Step) -> Option<Situation> {
        let mut next = match step {
            Step::Wait => {
                let now = self.next(situation)?;
                let mut next = Situation { now, ..situation.clone() };
                next.watched.tick(self.guards, &self.terms, now);
                next.watched.see_that_nothing_waits(now);
                next
            }
            Step::Act(at) => self.act(situation, &self.moves[at]).ok()??,
        };
        ties(self, &mut next);
        if self.at_rest(&next) {
            next.watched.see_that_it_replays(&self.book());
            at_rest(&mut next.watched);
        }
        Some(next)
    }

    fn format_action(&self, step: &Step) -> String {
        match step {
            Step::Wait => "time goes on".to_string(),
            Step::Act(at) => {
                let Move { case, by, does, .. } = &self.moves[*at];
                format!("{case}: {by} {does:?}")
            }
        }
    }

    fn properties(&self) -> Vec<Property<World>> {
        macro_rules! always {
            ($($law:ident)+) => {
                vec![$(Property::always(Law::$law.name(), |_, situation: &Situation| {
                    !situation.watched.watcher.broken.contains_key(&Law::$law)
                }),)+]
            };
        }
        let properties = always!(
            Conservation NoOverAward Safety ExerciseCounts Irrevocable Windows Liveness OneLapse
            NewRound CasesApart Pinned FreeWindow Ties Idempotence Replay Blind DamagesCap Paused
            Explained Listed Issuer Order
        );
        assert_eq!(properties.len(), Law::ALL.len(), "every law is a property");
        properties
    }
}

/// Once no command is left and nothing is due, nobody waits for anything but another's act.
fn at_rest(watched: &mut Watched) {
    let runs =
        watched.book.cases().flat_map(|(_, case)| &case.parts).find(|part| match &part.state {
            State::Noticed(_) | State::Negotiating { .. } | State::Matching { .. } => true,
            State::Open(open) => open.deadline.is_some(),
            State::Free(free) => free.closes.is_some(),
            _ => false,
        });
    if let Some(part) = runs.map(ToString::to_string) {
        watched.watcher.broke(Law::Liveness, format!("{part} at the end of all time"));
    }
}

/// The holder wins ties, invariant 13: as long as it may match, the very terms of the offer do.
fn ties(world: &World, situation: &mut Situation) {
    let Situation { watched, now, .. } = situation;
    let mut refusals = Vec::new();
    for (name, case) in watched.book.cases() {
        for (part, state) in case.parts.iter().map(|part| &part.state).enumerate() {
            let State::Matching { bid, deadline, tier, answers, .. } = state else { continue };
            let offer = &case.bids[*bid];
            if *now > *deadline || offer.status == BidStatus::Gone {
                continue;
            }
            for (place, right) in case.restriction.tier(*tier) {
                if answers.iter().any(|answer| answer.right == place) {
                    continue;
                }
                let does = Does::Match(sourcing::command::match_offer::MatchOffer {
                    terms: Some(offer.terms.clone()),
                    ..Default::default()
                });
                let part = Some(part + 1);
                let command = Command { part, ..Command::new(right.holder.to_string(), does) };
                let decided = sourcing::decide(&world.terms, &watched.book, name, &command, *now);
                if let Err(refused) = decided
                    && !matches!(refused.guard, Guard::WithinCapacity | Guard::PackageAllowed)
                    // Who lets others sign on any terms is asked no more.
                    && right.waived != Some(Waiver::Unlimited)
                {
                    refusals.push(format!("{}: {refused}", right.holder));
                }
            }
        }
    }
    for refusal in refusals {
        watched.watcher.broke(Law::Ties, refusal);
    }
}

/// The watcher of the situation in which it found something.
pub fn found(situation: &Situation) -> &Watcher {
    &situation.watched.watcher
}
