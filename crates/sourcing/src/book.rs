//! The book: every case there is, what suppliers have declared, and when something is due next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::Name;

use crate::case::Case;
use crate::event::{Dated, Event};
use crate::timer;

/// What all events of sourcing come to. A fold: the journal's events in order make it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Cases by name.
    cases: BTreeMap<String, Case>,
    /// What suppliers declared to have available, by supplier and class; the latest counts.
    declared: BTreeMap<Name, BTreeMap<String, u64>>,
    /// First rights that two shortfalls have suspended, by holder and class, and until when.
    suspended: BTreeMap<Name, BTreeMap<String, Timestamp>>,
    /// When something happens by itself next, in which case: a tick costs what is due.
    due: BTreeSet<(Timestamp, String)>,
}

impl Book {
    /// A case.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.cases.get(name)
    }

    /// Every case by name.
    pub fn cases(&self) -> impl Iterator<Item = (&str, &Case)> {
        self.cases.iter().map(|(name, case)| (name.as_str(), case))
    }

    /// Every case but one.
    pub fn others(&self, name: &str) -> impl Iterator<Item = (&str, &Case)> {
        self.cases().filter(move |(other, _)| *other != name)
    }

    /// What a supplier declared to have available of a class, if it did.
    pub fn declared(&self, supplier: &Name, class: &str) -> Option<u64> {
        self.declared.get(supplier)?.get(class).copied()
    }

    /// Until when a holder's first rights are suspended for a class, if they were.
    pub fn suspended(&self, holder: &Name, class: &str) -> Option<Timestamp> {
        self.suspended.get(holder)?.get(class).copied()
    }

    /// How many accelerators of a class a supplier has committed to in all cases together, those it
    /// has delivered and those several holders still wait to share among them.
    pub fn committed(&self, supplier: &Name, class: &str) -> u64 {
        let of_class = |case: &&Case| case.requirement.quantity.class == class;
        let cases = self.cases.values().filter(of_class);
        cases.map(|case| case.committed(supplier)).fold(0, u64::saturating_add)
    }

    /// Cases in which something is due by `now`, the earliest first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, &str)> {
        let due = self.due.iter().take_while(move |(at, _)| *at <= now);
        due.map(|(at, name)| (*at, name.as_str()))
    }

    /// The next instant at which something happens by itself.
    pub fn next(&self) -> Option<(Timestamp, &str)> {
        self.due.first().map(|(at, name)| (*at, name.as_str()))
    }

    /// Folds one event of a case. There is no `Result`: history is fact.
    pub fn apply(&mut self, name: &str, dated: &Dated) {
        if let Event::RightSuspended { holder, class, until } = &dated.event {
            self.suspended.entry(holder.clone()).or_default().insert(class.clone(), *until);
        }
        let before = self.cases.remove(name);
        if let Some(at) = before.as_ref().and_then(timer::next) {
            self.due.remove(&(at, name.to_string()));
        }
        let Some(after) = Case::apply(before, dated) else { return };
        if let Some(at) = timer::next(&after) {
            self.due.insert((at, name.to_string()));
        }
        self.cases.insert(name.to_string(), after);
    }

    /// Folds what a supplier declared to have available.
    pub fn declare(&mut self, declared: &Declared) {
        let Declared { supplier, class, count } = declared.clone();
        self.declared.entry(supplier).or_default().insert(class, count);
    }
}

/// What a supplier declares to have available: it commits to no more in all cases together. Source:
/// domain rules §2.7, "two open cases, one finite holder capacity".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Who.
    pub supplier: Name,
    /// Of which class.
    pub class: String,
    /// How many accelerators.
    pub count: u64,
}
