use super::shared_day;
use crate::{Act, Clause, Finding, Kind, Terms};

/// A consent covers every act that an exclusivity or first right of its grantor's holds: while both
/// are in force, nothing is left of that.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let mut findings = Vec::new();
    for consent in terms.clauses.iter().filter(|clause| clause.id.kind == Kind::Consent) {
        for rule in terms.clauses.iter().filter(|clause| clause.id.kind.restricts()) {
            let Some(day) = shared_day(terms, consent, rule) else { continue };
            if !is_to(consent, rule) || !rule.scope.is_within(&consent.scope) {
                continue;
            }
            let Some(witness) = Act::example(&rule.scope) else { continue };
            let message = format!("`{}` leaves nothing of `{}`", consent.id, rule.id);
            let help = format!(
                "the consent covers every act the other holds, such as `{witness}` on {day}; \
                 narrow its `scope`, or end the other clause"
            );
            findings.push(
                Finding::warning(
                    "charter::consent::swallows",
                    message,
                    consent.origin.label("consents to all of it"),
                )
                .and(rule.origin.label("this"))
                .help(help),
            );
        }
    }
    findings
}

/// Whether a consent is the right's holder's, to the party the right binds.
fn is_to(consent: &Clause, rule: &Clause) -> bool {
    consent.grantor == rule.holder && consent.holder == rule.grantor
}
