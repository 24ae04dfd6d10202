use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::{Document, Source};

/// What the stream of a document begins with; then comes its name.
pub const DOCUMENT: &str = "document/";

/// A document entered into the journal. From then on its terms are enforced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// The document's name.
    pub name: String,
    /// Since when it counts as known.
    pub known: Timestamp,
    /// The BLAKE3 hash of its text.
    pub hash: String,
    /// Its text.
    pub text: String,
}

impl Adoption {
    /// The kind of event.
    pub const KIND: &str = "document-adopted";

    /// The adoption of a document.
    pub fn new(document: &Document, known: Timestamp) -> Adoption {
        Adoption {
            name: document.name.clone(),
            known,
            hash: blake3::hash(document.text.as_bytes()).to_string(),
            text: document.text.clone(),
        }
    }

    /// What to compile.
    pub fn source(&self) -> Source {
        let document = Arc::new(Document::new(&self.name, &self.text));
        Source { document, known: Some(self.known) }
    }
}

/// Adopts a document: its latest text takes the place of any earlier one. They stand in the order of
/// first adoption.
pub fn adopt(adoptions: &mut Vec<Adoption>, adoption: Adoption) {
    match adoptions.iter_mut().find(|known| known.name == adoption.name) {
        Some(known) => *known = adoption,
        None => adoptions.push(adoption),
    }
}
