//! Static analysis: findings about terms that can be read but cannot be meant. One file a finding.

mod empty_scope;
mod overlapping_exclusivities;

use crate::{Finding, Terms};

/// Everything the analysis finds.
pub(crate) fn check(terms: &Terms) -> Vec<Finding> {
    let mut findings = empty_scope::check(terms);
    findings.extend(overlapping_exclusivities::check(terms));
    findings
}
