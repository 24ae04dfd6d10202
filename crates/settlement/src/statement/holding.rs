//! The clauses that hold on some day of the month, each with its days.

use std::collections::BTreeSet;

use jiff::civil::Date;
use terms::{Clause, Provision};

use super::Input;

/// A clause that holds on some day of the month. One that is replaced within the month is there twice,
/// each version with its own days.
#[derive(Debug)]
pub(super) struct Held<'a, T> {
    /// The clause.
    pub clause: &'a Clause,
    /// What it provides.
    pub says: &'a T,
    /// The days of the month on which it holds.
    pub days: BTreeSet<Date>,
    /// The first day of the month that it answers for: that on which it takes the place of a version
    /// before it, or the month's first.
    pub from: Date,
    /// The first day that it no longer answers for: that on which the next version takes its place, or
    /// that after the month.
    pub until: Date,
}

impl<T> Clone for Held<'_, T> {
    fn clone(&self) -> Self {
        Held { days: self.days.clone(), ..*self }
    }
}

impl<T> Held<'_, T> {
    /// Whether another version carries it on within the month: what it comes to is the other's to say.
    pub fn goes_on(&self, input: &Input<'_>) -> bool {
        self.until < input.month.end()
    }

    /// Whether what falls on a day is this version's.
    pub fn answers_for(&self, day: Date) -> bool {
        self.from <= day && day < self.until
    }
}

/// The clauses of a kind that hold on some day of the month, in the order in which they begin to.
pub(super) fn holding<'a, T>(
    input: &Input<'a>,
    of_kind: impl Fn(&'a Provision) -> Option<&'a T>,
) -> Vec<Held<'a, T>> {
    let (from, until) = (input.month.first(), input.month.end());
    let mut found: Vec<Held<'a, T>> = Vec::new();
    for day in input.month.days() {
        for clause in input.terms.in_force(day, input.known).clauses {
            let Some(says) = of_kind(&clause.provision) else { continue };
            match found.iter_mut().find(|held| std::ptr::eq(held.clause, clause)) {
                Some(held) => _ = held.days.insert(day),
                None => {
                    let before = carried_on(input, &found, clause);
                    let from = before.map_or(from, |_| day);
                    if let Some(before) = before {
                        found[before].until = day;
                    }
                    let days = BTreeSet::from([day]);
                    found.push(Held { clause, says, days, from, until });
                }
            }
        }
    }
    found
}

/// Where among those that hold the version stands that a clause carries on.
pub(super) fn carried_on<T>(
    input: &Input<'_>,
    held: &[Held<'_, T>],
    clause: &Clause,
) -> Option<usize> {
    let before = input.terms.predecessor(clause, input.known)?;
    held.iter().position(|held| std::ptr::eq(held.clause, before))
}
