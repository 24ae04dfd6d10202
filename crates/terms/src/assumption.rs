//! What documents take for granted where no source states it.

use serde::Serialize;

use crate::finding::Origin;

/// A value, or a whole block, that a document marks `assumed`.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// The head of the block, as `licence "ip"`.
    pub block: String,
    /// The value that is assumed; `None` if all of the block is.
    pub name: Option<String>,
    /// The value as the document writes it, if it is not a block itself.
    pub value: Option<String>,
    /// Why it was assumed so.
    pub why: String,
    /// Where it stands.
    pub origin: Origin,
}

/// An [`Assumption`] for machines.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    block: &'a str,
    name: Option<&'a str>,
    value: Option<&'a str>,
    why: &'a str,
    document: &'a str,
    line: usize,
}

impl Assumption {
    /// The assumption as a flat record.
    pub fn record(&self) -> Record<'_> {
        Record {
            block: &self.block,
            name: self.name.as_deref(),
            value: self.value.as_deref(),
            why: &self.why,
            document: &self.origin.document.name,
            line: self.origin.line(),
        }
    }
}
