//! What each finding means, with an example that has it and one that does not.
//!
//! A page is a Markdown document of its own in `findings/`, named after the code. The documents under
//! *Wrong* and *Right* are what `charter explain` shows, and what the tests compile: the first must
//! have the finding, the second none at all.

use crate::finding::suggest;

/// A page for each code that has one.
const PAGES: &[(&str, &str)] = &[
    ("charter::amendment::cycle", include_str!("../findings/amendment-cycle.md")),
    ("charter::amendment::of-amendment", include_str!("../findings/amendment-of-amendment.md")),
    ("charter::channel::ends-before", include_str!("../findings/channel-ends-before.md")),
    ("charter::clause::contradicts", include_str!("../findings/clause-contradicts.md")),
    ("charter::clause::one-party", include_str!("../findings/clause-one-party.md")),
    ("charter::condition::never", include_str!("../findings/condition-never.md")),
    (
        "charter::consent::primarily-unmeasured",
        include_str!("../findings/consent-primarily-unmeasured.md"),
    ),
    ("charter::consent::swallows", include_str!("../findings/consent-swallows.md")),
    ("charter::exclusivity::licence", include_str!("../findings/exclusivity-licence.md")),
    ("charter::exclusivity::overlap", include_str!("../findings/exclusivity-overlap.md")),
    ("charter::licence::ends-before", include_str!("../findings/licence-ends-before.md")),
    ("charter::name::unused", include_str!("../findings/name-unused.md")),
    ("charter::price::ends-before", include_str!("../findings/price-ends-before.md")),
    ("charter::right::no-time", include_str!("../findings/right-no-time.md")),
    ("charter::right::unranked", include_str!("../findings/right-unranked.md")),
    ("charter::right::window-too-long", include_str!("../findings/right-window-too-long.md")),
    ("charter::scope::empty", include_str!("../findings/scope-empty.md")),
    ("charter::terms::without-text", include_str!("../findings/terms-without-text.md")),
    ("charter::text::without-terms", include_str!("../findings/text-without-terms.md")),
    ("charter::time::gap", include_str!("../findings/time-gap.md")),
    ("charter::time::overlap", include_str!("../findings/time-overlap.md")),
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
