//! One reading of a workspace: what its documents, saved or not, mean together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use terms::{Document, Source};
use tower_lsp_server::ls_types::Diagnostic;

use crate::analysis::Analysis;
use crate::diagnostics::by_document;
use crate::library::{Library, Stored, Unsaved};
use crate::open::{Open, uri};
use crate::position::Encoding;

/// A workspace as read.
pub(crate) struct Reading {
    pub terms: Arc<Analysis>,
    /// Open documents that only suppose, each read with the terms.
    supposed: BTreeMap<PathBuf, Arc<Analysis>>,
    pub diagnostics: BTreeMap<PathBuf, Vec<Diagnostic>>,
}

/// Everything a reading needs, taken at one moment.
pub(crate) struct Task {
    pub changes: u64,
    pub root: PathBuf,
    pub stored: Option<Arc<dyn Stored>>,
    pub open: BTreeMap<PathBuf, Open>,
    pub encoding: Encoding,
}

impl Reading {
    /// The terms as the document in a file sees them.
    pub fn seen_from(&self, path: &Path) -> &Arc<Analysis> {
        self.supposed.get(path).unwrap_or(&self.terms)
    }
}

impl Task {
    pub fn read(self, library: &dyn Library) -> Result<(Arc<dyn Stored>, Reading), String> {
        let stored = match self.stored {
            Some(stored) => stored,
            None => library.read(&self.root)?,
        };
        let beside = |path: &Path| path.parent() == Some(&self.root);
        let unsaved: Unsaved = self
            .open
            .iter()
            .filter(|(path, _)| beside(path))
            .map(|(_, open)| (open.text.name.clone(), open.text.document().clone()))
            .collect();
        let sources = stored.sources(&unsaved);
        let terms = Analysis::of(&sources);
        let mut diagnostics = BTreeMap::new();
        let uri = |document: &Document| uri(&self.root.join(&document.name), &self.open);
        for (name, found) in by_document(&terms.findings, self.encoding, uri) {
            diagnostics.insert(self.root.join(name), found);
        }
        let mut supposed = BTreeMap::new();
        for (path, open) in &self.open {
            let document = open.text.document();
            let compiled = sources.iter().any(|source| Arc::ptr_eq(&source.document, document));
            if compiled || document.blocks.is_empty() {
                continue;
            }
            let what_if = Source { document: document.clone(), known: None };
            let with: Vec<_> = sources.iter().cloned().chain([what_if]).collect();
            let analysis = Analysis::of(&with);
            if analysis.supposes(document) {
                let place = |other: &Document| match std::ptr::eq(other, &**document) {
                    true => Some(open.uri.clone()),
                    false => uri(other),
                };
                // What is wrong in the terms is told of the terms.
                let own = analysis.findings.iter();
                let own = own.filter(|finding| Arc::ptr_eq(&finding.places[0].document, document));
                let own: Vec<_> = own.cloned().collect();
                let found = by_document(&own, self.encoding, place).into_values().flatten();
                diagnostics.insert(path.clone(), found.collect());
                supposed.insert(path.clone(), Arc::new(analysis));
            }
        }
        Ok((stored, Reading { terms: Arc::new(terms), supposed, diagnostics }))
    }
}
