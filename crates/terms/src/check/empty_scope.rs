use crate::{Finding, Terms};

/// A clause whose scope no act falls into does nothing.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let empty = terms.clauses.iter().filter(|clause| clause.scope.is_empty());
    empty
        .map(|clause| {
            let message = format!("no act falls into the scope of `{}`", clause.id);
            let place = clause.origin.label("about nothing");
            Finding::warning("charter::scope::empty", message, place)
                .help("its `except` blocks take away all that its `scope` holds; narrow them")
        })
        .collect()
}
