//! A table answers what `decide` answers, for as long as it says it holds.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::example;
use jiff::civil::Date;
use proptest::prelude::*;
use rights::{Table, decide};
use terms::{Act, Attribute, Known, Name, Verb};

const DAYS: [&str; 8] = [
    "2019-07-21",
    "2019-07-22",
    "2025-01-20",
    "2025-01-21",
    "2025-10-28",
    "2026-04-27",
    "2030-12-31",
    "2033-01-01",
];

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any act over the table's attributes, on any day: the same decision, whichever way.
    #[test]
    fn a_table_decides_as_decide_does(
        on in prop::sample::select(DAYS.to_vec()),
        by in prop::sample::select(vec!["openai", "microsoft", "oracle"]),
        verb in prop::sample::select(vec![Verb::Serve, Verb::Use, Verb::Resell]),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 4),
    ) {
        let terms = example();
        let in_force = terms.in_force(day(on), Known::Everything);
        let attributes: Vec<_> = verb.attributes().iter().copied().take(3).collect();
        let table = Table::compile(&in_force, &Name::new(by), verb, &attributes);
        let mut stated = Vec::new();
        for (attribute, pick) in attributes.iter().zip(picks) {
            let values = attribute.known_values(&terms.registry);
            // One place more than there are values: the attribute left open.
            if let Some(value) = values.get(pick.index(values.len() + 1)) {
                stated.push((*attribute, value.clone()));
            }
        }
        let words = stated.iter().map(|(key, value)| (*key, value.as_str()));
        let cell = table.cell(words).unwrap();
        let act = Act::new(verb, Name::new(by), stated.iter().cloned().collect());
        let asked = decide(&in_force, &act);
        prop_assert_eq!(table.verdict(cell), asked.verdict);
        prop_assert_eq!(table.act(cell), act.clone());
        // And on the last day before the table says it must be made anew.
        if let Some(last) = table.until().and_then(|until| until.yesterday().ok()) {
            let later = decide(&terms.in_force(last, Known::Everything), &act);
            prop_assert_eq!(table.verdict(cell), later.verdict, "{}", last);
        }
    }
}

#[test]
fn a_table_says_what_it_does_not_know() {
    let terms = example();
    let in_force = terms.in_force(day("2025-02-01"), Known::Everything);
    let by = Name::new("openai");
    let table = Table::compile(&in_force, &by, Verb::Serve, &[Attribute::Service, Attribute::Host]);
    assert!(table.cell([(Attribute::Host, "azure")]).is_some());
    assert!(table.cell([(Attribute::Host, "asure")]).is_none());
    assert!(table.cell([(Attribute::Channel, "direct")]).is_none());
    assert!(table.cell([(Attribute::Host, "azure"), (Attribute::Host, "oci")]).is_none());
    assert_eq!(table.until(), Some(day("2025-10-28")));
}
