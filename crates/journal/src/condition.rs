//! What must not have happened meanwhile, for events to be appended.

use crate::{Filter, Position};

/// Nothing that matches any of `filters` was appended after `after`.
///
/// Whoever decided on what it read up to `after` says here what would have changed its mind. Give
/// the last position that was read, not that of the last event that matched: only events after it
/// are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What would stand in the way; their limits do not count. Nothing does if there are none.
    pub filters: Vec<Filter>,
    /// Up to where the journal was known.
    pub after: Position,
}

impl Condition {
    /// Nothing that matches `filter` was appended after `after`.
    #[must_use]
    pub fn new(filter: Filter, after: Position) -> Condition {
        Condition { filters: vec![filter], after }
    }

    /// Nothing at all was appended after `position`.
    #[must_use]
    pub fn head(position: Position) -> Condition {
        Condition::new(Filter::all(), position)
    }

    /// Nothing was appended to the stream `name` after `position`.
    #[must_use]
    pub fn stream(name: impl Into<String>, position: Position) -> Condition {
        Condition::new(Filter::stream(name), position)
    }

    /// Neither was anything that matches `filter`.
    #[must_use]
    pub fn and(mut self, filter: Filter) -> Condition {
        self.filters.push(filter);
        self
    }
}
