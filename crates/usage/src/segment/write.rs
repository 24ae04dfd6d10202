//! Writing a segment.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::FixedSizeBinaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, TimestampNanosecondArray,
    UInt32Array,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::footer::Footer;
use crate::day::{day_from_number, day_number};
use crate::schema::{self, AT, ID, NAMES};
use crate::store::StoreError;
use crate::tokens::CLASSES;
use crate::{EventId, Fingerprint, GroupSums, Tokens};

/// One call on its way to a segment. Names are codes into a table the buffer keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub id: EventId,
    pub at_ns: i64,
    /// By the columns of [`NAMES`].
    pub names: [u32; NAMES.len()],
    pub calls: u32,
    pub tokens: [u32; CLASSES],
}

/// Rows handed to the Parquet writer at a time.
const BATCH_ROWS: usize = 1 << 16;

/// Rows in a row group: a full buffer of one day makes a segment of one group.
const GROUP_ROWS: usize = 1 << 20;

/// Writes `rows` to a new file and syncs it. There must be one at least, all of one day and
/// sorted by `(at, id)`.
pub(crate) fn write(path: &Path, rows: &[Row], names: &[Arc<str>]) -> Result<Footer, StoreError> {
    debug_assert!(rows.is_sorted_by_key(|row| (row.at_ns, row.id)));
    let file = File::create_new(path).map_err(|error| StoreError::io("create", path, error))?;
    let footer = Footer {
        day: day_from_number(day_number(rows[0].at_ns)),
        rows: rows.len() as u64,
        fingerprint: rows.iter().map(|row| row.id).collect(),
        sums: sums_of(rows, names),
    };
    let written = write_parquet(&file, rows, names, &footer);
    written
        .map_err(std::io::Error::other)
        .and_then(|()| file.sync_all())
        .map_err(|error| StoreError::io("write", path, error))?;
    Ok(footer)
}

fn sums_of(rows: &[Row], names: &[Arc<str>]) -> Fingerprint {
    let mut groups: HashMap<[u32; 5], (u64, u64, [u128; CLASSES])> = HashMap::new();
    for row in rows {
        let [channel, product, model, host, _, tier] = row.names;
        let key = [channel, product, model, host, tier];
        let (events, calls, tokens) = groups.entry(key).or_default();
        *events += 1;
        *calls += u64::from(row.calls);
        for (sum, count) in tokens.iter_mut().zip(row.tokens) {
            *sum += u128::from(count);
        }
    }
    Fingerprint::of_sums(groups.iter().map(|(codes, (events, calls, tokens))| GroupSums {
        names: codes.map(|code| &*names[code as usize]),
        events: *events,
        calls: *calls,
        tokens: Tokens::of_classes(*tokens),
    }))
}

fn write_parquet(
    file: &File,
    rows: &[Row],
    names: &[Arc<str>],
    footer: &Footer,
) -> Result<(), ParquetError> {
    let dictionaries: [Dictionary; NAMES.len()] =
        std::array::from_fn(|column| Dictionary::of(rows, column, names));
    let mut writer = ArrowWriter::try_new(file, schema::schema(), Some(properties(footer)))?;
    for rows in rows.chunks(BATCH_ROWS) {
        writer.write(&batch(rows, &dictionaries)?)?;
    }
    writer.close().map(|_| ())
}

fn batch(
    rows: &[Row],
    dictionaries: &[Dictionary; NAMES.len()],
) -> Result<RecordBatch, ParquetError> {
    let mut ids = FixedSizeBinaryBuilder::with_capacity(rows.len(), 16);
    for row in rows {
        ids.append_value(row.id.bits().to_be_bytes())?;
    }
    let at = TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.at_ns));
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(ids.finish()), Arc::new(at.with_timezone("UTC"))];
    for (column, dictionary) in dictionaries.iter().enumerate() {
        columns.push(Arc::new(dictionary.encode(rows, column)?));
    }
    let calls = rows.iter().map(|row| row.calls);
    columns.push(Arc::new(UInt32Array::from_iter_values(calls)));
    for class in 0..CLASSES {
        let counts = rows.iter().map(|row| row.tokens[class]);
        columns.push(Arc::new(UInt32Array::from_iter_values(counts)));
    }
    Ok(RecordBatch::try_new(schema::schema(), columns)?)
}

/// The distinct names of one column of one segment.
struct Dictionary {
    /// From the buffer's code to the segment's.
    codes: HashMap<u32, i32>,
    names: ArrayRef,
}

impl Dictionary {
    fn of(rows: &[Row], column: usize, names: &[Arc<str>]) -> Self {
        let mut codes = HashMap::new();
        let mut used: Vec<&str> = Vec::new();
        for row in rows {
            let code = row.names[column];
            codes.entry(code).or_insert_with(|| {
                used.push(&names[code as usize]);
                i32::try_from(used.len() - 1).expect("a buffer holds fewer than 2^31 rows")
            });
        }
        Self { codes, names: Arc::new(StringArray::from(used)) }
    }

    fn encode(
        &self,
        rows: &[Row],
        column: usize,
    ) -> Result<DictionaryArray<Int32Type>, ParquetError> {
        let keys = rows.iter().map(|row| self.codes[&row.names[column]]);
        Ok(DictionaryArray::try_new(Int32Array::from_iter_values(keys), self.names.clone())?)
    }
}

/// How a segment is laid out, chosen for the settlement scan, which reads all but three columns.
///
/// Names and token counts repeat, so dictionary codes packed to a few bits are both small and
/// quick to read. Ids are random: nothing makes them smaller, so nothing is tried.
fn properties(footer: &Footer) -> WriterProperties {
    let pair = |(key, value): (&'static str, String)| KeyValue::new(key.to_owned(), value);
    let ascending =
        |column_idx| SortingColumn { column_idx, descending: false, nulls_first: false };
    let mut properties = WriterProperties::builder()
        .set_created_by("charterparty".to_owned())
        .set_key_value_metadata(Some(footer.metadata().into_iter().map(pair).collect()))
        .set_sorting_columns(Some(vec![ascending(1), ascending(0)]))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(GROUP_ROWS)
        .set_compression(Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(ID.into(), false)
        .set_column_statistics_enabled(ID.into(), EnabledStatistics::None)
        .set_column_dictionary_enabled(AT.into(), false)
        .set_column_encoding(AT.into(), Encoding::DELTA_BINARY_PACKED);
    for name in NAMES {
        let column = ColumnPath::from(name);
        properties = properties.set_column_dictionary_page_size_limit(column, 1 << 24);
    }
    properties.build()
}
