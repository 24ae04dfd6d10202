//! Rows that are taken over into the usage store.

use jiff::Timestamp;
use thiserror::Error;
use usage::{AppendError, Event, EventId, Store};

use super::log::{self, Log, LogError};
use super::{Measure, Row};

/// What became of rows that were taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rolled {
    /// Calls that the store did not have.
    pub new: u64,
    /// Calls that it had already: a crash came between taking them over and setting them aside.
    pub known: u64,
    /// Attempts and refusals that used nothing.
    pub nothing: u64,
    /// Calls of which nobody knows what they used.
    pub unresolved: u64,
}

/// Takes the rows of all closed segments over into the usage store: all that used anything, each once,
/// by its id. The segments are set aside whole, as the store keeps only what settlement needs.
///
/// A crash at any moment loses nothing and doubles nothing.
///
/// # Errors
/// A segment cannot be read or the store cannot be written. What was not taken over stays.
pub fn roll(log: &Log, store: &Store) -> Result<Rolled, RollError> {
    let mut rolled = Rolled::default();
    for path in log.closed()? {
        let mut events = Vec::new();
        log::read(&path, &mut |row| match row.measure {
            Measure::Nothing => rolled.nothing += 1,
            Measure::Unknown => rolled.unresolved += 1,
            Measure::Reported | Measure::Estimated => events.push(event(row)),
        })?;
        let events: Result<Vec<_>, _> = events.into_iter().collect();
        let imported = store.append(events?, &mut |_| {})?;
        rolled.new += imported.new;
        rolled.known += imported.duplicate;
        log.set_aside(&path)?;
    }
    Ok(rolled)
}

fn event(row: &Row<String>) -> Result<Event, RollError> {
    let beyond = || RollError::Beyond { id: row.id.to_string() };
    let tokens = &row.tokens;
    let count = |tokens: u64| u32::try_from(tokens).map_err(|_| beyond());
    Ok(Event {
        id: EventId::from_bits(row.id.bits()),
        at: Timestamp::from_nanosecond(row.at_ns.into()).map_err(|_| beyond())?,
        channel: row.channel.clone(),
        product: row.product.clone(),
        model: row.model.clone(),
        host: row.host.clone(),
        customer: row.customer.clone(),
        input_tokens: count(tokens.read() - tokens.cached)?,
        cached_input_tokens: count(tokens.cached)?,
        output_tokens: count(tokens.written())?,
    })
}

/// Why rows could not be taken over.
#[derive(Debug, Error)]
pub enum RollError {
    /// They cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The usage store does not take them.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A count or an instant that the usage store has no room for.
    #[error("row `{id}` counts more than the usage store has room for")]
    Beyond {
        /// The row.
        id: String,
    },
}
