//! The record can be proved.

use std::process::Command;

use crate::workspace::{Ran, Workspace, checkout};

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

/// Two workspaces on one server share one journal; without the server nothing is done.
#[test]
fn a_server_named_in_the_environment_holds_the_journal() {
    let Ok(server) = std::env::var("CHARTER_TEST_POSTGRES") else {
        eprintln!("skipped: CHARTER_TEST_POSTGRES names no server; `./test` starts one");
        return;
    };
    let schema = format!("workspace_{}", std::process::id());
    let psql = |sql: String| {
        let ran = Command::new("psql").args(["-q", "-c", &sql, &server]).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    psql(format!("CREATE SCHEMA {schema}"));
    let url = format!("{server}?options=-csearch_path%3D{schema}");
    let (ours, theirs) = (Workspace::example(), Workspace::example());
    for workspace in [&ours, &theirs] {
        let settings = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
        let settings = format!("{settings}\n[journal]\nurl_env = \"CHARTER_JOURNAL\"\n");
        workspace.write("charter.toml", &settings);
    }
    let run = |workspace: &Workspace, args: &[&str], url: &str| {
        let ran = workspace.command(args).env("CHARTER_JOURNAL", url).output().unwrap();
        Ran::of(ran)
    };
    assert_eq!(run(&ours, &["adopt", "--all", "--known", "signed"], &url).code, 0);
    assert!(!ours.path(".charter").exists());
    let head = run(&theirs, &["journal", "verify"], &url);
    assert_eq!((head.code, head.stdout.contains("6 events")), (0, true), "{}", head.stdout);

    let lost = url.replace("@127.0.0.1:", "@127.0.0.1:1");
    let password = url.split([':', '@']).nth(2).unwrap();
    let refused = run(&theirs, &["journal", "verify"], &lost);
    assert_eq!(refused.code, 3);
    assert!(!refused.stderr.contains(password), "{}", refused.stderr);
    assert!(theirs.run(&["journal", "verify"]).stderr.contains("`CHARTER_JOURNAL`"));
    psql(format!("DROP SCHEMA {schema} CASCADE"));
}
