use std::sync::Arc;

use jiff::Timestamp;
use journal::Event;
use serde::{Deserialize, Serialize};
use terms::{Document, Source};

use crate::outcome::Failure;

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

/// The latest adoption of each document, in the order of first adoption.
pub fn latest(events: Vec<Event>) -> Result<Vec<Adoption>, Failure> {
    let mut latest: Vec<Adoption> = Vec::new();
    for event in events.into_iter().filter(|event| event.kind == Adoption::KIND) {
        let adoption: Adoption = serde_json::from_value(event.payload)?;
        match latest.iter_mut().find(|known| known.name == adoption.name) {
            Some(known) => *known = adoption,
            None => latest.push(adoption),
        }
    }
    Ok(latest)
}
