use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use journal::{AppendError, Condition, Filter, Head, Journal, OpenError, Position, Verdict};

use crate::common::{Place, Scene, at, event, on_both_stores, raw, run};

on_both_stores! {
    the_store_refuses_an_honest_mistake,
    lost_triggers_come_back_at_the_next_opening,
    a_dropped_append_leaves_all_or_nothing,
}

/// The message of opening, which must be the same whether or not a file may be created.
async fn refusal(path: &Path) -> String {
    let opened = Journal::open(path).await.unwrap_err().to_string();
    assert_eq!(Journal::open_existing(path).await.unwrap_err().to_string(), opened);
    opened.replace(&path.display().to_string(), "PATH")
}

#[test]
fn reading_commands_create_nothing() {
    run(async {
        let scene = Scene::sqlite();
        assert!(Journal::open_existing(scene.path()).await.unwrap().is_none());
        assert_eq!(fs::read_dir(scene.folder.path()).unwrap().count(), 0);
        scene.open().await.close().await.unwrap();
        let journal = Journal::open_existing(scene.path()).await.unwrap().unwrap();
        assert_eq!(journal.head().await.unwrap(), Head::EMPTY);
        journal.close().await.unwrap();
        let names: Vec<_> = fs::read_dir(scene.folder.path()).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "a closed journal is one file: {names:?}");
    });
}

#[test]
fn a_file_that_a_crash_left_empty_is_no_journal_yet() {
    run(async {
        let scene = Scene::sqlite();
        fs::write(scene.path(), "").unwrap();
        assert!(Journal::open_existing(scene.path()).await.unwrap().is_none());
        assert_eq!(scene.open().await.head().await.unwrap(), Head::EMPTY);
    });
}

#[test]
fn what_is_not_a_journal_is_refused_and_left_alone() {
    run(async {
        let scene = Scene::sqlite();
        let not_a_journal = "`PATH` is not a journal; name another, or move this one away";
        for text in ["hi", "hello", &"hello ".repeat(1000)] {
            fs::write(scene.path(), text).unwrap();
            assert_eq!(refusal(scene.path()).await, not_a_journal);
            assert_eq!(fs::read_to_string(scene.path()).unwrap(), text);
        }
        for script in [
            "CREATE TABLE events (position)",
            "PRAGMA application_id = 7",
            "PRAGMA user_version = 1",
            "PRAGMA application_id = 0x63687274; PRAGMA user_version = 1",
            "PRAGMA application_id = 0x63687274; CREATE TABLE events (position)",
        ] {
            fs::remove_file(scene.path()).unwrap();
            raw(scene.path()).execute_batch(script).unwrap();
            let before = fs::read(scene.path()).unwrap();
            assert_eq!(refusal(scene.path()).await, not_a_journal, "{script}");
            assert_eq!(fs::read(scene.path()).unwrap(), before, "{script}");
        }
    });
}

#[test]
fn a_newer_format_asks_for_a_newer_program() {
    run(async {
        let (scene, _) = Scene::with_events(1).await;
        raw(scene.path()).execute_batch("PRAGMA user_version = 9").unwrap();
        assert_eq!(
            refusal(scene.path()).await,
            "`PATH` has format 9, and this version reads format 2; install a newer one"
        );
    });
}

#[test]
fn an_older_format_asks_for_a_new_journal() {
    run(async {
        let (scene, _) = Scene::with_events(1).await;
        raw(scene.path()).execute_batch("PRAGMA user_version = 1").unwrap();
        assert_eq!(
            refusal(scene.path()).await,
            "`PATH` has format 1, and this version reads format 2; move it away and begin a new \
             journal, or read it with the version that wrote it"
        );
    });
}

#[test]
fn a_folder_is_refused() {
    run(async {
        let scene = Scene::sqlite();
        assert_eq!(refusal(scene.folder.path()).await, "`PATH` is a folder; name a file in it");
        let nowhere = scene.folder.path().join("no/such/journal.db");
        assert!(Journal::open_existing(&nowhere).await.unwrap().is_none());
        let refused = Journal::open(&nowhere).await.unwrap_err();
        assert!(matches!(refused, OpenError::CannotOpen { .. }), "{refused:?}");
        let under_a_file = scene.path().join("journal.db");
        fs::write(scene.path(), "").unwrap();
        let refused = Journal::open(&under_a_file).await.unwrap_err();
        assert!(matches!(refused, OpenError::CannotOpen { .. }), "{refused:?}");
    });
}

#[test]
fn a_read_only_file_is_for_reading() {
    run(async {
        let (scene, heads) = Scene::with_events(2).await;
        fs::set_permissions(scene.path(), fs::Permissions::from_mode(0o444)).unwrap();
        let refused = Journal::open(scene.path()).await.unwrap_err().to_string();
        let refused = refused.replace(&scene.path().display().to_string(), "PATH");
        assert_eq!(refused, "`PATH` is read-only; make it writable, or work on a copy");
        let journal = Journal::open_existing(scene.path()).await.unwrap().unwrap();
        let head = heads[2];
        assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head });
    });
}

#[test]
fn names_are_taken_literally() {
    run(async {
        let scene = Scene::sqlite();
        for name in ["file:x?mode=memory", ":memory:", "a b%20c?#.db", "weiß.db"] {
            let path = scene.folder.path().join(name);
            let journal = Journal::open(&path).await.unwrap();
            let head =
                journal.append(Condition::head(Position(0)), at(0), vec![event(1)]).await.unwrap();
            journal.close().await.unwrap();
            assert!(path.is_file(), "{name}");
            let journal = Journal::open_existing(&path).await.unwrap().unwrap();
            assert_eq!(journal.head().await.unwrap(), head);
        }
    });
}

async fn the_store_refuses_an_honest_mistake(scene: Scene) {
    let heads = scene.fill(3).await;
    let rest = "recorded, effective, kind, stream, actor, cause, payload, salt, previous, hash";
    let copy = |position: u64| {
        format!("INSERT INTO events SELECT {position}, {rest} FROM events WHERE position = 3")
    };
    for (mistake, refusal) in [
        ("UPDATE events SET actor = 'me' WHERE position = 2".to_owned(), "never changed"),
        ("DELETE FROM events WHERE position = 3".to_owned(), "deleted"),
        (copy(5), "in turn"),
        (copy(0), "in turn"),
        (copy(4).replace(" kind,", " NULL,"), "null"),
    ] {
        let refused = scene.sql(&mistake).unwrap_err();
        assert!(refused.to_lowercase().contains(refusal), "{mistake}: {refused}");
    }
    match scene.place {
        Place::File(_) => {
            let replace = "REPLACE INTO events SELECT * FROM events WHERE position = 2";
            assert!(scene.sql(replace).unwrap_err().contains("in turn"));
        }
        Place::Server(_) => {
            let truncate = scene.sql("TRUNCATE events").unwrap_err();
            assert!(truncate.contains("never changed or deleted"), "{truncate}");
            let replace = copy(2) + " ON CONFLICT (position) DO UPDATE SET actor = 'me'";
            scene.sql(&replace).unwrap_err();
        }
    }
    let head = heads[3];
    assert_eq!(scene.open().await.verify().await.unwrap(), Verdict::Intact { head });
}

async fn lost_triggers_come_back_at_the_next_opening(scene: Scene) {
    scene.fill(1).await;
    let (lost, table) = match scene.place {
        Place::File(_) => ("events_are_never_deleted", ""),
        Place::Server(_) => ("events_are_never_changed", " ON events"),
    };
    scene.sql(&format!("DROP TRIGGER {lost}{table}")).unwrap();
    scene.open().await.close().await.unwrap();
    assert!(scene.sql("DELETE FROM events").unwrap_err().contains("deleted"));
}

#[test]
fn readers_and_a_writer_do_not_wait_for_one_another() {
    run(async {
        let (scene, _) = Scene::with_events(1).await;
        let mode = raw(scene.path()).query_row("PRAGMA journal_mode", [], |row| row.get(0));
        assert_eq!(mode, Ok("wal".to_owned()));
    });
}

async fn a_dropped_append_leaves_all_or_nothing(scene: Scene) {
    let journal = scene.open().await;
    for polls in 0..40 {
        let before = journal.head().await.unwrap();
        let batch: Vec<_> = (0..5).map(event).collect();
        let mut append = Box::pin(journal.append(Condition::head(before.position), at(0), batch));
        for _ in 0..polls {
            let once = std::future::poll_fn(|context| {
                std::task::Poll::Ready(append.as_mut().poll(context).is_ready())
            });
            if once.await {
                break;
            }
            std::thread::yield_now();
        }
        drop(append);
        // The next append waits until the dropped one has been undone or done.
        let after = loop {
            let head = journal.head().await.unwrap();
            match journal.append(Condition::head(head.position), at(0), vec![]).await {
                Ok(head) => break head,
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        };
        let added = after.position.0 - before.position.0;
        assert!(added == 0 || added == 5, "{added} of 5 events after {polls} polls");
    }
    let events = journal.read(Position(0), &Filter::all()).await.unwrap();
    assert_eq!(events.len() % 5, 0);
}
