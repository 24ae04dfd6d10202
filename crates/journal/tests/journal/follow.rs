//! Events that are waited for.

use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use journal::{Condition, Event, Filter, Journal, Position, ReadError};

use crate::common::{Place, Scene, at, event, on_both_stores, on_server, raw};

on_both_stores! {
    a_follower_sees_what_is_there_and_then_what_comes,
    events_of_other_connections_arrive_at_once,
    a_follower_far_behind_misses_nothing,
    following_ends_when_the_journal_is_closed,
    a_follower_stops_at_what_was_tampered_with,
}

async fn append(journal: &Journal, n: u64) {
    journal.append(Condition::head(Position(n - 1)), at(0), vec![event(n)]).await.unwrap();
}

async fn next(follower: &mut (impl Stream<Item = Result<Event, ReadError>> + Unpin)) -> u64 {
    follower.next().await.unwrap().unwrap().position.0
}

async fn a_follower_sees_what_is_there_and_then_what_comes(scene: Scene) {
    let journal = scene.open().await;
    append(&journal, 1).await;
    append(&journal, 2).await;
    let (mut all, mut late) =
        (journal.follow(Position(0)).await.unwrap(), journal.follow(Position(2)).await.unwrap());
    assert_eq!((next(&mut all).await, next(&mut all).await), (1, 2));
    // Both wait while the third is appended.
    let (first, second, ()) =
        futures_util::join!(next(&mut all), next(&mut late), append(&journal, 3));
    assert_eq!((first, second), (3, 3));
}

/// The time from the acknowledgement on one connection to the event on another.
async fn events_of_other_connections_arrive_at_once(scene: Scene) {
    let (writer, reader) = (scene.open().await, scene.open().await);
    let mut follower = reader.follow(Position(0)).await.unwrap();
    let mut delays = Vec::new();
    for n in 1..=20 {
        let arrived = async {
            assert_eq!(next(&mut follower).await, n);
            Instant::now()
        };
        let acknowledged = async {
            append(&writer, n).await;
            Instant::now()
        };
        // The follower has looked, found nothing and waits before anything is appended.
        let (arrived, acknowledged) = futures_util::join!(arrived, acknowledged);
        delays.push(arrived.saturating_duration_since(acknowledged));
    }
    delays.sort();
    println!("median {:?}, longest {:?}", delays[10], delays[19]);
    // The machine may be busy with other tests, but not for the most of twenty events.
    assert!(delays[10] < Duration::from_millis(300), "{delays:?}");
}

async fn a_follower_far_behind_misses_nothing(scene: Scene) {
    let journal = scene.open().await;
    let mut follower = journal.follow(Position(0)).await.unwrap();
    for batch in 0..3 {
        let unchanged = Condition::head(Position(batch * 1000));
        journal.append(unchanged, at(0), (0..1000).map(event).collect()).await.unwrap();
    }
    for n in 1..=3000 {
        assert_eq!(next(&mut follower).await, n);
    }
}

async fn following_ends_when_the_journal_is_closed(scene: Scene) {
    let journal = scene.open().await;
    let mut follower = journal.follow(Position(0)).await.unwrap();
    append(&journal, 1).await;
    assert_eq!(next(&mut follower).await, 1);
    let (end, closed) = futures_util::join!(follower.next(), journal.close());
    closed.unwrap();
    assert!(end.is_none());
}

async fn a_follower_stops_at_what_was_tampered_with(scene: Scene) {
    scene.fill(3).await;
    scene.tamper("UPDATE events SET actor = 'me' WHERE position = 2");
    let journal = scene.open().await;
    let mut follower = journal.follow(Position(0)).await.unwrap();
    let damaged = follower.next().await.unwrap();
    assert!(matches!(damaged, Err(ReadError::Damaged { position: Position(2), .. })));
    assert!(follower.next().await.is_none());
}

/// The server ends every connection of the journal; nothing is missed and nothing comes twice.
#[test]
fn a_follower_outlives_its_connection() {
    let Some(scene) = Scene::postgres() else {
        return;
    };
    crate::common::run(async {
        let Place::Server(url) = scene.place.clone() else { unreachable!() };
        let (writer, reader) = (scene.open().await, scene.open().await);
        let mut follower = reader.follow(Position(0)).await.unwrap();
        for round in 0..4 {
            append(&writer, round * 2 + 1).await;
            assert_eq!(next(&mut follower).await, round * 2 + 1);
            // Only ours: other tests use the same server.
            on_server(&url, async |connection| {
                sqlx::query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE pid <> pg_backend_pid() AND application_name = \
                           current_setting('search_path')",
                )
                .execute(connection)
                .await
                .unwrap();
            });
            // The writer finds its connection gone as well, and gets another.
            append(&writer, round * 2 + 2).await;
            assert_eq!(next(&mut follower).await, round * 2 + 2);
        }
        let read = reader.read(Position(0), &Filter::all()).await.unwrap();
        assert_eq!(read.len(), 8);
    });
}

/// As another process would, without the journal's own wake-ups.
#[test]
fn an_event_of_another_process_arrives_at_once() {
    let scene = Scene::sqlite();
    crate::common::run(async {
        let other = Scene::sqlite();
        let twin = other.open().await;
        append(&twin, 1).await;
        twin.close().await.unwrap();
        let journal = scene.open().await;
        let mut follower = journal.follow(Position(0)).await.unwrap();
        let started = Instant::now();
        let copy = format!(
            "ATTACH '{}' AS other; INSERT INTO events SELECT * FROM other.events",
            other.path().display()
        );
        raw(scene.path()).execute_batch(&copy).unwrap();
        assert_eq!(next(&mut follower).await, 1);
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    });
}
