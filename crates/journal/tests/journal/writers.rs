use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{AppendError, Condition, Filter, Journal, NewEvent, Position, Verdict};

use crate::common::{Scene, at, chance, event, long, on_both_stores};

on_both_stores! {
    writers_with_a_connection_each,
    writers_that_share_a_journal,
    of_two_that_expect_the_same_head_one_wins,
    readers_and_verifiers_beside_a_writer,
    many_may_create_a_journal_at_once,
    a_refusal_holds_up_nobody_in_its_batch,
    many_commands_on_few_streams_lose_nothing_and_double_nothing,
}

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

async fn writers_with_a_connection_each(scene: Scene) {
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let place = scene.place.clone();
            // They also race to create the journal.
            tokio::spawn(async move { write(&place.open().await.unwrap(), 20).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    is_whole(&scene.open().await, 8 * 20 * 2).await;
}

async fn writers_that_share_a_journal(scene: Scene) {
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
}

async fn of_two_that_expect_the_same_head_one_wins(scene: Scene) {
    let (one, other) = (scene.open().await, scene.open().await);
    let won = one.append(Condition::head(Position(0)), at(0), vec![event(1)]).await.unwrap();
    let lost = other.append(Condition::head(Position(0)), at(0), vec![event(2)]).await.unwrap_err();
    assert_eq!(
        lost.to_string(),
        "event 1, `capacity-offered` of `case/1`, came in after position 0"
    );
    assert_eq!(other.head().await.unwrap(), won);
}

async fn many_may_create_a_journal_at_once(scene: Scene) {
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let place = scene.place.clone();
            tokio::spawn(async move { place.open().await.map(|_| ()) })
        })
        .collect();
    for opener in openers {
        opener.await.unwrap().unwrap();
    }
}

/// Writers who decided on the same thing and wait together: each condition sees those before it.
async fn a_refusal_holds_up_nobody_in_its_batch(scene: Scene) {
    let journal = Arc::new(scene.open().await);
    let appends: Vec<_> = (0..90)
        .map(|n| {
            let journal = Arc::clone(&journal);
            let (stream, event) = (format!("case/{}", n % 30), event(n % 30));
            let unchanged = Condition::stream(stream, Position::BEFORE_FIRST);
            tokio::spawn(async move { journal.append(unchanged, at(0), vec![event]).await })
        })
        .collect();
    let mut won = 0;
    for append in appends {
        match append.await.unwrap() {
            Ok(_) => won += 1,
            Err(AppendError::Conflict { after, position, stream, .. }) => {
                assert_eq!(after, Position(0));
                let found = journal.read(Position(position.0 - 1), &Filter::all()).await.unwrap();
                assert_eq!(found[0].stream, stream);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(won, 30);
    is_whole(&journal, 30).await;
}

/// Eight writers, half of them with a connection of their own, give commands about a few streams.
/// Each reads a stream, decides on its last event and appends under that condition; whoever loses
/// reads on and decides again.
async fn many_commands_on_few_streams_lose_nothing_and_double_nothing(scene: Scene) {
    let commands: u64 = if long() { 10_000 } else { 400 };
    let shared = Arc::new(scene.open().await);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (place, shared) = (scene.place.clone(), Arc::clone(&shared));
            tokio::spawn(async move {
                let own = if writer % 2 == 0 { None } else { Some(place.open().await.unwrap()) };
                let journal = own.as_ref().unwrap_or(&shared);
                let mut chance = chance(writer);
                let mut lost = 0;
                for n in 0..commands / 8 {
                    lost += command(journal, writer, n, chance() % 5).await;
                }
                lost
            })
        })
        .collect();
    let mut lost = 0;
    for writer in writers {
        lost += writer.await.unwrap();
    }
    println!("{commands} commands, {lost} lost and decided again");
    is_whole(&shared, commands).await;

    let mut given = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for event in shared.read(Position(0), &Filter::all()).await.unwrap() {
        let command = (event.payload["writer"].as_u64(), event.payload["n"].as_u64());
        assert!(given.insert(command), "{command:?} is there twice");
        // Decided upon all the events of its stream, as they were when it was appended.
        let count: &mut u64 = counts.entry(event.stream).or_default();
        assert_eq!(event.payload["before"].as_u64(), Some(*count));
        *count += 1;
    }
    assert_eq!(given.len() as u64, commands);
}

/// Gives one command; returns how often it was decided in vain.
async fn command(journal: &Journal, writer: u64, n: u64, about: u64) -> u64 {
    let stream = format!("case/{about}");
    let (mut before, mut known, mut lost) = (0, Position::BEFORE_FIRST, 0);
    loop {
        let read = journal.read(known, &Filter::stream(&stream)).await.unwrap();
        before += read.len();
        known = read.last().map_or(known, |event| event.position);
        let payload = serde_json::json!({ "writer": writer, "n": n, "before": before });
        let decided = NewEvent { stream: stream.clone(), payload, ..event(about) };
        match journal.append(Condition::stream(&stream, known), at(0), vec![decided]).await {
            Ok(_) => return lost,
            Err(AppendError::Conflict { after, position, stream: named, .. }) => {
                assert!(after == known && position > known && named == stream);
                lost += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Readers see whole batches, and verifying is not disturbed by writing.
async fn readers_and_verifiers_beside_a_writer(scene: Scene) {
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
}
