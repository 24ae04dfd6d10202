//! An importer killed at any moment, and the import run again.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
#![allow(clippy::disallowed_methods, reason = "the moment of a kill is measured")]
#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{all_rows, import};
use usage::{Format, Store};

/// Set for the child: the store and the source, with a line break between.
const CHILD: &str = "CHARTER_TEST_CRASH";

/// Small, so that an import stages and renames many segments.
const BUFFER_ROWS: usize = 1000;

/// The child's half of the test below; does nothing when run by itself.
#[test]
fn child_importer() {
    let Ok(paths) = std::env::var(CHILD) else {
        return;
    };
    let (store, source) = paths.split_once('\n').unwrap();
    let store = Store::open(store).unwrap().with_buffer_rows(BUFFER_ROWS);
    import(&store, Path::new(source), Format::Csv).unwrap();
}

#[test]
fn a_killed_import_run_again_gives_the_rows_of_a_clean_run() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("calls.csv");
    std::fs::write(&source, calls()).unwrap();

    let clean = Store::open(dir.path().join("clean")).unwrap().with_buffer_rows(BUFFER_ROWS);
    let started = Instant::now();
    spawn(clean.root(), &source).wait().unwrap();
    let whole_run = started.elapsed();
    let expected = all_rows(&clean);
    assert!(expected.len() > 5000);

    let kills = if std::env::var_os("CHARTER_LONG").is_some() { 200 } else { 5 };
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut in_time, mut partly) = (0, 0);
    for kill in 0..kills {
        // xorshift64: a moment anywhere from the start to a little after the end.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let nanos = u64::try_from(whole_run.as_nanos()).unwrap() * 11 / 10;
        let moment = Duration::from_nanos(seed % nanos);

        let store = Store::open(dir.path().join(format!("killed-{kill}"))).unwrap();
        let mut child = spawn(store.root(), &source);
        if kill % 2 == 0 {
            std::thread::sleep(moment);
        } else {
            // The renames are a small part of a run, so every other kill is aimed at them.
            while !renaming(&store) && child.try_wait().unwrap().is_none() {}
            std::thread::sleep(moment / 100);
        }
        child.kill().unwrap();
        in_time += u32::from(!child.wait().unwrap().success());

        let left = all_rows(&store);
        partly += u32::from(!left.is_empty() && left.len() < expected.len());
        let again = import(&store, &source, Format::Csv).unwrap();
        assert_eq!(again.duplicate, left.len() as u64 + 1, "killed after {moment:?}");
        assert_eq!(all_rows(&store), expected, "killed after {moment:?}");
        assert_eq!(again.rejected, 2);
        assert!(again.rejects_file.unwrap().exists());
        assert!(!store.root().join(".staging").exists());
        std::fs::remove_dir_all(store.root()).unwrap();
    }
    println!("{in_time} of {kills} killed in time, {partly} with part of the rows in place");
    assert!(in_time > 0);
}

/// Whether the first segment is in place.
fn renaming(store: &Store) -> bool {
    std::fs::read_dir(store.root().join("day=2025-01-01")).is_ok_and(|mut day| day.next().is_some())
}

fn spawn(store: &Path, source: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child_importer", "--exact"])
        .env(CHILD, format!("{}\n{}", store.display(), source.display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Calls on 25 days in no order, with two equal ids and two bad rows among them.
fn calls() -> String {
    let mut text = "at,input_tokens,output_tokens,id\n".to_owned();
    for call in 0..6000 {
        let (day, second) = (call % 25 + 1, call % 60);
        let id = call % 5999;
        text += &format!("2025-01-{day:02}T10:00:{second:02}Z,{call},1,call-{id}-{day}\n");
    }
    text + "2025-01-01T10:00:00Z,0,1,call-0-1\nbad,1,1,x\n2025-01-01T10:00:00Z,-1,1,y\n"
}
