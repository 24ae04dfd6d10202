//! Many calls of many kinds at once: what the vendor would bill is what is metered, in memory that
//! stays as it is.

use std::path::Path;
use std::process::Command;

use upstream::Upstream;

use crate::carrying::{Carrying, key, route, settle_in, upstream as table};
use crate::compatibility::{billed, rolled};
use crate::workspace::{Workspace, rounds};

const MODEL: &str = "gpt-4o-mini";

/// 64 connections, of which each has one call after the other: as JSON and as streams, with tools, with
/// three answers, with prompts that the vendor has cached, and embeddings.
#[test]
fn as_many_tokens_are_metered_as_the_vendor_has_in_its_books() {
    let calls: u64 = rounds(2_000, 1_000_000);
    let sums_only =
        upstream::Settings { requests_kept: 0, itemized: false, ..upstream::Settings::default() };
    let upstream = Upstream::start(sums_only).unwrap();
    let workspace = Workspace::example();
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    let (key, key_table) = key(&workspace, "load", "direct");
    let tables = table("azure", "azure", &upstream.url(), "openai", "VENDOR_KEY");
    settle_in(&workspace, &(tables + &route(MODEL, &["azure"]) + &key_table));
    let gateway =
        Carrying::start(&workspace, &[("VENDOR_KEY", &upstream.world().settings.openai_key)]);
    let resident = |calls: u64| {
        load(&gateway.url(), &key, calls);
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

/// Makes so many calls with the generator of load, which finds every answer whole.
fn load(url: &str, key: &str, calls: u64) {
    let generator = Path::new(env!("CARGO_BIN_EXE_charter")).with_file_name("load");
    assert!(generator.exists(), "build it first: cargo build -p upstream");
    let calls = calls.to_string();
    let made = Command::new(generator)
        .args([url, "--key", key, "--kind", "mixed", "--connections", "64", "--warm", "0"])
        .args(["--seconds", "7200", "--calls", &calls, "--plain"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success() && told.starts_with(&format!("calls={calls} ")), "{told}");
}
