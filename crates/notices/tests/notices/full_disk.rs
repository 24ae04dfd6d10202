//! A disk that fills up and is given room again, while the outbox stays open.

use std::env;
use std::path::Path;
use std::process::{Command, id};

use notices::{Outbox, StorageError, TakeError};

use crate::common::{Scene, at, courier, deliver, hook_at, hours, notice, run};
use crate::webhook_server::Server;

const PATH: &str = "NOTICES_FULL_DISK_PATH";

/// The limit on file size stands for the disk; ignoring `XFSZ` makes it an error, as there.
#[test]
fn a_full_disk_refuses_notices_and_is_forgotten_once_there_is_room() {
    let scene = Scene::new();
    let status = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 400; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args(["--exact", "full_disk::child_fills_the_disk", "--nocapture"])
        .env(PATH, &scene.path)
        .status();
    assert!(status.unwrap().success());
    assert!(scene.path.is_file(), "the child did its work");
}

/// Not a test of its own: does something only when its parent asks it to.
#[test]
fn child_fills_the_disk() {
    let Some(path) = env::var_os(PATH) else {
        return;
    };
    let server = Server::new([]);
    let settings = hook_at(&server.url);
    let courier = courier(&settings);
    run(async {
        let outbox = Outbox::open(Path::new(&path)).await.unwrap();
        let mut cursor = 0;
        let take = async |cursor: u64| {
            let notices: Vec<_> = (cursor + 1..=cursor + 20).map(notice).collect();
            outbox.take(cursor, cursor + 20, &notices, &settings, at(0)).await
        };
        let refused = loop {
            match take(cursor).await {
                Ok(taken) => cursor += taken.enqueued,
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, TakeError::Storage(StorageError::Full { .. })), "{refused:?}");
        let shown = refused.to_string().replace(&Path::new(&path).display().to_string(), "PATH");
        assert_eq!(
            shown,
            "the disk of the outbox `PATH` is full, or fails; make room, then try again"
        );
        assert_eq!(outbox.cursor().await.unwrap(), cursor);
        assert_eq!(outbox.list(None).await.unwrap().len() as u64, cursor);

        // Nothing is sent that was not recorded before.
        let full = courier.deliver(&outbox, || at(0)).await;
        assert!(matches!(full, Err(StorageError::Full { .. })), "{full:?}");
        let recorded: u32 = outbox.list(None).await.unwrap().iter().map(|row| row.attempts).sum();
        assert!(u32::try_from(server.received().len()).unwrap() <= recorded);

        let room = ["--pid", &id().to_string(), "--fsize=unlimited:unlimited"];
        assert!(Command::new("prlimit").args(room).status().unwrap().success());
        assert_eq!(take(cursor).await.unwrap().enqueued, 20);
        deliver(&courier, &outbox, at(0) + hours(1)).await;
        let keys: std::collections::BTreeSet<_> =
            server.received().iter().map(|request| request.key().to_owned()).collect();
        assert_eq!(keys.len() as u64, cursor + 20);
    });
}
