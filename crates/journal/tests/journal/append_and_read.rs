use futures_util::TryStreamExt;
use jiff::Timestamp;
use journal::{
    AppendError, Condition, Event, Filter, Hash, Head, NewEvent, Position, Salt, Verdict,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::{Scene, at, event, on_both_stores, run};

on_both_stores! {
    an_empty_journal_stands_before_the_first_event,
    an_event_is_shown_to_be_in_place_without_what_it_says,
    every_event_has_a_salt_of_its_own,
    whoever_missed_an_event_appends_nothing,
    only_what_a_condition_names_stands_in_its_way,
    time_may_stand_still_or_be_a_little_late_but_not_go_back,
    appending_nothing_changes_nothing,
    a_payload_that_would_not_read_back_is_refused_with_the_whole_batch,
    a_name_with_a_nul_is_refused,
    filters_narrow,
    a_stream_gives_what_reading_gives,
}

async fn an_empty_journal_stands_before_the_first_event(scene: Scene) {
    let journal = scene.open().await;
    assert_eq!(journal.head().await.unwrap(), Head::EMPTY);
    assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head: Head::EMPTY });
    assert_eq!(journal.read(Position(0), &Filter::all()).await.unwrap(), []);
    assert_eq!(journal.read(Position(u64::MAX), &Filter::all()).await.unwrap(), []);
}

#[test]
fn an_event_is_read_back_from_json_and_from_message_pack() {
    run(async {
        let scene = Scene::sqlite();
        scene.fill(1).await;
        let events = scene.open().await.read(Position(0), &Filter::all()).await.unwrap();
        let json = serde_json::to_vec(&events).unwrap();
        assert_eq!(serde_json::from_slice::<Vec<Event>>(&json).unwrap(), events);
        let packed = rmp_serde::to_vec(&events).unwrap();
        assert_eq!(rmp_serde::from_slice::<Vec<Event>>(&packed).unwrap(), events);
    });
}

#[test]
fn the_encoding_never_changes() {
    // A journal written by an earlier version must still verify. If this fails, it is the code
    // that must go back, or a new format that must be declared.
    let salt = Salt::from_bytes([7; 32]);
    let contents = [1, 2].map(|n| Hash::of_content(&salt, at(1), &event(n)).unwrap());
    let first = Hash::of_link(Position(1), Hash::GENESIS, contents[0]);
    let second = Hash::of_link(Position(2), first, contents[1]);
    let expected = [
        "59e7b48fdb296ba3a0d39af5d366381beb2ba227e65d900ef3a4c9eaf5b79e9f",
        "175833b5b5ccf04b13bbe0926895e3746535bc9bcb3bd299f0d5fee132523efc",
        "7f9c2b99679f1f445d119c7552d355a1d861fe63238c08d2d09f5d065489f33f",
        "b7721c39b5d524a6ded3b2d1daa04dfb67a86bb7a677cb00e416346885ad714c",
    ];
    assert_eq!([contents[0], contents[1], first, second].map(|hash| hash.to_string()), expected);
}

async fn an_event_is_shown_to_be_in_place_without_what_it_says(scene: Scene) {
    let heads = scene.fill(3).await;
    let events = scene.open().await.read(Position(0), &Filter::all()).await.unwrap();
    for (event, head) in events.iter().zip(&heads[1..]) {
        let Event { position, previous, content, salt, .. } = event.clone();
        assert_eq!(Hash::of_link(position, previous, content), head.hash);
        let (recorded, said) = as_appended(event.clone());
        assert_eq!(Hash::of_content(&salt, recorded, &said).unwrap(), content);
        let other = NewEvent { actor: "microsoft".into(), ..said };
        assert_ne!(Hash::of_content(&salt, recorded, &other).unwrap(), content);
    }
}

/// Two events that say the same cannot be told to.
async fn every_event_has_a_salt_of_its_own(scene: Scene) {
    let journal = scene.open().await;
    let twins = vec![event(1), event(1)];
    journal.append(Condition::head(Position(0)), at(0), twins).await.unwrap();
    let events = journal.read(Position(0), &Filter::all()).await.unwrap();
    assert_ne!(events[0].salt, events[1].salt);
    assert_ne!(events[0].content, events[1].content);
}

async fn whoever_missed_an_event_appends_nothing(scene: Scene) {
    scene.fill(2).await;
    let journal = scene.open().await;
    for events in [vec![event(3)], vec![]] {
        for (after, first) in [(0, 1), (1, 2)] {
            let condition = Condition::head(Position(after));
            let refused = journal.append(condition, at(9), events.clone()).await.unwrap_err();
            let AppendError::Conflict { after: named, position, kind, stream } = refused else {
                panic!("{refused:?}");
            };
            assert_eq!((named, position), (Position(after), Position(first)));
            assert_eq!((kind, stream), (event(first).kind, event(first).stream));
        }
        for after in [3, u64::MAX] {
            let condition = Condition::head(Position(after));
            let refused = journal.append(condition, at(9), events.clone()).await.unwrap_err();
            let expected =
                format!("the condition is of position {after}, but the journal ends at 2");
            assert_eq!(refused.to_string(), expected);
        }
    }
    assert_eq!(journal.head().await.unwrap().position, Position(2));
}

/// Events 1 to 6 stand in `case/1` to `case/6`; whether one more may follow.
async fn only_what_a_condition_names_stands_in_its_way(scene: Scene) {
    let some = |text: &str| Some(text.to_owned());
    let prefix = |text| Filter { stream_prefix: some(text), ..Filter::all() };
    let kind = |text| Filter { kind: some(text), ..Filter::all() };
    let rows = [
        (Condition::head(Position(6)), None),
        (Condition::head(Position(4)), Some(5)),
        (Condition::stream("case/3", Position(3)), None),
        (Condition::stream("case/3", Position(2)), Some(3)),
        (Condition::stream("case", Position(0)), None),
        (Condition::new(prefix("case/"), Position(3)), Some(4)),
        (Condition::new(prefix("case/2"), Position(2)), None),
        (Condition::new(prefix("Case/"), Position(0)), None),
        (Condition::new(kind("capacity-offered"), Position(5)), Some(6)),
        (Condition::new(kind("capacity-declined"), Position(0)), None),
        (
            Condition::new(
                Filter { kind: some("capacity-declined"), ..Filter::stream("case/3") },
                Position(0),
            ),
            None,
        ),
        (Condition::new(Filter { limit: Some(0), ..Filter::all() }, Position(3)), Some(4)),
        (Condition::stream("case/5", Position(1)).and(Filter::stream("case/4")), Some(4)),
        (Condition::stream("case/4", Position(1)).and(Filter::stream("case/5")), Some(4)),
        (Condition::stream("case/2", Position(2)).and(Filter::stream("case/1")), None),
        (Condition { filters: vec![], after: Position(0) }, None),
    ];
    // Once by whoever appended all of it, and once by a journal that has just been opened.
    let warm = scene.open().await;
    for n in 1..=6 {
        warm.append(Condition::head(Position(n - 1)), at(0), vec![event(n)]).await.unwrap();
    }
    for (condition, in_the_way) in rows {
        let cold = scene.open().await;
        for journal in [&cold, &warm] {
            match (journal.append(condition.clone(), at(9), vec![]).await, in_the_way) {
                (Ok(head), None) => assert_eq!(head.position, Position(6)),
                (Err(AppendError::Conflict { position, .. }), Some(expected)) => {
                    assert_eq!(position, Position(expected), "{condition:?}");
                }
                (other, _) => panic!("{condition:?}: {other:?}"),
            }
        }
        cold.close().await.unwrap();
    }
}

async fn time_may_stand_still_or_be_a_little_late_but_not_go_back(scene: Scene) {
    scene.fill(7).await;
    let journal = scene.open().await;
    let late = |seconds| journal.append(Condition::head(Position(7)), at(seconds), vec![event(8)]);
    assert_eq!(
        late(1).await.unwrap_err().to_string(),
        "cannot record at 2023-11-14T22:13:21Z, before the last event at \
         2023-11-14T22:13:27Z; check this clock"
    );
    // Recorded when they came after the event before them.
    late(2).await.unwrap();
    let next = vec![event(9), event(10)];
    journal.append(Condition::head(Position(8)), at(7), next).await.unwrap();
    let events = journal.read(Position(7), &Filter::all()).await.unwrap();
    assert_eq!(events.iter().map(|event| event.recorded).collect::<Vec<_>>(), [at(7); 3]);
    let head = events.last().unwrap();
    let head = Head { position: head.position, hash: head.hash };
    assert_eq!(journal.verify().await.unwrap(), Verdict::Intact { head });
}

async fn appending_nothing_changes_nothing(scene: Scene) {
    let heads = scene.fill(1).await;
    let journal = scene.open().await;
    assert_eq!(
        journal.append(Condition::head(Position(1)), at(5), vec![]).await.unwrap(),
        heads[1]
    );
    journal.append(Condition::head(Position(1)), at(2), vec![event(2)]).await.unwrap();
}

async fn a_payload_that_would_not_read_back_is_refused_with_the_whole_batch(scene: Scene) {
    let journal = scene.open().await;
    let nested = |levels| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let deep = NewEvent { payload: nested(128), ..event(2) };
    let refused = journal
        .append(Condition::head(Position(0)), at(0), vec![event(1), deep])
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), "cannot store the payload of `capacity-offered`");
    assert_eq!(journal.head().await.unwrap(), Head::EMPTY);
    let deepest = NewEvent { payload: nested(127), ..event(1) };
    journal.append(Condition::head(Position(0)), at(0), vec![deepest.clone()]).await.unwrap();
    let events = journal.read(Position(0), &Filter::all()).await.unwrap();
    assert_eq!(events[0].payload, deepest.payload);
}

async fn a_name_with_a_nul_is_refused(scene: Scene) {
    let journal = scene.open().await;
    for event in [
        NewEvent { kind: "a\0b".into(), ..event(1) },
        NewEvent { stream: "\0".into(), ..event(1) },
        NewEvent { actor: "a\0".into(), ..event(1) },
        NewEvent { cause: Some("\0a".into()), ..event(1) },
    ] {
        let refused = journal.append(Condition::head(Position(0)), at(0), vec![event]).await;
        assert!(matches!(refused, Err(AppendError::Nul { .. })), "{refused:?}");
    }
    assert_eq!(journal.head().await.unwrap(), Head::EMPTY);
}

/// More events than are held in memory at a time.
async fn a_stream_gives_what_reading_gives(scene: Scene) {
    let journal = scene.open().await;
    let events: Vec<_> =
        (1..=2500).map(|n| NewEvent { stream: "case/1".into(), ..event(n) }).collect();
    journal.append(Condition::head(Position(0)), at(0), events).await.unwrap();
    for (from, limit) in [(0, None), (7, None), (0, Some(0)), (3, Some(1500)), (2500, None)] {
        for filter in
            [Filter { limit, ..Filter::all() }, Filter { limit, ..Filter::stream("case/1") }]
        {
            let read = journal.read(Position(from), &filter).await.unwrap();
            let streamed: Vec<_> =
                journal.stream(Position(from), &filter).try_collect().await.unwrap();
            assert!(read == streamed, "{filter:?} after {from}");
        }
    }
}

async fn filters_narrow(scene: Scene) {
    let journal = scene.open().await;
    let streams = ["case/1", "case/12", "agreement/case/1", "case/1", "Case/1", "caſe/1"];
    let events = streams.iter().zip(0..).map(|(stream, n)| NewEvent {
        stream: (*stream).into(),
        kind: if n % 2 == 0 { "offered" } else { "declined" }.into(),
        ..event(n)
    });
    journal.append(Condition::head(Position(0)), at(0), events.collect()).await.unwrap();

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
}

#[test]
fn no_two_contents_share_an_encoding() {
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
    let salt = Salt::from_bytes([7; 32]);
    let mut hashes: Vec<_> =
        variants.map(|event| Hash::of_content(&salt, at(0), &event).unwrap()).to_vec();
    hashes.push(Hash::of_content(&salt, at(1), &base).unwrap());
    hashes.push(Hash::of_content(&Salt::from_bytes([8; 32]), at(0), &base).unwrap());
    let links = [(1, Hash::GENESIS), (2, Hash::GENESIS), (1, hashes[1])];
    hashes.extend(links.map(|(place, before)| Hash::of_link(Position(place), before, hashes[0])));
    for (n, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..n].contains(hash), "{n}");
    }
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

/// Any text but NUL, with what breaks careless storage: nothing, quotes.
fn text() -> impl Strategy<Value = String> {
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop_oneof![8 => any, 1 => Just(String::new()), 1 => Just("ab'\"%".to_owned())]
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

type Batch = (Timestamp, Vec<NewEvent>);

fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let batch = (instant(), prop::collection::vec(new_event(), 0..4));
    prop::collection::vec(batch, 0..5).prop_map(|mut batches| {
        batches.sort_by_key(|(recorded, _)| *recorded);
        batches
    })
}

/// Appends the batches to a new journal, and reads them back from it once it was opened anew.
async fn reads_back(scene: Scene, batches: Vec<Batch>) -> Result<(), TestCaseError> {
    let journal = scene.open().await;
    let mut head = Head::EMPTY;
    let mut expected = Vec::new();
    for (recorded, events) in batches {
        expected.extend(events.iter().map(|event| (recorded, event.clone())));
        head = journal.append(Condition::head(head.position), recorded, events).await.unwrap();
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
    journal.close().await.unwrap();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_appended_to_a_file_reads_back(batches in batches()) {
        run(reads_back(Scene::sqlite(), batches))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn what_was_appended_on_a_server_reads_back(batches in batches()) {
        if let Some(scene) = Scene::postgres() {
            run(reads_back(scene, batches))?;
        }
    }
}
