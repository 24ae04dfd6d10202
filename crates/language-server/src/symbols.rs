//! The blocks of a document, for its table of contents.

use std::sync::Arc;

use terms::{Document, Kind};
use tower_lsp_server::ls_types::{DocumentSymbol, SymbolKind};

use crate::analysis::definitions;
use crate::language;
use crate::position::{Encoding, Positions};

/// Every block of a document that stands on its own.
pub(crate) fn symbols(document: &Arc<Document>, encoding: Encoding) -> Vec<DocumentSymbol> {
    let positions = Positions::new(&document.text, encoding);
    let symbols = definitions(document).into_iter().map(|definition| {
        let kind = match Kind::from_word(&definition.word) {
            Some(_) => SymbolKind::FUNCTION,
            None => SymbolKind::OBJECT,
        };
        #[allow(deprecated)] // The protocol's type wants every field.
        DocumentSymbol {
            name: format!("{}.{}", definition.word, definition.name),
            detail: language::meaning(&definition.word).map(str::to_string),
            kind,
            tags: None,
            deprecated: None,
            range: positions.range(&definition.span),
            selection_range: positions.range(&definition.head),
            children: None,
        }
    });
    symbols.collect()
}
