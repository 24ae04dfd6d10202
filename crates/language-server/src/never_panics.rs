//! Whatever is typed, every question has an answer.

use std::sync::Arc;

use terms::{Document, Source};

use crate::analysis::Analysis;
use crate::completion::completion;
use crate::definition::definition;
use crate::diagnostics::by_document;
use crate::hover::hover;
use crate::position::{Encoding, Positions};
use crate::symbols::symbols;

const EXAMPLE: [&str; 4] = [
    include_str!("../../../examples/microsoft-openai/registry.md"),
    include_str!("../../../examples/microsoft-openai/prices.md"),
    include_str!("../../../examples/microsoft-openai/2019-partnership.md"),
    include_str!("../../../examples/microsoft-openai/2025-01-first-refusal.md"),
];

/// What somebody may have typed where the text is cut, before the rest goes on.
const TYPED: [&str; 10] =
    ["", "{", "}", "\"", "= [", "\"🖋", "\r\n", "/*", "condition.", "\n```\n\n```hcl\nend \""];

/// How many bytes lie between two cuts; a prime, so that they fall everywhere.
const STRIDE: usize = 97;

fn ask_everything(text: String, offset: usize) {
    let document = Arc::new(Document::new("x.md", text));
    let analysis = Analysis::of(&[Source { document: document.clone(), known: None }]);
    let uri = |_: &Document| "file:///x.md".parse().ok();
    for encoding in [Encoding::Utf8, Encoding::Utf16] {
        let positions = Positions::new(&document.text, encoding);
        assert_eq!(positions.offset(positions.position(offset)), offset, "there and back");
        by_document(&analysis.findings, encoding, uri);
        symbols(&document, encoding);
        for offset in [offset, offset + 1, offset.saturating_sub(1)] {
            let offset = document.text.floor_char_boundary(offset);
            completion(&analysis, &document, offset, encoding, true);
            definition(&analysis, &document, offset, encoding, uri);
            hover(&analysis, &document, offset);
        }
    }
}

#[test]
fn text_that_is_cut_or_being_typed() {
    for (at, text) in EXAMPLE.iter().enumerate() {
        for (turn, cut) in (at..text.len()).step_by(STRIDE).enumerate() {
            let cut = text.floor_char_boundary(cut);
            let typed = TYPED[turn % TYPED.len()];
            let before = format!("{}{typed}", &text[..cut]);
            // Between the two halves of a line's end no editor can point.
            let offset = before.trim_end_matches(['\r', '\n']).len();
            let whole = format!("{before}{}", &text[cut..]);
            ask_everything(whole.replace('\n', "\r\n").replace("\r\r", "\r"), 0);
            ask_everything(whole, offset);
            ask_everything(before, offset);
        }
    }
}
