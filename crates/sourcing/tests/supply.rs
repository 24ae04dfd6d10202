//! What delivered capacity amounts to in a stretch of time.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use jiff::{Span, Timestamp};
use proptest::prelude::*;
use sourcing::command::request::Request;
use sourcing::{Case, Does, Requirement};
use terms::{Terms, Verb};

const SIGNED: &str = "2025-01-02T00:00:00Z";

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A case of 1,000 accelerators nobody has a right on, supplied by `supplier` alone and delivered
/// at an instant, if at all.
fn supplied_by(supplier: &str, months: u32, act: Verb, delivered: Option<Timestamp>) -> Case {
    let terms: Terms = agreement("");
    let requirement = Requirement { months, act, ..requirement() };
    let mut play = Play::default();
    let signed = utc(SIGNED);
    play.act(&terms, signed, LAB, Does::Request(Box::new(Request { requirement }))).unwrap();
    play.act(&terms, signed, supplier, bid(supplier, 1000, "2.35")).unwrap();
    play.act(&terms, signed, LAB, award(1)).unwrap();
    if let Some(delivered) = delivered {
        play.act(&terms, delivered, supplier, deliver(1)).unwrap();
    }
    play.case().cloned().unwrap()
}

/// Hours that each of the 1,000 stood.
fn hours(case: &Case, from: Timestamp, until: Timestamp) -> u64 {
    case.supplied(from, until).iter().map(|supply| supply.accelerator_hours).sum::<u64>() / 1000
}

#[test]
fn capacity_counts_from_delivery_to_the_end_of_its_term() {
    // Delivered at noon of 10 March 2025 for two months: until noon of 10 May.
    let case = supplied_by(BOREALIS, 2, Verb::Contract, Some(utc("2025-03-10T12:00:00Z")));
    #[rustfmt::skip]
    let rows = [
        ("the month before",            "2025-02-01T00:00Z", "2025-03-01T00:00Z",   0),
        ("the month of delivery",       "2025-03-01T00:00Z", "2025-04-01T00:00Z", 516),
        ("a whole month",               "2025-04-01T00:00Z", "2025-05-01T00:00Z", 720),
        ("the month it ends",           "2025-05-01T00:00Z", "2025-06-01T00:00Z", 228),
        ("the month after",             "2025-06-01T00:00Z", "2025-07-01T00:00Z",   0),
        ("all of it",                   "2025-01-01T00:00Z", "2026-01-01T00:00Z", 1464),
        ("up to delivery",              "2025-03-10T11:00Z", "2025-03-10T12:00Z",   0),
        ("the first hour",              "2025-03-10T12:00Z", "2025-03-10T13:00Z",   1),
        ("less than an hour",           "2025-03-10T12:00Z", "2025-03-10T12:59Z",   0),
        ("the hour that then ends",     "2025-03-10T12:59Z", "2025-03-10T13:00Z",   1),
        ("the last hour",               "2025-05-10T11:00Z", "2025-05-10T12:00Z",   1),
        ("from the end",                "2025-05-10T12:00Z", "2025-05-10T13:00Z",   0),
        ("nothing",                     "2025-04-10T12:00Z", "2025-04-10T12:00Z",   0),
        ("backwards",                   "2025-04-11T12:00Z", "2025-04-10T12:00Z",   0),
        ("March in Los Angeles",        "2025-03-01T08:00Z", "2025-04-01T07:00Z", 523),
        ("April in Los Angeles",        "2025-04-01T07:00Z", "2025-05-01T07:00Z", 720),
    ];
    for (name, from, until, expected) in rows {
        assert_eq!(hours(&case, utc(from), utc(until)), expected, "{name}");
    }
}

/// A month in which clocks change has as many hours as its own midnights are apart.
#[test]
fn a_month_of_clock_change_counts_elapsed_hours() {
    let case = supplied_by(BOREALIS, 24, Verb::Contract, Some(utc("2025-01-15T00:00:00Z")));
    let rows = [
        ("2025-03-01 00:00", "2025-04-01 00:00", 743),
        ("2025-11-01 00:00", "2025-12-01 00:00", 721),
    ];
    for (from, until, expected) in rows {
        assert_eq!(hours(&case, at(from), at(until)), expected, "{from} in Los Angeles");
    }
    assert_eq!(hours(&case, utc("2025-03-01T00:00Z"), utc("2025-04-01T00:00Z")), 744);
    assert_eq!(hours(&case, utc("2025-11-01T00:00Z"), utc("2025-12-01T00:00Z")), 720);
}

#[test]
fn a_supply_names_who_and_at_what_price() {
    let case = supplied_by(BOREALIS, 12, Verb::Contract, Some(utc("2025-03-01T00:00:00Z")));
    let supplies = case.supplied(utc("2025-03-01T00:00Z"), utc("2025-03-02T00:00Z"));
    let [supply] = supplies.as_slice() else { panic!("expected one supply: {supplies:?}") };
    assert_eq!((supply.supplier.as_str(), supply.customer.as_str()), (BOREALIS, LAB));
    assert_eq!((supply.lot, supply.accelerator_hours, supply.price), (1, 24_000, usd("2.35")));
}

#[test]
fn nobody_supplies_what_is_built_or_not_delivered() {
    let (from, until) = (utc("2025-01-01T00:00Z"), utc("2026-01-01T00:00Z"));
    let own = supplied_by(LAB, 12, Verb::Build, Some(utc("2025-03-01T00:00:00Z")));
    assert_eq!(own.supplied(from, until), []);
    let signed = supplied_by(BOREALIS, 12, Verb::Contract, None);
    assert_eq!(signed.supplied(from, until), []);
}

#[test]
fn a_term_of_no_month_supplies_nothing_and_one_without_end_goes_on() {
    let (from, until) = (utc("2025-03-01T00:00Z"), utc("2025-03-02T00:00Z"));
    // A request for such a term is refused; a case of an older journal may still have one.
    let mut case = supplied_by(BOREALIS, 1, Verb::Contract, Some(from));
    for (months, expected) in [(0, 0), (1_000_000, 24), (u32::MAX, 24)] {
        case.requirement.months = months;
        assert_eq!(hours(&case, from, until), expected, "{months}");
    }
}

/// A term of a month from the last day of one is clipped to the last day of the next.
#[test]
fn a_term_is_clipped_to_the_end_of_the_month() {
    let case = supplied_by(BOREALIS, 1, Verb::Contract, Some(utc("2025-01-31T00:00:00Z")));
    assert_eq!(hours(&case, utc("2025-01-01T00:00Z"), utc("2026-01-01T00:00Z")), 28 * 24);
}

proptest! {
    /// Whatever the boundaries, adjoining stretches sum to the whole: no hour is billed twice or
    /// lost between two statements.
    #[test]
    fn no_hour_is_lost_between_two_stretches(
        delivered in 0i64..200_000,
        cuts in proptest::collection::btree_set(0i64..4_000_000, 2..8),
    ) {
        let start = utc("2025-02-01T00:00Z");
        let second = |at: i64| start + Span::new().seconds(at);
        let case = supplied_by(BOREALIS, 1, Verb::Contract, Some(second(delivered)));
        let cuts: Vec<_> = cuts.into_iter().map(second).collect();
        let pieces: u64 = cuts.windows(2).map(|cut| hours(&case, cut[0], cut[1])).sum();
        prop_assert_eq!(pieces, hours(&case, cuts[0], cuts[cuts.len() - 1]));
        // All of it is the whole term, to the hour.
        prop_assert_eq!(hours(&case, utc(SIGNED), utc("2026-01-01T00:00Z")), 28 * 24);
    }
}
