//! Where something is defined.

use terms::Document;
use tower_lsp_server::ls_types::{Location, Uri};

use crate::analysis::Analysis;
use crate::cursor::Cursor;
use crate::position::{Encoding, Positions};

/// The heads of the blocks that define what the word at a byte of a document names.
pub(crate) fn definition(
    analysis: &Analysis,
    document: &Document,
    offset: usize,
    encoding: Encoding,
    uri: impl Fn(&Document) -> Option<Uri>,
) -> Vec<Location> {
    let Some(cursor) = Cursor::at(document, offset) else { return Vec::new() };
    let targets = analysis.targets(&document.name, &cursor).into_iter();
    let locations = targets.filter_map(|target| {
        let range = Positions::new(&target.document.text, encoding).range(&target.head);
        Some(Location { uri: uri(&target.document)?, range })
    });
    locations.collect()
}
