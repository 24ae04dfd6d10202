use std::collections::BTreeMap;

use super::dealings::opposed;
use super::shared_day;
use crate::finding::Witness;
use crate::{Clause, Finding, Provision, Terms};

/// A consent covers every act that an exclusivity or first right of its grantor's holds: while both
/// are in force, nothing is left of that.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let mut given: BTreeMap<_, Vec<&Clause>> = BTreeMap::new();
    for consent in terms.clauses.iter().filter(|clause| is_outright(clause)) {
        given.entry((&consent.holder, &consent.grantor)).or_default().push(consent);
    }
    let rules = terms.clauses.iter().filter(|clause| clause.id.kind.restricts());
    let pairs = rules.flat_map(|rule| {
        // A consent is the right's holder's, to the party the right binds.
        let consents = given.get(&(&rule.grantor, &rule.holder)).into_iter().flatten();
        consents.map(move |consent| (*consent, rule))
    });
    pairs
        .filter(|(consent, rule)| rule.scope.meets(&consent.scope))
        .filter_map(|(consent, rule)| Some((consent, rule, shared_day(terms, consent, rule)?)))
        .filter(|(consent, rule, _)| rule.scope.is_within(&consent.scope))
        .filter_map(|(consent, rule, on)| {
            let act = opposed(terms, &rule.scope, &[rule])?;
            let message = format!("`{}` leaves nothing of `{}`", consent.id, rule.id);
            let place = consent.origin.label("consents to all of it");
            let finding = Finding::warning("charter::consent::swallows", message, place);
            Some(
                finding
                    .and(rule.origin.label("this"))
                    .witness(Witness::Act { act, on })
                    .help("narrow the consent's `scope`, or end the other clause"),
            )
        })
        .collect()
}

/// Whether a clause is a consent to all its scope holds.
fn is_outright(clause: &Clause) -> bool {
    matches!(&clause.provision, Provision::Consent(consent) if consent.is_outright())
}
