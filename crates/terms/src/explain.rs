//! What each finding means, with an example that has it and one that does not.
//!
//! A page is a Markdown document of its own in `findings/`, named after the code. The documents under
//! *Wrong* and *Right* are what `charter explain` shows, and what the tests compile: the first must
//! have the finding, the second none at all.

use crate::finding::did_you_mean;

/// A page for each code that has one.
const PAGES: &[(&str, &str)] = &[
    ("charter::amendment::cycle", include_str!("../findings/amendment-cycle.md")),
    ("charter::amendment::of-amendment", include_str!("../findings/amendment-of-amendment.md")),
    ("charter::amendment::of-nothing", include_str!("../findings/amendment-of-nothing.md")),
    ("charter::assumed", include_str!("../findings/assumed.md")),
    ("charter::channel::ends-before", include_str!("../findings/channel-ends-before.md")),
    ("charter::clause::contradicts", include_str!("../findings/clause-contradicts.md")),
    ("charter::clause::one-party", include_str!("../findings/clause-one-party.md")),
    ("charter::clause::twice", include_str!("../findings/clause-twice.md")),
    ("charter::commitment::one-period", include_str!("../findings/commitment-one-period.md")),
    ("charter::condition::never", include_str!("../findings/condition-never.md")),
    ("charter::condition::twice", include_str!("../findings/condition-twice.md")),
    (
        "charter::consent::primarily-unmeasured",
        include_str!("../findings/consent-primarily-unmeasured.md"),
    ),
    ("charter::consent::swallows", include_str!("../findings/consent-swallows.md")),
    ("charter::date::order", include_str!("../findings/date-order.md")),
    ("charter::exchange-rate::twice", include_str!("../findings/exchange-rate-twice.md")),
    ("charter::exclusivity::licence", include_str!("../findings/exclusivity-licence.md")),
    ("charter::exclusivity::overlap", include_str!("../findings/exclusivity-overlap.md")),
    ("charter::first-right::limits", include_str!("../findings/first-right-limits.md")),
    ("charter::first-right::no-renotice", include_str!("../findings/first-right-no-renotice.md")),
    ("charter::first-right::no-step-in", include_str!("../findings/first-right-no-step-in.md")),
    ("charter::frame::missing", include_str!("../findings/frame-missing.md")),
    ("charter::frame::twice", include_str!("../findings/frame-twice.md")),
    ("charter::level::steps", include_str!("../findings/level-steps.md")),
    ("charter::licence::ends-before", include_str!("../findings/licence-ends-before.md")),
    ("charter::money::cannot-all-hold", include_str!("../findings/money-cannot-all-hold.md")),
    (
        "charter::most-favoured-nation::idle",
        include_str!("../findings/most-favoured-nation-idle.md"),
    ),
    ("charter::name::attribute", include_str!("../findings/name-attribute.md")),
    ("charter::name::block", include_str!("../findings/name-block.md")),
    ("charter::name::label", include_str!("../findings/name-label.md")),
    ("charter::name::twice", include_str!("../findings/name-twice.md")),
    ("charter::name::unknown", include_str!("../findings/name-unknown.md")),
    ("charter::name::unused", include_str!("../findings/name-unused.md")),
    ("charter::option::price", include_str!("../findings/option-price.md")),
    ("charter::price::ends-before", include_str!("../findings/price-ends-before.md")),
    ("charter::price::tie", include_str!("../findings/price-tie.md")),
    (
        "charter::recoupment::never-finishes",
        include_str!("../findings/recoupment-never-finishes.md"),
    ),
    ("charter::revenue-share::deductions", include_str!("../findings/revenue-share-deductions.md")),
    ("charter::right::no-time", include_str!("../findings/right-no-time.md")),
    ("charter::right::unranked", include_str!("../findings/right-unranked.md")),
    ("charter::right::window-too-long", include_str!("../findings/right-window-too-long.md")),
    ("charter::scope::empty", include_str!("../findings/scope-empty.md")),
    ("charter::share::circular", include_str!("../findings/share-circular.md")),
    ("charter::share::exceeds-base", include_str!("../findings/share-exceeds-base.md")),
    ("charter::shortfall::remedy", include_str!("../findings/shortfall-remedy.md")),
    ("charter::syntax", include_str!("../findings/syntax.md")),
    ("charter::terms::unmarked", include_str!("../findings/terms-unmarked.md")),
    ("charter::terms::without-text", include_str!("../findings/terms-without-text.md")),
    ("charter::text::without-terms", include_str!("../findings/text-without-terms.md")),
    ("charter::tier::order", include_str!("../findings/tier-order.md")),
    ("charter::tier::whole-step", include_str!("../findings/tier-whole-step.md")),
    ("charter::time::gap", include_str!("../findings/time-gap.md")),
    ("charter::time::overlap", include_str!("../findings/time-overlap.md")),
    ("charter::value::contradiction", include_str!("../findings/value-contradiction.md")),
    ("charter::value::currency", include_str!("../findings/value-currency.md")),
    ("charter::value::direction", include_str!("../findings/value-direction.md")),
    ("charter::value::kind", include_str!("../findings/value-kind.md")),
    ("charter::value::missing", include_str!("../findings/value-missing.md")),
    (
        "charter::value::money-without-currency",
        include_str!("../findings/value-money-without-currency.md"),
    ),
    ("charter::value::price", include_str!("../findings/value-price.md")),
    ("charter::value::share-above-whole", include_str!("../findings/value-share-above-whole.md")),
    ("charter::value::twice", include_str!("../findings/value-twice.md")),
    ("charter::value::unit", include_str!("../findings/value-unit.md")),
    ("charter::value::unknown-currency", include_str!("../findings/value-unknown-currency.md")),
    ("charter::volume-limit::above", include_str!("../findings/volume-limit-above.md")),
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
    let whole = format!("charter::{short}");
    page.map(|(_, page)| *page).ok_or_else(|| {
        let codes = pages().map(|(known, _)| known);
        let near = did_you_mean(&whole, codes.clone());
        let having = codes.filter(|known| known.split("::").any(|part| part == short));
        let near: Vec<_> = near.into_iter().chain(having).map(|code| format!("`{code}`")).collect();
        match near.is_empty() {
            true => "give it as the finding shows it".to_string(),
            false => format!("did you mean {}?", near.join(" or ")),
        }
    })
}

/// Every code that has a page, with the page.
pub fn pages() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    PAGES.iter().copied()
}
