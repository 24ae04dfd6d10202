//! The book: every case there is, what suppliers have declared, and when something is due next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::clause::WaiverScope;
use terms::{ClauseId, Name};

use crate::case::{Case, State};
use crate::event::{Dated, Event};
use crate::timer;

/// What all events of sourcing come to. A fold: the journal's events in order make it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Cases by name. A copy of the book shares them until one of them changes.
    #[serde(with = "shared")]
    cases: BTreeMap<String, Arc<Case>>,
    /// What suppliers declared to have available, by supplier and class; the latest counts.
    declared: BTreeMap<Name, BTreeMap<String, u64>>,
    /// First rights that two shortfalls have suspended, by holder and class, and until when.
    suspended: BTreeMap<Name, BTreeMap<String, Timestamp>>,
    /// First rights that their holders gave up for more than the case they let pass.
    given_up: BTreeSet<GivenUp>,
    /// When something happens by itself next, in which case: a tick costs what is due.
    due: BTreeSet<(Timestamp, String)>,
}

impl Book {
    /// A case.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.cases.get(name).map(Arc::as_ref)
    }

    /// Every case by name.
    pub fn cases(&self) -> impl Iterator<Item = (&str, &Case)> {
        self.cases.iter().map(|(name, case)| (name.as_str(), case.as_ref()))
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

    /// Whether the holder of a clause gave its right up for a class, by letting a case of it pass
    /// where the clause says that this gives up more than the case.
    pub fn gave_up(&self, agreement: &Name, clause: &ClauseId, class: &str) -> bool {
        self.given_up.iter().any(|given| {
            given.agreement == *agreement
                && given.clause == *clause
                && given.class.as_deref().is_none_or(|only| only == class)
        })
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
        let before = self.cases.remove(name).map(Arc::unwrap_or_clone);
        self.given_up.extend(before.iter().flat_map(|case| given_up(case, &dated.event)));
        if let Some(at) = before.as_ref().and_then(timer::next) {
            self.due.remove(&(at, name.to_string()));
        }
        let Some(after) = Case::apply(before, dated) else { return };
        if let Some(at) = timer::next(&after) {
            self.due.insert((at, name.to_string()));
        }
        self.cases.insert(name.to_string(), Arc::new(after));
    }

    /// Folds what a supplier declared to have available.
    pub fn declare(&mut self, declared: &Declared) {
        let Declared { supplier, class, count } = declared.clone();
        self.declared.entry(supplier).or_default().insert(class, count);
    }
}

/// Cases are written as they are, whoever shares them.
mod shared {
    use super::{Arc, BTreeMap, Case};
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        cases: &BTreeMap<String, Arc<Case>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(cases.iter().map(|(name, case)| (name, case.as_ref())))
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Arc<Case>>, D::Error> {
        let cases = BTreeMap::<String, Case>::deserialize(deserializer)?;
        Ok(cases.into_iter().map(|(name, case)| (name, Arc::new(case))).collect())
    }
}

/// A first right that is held no longer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct GivenUp {
    agreement: Name,
    clause: ClauseId,
    /// For this class alone; for everything if none.
    class: Option<String>,
}

/// The rights that holders give up beyond a case by letting it pass. Source: domain rules §2.3, row 9,
/// and §1.4, waiver scope.
fn given_up(case: &Case, event: &Event) -> Vec<GivenUp> {
    let passed: Vec<usize> = match event {
        Event::Declined { right, .. } | Event::Waived { right, .. } => vec![*right],
        Event::Lapsed { part } => match case.state(*part) {
            Some(State::Open(open)) => {
                let answered = |at: &usize| open.answers.iter().any(|answer| answer.right == *at);
                let asked = case.restriction.tier(open.tier).map(|(at, _)| at);
                asked.filter(|at| !answered(at)).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let rights = passed.into_iter().filter_map(|at| case.restriction.rights().get(at));
    let beyond = rights.filter_map(|right| {
        let class = match right.says.release.waiver_scope {
            WaiverScope::Case => return None,
            WaiverScope::Item => Some(case.requirement.quantity.class.clone()),
            WaiverScope::Right => None,
        };
        Some(GivenUp { agreement: case.agreement.clone(), clause: right.clause.clone(), class })
    });
    beyond.collect()
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
