//! Importing Parquet files that other programs wrote.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{MapBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use common::{all_rows, chain, import};
use parquet::arrow::ArrowWriter;
use usage::{Format, Store};

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn instants(micros: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("+00:00"))
}

#[test]
fn other_types_are_read_and_bad_rows_rejected() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("calls.parquet");
    let day = 1_738_368_000_000_000; // 2025-02-01
    let model: Vec<Option<&[u8]>> = vec![Some(b"m"), Some(b"m"), Some(b"\xff"), None, Some(b"m")];
    write(
        &source,
        vec![
            ("at", instants(vec![Some(day), None, Some(day), Some(day), Some(day)])),
            ("model", Arc::new(BinaryArray::from(model))),
            ("channel", Arc::new(StringArray::from(vec!["direct"; 5]))),
            ("input_tokens", Arc::new(Int64Array::from(vec![1, 2, 3, 4, -5]))),
            ("output_tokens", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5_000_000_000]))),
            ("id", Arc::new(Int64Array::from(vec![10, 11, 12, 13, 14]))),
        ],
    );
    let store = Store::open(dir.path().join("usage")).unwrap();
    let imported = import(&store, &source, Format::Parquet).unwrap();
    assert_eq!((imported.read, imported.new, imported.rejected), (5, 1, 4));

    let rejects: Vec<csv::StringRecord> = csv::Reader::from_path(imported.rejects_file.unwrap())
        .unwrap()
        .records()
        .collect::<Result<_, _>>()
        .unwrap();
    let expected = [
        ("2", "`at` is empty"),
        ("3", "`model` is not UTF-8"),
        ("4", "`model` is empty"),
        ("5", "`-5` is not a count of tokens"),
    ];
    for (reject, (row, reason)) in rejects.iter().zip(expected) {
        assert_eq!(&reject[0], row);
        assert!(reject[1].contains(reason), "{reject:?}");
    }
    assert!(rejects[3][1].contains("`5000000000`"));
    assert_eq!(
        &rejects[3][2],
        "2025-02-01T00:00:00Z,direct,chat,m,azure,acme,standard,-5,5000000000"
    );
    assert_eq!(all_rows(&store).into_values().next().unwrap().host, "azure");
    assert_eq!(import(&store, &source, Format::Parquet).unwrap().new, 0);
}

#[test]
fn columns_that_cannot_be_meant_are_refused() {
    let one = || -> ArrayRef { Arc::new(Int64Array::from(vec![1])) };
    let naive: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0]));
    let float: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let at = || instants(vec![Some(0)]);
    let table: Vec<(Vec<(&str, ArrayRef)>, &str)> = vec![
        (
            vec![("at", naive), ("input_tokens", one()), ("output_tokens", one())],
            "expected timestamps in UTC, or text with a zone",
        ),
        (
            vec![("at", at()), ("input_tokens", float), ("output_tokens", one())],
            "column `input_tokens` of",
        ),
        (vec![("at", at()), ("input_tokens", one())], "there is no `output_tokens`"),
        (
            vec![("at", at()), ("input_tokens", one()), ("output_tokens", one()), ("x", one())],
            "`x` is not a column of this format",
        ),
        (
            vec![("at", at()), ("input_tokens", one()), ("output_tokens", one()), ("host", one())],
            "expected text",
        ),
    ];
    for (columns, expected) in table {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("calls.parquet");
        write(&source, columns);
        let store = Store::open(dir.path().join("usage")).unwrap();
        let text = chain(&import(&store, &source, Format::Parquet).unwrap_err());
        assert!(text.contains(expected), "`{text}` should say `{expected}`");
        assert!(!store.root().exists());
    }
}

/// A damaged source is an error at any byte, never a panic, and leaves the store as it was.
#[test]
fn a_damaged_source_is_an_error_and_keeps_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("calls.parquet");
    let rows = 500;
    write(
        &source,
        vec![
            ("at", instants((0..rows).map(Some).collect())),
            ("input_tokens", Arc::new(Int64Array::from_iter_values(0..rows))),
            ("output_tokens", Arc::new(Int64Array::from_iter_values(0..rows))),
        ],
    );
    let whole = std::fs::read(&source).unwrap();
    std::panic::set_hook(Box::new(|_| {}));
    let step = if std::env::var_os("CHARTER_LONG").is_some() { 1 } else { 61 };
    for at in (0..whole.len()).step_by(step) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        std::fs::write(&source, &damaged).unwrap();
        let store = Store::open(dir.path().join("usage")).unwrap();
        // Some flips only change a number, and nothing in the file tells.
        match import(&store, &source, Format::Parquet) {
            Ok(imported) => {
                assert_eq!(imported.read, imported.new + imported.duplicate + imported.rejected);
            }
            Err(_) => assert!(store.partitions(common::FIRST, common::END).unwrap().is_empty()),
        }
        let _ = std::fs::remove_dir_all(store.root());
    }
    let _ = std::panic::take_hook();
    for len in (0..whole.len()).step_by(31) {
        std::fs::write(&source, &whole[..len]).unwrap();
        let store = Store::open(dir.path().join("usage")).unwrap();
        assert!(import(&store, &source, Format::Parquet).is_err(), "cut to {len} bytes");
    }
}

#[test]
fn columns_are_found_under_the_names_they_have() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("calls.parquet");
    write(
        &source,
        vec![
            ("cost", Arc::new(Float64Array::from(vec![0.5]))),
            ("when", instants(vec![Some(1_738_368_000_000_000)])),
            ("prompt", Arc::new(Int64Array::from(vec![1]))),
            ("output_tokens", Arc::new(Int64Array::from(vec![2]))),
            ("deployment", Arc::new(StringArray::from(vec!["m7"]))),
        ],
    );
    let store = Store::open(dir.path().join("usage")).unwrap();
    let mut mapped = common::defaults();
    for (ours, theirs) in [("at", "when"), ("input_tokens", "prompt"), ("model", "deployment")] {
        mapped.columns.insert(ours.into(), theirs.into());
    }
    let imported = store.import(&source, Format::Parquet, &mapped, &mut |_| {}).unwrap();
    assert_eq!((imported.new, imported.rejected), (1, 0));
    let row = all_rows(&store).into_values().next().unwrap();
    assert_eq!((row.tokens.input, row.tokens.output, row.model.as_str()), (1, 2, "m7"));

    mapped.columns.insert("input_tokens".into(), "prompts".into());
    let error = store.import(&source, Format::Parquet, &mapped, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("has no column `prompts` for `input_tokens`; it has cost"));
    mapped.columns.insert("input_tokens".into(), "cost".into());
    let error = store.import(&source, Format::Parquet, &mapped, &mut |_| {}).unwrap_err();
    assert!(chain(&error).contains("holds Float64; expected whole numbers"), "{}", chain(&error));
}

#[test]
fn focus_is_the_same_rows_as_parquet_and_as_csv() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("usage")).unwrap();
    let text = |cells: [&str; 4]| -> ArrayRef {
        let cells = cells.map(|cell| (!cell.is_empty()).then_some(cell));
        Arc::new(StringArray::from(cells.to_vec()))
    };
    let day = 1_740_787_200_000_000; // 2025-03-01
    let hours = |hours: [i64; 4]| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(
            hours.map(|hour| day + hour * 3_600_000_000),
        ))
    };
    let quantities = Float64Array::from(vec![Some(125_000.0), Some(0.25), None, Some(1.0)]);
    let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in 0..4 {
        if row == 0 {
            tags.keys().append_value("team");
            tags.values().append_value("a");
        }
        tags.append(true).unwrap();
    }
    let source = dir.path().join("focus.parquet");
    write(
        &source,
        vec![
            ("ChargeCategory", text(["Usage", "Usage", "Tax", "Usage"])),
            ("ChargePeriodStart", hours([0, 0, 0, 0])),
            ("ChargePeriodEnd", hours([24, 24, 24, 48])),
            ("ConsumedQuantity", Arc::new(quantities)),
            ("ConsumedUnit", text(["Tokens", "1M Tokens", "", "Tokens"])),
            ("SkuMeter", text(["Output tokens", "gpt-4o Input Tokens", "", "gpt-4o Input Tokens"])),
            ("SkuPriceDetails", text([r#"{"x_Model":"o3"}"#, "", "", ""])),
            ("Tags", Arc::new(tags.finish())),
        ],
    );
    let none = usage::Defaults { model: None, ..common::defaults() };
    let mut seen = 0;
    for (new, duplicate) in [(2, 0), (0, 2)] {
        let imported = store
            .import(&source, Format::Focus, &none, &mut |progress| seen = progress.rows)
            .unwrap();
        assert_eq!((imported.new, imported.duplicate, imported.rejected), (new, duplicate, 2));
        let rejects = std::fs::read_to_string(imported.rejects_file.unwrap()).unwrap();
        assert!(rejects.contains("3,`ChargeCategory` is `Tax`"), "{rejects}");
        assert!(rejects.contains("4,\"the charge period spans midnight"), "{rejects}");
    }
    assert_eq!(seen, 4);
    let csv = "ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,\
               SkuMeter,SkuPriceDetails,Tags\n\
        Usage,2025-03-01T00:00:00Z,2025-03-02T00:00:00Z,125000,Tokens,Output tokens,\
            \"{\"\"x_Model\"\":\"\"o3\"\"}\",\"{\"\"team\"\":\"\"a\"\"}\"\n\
        Usage,2025-03-01T00:00:00Z,2025-03-02T00:00:00Z,0.25,1M Tokens,gpt-4o Input Tokens,,{}\n";
    let text = dir.path().join("focus.csv");
    std::fs::write(&text, csv).unwrap();
    let again = store.import(&text, Format::Focus, &none, &mut |_| {}).unwrap();
    assert_eq!((again.new, again.duplicate, again.rejected), (0, 2, 0));
    let tokens: u32 = all_rows(&store).into_values().map(|row| row.tokens.total()).sum();
    assert_eq!(tokens, 125_000 + 250_000);

    write(&source, vec![("ChargeCategory", hours([0, 0, 0, 0]))]);
    let error = store.import(&source, Format::Focus, &none, &mut |_| {}).unwrap_err();
    assert!(chain(&error).contains("there is no `ChargePeriodStart`"), "{}", chain(&error));
}
