use super::shared_day;
use crate::{Act, Finding, Kind, Terms};

/// Two exclusivities bind one grantor to two holders for one act, at one time.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let exclusivities: Vec<_> =
        terms.clauses.iter().filter(|clause| clause.id.kind == Kind::Exclusivity).collect();
    let mut findings = Vec::new();
    for (at, first) in exclusivities.iter().enumerate() {
        for second in &exclusivities[at + 1..] {
            let same_side =
                terms.registry.is_affiliate(first.holder.as_str(), second.holder.as_str())
                    || terms.registry.is_affiliate(second.holder.as_str(), first.holder.as_str());
            if first.grantor != second.grantor || same_side {
                continue;
            }
            let both = first.scope.intersect(&second.scope);
            let example = Act::example(&both);
            let Some((witness, day)) = example.zip(shared_day(terms, first, second)) else {
                continue;
            };
            let help = format!(
                "both hold `{witness}` on {day}; narrow one `scope`, or end one clause first"
            );
            findings.push(
                Finding::error(
                    "charter::exclusivity::overlap",
                    "two exclusivities hold the same act",
                    first.origin.label(format!("held by `{}`", first.holder)),
                )
                .and(second.origin.label(format!("and by `{}`", second.holder)))
                .help(help),
            );
        }
    }
    findings
}
