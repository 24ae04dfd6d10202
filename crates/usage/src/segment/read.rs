//! Reading a segment, having made sure that it is one.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use jiff::civil::Date;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::statistics::Statistics;

use super::NotASegment;
use super::footer::Footer;
use crate::schema::{self, ID};
use crate::{EventId, Fingerprint, GroupSums};

/// An opened segment whose footer has been read and whose columns are those of [`crate::schema()`].
#[derive(Debug, Clone)]
pub struct Segment {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    footer: Footer,
}

impl Segment {
    /// Opens a segment of `day` and reads its footer.
    ///
    /// # Errors
    /// The file is damaged, is no segment of ours, or holds the rows of another day.
    pub fn open(path: &Path, day: Date) -> Result<Self, NotASegment> {
        let file = File::open(path)?;
        let metadata = guarded(|| ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()))?;
        if let Some(difference) = schema::difference(metadata.schema()) {
            return Err(NotASegment::OtherColumns { difference });
        }
        let parquet = metadata.metadata().file_metadata();
        let pairs = parquet.key_value_metadata().into_iter().flatten();
        let footer =
            Footer::from_metadata(pairs.map(|pair| (pair.key.as_str(), pair.value.as_deref())))?;
        if footer.day != day {
            return Err(NotASegment::OtherDay { found: footer.day });
        }
        check_rows(u64::try_from(parquet.num_rows()).unwrap_or(0), footer.rows)?;
        Ok(Self { path: path.into(), metadata, footer })
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.footer.rows
    }

    /// Which rows there are.
    pub fn fingerprint(&self) -> Fingerprint {
        self.footer.fingerprint
    }

    /// Makes sure that what a reader added up is what was written.
    ///
    /// # Errors
    /// [`NotASegment::OtherSums`]: the bytes have changed, in a place Parquet does not guard.
    pub fn check<'a>(
        &self,
        groups: impl IntoIterator<Item = GroupSums<'a>>,
    ) -> Result<(), NotASegment> {
        let same = Fingerprint::of_sums(groups) == self.footer.sums;
        if same { Ok(()) } else { Err(NotASegment::OtherSums) }
    }

    /// What a column says, if it says the same in every row; a reader may then leave it out of
    /// [`Segment::batches`]. `None` too where the file does not tell.
    ///
    /// Taken from the statistics of the file, of which [`Segment::check`] tells whether they are
    /// true, as of the rows themselves.
    pub fn constant(&self, column: &str) -> Option<Constant> {
        let index = schema::schema().index_of(column).ok()?;
        let mut found = None;
        for group in self.metadata.metadata().row_groups() {
            let constant = constant(group.columns().get(index)?.statistics()?)?;
            if *found.get_or_insert_with(|| constant.clone()) != constant {
                return None;
            }
        }
        found
    }

    /// The rows, some columns of them, `batch_rows` at a time.
    ///
    /// The columns come in the order of [`crate::schema()`], whatever the order of `columns`. A
    /// batch never spans two row groups, so a column's dictionary is the file's own.
    ///
    /// # Errors
    /// The file has gone. Damage inside it shows as the batches are read.
    pub fn batches(&self, columns: &[&str], batch_rows: usize) -> Result<Batches, NotASegment> {
        // A handle of its own: handles made from one another share a position in the file.
        let reader = || {
            let file = File::open(&self.path)?;
            Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone()))
        };
        let mask = ProjectionMask::columns(self.metadata.parquet_schema(), columns.iter().copied());
        let mut groups = Vec::new();
        for group in 0..self.metadata.metadata().num_row_groups() {
            let builder = reader().map_err(NotASegment::Io)?;
            let builder = builder
                .with_projection(mask.clone())
                .with_row_groups(vec![group])
                .with_batch_size(batch_rows);
            groups.push(guarded(|| builder.build())?);
        }
        Ok(Batches { groups: groups.into_iter(), group: None })
    }

    /// Calls `each` with the id of every row.
    pub(crate) fn ids(&self, mut each: impl FnMut(EventId)) -> Result<(), NotASegment> {
        let mut rows = 0;
        for batch in self.batches(&[ID], ID_BATCH_ROWS)? {
            let batch = batch?;
            let ids = batch.column(0).as_fixed_size_binary();
            for id in ids.value_data().as_chunks::<16>().0 {
                each(EventId::from_bits(u128::from_be_bytes(*id)));
            }
            rows += batch.num_rows() as u64;
        }
        // An id that went missing here would let its row in a second time.
        check_rows(rows, self.footer.rows)
    }
}

/// What all rows of a segment say in one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// In a column of counts.
    Count(u32),
    /// In a column of names.
    Name(String),
}

fn constant(statistics: &Statistics) -> Option<Constant> {
    let exact = statistics.min_is_exact() && statistics.max_is_exact();
    let same = exact && statistics.min_bytes_opt()? == statistics.max_bytes_opt()?;
    match statistics {
        // The same bits, whether they are taken with a sign or without.
        Statistics::Int32(of) if same => Some(Constant::Count(of.min_opt()?.cast_unsigned())),
        Statistics::ByteArray(of) if same => {
            Some(Constant::Name(of.min_opt()?.as_utf8().ok()?.to_owned()))
        }
        _ => None,
    }
}

fn check_rows(found: u64, expected: u64) -> Result<(), NotASegment> {
    if found == expected { Ok(()) } else { Err(NotASegment::OtherRows { found, expected }) }
}

const ID_BATCH_ROWS: usize = 1 << 16;

/// The rows of a [`Segment`], in batches.
pub struct Batches {
    groups: std::vec::IntoIter<ParquetRecordBatchReader>,
    group: Option<ParquetRecordBatchReader>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, NotASegment>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(group) = &mut self.group {
                match guarded(|| group.next().transpose()) {
                    Ok(Some(batch)) => return Some(Ok(batch)),
                    Ok(None) => {}
                    Err(error) => {
                        // A reader that has failed once is not asked again.
                        (self.groups, self.group) = (Vec::new().into_iter(), None);
                        return Some(Err(error));
                    }
                }
            }
            self.group = Some(self.groups.next()?);
        }
    }
}

/// Runs a call of the Parquet library on bytes that may be damaged.
///
/// The library returns errors for most damage and panics on some, and a damaged file is a
/// surprise from outside, not a fault of this program.
pub(crate) fn guarded<T, E>(call: impl FnOnce() -> Result<T, E>) -> Result<T, NotASegment>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(NotASegment::Damaged(error.into())),
        Err(_) => Err(NotASegment::Damaged("the Parquet reader gave up on its bytes".into())),
    }
}
