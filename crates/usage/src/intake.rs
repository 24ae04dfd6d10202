//! The road every row takes into a store: buffered, told from rows already there, staged.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

use crate::EventId;
use crate::day::{day_from_number, day_number};
use crate::schema::NAMES;
use crate::segment::{self, Row};
use crate::staging::Staging;
use crate::store::{SEGMENT_ENDING, Store, StoreError, open_segment};
use crate::tokens::CLASSES;

/// A row with its names still spelt out, checked and ready to be kept.
// INVARIANT: every name is non-empty; `calls` is not 0; `at_ns` came from `day::nanoseconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub at_ns: i64,
    pub names: [&'a str; NAMES.len()],
    pub calls: u32,
    pub tokens: [u32; CLASSES],
}

/// Rows on their way into a store. Nothing is the store's until [`Intake::finish`].
pub(crate) struct Intake<'s> {
    store: &'s Store,
    staging: Staging,
    names: Names,
    rows: Vec<Row>,
    /// Segments this intake has staged, which later rows may repeat.
    staged: BTreeMap<i64, Vec<PathBuf>>,
    tally: Tally,
}

/// What became of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub duplicate: u64,
    /// New rows by day.
    pub days: BTreeMap<Date, u64>,
}

impl<'s> Intake<'s> {
    /// Waits for any other writer of the store.
    pub(crate) fn begin(store: &'s Store) -> Result<Self, StoreError> {
        Ok(Self {
            store,
            staging: Staging::begin(store)?,
            names: Names::default(),
            rows: Vec::new(),
            staged: BTreeMap::new(),
            tally: Tally::default(),
        })
    }

    pub(crate) fn staging(&mut self) -> &mut Staging {
        &mut self.staging
    }

    pub(crate) fn push(&mut self, id: EventId, call: &Call<'_>) -> Result<(), StoreError> {
        let names = call.names.map(|name| self.names.code(name));
        let Call { at_ns, calls, tokens, .. } = *call;
        self.rows.push(Row { id, at_ns, names, calls, tokens });
        if self.rows.len() >= self.store.buffer_rows() { self.flush() } else { Ok(()) }
    }

    /// Stages what is left, then puts all segments in place.
    pub(crate) fn finish(mut self) -> Result<Tally, StoreError> {
        self.flush()?;
        self.staging.commit()?;
        Ok(self.tally)
    }

    /// Stages the new rows of the buffer, one segment a day.
    fn flush(&mut self) -> Result<(), StoreError> {
        let mut rows = std::mem::take(&mut self.rows);
        // Stable, so that of two rows with one id the first in the source is the one kept.
        rows.sort_by_key(|row| day_number(row.at_ns));
        for rows in rows.chunk_by(|a, b| day_number(a.at_ns) == day_number(b.at_ns)) {
            self.stage(day_number(rows[0].at_ns), rows)?;
        }
        self.names = Names::default();
        rows.clear();
        self.rows = rows;
        Ok(())
    }

    fn stage(&mut self, day: i64, rows: &[Row]) -> Result<(), StoreError> {
        let date = day_from_number(day);
        let mut new = self.new_rows(day, date, rows)?;
        self.tally.duplicate += (rows.len() - new.len()) as u64;
        if new.is_empty() {
            return Ok(());
        }
        new.sort_unstable_by_key(|row| (row.at_ns, row.id));
        *self.tally.days.entry(date).or_default() += new.len() as u64;

        let earlier = self.staged.entry(day).or_default();
        let path = self.staging.path(&format!("{date}-{}.{SEGMENT_ENDING}", earlier.len()));
        let footer = segment::write(&path, &new, &self.names.names)?;
        earlier.push(path.clone());
        // No segment in place can have this name, for none has any of these ids.
        let name = format!("{}.{SEGMENT_ENDING}", footer.fingerprint);
        self.staging.ready(path, self.store.day_dir(date).join(name));
        Ok(())
    }

    /// The rows whose ids the day does not have yet, the first of each id.
    ///
    /// The ids of the rows are held in memory and those of the store stream past, so memory is
    /// bounded by the buffer however large the day has become.
    fn new_rows(&self, day: i64, date: Date, rows: &[Row]) -> Result<Vec<Row>, StoreError> {
        let mut wanted: HashSet<EventId> = rows.iter().map(|row| row.id).collect();
        let staged = self.staged.get(&day).into_iter().flatten();
        for path in self.store.segments(date)?.iter().chain(staged) {
            let forget = |id| {
                wanted.remove(&id);
            };
            open_segment(path, date)?
                .ids(forget)
                .map_err(|source| StoreError::Segment { path: path.clone(), source })?;
        }
        Ok(rows.iter().filter(|row| wanted.remove(&row.id)).copied().collect())
    }
}

/// The names in the buffer, each once.
#[derive(Default)]
struct Names {
    codes: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    fn code(&mut self, name: &str) -> u32 {
        if let Some(&code) = self.codes.get(name) {
            return code;
        }
        let code = u32::try_from(self.names.len()).expect("a buffer holds fewer than 2^32 names");
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.codes.insert(name, code);
        code
    }
}
