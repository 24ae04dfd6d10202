use super::{restricting, together};
use crate::finding::Witness;
use crate::{Act, Clause, Finding, Provision, Terms};

/// A consent covers every act that an exclusivity or first right of its grantor's holds: while both
/// are in force, nothing is left of that.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let consents = terms.clauses.iter().filter(|clause| is_outright(clause));
    let pairs = together(terms, consents, restricting(terms)).into_iter();
    pairs
        .filter(|(consent, rule, _)| is_to(consent, rule))
        .filter(|(consent, rule, _)| rule.scope.is_within(&consent.scope))
        .filter_map(|(consent, rule, on)| {
            let act = Act::example(&rule.scope, &rule.grantor, &terms.registry)?;
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

/// Whether a consent is the right's holder's, to the party the right binds.
fn is_to(consent: &Clause, rule: &Clause) -> bool {
    consent.grantor == rule.holder && consent.holder == rule.grantor
}
