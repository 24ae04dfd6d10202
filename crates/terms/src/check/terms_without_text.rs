use std::collections::BTreeSet;

use crate::{Finding, Terms};

/// Clauses with no prose above them, in a document whose other clauses have some: one note for each
/// such document. A document without any prose is meant to be read as terms alone.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let told: BTreeSet<_> = terms
        .clauses
        .iter()
        .filter(|clause| !clause.text.is_empty())
        .map(|clause| clause.document)
        .collect();
    let silent = terms
        .clauses
        .iter()
        .filter(|clause| clause.text.is_empty() && told.contains(&clause.document));
    super::one_a_document(
        "charter::terms::without-text",
        silent.map(|clause| (format!("`{}`", clause.id), &clause.origin)),
        "no text says in words what is meant by",
        "no prose above",
        "write above the block what it says, for those who do not read terms",
    )
}
