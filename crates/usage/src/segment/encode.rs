//! Encoding the columns of a segment, two at a time.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, StringArray, TimestampNanosecondArray, UInt32Array,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::write::{GROUP_ROWS, Ordered};
use crate::names::Names;
use crate::schema::{self, NAMES};

/// Rows handed to the Parquet writer at a time.
const BATCH_ROWS: usize = 1 << 16;

/// Columns encoded at the same time.
const THREADS: usize = 2;

/// Writes all rows; the file lacks its footer yet.
pub(super) fn encode<'f>(
    file: &'f File,
    rows: Ordered<'_>,
    names: &Names,
    properties: WriterProperties,
) -> Result<SerializedFileWriter<&'f File>, ParquetError> {
    let writer = ArrowWriter::try_new(file, schema::schema(), Some(properties))?;
    let (mut writer, columns) = writer.into_serialized_writer()?;
    for (group, rows) in rows.chunks(GROUP_ROWS).enumerate() {
        let columns = columns.create_column_writers(group)?;
        let mut group = writer.next_row_group()?;
        for chunk in chunks(columns, rows, names)? {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
    }
    Ok(writer)
}

/// The columns of a group, in order.
fn chunks(
    writers: Vec<ArrowColumnWriter>,
    rows: Ordered<'_>,
    names: &Names,
) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
    let waiting = Mutex::new(writers.into_iter().enumerate());
    let some = || {
        let mut done = Vec::new();
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((column, writer)) = next else { return Ok(done) };
            done.push((column, chunk(column, writer, rows, names)?));
        }
    };
    let mut done: Vec<(usize, ArrowColumnChunk)> = Vec::new();
    thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS).map(|_| scope.spawn(some)).collect();
        let mine: Result<_, ParquetError> = some();
        done.extend(mine?);
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok::<_, ParquetError>(())
    })?;
    done.sort_by_key(|(column, _)| *column);
    Ok(done.into_iter().map(|(_, chunk)| chunk).collect())
}

fn chunk(
    column: usize,
    mut writer: ArrowColumnWriter,
    rows: Ordered<'_>,
    names: &Names,
) -> Result<ArrowColumnChunk, ParquetError> {
    let schema = schema::schema();
    let codes = column.checked_sub(2).and_then(|name| rows.columns.names.get(name));
    let dictionary = codes.map(|codes| Dictionary::of(rows.of(codes), names));
    for rows in rows.chunks(BATCH_ROWS) {
        let array = array(column, rows, dictionary.as_ref())?;
        for leaf in compute_leaves(schema.field(column), &array)? {
            writer.write(&leaf)?;
        }
    }
    writer.close()
}

/// The values of a column of [`schema::schema()`].
fn array(
    column: usize,
    rows: Ordered<'_>,
    dictionary: Option<&Dictionary>,
) -> Result<ArrayRef, ParquetError> {
    const COUNTS: usize = 2 + NAMES.len();
    let columns = rows.columns;
    Ok(match (column, dictionary) {
        (0, _) => {
            let mut ids = FixedSizeBinaryBuilder::with_capacity(rows.order.len(), 16);
            for id in rows.of(&columns.ids) {
                ids.append_value(id.bits().to_be_bytes())?;
            }
            Arc::new(ids.finish())
        }
        (1, _) => {
            let at = TimestampNanosecondArray::from_iter_values(rows.of(&columns.at_ns));
            Arc::new(at.with_timezone("UTC"))
        }
        (_, Some(dictionary)) => Arc::new(dictionary.encode(rows.of(&columns.names[column - 2]))?),
        (COUNTS, None) => Arc::new(UInt32Array::from_iter_values(rows.of(&columns.calls))),
        (_, None) => {
            let counts = &columns.tokens[column - COUNTS - 1];
            Arc::new(UInt32Array::from_iter_values(rows.of(counts)))
        }
    })
}

/// The distinct names of one column of one segment.
struct Dictionary {
    /// From the buffer's code to the segment's.
    codes: Vec<Option<i32>>,
    names: ArrayRef,
}

impl Dictionary {
    fn of(column: impl Iterator<Item = u32>, names: &Names) -> Self {
        let mut codes = vec![None; names.len()];
        let mut used: Vec<&str> = Vec::new();
        for code in column {
            codes[code as usize].get_or_insert_with(|| {
                used.push(names.name(code));
                i32::try_from(used.len() - 1).expect("a buffer holds fewer than 2^31 rows")
            });
        }
        Self { codes, names: Arc::new(StringArray::from(used)) }
    }

    fn encode(
        &self,
        column: impl Iterator<Item = u32>,
    ) -> Result<DictionaryArray<Int32Type>, ParquetError> {
        let code = |code: u32| self.codes[code as usize].expect("a name of these rows");
        let keys = Int32Array::from_iter_values(column.map(code));
        Ok(DictionaryArray::try_new(keys, self.names.clone())?)
    }
}
