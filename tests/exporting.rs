//! What a controller takes away: each format from the real binary, whole or not at all.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::{Workspace, checkout};

/// A workspace with a settled month on both channels.
fn settled() -> Workspace {
    let workspace = Workspace::adopted();
    let calls = "at,channel,product,model,host,customer,input_tokens,output_tokens\n\
                 2023-11-02T10:00:00Z,direct,api,gpt-4,azure,acme,1234567,89\n\
                 2023-11-03T10:00:00Z,direct,chatgpt,gpt-4,azure,acme,1000001,7\n\
                 2023-11-03T11:00:00Z,azure-openai-service,api,gpt-4,azure,acme,3000000,11\n";
    let file = workspace.write("calls.csv", calls);
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    workspace.must(&["settle", "2023-11"]);
    workspace
}

fn provisional() -> Workspace {
    let workspace = Workspace::adopted();
    let calls = "at,channel,product,model,host,customer,input_tokens,output_tokens\n\
                 2023-11-02T10:00:00Z,direct,api,gpt-3,azure,acme,1000,100\n";
    let file = workspace.write("calls.csv", calls);
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    workspace.run(&["settle", "2023-11"]);
    workspace
}

/// Whether a checker takes what was exported; none where it cannot be installed.
fn takes(args: &[&str]) -> Option<bool> {
    let output = Command::new(checkout().join("tests/exports/run")).args(args).output().unwrap();
    if output.status.code() == Some(3) {
        eprintln!("skipped: {args:?} cannot be installed");
        return None;
    }
    Some(output.status.success())
}

/// What lays documents out takes minutes to build, so a build has it when asked.
fn is_built(format: &str) -> bool {
    format != "pdf" || cfg!(feature = "pdf")
}

fn begins(file: &Path, with: &[u8]) -> bool {
    std::fs::read(file).unwrap().starts_with(with)
}

#[test]
fn each_format_can_be_written_to_a_file() {
    let workspace = settled();
    for (format, begin) in [
        ("json", "{\n"),
        ("csv", "period,status,"),
        ("xlsx", "PK"),
        ("pdf", "%PDF-"),
        ("hledger", "; statement of 2023-11"),
        ("beancount", "option \"title\""),
    ]
    .into_iter()
    .filter(|(format, _)| is_built(format))
    {
        let file = workspace.path(&format!("statement.{format}"));
        let out = file.to_str().unwrap();
        workspace.must(&["statement", "2023-11", "--format", format, "--out", out]);
        assert!(begins(&file, begin.as_bytes()), "{format}");
    }
    let books = workspace.path("statement.beancount");
    assert_ne!(takes(&["bean-check", books.to_str().unwrap()]), Some(false));
}

#[test]
fn focus_is_a_folder_of_its_own() {
    let workspace = settled();
    let folder = workspace.path("focus");
    let out = folder.to_str().unwrap();
    workspace.must(&["statement", "2023-11", "--format", "focus", "--out", out]);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 9);
    let costs = folder.join("cost-and-usage.parquet");
    assert_ne!(takes(&["focus-1.4", "cost-and-usage", costs.to_str().unwrap()]), Some(false));
    // What is in a folder is not lost.
    let again = workspace.run(&["statement", "2023-11", "--format", "focus", "--out", out]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
    let older = workspace.path("focus-1.2");
    let args = ["statement", "2023-11", "--format", "focus", "--focus-version", "1.2", "--out"];
    workspace.must(&[&args[..], &[older.to_str().unwrap()]].concat());
    assert_eq!(std::fs::read_dir(&older).unwrap().count(), 3);
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let workspace = settled();
    let file = workspace.path("no-such-folder/statement.xlsx");
    let out = file.to_str().unwrap();
    let ran = workspace.run(&["statement", "2023-11", "--format", "xlsx", "--out", out]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("cannot be written"), "{}", ran.stderr);
    assert!(!workspace.path("no-such-folder").exists());
}

#[test]
fn binary_formats_are_not_for_terminals() {
    let workspace = settled();
    // `script` runs a command on a terminal of its own.
    let charter = workspace.command(&["statement", "2023-11", "--format", "xlsx"]);
    let words: Vec<_> = std::iter::once(charter.get_program())
        .chain(charter.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .expect("script runs; it is part of util-linux");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(shown.contains("--out") && !shown.contains("PK\u{3}\u{4}"), "{shown}");
    // Into a pipe it goes.
    let output = workspace.command(&["statement", "2023-11", "--format", "xlsx"]).output().unwrap();
    assert!(output.stdout.starts_with(b"PK"));
}

#[test]
fn several_files_need_a_folder() {
    let ran = settled().run(&["statement", "2023-11", "--format", "focus"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--out"), "{}", ran.stderr);
}

#[test]
fn what_is_provisional_is_shown_as_such_and_is_no_books() {
    let workspace = provisional();
    for format in ["hledger", "beancount", "focus"] {
        let folder = workspace.path(format);
        let out = folder.to_str().unwrap();
        let ran = workspace.run(&["statement", "2023-11", "--format", format, "--out", out]);
        assert_eq!(ran.code, 3, "{format}");
        assert!(ran.stderr.contains("provisional"), "{}", ran.stderr);
        assert!(!folder.exists(), "{format}");
    }
    for format in ["xlsx", "pdf", "csv"].into_iter().filter(|format| is_built(format)) {
        let file = workspace.path(&format!("statement.{format}"));
        let out = file.to_str().unwrap();
        let ran = workspace.run(&["statement", "2023-11", "--format", format, "--out", out]);
        assert_eq!(ran.code, 1, "{format}: {}", ran.stderr);
        assert!(file.exists());
    }
}

#[test]
fn a_party_is_shown_its_own() {
    let workspace = settled();
    let all = workspace.must(&["statement", "2023-11", "--format", "csv"]);
    let its = workspace.must(&["statement", "2023-11", "--format", "csv", "--party", "microsoft"]);
    assert!(its.lines().count() < all.lines().count());
    assert!(its.lines().skip(1).all(|line| line.contains("microsoft")));
    let books =
        workspace.must(&["statement", "2023-11", "--format", "hledger", "--party", "openai"]);
    assert!(books.contains("openai:revenue:direct") && !books.contains("microsoft:revenue"));
    let nobody = workspace.run(&["statement", "2023-11", "--party", "mikrosoft"]);
    assert_eq!(nobody.code, 2);
}

#[test]
fn rows_are_of_one_sort() {
    let workspace = settled();
    let csv = |more: &[&str]| {
        workspace.run(&[&["statement", "2023-11", "--format", "csv"][..], more].concat())
    };
    assert!(csv(&["--days"]).stdout.contains(",2023-11-03,1,30.00045\n"));
    assert!(csv(&["--steps"]).stdout.contains(",calls,2\n"));
    assert_eq!(csv(&["--steps", "--days"]).code, 2);
}
