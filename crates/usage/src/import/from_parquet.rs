//! Reading Parquet files with our columns, whoever wrote them.

mod ready;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef, Schema, SchemaRef, TimeUnit};
use jiff::Timestamp;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::defaults::Origin;
use super::field::{self, Reason};
use super::from_text::{COLUMNS, SOURCE, is_needed};
use super::sink::Sink;
use super::{Defaults, ImportError};
use crate::EventId;
use crate::intake::{CHUNK_ROWS, Call};
use crate::schema::{AT, CALLS, ID, NAMES, TOKENS};
use crate::segment::guarded;
use crate::tokens::CLASSES;
use ready::{Coded, Ready};

/// An opened source whose columns are known to be usable.
pub(super) struct Table {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// The columns, by our names where they are mapped.
    columns: Vec<String>,
    names: [Origin; NAMES.len()],
    len: u64,
}

impl Table {
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

/// Opens a source and checks its columns.
pub(super) fn open(path: &Path, defaults: &Defaults) -> Result<Table, ImportError> {
    let read = |source| ImportError::Read { path: path.into(), source };
    let found = std::fs::metadata(path).map_err(read)?;
    if !found.is_file() {
        return Err(ImportError::NotAFile { path: path.into() });
    }
    if found.len() == 0 {
        return Err(ImportError::Empty { path: path.into(), expected: COLUMNS.into() });
    }
    let file = File::open(path).map_err(read)?;
    let damaged = |source| ImportError::Parquet { path: path.into(), source };
    // Types as Parquet has them, not as the writing program saw them: fewer to deal with.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = guarded(|| ArrowReaderMetadata::load(&file, options)).map_err(damaged)?;
    let schema = metadata.schema();
    let mut columns: Vec<String> =
        schema.fields().iter().map(|field| field.name().clone()).collect();
    defaults.check_columns(&COLUMNS)?;
    defaults.check_sources(path, &columns)?;
    defaults.rename(&mut columns);
    check(path, schema, &columns, !defaults.columns.is_empty())?;
    let place = |name| columns.iter().position(|column| column == name);
    let names = defaults.complete(NAMES.map(place))?;
    let options = ArrowReaderOptions::new().with_schema(with_dictionaries(schema, &columns));
    let metadata = guarded(|| ArrowReaderMetadata::try_new(metadata.metadata().clone(), options));
    let metadata = metadata.map_err(damaged)?;
    Ok(Table { path: path.into(), metadata, columns, names, len: found.len() })
}

/// The schema with names as dictionaries, of which each is looked at once, however many rows it is in.
fn with_dictionaries(schema: &Schema, columns: &[String]) -> SchemaRef {
    let fields = schema.fields().iter().zip(columns).map(|(field, column)| {
        let is_name = NAMES.contains(&column.as_str()) || column == SOURCE;
        if !is_name {
            return field.clone();
        }
        let values = Box::new(field.data_type().clone());
        let kind = DataType::Dictionary(Box::new(DataType::Int32), values);
        Arc::new(field.as_ref().clone().with_data_type(kind))
    });
    let fields: Vec<FieldRef> = fields.collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// Reads every row into the sink. The "line" of a row is its number, from 1.
pub(super) fn read(table: Table, sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let damaged = |source| ImportError::Parquet { path: table.path.clone(), source };
    let parquet = table.metadata.metadata();
    let rows_total = u128::try_from(parquet.file_metadata().num_rows()).unwrap_or(0);
    let mut coded = Coded::default();
    let mut number = 0;
    // A group at a time, so that no batch is of two, whose dictionaries differ.
    for group in 0..parquet.num_row_groups() {
        let file = File::open(&table.path);
        let file = file.map_err(|source| ImportError::Read { path: table.path.clone(), source })?;
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, table.metadata.clone())
                .with_row_groups(vec![group])
                .with_batch_size(CHUNK_ROWS);
        let mut batches = guarded(|| builder.build()).map_err(damaged)?;
        while let Some(batch) = guarded(|| batches.next().transpose()).map_err(damaged)? {
            let cells = Cells::of(&batch, &table.columns, &table.names);
            let ready = Ready::of(&cells, batch.num_rows(), sink);
            let mut row = 0;
            while row < batch.num_rows() {
                let good = ready.good[row..].iter().take_while(|good| **good).count();
                if good > 0 {
                    ready.keep(row, good, number, &mut coded, sink)?;
                    row += good;
                    continue;
                }
                // What is wrong, or whether anything is, is seen by looking at the row alone.
                let line = number + row as u64 + 1;
                match cells.call(row).and_then(|call| sink.in_time(call)) {
                    Ok((id, call)) => sink.keep(line, id, &call)?,
                    Err(reasons) => sink.reject(line, &reasons, &cells.shown(row))?,
                }
                row += 1;
            }
            let rows = batch.num_rows() as u64;
            number += rows;
            let share = u128::from(table.len) * u128::from(number) / rows_total.max(1);
            sink.rows_done(rows, u64::try_from(share).unwrap_or(table.len));
        }
    }
    Ok(())
}

/// Makes sure of the columns and their types, before anything is read.
fn check(
    path: &Path,
    schema: &Schema,
    columns: &[String],
    is_mapped: bool,
) -> Result<(), ImportError> {
    let header =
        |problem| ImportError::Header { path: path.into(), problem, expected: COLUMNS.into() };
    for (index, (field, name)) in schema.fields().iter().zip(columns).enumerate() {
        if !COLUMNS.contains(&name.as_str()) {
            if is_mapped {
                continue;
            }
            return Err(header(format!("`{name}` is not a column of this format")));
        }
        if columns[..index].contains(name) {
            return Err(header(format!("`{name}` is there twice")));
        }
        if let Some(expected) = unusable(name, field.data_type()) {
            return Err(ImportError::ColumnType {
                path: path.into(),
                column: name.clone(),
                found: field.data_type().to_string(),
                expected,
            });
        }
    }
    for name in [AT].into_iter().chain(TOKENS.into_iter().filter(|class| is_needed(class))) {
        if !columns.iter().any(|column| column == name) {
            return Err(header(format!("there is no `{name}`")));
        }
    }
    Ok(())
}

/// What a column should hold, if it cannot hold that with this type.
fn unusable(name: &str, found: &DataType) -> Option<&'static str> {
    let text = matches!(found, DataType::Utf8 | DataType::Binary);
    if name == AT {
        // A timestamp without a zone would be on a day nobody knows.
        let zoned = matches!(
            found,
            DataType::Timestamp(
                TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
                Some(_)
            )
        );
        (!zoned && !text).then_some("timestamps in UTC, or text with a zone")
    } else if name == CALLS || TOKENS.contains(&name) {
        (!found.is_integer()).then_some("whole numbers")
    } else if name == ID {
        let usable = text || found.is_integer() || *found == DataType::FixedSizeBinary(16);
        (!usable).then_some("text, whole numbers or 16 bytes")
    } else {
        (!text).then_some("text")
    }
}

/// The columns of one batch, where each value stands.
pub(super) struct Cells<'a> {
    pub at: Instants<'a>,
    pub names: [Names<'a>; NAMES.len()],
    /// Counts; an absent column is 0, an absent value is `None`.
    pub tokens: [Option<Numbers<'a>>; CLASSES],
    /// An absent column is one call.
    pub calls: Option<Numbers<'a>>,
    pub id: Option<Ids<'a>>,
    /// Whose ids they are.
    pub source: Option<&'a ArrayRef>,
}

pub(super) enum Instants<'a> {
    /// Nanoseconds since 1970.
    Numbers(Numbers<'a>),
    Text(&'a ArrayRef),
}

pub(super) enum Names<'a> {
    Column(&'a ArrayRef),
    Default(&'a str),
}

pub(super) enum Ids<'a> {
    Bytes(&'a ArrayRef),
    Numbers(Numbers<'a>),
    Text(&'a ArrayRef),
}

impl<'a> Cells<'a> {
    fn of(batch: &'a RecordBatch, ours: &[String], names: &'a [Origin; NAMES.len()]) -> Self {
        let column = |name| Some(batch.column(ours.iter().position(|column| column == name)?));
        let at = column(AT).expect("checked when the file was opened");
        Self {
            at: integers(at).map_or(Instants::Text(at), Instants::Numbers),
            names: std::array::from_fn(|index| match &names[index] {
                Origin::Default(name) => Names::Default(name),
                Origin::Column(at) => Names::Column(batch.column(*at)),
            }),
            tokens: TOKENS.map(|name| column(name).and_then(integers)),
            calls: column(CALLS).and_then(integers),
            id: column(ID).map(|ids| match integers(ids) {
                Some(numbers) => Ids::Numbers(numbers),
                None if ids.as_fixed_size_binary_opt().is_some() => Ids::Bytes(ids),
                None => Ids::Text(ids),
            }),
            source: column(SOURCE),
        }
    }

    /// A row as a call, or everything that is wrong with it.
    fn call(&self, row: usize) -> Result<(Option<EventId>, Call<'_>), Vec<Reason>> {
        let mut reasons = Vec::new();
        let mut or_note = |reason| reasons.push(reason);

        let at_ns = self.at(row).map_err(&mut or_note).unwrap_or_default();
        let mut names = [""; NAMES.len()];
        for ((slot, origin), column) in names.iter_mut().zip(&self.names).zip(NAMES) {
            *slot = match origin {
                Names::Default(name) => name,
                Names::Column(cells) => text(column, cells, row)
                    .and_then(|text| field::name(column, text))
                    .map_err(&mut or_note)
                    .unwrap_or_default(),
            };
        }
        let calls = self.calls.as_ref().map_or(Ok(1), |counts| match counts.at(row) {
            Some(number) => field::whole_calls(CALLS, number),
            None => field::calls(CALLS, ""),
        });
        let calls = calls.map_err(&mut or_note).unwrap_or_default();
        let mut tokens = [0; CLASSES];
        for ((slot, counts), column) in tokens.iter_mut().zip(&self.tokens).zip(TOKENS) {
            let Some(counts) = counts else { continue };
            let count = match counts.at(row) {
                Some(number) => field::whole_count(column, number),
                None => field::count(column, ""),
            };
            *slot = count.map_err(&mut or_note).unwrap_or_default();
        }
        let id = self.id(row).map_err(&mut or_note).unwrap_or_default();
        if !reasons.is_empty() {
            return Err(reasons);
        }
        Ok((id, Call { at_ns, names, calls, tokens }))
    }

    pub(super) fn at(&self, row: usize) -> Result<i64, Reason> {
        match &self.at {
            Instants::Text(cells) => field::instant(AT, text(AT, cells, row)?),
            Instants::Numbers(numbers) => {
                let at = numbers.at(row).ok_or_else(|| format!("`{AT}` is empty"))?;
                i64::try_from(at).map_err(|_| {
                    format!("`{AT}` is {at} ns; expected an instant in the years 1678 to 2261")
                })
            }
        }
    }

    pub(super) fn id(&self, row: usize) -> Result<Option<EventId>, Reason> {
        let source = self.source.map(|cells| field::name(SOURCE, text(SOURCE, cells, row)?));
        let source = source.transpose()?;
        let named = |id: &str| match source {
            Some(source) => EventId::of_source(source, id),
            None => EventId::of_text(id),
        };
        let empty = || format!("`{ID}` is empty; expected a name");
        Ok(match &self.id {
            None => None,
            Some(Ids::Numbers(numbers)) => {
                Some(named(&numbers.at(row).ok_or_else(empty)?.to_string()))
            }
            Some(Ids::Bytes(cells)) if cells.is_null(row) => return Err(empty()),
            Some(Ids::Bytes(cells)) => {
                let bytes = cells.as_fixed_size_binary().value(row);
                let id = bytes.try_into().ok().map(u128::from_be_bytes).map(EventId::from_bits);
                id.map(|id| source.map_or(id, |source| EventId::of_source(source, &id.to_string())))
            }
            Some(Ids::Text(cells)) => Some(named(field::name(ID, text(ID, cells, row)?)?)),
        })
    }

    /// The row for the file of rejects: its values in the order of the columns.
    fn shown(&self, row: usize) -> String {
        let number = |value: Option<i128>| value.map(|value| value.to_string());
        let at = match &self.at {
            Instants::Text(cells) => text(AT, cells, row).ok().map(str::to_owned),
            Instants::Numbers(numbers) => numbers.at(row).map(|at| {
                Timestamp::from_nanosecond(at).map_or_else(|_| at.to_string(), |at| at.to_string())
            }),
        };
        let names = self.names.iter().zip(NAMES).map(|(origin, column)| match origin {
            Names::Default(name) => Some((*name).to_owned()),
            Names::Column(cells) => text(column, cells, row).ok().map(str::to_owned),
        });
        let counts = self.calls.iter().chain(self.tokens.iter().flatten());
        let counts = counts.map(|counts| number(counts.at(row)));
        let cells: Vec<String> =
            [at].into_iter().chain(names).chain(counts).map(Option::unwrap_or_default).collect();
        cells.join(",")
    }
}

/// A cell of text. Parquet of old writers calls text bytes, so it may not be UTF-8.
pub(super) fn text<'a>(column: &str, cells: &'a ArrayRef, row: usize) -> Result<&'a str, Reason> {
    if cells.is_null(row) {
        return Err(format!("`{column}` is empty"));
    }
    if let Some(cells) = cells.as_dictionary_opt::<Int32Type>() {
        let key = usize::try_from(cells.keys().value(row)).unwrap_or_default();
        return text(column, cells.values(), key);
    }
    match cells.as_string_opt::<i32>() {
        Some(cells) => Ok(cells.value(row)),
        None => std::str::from_utf8(cells.as_binary::<i32>().value(row))
            .map_err(|_| format!("`{column}` is not UTF-8; expected text in UTF-8")),
    }
}

/// A column of whole numbers, or of timestamps in nanoseconds.
pub(super) enum Numbers<'a> {
    /// The usual kinds, where no cell is empty.
    U32(&'a [u32]),
    I64(&'a [i64]),
    /// Timestamps in a coarser unit, of so many nanoseconds.
    Scaled(&'a [i64], i64),
    /// Any kind.
    Wide(Vec<Option<i128>>),
}

impl Numbers<'_> {
    /// The number of a row, unless the cell is empty.
    pub(super) fn at(&self, row: usize) -> Option<i128> {
        match self {
            Self::U32(values) => Some(values[row].into()),
            Self::I64(values) => Some(values[row].into()),
            Self::Scaled(values, scale) => Some(i128::from(values[row]) * i128::from(*scale)),
            Self::Wide(values) => values[row],
        }
    }
}

/// The values of a column of whole numbers, or of timestamps in nanoseconds.
fn integers(cells: &ArrayRef) -> Option<Numbers<'_>> {
    macro_rules! widened {
        ($kind:ty, $scale:expr) => {{
            let values = cells.as_primitive::<$kind>().iter();
            // No timestamp of 64 bits overflows here: 2^63 milliseconds are under 2^83 ns.
            let widened = values.map(|value| value.map(|value| i128::from(value) * $scale));
            Some(Numbers::Wide(widened.collect()))
        }};
    }
    let is_full = cells.null_count() == 0;
    match cells.data_type() {
        DataType::UInt32 if is_full => {
            Some(Numbers::U32(cells.as_primitive::<UInt32Type>().values()))
        }
        DataType::Int64 if is_full => {
            Some(Numbers::I64(cells.as_primitive::<Int64Type>().values()))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) if is_full => {
            Some(Numbers::I64(cells.as_primitive::<TimestampNanosecondType>().values()))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) if is_full => {
            let values = cells.as_primitive::<TimestampMicrosecondType>().values();
            Some(Numbers::Scaled(values, 1_000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) if is_full => {
            let values = cells.as_primitive::<TimestampMillisecondType>().values();
            Some(Numbers::Scaled(values, 1_000_000))
        }
        DataType::Int8 => widened!(Int8Type, 1),
        DataType::Int16 => widened!(Int16Type, 1),
        DataType::Int32 => widened!(Int32Type, 1),
        DataType::Int64 => widened!(Int64Type, 1),
        DataType::UInt8 => widened!(UInt8Type, 1),
        DataType::UInt16 => widened!(UInt16Type, 1),
        DataType::UInt32 => widened!(UInt32Type, 1),
        DataType::UInt64 => widened!(UInt64Type, 1),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            widened!(TimestampMillisecondType, 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => widened!(TimestampMicrosecondType, 1_000),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => widened!(TimestampNanosecondType, 1),
        _ => None,
    }
}
