use std::collections::BTreeMap;
use std::sync::Arc;

use terms::{Document, Source};

use super::{Adoption, holds_terms};

/// What is stored in a workspace: the documents at hand that hold terms, and what was adopted.
pub struct Stored {
    /// The documents beside `charter.toml`.
    pub documents: Vec<Arc<Document>>,
    /// The latest adoption of each document.
    pub adopted: Vec<Adoption>,
}

impl Stored {
    /// What to compile, and which documents are drafts: they say something else than what was
    /// adopted. `unsaved` documents, by name, take the place of stored ones.
    pub fn sources(&self, unsaved: &BTreeMap<String, Arc<Document>>) -> (Vec<Source>, Vec<String>) {
        let stored = self.documents.iter().filter(|stored| !unsaved.contains_key(&stored.name));
        let unsaved = unsaved.values().filter(|document| holds_terms(document));
        let mut documents: Vec<_> = stored.chain(unsaved).collect();
        documents.sort_by_key(|document| &document.name);
        let mut drafts = Vec::new();
        let mut sources: Vec<Source> = Vec::new();
        for document in documents {
            let adoption = self.adopted.iter().find(|adoption| adoption.name == document.name);
            let known = adoption.filter(|adoption| adoption.text == document.text);
            if adoption.is_some() && known.is_none() {
                drafts.push(document.name.clone());
            }
            let known = known.map(|adoption| adoption.known);
            sources.push(Source { known, document: document.clone() });
        }
        for adoption in &self.adopted {
            if !sources.iter().any(|source| source.document.name == adoption.name) {
                sources.push(adoption.source());
            }
        }
        (sources, drafts)
    }
}
