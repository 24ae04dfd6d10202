//! Journals to test on, and the forger's tools.

use std::future::Future;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use journal::{Condition, Head, Journal, NewEvent, Position};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

/// A plain runtime, without timers: the journal needs none.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

pub fn event(n: u64) -> NewEvent {
    NewEvent {
        kind: "capacity-offered".into(),
        stream: format!("case/{n}"),
        actor: "oracle".into(),
        cause: n.is_multiple_of(2).then(|| "right_of_first_refusal.new-capacity".into()),
        effective: at(-60),
        payload: serde_json::json!({ "lots": n, "note": "weiß" }),
    }
}

pub struct Scene {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl Scene {
    pub fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        Scene { folder, path }
    }

    pub async fn open(&self) -> Journal {
        Journal::open(&self.path).await.unwrap()
    }

    /// A closed journal of `count` events, each recorded a second after the one before.
    pub async fn with_events(count: u64) -> (Scene, Vec<Head>) {
        let scene = Scene::new();
        let journal = scene.open().await;
        let mut heads = vec![journal.head().await.unwrap()];
        for n in 1..=count {
            let second = i64::try_from(n).unwrap();
            let added =
                journal.append(Condition::head(Position(n - 1)), at(second), vec![event(n)]).await;
            heads.push(added.unwrap());
        }
        journal.close().await.unwrap();
        (scene, heads)
    }
}

pub async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// Runs SQL behind the journal's back, with its triggers and its column constraints taken away
/// and the table's text put back afterwards, so that nothing shows but the change itself.
pub async fn tamper(path: &Path, sql: &str) {
    let mut forger = raw(path).await;
    let script = format!(
        "DROP TRIGGER IF EXISTS events_are_never_changed;
         DROP TRIGGER IF EXISTS events_are_never_deleted;
         DROP TRIGGER IF EXISTS events_come_in_turn;
         CREATE TABLE keep AS SELECT sql FROM sqlite_schema WHERE name = 'events';
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(replace(replace(replace(sql,
             ' NOT NULL', ''), 'STRICT', ''), ' TEXT', ' BLOB'), 'PRIMARY KEY', 'primary key')
             WHERE name = 'events';
         PRAGMA writable_schema = RESET;
         {sql};
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = (SELECT sql FROM keep) WHERE name = 'events';
         PRAGMA writable_schema = RESET;
         DROP TABLE keep;"
    );
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut forger).await.unwrap();
    forger.close().await.unwrap();
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
