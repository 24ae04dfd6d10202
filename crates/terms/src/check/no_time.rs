use crate::finding::Witness;
use crate::{Bound, Clause, Finding, Known, Place, Terms};

/// A clause ends on the day it begins or before, once conditions and amendments are counted, so it
/// never holds. Where its own dates say so, that is another finding.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let mut findings = Vec::new();
    for clause in &terms.clauses {
        let Some(begins) = terms.begins(clause) else { continue };
        let Some(ends) = terms.ends(clause, Known::Everything) else { continue };
        let told = |bound: &Bound| matches!(bound, Bound::On(date) if *date <= begins);
        if begins < ends || terms.until(clause).iter().any(told) {
            continue;
        }
        let message = format!("`{}` never holds: it ends before it begins", clause.id);
        let place = clause.origin.label(format!("begins on {begins}"));
        let Some(place_of_end) = ended_by(terms, clause) else { continue };
        let finding = Finding::warning("charter::right::no-time", message, place);
        findings.push(
            finding
                .and(place_of_end)
                .witness(Witness::Day(begins))
                .help(format!("let it begin before {ends}, or end after {begins}")),
        );
    }
    findings
}

/// Where the end of a clause stands that comes no later than its beginning. `None` where a later
/// document takes back what has not begun yet without naming a day: that may well be meant.
fn ended_by(terms: &Terms, clause: &Clause) -> Option<Place> {
    let begins = terms.begins(clause)?;
    let occurred = terms.until(clause).iter().find_map(|bound| {
        let Bound::When(name) = bound else { return None };
        let said = terms.conditions.get(name)?.iter();
        let condition = said.min_by_key(|condition| condition.occurred.is_none())?;
        let day = terms.day_of(bound, Known::Everything).filter(|day| *day <= begins)?;
        Some(condition.origin.label(format!("it ends with this, on {day}")))
    });
    let later = |document| terms.is_later(document, clause.document);
    let ending = || {
        let mut endings = terms.ending(&clause.id).filter(|ending| later(ending.document));
        endings.find_map(|ending| {
            let day = ending.at.filter(|day| *day <= begins)?;
            Some(ending.origin.label(format!("ends it on {day}")))
        })
    };
    let replacement = || {
        let stated = terms.replacing(&clause.id).filter(|other| other.from.is_some());
        let mut stated = stated.filter(|other| later(other.document));
        stated.find_map(|other| {
            let day = terms.starts(other, Known::Everything).filter(|day| *day <= begins)?;
            Some(other.origin.label(format!("replaces it on {day}")))
        })
    };
    occurred.or_else(ending).or_else(replacement)
}
