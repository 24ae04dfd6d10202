//! The scan against its meaning: every call rated by itself, and files that are not what they were.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::collection::vec;
use proptest::prelude::*;
use settlement::scan::{ScanError, Usage, scan, sums};
use usage::{
    CLASSES, Event, EventId, Generate, Partition, STANDARD, Shape, Store, Stream, Tokens, day_of,
    generate, schema,
};

const FIRST: Date = date(1970, 1, 1);
const END: Date = date(2100, 1, 1);

fn any_event() -> impl Strategy<Value = Event> {
    // Often all the same, which is read in another way.
    let names = prop_oneof![vec("[a-c]", 6), vec("a", 6)];
    // The longest counts matter: they are where a narrow sum would overflow.
    let count = prop_oneof![0u32..5000, Just(u32::MAX), any::<u32>()];
    let tokens = (vec(count, CLASSES), 0usize..=CLASSES);
    let calls = prop_oneof![Just(1u32), 1u32..];
    (any::<u128>(), 0i64..3, names, calls, tokens).prop_map(
        |(id, day, names, calls, (tokens, used))| Event {
            id: EventId::from_bits(id),
            at: Timestamp::from_second(day * 86_400 + 43_200).unwrap(),
            channel: names[0].clone(),
            product: names[1].clone(),
            model: names[2].clone(),
            host: names[3].clone(),
            customer: names[4].clone(),
            tier: names[5].clone(),
            calls,
            tokens: Tokens::of_classes(std::array::from_fn(|class| {
                if class < used { tokens[class] } else { 0 }
            })),
        },
    )
}

/// What the scan should say, from the calls themselves.
fn by_hand(events: &[Event]) -> Vec<Usage> {
    let mut groups: BTreeMap<_, Usage> = BTreeMap::new();
    for event in events {
        let Event { channel, product, model, host, tier, .. } = event.clone();
        let day = day_of(event.at);
        let group = groups
            .entry([&channel, &product, &model, &host, &tier].map(|name| (day, name.clone())))
            .or_insert(Usage {
                day,
                channel,
                product,
                model,
                host,
                tier,
                events: 0,
                calls: 0,
                tokens: Tokens::default(),
            });
        group.events += 1;
        group.calls += u64::from(event.calls);
        let (mut sums, more) = (group.tokens.by_class(), event.tokens.by_class());
        sums.iter_mut().zip(more).for_each(|(sum, count)| *sum += u128::from(count));
        group.tokens = Tokens::of_classes(sums);
    }
    groups.into_values().collect()
}

fn store_of(events: &[Event], buffer_rows: usize) -> (tempfile::TempDir, Vec<Partition>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap().with_buffer_rows(buffer_rows);
    store.append(events.iter().cloned(), &mut |_| {}).unwrap();
    let partitions = store.partitions(FIRST, END).unwrap();
    (dir, partitions)
}

/// A price per token, in billionths of a dollar, that depends on model, channel, day and class.
fn price(day: Date, channel: &str, model: &str, class: i128) -> i128 {
    let letter = |name: &str| i128::from(name.as_bytes()[0]);
    letter(model) * 1009 + letter(channel) * 31 + i128::from(day.day()) * 7 + class * 100_003
}

fn amount(day: Date, channel: &str, model: &str, tokens: [i128; CLASSES]) -> i128 {
    tokens.into_iter().zip(0..).map(|(sum, class)| sum * price(day, channel, model, class)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    /// However the calls are split into segments, the scan says what the calls say.
    #[test]
    fn the_scan_adds_up_every_call(
        events in vec(any_event(), 0..80),
        buffer_rows in 1usize..90,
    ) {
        let (_dir, partitions) = store_of(&events, buffer_rows);
        let mut seen = Vec::new();
        let groups = scan(&partitions, &mut |rows| seen.push(rows)).unwrap();
        prop_assert_eq!(&groups, &by_hand(&events));
        prop_assert_eq!(sums(&partitions, &mut |_| {}).unwrap(), groups);
        prop_assert!(seen.is_sorted());
        prop_assert_eq!(seen.last().copied().unwrap_or(0), events.len() as u64);
    }

    /// The invariant of `scan.rs`: rating sums is rating calls, to the last digit.
    #[test]
    fn rating_a_group_is_rating_each_of_its_calls(events in vec(any_event(), 0..80)) {
        let (_dir, partitions) = store_of(&events, 1000);
        let by_call: i128 = events
            .iter()
            .map(|event| {
                let tokens = event.tokens.by_class().map(i128::from);
                amount(day_of(event.at), &event.channel, &event.model, tokens)
            })
            .sum();
        let by_group: i128 = scan(&partitions, &mut |_| {})
            .unwrap()
            .iter()
            .map(|group| {
                let tokens = group.tokens.by_class().map(|sum| i128::try_from(sum).unwrap());
                amount(group.day, &group.channel, &group.model, tokens)
            })
            .sum();
        prop_assert_eq!(by_group, by_call);
    }
}

/// Four columns with so many names that no table of all combinations would fit in memory.
#[test]
fn many_names_are_added_up_too() {
    let events: Vec<Event> = (0..3000u32)
        .map(|call| Event {
            id: EventId::from_bits(call.into()),
            at: Timestamp::UNIX_EPOCH,
            channel: format!("channel-{}", call % 991),
            product: format!("product-{}", call % 997),
            model: format!("model-{}", call % 1000),
            host: format!("host-{}", call % 1009),
            customer: "c".into(),
            tier: STANDARD.into(),
            calls: 1,
            tokens: Tokens { input: call, cached: 1, output: u32::MAX, ..Tokens::default() },
        })
        .collect();
    let (_dir, partitions) = store_of(&events, 10_000);
    assert_eq!(scan(&partitions, &mut |_| {}).unwrap(), by_hand(&events));
}

fn busy_day() -> (tempfile::TempDir, Vec<Partition>, Vec<Usage>) {
    let stream = |channel: &str, model: &str| Stream {
        channel: channel.into(),
        product: "chat".into(),
        model: model.into(),
        host: "azure".into(),
        customer: "acme".into(),
        weight: 1,
        shape: Shape::Code,
    };
    let mix = vec![stream("direct", "gpt-4"), stream("azure-openai", "gpt-4o")];
    let request = Generate { month: date(2025, 2, 1), calls: 8000, seed: 3, mix };
    let third = date(2025, 2, 3);
    let events: Vec<Event> = generate(&request).filter(|event| day_of(event.at) == third).collect();
    let (dir, partitions) = store_of(&events, 10_000);
    let groups = scan(&partitions, &mut |_| {}).unwrap();
    assert_eq!(groups, by_hand(&events));
    assert_eq!((partitions.len(), partitions[0].segments.len()), (1, 1));
    (dir, partitions, groups)
}

/// Any one byte of a segment may change: then the scan is refused, naming the file, or the byte
/// was one that no amount depends on.
#[test]
fn a_damaged_segment_never_changes_an_amount() {
    let (_dir, partitions, groups) = busy_day();
    let path = &partitions[0].segments[0].name().to_path_buf();
    let whole = fs::read(path).unwrap();
    let step = if std::env::var_os("CHARTER_LONG").is_some() { 1 } else { 13 };
    // The Parquet reader panics on some damage, inside the guard; its stories would fill the log.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut refused, mut wrong) = (0, Vec::new());
    for at in (0..whole.len()).step_by(step) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(path, &damaged).unwrap();
        match catch_unwind(AssertUnwindSafe(|| scan(&partitions, &mut |_| {}))) {
            Ok(Ok(found)) if found == groups => {}
            Ok(Err(ScanError::Segment { path: named, .. })) if named == *path => refused += 1,
            // A fingerprint in the footer was hit.
            Ok(Err(ScanError::Changed { day })) if day == partitions[0].day => refused += 1,
            Ok(other) => wrong.push(format!("byte {at}: {other:?}")),
            Err(_) => wrong.push(format!("byte {at}: a panic")),
        }
    }
    let _ = std::panic::take_hook();
    assert_eq!(wrong, [] as [String; 0]);
    assert!(refused > 100, "refused {refused}");
}

#[test]
fn what_is_not_a_segment_of_the_day_is_refused_by_name() {
    type Spoil = fn(&PathBuf);
    let table: &[(&str, Spoil, &str)] = &[
        (
            "cut short",
            |path| {
                let whole = fs::read(path).unwrap();
                fs::write(path, &whole[..whole.len() - 100]).unwrap();
            },
            "damaged, cut short, or not Parquet",
        ),
        ("empty", |path| fs::write(path, "").unwrap(), "damaged, cut short, or not Parquet"),
        ("gone", |path| fs::remove_file(path).unwrap(), "the file cannot be read"),
        (
            "other columns",
            |path| {
                let column = Arc::new(UInt32Array::from(vec![1])) as ArrayRef;
                write(path, RecordBatch::try_from_iter([("tokens", column)]).unwrap());
            },
            "its columns are not those of a usage segment (column 1 is `tokens`, expected `id`)",
        ),
        (
            "names that are not dictionaries",
            |path| {
                let batch = first_batch(path);
                let mut columns = named_columns(&batch);
                columns[2].1 = Arc::new(StringArray::from(vec!["direct"; batch.num_rows()]));
                write(path, RecordBatch::try_from_iter(columns).unwrap());
            },
            "column `channel` is Utf8, expected Dictionary(Int32, Utf8)",
        ),
        (
            "an empty cell",
            |path| {
                let batch = first_batch(path);
                let mut columns = named_columns(&batch);
                let counts = (0..batch.num_rows()).map(|row| (row > 0).then_some(1));
                columns[9].1 = Arc::new(counts.collect::<UInt32Array>());
                write(path, RecordBatch::try_from_iter(columns).unwrap());
            },
            "column `input_tokens` may be empty, expected a value in every row",
        ),
        (
            "the right columns from elsewhere",
            |path| {
                let batch = first_batch(path);
                write(path, RecordBatch::try_new(schema(), batch.columns().to_vec()).unwrap());
            },
            "its footer has no `charterparty.day`, so another program wrote it",
        ),
    ];
    for (what, spoil, expected) in table {
        let (_dir, partitions, _) = busy_day();
        let path = &partitions[0].segments[0].name().to_path_buf();
        spoil(path);
        let error = scan(&partitions, &mut |_| {}).unwrap_err();
        let text = format!("{error}: {}", error.source().unwrap());
        assert!(text.contains(&path.display().to_string()), "{what}: `{text}` names the file");
        assert!(text.contains(expected), "{what}: `{text}` should say `{expected}`");
    }
}

#[test]
fn a_partition_that_is_not_what_it_was_is_refused() {
    let (_dir, mut partitions, _) = busy_day();
    partitions[0].rows += 1;
    let error = scan(&partitions, &mut |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the usage of 2025-02-03 is not what it was when it was listed; list it and scan again"
    );

    let (_dir, mut partitions, _) = busy_day();
    partitions[0].day = date(2025, 2, 4);
    let error = scan(&partitions, &mut |_| {}).unwrap_err();
    let cause = error.source().unwrap().to_string();
    assert_eq!(cause, "its calls were made on 2025-02-03; move it back to the folder of that day");
}

/// Whatever has become of the sums beside a segment, what is added up is the segment.
#[test]
fn sums_that_are_not_the_segments_own_are_not_taken() {
    let (_dir, partitions, groups) = busy_day();
    let path = partitions[0].segments[0].name().with_extension("sums");
    let whole = fs::read(&path).unwrap();
    assert_eq!(sums(&partitions, &mut |_| {}).unwrap(), groups);
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&path, &damaged).unwrap();
        assert_eq!(sums(&partitions, &mut |_| {}).unwrap(), groups, "byte {at}");
        if at % 50 == 0 {
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(sums(&partitions, &mut |_| {}).unwrap(), groups, "cut at {at}");
        }
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(sums(&partitions, &mut |_| {}).unwrap(), groups);

    let (_other, others, _) = busy_day();
    let column = RecordBatch::try_from_iter([("x", Arc::new(UInt32Array::from(vec![1])) as _)]);
    write(&others[0].segments[0].name().to_path_buf(), column.unwrap());
    assert!(sums(&others, &mut |_| {}).is_err(), "they are nothing without their segment");
}

#[test]
fn nothing_adds_up_to_nothing() {
    assert_eq!(scan(&[], &mut |_| panic!("there is no row")).unwrap(), []);
}

fn first_batch(path: &PathBuf) -> RecordBatch {
    let file = File::open(path).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    builder.build().unwrap().next().unwrap().unwrap()
}

fn named_columns(batch: &RecordBatch) -> Vec<(String, ArrayRef)> {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    names.zip(batch.columns().iter().cloned()).collect()
}

fn write(path: &PathBuf, batch: RecordBatch) {
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}
