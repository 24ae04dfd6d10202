use crate::{Act, Clause, Finding, Kind, Terms};

/// A clause whose scope no act falls into does nothing.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let empty = terms.clauses.iter().filter(|clause| is_empty(clause));
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

fn is_empty(clause: &Clause) -> bool {
    match clause.id.kind {
        Kind::Exclusivity | Kind::RightOfFirstRefusal | Kind::Consent | Kind::Licence => {
            Act::example(&clause.scope).is_none()
        }
        // The others are about usage or capacity, which may have any attributes together.
        _ => clause.scope.is_empty(),
    }
}
