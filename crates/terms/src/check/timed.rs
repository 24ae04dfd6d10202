//! When each clause holds, found out once for all analyses, and who it stands between.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::are_one_side;
use super::uncovered::Time;
use crate::{Clause, Kind, Known, Name, Scope, Terms};

/// A clause that holds on some day, as everything at hand has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timed<'a> {
    pub clause: &'a Clause,
    /// The first day it holds.
    pub begins: Date,
    /// The first day it no longer holds, if there is one.
    pub ends: Option<Date>,
}

/// Clauses by who is bound, then by who holds the right.
pub(super) type ByParties<'a> = BTreeMap<&'a Name, BTreeMap<&'a Name, Vec<Timed<'a>>>>;

/// The clauses that hold on some day, in the order of the documents.
pub(super) fn timed(terms: &Terms) -> Vec<Timed<'_>> {
    let times = terms.clauses.iter().filter_map(|clause| {
        let begins = terms.starts(clause, Known::Everything)?;
        let ends = terms.ends(clause, Known::Everything);
        ends.is_none_or(|ends| begins < ends).then_some(Timed { clause, begins, ends })
    });
    times.collect()
}

/// Those of the clauses that `of` picks, by their parties.
pub(super) fn by_parties<'a>(timed: &[Timed<'a>], of: impl Fn(&Clause) -> bool) -> ByParties<'a> {
    let mut by = ByParties::new();
    for one in timed.iter().filter(|one| of(one.clause)) {
        let (grantor, holder) = (&one.clause.grantor, &one.clause.holder);
        by.entry(grantor).or_default().entry(holder).or_default().push(*one);
    }
    by
}

/// Every clause of the first and clause of the second that bind one party to two sides, about what
/// may be the same acts, at one time; with the first such day.
pub(super) fn rivals<'a>(
    terms: &Terms,
    first: &ByParties<'a>,
    second: &ByParties<'a>,
) -> Vec<(&'a Clause, &'a Clause, Date)> {
    let mut pairs = Vec::new();
    for (grantor, ones) in first {
        let Some(others) = second.get(grantor) else { continue };
        let sides = ones.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
        for ((_, ones), (_, others)) in sides.filter(|(a, b)| !are_one_side(terms, a.0, b.0)) {
            for one in ones {
                let theirs = others.iter().filter(|other| {
                    !std::ptr::eq(one.clause, other.clause)
                        && one.clause.scope.meets(&other.clause.scope)
                });
                let met = theirs
                    .filter_map(|other| Some((one.clause, other.clause, one.shared_day(other)?)));
                pairs.extend(met);
            }
        }
    }
    pairs
}

/// What a party and those on its side consent to on a day, whichever of `to` they consent to.
pub(super) fn consented(
    terms: &Terms,
    timed: &ByParties<'_>,
    by: &Name,
    to: &[&Name],
    on: Date,
) -> Scope {
    let given = timed.iter().filter(|(grantor, _)| are_one_side(terms, grantor, by));
    given
        .flat_map(|(_, holders)| holders)
        .filter(|(holder, _)| to.iter().any(|to| are_one_side(terms, holder, to)))
        .flat_map(|(_, consents)| consents)
        .filter(|consent| consent.clause.id.kind == Kind::Consent && consent.holds(on))
        .fold(Scope::nothing(), |all, consent| all.union(&consent.clause.scope))
}

impl Timed<'_> {
    /// The time it holds.
    pub fn time(&self) -> Time {
        Time { begins: self.begins, ends: self.ends }
    }

    /// Whether the clause holds on a day.
    pub fn holds(&self, on: Date) -> bool {
        self.begins <= on && self.ends.is_none_or(|ends| on < ends)
    }

    /// The first day on which both hold, if there is one.
    pub fn shared_day(&self, other: &Timed<'_>) -> Option<Date> {
        let day = self.begins.max(other.begins);
        (self.holds(day) && other.holds(day)).then_some(day)
    }
}
