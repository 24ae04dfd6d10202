//! Static analysis: findings about terms that can be read but cannot be meant. One file a finding.

mod circular_shares;
mod conflicting_amounts;
mod empty_scope;
mod endless_recoupment;
mod excessive_shares;
mod falling_total;
mod one_party;
mod overlapping_exclusivities;
mod reckoning;
mod swallowing_consent;

use jiff::civil::Date;

use crate::{Clause, Finding, Known, Name, Terms};

/// Everything the analysis finds.
pub(crate) fn check(terms: &Terms) -> Vec<Finding> {
    let mut findings = circular_shares::check(terms);
    findings.extend(conflicting_amounts::check(terms));
    findings.extend(empty_scope::check(terms));
    findings.extend(endless_recoupment::check(terms));
    findings.extend(excessive_shares::check(terms));
    findings.extend(falling_total::check(terms));
    findings.extend(one_party::check(terms));
    findings.extend(overlapping_exclusivities::check(terms));
    findings.extend(swallowing_consent::check(terms));
    findings
}

/// The clauses that stand against acts: exclusivities and first rights.
fn restricting(terms: &Terms) -> impl Iterator<Item = &Clause> {
    terms.clauses.iter().filter(|clause| clause.id.kind.restricts())
}

/// Every pair of two different clauses that are in force together, with the first such day.
fn together<'a>(
    terms: &Terms,
    first: impl Iterator<Item = &'a Clause>,
    second: impl Iterator<Item = &'a Clause>,
) -> Vec<(&'a Clause, &'a Clause, Date)> {
    let second: Vec<_> = second.collect();
    let mut pairs = Vec::new();
    for one in first {
        for other in second.iter().copied().filter(|other| !std::ptr::eq(one, *other)) {
            if let Some(day) = shared_day(terms, one, other) {
                pairs.push((one, other, day));
            }
        }
    }
    pairs
}

/// The first day on which both clauses are in force, if there is one.
fn shared_day(terms: &Terms, first: &Clause, second: &Clause) -> Option<Date> {
    let day = terms.begins(first)?.max(terms.begins(second)?);
    let holds = |clause| terms.ends(clause, Known::Everything).is_none_or(|end| day < end);
    (holds(first) && holds(second)).then_some(day)
}

/// Whether one of two parties controls the other, or they are the same.
fn are_one_side(terms: &Terms, one: &Name, other: &Name) -> bool {
    let (one, other) = (one.as_str(), other.as_str());
    terms.registry.is_affiliate(one, other) || terms.registry.is_affiliate(other, one)
}
