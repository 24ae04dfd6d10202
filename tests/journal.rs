//! The record can be proved.

use std::process::Command;

use crate::workspace::{Workspace, checkout};

#[test]
fn one_changed_byte_is_found_and_its_place_named() {
    let workspace = Workspace::adopted();
    workspace.must(&["settle", "2023-11"]);
    let intact = workspace.json(&["journal", "verify"]);
    assert_eq!((&intact["intact"], &intact["events"]), (&true.into(), &7.into()));

    let status = Command::new("python3")
        .arg(checkout().join("tests/tamper.py"))
        .arg(workspace.path(".charter/journal.db"))
        .arg("3")
        .status()
        .expect("python3 runs; ./test installs it");
    assert!(status.success());
    let ran = workspace.run(&["journal", "verify"]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.stdout);
    assert_eq!(workspace.json(&["journal", "verify"])["position"], 3);
    // And nothing is built on it.
    assert_eq!(workspace.run(&["settle", "2023-11"]).code, 3);
}

#[test]
fn a_kept_head_finds_a_tail_that_was_cut_off() {
    let workspace = Workspace::adopted();
    let head = workspace.json(&["journal", "verify"]);
    let kept = format!("{}:{}", head["events"], head["head"].as_str().unwrap());
    workspace.must(&["journal", "verify", "--head", &kept]);
    let other = format!("9:{}", head["head"].as_str().unwrap());
    assert_eq!(workspace.run(&["journal", "verify", "--head", &other]).code, 1);
    assert_eq!(workspace.run(&["journal", "verify", "--head", "nonsense"]).code, 2);
    // And that the whole of it is gone.
    std::fs::remove_dir_all(workspace.path(".charter")).unwrap();
    assert_eq!(workspace.run(&["journal", "verify", "--head", &kept]).code, 3);
}

#[test]
fn reading_makes_no_journal() {
    let workspace = Workspace::example();
    for args in
        [&["check"][..], &["terms"], &["journal", "log"], &["journal", "verify"], &["rounds"]]
    {
        workspace.must(args);
    }
    assert!(!workspace.path(".charter").exists());
}
