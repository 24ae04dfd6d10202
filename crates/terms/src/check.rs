//! Static analysis: findings about terms that can be read but cannot be meant. One file a finding.

mod empty_scope;
mod one_party;
mod overlapping_exclusivities;
mod swallowing_consent;

use jiff::civil::Date;

use crate::{Clause, Finding, Known, Terms};

/// Everything the analysis finds.
pub(crate) fn check(terms: &Terms) -> Vec<Finding> {
    let mut findings = empty_scope::check(terms);
    findings.extend(one_party::check(terms));
    findings.extend(overlapping_exclusivities::check(terms));
    findings.extend(swallowing_consent::check(terms));
    findings
}

/// A day on which both clauses are in force, if there is one.
fn shared_day(terms: &Terms, first: &Clause, second: &Clause) -> Option<Date> {
    let day = terms.begins(first)?.max(terms.begins(second)?);
    let holds = |clause| terms.ends(clause, Known::Everything).is_none_or(|end| day < end);
    (holds(first) && holds(second)).then_some(day)
}
