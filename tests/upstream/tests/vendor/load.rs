//! The load generator tells good answers from bad ones.

use std::process::Command;

use crate::client::{entries, upstream};

#[test]
fn calls_and_errors_are_told_apart() {
    for (kind, fault, calls, errors) in [
        ("json", None, 20, 0),
        ("sse", None, 20, 0),
        ("json", Some("500"), 0, 20),
        ("json", Some("truncated"), 0, 20),
        ("json", Some("length"), 0, 20),
        ("sse", Some("reset-3"), 0, 20),
        ("sse", Some("end-3"), 0, 20),
    ] {
        let upstream = upstream();
        let url = format!("{}/v1/chat/completions", upstream.url());
        let header = fault.map(|fault| format!("x-mock-fault: {fault}"));
        let out = Command::new(env!("CARGO_BIN_EXE_load"))
            .args([&url, "--kind", kind, "--connections", "2", "--calls", "20", "--warm", "0"])
            .args(["--plain", "--process", &format!("it={}", std::process::id())])
            .args(header.iter().flat_map(|header| ["--header", header]))
            .output()
            .unwrap();
        let told = String::from_utf8(out.stdout).unwrap();
        assert!(told.starts_with(&format!("calls={calls} ")), "{kind} {fault:?}: {told}");
        assert!(told.contains(&format!(" errors={errors} ")), "{kind} {fault:?}: {told}");
        assert!(told.contains(" it_cpu=") && !told.contains("it_kb=0"), "{told}");
        assert_eq!(out.status.success(), errors == 0, "{kind} {fault:?}");
    }
}

#[test]
fn calls_of_many_kinds_are_all_in_the_books() {
    let upstream = upstream();
    let ids = std::env::temp_dir().join(format!("ids-{}", std::process::id()));
    let out = Command::new(env!("CARGO_BIN_EXE_load"))
        .args([&upstream.url(), "--kind", "mixed", "--connections", "4", "--calls", "220"])
        .args(["--warm", "0", "--plain", "--ids"])
        .arg(&ids)
        .output()
        .unwrap();
    let told = String::from_utf8(out.stdout).unwrap();
    assert!(told.starts_with("calls=220 ") && out.status.success(), "{told}");
    let whole = std::fs::read_to_string(&ids).unwrap();
    std::fs::remove_file(&ids).unwrap();
    let mut whole = whole.lines().map(String::from).collect::<Vec<_>>();
    let mut billed = entries(&upstream, 220);
    billed.sort_by_key(|entry| entry.attempt);
    whole.sort();
    assert_eq!(whole, billed.iter().map(|entry| entry.request.to_string()).collect::<Vec<_>>());
}

#[test]
fn only_this_machine_is_loaded() {
    let out = Command::new(env!("CARGO_BIN_EXE_load")).arg("http://192.0.2.1/v1").output().unwrap();
    assert_eq!(out.status.code(), Some(2));
}
