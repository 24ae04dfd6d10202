//! The story plays to its end, and says today what it said yesterday.

use crate::workspace::{Ran, charter};

#[test]
fn the_story_plays() {
    let ran = Ran::of(charter().arg("demo").output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    // The head changes with every word of the documents; that it is there is enough.
    let told: String = ran
        .stdout
        .lines()
        .map(|line| line.split("head ").next().unwrap_or(line).to_string() + "\n")
        .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn a_kept_workspace_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("played").display().to_string();
    let run = |args: &[&str]| Ran::of(charter().args(args).output().unwrap());
    assert_eq!(run(&["demo", "--keep", &path]).code, 0);
    assert_eq!(run(&["-C", &path, "journal", "verify"]).code, 0);
    assert!(run(&["-C", &path, "rounds", "halls"]).stdout.contains("FULFILLED"));
    assert_eq!(run(&["demo", "--keep", &path]).code, 2, "a folder in use is left alone");
}
