//! What the journal's events come to, as far as commands rest on them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journal::{Condition, Event, Filter, Hash, Head, Position, Replayed};
use serde::{Deserialize, Serialize};
use settlement::Figure;
use sourcing::Book;
use sourcing::measured::Measured;
use terms::Occurrence;

use super::{Adoption, Occurred, adoption, cases, figures, months};

/// What the stream of a party's keys begins with; then comes its name.
const KEYS: &str = "keys/";

/// What all events up to a head come to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fold {
    /// The last event that is in it.
    pub head: Head,
    /// The hash of the first event, by which the journal is known.
    pub first: Option<Hash>,
    /// The last event that changed the adopted terms.
    pub terms_changed: Position,
    /// The last event of a month.
    pub months_changed: Position,
    /// What changed the keys of parties.
    pub keys: Vec<Event>,
    /// The latest adoption of each document.
    pub adoptions: Vec<Adoption>,
    /// Every record that a condition occurred, and when it was made.
    occurred: Vec<(Occurred, Timestamp)>,
    /// Every case, and what suppliers declared.
    pub book: Book,
    /// What was reported and nobody meters, by id, each as it was last.
    pub figures: BTreeMap<String, Figure>,
    /// What was metered of consents, and the tests of it.
    pub measured: Measured,
}

impl Default for Fold {
    /// What no event at all comes to.
    fn default() -> Fold {
        Fold {
            head: Head::EMPTY,
            first: None,
            terms_changed: Position::BEFORE_FIRST,
            months_changed: Position::BEFORE_FIRST,
            keys: Vec::new(),
            adoptions: Vec::new(),
            occurred: Vec::new(),
            book: Book::default(),
            figures: BTreeMap::new(),
            measured: Measured::default(),
        }
    }
}

impl Fold {
    /// Every record that a condition occurred, in the order they were made; each known since it was.
    pub fn occurrences(&self) -> Vec<Occurrence> {
        let occurrence = |(occurred, known): &(Occurred, Timestamp)| {
            let Occurred { condition, on, .. } = occurred.clone();
            Occurrence { condition, on, known: *known }
        };
        self.occurred.iter().map(occurrence).collect()
    }

    /// Folds the next event.
    pub fn apply(&mut self, event: &Replayed<'_>) -> Result<(), serde_json::Error> {
        self.head = Head { position: event.position, hash: event.hash };
        self.first.get_or_insert(event.hash);
        if let Some(name) = event.stream.strip_prefix(cases::CASE) {
            // What was asked for is kept beside what came of it, and nothing comes of it again.
            if event.kind != cases::COMMAND {
                self.book.apply(name, &event.decode()?);
            }
        } else if event.stream.starts_with(cases::CAPACITY) {
            self.book.declare(&event.decode()?);
        } else if event.kind == cases::METERED {
            self.measured.meter(event.decode()?);
        } else if event.kind == cases::TESTED {
            self.measured.test(event.decode()?);
        } else if event.stream.starts_with(figures::FIGURE) {
            let figure: Figure = event.decode()?;
            self.figures.insert(figure.id.clone(), figure);
        } else if event.stream.starts_with(months::MONTH) {
            self.months_changed = event.position;
        } else if event.kind == Adoption::KIND {
            self.terms_changed = event.position;
            adoption::adopt(&mut self.adoptions, event.decode()?);
        } else if event.stream.starts_with(KEYS) {
            self.keys.push(event.to_event()?);
        } else if event.kind == Occurred::KIND {
            self.terms_changed = event.position;
            self.occurred.push((event.decode()?, event.recorded));
        }
        Ok(())
    }

    /// Nothing came in since that a command of sourcing rests on: no case, no capacity, no key, no
    /// terms.
    pub fn unchanged(&self) -> Condition {
        self.nothing_under(&[cases::CASE, cases::CAPACITY, KEYS, super::DOCUMENT, "condition/"])
    }

    /// Nothing came in since that a test of what was metered rests on.
    pub fn unmeasured(&self) -> Condition {
        self.nothing_under(&[cases::MEASURED, KEYS, super::DOCUMENT, "condition/"])
    }

    /// Nothing came in since that says who may state something, and about what.
    pub fn same_keys(&self) -> Condition {
        self.nothing_under(&[KEYS, super::DOCUMENT, "condition/"])
    }

    fn nothing_under(&self, prefixes: &[&str]) -> Condition {
        let prefix =
            |prefix: &&str| Filter { stream_prefix: Some(prefix.to_string()), ..Filter::all() };
        Condition { filters: prefixes.iter().map(prefix).collect(), after: self.head.position }
    }
}
