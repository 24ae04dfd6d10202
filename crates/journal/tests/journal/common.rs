//! Journals to test on, and the forger's tools.

use std::future::Future;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use journal::{Condition, Head, Journal, NewEvent, OpenError, Position};
use rusqlite::Connection;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// A plain runtime, without timers and without files: the journal needs none.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
}

/// Makes each test two: `on_sqlite` in a file of its own, and `on_postgres` in a schema of its own on
/// the server that `CHARTER_TEST_POSTGRES` names.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $test() {
                crate::common::run(super::$test(crate::common::Scene::sqlite()));
            })*
        }
        mod on_postgres {
            $(#[test]
            fn $test() {
                if let Some(scene) = crate::common::Scene::postgres() {
                    crate::common::run(super::$test(scene));
                }
            })*
        }
    };
}
pub(crate) use on_both_stores;

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

/// A place for one journal, which is gone after the test.
pub struct Scene {
    /// For whatever the test wants to put beside the journal.
    pub folder: TempDir,
    pub place: Place,
}

/// Where the journal is, in a form that a child process can be told.
#[derive(Clone, Debug)]
pub enum Place {
    File(PathBuf),
    /// With a search path of its own.
    Server(String),
}

impl Place {
    pub fn to_text(&self) -> String {
        match self {
            Place::File(path) => path.display().to_string(),
            Place::Server(url) => url.clone(),
        }
    }

    pub fn from_text(text: &str) -> Place {
        if text.starts_with("postgres://") {
            Place::Server(text.to_owned())
        } else {
            Place::File(text.into())
        }
    }

    pub async fn open(&self) -> Result<Journal, OpenError> {
        match self {
            Place::File(path) => Journal::open(path).await,
            Place::Server(url) => Journal::connect(url).await,
        }
    }

    pub async fn open_existing(&self) -> Result<Option<Journal>, OpenError> {
        match self {
            Place::File(path) => Journal::open_existing(path).await,
            Place::Server(url) => Journal::connect_existing(url).await,
        }
    }
}

impl Scene {
    pub fn sqlite() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("journal.db"));
        Scene { folder, place }
    }

    /// Nothing, and a word about it, if there is no server to test on.
    pub fn postgres() -> Option<Scene> {
        let Ok(url) = std::env::var("CHARTER_TEST_POSTGRES") else {
            eprintln!("skipped: CHARTER_TEST_POSTGRES names no server; `./test` starts one");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        // The folder's name is one that nobody else has, even in small letters and without its dot.
        let name = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let schema = format!("test_{}_{}", std::process::id(), name.replace('.', ""));
        query(&url, &format!("CREATE SCHEMA {schema}"));
        let and = if url.contains('?') { '&' } else { '?' };
        let place = Place::Server(format!(
            "{url}{and}application_name={schema}&options=-csearch_path%3D{schema}"
        ));
        Some(Scene { folder, place })
    }

    pub async fn open(&self) -> Journal {
        self.place.open().await.unwrap()
    }

    /// The file, for tests of files alone.
    pub fn path(&self) -> &Path {
        match &self.place {
            Place::File(path) => path,
            Place::Server(_) => panic!("a server has no file"),
        }
    }

    /// Appends `count` events, each recorded a second after the one before, to a journal that is
    /// closed again. Returns its head after each, and before the first.
    pub async fn fill(&self, count: u64) -> Vec<Head> {
        let journal = self.open().await;
        let mut heads = vec![journal.head().await.unwrap()];
        for n in 1..=count {
            let (second, expected) = (i64::try_from(n).unwrap(), Condition::head(Position(n - 1)));
            heads.push(journal.append(expected, at(second), vec![event(n)]).await.unwrap());
        }
        journal.close().await.unwrap();
        heads
    }

    /// A file filled so.
    pub async fn with_events(count: u64) -> (Scene, Vec<Head>) {
        let scene = Scene::sqlite();
        let heads = scene.fill(count).await;
        (scene, heads)
    }

    /// Runs SQL as anybody with a connection might; what the store says if it refuses.
    pub fn sql(&self, sql: &str) -> Result<(), String> {
        match &self.place {
            Place::File(path) => raw(path).execute_batch(sql).map_err(|error| error.to_string()),
            Place::Server(url) => try_query(url, sql),
        }
    }

    /// Runs SQL behind the journal's back, with its triggers and its column constraints taken away
    /// and put back afterwards, so that nothing shows but the change itself.
    pub fn tamper(&self, sql: &str) {
        match &self.place {
            Place::File(path) => tamper_file(path, sql),
            Place::Server(url) => query(
                url,
                &format!(
                    "ALTER TABLE events DISABLE TRIGGER ALL; {sql}; \
                     ALTER TABLE events ENABLE TRIGGER ALL"
                ),
            ),
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Place::Server(url) = &self.place {
            // Those still connected hold locks, but not for long.
            let _ = try_query(
                url,
                "DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_schema()); END $$",
            );
        }
    }
}

pub fn raw(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    connection
}

/// A connection to the server, on a thread and a runtime of its own, as tests have runtimes too.
pub fn on_server<T: Send>(url: &str, work: impl AsyncFnOnce(&mut PgConnection) -> T + Send) -> T {
    std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut connection = PgConnection::connect(url).await.unwrap();
                work(&mut connection).await
            })
        };
        scope.spawn(work).join().unwrap()
    })
}

fn try_query(url: &str, sql: &str) -> Result<(), String> {
    on_server(url, async |connection| {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
        done.map(|_| ()).map_err(|error| error.to_string())
    })
}

fn query(url: &str, sql: &str) {
    try_query(url, sql).unwrap();
}

fn tamper_file(path: &Path, sql: &str) {
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
    raw(path).execute_batch(&script).unwrap();
}

/// Whether the long campaigns were asked for.
pub fn long() -> bool {
    std::env::var("CHARTER_LONG").is_ok_and(|long| long == "1")
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
