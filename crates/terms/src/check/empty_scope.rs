use crate::{Act, Clause, Finding, Kind, Terms};

/// A clause whose scope no act falls into does nothing.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let empty = terms.clauses.iter().filter(|clause| is_empty(terms, clause));
    empty
        .map(|clause| {
            let message = format!("no act falls into the scope of `{}`", clause.id);
            let place = clause.origin.label("about nothing");
            Finding::warning("charter::scope::empty", message, place).help(
                "its constraints exclude each other, or an `except` takes all away; widen the `scope`",
            )
        })
        .collect()
}

fn is_empty(terms: &Terms, clause: &Clause) -> bool {
    let actor = match clause.id.kind {
        Kind::Consent | Kind::Licence => &clause.holder,
        kind if kind.restricts() => &clause.grantor,
        // The others are about usage or capacity, which may have any attributes together.
        _ => return clause.scope.is_empty(),
    };
    Act::example(&clause.scope, actor, &terms.registry).is_none()
}
