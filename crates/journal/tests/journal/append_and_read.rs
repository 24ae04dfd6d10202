use jiff::Timestamp;
use journal::{AppendError, Event, Filter, Hash, Head, NewEvent, Position, Verdict};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::{Scene, at, event, run};

#[test]
fn an_empty_journal_stands_before_the_first_event() {
    run(async {
        let scene = Scene::new();
        let journal = scene.open().await;
        assert_eq!(journal.head().await.unwrap(), Head::EMPTY);
        assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head: Head::EMPTY });
        assert_eq!(journal.read(Position(0), &Filter::all()).await.unwrap(), []);
        assert_eq!(journal.read(Position(u64::MAX), &Filter::all()).await.unwrap(), []);
    });
}

#[test]
fn the_encoding_never_changes() {
    // A journal written by an earlier version must still verify. If this fails, it is the code
    // that must go back, or a new format that must be declared.
    run(async {
        let (_scene, heads) = Scene::with_events(2).await;
        let hashes = heads.iter().map(|head| head.hash.to_string()).collect::<Vec<_>>();
        let expected = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "18b421e29d09812eceff1aa8b940f4c30e765cad3f5e9ca80fc3f2fee161c9d2",
            "57dfb8eacf19bafb8df7cb2656aab30d508febc863bc630b51678771c47e8080",
        ];
        assert_eq!(hashes, expected);
    });
}

#[test]
fn whoever_expects_another_head_appends_nothing() {
    run(async {
        let (scene, _) = Scene::with_events(2).await;
        let journal = scene.open().await;
        for expected in [0, 1, 3, u64::MAX] {
            for events in [vec![event(3)], vec![]] {
                let refused = journal.append(Position(expected), at(9), events).await.unwrap_err();
                assert!(
                    matches!(refused, AppendError::Conflict { expected: e, actual: Position(2) }
                        if e == Position(expected)),
                    "{refused:?}"
                );
            }
        }
        assert_eq!(journal.head().await.unwrap().position, Position(2));
    });
}

#[test]
fn time_may_stand_still_but_not_go_back() {
    run(async {
        let (scene, _) = Scene::with_events(3).await;
        let journal = scene.open().await;
        let refused = journal.append(Position(3), at(2), vec![event(4)]).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cannot record at 2023-11-14T22:13:22Z, before the last event at \
             2023-11-14T22:13:23Z; check this clock"
        );
        journal.append(Position(3), at(3), vec![event(4), event(5)]).await.unwrap();
        assert_eq!(journal.head().await.unwrap().position, Position(5));
    });
}

#[test]
fn appending_nothing_changes_nothing() {
    run(async {
        let (scene, heads) = Scene::with_events(1).await;
        let journal = scene.open().await;
        assert_eq!(journal.append(Position(1), at(5), vec![]).await.unwrap(), heads[1]);
        journal.append(Position(1), at(2), vec![event(2)]).await.unwrap();
    });
}

#[test]
fn a_payload_that_would_not_read_back_is_refused_with_the_whole_batch() {
    run(async {
        let scene = Scene::new();
        let journal = scene.open().await;
        let nested = |levels| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        let deep = NewEvent { payload: nested(128), ..event(2) };
        let refused = journal.append(Position(0), at(0), vec![event(1), deep]).await.unwrap_err();
        assert_eq!(refused.to_string(), "cannot store the payload of `capacity-offered`");
        assert_eq!(journal.head().await.unwrap(), Head::EMPTY);
        let deepest = NewEvent { payload: nested(127), ..event(1) };
        journal.append(Position(0), at(0), vec![deepest.clone()]).await.unwrap();
        let events = journal.read(Position(0), &Filter::all()).await.unwrap();
        assert_eq!(events[0].payload, deepest.payload);
    });
}

#[test]
fn filters_narrow() {
    run(async {
        let scene = Scene::new();
        let journal = scene.open().await;
        let streams = ["case/1", "case/12", "agreement/case/1", "case/1", "Case/1", "caſe/1"];
        let events = streams.iter().zip(0..).map(|(stream, n)| NewEvent {
            stream: (*stream).into(),
            kind: if n % 2 == 0 { "offered" } else { "declined" }.into(),
            ..event(n)
        });
        journal.append(Position(0), at(0), events.collect()).await.unwrap();

        let some = |text: &str| Some(text.to_owned());
        let rows: [(u64, Filter, &[u64]); 9] = [
            (0, Filter::all(), &[1, 2, 3, 4, 5, 6]),
            (4, Filter::all(), &[5, 6]),
            (0, Filter::stream("case/1"), &[1, 4]),
            (1, Filter::stream("case/1"), &[4]),
            (0, Filter { stream_prefix: some("case/1"), ..Filter::all() }, &[1, 2, 4]),
            (0, Filter { stream_prefix: some(""), ..Filter::all() }, &[1, 2, 3, 4, 5, 6]),
            (0, Filter { stream_prefix: some("ca%"), ..Filter::all() }, &[]),
            (0, Filter { kind: some("declined"), ..Filter::stream("case/1") }, &[4]),
            (1, Filter { limit: Some(2), ..Filter::all() }, &[2, 3]),
        ];
        for (from, filter, expected) in rows {
            let found = journal.read(Position(from), &filter).await.unwrap();
            let found: Vec<u64> = found.iter().map(|event| event.position.0).collect();
            assert_eq!(found, expected, "{filter:?} after {from}");
        }
    });
}

#[test]
fn no_two_contents_share_an_encoding() {
    run(async {
        let base = event(1);
        let variants = [
            base.clone(),
            NewEvent { cause: Some(String::new()), ..base.clone() },
            NewEvent { cause: Some("a".into()), ..base.clone() },
            NewEvent { kind: "capacity-offeredc".into(), stream: "ase/1".into(), ..base.clone() },
            NewEvent { stream: "case/1oracle".into(), actor: String::new(), ..base.clone() },
            NewEvent { payload: Value::Null, ..base.clone() },
            NewEvent { payload: "null".into(), ..base.clone() },
        ];
        let mut hashes = Vec::new();
        for variant in variants {
            let scene = Scene::new();
            let head = scene.open().await.append(Position(0), at(0), vec![variant]).await;
            let hash = head.unwrap().hash;
            assert!(!hashes.contains(&hash));
            hashes.push(hash);
        }
    });
}

#[test]
fn a_hash_is_written_and_read_in_one_way_only() {
    let text = "00ff".repeat(16);
    let hash: Hash = text.parse().unwrap();
    assert_eq!(hash.to_string(), text);
    assert_eq!(serde_json::to_value(hash).unwrap(), Value::String(text.clone()));
    assert_eq!(serde_json::from_value::<Hash>(Value::String(text.clone())).unwrap(), hash);
    for wrong in [text.to_uppercase(), text[1..].to_owned(), String::new(), text + "0"] {
        assert!(wrong.parse::<Hash>().is_err(), "{wrong}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Any text at all, with what breaks careless storage: nothing, NUL, quotes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => any::<String>(), 1 => Just(String::new()), 1 => Just("a\0b'\"%".to_owned())]
}

fn instant() -> impl Strategy<Value = Timestamp> {
    let seconds = Timestamp::MIN.as_second() + 1..Timestamp::MAX.as_second();
    let new = |(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds).unwrap();
    prop_oneof![
        8 => (seconds, 0..1_000_000_000).prop_map(new),
        1 => Just(Timestamp::MIN),
        1 => Just(Timestamp::MAX),
    ]
}

fn new_event() -> impl Strategy<Value = NewEvent> {
    (text(), text(), text(), prop::option::of(text()), instant(), json()).prop_map(
        |(kind, stream, actor, cause, effective, payload)| NewEvent {
            kind,
            stream,
            actor,
            cause,
            effective,
            payload,
        },
    )
}

fn as_appended(event: Event) -> (Timestamp, NewEvent) {
    let Event { recorded, kind, stream, actor, cause, effective, payload, .. } = event;
    (recorded, NewEvent { kind, stream, actor, cause, effective, payload })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_appended_reads_back(
        batches in prop::collection::vec((instant(), prop::collection::vec(new_event(), 0..4)), 0..5)
    ) {
        let mut batches = batches;
        batches.sort_by_key(|(recorded, _)| *recorded);
        run(async {
            let scene = Scene::new();
            let journal = scene.open().await;
            let mut head = Head::EMPTY;
            let mut expected = Vec::new();
            for (recorded, events) in batches {
                expected.extend(events.iter().map(|event| (recorded, event.clone())));
                head = journal.append(head.position, recorded, events).await.unwrap();
            }
            journal.close().await.unwrap();

            let journal = scene.open().await;
            let events = journal.read(Position::BEFORE_FIRST, &Filter::all()).await.unwrap();
            let mut previous = Head::EMPTY;
            for event in &events {
                prop_assert_eq!(event.position, previous.position.next());
                prop_assert_eq!(event.previous, previous.hash);
                previous = Head { position: event.position, hash: event.hash };
                let json = serde_json::to_string(event).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), event);
            }
            prop_assert_eq!(previous, head);
            prop_assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head });
            prop_assert_eq!(events.into_iter().map(as_appended).collect::<Vec<_>>(), expected);
            Ok(())
        })?;
    }
}
