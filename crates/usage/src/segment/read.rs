//! Reading a segment, having made sure that it is one.

use std::fs::File;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampNanosecondType, UInt32Type};
use jiff::civil::Date;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::reader::ChunkReader;
use parquet::file::statistics::Statistics;

use super::columns::Row;
use super::footer::Footer;
use super::listed::Place;
use super::sums::{self, GroupNames, Sums};
use super::{Listed, NotASegment};
use crate::day::instant;
use crate::names::Names;
use crate::schema::{self, AT, CALLS, ID, NAMES, TOKENS};
use crate::tokens::CLASSES;
use crate::{Event, EventId, Fingerprint, GroupSums, Tokens};

/// An opened segment whose footer has been read and whose columns are those of [`crate::schema()`].
#[derive(Debug, Clone)]
pub struct Segment {
    place: Place,
    metadata: ArrowReaderMetadata,
    footer: Footer,
}

impl Segment {
    /// Opens a segment of `day` and reads its footer.
    ///
    /// # Errors
    /// The file is damaged, is no segment of ours, or holds the rows of another day.
    pub fn open(path: &Path, day: Date) -> Result<Self, NotASegment> {
        Self::at(Place::File(path.into()), day)
    }

    pub(super) fn at(place: Place, day: Date) -> Result<Self, NotASegment> {
        let metadata = match &place {
            Place::File(path) => footer_of(&File::open(path)?)?,
            Place::Object(object) => footer_of(&object.tail()?)?,
        };
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
        Ok(Self { place, metadata, footer })
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.footer.rows
    }

    /// Which rows there are.
    pub fn fingerprint(&self) -> Fingerprint {
        self.footer.fingerprint
    }

    /// The segments in whose place it stands; their rows count no more.
    pub(crate) fn replaces(&self) -> &[Fingerprint] {
        &self.footer.replaces
    }

    /// Where it is, as a store lists it.
    pub(crate) fn listed(&self) -> Listed {
        Listed::new(self.place.clone(), self.footer.day)
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
    /// batch never spans two row groups, so a column's dictionary is the file's own. Of an object of a
    /// bucket one row group at a time is held.
    ///
    /// # Errors
    /// The file has gone. Damage inside it shows as the batches are read.
    pub fn batches(&self, columns: &[&str], batch_rows: usize) -> Result<Batches, NotASegment> {
        self.batches_from(0, columns, batch_rows)
    }

    /// The same, of the rows from one on.
    fn batches_from(
        &self,
        first: u64,
        columns: &[&str],
        batch_rows: usize,
    ) -> Result<Batches, NotASegment> {
        let mask = ProjectionMask::columns(self.metadata.parquet_schema(), columns.iter().copied());
        let (begins_in, skipped) = self.group_of(first);
        let numbers = begins_in..self.metadata.metadata().num_row_groups();
        let skip = move |group| if group == begins_in { skipped } else { 0 };
        let groups: Groups = match &self.place {
            Place::File(path) => {
                // All are opened before the first is read, as the file may be removed meanwhile.
                let mut groups = Vec::new();
                for group in numbers {
                    // A handle of its own: handles made from one another share a position in the file.
                    let file = File::open(path)?;
                    let rows =
                        rows_of(file, &self.metadata, &mask, (group, skip(group)), batch_rows);
                    groups.push(Ok(rows?));
                }
                Box::new(groups.into_iter())
            }
            Place::Object(object) => {
                let (object, metadata) = (object.clone(), self.metadata.clone());
                Box::new(numbers.map(move |group| {
                    let of = metadata.metadata().row_group(group);
                    let parts = object.columns(of, |column| mask.leaf_included(column))?;
                    rows_of(parts, &metadata, &mask, (group, skip(group)), batch_rows)
                }))
            }
        };
        Ok(Batches { groups, group: None })
    }

    /// What the rows add up to, if that is kept beside the segment.
    pub fn sums(&self) -> Option<Vec<(GroupNames, Sums)>> {
        match &self.place {
            Place::File(path) => sums::read(path, self.footer.sums),
            Place::Object(object) => object.sums(),
        }
    }

    /// Calls `each` with every row, as the call that was metered.
    ///
    /// # Errors
    /// The file has gone or is damaged.
    pub fn events(&self, mut each: impl FnMut(&Event)) -> Result<(), NotASegment> {
        self.rows_each(&mut Names::default(), |row, names| each(&event(&row, names)))
    }

    /// Calls `each` with the rows from `first` on (the first of all is 0), each with its place, until it
    /// breaks off. What comes before costs next to nothing, what comes after at most a batch.
    ///
    /// # Errors
    /// Those of [`Segment::events`].
    pub fn events_from(
        &self,
        first: u64,
        mut each: impl FnMut(u64, &Event) -> ControlFlow<()>,
    ) -> Result<(), NotASegment> {
        let mut names = Names::default();
        self.rows_from(first, &mut names, |place, row, names| each(place, &event(&row, names)))
            .map(drop)
    }

    /// Calls `each` with every row; the names get codes of `names`.
    pub(crate) fn rows_each(
        &self,
        names: &mut Names,
        mut each: impl FnMut(Row, &Names),
    ) -> Result<(), NotASegment> {
        let rows = self.rows_from(0, names, |_, row, names| {
            each(row, names);
            ControlFlow::Continue(())
        })?;
        // A row that went missing here would be let in a second time.
        check_rows(rows, self.footer.rows)
    }

    /// Calls `each` with the rows from one on, and their places, until it breaks off; says where it ended.
    fn rows_from(
        &self,
        first: u64,
        names: &mut Names,
        mut each: impl FnMut(u64, Row, &Names) -> ControlFlow<()>,
    ) -> Result<u64, NotASegment> {
        let columns: Vec<&str> =
            [ID, AT].into_iter().chain(NAMES).chain([CALLS]).chain(TOKENS).collect();
        let mut place = first;
        for batch in self.batches_from(first, &columns, ROW_BATCH_ROWS)? {
            let batch = batch?;
            let (ids, _) = batch.column(0).as_fixed_size_binary().value_data().as_chunks::<16>();
            let at = batch.column(1).as_primitive::<TimestampNanosecondType>().values();
            let mut codes = Vec::new();
            for column in 0..NAMES.len() {
                let cells = batch.column(2 + column).as_dictionary::<Int32Type>();
                let Some(texts) = cells.values().as_string_opt::<i32>() else {
                    return Err(NotASegment::Damaged("a column of names holds none".into()));
                };
                let of: Vec<u32> =
                    texts.iter().map(|text| names.code(text.unwrap_or(""))).collect();
                let keys = cells.keys().values().iter();
                let mapped = keys.map(|key| of.get(usize::try_from(*key).ok()?).copied());
                let mapped: Option<Vec<u32>> = mapped.collect();
                codes.push(mapped.ok_or(NotASegment::Damaged("a name is missing".into()))?);
            }
            let counts: Vec<&[u32]> = (0..=CLASSES)
                .map(|count| {
                    let column = batch.column(2 + NAMES.len() + count);
                    &column.as_primitive::<UInt32Type>().values()[..]
                })
                .collect();
            for row in 0..batch.num_rows() {
                let of = Row {
                    id: EventId::from_bits(u128::from_be_bytes(ids[row])),
                    at_ns: at[row],
                    names: std::array::from_fn(|column| codes[column][row]),
                    calls: counts[0][row],
                    tokens: std::array::from_fn(|class| counts[1 + class][row]),
                };
                if each(place, of, names).is_break() {
                    return Ok(place + 1);
                }
                place += 1;
            }
        }
        Ok(place)
    }

    /// The row group that a row is in, and how many rows of that group come before it.
    fn group_of(&self, row: u64) -> (usize, usize) {
        let mut before = usize::try_from(row).unwrap_or(usize::MAX);
        let groups = self.metadata.metadata().row_groups();
        for (number, group) in groups.iter().enumerate() {
            let rows = usize::try_from(group.num_rows()).unwrap_or(0);
            if before < rows {
                return (number, before);
            }
            before -= rows;
        }
        (groups.len(), 0)
    }
}

/// A row as the call that was metered.
fn event(row: &Row, names: &Names) -> Event {
    let of = row.names.map(|code| names.name(code).to_string());
    let [channel, product, model, host, customer, tier] = of;
    Event {
        id: row.id,
        at: instant(row.at_ns),
        channel,
        product,
        model,
        host,
        customer,
        tier,
        calls: row.calls,
        tokens: Tokens::of_classes(row.tokens),
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

const ROW_BATCH_ROWS: usize = 1 << 14;

/// Reads a footer.
fn footer_of(reader: &impl ChunkReader) -> Result<ArrowReaderMetadata, NotASegment> {
    guarded(|| ArrowReaderMetadata::load(reader, ArrowReaderOptions::new()))
}

/// The rows of a row group, but for so many at its beginning.
fn rows_of(
    reader: impl ChunkReader + 'static,
    metadata: &ArrowReaderMetadata,
    mask: &ProjectionMask,
    (group, skip): (usize, usize),
    batch_rows: usize,
) -> Result<ParquetRecordBatchReader, NotASegment> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(reader, metadata.clone())
        .with_projection(mask.clone())
        .with_row_groups(vec![group])
        .with_offset(skip)
        .with_batch_size(batch_rows);
    guarded(|| builder.build())
}

/// The row groups of a segment, opened as they are asked for.
type Groups = Box<dyn Iterator<Item = Result<ParquetRecordBatchReader, NotASegment>>>;

/// The rows of a [`Segment`], in batches.
pub struct Batches {
    groups: Groups,
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
                        (self.groups, self.group) = (Box::new(std::iter::empty()), None);
                        return Some(Err(error));
                    }
                }
            }
            match self.groups.next()? {
                Ok(group) => self.group = Some(group),
                Err(error) => {
                    (self.groups, self.group) = (Box::new(std::iter::empty()), None);
                    return Some(Err(error));
                }
            }
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
