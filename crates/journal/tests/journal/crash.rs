//! Processes that die while they append. The test binary starts itself again as the child.
//!
//! This shows that no crash of ours loses or tears anything. It cannot show what a power cut does;
//! for that we rely on SQLite, which syncs before it acknowledges.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use journal::{AppendError, Condition, Filter, NewEvent, Position, Verdict};
use serde_json::json;

use crate::common::{Place, Scene, at, chance, event, long, on_both_stores, run};

on_both_stores! {
    a_killed_process_loses_nothing_it_acknowledged,
    several_processes_append_to_one_journal,
}

const PLACE: &str = "JOURNAL_CHILD_PLACE";
const SEED: &str = "JOURNAL_CHILD_SEED";
const BATCHES: &str = "JOURNAL_CHILD_BATCHES";

fn child(place: &Place, seed: u64, batches: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::child_appends_until_it_is_killed", "--nocapture"])
        .env(PLACE, place.to_text())
        .env(SEED, seed.to_string())
        .env(BATCHES, batches.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Not a test of its own: does something only when a parent asks it to.
#[test]
fn child_appends_until_it_is_killed() {
    let Ok(place) = env::var(PLACE) else {
        return;
    };
    let number = |name| env::var(name).unwrap().parse::<u64>().unwrap();
    let (seed, batches) = (number(SEED), number(BATCHES));
    let mut chance = chance(seed);
    run(async {
        let journal = Place::from_text(&place).open().await.unwrap();
        for batch in 0..batches {
            let size = chance() % 5 + 1;
            let payload = |n| json!({ "seed": seed, "batch": batch, "n": n, "of": size });
            let events = || {
                (0..size).map(|n| NewEvent { payload: payload(n), ..event(n) }).collect::<Vec<_>>()
            };
            let head = loop {
                let expected = journal.head().await.unwrap().position;
                match journal.append(Condition::head(expected), at(0), events()).await {
                    Ok(head) => break head,
                    Err(AppendError::Conflict { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            };
            let mut out = std::io::stdout().lock();
            writeln!(out, "ack {} {}", head.position, head.hash).unwrap();
            out.flush().unwrap();
        }
    });
}

/// The positions and hashes the child acknowledged, until its output ends.
fn acknowledged(lines: impl Iterator<Item = String>) -> Vec<(u64, String)> {
    lines
        .filter_map(|line| {
            // The test harness writes its own words before the first acknowledgement.
            let (position, hash) = line.split_once("ack ")?.1.split_once(' ')?;
            (hash.len() == 64).then(|| (position.parse().unwrap(), hash.to_owned()))
        })
        .collect()
}

/// Every batch in the journal is whole, its events side by side.
fn batches_are_whole(events: &[journal::Event]) {
    let mut rest = events;
    while let Some(first) = rest.first() {
        let size = usize::try_from(first.payload["of"].as_u64().unwrap()).unwrap();
        assert!(rest.len() >= size, "a torn batch at {}", first.position);
        for (n, event) in rest[..size].iter().enumerate() {
            assert_eq!(event.payload["n"], json!(n), "a torn batch at {}", event.position);
            assert_eq!(event.payload["seed"], first.payload["seed"]);
            assert_eq!(event.payload["batch"], first.payload["batch"]);
        }
        rest = &rest[size..];
    }
}

async fn a_killed_process_loses_nothing_it_acknowledged(scene: Scene) {
    let kills = if long() { 200 } else { 5 };
    let mut chance = chance(20_250_121);
    let (mut acks, mut checked) = (Vec::new(), Position::BEFORE_FIRST);
    let mut given = BTreeSet::new();
    for seed in 0..kills {
        let mut child = child(&scene.place, seed, u64::MAX);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // The first child is killed anywhere, even while it creates the file; the others mostly
        // in full swing.
        let mut seen = Vec::new();
        if !chance().is_multiple_of(4) && seed != 0 {
            let first = lines.by_ref().find(|line| line.contains("ack "));
            seen.extend(first);
        }
        let reader = thread::spawn(move || lines.collect::<Vec<_>>());
        thread::sleep(Duration::from_micros(chance() % 60_000));
        child.kill().unwrap();
        child.wait().unwrap();
        seen.extend(reader.join().unwrap());
        acks.extend(acknowledged(seen.into_iter()));

        {
            let journal = scene.open().await;
            // Takes the lock, and so waits for a server that still commits what the dead had sent.
            let nothing = Condition { filters: vec![], after: Position::BEFORE_FIRST };
            journal.append(nothing, at(0), vec![]).await.unwrap();
            let head = journal.head().await.unwrap();
            let verdict = journal.verify().await.unwrap();
            assert_eq!(verdict, Verdict::Intact { head }, "after kill {seed}");
            let events = journal.read(checked, &Filter::all()).await.unwrap();
            batches_are_whole(&events);
            for event in &events {
                let command = ["seed", "batch", "n"].map(|name| event.payload[name].as_u64());
                assert!(given.insert(command), "{command:?} is there twice after kill {seed}");
            }
            for (position, hash) in acks.drain(..) {
                let place = usize::try_from(position - checked.0 - 1).unwrap();
                assert_eq!(events[place].hash.to_string(), hash, "after kill {seed}");
            }
            checked = head.position;
            journal.close().await.unwrap();
        }
    }
    assert!(checked.0 > kills, "the children got to append something: {checked}");
}

async fn several_processes_append_to_one_journal(scene: Scene) {
    let mut children: Vec<_> = (0..4).map(|seed| child(&scene.place, seed, 25)).collect();
    let acks: Vec<_> = children
        .iter_mut()
        .flat_map(|child| {
            let out = BufReader::new(child.stdout.take().unwrap());
            acknowledged(out.lines().map_while(Result::ok))
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(acks.len(), 4 * 25);
    {
        let journal = scene.open().await;
        let head = journal.head().await.unwrap();
        assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head });
        let events = journal.read(Position::BEFORE_FIRST, &Filter::all()).await.unwrap();
        batches_are_whole(&events);
        for (position, hash) in acks {
            let place = usize::try_from(position - 1).unwrap();
            assert_eq!(events[place].hash.to_string(), hash);
        }
    }
}
