//! Outboxes to test on, and what is put into them.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use notices::{Attempt, Courier, Notice, Outbox, Settings};
use tempfile::TempDir;

/// Secrets in tests are made of words, and nobody uses them.
pub const SECRET: &str = "whsec_bm90IGEgc2VjcmV0IGJ1dCBzb21lIHdvcmRzIGZvciB0ZXN0cw==";
pub const OTHER_SECRET: &str = "whsec_b3RoZXIgd29yZHMsIHdoaWNoIGFyZSBubyBzZWNyZXQgZWl0aGVy";

pub fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub fn notice(position: u64) -> Notice {
    Notice {
        key: format!("event-{position}"),
        to: "oracle".into(),
        kind: "right.declined".into(),
        subject: format!("Fall {position}: „Weißer Wal“ abgelehnt"),
        text: format!(
            "Event {position} happened.\n\nWeiß, 老虎, 🐋.\n.\nA line with a dot above.\n"
        ),
        payload: serde_json::json!({ "n": position, "note": "weiß" }),
        occurred: at(-60),
        position,
    }
}

pub fn settings(text: &str) -> Settings {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Settings of one party, `oracle`, with one webhook.
pub fn hook_at(url: &str) -> Settings {
    settings(&format!(
        "[parties.oracle]\n\
         webhooks = [{{ url = \"{url}\", secret_env = \"SECRET\", allow_private = true }}]"
    ))
}

pub fn courier(settings: &Settings) -> Courier {
    let environment = |variable: &str| match variable {
        "SECRET" => Some(SECRET.to_owned()),
        "BOTH" => Some(format!("{SECRET} {OTHER_SECRET}")),
        "USERNAME" => Some("charter".to_owned()),
        "PASSWORD" => Some("words, not a password".to_owned()),
        "WRONG" => Some("other words".to_owned()),
        _ => None,
    };
    Courier::new(settings, Path::new("/"), &environment).unwrap()
}

pub struct Scene {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl Scene {
    pub fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.db");
        Scene { folder, path }
    }

    pub async fn open(&self) -> Outbox {
        Outbox::open(&self.path).await.unwrap()
    }

    /// An outbox with the notices of events 1 to `count`.
    pub async fn with_notices(count: u64, settings: &Settings) -> (Scene, Outbox) {
        let scene = Scene::new();
        let outbox = scene.open().await;
        let notices: Vec<_> = (1..=count).map(notice).collect();
        outbox.take(0, count, &notices, settings, at(0)).await.unwrap();
        (scene, outbox)
    }
}

pub async fn deliver(courier: &Courier, outbox: &Outbox, now: Timestamp) -> Vec<Attempt> {
    courier.deliver(outbox, || now).await.unwrap()
}

/// A Python that has the module, of Debian or another; says why there is none.
pub fn python(module: &str) -> Option<&'static str> {
    let has = |python: &str| {
        let tried = Command::new(python).args(["-c", &format!("import {module}")]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let found = ["/usr/bin/python3", "python3"].into_iter().find(|python| has(python));
    if found.is_none() {
        eprintln!("skipped: no Python with `{module}`; install python3-{module}");
    }
    found
}

/// The same sequence for the same seed (splitmix64), so that a failure can be replayed.
pub fn chance(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
