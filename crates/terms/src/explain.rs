//! What each finding means, with an example that has it and one that does not.
//!
//! A page is a Markdown document of its own in `findings/`, named after the code. The documents under
//! *Wrong* and *Right* are what `charter explain` shows, and what the tests compile: the first must
//! have the finding, the second none at all.

use crate::finding::suggest;

/// A page for each code that has one.
const PAGES: &[(&str, &str)] = &[
    ("charter::clause::one-party", include_str!("../findings/clause-one-party.md")),
    ("charter::consent::swallows", include_str!("../findings/consent-swallows.md")),
    ("charter::exclusivity::overlap", include_str!("../findings/exclusivity-overlap.md")),
    ("charter::money::cannot-all-hold", include_str!("../findings/money-cannot-all-hold.md")),
    (
        "charter::recoupment::never-finishes",
        include_str!("../findings/recoupment-never-finishes.md"),
    ),
    ("charter::scope::empty", include_str!("../findings/scope-empty.md")),
    ("charter::share::circular", include_str!("../findings/share-circular.md")),
    ("charter::share::exceeds-base", include_str!("../findings/share-exceeds-base.md")),
    ("charter::tier::whole-step", include_str!("../findings/tier-whole-step.md")),
];

/// What the examples of every page speak of, as a document.
pub const REGISTRY: &str = include_str!("../findings/registry.md");

/// The page about a code, which may be given without its `charter::`.
///
/// # Errors
/// What to try instead, if there is no such code.
pub fn explain(code: &str) -> Result<&'static str, String> {
    let short = code.strip_prefix("charter::").unwrap_or(code);
    let is_it = |known: &str| known.strip_prefix("charter::") == Some(short);
    let page = PAGES.iter().find(|(known, _)| is_it(known));
    page.map(|(_, page)| *page).ok_or_else(|| suggest(code, pages().map(|(known, _)| known)))
}

/// Every code that has a page, with the page.
pub fn pages() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    PAGES.iter().copied()
}
