//! Segments added up elsewhere: the same as a scan, or an error that names the segment.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::error::Error;
use std::fs;

use jiff::civil::date;
use settlement::scan::remote::{Found, Part, add_up, join, tasks};
use settlement::scan::{ScanError, scan};
use usage::{Generate, Partition, Shape, Store, Stream, generate};

/// A month in several segments, some days in two.
fn month() -> (tempfile::TempDir, Vec<Partition>) {
    let stream = |channel: &str, model: &str, shape| Stream {
        channel: channel.into(),
        product: "chat".into(),
        model: model.into(),
        host: "azure".into(),
        customer: "acme".into(),
        weight: 1,
        shape,
    };
    let mix = vec![
        stream("direct", "gpt-4", Shape::Code),
        stream("azure-openai", "gpt-4o", Shape::Conversation),
    ];
    let request = Generate { month: date(2025, 2, 1), calls: 3000, seed: 3, mix };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap().with_buffer_rows(500);
    store.append(generate(&request), &mut |_| {}).unwrap();
    let partitions = store.partitions(date(2025, 2, 1), date(2025, 3, 1)).unwrap();
    (dir, partitions)
}

/// What a part is after a journey.
fn sent(part: &Part) -> Part {
    serde_json::from_str(&serde_json::to_string(part).unwrap()).unwrap()
}

#[test]
fn parts_in_any_order_add_up_to_the_scan() {
    let (_dir, partitions) = month();
    let here = scan(&partitions, &mut |_| {}).unwrap();
    let mut parts: Vec<Part> = tasks(&partitions).iter().map(|task| sent(&add_up(task))).collect();
    assert!(parts.len() > 28, "{} segments", parts.len());
    parts.sort_by_key(|part| part.task.segment.file_name().unwrap().to_owned());
    assert_eq!(join(&partitions, parts).unwrap(), here);
}

#[test]
fn sums_of_any_size_survive_the_journey() {
    let (_dir, partitions) = month();
    let mut part = add_up(&tasks(&partitions)[0]);
    if let Found::Sums { groups, .. } = &mut part.found {
        groups[0].1.tokens.input = u128::MAX;
        groups[0].0[0] = "\"ü\n".into();
    }
    assert_eq!(sent(&part), part);
}

#[test]
fn a_part_that_cannot_be_believed_is_refused_by_name() {
    type Spoil = fn(&mut Vec<Part>);
    fn sums(parts: &mut [Part]) -> (&mut u64, &mut Vec<(usage::GroupNames, usage::Sums)>) {
        let Found::Sums { rows, groups, .. } = &mut parts[7].found else { panic!("no sums") };
        (rows, groups)
    }
    let table: &[(&str, Spoil, &str)] = &[
        ("lost", |parts| drop(parts.remove(7)), "nothing came back for it"),
        ("doubled", |parts| parts.push(parts[7].clone()), "sums came back for it that were not"),
        ("a token more", |parts| sums(parts).1[0].1.tokens.output += 1, "what came back is not"),
        ("a row more", |parts| *sums(parts).0 += 1, "what came back is not"),
        ("a group less", |parts| drop(sums(parts).1.pop()), "what came back is not"),
        (
            "of another segment",
            |parts| parts[7].found = parts[8].found.clone(),
            "what came back is not",
        ),
        ("unseen", |parts| parts[7].found = Found::Gone, "each must see it under this very path"),
        (
            "unreadable",
            |parts| parts[7].found = Found::Unreadable("the disk is on fire".into()),
            "an executor could not read it: the disk is on fire",
        ),
    ];
    let (_dir, partitions) = month();
    let whole: Vec<Part> = tasks(&partitions).iter().map(add_up).collect();
    let named = whole[7].task.segment.display().to_string();
    for (what, spoil, expected) in table {
        let mut parts = whole.clone();
        spoil(&mut parts);
        let error = join(&partitions, parts).unwrap_err();
        let text = format!("{error}: {}", error.source().unwrap());
        assert!(text.contains(&named), "{what}: `{text}` names the segment");
        assert!(text.contains(expected), "{what}: `{text}` should say `{expected}`");
        assert!(!error.is_stale(), "{what}: to list again would not help");
    }

    let mut parts = whole.clone();
    parts[7].task.day = date(2025, 2, 28);
    assert!(matches!(join(&partitions, parts), Err(ScanError::Part { .. })), "another day");
}

#[test]
fn a_segment_that_was_merged_meanwhile_is_listed_again() {
    let (_dir, partitions) = month();
    let all = tasks(&partitions);
    fs::remove_file(&all[7].segment).unwrap();
    let parts: Vec<Part> = all.iter().map(add_up).collect();
    assert_eq!(parts[7].found, Found::Gone);
    assert!(join(&partitions, parts).unwrap_err().is_stale());
}

#[test]
fn what_is_wrong_with_a_file_is_told() {
    let (_dir, partitions) = month();
    let task = &tasks(&partitions)[0];
    fs::write(&task.segment, "").unwrap();
    let Found::Unreadable(why) = add_up(task).found else { panic!("it was read") };
    assert!(why.starts_with("it is damaged, cut short, or not Parquet"), "{why}");
}
