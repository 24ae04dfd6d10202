//! Partitions, fingerprints, and files that do not belong.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow_array::{RecordBatch, UInt32Array};
use common::{END, FIRST, all_rows, chain};
use jiff::civil::date;
use parquet::arrow::ArrowWriter;
use usage::{AppendError, Event, EventId, Fingerprint, Generate, Shape, Store, Stream, generate};

fn month(calls: u64) -> Generate {
    let stream = |channel: &str, shape, weight| Stream {
        channel: channel.into(),
        product: "chat".into(),
        model: "gpt-4".into(),
        host: "azure".into(),
        customer: "acme".into(),
        weight,
        shape,
    };
    let mix =
        vec![stream("direct", Shape::Conversation, 3), stream("azure-openai", Shape::Code, 1)];
    Generate { month: date(2025, 2, 1), calls, seed: 7, mix }
}

fn filled(calls: u64, buffer_rows: usize) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap().with_buffer_rows(buffer_rows);
    let appended = store.append(generate(&month(calls)), &mut |_| {}).unwrap();
    assert_eq!((appended.read, appended.new), (calls, calls));
    (dir, store)
}

#[test]
fn a_partition_does_not_depend_on_the_split_into_segments() {
    let (_a, large) = filled(3000, usize::MAX);
    let (_b, small) = filled(3000, 17);
    let (one, many) =
        (large.partitions(FIRST, END).unwrap(), small.partitions(FIRST, END).unwrap());
    assert_eq!(one.len(), 28);
    assert!(many.iter().map(|day| day.segments.len()).sum::<usize>() > 150);
    for (one, many) in one.iter().zip(&many) {
        assert_eq!((one.day, one.rows, one.fingerprint), (many.day, many.rows, many.fingerprint));
    }
    assert_eq!(all_rows(&large), all_rows(&small));
    let ids = all_rows(&large).into_keys();
    let whole =
        one.iter().map(|day| day.fingerprint).fold(Fingerprint::default(), Fingerprint::and);
    assert_eq!(ids.collect::<Fingerprint>(), whole);
}

#[test]
fn days_are_half_open_and_an_absent_store_has_none() {
    let (_dir, store) = filled(1000, 1000);
    let days = |from, until| -> Vec<_> {
        store.partitions(from, until).unwrap().into_iter().map(|found| found.day).collect()
    };
    let (third, fifth) = (date(2025, 2, 3), date(2025, 2, 5));
    assert_eq!(days(third, fifth), [third, date(2025, 2, 4)]);
    assert_eq!(days(third, third), []);
    assert_eq!(days(fifth, third), []);

    let nowhere = Store::open(store.root().join("none")).unwrap();
    assert_eq!(nowhere.partitions(FIRST, END).unwrap(), []);
    assert!(!nowhere.root().exists());
}

#[test]
fn a_day_ends_with_its_last_nanosecond_in_utc() {
    let table = [
        ("2025-02-28T23:59:59.999999999Z", date(2025, 2, 28)),
        ("2025-03-01T00:00:00Z", date(2025, 3, 1)),
        ("2025-03-01T00:59:59+01:00", date(2025, 2, 28)),
        ("1969-12-31T23:59:59.999999999Z", date(1969, 12, 31)),
        ("1970-01-01T00:00:00Z", date(1970, 1, 1)),
    ];
    let model = generate(&month(1)).next().unwrap();
    for (at, day) in table {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let event = Event { at: at.parse().unwrap(), ..model.clone() };
        let appended = store.append([event.clone()], &mut |_| {}).unwrap();
        assert_eq!(appended.days, [(day, 1)].into(), "{at}");
        assert_eq!(all_rows(&store).into_values().next(), Some(event));
    }
}

#[test]
fn appending_again_adds_nothing() {
    let (_dir, store) = filled(2000, 300);
    let again = store.append(generate(&month(2000)), &mut |_| {}).unwrap();
    assert_eq!((again.new, again.duplicate), (0, 2000));
}

#[test]
fn an_event_that_cannot_be_kept_keeps_all_out() {
    let good = generate(&month(1)).next().unwrap();
    let nameless = Event { id: EventId::from_bits(1), product: String::new(), ..good.clone() };
    let ancient = Event { at: "1066-10-14T09:00:00Z".parse().unwrap(), ..good.clone() };
    for bad in [nameless, ancient] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap().with_buffer_rows(1);
        let error = store.append([good.clone(), bad], &mut |_| {}).unwrap_err();
        assert!(!matches!(error, AppendError::Store(_)), "{error}");
        assert_eq!(store.partitions(FIRST, END).unwrap(), []);
    }
}

#[test]
fn strange_files_are_named_and_stray_ones_ignored() {
    let (_dir, store) = filled(100, 1000);
    let day = store.root().join("day=2025-02-03");
    fs::write(day.join(".DS_Store"), "x").unwrap();
    fs::write(store.root().join("notes.txt"), "x").unwrap();
    fs::create_dir(store.root().join("day=2025-03-01")).unwrap();
    assert_eq!(store.partitions(FIRST, END).unwrap().len(), 28);

    let strange = day.join("strange.parquet");
    let column = RecordBatch::try_from_iter([(
        "tokens",
        Arc::new(UInt32Array::from(vec![1])) as arrow_array::ArrayRef,
    )])
    .unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(&strange).unwrap(), column.schema(), None).unwrap();
    writer.write(&column).unwrap();
    writer.close().unwrap();
    let text = chain(&store.partitions(FIRST, END).unwrap_err());
    assert!(text.contains("strange.parquet") && text.contains("column 1 is `tokens`"), "{text}");

    fs::write(&strange, "not Parquet at all").unwrap();
    let text = chain(&store.partitions(FIRST, END).unwrap_err());
    assert!(text.contains("strange.parquet") && text.contains("damaged"), "{text}");
    let text = chain(&store.append(generate(&month(100)), &mut |_| {}).unwrap_err());
    assert!(text.contains("strange.parquet"), "a writer must know every id of the day: {text}");

    fs::create_dir(store.root().join("day=2025-02-31")).unwrap();
    let text = chain(&store.partitions(FIRST, END).unwrap_err());
    assert!(text.contains("is not named for a day"), "{text}");
}

#[test]
fn an_id_is_read_as_it_is_printed() {
    let id = EventId::of_text("call-7");
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(EventId::of_text(&id.to_string()), id, "our own ids stand for themselves");
    assert_ne!(EventId::of_text(&id.to_string().to_uppercase()), id);
    for bad in ["", "call-7", "+0000000000000000000000000000001", &"0".repeat(33)] {
        let error = bad.parse::<EventId>().unwrap_err().to_string();
        assert!(error.ends_with("expected 32 hexadecimal digits"), "{error}");
    }
}

#[test]
fn a_second_writer_waits_for_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap().with_buffer_rows(50);
    let request = month(2000);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| store.append(generate(&request), &mut |_| {}).unwrap().new))
            .collect();
        let new: u64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        assert_eq!(new, 2000, "each call is new to one of them");
    });
    assert_eq!(all_rows(&store).len(), 2000);
}

#[test]
fn a_days_rows_are_read_from_any_place_on() {
    let dir = tempfile::tempdir().unwrap();
    // Some segments, some of them of more than one batch of their reader.
    let store = Store::open(dir.path()).unwrap().with_buffer_rows(20_000);
    let at = "2025-02-03T12:00:00Z".parse().unwrap();
    let calls = common::calls(50_000, 3).into_iter().map(|call| Event { at, ..call });
    store.append(calls, &mut |_| {}).unwrap();
    let day = &store.partitions(FIRST, END).unwrap()[0];
    assert_eq!((day.rows, day.segments.len()), (50_000, 3));
    let from = |first, most| {
        let mut found = Vec::new();
        day.events_from(first, |place, event| {
            found.push((place, event.id));
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
        found
    };
    let all = from(0, usize::MAX);
    assert!(all.iter().map(|(place, _)| *place).eq(0..50_000));
    for first in [1, 16_383, 16_384, 19_999, 20_000, 20_001, 40_000, 49_999] {
        let at = usize::try_from(first).unwrap();
        assert_eq!(from(first, usize::MAX), all[at..], "{first}");
        assert_eq!(from(first, 2), all[at..50_000.min(at + 2)], "{first}");
    }
    assert_eq!(from(50_000, 1), []);
}
