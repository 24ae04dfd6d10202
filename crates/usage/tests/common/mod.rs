//! What the tests of this crate share.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampNanosecondType, UInt32Type};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use usage::{
    Defaults, Event, EventId, Format, Generate, ImportError, Imported, Shape, Store, Stream,
    Tokens, generate,
};

/// The published traces, or `None` (having said so) where this checkout has none.
pub fn trace(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("CHARTER_SHARED").map_or(beside, PathBuf::from);
    let path = shared.join("data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: `{}` is not there; set CHARTER_SHARED", path.display());
    None
}

pub fn defaults() -> Defaults {
    Defaults {
        channel: Some("direct".into()),
        product: Some("chat".into()),
        model: Some("gpt-4".into()),
        host: Some("azure".into()),
        customer: Some("acme".into()),
        ..Defaults::default()
    }
}

/// Generated calls of February 2025, all alike in their names.
pub fn calls(number: u64, seed: u64) -> Vec<Event> {
    let stream = Stream {
        channel: "direct".into(),
        product: "chat".into(),
        model: "gpt-4".into(),
        host: "azure".into(),
        customer: "acme".into(),
        weight: 1,
        shape: Shape::Conversation,
    };
    generate(&Generate { month: date(2025, 2, 1), calls: number, seed, mix: vec![stream] })
        .collect()
}

pub fn import(store: &Store, source: &Path, format: Format) -> Result<Imported, ImportError> {
    store.import(source, format, &defaults(), &mut |_| {})
}

/// Writes `content` to a new file beside the store and imports it.
pub fn import_text(store: &Store, format: Format, content: &[u8]) -> Result<Imported, ImportError> {
    let source = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(source.path(), content).expect("the file can be written");
    import(store, source.path(), format)
}

pub const FIRST: Date = date(1677, 1, 1);
pub const END: Date = date(2263, 1, 1);

/// Every row of a store, by id, having checked each segment's order and day on the way.
pub fn all_rows(store: &Store) -> BTreeMap<EventId, Event> {
    let mut rows = BTreeMap::new();
    for partition in store.partitions(FIRST, END).expect("the store is whole") {
        let mut of_day = 0;
        for segment in &partition.segments {
            let events = events(segment.name());
            assert!(events.is_sorted_by_key(|event| (event.at, event.id)), "{segment:?}");
            for event in events {
                assert_eq!(usage::day_of(event.at), partition.day);
                of_day += 1;
                assert_eq!(rows.insert(event.id, event), None, "an id is kept once");
            }
        }
        assert_eq!(of_day, partition.rows);
    }
    rows
}

/// The rows of one segment, read with nothing but Arrow.
pub fn events(segment: &Path) -> Vec<Event> {
    let file = File::open(segment).expect("the segment is there");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("it is Parquet");
    let mut events = Vec::new();
    for batch in builder.build().expect("it can be read") {
        let batch = batch.expect("it is whole");
        let name = |column: usize, row: usize| {
            let cells = batch.column(column).as_dictionary::<Int32Type>();
            let names = cells.values().as_string::<i32>();
            names.value(usize::try_from(cells.keys().value(row)).expect("a code")).to_owned()
        };
        let count = |column: usize, row: usize| {
            batch.column(column).as_primitive::<UInt32Type>().value(row)
        };
        for row in 0..batch.num_rows() {
            let id = batch.column(0).as_fixed_size_binary().value(row);
            let at = batch.column(1).as_primitive::<TimestampNanosecondType>().value(row);
            events.push(Event {
                id: EventId::from_bits(u128::from_be_bytes(id.try_into().expect("16 bytes"))),
                at: Timestamp::from_nanosecond(at.into()).expect("an instant"),
                channel: name(2, row),
                product: name(3, row),
                model: name(4, row),
                host: name(5, row),
                customer: name(6, row),
                tier: name(7, row),
                calls: count(8, row),
                tokens: Tokens::of_classes(std::array::from_fn(|class| count(9 + class, row))),
            });
        }
    }
    events
}

/// An error with all its causes, as an operator would read it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
