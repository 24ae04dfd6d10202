use crate::{Finding, Terms};

/// A clause between a party and itself binds nobody.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let alone = terms.clauses.iter().filter(|clause| clause.grantor == clause.holder);
    alone
        .map(|clause| {
            let (bound, holds) = clause.id.kind.roles();
            let message = format!("`{}` is between `{}` and itself", clause.id, clause.grantor);
            let place = clause.origin.label("binds nobody");
            Finding::error("charter::clause::one-party", message, place)
                .help(format!("its `{bound}` and its `{holds}` are two parties"))
        })
        .collect()
}
