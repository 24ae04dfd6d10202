//! Merging segments: the rows stay the same, whoever reads and whenever the work is cut short.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::all_rows;
use jiff::civil::{Date, date};
use usage::{Event, EventId, Generate, Shape, Store, Stream, day_of, generate};

const DAY: Date = date(2025, 2, 3);

/// Set for the child: the store.
const CHILD: &str = "CHARTER_TEST_COMPACT";

fn calls(count: usize) -> Vec<Event> {
    let stream = |customer: &str| Stream {
        channel: "direct".into(),
        product: "chat".into(),
        model: "gpt-4".into(),
        host: "azure".into(),
        customer: customer.into(),
        weight: 1,
        shape: Shape::Conversation,
    };
    let mix = vec![stream("acme"), stream("borealis")];
    generate(&Generate { month: DAY, calls: 40_000, seed: 7, mix })
        .filter(|event| day_of(event.at) == DAY)
        .take(count)
        .collect()
}

/// A day of many segments, as a gateway leaves it.
fn filled(dir: &std::path::Path) -> (Store, BTreeMap<EventId, Event>) {
    let store = Store::open(dir).unwrap();
    let many = store.clone().with_buffer_rows(3);
    many.append(calls(300), &mut |_| {}).unwrap();
    assert_eq!(segments(&store).len(), 100);
    let rows = all_rows(&store);
    assert_eq!(rows.len(), 300);
    (store, rows)
}

fn segments(store: &Store) -> Vec<PathBuf> {
    let day = store.root().join(format!("day={DAY}"));
    let mut files: Vec<_> = fs::read_dir(day).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "parquet"));
    files.sort();
    files
}

fn copy(from: &[PathBuf], to: &std::path::Path) {
    for file in from {
        fs::copy(file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn the_rows_stay_the_same_and_are_known() {
    let dir = tempfile::tempdir().unwrap();
    let (store, rows) = filled(dir.path());
    let before = store.partitions(DAY, DAY.tomorrow().unwrap()).unwrap().remove(0);
    let compacted = store.compact(DAY).unwrap();
    assert!(compacted.merged >= 96 && compacted.into >= 1, "{compacted:?}");
    assert!(segments(&store).len() < 16, "{}", segments(&store).len());
    let after = store.partitions(DAY, DAY.tomorrow().unwrap()).unwrap().remove(0);
    assert_eq!((after.rows, after.fingerprint), (before.rows, before.fingerprint));
    assert_eq!(all_rows(&store), rows);
    assert_eq!(store.compact(DAY).unwrap(), usage::Compacted::default());
    let again = store.append(calls(300), &mut |_| {}).unwrap();
    assert_eq!((again.new, again.duplicate), (0, 300));
    for segment in segments(&store) {
        assert!(usage::Segment::open(&segment, DAY).unwrap().sums().is_some());
    }
}

/// The states that a crash may leave: the new segment in place with all, some or none of the old.
#[test]
fn what_a_crash_leaves_is_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (store, rows) = filled(dir.path());
    let (old, day) = (segments(&store), store.root().join(format!("day={DAY}")));
    let aside = tempfile::tempdir().unwrap();
    copy(&old, aside.path());
    store.compact(DAY).unwrap();
    let new = segments(&store);
    let saved: Vec<_> = old.iter().map(|old| aside.path().join(old.file_name().unwrap())).collect();
    for left in [1, 7, 50, saved.len()] {
        for marked in [true, false] {
            copy(&saved[..left], &day);
            assert_eq!(all_rows(&store), rows, "a reader finds {left} old segments");
            if marked {
                fs::write(store.root().join(".compacting"), DAY.to_string()).unwrap();
            }
            let again = store.append(calls(300), &mut |_| {}).unwrap();
            assert_eq!((again.new, again.duplicate), (0, 300));
            assert_eq!(all_rows(&store), rows);
            if marked {
                assert_eq!(segments(&store), new, "the next writer completes the work");
                assert!(!store.root().join(".compacting").exists());
            }
        }
    }
    fs::write(store.root().join(".compacting"), "20").unwrap();
    assert_eq!(store.append(calls(1), &mut |_| {}).unwrap().duplicate, 1);
}

#[test]
fn a_segment_that_does_not_add_up_is_not_merged() {
    let dir = tempfile::tempdir().unwrap();
    let (store, rows) = filled(dir.path());
    let before = segments(&store);
    let victim = &before[50];
    let whole = fs::read(victim).unwrap();
    let id = common::events(victim)[1].id.bits().to_be_bytes();
    let at = whole.windows(16).position(|bytes| bytes == id).unwrap();
    let mut damaged = whole.clone();
    damaged[at + 5] ^= 1;
    fs::write(victim, &damaged).unwrap();
    let error = common::chain(&store.compact(DAY).unwrap_err());
    assert!(error.contains("do not add up to what was written"), "{error}");
    assert!(segments(&store).contains(victim), "it stays as it is");
    assert_eq!(fs::read(victim).unwrap(), damaged);
    fs::write(victim, &whole).unwrap();
    assert_eq!(all_rows(&store), rows);
}

#[test]
fn readers_and_a_writer_at_work_find_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let events = calls(600);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (minute, events) in events.chunks(3).enumerate() {
                store.append(events.to_vec(), &mut |_| {}).unwrap();
                if minute % 5 == 0 {
                    store.compact(DAY).unwrap();
                }
            }
            done.store(true, Ordering::SeqCst);
        });
        let mut seen = 0;
        while !done.load(Ordering::SeqCst) {
            let days = store.partitions(DAY, DAY.tomorrow().unwrap()).unwrap();
            let rows = days.first().map_or(0, |day| day.rows);
            assert!(rows >= seen && rows.is_multiple_of(3), "{rows} after {seen}");
            seen = rows;
        }
    });
    assert_eq!(all_rows(&store).len(), 600);
}

/// The child's half of the test below; does nothing when run by itself.
#[test]
fn child_compactor() {
    let Ok(store) = std::env::var(CHILD) else { return };
    Store::open(store).unwrap().compact(DAY).unwrap();
}

#[test]
fn a_killed_compaction_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let clean = dir.path().join("clean");
    let (_, rows) = filled(&clean);
    let kills = if std::env::var_os("CHARTER_LONG").is_some() { 200 } else { 12 };
    let (mut partly, mut killed) = (0, 0);
    for kill in 0..kills {
        let store = Store::open(dir.path().join(format!("killed-{kill}"))).unwrap();
        let from = clean.join(format!("day={DAY}"));
        let day = store.root().join(format!("day={DAY}"));
        fs::create_dir_all(&day).unwrap();
        let files: Vec<_> = fs::read_dir(from).unwrap().map(|file| file.unwrap().path()).collect();
        copy(&files, &day);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["child_compactor", "--exact"])
            .env(CHILD, store.root())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Most kills are aimed at the moments after the mark is set.
        let mark = store.root().join(".compacting");
        while kill % 4 != 0 && !mark.exists() && child.try_wait().unwrap().is_none() {}
        std::thread::sleep(Duration::from_micros(kill * 331 % 4000));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        let count = segments(&store).len();
        partly += u32::from((16..100).contains(&count) || mark.exists());
        assert_eq!(all_rows(&store), rows, "with {count} segments left");
        store.compact(DAY).unwrap();
        assert_eq!(all_rows(&store), rows);
        let again = store.append(calls(300), &mut |_| {}).unwrap();
        assert_eq!((again.new, again.duplicate), (0, 300));
        fs::remove_dir_all(store.root()).unwrap();
    }
    println!("{killed} of {kills} killed in time, {partly} with part of the work done");
    assert!(killed > 0);
}
