//! A disk that fills up and is given room again, while the journal stays open.

use std::env;
use std::path::Path;
use std::process::{Command, id};

use journal::{AppendError, Condition, Filter, Journal, Position, Verdict};

use crate::common::{Scene, at, event, run};

const PATH: &str = "JOURNAL_FULL_DISK_PATH";

/// The limit on file size stands for the disk; ignoring `XFSZ` makes it an error, as there.
#[test]
fn a_full_disk_refuses_events_and_is_forgotten_once_there_is_room() {
    let scene = Scene::sqlite();
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 200; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "full_disk::child_fills_the_disk", "--nocapture"])
        .env(PATH, scene.path())
        .status();
    assert!(status.unwrap().success());
    assert!(scene.path().is_file(), "the child did its work");
}

/// Not a test of its own: does something only when its parent asks it to.
#[test]
fn child_fills_the_disk() {
    let Some(path) = env::var_os(PATH) else {
        return;
    };
    run(async {
        let journal = Journal::open(Path::new(&path)).await.unwrap();
        let batch = || (0..20).map(event).collect::<Vec<_>>();
        let mut head = journal.head().await.unwrap();
        let refused = loop {
            match journal.append(Condition::head(head.position), at(0), batch()).await {
                Ok(next) => head = next,
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, AppendError::Storage(_)), "{refused:?}");
        assert_eq!(refused.to_string(), "cannot write to the journal");
        for _ in 0..3 {
            journal.append(Condition::head(head.position), at(0), batch()).await.unwrap_err();
        }
        assert_eq!(journal.head().await.unwrap(), head);
        assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head });

        let room = ["--pid", &id().to_string(), "--fsize=unlimited:unlimited"];
        assert!(Command::new("prlimit").args(room).status().unwrap().success());
        let next = journal.append(Condition::head(head.position), at(0), batch()).await.unwrap();
        assert_eq!(next.position, Position(head.position.0 + 20));
        assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head: next });
        let read = journal.read(head.position, &Filter::all()).await.unwrap();
        assert_eq!(read.len(), 20);
    });
}
