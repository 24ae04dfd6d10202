use crate::compile::Framed;
use crate::finding::Origin;
use crate::{Finding, Terms};

/// Words by which a contract binds, and by which nothing else is said.
const BINDING: &[&str] = &[
    "shall",
    "must",
    "may not",
    "undertakes to",
    "agrees to",
    "agree to",
    "covenants",
    "is entitled to",
    "has the right to",
];

/// The beginnings of what clauses can be about.
const SUBJECTS: &[&str] = &[
    "exclusiv",
    "first refusal",
    "first offer",
    "first negotiation",
    "licens",
    "licenc",
    "revenue share",
    "share of revenue",
    "share of its revenue",
    "profit participation",
    "minimum commitment",
    "take or pay",
    "most favoured",
    "most favored",
    "liquidated damages",
    "price cap",
    "change of control",
];

/// Sections of an agreement or amendment that read like a clause this language has, and hold no
/// terms: one note for each document with such sections.
///
/// A section reads so if its prose binds somebody, by one of [`BINDING`], and speaks of one of
/// [`SUBJECTS`]. What stands in sections below it counts as its own terms.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let agreed = terms
        .documents
        .iter()
        .filter(|framed| framed.frame.as_ref().is_some_and(|frame| !frame.supposed));
    let found: Vec<_> = agreed.flat_map(prose_only).collect();
    super::one_a_document(
        "charter::text::without-terms",
        found.iter().map(|(heading, origin)| (heading.clone(), origin)),
        "no terms express",
        "only prose",
        "add an `hcl` block, or say in the text that it is not expressed as terms",
    )
}

fn prose_only(framed: &Framed) -> Vec<(String, Origin)> {
    let sections = &framed.document.sections;
    let without = sections.iter().enumerate().filter(|(at, section)| {
        let below = sections[at + 1..].iter().take_while(|below| below.level > section.level);
        !section.has_terms && !below.into_iter().any(|below| below.has_terms)
    });
    without
        .filter(|(_, section)| {
            let prose = section.prose.to_lowercase();
            let subject = format!("{} {prose}", section.heading.to_lowercase());
            let binds = BINDING.iter().any(|words| has_words(&prose, words));
            binds
                && SUBJECTS.iter().any(|word| subject.contains(word))
                && !prose.contains("not expressed as terms")
        })
        .map(|(_, section)| {
            let document = framed.document.clone();
            (format!("“{}”", section.heading), Origin { document, span: section.range.clone() })
        })
        .collect()
}

/// Whether words stand in a text as whole words.
fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + words.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}
