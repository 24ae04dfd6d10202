//! The partnership of `examples/microsoft-openai`.

use std::sync::Arc;

use terms::{Document, Source, Terms};

const DOCUMENTS: [(&str, &str); 6] = [
    ("registry.md", include_str!("../../../../examples/microsoft-openai/registry.md")),
    ("prices.md", include_str!("../../../../examples/microsoft-openai/prices.md")),
    ("2019.md", include_str!("../../../../examples/microsoft-openai/2019-partnership.md")),
    ("2025-01.md", include_str!("../../../../examples/microsoft-openai/2025-01-first-refusal.md")),
    (
        "2025-10.md",
        include_str!("../../../../examples/microsoft-openai/2025-10-recapitalisation.md"),
    ),
    ("2026-04.md", include_str!("../../../../examples/microsoft-openai/2026-04-open-clouds.md")),
];

/// Its terms.
pub fn example() -> Terms {
    let source = |(name, text): &(&str, &str)| Source {
        document: Arc::new(Document::new(*name, *text)),
        known: None,
    };
    let (terms, findings) = terms::compile(&DOCUMENTS.iter().map(source).collect::<Vec<_>>());
    assert!(findings.is_empty(), "{findings:?}");
    terms
}
