//! What calls used, and rows that say so.
//!
//! A [`Row`] is written for every attempt at an upstream, and for every call that is refused. Rows go
//! into a [`Log`], from which [`roll()`] takes them over into the usage store.

pub(crate) mod estimate;
pub mod log;
pub mod roll;
pub mod row;
pub(crate) mod spent;
pub mod tokens;
pub mod unresolved;

#[cfg(test)]
mod tests;

pub use log::{Log, LogError, Recovered, Writer};
pub use roll::{RollError, Rolled, roll};
pub use row::{Ids, Measure, Outcome, Row, RowId, Tier};
pub use tokens::Tokens;
pub use unresolved::Unresolved;
