//! A Parquet file is read as a CSV file that says the same, row for row, whatever is wrong with rows.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt32Array,
};
use common::{all_rows, import};
use jiff::Timestamp;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use usage::{Format, Imported, Store};

/// One row, as both files say it.
#[derive(Debug, Clone)]
struct Said {
    minute: i64,
    channel: &'static str,
    model: String,
    input: i64,
    output: u32,
    calls: i64,
    id: String,
}

fn said() -> impl Strategy<Value = Said> {
    let channel = prop::sample::select(vec!["direct", "azure-openai", " direct ", "", "  "]);
    // Mostly good, and with the same names in many rows.
    let channel = prop_oneof![9 => Just("direct"), 1 => channel];
    let model = prop_oneof![9 => "m[0-9]", 1 => Just("m".repeat(600)), 1 => "[a-z]{1,3}"];
    let input = prop_oneof![12 => 0..50i64, 1 => Just(-1), 1 => Just(1 << 32)];
    let calls = prop_oneof![12 => 1..3i64, 1 => Just(0)];
    let id = prop_oneof![12 => "[a-z]{2}", 1 => Just(String::new()), 1 => Just(" x ".to_owned())];
    // The last minutes are beyond the end.
    (0..5000i64, channel, model, input, 0..3u32, calls, id).prop_map(
        |(minute, channel, model, input, output, calls, id)| Said {
            minute,
            channel,
            model,
            input,
            output,
            calls,
            id,
        },
    )
}

const START: i64 = 1_738_368_000; // 2025-02-01
const END: &str = "2025-02-04T10:00:00Z";

fn csv(path: &Path, rows: &[Said], has_ids: bool) {
    let mut text = "at,channel,model,input_tokens,output_tokens,calls".to_owned();
    text += if has_ids { ",id\n" } else { "\n" };
    for row in rows {
        let at = Timestamp::from_second(START + row.minute * 60).unwrap();
        let Said { channel, model, input, output, calls, id, .. } = row;
        text += &format!("{at},{channel},{model},{input},{output},{calls}");
        text += &if has_ids { format!(",{id}\n") } else { "\n".to_owned() };
    }
    std::fs::write(path, text).unwrap();
}

fn parquet(path: &Path, rows: &[Said], has_ids: bool, group_rows: usize, is_dictionary: bool) {
    let at = rows.iter().map(|row| (START + row.minute * 60) * 1_000_000);
    let at = TimestampMicrosecondArray::from_iter_values(at).with_timezone("+00:00");
    let channels: DictionaryArray<Int32Type> = rows.iter().map(|row| row.channel).collect();
    let models = StringArray::from_iter_values(rows.iter().map(|row| &row.model));
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("at", Arc::new(at)),
        ("channel", Arc::new(channels)),
        ("model", Arc::new(models)),
        ("input_tokens", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.input)))),
        (
            "output_tokens",
            Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.output))),
        ),
        ("calls", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.calls)))),
    ];
    if has_ids {
        columns
            .push(("id", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.id)))));
    }
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_dictionary_enabled(is_dictionary)
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Lines and reasons of what was rejected, in the order of lines.
fn rejects(imported: &Imported, before: u64) -> Vec<(u64, String)> {
    let Some(path) = &imported.rejects_file else { return Vec::new() };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    let mut all: Vec<(u64, String)> =
        rows.map(|row| (row[0].parse::<u64>().unwrap() - before, row[1].to_owned())).collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn columns_say_what_rows_say(
        rows in prop::collection::vec(said(), 1..150),
        buffer_rows in 1..200usize,
        group_rows in 1..200usize,
        is_dictionary: bool,
        has_ids: bool,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let sources = [dir.path().join("calls.csv"), dir.path().join("calls.parquet")];
        csv(&sources[0], &rows, has_ids);
        parquet(&sources[1], &rows, has_ids, group_rows, is_dictionary);
        let open = |name| {
            let store = Store::open(dir.path().join(name)).unwrap().with_buffer_rows(buffer_rows);
            store.with_end(END.parse().unwrap())
        };
        let stores = [open("a"), open("b")];
        let by_row = import(&stores[0], &sources[0], Format::Csv).unwrap();
        let by_column = import(&stores[1], &sources[1], Format::Parquet).unwrap();
        prop_assert_eq!(rejects(&by_row, 1), rejects(&by_column, 0));
        let counts = |of: &Imported| (of.read, of.new, of.duplicate, of.rejected, of.days.clone());
        prop_assert_eq!(counts(&by_row), counts(&by_column));
        prop_assert_eq!(all_rows(&stores[0]), all_rows(&stores[1]));

        // And once more: nothing is new, whichever way it comes.
        let again = import(&stores[0], &sources[1], Format::Parquet).unwrap();
        prop_assert_eq!((again.new, again.rejected), (0, by_row.rejected));
    }
}
