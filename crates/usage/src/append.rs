//! Keeping events this program made or metered itself.

use jiff::Timestamp;
use thiserror::Error;

use crate::day::nanoseconds;
use crate::import::{Imported, Progress, field};
use crate::intake::{Call, Intake};
use crate::schema::NAMES;
use crate::store::{Store, StoreError};
use crate::{Event, EventId};

/// Rows between two reports of progress.
const REPORT_ROWS: u64 = 1 << 14;

impl Store {
    /// Keeps `events`, all or none: those whose id the store has already count as duplicates.
    ///
    /// `progress` hears the number of rows taken so far; its bytes are always 0.
    ///
    /// # Errors
    /// The store cannot be read or written, or an event cannot be kept (an empty name, an
    /// instant outside the years 1677 to 2262). Then the store is as it was.
    pub fn append(
        &self,
        events: impl IntoIterator<Item = Event>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Imported, AppendError> {
        let mut rows = 0;
        let imported = self.append_each(|keep| {
            for event in events {
                keep(&event)?;
                rows += 1;
                if rows % REPORT_ROWS == 0 {
                    progress(Progress { rows, ..Progress::default() });
                }
            }
            Ok::<_, AppendError>(())
        })?;
        progress(Progress { rows, ..Progress::default() });
        Ok(imported)
    }

    /// Keeps each event that `feed` hands over, all or none, as [`append`](Store::append) does; for
    /// whoever has them one at a time.
    ///
    /// # Errors
    /// Those of `append`, and whatever `feed` fails with. Then the store is as it was.
    pub fn append_each<E: From<AppendError>>(
        &self,
        feed: impl FnOnce(&mut dyn FnMut(&Event) -> Result<(), AppendError>) -> Result<(), E>,
    ) -> Result<Imported, E> {
        let mut intake = Intake::begin(self).map_err(AppendError::from)?;
        let mut rows = 0;
        feed(&mut |event| {
            rows += 1;
            Ok(intake.push(event.id, &call(event)?)?)
        })?;
        let tally = intake.finish().map_err(AppendError::from)?;
        Ok(Imported::new(rows, 0, None, tally))
    }
}

fn call(event: &Event) -> Result<Call<'_>, AppendError> {
    let Event { id, at, channel, product, model, host, customer, tier, calls, tokens } = event;
    let mut names = [channel, product, model, host, customer, tier].map(String::as_str);
    for (name, column) in names.iter_mut().zip(NAMES) {
        *name = field::name(column, name)
            .map_err(|reason| AppendError::NotAName { id: *id, reason })?;
    }
    let at_ns = nanoseconds(*at).ok_or(AppendError::OutOfTime { id: *id, at: *at })?;
    if *calls == 0 {
        return Err(AppendError::NoCalls { id: *id });
    }
    Ok(Call { at_ns, names, calls: *calls, tokens: tokens.by_class() })
}

/// Why events could not be kept.
#[derive(Debug, Error)]
pub enum AppendError {
    /// A name is empty, too long, or holds control characters.
    #[error("call `{id}` cannot be kept: {reason}")]
    NotAName {
        /// The call.
        id: EventId,
        /// Which name, and what was expected.
        reason: String,
    },
    /// An instant that a segment cannot hold.
    #[error("call `{id}` was made at `{at}`; expected an instant in the years 1678 to 2261")]
    OutOfTime {
        /// The call.
        id: EventId,
        /// Its instant.
        at: Timestamp,
    },
    /// An event that stands for no call.
    #[error("event `{id}` stands for 0 calls; expected 1 or more")]
    NoCalls {
        /// The event.
        id: EventId,
    },
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
