//! Rights of first offer and of first negotiation, counters and talks. Source: domain rules §2.3,
//! rows 10 to 13, and "modes". Times are those of Los Angeles.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use sourcing::command::counter::Counter;
use sourcing::{Does, Event, Guard};

use Does::{Agree, Interest, Tick};

fn counter(price: &str) -> Does {
    Does::Counter(Counter { terms: terms_at(price) })
}

/// The clause of a kind, and its case with the notice received.
fn noticed(kind: &str, more: &str) -> (terms::Terms, Play) {
    let clause = first_refusal(more).replace("right_of_first_refusal", kind);
    let terms = agreement(&clause);
    let rows = vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        (
            "2025-01-21 18:05",
            LAB,
            notify(),
            "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00",
        ),
    ];
    let play = play(&terms, rows);
    (terms, play)
}

const REFUSAL: &str = "right_of_first_refusal";
const OFFER: &str = "right_of_first_offer";
const NEGOTIATION: &str = "right_of_first_negotiation";

/// Rows 10 to 13: a counter is no exercise; the window runs on and the original stays open.
#[test]
#[rustfmt::skip]
fn a_counter_to_a_refusal_leaves_the_window_as_it_was() {
    let (terms, noticed) = noticed(REFUSAL, "");
    let talking = go_on(&terms, noticed, vec![
        ("2025-01-22 08:00", MERIDIAN, counter("2.60"), "refused: this needs a part that is OPEN or NEGOTIATING; there is 1000 × NOTICED"),
        ("2025-01-30 10:00", LAB, counter("2.50"), "refused: this needs a part that is NEGOTIATING; there is 1000 × OPEN"),
        ("2025-01-30 10:00", BOREALIS, counter("2.60"), "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-01-30 10:00", MERIDIAN, Interest, "refused: `right_of_first_refusal.capacity` is no right to negotiate"),
        ("2025-01-30 10:00", MERIDIAN, counter("2.60"), "round-opened, countered => 1000 NEGOTIATING to 2025-02-05 17:00"),
        ("2025-01-30 10:01", MERIDIAN, Agree, "refused: the other party has put no terms forward"),
        ("2025-01-31 10:00", LAB, counter("2.50"), "countered => 1000 NEGOTIATING to 2025-02-05 17:00"),
    ]);
    // Both say the same: on the terms of the other.
    go_on(&terms, talking.clone(), vec![
        ("2025-02-05 17:00", LAB, Agree, "agreed => 1000 COMMITTED meridian at 2.60 to sign 2025-04-06 17:00"),
    ]);
    go_on(&terms, talking.clone(), vec![
        ("2025-02-05 17:00", BOREALIS, Agree, "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-02-05 17:00", MERIDIAN, Agree, "agreed => 1000 COMMITTED meridian at 2.50 to sign 2025-04-06 17:00"),
    ]);
    // Row 12: the original terms, all or some.
    go_on(&terms, talking.clone(), vec![
        ("2025-02-05 17:00", MERIDIAN, exercise(600), "partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00 | 400 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    // Row 13: not what was said in talks.
    go_on(&terms, talking.clone(), vec![
        ("2025-02-05 17:00:01", "clock", Tick, "talks-ended, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-02-05 17:00:01", MERIDIAN, exercise_all(), "refused: this needs a part that is OPEN; there is 1000 × FREE"),
    ]);
    go_on(&terms, talking, vec![
        ("2025-02-04 10:00", MERIDIAN, decline(), "declined, released => 1000 FREE at 2.40 to 2025-06-04 17:00"),
    ]);
}

/// The holder of a right of first offer makes the offer; others may not do better than its last.
#[test]
#[rustfmt::skip]
fn a_first_offer_is_the_holders() {
    let (terms, noticed) = noticed(OFFER, "");
    go_on(&terms, noticed.clone(), vec![
        ("2025-02-05 17:00:01", "clock", Tick, "round-opened, lapsed, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    let offered = go_on(&terms, noticed, vec![
        ("2025-02-04 10:00", MERIDIAN, exercise_all(), "refused: `right_of_first_offer.capacity` is no right to take it on terms put to it"),
        ("2025-02-04 10:00", MERIDIAN, counter("2.60"), "round-opened, countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-02-20 10:00", LAB, counter("2.45"), "countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-02-21 10:00", MERIDIAN, counter("2.55"), "countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
    ]);
    go_on(&terms, offered.clone(), vec![
        ("2025-03-06 17:00", LAB, Agree, "agreed => 1000 COMMITTED meridian at 2.55 to sign 2025-05-05 17:00"),
    ]);
    go_on(&terms, offered, vec![
        ("2025-03-06 17:00:01", "clock", Tick, "talks-ended, released => 1000 FREE at 2.55 to 2025-07-04 17:00"),
    ]);
}

/// Interest in talks opens the negotiation window; the limit is what the grantor last offered.
#[test]
#[rustfmt::skip]
fn a_first_negotiation_begins_with_interest() {
    let (terms, asked) = noticed(NEGOTIATION, "");
    let talking = go_on(&terms, asked, vec![
        ("2025-02-04 10:00", BOREALIS, Interest, "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-02-04 10:00", MERIDIAN, Interest, "round-opened, interested => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-02-04 10:00", MERIDIAN, Interest, "refused: this needs a part that is OPEN; there is 1000 × NEGOTIATING"),
        ("2025-02-05 17:00:01", "clock", Tick, " => 1000 NEGOTIATING to 2025-03-06 17:00"),
    ]);
    go_on(&terms, talking.clone(), vec![
        ("2025-03-06 17:00:01", "clock", Tick, "talks-ended, released => 1000 FREE at 2.40 to 2025-07-04 17:00"),
    ]);
    go_on(&terms, talking, vec![
        ("2025-02-20 10:00", MERIDIAN, counter("2.60"), "countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-02-21 10:00", LAB, counter("2.50"), "countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-03-06 17:00:01", "clock", Tick, "talks-ended, released => 1000 FREE at 2.50 to 2025-07-04 17:00"),
    ]);
    let starts = "negotiation_starts = notice\n  negotiation_window = \"20 days\"";
    let (terms, asked) = noticed(NEGOTIATION, starts);
    go_on(&terms, asked, vec![
        ("2025-02-04 10:00", MERIDIAN, Interest, "round-opened, interested => 1000 NEGOTIATING to 2025-02-11 17:00"),
    ]);
}

/// A clause that lets the holder of a first offer take what is put to it, lets it in time only.
#[test]
#[rustfmt::skip]
fn what_was_put_to_the_holder_is_taken_by_the_deadline() {
    let (terms, asked) = noticed(OFFER, "holder_terms = noticed");
    go_on(&terms, asked, vec![
        ("2025-02-04 10:00", MERIDIAN, counter("2.60"), "round-opened, countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-02-05 17:00:01", MERIDIAN, exercise_all(), "refused: it was to be received by 2025-02-06T01:00:00Z"),
    ]);
}

/// What limits others where the clause measures by the holder's own offer.
#[test]
#[rustfmt::skip]
fn others_may_have_to_do_better_than_the_holders_offer() {
    let (terms, asked) = noticed(OFFER, "free_terms_limit = better_for_grantor");
    go_on(&terms, asked.clone(), vec![
        ("2025-02-05 17:00:01", "clock", Tick, "round-opened, lapsed, released => 1000 FREE at any terms to 2025-06-05 17:00"),
    ]);
    go_on(&terms, asked, vec![
        ("2025-02-04 10:00", MERIDIAN, counter("2.60"), "round-opened, countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-03-06 17:00:01", "clock", Tick, "talks-ended, released => 1000 FREE at 2.60 to 2025-07-04 17:00"),
    ]);
}

/// A holder that is to be considered first makes its offer first; then the grantor chooses.
#[test]
#[rustfmt::skip]
fn consideration_gives_no_right_to_take() {
    let (terms, asked) = noticed(REFUSAL, "mode = consideration");
    go_on(&terms, asked, vec![
        ("2025-02-04 10:00", MERIDIAN, exercise_all(), "refused: `right_of_first_refusal.capacity` is no right to take it on terms put to it"),
        ("2025-02-04 10:00", MERIDIAN, counter("2.60"), "round-opened, countered => 1000 NEGOTIATING to 2025-03-06 17:00"),
        ("2025-03-06 17:00:01", "clock", Tick, "talks-ended, released => 1000 FREE at any terms to 2025-07-04 17:00"),
    ]);
}

/// A first call on supply: whoever refuses or is unable leaves an open market.
#[test]
#[rustfmt::skip]
fn a_first_call_leaves_an_open_market() {
    let (terms, asked) = noticed(REFUSAL, "free_terms_limit = none");
    let unable = Does::Decline(sourcing::command::decline::Decline { unable: true });
    let declined = go_on(&terms, asked, vec![
        ("2025-02-04 10:00", MERIDIAN, unable, "round-opened, declined, released => 1000 FREE at any terms to 2025-06-04 17:00"),
    ]);
    assert!(declined.journal.iter().any(|dated| matches!(dated.event, Event::Declined { unable: true, .. })));
}

/// A counter is in the money of the request, and no more is agreed on than the holder has.
#[test]
fn talks_are_about_what_there_is() {
    let (terms, mut asked) = noticed(REFUSAL, "");
    let (class, supplier) = ("H100".to_string(), terms::Name::new(MERIDIAN));
    asked.book.declare(&sourcing::Declared { supplier, class, count: 999 });
    let mut euros = terms_at("2.60");
    euros.price = "EUR 2.60".parse().unwrap();
    let mut act = |by: &str, does| asked.act(&terms, at("2025-01-30 10:00"), by, does);
    let refused = act(MERIDIAN, Does::Counter(Counter { terms: euros })).unwrap_err();
    assert_eq!(refused.guard, Guard::OfferComparable);
    act(MERIDIAN, counter("2.60")).unwrap();
    assert_eq!(act(LAB, Agree).unwrap_err().guard, Guard::WithinCapacity);
}

/// Silence that means nothing yet: talks over a refusal end with an answer alone.
#[test]
#[rustfmt::skip]
fn a_counter_is_no_answer() {
    let (terms, asked) = noticed(REFUSAL, "silence_means = wait");
    go_on(&terms, asked, vec![
        ("2025-01-30 10:00", MERIDIAN, counter("2.60"), "round-opened, countered => 1000 NEGOTIATING to 2025-02-05 17:00"),
        ("2025-03-05 10:00", "clock", Tick, " => 1000 NEGOTIATING to 2025-02-05 17:00"),
        ("2025-03-05 10:00", MERIDIAN, exercise_all(), "exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-05-04 17:00"),
    ]);
}
