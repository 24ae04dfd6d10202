//! Many calls of many kinds at once: what the vendor would bill is what is metered, in memory that
//! stays as it is.

use std::path::Path;
use std::process::Command;

use upstream::Upstream;

use crate::carrying::{Carrying, key, route, settle_in, upstream as table};
use crate::compatibility::{billed, rolled};
use crate::workspace::{Workspace, eventually, rounds};

const MODEL: &str = "gpt-4o-mini";

/// 64 connections, of which each has one call after the other: as JSON and as streams, with tools, with
/// three answers, with prompts that the vendor has cached, and embeddings.
#[test]
fn as_many_tokens_are_metered_as_the_vendor_has_in_its_books() {
    let calls: u64 = rounds(2_000, 1_000_000);
    let upstream = sums_only();
    let workspace = Workspace::example();
    let (gateway, key) = begin(&workspace, &upstream);
    let resident = |calls: u64| {
        load(&gateway.url(), &key, calls, &["--kind", "mixed", "--connections", "64"]);
        gateway.resident_kb()
    };
    let early = resident(calls / 5);
    let late = resident(calls - calls / 5);
    gateway.stop();
    assert!(late < early + 16_384, "{early} kB after a fifth of the calls, {late} kB after all");

    let (metered, billed) = (rolled(&workspace), billed(&upstream));
    assert_eq!(metered, billed);
    let [read, cached, written] = metered[MODEL];
    eprintln!("{calls} calls: {read} tokens read, {cached} of them cached, {written} written");
    eprintln!("{early} kB after a fifth, {late} kB after all");
    assert!(cached > 0 && written > u128::from(calls));
    assert_eq!(upstream.world().books.totals()[MODEL].complete, calls);
}

/// As many streams as a process may have open at 20,000 files, two connections for each: all are open
/// before the first ends, all come whole, and all are metered.
#[test]
fn as_many_streams_as_there_are_files_come_whole() {
    let streams: u64 = rounds(300, 9_900);
    let upstream = sums_only();
    let workspace = Workspace::example();
    let (gateway, key) = begin(&workspace, &upstream);
    let url = gateway.url() + "/v1/chat/completions";
    let gap = format!("x-mock-fault: gap-{}", rounds(100, 1_000));
    let connections = streams.to_string();
    let (before, idle) = (gateway.open_files(), gateway.resident_kb());
    let with = ["--kind", "sse", "--connections", &connections, "--header", &gap];
    let held = std::thread::scope(|scope| {
        let loading = scope.spawn(|| load(&url, &key, streams, &with));
        eventually("all streams are open", || {
            gateway.open_files() >= before + 2 * usize::try_from(streams).unwrap()
        });
        assert!(!loading.is_finished());
        gateway.resident_kb() - idle
    });
    gateway.stop();
    eprintln!("{streams} streams: {} kB each", held / streams);

    assert_eq!(rolled(&workspace), billed(&upstream));
    assert_eq!(upstream.world().books.totals()[MODEL].complete, streams);
    assert!(held / streams < 64, "{held} kB for {streams} streams");
}

/// A vendor who remembers sums alone.
fn sums_only() -> Upstream {
    let settings = upstream::Settings::default();
    Upstream::start(upstream::Settings { requests_kept: 0, itemized: false, ..settings }).unwrap()
}

/// A gateway in front of it, and the key for it.
fn begin(workspace: &Workspace, upstream: &Upstream) -> (Carrying, String) {
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    let (key, key_table) = key(workspace, "load", "direct");
    let tables = table("azure", "azure", &upstream.url(), "openai", "VENDOR_KEY");
    settle_in(workspace, &(tables + &route(MODEL, &["azure"]) + &key_table));
    let secret = [("VENDOR_KEY", upstream.world().settings.openai_key.as_str())];
    (Carrying::start(workspace, &secret), key)
}

/// Makes so many calls with the generator of load, which finds every answer whole.
fn load(url: &str, key: &str, calls: u64, with: &[&str]) {
    let generator = Path::new(env!("CARGO_BIN_EXE_charter")).with_file_name("load");
    assert!(generator.exists(), "build it first: cargo build -p upstream");
    let calls = calls.to_string();
    let made = Command::new(generator)
        .args([url, "--key", key, "--warm", "0"])
        .args(with)
        .args(["--seconds", "7200", "--calls", &calls, "--plain"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success() && told.starts_with(&format!("calls={calls} ")), "{told}");
}
