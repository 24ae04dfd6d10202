//! The files: CSV, Parquet, and what says how they were made.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rust_decimal::Decimal;
use serde_json::json;

use super::column::{Column, Holds, PRECISION};
use super::row::{Cell, Row};
use super::{FocusError, Version};
use crate::safe;
use crate::settled::Settled;

/// Comma-separated values with a header. Null is an empty cell.
pub fn csv(columns: &[Column], rows: &[Row]) -> Result<Vec<u8>, FocusError> {
    let failed = |error: csv::Error| FocusError::File(error.into());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| column.name)).map_err(failed)?;
    for row in rows {
        let cells = columns.iter().map(|column| match row.get(column.name) {
            None => String::new(),
            Some(Cell::Text(text)) => safe::cell(text).into_owned(),
            Some(Cell::Decimal(number)) => decimal(*number),
            Some(Cell::Time(at)) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| FocusError::File(error.into_error().into()))
}

/// Always with a point: some readers take a column of whole numbers for integers.
fn decimal(number: Decimal) -> String {
    let number = number.normalize();
    if number.scale() == 0 { format!("{number}.0") } else { number.to_string() }
}

/// Parquet: decimals are decimals, instants are instants.
pub fn parquet(columns: &[Column], rows: &[Row]) -> Result<Vec<u8>, FocusError> {
    let fields = columns.iter().map(|column| {
        let holds = match column.holds {
            Holds::Text => DataType::Utf8,
            Holds::Decimal(scale) => DataType::Decimal128(PRECISION, scale.cast_signed()),
            Holds::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        };
        Field::new(column.name, holds, column.is_nullable)
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let arrays = columns.iter().map(|column| array(*column, rows));
    let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
    let batch = RecordBatch::try_new(schema.clone(), arrays);
    let batch = batch.map_err(|error| FocusError::File(error.into()))?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut bytes = Vec::new();
    let write = || {
        let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties))?;
        writer.write(&batch)?;
        writer.close()
    };
    write().map_err(|error| FocusError::File(error.into()))?;
    Ok(bytes)
}

fn array(column: Column, rows: &[Row]) -> Result<ArrayRef, FocusError> {
    let cells = rows.iter().map(|row| row.get(column.name));
    Ok(match column.holds {
        Holds::Text => Arc::new(StringArray::from_iter(cells.map(|cell| match cell {
            Some(Cell::Text(text)) => Some(text.as_str()),
            _ => None,
        }))),
        Holds::Time => {
            let micros = cells.map(|cell| match cell {
                Some(Cell::Time(at)) => Some(at.as_second() * 1_000_000),
                _ => None,
            });
            Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
        }
        Holds::Decimal(scale) => {
            let units = cells.map(|cell| match cell {
                Some(Cell::Decimal(number)) => units(column, *number, u32::from(scale)).map(Some),
                _ => Ok(None),
            });
            let units = units.collect::<Result<Vec<_>, _>>()?;
            let array = Decimal128Array::from(units);
            let array = array.with_precision_and_scale(PRECISION, scale.cast_signed());
            Arc::new(array.map_err(|error| FocusError::File(error.into()))?)
        }
    })
}

/// A number in units of the last place of its column, exactly.
fn units(column: Column, number: Decimal, scale: u32) -> Result<i128, FocusError> {
    let number = number.normalize();
    let shift = scale.checked_sub(number.scale()).and_then(|places| 10i128.checked_pow(places));
    let units = shift.and_then(|shift| number.mantissa().checked_mul(shift));
    let fits = units.filter(|units| units.unsigned_abs() < 10u128.pow(u32::from(PRECISION)));
    fits.ok_or_else(|| FocusError::Inexact { column: column.name, value: number.to_string() })
}

/// What the specification wants to be said beside the data.
pub fn metadata(
    settled: &Settled<'_>,
    version: Version,
    sets: &[(&str, &[Column], usize)],
) -> Result<Vec<u8>, FocusError> {
    let defined = |column: &Column| match column.holds {
        Holds::Text => json!({ "ColumnName": column.name, "DataType": "STRING" }),
        Holds::Time => json!({ "ColumnName": column.name, "DataType": "DATETIME" }),
        Holds::Decimal(scale) => json!({
            "ColumnName": column.name,
            "DataType": "DECIMAL",
            "NumericPrecision": PRECISION,
            "NumberScale": scale,
        }),
    };
    let sets: Vec<_> = sets
        .iter()
        .map(|(name, columns, rows)| {
            json!({
                "DatasetInstance": name,
                "Rows": rows,
                "DatasetInstanceComplete": true,
                "DatasetInstanceLastUpdated": settled.at.to_string(),
                "ColumnDefinition": columns.iter().map(defined).collect::<Vec<_>>(),
            })
        })
        .collect();
    let metadata = json!({
        "DataGenerator": { "DataGenerator": "Charterparty" },
        "Schema": {
            "SchemaId": format!("charterparty-focus-{version}"),
            "FocusVersion": version.to_string(),
            "CreationDate": settled.at.to_string(),
        },
        "Period": settled.statement.month.to_string(),
        "x_Settlement": settled.hash,
        "Datasets": sets,
    });
    serde_json::to_vec_pretty(&metadata).map_err(|error| FocusError::File(error.into()))
}
