//! A journal folded where it lies, beside the same journal read.

use std::ops::ControlFlow;

use journal::{Damage, Event, Filter, Head, Position, ReadError};

use crate::common::{Scene, on_both_stores};

on_both_stores! {
    what_is_replayed_is_what_is_read,
    a_fold_may_end_early_and_go_on_later,
    replaying_finds_damage_where_it_is,
    replaying_goes_on_only_from_the_head_it_is_given,
}

fn keep(events: &mut Vec<Event>, event: journal::Replayed<'_>) -> ControlFlow<()> {
    events.push(event.to_event().unwrap());
    ControlFlow::Continue(())
}

async fn what_is_replayed_is_what_is_read(scene: Scene) {
    let heads = scene.fill(5).await;
    let journal = scene.open().await;
    let read = journal.read(Position::BEFORE_FIRST, &Filter::all()).await.unwrap();
    for (after, head) in heads.iter().enumerate() {
        let (events, end) = journal.replay(*head, Vec::new(), keep).await.unwrap();
        assert_eq!(events, read[after..], "after {after}");
        assert_eq!(end, heads[5]);
    }
}

async fn a_fold_may_end_early_and_go_on_later(scene: Scene) {
    let heads = scene.fill(5).await;
    let journal = scene.open().await;
    let two = |lots: &mut Vec<u64>, event: journal::Replayed<'_>| {
        #[derive(serde::Deserialize)]
        struct Offered {
            lots: u64,
        }
        lots.push(event.decode::<Offered>().unwrap().lots);
        if lots.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (lots, head) = journal.replay(Head::EMPTY, Vec::new(), two).await.unwrap();
    assert_eq!((lots, head), (vec![1, 2], heads[2]));
    let (lots, head) = journal.replay(head, Vec::new(), two).await.unwrap();
    assert_eq!((lots, head), (vec![3, 4], heads[4]));
}

async fn replaying_finds_damage_where_it_is(scene: Scene) {
    scene.fill(5).await;
    scene.tamper("UPDATE events SET payload = replace(payload, '3', '4') WHERE position = 3");
    let journal = scene.open().await;
    match journal.replay(Head::EMPTY, Vec::new(), keep).await {
        Err(ReadError::Damaged { position, reason }) => {
            assert_eq!((position, reason), (Position(3), Damage::Content));
        }
        other => panic!("{other:?}"),
    }
}

async fn replaying_goes_on_only_from_the_head_it_is_given(scene: Scene) {
    let heads = scene.fill(5).await;
    let journal = scene.open().await;
    let elsewhere = Head { hash: heads[1].hash, ..heads[2] };
    match journal.replay(elsewhere, Vec::new(), keep).await {
        Err(ReadError::Damaged { position, reason }) => {
            assert_eq!((position, reason), (Position(3), Damage::Link));
        }
        other => panic!("{other:?}"),
    }
}
