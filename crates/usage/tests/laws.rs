//! Laws that hold for any input.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{END, FIRST, all_rows, import_text};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use usage::{CLASSES, Event, EventId, Fingerprint, Format, Store, TOKENS, Tokens};

/// Few ids and few days, so that rows meet.
fn any_event() -> impl Strategy<Value = Event> {
    let names = vec("[ab]", 6);
    let counts = (1u32.., any::<[u32; CLASSES]>());
    (0u128..40, 0i64..4, 0i64..3, names, counts).prop_map(
        |(id, day, second, names, (calls, tokens))| Event {
            id: EventId::from_bits(id),
            at: Timestamp::from_second(day * 86_400 + second).unwrap(),
            channel: names[0].clone(),
            product: names[1].clone(),
            model: names[2].clone(),
            host: names[3].clone(),
            customer: names[4].clone(),
            tier: names[5].clone(),
            calls,
            tokens: Tokens::of_classes(tokens),
        },
    )
}

fn csv(events: &[Event], with_id: bool) -> String {
    let mut text =
        format!("at,channel,product,model,host,customer,tier,calls,{}", TOKENS.join(","));
    text += if with_id { ",id\n" } else { "\n" };
    for event in events {
        let Event { id, at, channel, product, model, host, customer, tier, calls, tokens } = event;
        text += &format!("{at},{channel},{product},{model},{host},{customer},{tier},{calls}");
        text.extend(tokens.by_class().map(|count| format!(",{count}")));
        text += &if with_id { format!(",{id}\n") } else { "\n".into() };
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the batches and the buffer, a store keeps the first row of each id, on one day.
    #[test]
    fn a_store_keeps_the_first_row_of_each_id(
        batches in vec(vec(any_event(), 0..30), 1..4),
        again in any::<bool>(),
        buffer_rows in 1usize..20,
    ) {
        let mut batches = batches;
        if again {
            batches.extend(batches.clone());
        }
        let mut first: BTreeMap<_, Event> = BTreeMap::new();
        let mut others = 0;
        for event in batches.iter().flatten() {
            let kept = first.entry(event.id).or_insert_with(|| event.clone());
            others += u64::from(kept != event);
        }
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap().with_buffer_rows(buffer_rows);
        let (mut new, mut rejected) = (0, 0);
        for batch in batches {
            let appended = store.append(batch, &mut |_| {}).unwrap();
            prop_assert_eq!(appended.read, appended.new + appended.duplicate + appended.rejected);
            prop_assert_eq!(appended.rejected > 0, appended.rejects_file.is_some());
            new += appended.new;
            rejected += appended.rejected;
        }
        prop_assert_eq!(new, first.len() as u64);
        prop_assert_eq!(rejected, others, "an id with other content is no duplicate");
        for partition in store.partitions(FIRST, END).unwrap() {
            let events: Vec<_> =
                partition.segments.iter().flat_map(|segment| common::events(segment.name())).collect();
            prop_assert_eq!(events.len() as u64, partition.rows);
            let ids: Fingerprint = events.iter().map(|event| event.id).collect();
            prop_assert_eq!(ids, partition.fingerprint);
        }
        prop_assert_eq!(all_rows(&store), first);
    }

    /// What is written to CSV and read again says the same, with ids and without.
    #[test]
    fn csv_is_read_as_it_was_written(events in vec(any_event(), 0..30)) {
        let dir = tempfile::tempdir().unwrap();
        let by_id = Store::open(dir.path().join("a")).unwrap();
        import_text(&by_id, Format::Csv, csv(&events, true).as_bytes()).unwrap();
        let appended = Store::open(dir.path().join("b")).unwrap();
        appended.append(events.clone(), &mut |_| {}).unwrap();
        prop_assert_eq!(by_id.partitions(FIRST, END).unwrap(), {
            let mut days = appended.partitions(FIRST, END).unwrap();
            for segment in days.iter_mut().flat_map(|day| &mut day.segments) {
                let name = segment.name().strip_prefix(appended.root()).unwrap();
                *segment = usage::Listed::file(by_id.root().join(name), segment.day());
            }
            days
        });

        let by_row = Store::open(dir.path().join("c")).unwrap();
        let text = csv(&events, false);
        let first = import_text(&by_row, Format::Csv, text.as_bytes()).unwrap();
        prop_assert_eq!(first.new, events.len() as u64, "equal rows are so many calls");
        prop_assert_eq!(import_text(&by_row, Format::Csv, text.as_bytes()).unwrap().new, 0);
    }

    /// Any bytes under a good header are kept or rejected, line by line, and none is lost.
    #[test]
    fn no_line_is_lost(lines in vec(vec(any::<u8>(), 0..60), 0..20)) {
        let mut content = b"TIMESTAMP,ContextTokens,GeneratedTokens\n".to_vec();
        content.extend(lines.concat());
        let expected = content
            .split(|byte| *byte == b'\n')
            .skip(1)
            .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
            .count();
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let imported = import_text(&store, Format::AzureLlm, &content).unwrap();
        prop_assert_eq!(imported.read, expected as u64);
        prop_assert_eq!(imported.new + imported.duplicate + imported.rejected, imported.read);
        prop_assert_eq!(all_rows(&store).len() as u64, imported.new);
        if let Some(file) = imported.rejects_file {
            let rejects = csv::Reader::from_path(file).unwrap().into_records().count();
            prop_assert_eq!(rejects as u64, imported.rejected);
        }
    }

    /// Fingerprints of parts add up to the fingerprint of the whole, in any order.
    #[test]
    fn fingerprints_add_up(ids in proptest::collection::btree_set(any::<u128>(), 0..40), at in 0usize..40) {
        let ids: BTreeSet<EventId> = ids.into_iter().map(EventId::from_bits).collect();
        let whole: Fingerprint = ids.iter().copied().collect();
        let head: Fingerprint = ids.iter().copied().take(at).collect();
        let tail: Fingerprint = ids.iter().rev().copied().take(ids.len().saturating_sub(at)).collect();
        prop_assert_eq!(tail.and(head), whole);
        prop_assert_eq!(whole.to_string().parse(), Ok(whole));
    }
}
