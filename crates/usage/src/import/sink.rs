//! Where the readers of all formats send their rows.

use std::path::Path;
use std::path::PathBuf;

use super::field::{self, Reason};
use super::occurrence::Occurrences;
use super::{ImportError, Imported, Progress};
use crate::EventId;
use crate::intake::{Call, Intake};
use crate::schema::AT;
use crate::store::StoreError;

/// Rows between two reports of progress.
const REPORT_ROWS: u64 = 1 << 12;

/// Takes the rows of one source: gives ids, keeps the good, writes down the bad, reports.
pub(super) struct Sink<'a> {
    intake: Intake,
    occurrences: Occurrences,
    source: PathBuf,
    end_ns: Option<i64>,
    progress: &'a mut dyn FnMut(Progress),
    so_far: Progress,
}

impl<'a> Sink<'a> {
    pub(super) fn new(
        intake: Intake,
        end_ns: Option<i64>,
        source: &Path,
        bytes_total: u64,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        Self {
            intake,
            occurrences: Occurrences::default(),
            source: source.into(),
            end_ns,
            progress,
            so_far: Progress { bytes_total, ..Progress::default() },
        }
    }

    /// Keeps a call. Without an id, it is known by what it says. `line`
    /// counts from 1.
    pub(super) fn keep(
        &mut self,
        line: u64,
        id: Option<EventId>,
        call: &Call<'_>,
    ) -> Result<(), StoreError> {
        let id = id.unwrap_or_else(|| self.occurrences.id(call));
        self.intake.push(line, id, call)
    }

    /// When calls that are taken must have been made before.
    pub(super) fn end_ns(&self) -> Option<i64> {
        self.end_ns
    }

    /// Where rows that have ids may be put many at a time.
    pub(super) fn intake(&mut self) -> &mut Intake {
        &mut self.intake
    }

    /// The row, unless it says that it will be made long after its file was read.
    pub(super) fn in_time<'c>(
        &self,
        (id, call): (Option<EventId>, Call<'c>),
    ) -> Result<(Option<EventId>, Call<'c>), Vec<Reason>> {
        match field::in_time(AT, call.at_ns, self.end_ns) {
            Ok(()) => Ok((id, call)),
            Err(reason) => Err(vec![reason]),
        }
    }

    /// Writes down a row that is not a call. `line` counts from 1.
    pub(super) fn reject(
        &mut self,
        line: u64,
        reasons: &[Reason],
        row: &str,
    ) -> Result<(), StoreError> {
        self.intake.reject(line, &reasons.join("; "), row)
    }

    /// Notes that a row has been dealt with, `bytes_read` into the source.
    pub(super) fn row_done(&mut self, bytes_read: u64) {
        self.rows_done(1, bytes_read);
    }

    /// Notes that rows have been dealt with, `bytes_read` into the source.
    pub(super) fn rows_done(&mut self, rows: u64, bytes_read: u64) {
        let reported = self.so_far.rows / REPORT_ROWS;
        self.so_far.rows += rows;
        // A source that grows while it is read must not show more than all of it.
        self.so_far.bytes_read = bytes_read.min(self.so_far.bytes_total);
        if self.so_far.rows / REPORT_ROWS > reported {
            (self.progress)(self.so_far);
        }
    }

    /// Puts everything in place.
    pub(super) fn finish(mut self) -> Result<Imported, ImportError> {
        let tally = self.intake.finish(Some(&self.source))?;
        self.so_far.bytes_read = self.so_far.bytes_total;
        (self.progress)(self.so_far);
        Ok(Imported::new(self.so_far.rows, tally))
    }
}
