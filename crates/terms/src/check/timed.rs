//! When each clause holds, found out once for all analyses, and who it stands between.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::are_one_side;
use super::uncovered::Time;
use crate::{Clause, Known, Name, Provision, Scope, Share, Terms};

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
/// may be the same acts, at one time; with the first day on which both do so in full.
pub(super) fn rivals<'a>(
    terms: &Terms,
    first: &ByParties<'a>,
    second: &ByParties<'a>,
) -> Vec<(Timed<'a>, Timed<'a>, Date)> {
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
                let met = theirs.filter_map(|other| Some((*one, *other, one.shared_day(other)?)));
                pairs.extend(met);
            }
        }
    }
    pairs
}

/// What a party and those on its side consent to, whichever of `to` they consent to.
pub(super) fn given<'a>(
    terms: &Terms,
    consents: &ByParties<'a>,
    by: &Name,
    to: &[&Name],
) -> Given<'a> {
    let given = consents.iter().filter(|(grantor, _)| are_one_side(terms, grantor, by));
    let given = given
        .flat_map(|(_, holders)| holders)
        .filter(|(holder, _)| to.iter().any(|to| are_one_side(terms, holder, to)))
        .flat_map(|(_, consents)| consents);
    Given(given.copied().collect())
}

/// Consents that one party has given another.
pub(super) struct Given<'a>(Vec<Timed<'a>>);

impl Given<'_> {
    /// What is consented to on a day.
    pub fn on(&self, day: Date) -> Scope {
        Scope::union_of(self.0.iter().filter(|one| one.holds(day)).map(|one| &one.clause.scope))
    }

    /// From a day on, the days on which less may be consented to than before while two clauses hold.
    pub fn days(
        &self,
        one: &Timed<'_>,
        other: &Timed<'_>,
        from: Date,
    ) -> impl Iterator<Item = Date> {
        let ends = self.0.iter().filter_map(|one| one.ends).filter(|day| from < *day);
        let ends: BTreeSet<_> =
            ends.filter(|day| one.keeps_all(*day) && other.keeps_all(*day)).collect();
        std::iter::once(from).chain(ends)
    }
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

    /// Whether the clause holds on a day, and all of its scope: an exclusivity may keep only a share of
    /// the grantor's requirements for its holder, and forbids no single act then.
    fn keeps_all(&self, on: Date) -> bool {
        self.holds(on)
            && match &self.clause.provision {
                Provision::Exclusivity(only) => {
                    only.requirement(self.begins, on) == Share::percent(100)
                }
                _ => true,
            }
    }

    /// The first day on which both hold in full, if there is one.
    fn shared_day(&self, other: &Timed<'_>) -> Option<Date> {
        let changes = [self, other].into_iter().flat_map(|one| match &one.clause.provision {
            Provision::Exclusivity(only) => only.requirement_changes(one.begins).collect(),
            _ => Vec::new(),
        });
        let first = self.begins.max(other.begins);
        let days = changes.filter(|day| first < *day).chain([first]);
        days.filter(|day| self.keeps_all(*day) && other.keeps_all(*day)).min()
    }
}
