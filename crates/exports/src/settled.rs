use jiff::Timestamp;
use settlement::Statement;
use terms::{Name, Terms};
use thiserror::Error;

/// A settled statement, with what its readers need beside it.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The terms it was settled under.
    pub terms: &'a Terms,
    /// When it was settled.
    pub at: Timestamp,
    /// Whether the month is closed: what changes it from then on is a correction.
    pub is_closed: bool,
    /// The hash of the journal's event that holds it.
    pub hash: &'a str,
    /// What it rests on.
    pub rests_on: &'a [Evidence],
}

/// One thing that a statement rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What it is, as `usage of 2023-11-16, 28185 rows` or `prices.md`.
    pub name: String,
    /// Its hash or fingerprint.
    pub hash: String,
}

/// A provisional statement posts nothing, and is no books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the statement is provisional and posts nothing")]
pub struct Provisional;

impl<'a> Settled<'a> {
    /// The statement, if it is final.
    ///
    /// # Errors
    /// [`Provisional`] if it is not.
    pub fn as_books(&self) -> Result<&'a Statement, Provisional> {
        if self.statement.is_final { Ok(self.statement) } else { Err(Provisional) }
    }

    /// The name of a party to print, which is its own word where no document has a title for it.
    pub fn title(&self, party: &Name) -> String {
        let known = self.terms.registry.parties.get(party);
        known.map_or_else(|| party.to_string(), |party| party.title.clone())
    }
}
