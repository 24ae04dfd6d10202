use std::sync::Arc;

use journal::{AppendError, Condition, Filter, Journal, Position, Verdict};

use crate::common::{Scene, at, event, run};

/// Appends `count` batches of two, each time deciding anew after losing to another writer.
async fn write(journal: &Journal, count: u64) {
    for n in 0..count {
        loop {
            let expected = journal.head().await.unwrap().position;
            match journal
                .append(Condition::head(expected), at(0), vec![event(n), event(n + 1)])
                .await
            {
                Ok(head) => {
                    assert_eq!(head.position, Position(expected.0 + 2));
                    break;
                }
                Err(AppendError::Conflict { .. }) => tokio::task::yield_now().await,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

async fn is_whole(journal: &Journal, events: u64) {
    let head = journal.head().await.unwrap();
    assert_eq!(head.position, Position(events));
    assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head });
    let read = journal.read(Position::BEFORE_FIRST, &Filter::all()).await.unwrap();
    assert!(read.iter().zip(1..).all(|(event, n)| event.position == Position(n)));
}

#[test]
fn writers_with_a_connection_each() {
    run(async {
        let scene = Scene::new();
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let path = scene.path.clone();
                // They also race to create the file.
                tokio::spawn(async move { write(&Journal::open(&path).await.unwrap(), 20).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        is_whole(&scene.open().await, 8 * 20 * 2).await;
    });
}

#[test]
fn writers_that_share_a_journal() {
    run(async {
        let scene = Scene::new();
        let journal = Arc::new(scene.open().await);
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let journal = Arc::clone(&journal);
                tokio::spawn(async move { write(&journal, 20).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        is_whole(&journal, 8 * 20 * 2).await;
    });
}

#[test]
fn of_two_that_expect_the_same_head_one_wins() {
    run(async {
        let scene = Scene::new();
        let (one, other) = (scene.open().await, scene.open().await);
        let won = one.append(Condition::head(Position(0)), at(0), vec![event(1)]).await.unwrap();
        let lost =
            other.append(Condition::head(Position(0)), at(0), vec![event(2)]).await.unwrap_err();
        assert_eq!(
            lost.to_string(),
            "event 1, `capacity-offered` of `case/1`, came in after position 0"
        );
        assert_eq!(other.head().await.unwrap(), won);
    });
}

#[test]
fn many_may_create_a_journal_at_once() {
    for _ in 0..20 {
        run(async {
            let scene = Scene::new();
            let openers: Vec<_> = (0..8)
                .map(|_| {
                    let path = scene.path.clone();
                    tokio::spawn(async move { Journal::open(&path).await.map(|_| ()) })
                })
                .collect();
            for opener in openers {
                opener.await.unwrap().unwrap();
            }
        });
    }
}

/// Readers see whole batches, and verifying is not disturbed by writing.
#[test]
fn readers_and_verifiers_beside_a_writer() {
    run(async {
        let scene = Scene::new();
        let journal = Arc::new(scene.open().await);
        let writer = {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { write(&journal, 100).await })
        };
        while !writer.is_finished() {
            let read = journal.read(Position(0), &Filter::all()).await.unwrap();
            assert_eq!(read.len() % 2, 0);
            // In a task of its own, as a server would: what verifying holds must be `Send`.
            let verifier = Arc::clone(&journal);
            let verdict = tokio::spawn(async move { verifier.verify().await.unwrap() });
            assert!(matches!(verdict.await.unwrap(), Verdict::Intact { .. }));
        }
        writer.await.unwrap();
        is_whole(&journal, 200).await;
    });
}
