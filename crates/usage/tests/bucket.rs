//! A store in a bucket: what it has, whoever writes at the same time, and what is lost.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bucket::Bucket;
use common::{END, FIRST, calls, chain};
use jiff::civil::date;
use tempfile::TempDir;
use usage::{AppendError, Event, EventId, Imported, Store, StoreError};

/// A bucket that is a folder, and machines that work for it.
struct Shared(TempDir);

impl Shared {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("bucket")).unwrap();
        Self(dir)
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("bucket")
    }

    fn machine(&self, name: &str) -> Store {
        let bucket = Bucket::open(&format!("file://{}", self.folder().display())).unwrap();
        let store = Store::in_bucket(self.0.path().join(name), bucket).unwrap();
        store.with_buffer_rows(500)
    }

    /// The objects whose names end so, by name.
    fn objects(&self, ending: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().ends_with(ending) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

fn append(store: &Store, events: &[Event]) -> Imported {
    store.append(events.to_vec(), &mut |_| {}).unwrap()
}

fn ids(events: &[Event]) -> BTreeSet<EventId> {
    events.iter().map(|event| event.id).collect()
}

/// The ids of all rows, each of which is there once.
fn rows(store: &Store) -> BTreeSet<EventId> {
    let mut ids = BTreeSet::new();
    for partition in store.partitions(FIRST, END).unwrap() {
        let mut of_day = 0;
        for segment in &partition.segments {
            segment
                .open()
                .unwrap()
                .events(|event| {
                    assert!(ids.insert(event.id), "{} is there twice", event.id);
                    of_day += 1;
                })
                .unwrap();
        }
        assert_eq!(of_day, partition.rows);
    }
    ids
}

#[test]
fn a_bucket_has_what_a_disk_has() {
    let (shared, events) = (Shared::new(), calls(3000, 1));
    let disk = Store::open(shared.0.path().join("disk")).unwrap().with_buffer_rows(500);
    let (one, other) = (shared.machine("one"), shared.machine("other"));
    assert_eq!(append(&disk, &events).new, append(&one, &events).new);
    let (kept, published) =
        (disk.partitions(FIRST, END).unwrap(), other.partitions(FIRST, END).unwrap());
    assert_eq!(kept.len(), published.len());
    for (kept, published) in kept.iter().zip(&published) {
        assert_eq!(
            (kept.day, kept.rows, kept.fingerprint, kept.segments.len()),
            (published.day, published.rows, published.fingerprint, published.segments.len()),
        );
        for segment in &published.segments {
            let kept = segment.kept().unwrap().expect("sums are kept beside it");
            assert_eq!(kept.rows, segment.open().unwrap().rows());
        }
    }
    assert_eq!(rows(&other), ids(&events));
    assert_eq!(other.days_before(date(2025, 2, 5)).unwrap().len(), 4);
    // Whichever machine reads the source again, it is known.
    for machine in [one, other, shared.machine("third")] {
        assert_eq!((append(&machine, &events).new, append(&machine, &events).duplicate), (0, 3000));
    }
    assert_eq!(shared.machine("nobody").partitions(END, END).unwrap(), []);
}

/// One machine writes while another has begun to, and is done before it.
fn overtaken(shared: &Shared, slow: &[Event], quick: &[Event]) -> Result<Imported, AppendError> {
    let (one, other) = (shared.machine("slow"), shared.machine("quick"));
    one.append_each(|keep| {
        slow.iter().try_for_each(keep)?;
        append(&other, quick);
        Ok(())
    })
}

#[test]
fn two_who_write_at_once_lose_and_double_nothing() {
    let events = calls(3000, 1);
    // Different calls: both are there.
    for first in [0, 2000] {
        let shared = Shared::new();
        append(&shared.machine("before"), &events[..first]);
        let (slow, quick) = events[first..].split_at(400);
        assert_eq!(overtaken(&shared, slow, quick).unwrap().new, 400);
        assert_eq!(rows(&shared.machine("reader")), ids(&events));
    }
    // One call in both: the later one is refused, and is right the next time.
    let shared = Shared::new();
    let error = overtaken(&shared, &events[..2000], &events[1999..]).unwrap_err();
    assert!(matches!(error, AppendError::Store(StoreError::Overtaken { .. })), "{error}");
    assert!(error.to_string().contains("do it once more"), "{error}");
    assert_eq!(rows(&shared.machine("reader")), ids(&events[1999..]));
    let again = append(&shared.machine("slow"), &events[..2000]);
    assert_eq!((again.new, again.duplicate), (1999, 1));
    assert_eq!(rows(&shared.machine("reader")), ids(&events));
}

#[test]
fn many_who_write_at_once_lose_and_double_nothing() {
    let (shared, events) = (Shared::new(), calls(2000, 1));
    std::thread::scope(|scope| {
        for (number, part) in events.chunks(250).enumerate() {
            let machine = shared.machine(&format!("machine-{number}"));
            scope.spawn(move || while machine.append(part.to_vec(), &mut |_| {}).is_err() {});
        }
    });
    assert_eq!(rows(&shared.machine("reader")), ids(&events));
}

#[test]
fn an_import_that_is_cut_short_changes_nothing() {
    let (shared, events) = (Shared::new(), calls(2000, 1));
    let manifest = shared.folder().join("manifest");
    append(&shared.machine("one"), &events[..1000]);
    let before = fs::read(&manifest).unwrap();
    append(&shared.machine("one"), &events[1000..]);
    // As if the machine had stopped before it swapped the manifest.
    fs::write(&manifest, before).unwrap();
    assert_eq!(rows(&shared.machine("reader")), ids(&events[..1000]));
    // What it had put there may say something else the next time, under the same ids.
    let mut other = events[1000..].to_vec();
    other.iter_mut().for_each(|event| event.customer = "globex".into());
    assert_eq!(append(&shared.machine("two"), &other).new, 1000);
    assert_eq!(rows(&shared.machine("reader")), ids(&events));
    for partition in shared.machine("reader").partitions(FIRST, END).unwrap() {
        for segment in partition.segments {
            segment
                .open()
                .unwrap()
                .events(|event| {
                    assert_eq!(
                        event.customer == "globex",
                        other.iter().any(|it| it.id == event.id)
                    );
                })
                .unwrap();
        }
    }
    // Before the first manifest, too.
    let shared = Shared::new();
    append(&shared.machine("one"), &[]);
    append(&shared.machine("one"), &events[..10]);
    assert_eq!(rows(&shared.machine("reader")).len(), 10);
}

#[test]
fn small_segments_are_merged() {
    let (shared, mut events) = (Shared::new(), calls(40, 1));
    events.iter_mut().for_each(|event| event.at = "2025-02-03T01:00:00Z".parse().unwrap());
    let machine = shared.machine("gateway");
    for part in events.chunks(2) {
        append(&machine, part);
    }
    let day = date(2025, 2, 3);
    let of = |store: &Store| store.partitions(day, day.tomorrow().unwrap()).unwrap().remove(0);
    let (before, stale) = (of(&machine), of(&machine).segments.remove(0));
    assert_eq!(before.segments.len(), 20);
    let compacted = shared.machine("other").compact(day).unwrap();
    assert_eq!((compacted.merged, compacted.into), (20, 1));
    let after = of(&machine);
    assert_eq!((before.rows, before.fingerprint), (after.rows, after.fingerprint));
    assert_eq!((after.segments.len(), shared.objects(".parquet").len()), (1, 1));
    assert_eq!(rows(&machine), ids(&events));
    // Who listed before finds it gone, and is told that it is worth listing again.
    assert!(stale.open().unwrap_err().is_gone());
    assert_eq!(machine.compact(day).unwrap().into, 0);
    assert_eq!(append(&machine, &events).duplicate, 40, "ids stay known");
}

#[test]
fn what_is_lost_or_damaged_is_named() {
    type Spoil = fn(&Shared);
    fn first(shared: &Shared) -> PathBuf {
        shared.objects(".parquet").remove(0)
    }
    fn cut(path: &Path) {
        let whole = fs::read(path).unwrap();
        fs::write(path, &whole[..whole.len() / 2]).unwrap();
    }
    let table: [(&str, Spoil, &str); 7] = [
        ("a segment is lost", |s| fs::remove_file(first(s)).unwrap(), "it is lost; restore it"),
        ("a segment is cut in half", |s| cut(&first(s)), "were written; restore it from a copy"),
        (
            "a segment has other bytes",
            |s| {
                let path = first(s);
                let length = fs::metadata(&path).unwrap().len();
                fs::write(&path, vec![7; usize::try_from(length).unwrap()]).unwrap();
            },
            "it is damaged, cut short, or not Parquet",
        ),
        (
            "another segment stands in its place",
            |s| {
                let all = s.objects(".parquet");
                let size = |path: &PathBuf| fs::metadata(path).unwrap().len();
                fs::copy(&all[1], &all[0]).unwrap();
                if size(&all[0]) == size(&all[1]) {
                    cut(&all[0]);
                }
            },
            "were written; restore it from a copy",
        ),
        (
            "the manifest is lost",
            |s| fs::remove_file(s.folder().join("manifest")).unwrap(),
            "manifest` is lost, though there are segments",
        ),
        (
            "the manifest is cut in half",
            |s| cut(&s.folder().join("manifest")),
            "does not say which segments there are",
        ),
        (
            "the bucket is gone",
            |s| fs::rename(s.folder(), s.0.path().join("elsewhere")).unwrap(),
            "there is no bucket at",
        ),
    ];
    for (what, spoil, expected) in table {
        let (shared, events) = (Shared::new(), calls(300, 1));
        append(&shared.machine("one"), &events);
        spoil(&shared);
        let read = || -> Result<(), Box<dyn std::error::Error>> {
            let bucket = Bucket::open(&format!("file://{}", shared.folder().display()))?;
            let reader = Store::in_bucket(shared.0.path().join("reader"), bucket)?;
            for segment in reader.partitions(FIRST, END)?.iter().flat_map(|day| &day.segments) {
                segment.open()?.events(|_| {})?;
            }
            Ok(())
        };
        let said = chain(read().expect_err(what).as_ref());
        assert!(said.contains(expected), "{what}: `{said}` should say `{expected}`");
    }
}

/// Whatever has become of the sums beside a segment, or of a copy of them, they are taken for what they
/// are only if they are its own.
#[test]
fn sums_of_another_are_not_taken() {
    let (shared, events) = (Shared::new(), calls(300, 1));
    append(&shared.machine("one"), &events);
    let reader = shared.machine("reader");
    let listed = || reader.partitions(FIRST, END).unwrap().remove(0).segments.remove(0);
    let kept = listed().kept().unwrap();
    assert!(kept.is_some());
    let beside = shared.objects(".sums");
    let copies: Vec<PathBuf> = beside
        .iter()
        .map(|path| reader.root().join(path.strip_prefix(shared.folder()).unwrap()))
        .filter(|path| path.exists())
        .collect();
    assert_eq!(copies.len(), 1, "a copy is kept of what was read");
    // Without the object the copy does; without a sound copy the object.
    fs::write(&copies[0], fs::read(&beside[1]).unwrap()).unwrap();
    assert_eq!(listed().kept().unwrap(), kept);
    fs::write(&beside[0], fs::read(&beside[1]).unwrap()).unwrap();
    assert_eq!(listed().kept().unwrap(), kept, "the copy was renewed");
    fs::remove_file(&copies[0]).unwrap();
    assert_eq!(listed().kept().unwrap(), None);
}
