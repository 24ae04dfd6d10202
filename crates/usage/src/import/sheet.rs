//! Rows of a Parquet file of others, as the text that CSV would have.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::ImportError;
use crate::segment::guarded;

/// Rows decoded at a time; a dataset of costs has some sixty columns.
const BATCH_ROWS: usize = 1 << 10;

/// An opened file.
pub(super) struct Sheet {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    len: u64,
}

/// Whether a file says that it is Parquet.
pub(super) fn is_parquet(path: &Path) -> std::io::Result<bool> {
    let mut mark = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut mark)?;
    Ok(mark == b"PAR1")
}

impl Sheet {
    pub(super) fn open(path: &Path, len: u64) -> Result<Self, ImportError> {
        let file =
            File::open(path).map_err(|source| ImportError::Read { path: path.into(), source })?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = guarded(|| ArrowReaderMetadata::load(&file, options))
            .map_err(|source| ImportError::Parquet { path: path.into(), source })?;
        Ok(Self { path: path.into(), metadata, len })
    }

    pub(super) fn columns(&self) -> Vec<String> {
        self.metadata.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Makes sure that the columns that are read can be.
    pub(super) fn check(&self, is_read: impl Fn(&str) -> bool) -> Result<(), ImportError> {
        let fields = self.metadata.schema().fields();
        let wrong =
            fields.iter().find(|field| is_read(field.name()) && !is_text(field.data_type()));
        wrong.map_or(Ok(()), |field| {
            Err(ImportError::ColumnType {
                path: self.path.clone(),
                column: field.name().clone(),
                found: field.data_type().to_string(),
                expected: "text, numbers, instants or a map of texts",
            })
        })
    }

    /// Calls `each` with every row: its number from 1, its cells, and the bytes of the file that are
    /// read by then, in proportion to its rows.
    pub(super) fn each(
        self,
        mut each: impl FnMut(u64, &[Cow<'_, str>], u64) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let Self { path, metadata, len } = self;
        let damaged = |source| ImportError::Parquet { path: path.clone(), source };
        let rows = metadata.metadata().file_metadata().num_rows();
        let rows = u128::try_from(rows).unwrap_or(0).max(1);
        let file =
            File::open(&path).map_err(|source| ImportError::Read { path: path.clone(), source })?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_batch_size(BATCH_ROWS);
        let mut batches = guarded(|| builder.build()).map_err(damaged)?;
        let mut number = 0;
        while let Some(batch) = guarded(|| batches.next().transpose()).map_err(damaged)? {
            for row in 0..batch.num_rows() {
                number += 1;
                let cells: Vec<Cow<'_, str>> =
                    batch.columns().iter().map(|column| text(column, row)).collect();
                let read_to = u128::from(len) * u128::from(number) / rows;
                each(number, &cells, u64::try_from(read_to).unwrap_or(len))?;
            }
        }
        Ok(())
    }
}

/// Whether cells of a type have a text.
fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::Binary | DataType::Boolean | DataType::Date32 => true,
        DataType::Float32 | DataType::Float64 => true,
        DataType::Decimal128(..) | DataType::Decimal256(..) => true,
        DataType::Timestamp(unit, _) => *unit != TimeUnit::Second,
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                fields.iter().all(|field| *field.data_type() == DataType::Utf8)
            }
            _ => false,
        },
        kind => kind.is_integer(),
    }
}

/// A cell as text; none if it is empty. FOCUS counts all time in UTC, so instants need not say so.
fn text(cells: &ArrayRef, row: usize) -> Cow<'_, str> {
    if cells.is_null(row) {
        return Cow::default();
    }
    macro_rules! number {
        ($kind:ty) => {
            cells.as_primitive::<$kind>().value(row).to_string().into()
        };
    }
    let instant = |number: i64, scale: i128| {
        let at = Timestamp::from_nanosecond(i128::from(number) * scale);
        at.map_or(Cow::default(), |at| at.to_string().into())
    };
    match cells.data_type() {
        DataType::Utf8 => Cow::Borrowed(cells.as_string::<i32>().value(row)),
        DataType::Binary => String::from_utf8_lossy(cells.as_binary::<i32>().value(row)),
        DataType::Boolean => cells.as_boolean().value(row).to_string().into(),
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        // The shortest decimal that is this float and no other: what the writing program meant.
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Decimal128(..) => {
            cells.as_primitive::<Decimal128Type>().value_as_string(row).into()
        }
        DataType::Decimal256(..) => {
            cells.as_primitive::<Decimal256Type>().value_as_string(row).into()
        }
        DataType::Date32 => {
            let days = cells.as_primitive::<Date32Type>().value(row);
            let day = date(1970, 1, 1).checked_add(i64::from(days).days());
            day.map_or(Cow::default(), |day| format!("{day}T00:00:00Z").into())
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            instant(cells.as_primitive::<TimestampMillisecondType>().value(row), 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            instant(cells.as_primitive::<TimestampMicrosecondType>().value(row), 1_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            instant(cells.as_primitive::<TimestampNanosecondType>().value(row), 1)
        }
        DataType::Map(..) if is_text(cells.data_type()) => {
            let entries = cells.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let pairs = (0..entries.len()).map(|entry| (text(keys, entry), text(values, entry)));
            // In order, so that one map has one text.
            let pairs: BTreeMap<Cow<'_, str>, Cow<'_, str>> = pairs.collect();
            serde_json::to_string(&pairs).unwrap_or_default().into()
        }
        _ => Cow::default(),
    }
}
