//! Rows that are taken over into the usage store.
//!
//! In this order, each step on the disk before the next: the store has the calls, each once by its id;
//! what nobody knows the use of is set aside for somebody to resolve, each once by its id again;
//! a snapshot has what was spent and names the segment; the segment is deleted. So a crash between
//! any two steps loses nothing and doubles nothing.

use jiff::Timestamp;
use thiserror::Error;
use usage::{AppendError, Event, EventId, Store};

use super::log::{self, Log, LogError};
use super::unresolved::{self, Unresolved};
use super::{Measure, Row};

/// What became of rows that were taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rolled {
    /// Calls that the store did not have.
    pub new: u64,
    /// Calls that it had already: a crash came between taking them over and deleting their segment.
    pub known: u64,
    /// Attempts and refusals that used nothing.
    pub nothing: u64,
    /// Calls of which nobody knows what they used, or which model.
    pub unresolved: u64,
}

/// Takes the rows of all closed segments over into the usage store: all that used anything, each once,
/// by its id. Then the segments are deleted.
///
/// # Errors
/// A segment cannot be read or the store cannot be written. What was not taken over stays.
pub fn roll(log: &Log, open: &Unresolved, store: &Store) -> Result<Rolled, RollError> {
    let mut rolled = Rolled::default();
    for path in log.closed()? {
        let mut aside = Vec::new();
        let mut spent = log.spent().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut after = spent.clone();
        let imported = store.append_each(|keep| {
            let mut kept = Ok(());
            log::read(&path, &mut |row| {
                after.add(row);
                if unresolved::is(row) {
                    aside.push(row.clone());
                } else if row.measure == Measure::Nothing {
                    rolled.nothing += 1;
                } else if kept.is_ok() {
                    kept = event(row).and_then(|event| Ok(keep(&event)?));
                }
            })?;
            kept
        })?;
        rolled.new += imported.new;
        rolled.known += imported.duplicate;
        rolled.unresolved += aside.len() as u64;
        open.set_aside(&aside)?;
        log.sync().map_err(|error| LogError::io("sync", &path, error))?;
        after.took(&path);
        after.write(log.dir())?;
        *spent = after;
        log::remove(&path)?;
        spent.forget(|name| log.dir().join(name).exists());
    }
    Ok(rolled)
}

/// The call that a row stands for.
pub(crate) fn event(row: &Row<String>) -> Result<Event, RollError> {
    let beyond = || RollError::Beyond { id: row.id.to_string() };
    let mut tokens = [0; usage::CLASSES];
    for (count, found) in tokens.iter_mut().zip(row.tokens.by_class()) {
        *count = u32::try_from(found).map_err(|_| beyond())?;
    }
    Ok(Event {
        id: EventId::from_bits(row.id.bits()),
        at: Timestamp::from_nanosecond(row.at_ns.into()).map_err(|_| beyond())?,
        channel: row.channel.clone(),
        product: row.product.clone(),
        model: row.model.clone(),
        host: row.host.clone(),
        customer: row.customer.clone(),
        tier: row.tier.name().to_string(),
        calls: 1,
        tokens: usage::Tokens::of_classes(tokens),
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
