//! Static analysis: findings about terms that can be read but cannot be meant. One file a finding.
//!
//! A finding is made only with a concrete case to show, and what the language decides of itself, as
//! that an exclusivity ranks above a first right, is no reason to keep silent about it.

mod channel_ends_before;
mod circular_shares;
mod conflicting_amounts;
mod contradiction;
mod dealings;
mod doubled;
mod empty_scope;
mod endless_recoupment;
mod excessive_shares;
mod exchange_rate_twice;
mod exclusivity_and_licence;
mod falling_total;
mod gap_in_time;
mod impossible_condition;
mod licence_ends_before;
mod no_time;
mod one_party;
mod overlap_in_time;
mod overlapping_exclusivities;
mod price_ends_before;
mod price_tie;
mod reckoning;
mod swallowing_consent;
mod terms_without_text;
mod text_without_terms;
mod timed;
mod uncovered;
mod unmeasured_primarily;
mod unranked_rights;
pub(crate) mod unused_name;
mod window_too_long;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::finding::Origin;
use crate::{Act, Clause, Finding, Fit, Known, Name, Provision, Terms};

/// Everything the analysis finds.
pub(crate) fn check(terms: &Terms) -> Vec<Finding> {
    let timed = timed::timed(terms);
    let mut findings = circular_shares::check(terms);
    findings.extend(conflicting_amounts::check(terms));
    findings.extend(empty_scope::check(terms));
    findings.extend(endless_recoupment::check(terms));
    findings.extend(excessive_shares::check(&timed));
    findings.extend(falling_total::check(terms));
    findings.extend(one_party::check(terms));
    findings.extend(overlapping_exclusivities::check(terms, &timed));
    findings.extend(swallowing_consent::check(terms));
    findings.extend(exclusivity_and_licence::check(terms, &timed));
    findings.extend(unranked_rights::check(terms, &timed));
    findings.extend(no_time::check(terms));
    findings.extend(impossible_condition::check(terms));
    findings.extend(unmeasured_primarily::check(terms));
    findings.extend(text_without_terms::check(terms));
    findings.extend(terms_without_text::check(terms));
    findings.extend(window_too_long::check(terms));
    findings.extend(gap_in_time::check(terms, &timed));
    findings.extend(licence_ends_before::check(terms, &timed));
    findings.extend(channel_ends_before::check(terms, &timed));
    findings.extend(price_ends_before::check(terms, &timed));
    findings.extend(price_tie::check(terms));
    findings.extend(exchange_rate_twice::check(terms));
    let doubled = doubled::doubled(terms, &timed);
    findings.extend(contradiction::check(terms, &doubled));
    findings.extend(overlap_in_time::check(&doubled));
    findings
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

/// One note for each document, at the first of the places in it, which names all of them.
fn one_a_document<'a>(
    code: &'static str,
    places: impl Iterator<Item = (String, &'a Origin)>,
    what: &str,
    label: &str,
    help: &str,
) -> Vec<Finding> {
    let mut documents: BTreeMap<_, Vec<(String, &Origin)>> = BTreeMap::new();
    for (name, origin) in places {
        documents.entry(Arc::as_ptr(&origin.document)).or_default().push((name, origin));
    }
    let note = |mut named: Vec<(String, &Origin)>| {
        named.sort_by_key(|(_, origin)| origin.span.start);
        let names: Vec<_> = named.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!("{what} {}", names.join(", "));
        let mut places = named.iter().map(|(_, origin)| origin.label(label));
        let first = Finding::note(code, message, places.next()?).help(help);
        Some(places.fold(first, Finding::and))
    };
    documents.into_values().filter_map(note).collect()
}

/// The licences of an owner that let the party of an act do it.
fn licensed<'a>(
    terms: &Terms,
    licences: &timed::ByParties<'a>,
    owner: &Name,
    act: &Act,
) -> Vec<timed::Timed<'a>> {
    let Some(holders) = licences.get(owner) else { return Vec::new() };
    let held = holders.values().flatten().filter(|one| {
        let Provision::Licence(licence) = &one.clause.provision else { return false };
        licence.covers(&terms.registry, &one.clause.holder, act.by.as_str())
            && one.clause.scope.fit(act) == Fit::Inside
    });
    held.copied().collect()
}

/// Where a clause stands among all documents.
fn place_of(clause: &Clause) -> (usize, usize) {
    (clause.document, clause.origin.span.start)
}
