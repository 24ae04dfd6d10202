//! Usage in a bucket of a real S3 server: the binary settles from there as from a disk, and says what to
//! do when something is wrong with it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bucket::Bucket;
use serde_json::Value;

use crate::workspace::{Ran, Workspace};

/// A prefix of its own in the bucket of the server that `CHARTER_TEST_S3` names, whose credentials are
/// in the environment; none where there is no server.
fn prefix(name: &str) -> Option<String> {
    let Ok(server) = std::env::var("CHARTER_TEST_S3") else {
        eprintln!("skipped: CHARTER_TEST_S3 names no bucket; `./test` starts a server");
        return None;
    };
    let own = tempfile::tempdir().unwrap();
    let own = own.path().file_name().unwrap().to_string_lossy().into_owned();
    Some(format!("{server}/{name}{own}"))
}

/// An adopted workspace whose usage is at an address.
fn workspace(at: &str) -> Workspace {
    let workspace = Workspace::adopted();
    move_to(&workspace, at);
    workspace
}

fn move_to(workspace: &Workspace, at: &str) {
    let settings = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    let settings = settings.replace("[usage]", &format!("[usage]\nat = \"{at}\""));
    assert!(settings.contains(at), "the example has a table `[usage]`");
    workspace.write("charter.toml", &settings);
}

fn generate(workspace: &Workspace, seed: &str) -> Value {
    workspace.json(&["usage", "generate", "2025-03", "--calls", "3000", "--seed", seed])
}

#[test]
fn a_month_from_a_bucket_is_one_from_a_disk() {
    let Some(at) = prefix("same") else { return };
    let (disk, bucket) = (Workspace::adopted(), workspace(&at));
    for workspace in [&disk, &bucket] {
        assert_eq!(generate(workspace, "1")["new"], 3000);
        assert_eq!(generate(workspace, "1")["duplicate"], 3000);
    }
    assert!(!bucket.path(".charter/usage").exists());
    let settled = |workspace: &Workspace, more: &[&str]| {
        workspace.must(&[&["settle", "2025-03", "--json"], more].concat())
    };
    let from_disk = settled(&disk, &[]);
    assert_eq!(settled(&bucket, &[]), from_disk);
    // On machines that have never seen it: from kept sums, and from every row, read in parts.
    assert_eq!(settled(&workspace(&at), &[]), from_disk);
    assert_eq!(settled(&workspace(&at), &["--recount"]), from_disk);
    let line = ["trace", "2025-03", "1", "--json"];
    assert_eq!(bucket.must(&line), disk.must(&line));
    // Nothing of where it is, or of who may go there, is in the journal.
    let copy = bucket.path("journal.jsonl");
    bucket.must(&["journal", "export", &copy.display().to_string()]);
    let journal = std::fs::read_to_string(copy).unwrap();
    for hidden in ["s3://", &std::env::var("AWS_SECRET_ACCESS_KEY").unwrap()] {
        assert!(!journal.contains(hidden), "{hidden}");
    }
}

#[test]
fn what_is_on_a_disk_can_be_published() {
    let Some(at) = prefix("publish") else { return };
    let workspace = Workspace::adopted();
    generate(&workspace, "1");
    let before = workspace.json(&["settle", "2025-03"]);
    move_to(&workspace, &at);
    let refused = workspace.run(&["settle", "2025-03"]);
    assert_eq!(refused.code, 3);
    assert!(
        said(&refused).contains("`charter usage publish` puts them there"),
        "{}",
        refused.stderr
    );
    assert_eq!(workspace.json(&["usage", "publish"])["new"], 3000);
    assert_eq!(workspace.json(&["usage", "publish"])["new"], 0);
    assert_eq!(workspace.json(&["settle", "2025-03"])["statement"], before["statement"]);
    // Taken out of the settings, it is not taken for a month without calls.
    let settings = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    workspace.write("charter.toml", &settings.replace(&format!("at = \"{at}\""), ""));
    let refused = workspace.run(&["settle", "2025-03"]);
    assert!(said(&refused).contains("are in `s3://"), "{}", refused.stderr);
    assert_eq!(refused.code, 3);
}

#[test]
fn two_machines_publish_at_once() {
    let Some(at) = prefix("both") else { return };
    let machines: Vec<Workspace> = (0..3).map(|_| workspace(&at)).collect();
    // One month of calls is all machines' own, another each one's.
    thread::scope(|scope| {
        for (number, machine) in machines.iter().enumerate() {
            scope.spawn(move || {
                for seed in ["1".to_owned(), (10 + number).to_string()] {
                    let generate =
                        ["usage", "generate", "2025-03", "--calls", "2000", "--seed", &seed];
                    for _ in 0..20 {
                        let ran = machine.run(&generate);
                        if ran.code == 0 {
                            break;
                        }
                        assert!(said(&ran).contains("do it once more"), "{}", ran.stderr);
                    }
                }
            });
        }
    });
    let settled = machines[0].json(&["settle", "2025-03", "--recount"]);
    let days = settled["rests_on"]["usage"].as_array().unwrap();
    let rows: u64 = days.iter().map(|day| day["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, 2000 * (1 + 3));
}

#[test]
fn what_is_wrong_with_a_bucket_is_said_with_what_to_do() {
    let Some(at) = prefix("wrong") else { return };
    let right = workspace(&at);
    generate(&right, "1");
    let table = [
        (
            "wrong secret",
            at.as_str(),
            ("AWS_SECRET_ACCESS_KEY", "a-secret-of-nobody"),
            "refuses these credentials",
        ),
        ("unknown key", &at, ("AWS_ACCESS_KEY_ID", "NOBODY"), "refuses these credentials"),
        (
            "unknown bucket",
            "s3://not-a-bucket/x",
            ("X", ""),
            "there is no bucket at `s3://not-a-bucket/x`",
        ),
        ("nobody answers", &at, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), "cannot be reached"),
        ("no scheme", "bucket", ("X", ""), "expected `s3://BUCKET/PREFIX`"),
    ];
    for (what, at, (variable, value), expected) in table {
        let workspace = workspace(at);
        let before = workspace.json(&["journal", "verify"]);
        for args in [&["settle", "2025-03"][..], &["usage", "generate", "2025-03"]] {
            let ran = Ran::of(workspace.command(args).env(variable, value).output().unwrap());
            assert_eq!(ran.code, 3, "{what}: {}", ran.stderr);
            let said = said(&ran);
            assert!(said.contains(expected), "{what}: `{said}` should say `{expected}`");
            assert!(!said.contains("a-secret-of-nobody"), "{what}: {said}");
        }
        assert_eq!(workspace.json(&["journal", "verify"]), before, "{what}");
    }
}

#[test]
fn a_segment_that_is_cut_in_half_is_named() {
    let Some(at) = prefix("cut") else { return };
    let workspace = workspace(&at);
    generate(&workspace, "1");
    let bucket = Bucket::open(&at).unwrap();
    let objects = bucket.list("month=2025-03").unwrap();
    let (segment, _) = objects.iter().find(|(name, _)| name.ends_with(".parquet")).unwrap();
    let (whole, version) = bucket.get(segment).unwrap().unwrap();
    bucket.swap(segment, Some(&version), whole.slice(..whole.len() / 2)).unwrap().unwrap();
    let ran = workspace.run(&["settle", "2025-03"]);
    assert_eq!(ran.code, 3);
    let said = said(&ran);
    let expected = format!("it has {} bytes where {} were written", whole.len() / 2, whole.len());
    assert!(said.contains(&expected) && said.contains("restore it from a copy"), "{said}");
    // A long name is broken into lines.
    assert!(said.replace(' ', "").contains(segment.as_str()), "{said}");
}

/// Whoever reads is cut off in the middle of an answer, and says so; tried again, nothing is missing.
#[test]
fn a_connection_that_breaks_is_said_and_changes_nothing() {
    let Some(at) = prefix("breaks") else { return };
    let workspace = workspace(&at);
    generate(&workspace, "1");
    let before = workspace.json(&["journal", "verify"]);
    let (endpoint, broken) = breaking(usize::MAX);
    let mut command: Command = workspace.command(&["settle", "2025-03", "--recount", "--json"]);
    let cut = Ran::of(command.env("AWS_ENDPOINT_URL", endpoint).output().unwrap());
    assert_eq!(cut.code, 3);
    assert!(said(&cut).contains("cannot be reached"), "{}", cut.stderr);
    assert!(broken.load(Ordering::SeqCst) > 0, "answers were cut off");
    assert_eq!(workspace.json(&["journal", "verify"]), before);
    let (endpoint, _) = breaking(0);
    let mut command: Command = workspace.command(&["settle", "2025-03", "--recount", "--json"]);
    let whole = Ran::of(command.env("AWS_ENDPOINT_URL", endpoint).output().unwrap());
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    let settled: Value = serde_json::from_str(&whole.stdout).unwrap();
    assert_eq!(settled["statement"], workspace.json(&["settle", "2025-03"])["statement"]);
}

/// A way to the server on which so many answers are cut off in the middle of a body; how many were.
fn breaking(times: usize) -> (String, Arc<AtomicUsize>) {
    let server = std::env::var("AWS_ENDPOINT_URL").unwrap().replace("http://", "");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let broken = Arc::new(AtomicUsize::new(0));
    let count = broken.clone();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(upstream)) = (client, TcpStream::connect(&server)) else { return };
            let (mut from_client, mut to_upstream) =
                (client.try_clone().unwrap(), upstream.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from_client, &mut to_upstream));
            let count = count.clone();
            thread::spawn(move || answer(upstream, client, times, &count));
        }
    });
    (endpoint, broken)
}

fn answer(mut upstream: TcpStream, mut client: TcpStream, times: usize, broken: &AtomicUsize) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read @ 1..) = upstream.read(&mut bytes) {
        // A part of a segment: longer than what the server says in its headers.
        let is_cut = read > 1500
            && broken
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |so_far| {
                    (so_far < times).then(|| so_far + 1)
                })
                .is_ok();
        let passed = if is_cut { read - 100 } else { read };
        if client.write_all(&bytes[..passed]).is_err() || is_cut {
            break;
        }
    }
    let _ =
        (client.shutdown(std::net::Shutdown::Both), upstream.shutdown(std::net::Shutdown::Both));
}

/// What a command said went wrong, on one line.
fn said(ran: &Ran) -> String {
    let words: Vec<&str> = ran
        .stderr
        .split_whitespace()
        .filter(|word| !["│", "╰─▶", "├─▶", "×"].contains(word))
        .collect();
    words.join(" ")
}
