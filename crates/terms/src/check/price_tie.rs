use crate::finding::Witness;
use crate::{Finding, Terms};

/// Two price lists begin on one day and price one model on one channel, so that neither goes before the
/// other.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let lists: Vec<_> = terms.registry.price_lists.iter().collect();
    let mut findings = Vec::new();
    for (at, (later_name, later)) in lists.iter().enumerate() {
        for (name, list) in &lists[..at] {
            let Some(model) = later.ties_with(list) else { continue };
            let message = format!(
                "price lists `{name}` and `{later_name}` both price `{model}` from {} on",
                later.from
            );
            let place = later.origin.label("begins that day");
            findings.push(
                Finding::error("charter::price::tie", message, place)
                    .and(list.origin.label("so does this"))
                    .witness(Witness::Day(later.from))
                    .help(
                        "keep the price in one of them, or let one begin later or name its `hosts`",
                    ),
            );
        }
    }
    findings
}
