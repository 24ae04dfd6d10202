//! Taking in files of calls that other systems metered.
//!
//! Whatever the format, a row is read into the same [`Call`](crate::intake::Call), given an id
//! if it has none, and sent down the same road as every other row. A row that cannot be read is
//! written to a file of rejects with its line, the reason and its text; it never stops the
//! import and is never lost.

mod azure_cost;
mod bill;
mod cloudevents;
mod defaults;
mod error;
pub(crate) mod field;
mod focus;
mod format;
mod from_parquet;
mod from_records;
mod from_text;
mod line;
mod litellm;
mod meter;
mod occurrence;
mod openai_usage;
mod record;
mod row;
mod sheet;
mod sink;
mod sums;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Serialize;

pub use cloudevents::http::{NotEvents, Received, Rejected, received};
pub use defaults::Defaults;
pub use error::ImportError;
pub use format::{Format, UnknownFormat};

use crate::Store;
use crate::intake::{Intake, Tally};
use sink::Sink;

impl Store {
    /// Keeps the calls in the file `source`: each once, however often it is imported.
    ///
    /// Rows are told apart by id, over all days. Where the source has ids, two rows with one id are
    /// one call; the first is kept, and another that says something else is rejected. Where it says
    /// in `source` whose ids they are, ids of different sources are different. Where it has none, the id
    /// is made of everything the row says, defaults included, and of how many equal rows stand
    /// before it in the file. So:
    ///
    /// - two equal rows in one file are two calls, and the same file again adds none;
    /// - two exports that overlap add up correctly if every group of equal rows stands wholly
    ///   in each export that has any of it;
    /// - two *different* calls that look alike in two different files count once, so give
    ///   each source its own defaults, or ids;
    /// - the same file with other defaults is other calls.
    ///
    /// Memory is bounded by the buffer (about 300 MB in all), plus some 20 bytes a row if the
    /// source has no ids. Waits while another import is at work in the store.
    ///
    /// # Errors
    /// The source cannot be read, is empty, or has the wrong columns; or the store cannot be
    /// written. Then the store is as it was.
    pub fn import(
        &self,
        source: &Path,
        format: Format,
        defaults: &Defaults,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Imported, ImportError> {
        match format {
            Format::AzureLlm | Format::Csv => {
                let (text, layout) = from_text::open(source, format, defaults)?;
                let mut sink =
                    Sink::new(Intake::begin(self)?, self.end_ns(), source, text.len(), progress);
                from_text::read(text, &layout, source, &mut sink)?;
                sink.finish()
            }
            Format::Parquet => {
                let table = from_parquet::open(source, defaults)?;
                let mut sink =
                    Sink::new(Intake::begin(self)?, self.end_ns(), source, table.len(), progress);
                from_parquet::read(table, &mut sink)?;
                sink.finish()
            }
            Format::CloudEvents
            | Format::Litellm
            | Format::OpenaiUsage
            | Format::AzureCost
            | Format::Focus => {
                let records = from_records::open(source, format, defaults)?;
                let mut sink =
                    Sink::new(Intake::begin(self)?, self.end_ns(), source, records.len(), progress);
                from_records::read(records, source, &mut sink)?;
                sink.finish()
            }
        }
    }
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes of the source read so far; for Parquet, in proportion to its rows.
    pub bytes_read: u64,
    /// Bytes in the source.
    pub bytes_total: u64,
    /// Rows read so far, good and bad.
    pub rows: u64,
}

/// What became of the rows of a source: `read = new + duplicate + rejected`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Rows in the source.
    pub read: u64,
    /// Rows the store did not have.
    pub new: u64,
    /// Rows it had already, or had twice in the source.
    pub duplicate: u64,
    /// Rows that could not be read as a call.
    pub rejected: u64,
    /// Where the rejected rows are, with the reason for each; none if there are none.
    pub rejects_file: Option<PathBuf>,
    /// New rows by UTC day.
    pub days: BTreeMap<Date, u64>,
}

impl Imported {
    pub(crate) fn new(read: u64, tally: Tally) -> Self {
        let Tally { duplicate, rejected, rejects_file, days } = tally;
        let new = days.values().sum();
        debug_assert_eq!(read, new + duplicate + rejected, "every row is accounted for");
        Self { read, new, duplicate, rejected, rejects_file, days }
    }
}
