use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Unit};

use super::timed::Timed;
use crate::finding::Witness;
use crate::{Clause, Finding, Kind, Terms};

/// How many days may lie between an end and a beginning that were meant to meet. What lies further
/// apart is two deals.
const SLIP_DAYS: i64 = 31;

/// A clause ends, and its successor begins only later: in between, nothing of the kind holds.
///
/// A clause follows another if it replaces it, if the amendment that ends the one brings the other,
/// or if it begins within [`SLIP_DAYS`] of the end with the same scope.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<Timed<'_>>> = BTreeMap::new();
    for one in timed {
        let (clause, kind) = (one.clause, one.clause.id.kind);
        // These are given for an occasion, and come to an end with it.
        if !matches!(kind, Kind::Investment | Kind::Funding | Kind::Consent | Kind::Commitment) {
            let key = (kind.word(), &clause.grantor, &clause.holder);
            groups.entry(key).or_default().push(*one);
        }
    }
    let mut findings = Vec::new();
    for mut group in groups.into_values() {
        group.sort_by_key(|one| one.begins);
        for one in &group {
            let Some(ends) = one.ends else { continue };
            let ended_by = terms.ending(&one.clause.id).map(|ending| ending.document).collect();
            let end = End { of: one.clause, on: ends, ended_by };
            let after = &group[group.partition_point(|other| other.begins <= ends)..];
            let Some(next) = after.iter().find(|next| end.is_followed_by(next)) else { continue };
            let covers = |other: &&Timed<'_>| {
                other.holds(ends) && other.clause.scope.meets(&one.clause.scope)
            };
            if group.iter().any(|other| covers(&other)) {
                continue;
            }
            findings.push(finding(one, next, ends));
        }
    }
    findings
}

/// The end of a clause, with the amendments that bring it about.
struct End<'a> {
    of: &'a Clause,
    on: Date,
    ended_by: Vec<usize>,
}

impl End<'_> {
    fn is_followed_by(&self, next: &Timed<'_>) -> bool {
        let (old, new) = (self.of, next.clause);
        let replaces = || new.replaces.as_ref().is_some_and(|(replaced, _)| *replaced == old.id);
        let is_brought = || self.ended_by.contains(&new.document) && new.scope.meets(&old.scope);
        let slip = || {
            let last = self.on.checked_add(Span::new().days(SLIP_DAYS)).unwrap_or(Date::MAX);
            next.begins <= last && new.scope == old.scope
        };
        replaces() || is_brought() || slip()
    }
}

fn finding(one: &Timed<'_>, next: &Timed<'_>, ends: Date) -> Finding {
    let days = ends.until((Unit::Day, next.begins)).map_or(0, |span| span.get_days());
    let (old, new) = (one.clause, next.clause);
    let plural = if days == 1 { "day lies" } else { "days lie" };
    let message = format!("{days} {plural} between the end of `{}` and `{}`", old.id, new.id);
    let place = new.origin.label(format!("begins on {}", next.begins));
    Finding::warning("charter::time::gap", message, place)
        .and(old.origin.label(format!("no longer holds on {ends}")))
        .witness(Witness::Day(ends))
        .help("let one begin where the other ends: `until` is the first day without the clause")
}
