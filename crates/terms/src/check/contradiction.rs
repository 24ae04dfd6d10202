use super::dealings::opposed;
use super::doubled::Doubled;
use crate::finding::Witness;
use crate::{Act, Finding, Kind, Terms};

/// Two clauses state different values for one thing at one time. Neither is chosen in silence.
pub(super) fn check(terms: &Terms, doubled: &[Doubled<'_>]) -> Vec<Finding> {
    let contradicting = doubled.iter().filter(|pair| !pair.contradictions.is_empty());
    contradicting
        .filter_map(|pair| {
            let (earlier, later) = (pair.earlier, pair.later);
            let both = || earlier.scope.intersect(&later.scope);
            let act = match earlier.id.kind {
                Kind::Consent | Kind::Licence => {
                    Some(Act::example(&both(), &earlier.holder, &terms.registry)?)
                }
                kind if kind.restricts() => Some(opposed(terms, &both(), &[earlier, later])?),
                // The others are not about acts.
                _ => None,
            };
            let on = pair.on;
            let witness = act.map_or(Witness::Day(on), |act| Witness::Act { act, on });
            let names: Vec<_> =
                pair.contradictions.iter().map(|(one, _)| format!("`{}`", one.name)).collect();
            let message = format!(
                "`{}` and `{}` state different values for {}",
                earlier.id,
                later.id,
                names.join(", ")
            );
            let said = |values: Vec<String>| values.join(", ");
            let here = said(pair.contradictions.iter().map(|(one, _)| one.to_string()).collect());
            let there = said(pair.contradictions.iter().map(|(_, two)| two.to_string()).collect());
            let finding =
                Finding::error("charter::clause::contradicts", message, later.origin.label(there));
            Some(finding.and(earlier.origin.label(here)).witness(witness).help(format!(
                "keep one of them, or write `replaces = {}` in the later clause",
                earlier.id
            )))
        })
        .collect()
}
