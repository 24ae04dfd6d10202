//! The real SDKs, straight at the mock: what a gateway between them is held to.

use std::process::Command;

use crate::client::upstream;

/// Runs one SDK's checks. An SDK that cannot be installed here is skipped, and says so.
fn run(sdk: &str) {
    let upstream = upstream();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/run");
    let out = Command::new(script).arg(sdk).env("SDK_BASE_URL", upstream.url()).output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout);
    if out.status.code() == Some(3) {
        eprintln!("skipped: {}", String::from_utf8_lossy(&out.stderr));
        return;
    }
    assert!(out.status.success(), "{told}{}", String::from_utf8_lossy(&out.stderr));
    assert!(told.contains("0 failed") && told.contains("0 changed"), "{told}");
}

#[test]
fn python_gets_whole_answers() {
    run("python");
}

#[test]
fn node_gets_whole_answers() {
    run("node");
}
