//! Blocks that look like terms and are not read, as nothing on their fence says that they are.

use std::ops::Range;
use std::sync::Arc;

use crate::compile::known_words;
use crate::finding::Origin;
use crate::{Document, Finding};

/// The fences in a document that lack their `hcl`: below them a block of a known kind begins.
pub fn unmarked(document: &Document) -> impl Iterator<Item = Range<usize>> {
    let is_terms = |code: &Range<usize>| {
        let mut lines = document.text[code.clone()].lines().skip(1).map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        first.and_then(|line| line.split_once(' ')).is_some_and(|(word, rest)| {
            known_words().any(|known| known == word) && rest.contains('{')
        })
    };
    document.bare_fences.iter().filter(move |code| is_terms(code)).map(|code| {
        let fence = document.text[code.clone()].lines().next().unwrap_or_default();
        code.start..code.start + fence.len()
    })
}

/// A warning for each of them: people would read terms there, and machines read none.
pub(crate) fn findings(document: &Arc<Document>) -> impl Iterator<Item = Finding> {
    unmarked(document).map(|span| {
        let place = Origin { document: document.clone(), span }.label("no `hcl` here");
        let message = "a block that looks like terms is not read";
        Finding::warning("charter::terms::unmarked", message, place)
            .help("write `hcl` behind the three backticks above it")
    })
}
