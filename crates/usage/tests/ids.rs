//! The set of ids: a cache that is never believed over the segments.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{all_rows, calls};
use usage::{Event, Store};

fn filled(events: &[Event]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap().with_buffer_rows(301);
    assert_eq!(append(&store, events), (events.len() as u64, 0));
    (dir, store)
}

/// New and duplicate rows.
fn append(store: &Store, events: &[Event]) -> (u64, u64) {
    let appended = store.append(events.iter().cloned(), &mut |_| {}).unwrap();
    assert_eq!(appended.rejected, 0);
    (appended.new, appended.duplicate)
}

fn files(store: &Store) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(store.root().join("ids")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Whatever has become of the set, every row is known, and no other.
#[test]
fn damage_to_the_set_changes_nothing() {
    let events = calls(5000, 7);
    let (known, unknown) = events.split_at(4000);
    type Spoil = fn(&PathBuf);
    let spoils: &[(&str, Spoil)] = &[
        ("gone", |path| fs::remove_file(path).unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("cut short", |path| {
            let whole = fs::read(path).unwrap();
            fs::write(path, &whole[..whole.len() / 2]).unwrap();
        }),
        ("one bit", |path| {
            let mut whole = fs::read(path).unwrap();
            let middle = whole.len() / 2;
            whole[middle] ^= 4;
            fs::write(path, whole).unwrap();
        }),
        ("a page of noughts", |path| {
            let mut whole = fs::read(path).unwrap();
            let end = whole.len().min(4096);
            whole[..end].fill(0);
            fs::write(path, whole).unwrap();
        }),
    ];
    for (what, spoil) in spoils {
        let (_dir, store) = filled(known);
        let count = files(&store).len();
        assert!((2..10).contains(&count), "runs are merged: {count}");
        for index in 0..count {
            // A set that was made anew has fewer files.
            let files = files(&store);
            spoil(&files[index % files.len()]);
            assert_eq!(append(&store, known), (0, known.len() as u64), "{what}: {index}");
        }
        spoil(&files(&store)[0]);
        assert_eq!(append(&store, unknown), (unknown.len() as u64, 0), "{what}");
        assert_eq!(all_rows(&store).len(), events.len());
    }
}

#[test]
fn segments_that_come_and_go_are_noticed() {
    let events = calls(5000, 7);
    let (_dir, store) = filled(&events);
    let days = store.partitions(common::FIRST, common::END).unwrap();
    let third = &days[2];
    let aside: Vec<_> = third
        .segments
        .iter()
        .map(|segment| segment.name().to_path_buf())
        .map(|path| (path.clone(), store.root().join(path.file_name().unwrap())))
        .collect();
    aside.iter().for_each(|(place, aside)| fs::rename(place, aside).unwrap());
    // A day that was taken out can be imported anew.
    let (some, others) = events.split_at(10);
    assert_eq!(append(&store, some), (0, 10));
    let again = append(&store, others);
    assert_eq!(again, (third.rows, others.len() as u64 - third.rows));

    // A day put back from a copy is known, though no writer put it there.
    for segment in &store.partitions(common::FIRST, common::END).unwrap()[2].segments {
        fs::remove_file(segment.name()).unwrap();
    }
    assert_eq!(append(&store, some), (0, 10));
    aside.iter().for_each(|(place, aside)| fs::rename(aside, place).unwrap());
    assert_eq!(append(&store, &events), (0, events.len() as u64));
    assert_eq!(all_rows(&store).len(), events.len());
}

#[test]
fn a_row_with_another_day_is_caught() {
    let events = calls(5000, 7);
    let (_dir, store) = filled(&events[..10]);
    let late = Event { at: events[4000].at, ..events[3].clone() };
    let appended = store.append([late], &mut |_| {}).unwrap();
    assert_eq!((appended.new, appended.duplicate, appended.rejected), (0, 0, 1));
    let text = fs::read_to_string(appended.rejects_file.unwrap()).unwrap();
    assert!(text.contains("`id` is that of another row"), "{text}");
}
