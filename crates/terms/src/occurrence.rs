//! Conditions that have been recorded to have occurred.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{Known, Name, Terms};

/// A record that a condition occurred, made outside the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The condition.
    pub condition: Name,
    /// The day it occurred.
    pub on: Date,
    /// Since when that is known.
    pub known: Timestamp,
}

impl Terms {
    /// The day a condition occurred, given what is known; `None` while it is not known to have.
    ///
    /// What a scenario supposes comes first. Then the latest record known: a later one corrects an
    /// earlier one, and what documents say. Then the earliest day a known document states.
    pub fn occurred(&self, condition: &str, known: Known) -> Option<Date> {
        let stated = |supposed: bool| {
            let said = self.conditions.get(condition).into_iter().flatten();
            let said = said.filter(move |said| {
                let frame = self.documents[said.document].frame.as_ref();
                frame.is_some_and(|frame| frame.supposed) == supposed
                    && self.knows(said.document, known)
            });
            said.filter_map(|said| said.occurred).min()
        };
        let is_known = |record: &&Occurrence| match known {
            Known::Everything => true,
            Known::At(instant) => record.known <= instant,
        };
        let records =
            self.occurrences.iter().filter(|record| record.condition.as_str() == condition);
        // Of two known since the same instant, the one recorded later.
        let recorded = records.filter(is_known).max_by_key(|record| record.known);
        stated(true).or_else(|| recorded.map(|record| record.on)).or_else(|| stated(false))
    }
}
