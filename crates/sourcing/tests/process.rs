//! Traces of whole cases: who does what, when, and what comes of it. Times are those of Los Angeles.
//!
//! S1 to S3 are those of the domain rules, §4.6; the transitions are those of §2.3. A row is a line,
//! so rustfmt leaves the traces alone.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use std::sync::Arc;

use jiff::civil::date;
use sourcing::case::Free;
use sourcing::command::Does;
use sourcing::{Command, Declared, Guard, State};
use terms::{Document, Name, Quantity, Source, Verb, compile};

use Does::{Sign, Tick, Withdraw};

#[test]
#[rustfmt::skip]
fn s1_the_holder_takes_whole_lots() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-04 10:00", MERIDIAN, exercise(650), "refused: 650 are not whole lots of 100"),
        ("2025-02-04 10:00", MERIDIAN, exercise(0), "refused: 0 is not part of the 1000 that are open"),
        ("2025-02-04 10:00", MERIDIAN, exercise(1100), "refused: 1100 is not part of the 1000 that are open"),
        ("2025-02-04 10:00", BOREALIS, exercise(600), "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-02-04 10:01", MERIDIAN, exercise(400), "refused: this needs a part that is OPEN; there is 600 × COMMITTED, 400 × FREE"),
        ("2025-03-01 10:00", BOREALIS, bid(BOREALIS, 600, "2.40"), "bid-received => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-03-01 10:01", LAB, award(1), "refused: the offer is for 600, only 400 are free"),
        ("2025-04-05 17:00", LAB, Sign, "signature-given => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-05 17:00", LAB, Sign, "refused: `lab` has signed already"),
        ("2025-04-05 17:00", MERIDIAN, Sign, "signature-given, definitive-signed, lot-scheduled => 600 COMMITTED meridian at 2.40 signed | 400 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-05 17:00", LAB, Sign, "refused: this needs a part that is COMMITTED and not yet signed; there is 600 × COMMITTED, 400 × FREE"),
        ("2025-06-04 17:00:01", "clock", Tick, "must-renotice => 600 COMMITTED meridian at 2.40 signed | 400 EXPIRED"),
    ]);
    play(&terms, rows);
}

#[test]
#[rustfmt::skip]
fn s2_others_may_sign_to_the_end_of_the_free_window() {
    let terms = agreement(&first_refusal(""));
    let offered = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-01 12:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    let State::Free(Free { closes: Some(closes), .. }) = offered.case().unwrap().parts[0].state
    else {
        panic!("expected a free part")
    };
    assert_eq!(closes, "2025-06-06T00:00Z".parse().unwrap());
    go_on(&terms, offered.clone(), vec![
        ("2025-06-05 17:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
    go_on(&terms, offered, vec![
        ("2025-06-05 17:00:01", LAB, award(1), "refused: `right_of_first_refusal.capacity`: `meridian` has not had its first say; this needs a part that is FREE or EXEMPT; there is 1000 × EXPIRED"),
        ("2025-06-05 17:00:01", "clock", Tick, "must-renotice => 1000 EXPIRED"),
        // A new notice begins a new round. 19 June is a holiday.
        ("2025-06-06 10:00", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-06-06 10:00 to 2025-06-23 17:00"),
        ("2025-06-06 10:00", "clock", Tick, "round-opened => 1000 OPEN to 2025-06-23 17:00"),
        ("2025-06-06 10:00", LAB, notify(), "refused: this needs a part that is DRAFT or EXPIRED; there is 1000 × OPEN"),
        ("2025-06-23 17:00", MERIDIAN, exercise_all(), "exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-08-22 17:00"),
    ]);
}

/// An offer for a part of it puts only that part to the holder: the rest stays on the old terms.
#[test]
#[rustfmt::skip]
fn a_better_offer_for_a_part_leaves_the_rest_as_it_was() {
    let terms = agreement(&first_refusal(""));
    let free = "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00";
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 100, "2.60"), free),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 900, "2.60"), free),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 100 MATCHING offer 1 to 2025-03-24 17:00 | 900 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-11 10:00", MERIDIAN, decline(), "match-declined, released => 100 FREE at 2.60 to 2025-06-05 17:00 | 900 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-11 10:00", LAB, award(2), "refused: USD 2.60 per accelerator-hour is better for `zephyr` than the USD 2.40 put to the holder"),
        ("2025-03-11 10:00", LAB, present(2), "offer-presented, offer-disclosed => 100 FREE at 2.60 to 2025-06-05 17:00 | 900 MATCHING offer 2 to 2025-03-25 17:00"),
        ("2025-03-11 10:01", MERIDIAN, match_offer(), "matched => 100 FREE at 2.60 to 2025-06-05 17:00 | 900 COMMITTED meridian at 2.60 to sign 2025-05-10 17:00"),
        ("2025-03-11 10:02", LAB, award(1), "third-signed, lot-scheduled => 100 THIRD_SIGNED borealis at 2.60 | 900 COMMITTED meridian at 2.60 to sign 2025-05-10 17:00"),
    ]);
}

/// Among several free parts an award takes one that fits.
#[test]
#[rustfmt::skip]
fn an_award_takes_a_part_that_fits() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-04 10:00", MERIDIAN, exercise(300), "round-opened, partial-exercised, released => 300 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 700 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-05 17:01", "clock", Tick, "close-failed, released => 300 FREE at any terms open-ended | 700 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-06 10:00", BOREALIS, bid(BOREALIS, 700, "2.40"), "bid-received => 300 FREE at any terms open-ended | 700 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-06 10:00", ZEPHYR, bid(ZEPHYR, 200, "3.00"), "bid-received => 300 FREE at any terms open-ended | 700 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-06 10:00", ZEPHYR, bid(ZEPHYR, 800, "2.00"), "bid-received => 300 FREE at any terms open-ended | 700 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-06 10:00", ZEPHYR, bid(ZEPHYR, 400, "3.00"), "bid-received => 300 FREE at any terms open-ended | 700 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-04-06 10:00", LAB, award(3), "refused: the offer is for 800, only 700 are free"),
        ("2025-04-06 10:00", LAB, award(4), "refused: USD 3.00 per accelerator-hour is better for `zephyr` than the USD 2.40 put to the holder"),
        ("2025-04-06 10:00", LAB, award(1), "third-signed, lot-scheduled => 300 FREE at any terms open-ended | 700 THIRD_SIGNED borealis at 2.40"),
        ("2025-04-06 10:00", LAB, award(2), "third-signed, lot-scheduled => 200 THIRD_SIGNED zephyr at 3.00 | 700 THIRD_SIGNED borealis at 2.40 | 100 FREE at any terms open-ended"),
        ("2025-04-06 10:00", LAB, award(2), "refused: offer 2 is signed already"),
        ("2025-04-06 10:00", LAB, award(9), "refused: there is no offer 9; there are 4"),
        ("2025-04-06 10:00", LAB, award(0), "refused: there is no offer 0; there are 4"),
    ]);
    play(&terms, rows);
}

/// Two expired parts are noticed one by one, and each may be exercised by its quantity.
#[test]
#[rustfmt::skip]
fn two_rounds_may_run_at_once() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 400, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-03-24 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-06-06 10:00", "clock", Tick, "match-lapsed, released, must-renotice, must-renotice => 400 EXPIRED | 600 EXPIRED"),
        ("2025-06-06 10:00", LAB, notify(), "notice-sent => 400 NOTICED from 2025-06-06 10:00 to 2025-06-23 17:00 | 600 EXPIRED"),
        ("2025-06-06 10:00", LAB, notify(), "round-opened, notice-sent => 400 OPEN to 2025-06-23 17:00 | 600 NOTICED from 2025-06-06 10:00 to 2025-06-23 17:00"),
        ("2025-06-07 10:00", MERIDIAN, exercise(600), "round-opened, exercised => 400 OPEN to 2025-06-23 17:00 | 600 COMMITTED meridian at 2.40 to sign 2025-08-06 17:00"),
        ("2025-06-07 10:00", MERIDIAN, exercise(600), "refused: 600 is not part of the 400 that are open"),
        ("2025-06-07 10:00", MERIDIAN, waive(), "waived, released => 400 FREE at any terms open-ended | 600 COMMITTED meridian at 2.40 to sign 2025-08-06 17:00"),
    ]);
}

/// A receipt due at the instant another window ends has happened, though that window has not ended.
#[test]
#[rustfmt::skip]
fn a_receipt_at_the_instant_of_a_deadline_comes_first() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 400, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-06-04 10:00", LAB, present(1), "offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-06-18 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-06-18 17:00", LAB, notify(), "must-renotice, notice-sent => 400 MATCHING offer 1 to 2025-06-18 17:00 | 600 NOTICED from 2025-06-18 17:00 to 2025-07-03 17:00"),
        ("2025-06-18 17:00", MERIDIAN, exercise_all(), "round-opened, exercised => 400 MATCHING offer 1 to 2025-06-18 17:00 | 600 COMMITTED meridian at 2.40 to sign 2025-08-17 17:00"),
        ("2025-06-18 17:00", MERIDIAN, match_offer(), "matched => 400 COMMITTED meridian at 2.60 to sign 2025-08-17 17:00 | 600 COMMITTED meridian at 2.40 to sign 2025-08-17 17:00"),
    ]);
}

/// S7: two cases at once, and one capacity.
#[test]
#[rustfmt::skip]
fn s7_a_holder_commits_to_no_more_than_it_has_declared() {
    let terms = agreement(&first_refusal(""));
    let six_hundred = || request_of(|need| need.quantity.count = 600);
    let mut play = Play::default();
    play.book.declare(&Declared { supplier: Name::new(MERIDIAN), class: "H100".to_string(), count: 800 });
    for case in ["a", "b"] {
        play.act_in(case, &terms, at("2025-01-21 18:00"), &Command::new(LAB, six_hundred())).unwrap();
        play.act_in(case, &terms, at("2025-01-21 18:05"), &Command::new(LAB, notify())).unwrap();
    }
    let mut exercise = |case: &str, quantity: u64| {
        let command = Command::new(MERIDIAN, exercise(quantity));
        play.act_in(case, &terms, at("2025-02-04 10:00"), &command).map(|happened| names(&happened))
    };
    assert_eq!(exercise("a", 600).unwrap(), "round-opened, exercised");
    let refused = exercise("b", 600).unwrap_err();
    assert_eq!(refused.guard, Guard::WithinCapacity, "{refused}");
    assert_eq!(exercise("b", 300).unwrap_err().guard, Guard::WithinCapacity);
    assert_eq!(exercise("b", 200).unwrap(), "round-opened, partial-exercised, released");
}

#[test]
#[rustfmt::skip]
fn nothing_is_signed_before_the_holder_had_its_say() {
    let terms = agreement(&first_refusal(""));
    let say = "refused: `right_of_first_refusal.capacity`: `meridian` has not had its first say; this needs a part that is FREE or EXEMPT; there is 1000 × ";
    let refused = |state: &str| -> &'static str { format!("{say}{state}").leak() };
    play(&terms, vec![
        ("2025-01-21 18:00", BOREALIS, request_of(|need| need.grantor = Name::new(BOREALIS)), "refused: `borealis` is party to no adopted agreement"),
        ("2025-01-21 18:00", MERIDIAN, request(), "refused: the party itself states its need"),
        ("2025-01-21 18:00", LAB, notify(), "refused: there is no such case"),
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:00", LAB, request(), "refused: this case is there already"),
        ("2025-01-21 18:00", BOREALIS, bid(BOREALIS, 1000, "2.35"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 18:01", LAB, award(1), refused("DRAFT")),
        ("2025-01-21 18:01", LAB, present(1), "refused: this needs a part that is FREE; there is 1000 × DRAFT"),
        ("2025-01-21 18:01", MERIDIAN, exercise_all(), "refused: this needs a part that is OPEN; there is 1000 × DRAFT"),
        ("2025-01-21 18:01", MERIDIAN, notify(), "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
        ("2025-01-21 18:06", LAB, award(1), refused("NOTICED")),
        ("2025-01-22 08:59:59", MERIDIAN, decline(), "refused: this needs a part that is OPEN or MATCHING; there is 1000 × NOTICED"),
        ("2025-01-22 09:00", LAB, award(1), refused("OPEN")),
        ("2025-01-22 09:00", LAB, decline(), "refused: only the holder, `meridian`, may do this, not `lab`"),
        ("2025-01-22 09:00", MERIDIAN_UK, decline(), "round-opened, declined, released => 1000 FREE at 2.40 to 2025-05-22 17:00"),
        ("2025-01-22 09:00", MERIDIAN, decline(), "refused: this needs a part that is OPEN or MATCHING; there is 1000 × FREE"),
        ("2025-01-22 09:00", MERIDIAN, award(1), "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-01-22 09:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.35"),
        ("2025-01-22 09:00", LAB, award(1), "refused: offer 1 is signed already"),
        ("2025-01-22 09:01", LAB, Withdraw, "refused: nothing is left to withdraw"),
        ("2025-01-22 09:01", ZEPHYR, bid(ZEPHYR, 1000, "2.30"), "refused: all of it is supplied or withdrawn already"),
    ]);
}

/// What counts before the last thing that happened comes too late: else an award could be dated
/// before the release that allows it, or a release before its round.
#[test]
#[rustfmt::skip]
fn nothing_is_dated_back() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-21 18:04:59", BOREALIS, bid(BOREALIS, 1000, "2.35"), "refused: 2025-01-22T02:04:59Z is before 2025-01-22T02:05:00Z, when this case last changed"),
        ("2025-01-30 10:00", BOREALIS, bid(BOREALIS, 1000, "2.35"), "round-opened, bid-received => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-29 10:00", MERIDIAN, decline(), "refused: 2025-01-29T18:00:00Z is before 2025-01-30T18:00:00Z, when this case last changed"),
        ("2025-02-05 17:00", MERIDIAN, decline(), "declined, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-02-01 10:00", LAB, award(1), "refused: 2025-02-01T18:00:00Z is before 2025-02-06T01:00:00Z, when this case last changed"),
    ]);
    play(&terms, rows);
}

#[test]
#[rustfmt::skip]
fn a_first_right_is_waived_expressly() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    let free = "1000 FREE at any terms open-ended";
    rows.extend([
        ("2025-01-21 18:06", LAB, waive(), "refused: only the holder, `meridian`, may do this, not `lab`"),
        // The clause says what silence means, and it is not a waiver.
        ("2025-01-21 18:06", LAB, tacit_consent(), "refused: no exclusivity covers this case; a first right is waived, expressly"),
        ("2025-01-21 18:06", BOREALIS, waive(), "refused: only the holder, `meridian`, may do this, not `borealis`"),
    ]);
    let asked = play(&terms, rows);
    for when in ["2025-01-21 18:06", "2025-01-22 08:59", "2025-01-22 09:00", "2025-02-05 17:00"] {
        let mut waived = asked.clone();
        let happened = waived.act(&terms, at(when), MERIDIAN, waive()).unwrap();
        assert!(names(&happened).ends_with("waived, released"), "{when}");
        assert_eq!(parts(waived.case()), free, "{when}");
    }
    // Also before any notice, and after an unused free window.
    let unasked = vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:00", MERIDIAN, waive(), "waived, released => 1000 FREE at any terms open-ended"),
        ("2025-01-21 18:00", MERIDIAN, waive(), "refused: this needs a part that is DRAFT, NOTICED, OPEN, NEGOTIATING or EXPIRED; there is 1000 × FREE"),
    ];
    play(&terms, unasked);
    go_on(&terms, lapsed(&terms), vec![
        ("2025-06-06 10:00", MERIDIAN, waive(), "must-renotice, waived, released => 1000 FREE at any terms open-ended"),
    ]);
}

#[test]
#[rustfmt::skip]
fn only_the_holder_of_an_exclusivity_is_awarded() {
    let terms = agreement(EXCLUSIVITY);
    play(&terms, vec![
        ("2025-01-21 10:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 10:00", LAB, notify(), "refused: no first right covers this case"),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 1000, "2.00"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", MERIDIAN, bid(MERIDIAN, 600, "2.60"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", MERIDIAN_UK, bid(MERIDIAN_UK, 400, "2.70"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", LAB, award(1), "refused: `exclusivity.cloud`: only `meridian` may supply this, not `borealis`"),
        ("2025-01-21 10:00", LAB, present(1), "refused: no first right covers this case"),
        ("2025-01-21 10:00", LAB, award(2), "awarded, lot-scheduled => 600 COMMITTED meridian at 2.60 signed | 400 DRAFT"),
        ("2025-01-21 10:00", LAB, award(2), "refused: offer 2 is signed already"),
        ("2025-01-21 10:00", LAB, Sign, "refused: this needs a part that is COMMITTED and not yet signed; there is 600 × COMMITTED, 400 × DRAFT"),
        ("2025-01-21 10:00", MERIDIAN, bid(MERIDIAN, 500, "2.60"), "bid-received => 600 COMMITTED meridian at 2.60 signed | 400 DRAFT"),
        ("2025-01-21 10:00", LAB, award(4), "refused: the offer is for 500, only 400 are free"),
        // An affiliate of the holder is as good as the holder.
        ("2025-01-21 10:00", LAB, award(3), "awarded, lot-scheduled => 600 COMMITTED meridian at 2.60 signed | 400 COMMITTED meridian-uk at 2.70 signed"),
        ("2025-01-21 10:00", LAB, award(1), "refused: this needs a part that is FREE or EXEMPT; there is 600 × COMMITTED, 400 × COMMITTED"),
    ]);
}

#[test]
#[rustfmt::skip]
fn an_exclusivity_may_be_waived_tacitly() {
    let terms = agreement(EXCLUSIVITY);
    let asked = play(&terms, vec![
        ("2025-01-21 10:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 400, "2.60"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", BOREALIS, tacit_consent(), "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-01-21 10:00", LAB, consent(), "refused: only the holder, `meridian`, may do this, not `lab`"),
        ("2025-01-21 10:00", LAB, Does::Consent(sourcing::command::consent::Consent { tacit: true, evidence: " ".to_string() }), "refused: a consent needs evidence"),
    ]);
    for (by, does) in [(LAB, tacit_consent()), (MERIDIAN, consent()), (MERIDIAN_UK, consent())] {
        go_on(&terms, asked.clone(), vec![
            ("2025-01-21 10:01", by, does, "consented, released => 1000 FREE at any terms open-ended"),
            ("2030-01-21 10:01", LAB, award(1), "third-signed, lot-scheduled => 400 THIRD_SIGNED borealis at 2.60 | 600 FREE at any terms open-ended"),
        ]);
    }
}

/// Row 1: a consent in the agreement itself makes the case exempt, and it is awarded at once.
#[test]
#[rustfmt::skip]
fn what_no_right_covers_is_awarded_at_once() {
    let terms = agreement(&format!("{}\n{OWN_BUILD}", first_refusal("")));
    let built = play(&terms, vec![
        ("2025-01-21 10:00", LAB, request_of(|need| need.act = Verb::Build), "requested, screened, exempted => 1000 EXEMPT"),
        ("2025-01-21 10:00", LAB, notify(), "refused: no first right covers this case"),
        ("2025-01-21 10:00", MERIDIAN, consent(), "refused: no right covers this case"),
        ("2025-01-21 10:00", LAB, bid(LAB, 700, "2.40"), "bid-received => 1000 EXEMPT"),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 300, "9.00"), "bid-received => 1000 EXEMPT"),
        ("2025-01-21 10:00", LAB, award(1), "third-signed, lot-scheduled => 700 THIRD_SIGNED lab at 2.40 | 300 EXEMPT"),
        ("2025-01-21 10:00", LAB, award(2), "third-signed, lot-scheduled => 700 THIRD_SIGNED lab at 2.40 | 300 THIRD_SIGNED borealis at 9.00"),
        ("2025-01-21 10:00", LAB, award(2), "refused: offer 2 is signed already"),
    ]);
    let screened = &built.journal[1];
    assert_eq!(screened.clause.as_deref(), Some("consent.own-build"));
    // To build for inference is not consented to.
    play(&terms, vec![
        ("2025-01-21 10:00", LAB, request_of(|need| { need.act = Verb::Build; need.purpose = "inference".to_string(); }), "requested, screened => 1000 DRAFT"),
    ]);
}

/// A slip in a word must not take a need out of every scope.
#[test]
#[rustfmt::skip]
fn a_request_in_words_that_mean_nothing_is_refused() {
    let terms = agreement(
        r#"exclusivity "cloud" {
  grantor = lab
  holder  = meridian
  scope {
    act     = contract
    purpose = training
  }
}"#,
    );
    let quantity = |text: &str| -> Quantity { text.parse().unwrap() };
    let rows = [
        (request_of(|need| need.purpose = "trainning".to_string()), "trainning"),
        (request_of(|need| need.lot = 300), "1000 accelerators are not whole lots of 300"),
        (request_of(|need| need.lot = 0), "1000 accelerators are not whole lots of 0"),
        (request_of(|need| need.quantity = quantity("0 H100")), "nothing is needed"),
        (request_of(|need| need.months = 0), "0 is not a term in months"),
        (request_of(|need| need.months = 601), "601 is not a term in months"),
        // What offers could not be compared with.
        (request_of(|need| need.price = usd("2.4000001")), "round it to 6 decimal places"),
        (request_of(|need| need.quotes = [(3, usd("2.5000001"))].into()), "round it to 6 decimal places"),
        (request_of(|need| need.need_by = "2025-01-20".parse().unwrap()), "2025-01-20 is over on 2025-01-21"),
    ];
    for (does, guard) in rows {
        let refused = Play::default().act(&terms, at("2025-01-21 10:00"), LAB, does).unwrap_err();
        assert!(refused.found.contains(guard), "{refused}");
    }
    for act in [Verb::Serve, Verb::Use, Verb::Resell] {
        let does = request_of(|need| need.act = act);
        assert!(Play::default().act(&terms, at("2025-01-21 10:00"), LAB, does).is_err(), "{act}");
    }
}

/// The case runs by the clock of the agreement whose clause covers it.
#[test]
fn a_party_to_two_agreements_is_held_to_the_one_that_covers_the_need() {
    let parties = "party \"lab\" {}\nparty \"meridian\" {}";
    let agreement = |name: &str, zone: &str, clauses: &str| {
        format!(
            r#"agreement "{name}" {{
  parties   = [lab, meridian]
  signed    = "2024-01-01"
  time_zone = "{zone}"
}}
{clauses}"#
        )
    };
    let documents = [
        parties.to_string(),
        agreement("hosting", "Europe/London", ""),
        agreement("supply", "America/Los_Angeles", &first_refusal("")),
    ];
    let sources = documents.map(|hcl| {
        let document = Document::new("document.md", format!("```hcl\n{hcl}\n```\n"));
        Source { document: Arc::new(document), known: None }
    });
    let (terms, findings) = compile(&sources);
    assert!(findings.is_empty(), "{findings:#?}");
    let case = play(&terms, noticed_of(|_| {})).case().cloned().unwrap();
    assert_eq!(case.agreement.as_str(), "supply");
}

#[test]
#[rustfmt::skip]
fn a_commitment_that_is_not_signed_in_time_frees_others_without_limit() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.push(("2025-02-05 17:00", MERIDIAN, exercise_all(), "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00"));
    let committed = play(&terms, rows);
    for by in [MERIDIAN, MERIDIAN_UK] {
        go_on(&terms, committed.clone(), vec![
            ("2025-04-06 17:00", LAB, Sign, "signature-given => 1000 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00"),
            ("2025-04-06 17:00", by, Sign, "signature-given, definitive-signed, lot-scheduled => 1000 COMMITTED meridian at 2.40 signed"),
            ("2025-08-31 17:00", "clock", Tick, " => 1000 COMMITTED meridian at 2.40 signed"),
        ]);
    }
    go_on(&terms, committed, vec![
        ("2025-04-06 16:00", BOREALIS, Sign, "refused: only `lab` and `meridian` sign this, not `borealis`"),
        ("2025-04-06 16:00", LAB, Withdraw, "refused: nothing is left to withdraw"),
        ("2025-04-06 17:00:01", MERIDIAN, Sign, "refused: this needs a part that is COMMITTED and not yet signed; there is 1000 × FREE"),
        ("2025-04-06 17:00:01", "clock", Tick, "close-failed, released => 1000 FREE at any terms open-ended"),
        ("2025-05-06 10:00", BOREALIS, bid(BOREALIS, 1000, "9.99"), "bid-received => 1000 FREE at any terms open-ended"),
        ("2025-05-06 10:00", LAB, present(1), "refused: offer 1 is no better for its supplier than what the holder was offered"),
        ("2025-05-06 10:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 9.99"),
    ]);
}

/// Row 17: a late offer of the holder is no third party's, so no limit of terms holds it.
#[test]
#[rustfmt::skip]
fn the_holder_may_still_offer_late() {
    let terms = agreement(&first_refusal(""));
    let offered = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-01 10:00", MERIDIAN, bid(MERIDIAN, 400, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-01 10:00", LAB, present(1), "refused: offer 1 is `meridian`'s own"),
    ]);
    go_on(&terms, offered.clone(), vec![
        ("2025-03-01 10:00", LAB, award(1), "awarded, lot-scheduled => 400 COMMITTED meridian at 2.60 signed | 600 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    go_on(&terms, offered, vec![
        ("2025-07-01 10:00", LAB, award(1), "must-renotice, awarded, lot-scheduled => 400 COMMITTED meridian at 2.60 signed | 600 EXPIRED"),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_is_withdrawn_is_over() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-02-04 10:00", BOREALIS, bid(BOREALIS, 400, "2.40"), "bid-received => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
        ("2025-02-05 10:00", MERIDIAN, Withdraw, "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-02-05 10:00", LAB, Withdraw, "withdrawn => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 WITHDRAWN"),
        ("2025-02-05 10:00", LAB, Withdraw, "refused: nothing is left to withdraw"),
        ("2025-02-05 10:00", LAB, award(1), "refused: this needs a part that is FREE or EXEMPT; there is 600 × COMMITTED, 400 × WITHDRAWN"),
        ("2025-02-05 10:00", LAB, notify(), "refused: this needs a part that is DRAFT or EXPIRED; there is 600 × COMMITTED, 400 × WITHDRAWN"),
        ("2025-02-05 10:00", BOREALIS, bid(BOREALIS, 400, "2.30"), "refused: all of it is supplied or withdrawn already"),
        // What is bound goes on.
        ("2025-02-05 10:00", LAB, Sign, "signature-given => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 WITHDRAWN"),
        ("2025-02-05 10:00", MERIDIAN, Sign, "signature-given, definitive-signed, lot-scheduled => 600 COMMITTED meridian at 2.40 signed | 400 WITHDRAWN"),
        ("2025-09-01 10:00", MERIDIAN, deliver(1), "delivered, fulfilled => 600 FULFILLED | 400 WITHDRAWN"),
    ]);
    play(&terms, rows);

    let all = play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:00", BOREALIS, bid(BOREALIS, 1000, "2.35"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 18:00", LAB, Withdraw, "withdrawn => 1000 WITHDRAWN"),
        ("2026-01-21 18:00", "clock", Tick, " => 1000 WITHDRAWN"),
    ]);
    let anything = [
        (LAB, request()),
        (LAB, notify()),
        (MERIDIAN, exercise_all()),
        (MERIDIAN, exercise(100)),
        (MERIDIAN, decline()),
        (MERIDIAN, consent()),
        (BOREALIS, bid(BOREALIS, 100, "1.00")),
        (LAB, present(1)),
        (MERIDIAN, match_offer()),
        (LAB, award(1)),
        (LAB, Sign),
        (MERIDIAN, Sign),
        (BOREALIS, deliver(1)),
        (BOREALIS, delay(1, date(2026, 9, 1))),
        (LAB, Withdraw),
    ];
    for (by, does) in anything {
        let told = format!("{does:?}");
        assert!(all.clone().act(&terms, at("2026-01-21 18:00"), by, does).is_err(), "{told}");
    }
}

#[test]
#[rustfmt::skip]
fn a_lot_is_delivered_by_its_supplier() {
    let terms = agreement(&first_refusal(""));
    let signed = "1000 THIRD_SIGNED borealis at 2.40";
    let delayed: &'static str = format!("delivery-delayed => {signed}").leak();
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-01 12:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-01 12:00", BOREALIS, deliver(1), "refused: there is no lot 1; there are 0"),
        ("2025-03-01 12:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-02 12:00", BOREALIS, deliver(0), "refused: there is no lot 0; there are 1"),
        ("2025-03-02 12:00", ZEPHYR, deliver(1), "refused: lot 1 is `borealis`'s to deliver, not `zephyr`'s"),
        ("2025-03-02 12:00", LAB, delay(1, date(2025, 10, 1)), "refused: lot 1 is `borealis`'s to deliver, not `lab`'s"),
        ("2025-03-02 12:00", BOREALIS, delay(1, date(2025, 9, 1)), "refused: 2025-09-01 is not after 2025-09-01, when it is due"),
        ("2025-03-02 12:00", BOREALIS, delay(1, date(2025, 9, 2)), delayed),
        ("2025-03-03 12:00", BOREALIS, delay(1, date(2025, 12, 1)), delayed),
        ("2025-09-20 12:00", BOREALIS, deliver(1), "delivery-late, grace-ended, delivered, fulfilled => 1000 FULFILLED"),
        ("2025-09-20 12:00", BOREALIS, deliver(1), "refused: lot 1 is delivered"),
        ("2025-09-20 12:00", BOREALIS, delay(1, date(2026, 1, 1)), "refused: lot 1 is delivered"),
    ]);
    let mut play = lapsed(&terms);
    play.act(&terms, at("2025-03-01 12:00"), BOREALIS, bid(BOREALIS, 1000, "2.40")).unwrap();
    play.act(&terms, at("2025-03-01 12:00"), LAB, award(1)).unwrap();
    play.act(&terms, at("2025-03-02 12:00"), BOREALIS, delay(1, date(2025, 12, 1))).unwrap();
    let lot = &play.case().unwrap().lots[0];
    // Damages run from the day it was due, which stays.
    assert_eq!((lot.due, lot.expected), (date(2025, 9, 1), Some(date(2025, 12, 1))));
}

#[test]
#[rustfmt::skip]
fn silence_may_mean_acceptance() {
    let terms = agreement(&first_refusal("silence_means = accept"));
    let mut rows = noticed_of(|_| {});
    rows.push(("2025-02-05 17:00:01", "clock", Tick, "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00"));
    let played = play(&terms, rows);
    let exercised = played.journal.last().unwrap();
    assert_eq!((exercised.at, exercised.by.clone()), (at("2025-02-05 17:00"), None));
    // To say no is still possible.
    let mut rows = noticed_of(|_| {});
    rows.push(("2025-02-05 17:00", MERIDIAN, decline(), "round-opened, declined, released => 1000 FREE at 2.40 to 2025-06-05 17:00"));
    play(&terms, rows);
}

#[test]
#[rustfmt::skip]
fn silence_may_mean_nothing_yet() {
    let terms = agreement(&first_refusal("silence_means = wait"));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-05 17:00:01", "clock", Tick, "round-opened => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-03-05 17:00", "clock", Tick, " => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-03-05 17:00", MERIDIAN, decline(), "declined, released => 1000 FREE at 2.40 to 2025-07-03 17:00"),
    ]);
    play(&terms, rows);
}

#[test]
#[rustfmt::skip]
fn the_time_to_sign_with_others_may_be_unlimited() {
    let terms = agreement(&first_refusal("").replace(r#""120 days""#, "unlimited"));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-05 17:00", MERIDIAN, decline(), "round-opened, declined, released => 1000 FREE at 2.40 open-ended"),
        ("2030-02-05 17:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 open-ended"),
        ("2030-02-05 17:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
    play(&terms, rows);
}

/// A mere preference decides between equal offers, so nobody is asked first.
#[test]
#[rustfmt::skip]
fn every_mode_has_its_process() {
    for mode in ["holder_first", "offer_first", "two_step", "consideration"] {
        let terms = agreement(&first_refusal(&format!("mode = {mode}")));
        play(&terms, vec![("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT")]);
    }
    let terms = agreement(&first_refusal("mode = preference"));
    play(&terms, vec![("2025-01-21 18:00", LAB, request(), "requested, screened, released => 1000 FREE at any terms open-ended")]);
}

#[test]
#[rustfmt::skip]
fn how_much_may_be_taken_is_the_clauses_to_say() {
    let taken = |quantity: u64| -> &'static str {
        let rest = 1000 - quantity;
        format!("round-opened, partial-exercised, released => {quantity} COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | {rest} FREE at 2.40 to 2025-06-04 17:00").leak()
    };
    let all = "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00";
    let none = "refused: the right is to all or nothing";
    let rows = [
        ("partial_exercise = none", 600, none),
        ("partial_exercise = none", 650, none),
        ("partial_exercise = none", 1000, all),
        ("partial_exercise = whole_lots", 600, taken(600)),
        ("partial_exercise = whole_lots", 650, "refused: 650 are not whole lots of 100"),
        ("partial_exercise = whole_lots", 1000, all),
        ("partial_exercise = any_quantity", 600, taken(600)),
        ("partial_exercise = any_quantity", 650, taken(650)),
        ("partial_exercise = any_quantity", 1, taken(1)),
        ("partial_exercise = any_quantity", 0, "refused: 0 is not part of the 1000 that are open"),
        ("partial_exercise = any_quantity", 1001, "refused: 1001 is not part of the 1000 that are open"),
    ];
    for (clause, quantity, expected) in rows {
        let mut rows = noticed_of(|_| {});
        rows.push(("2025-02-04 10:00", MERIDIAN, exercise(quantity), expected));
        play(&agreement(&first_refusal(clause)), rows);
    }
}

#[test]
#[rustfmt::skip]
fn a_clause_may_leave_the_terms_with_others_open() {
    let terms = agreement(&first_refusal("free_terms_limit = none"));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-05 17:00", MERIDIAN, decline(), "round-opened, declined, released => 1000 FREE at any terms to 2025-06-05 17:00"),
        ("2025-02-05 17:00", BOREALIS, bid(BOREALIS, 1000, "9.00"), "bid-received => 1000 FREE at any terms to 2025-06-05 17:00"),
        ("2025-02-05 17:00", LAB, present(1), "refused: offer 1 is no better for its supplier than what the holder was offered"),
        ("2025-06-05 17:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 9.00"),
    ]);
    play(&terms, rows);
}

#[test]
#[rustfmt::skip]
fn an_offer_must_be_one_that_can_be_signed() {
    let terms = agreement("");
    let euros = || match bid(BOREALIS, 100, "2.00") {
        Does::Bid(mut offer) => {
            offer.bid.terms.price = "EUR 2.00".parse().unwrap();
            Does::Bid(offer)
        }
        does => does,
    };
    play(&terms, vec![
        ("2025-01-21 10:00", LAB, request(), "requested, screened, exempted => 1000 EXEMPT"),
        ("2025-01-21 10:00", BOREALIS, bid(ZEPHYR, 100, "2.00"), "refused: a supplier makes its own offer"),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 0, "2.00"), "refused: 0 is not part of the 1000 that are needed"),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 1001, "2.00"), "refused: 1001 is not part of the 1000 that are needed"),
        ("2025-01-21 10:00", BOREALIS, euros(), "refused: the request is in USD, the offer in EUR"),
        ("2025-01-21 10:00", BOREALIS, bid_until(BOREALIS, 100, "2.00", "2025-01-31 12:00"), "bid-received => 1000 EXEMPT"),
        ("2025-01-21 10:00", BOREALIS, bid_until(BOREALIS, 100, "2.00", "2025-01-31 12:00"), "bid-received => 1000 EXEMPT"),
        ("2025-01-31 12:00", LAB, award(1), "third-signed, lot-scheduled => 100 THIRD_SIGNED borealis at 2.00 | 900 EXEMPT"),
        ("2025-01-31 12:00:01", LAB, award(2), "refused: offer 2 stood until 2025-01-31T20:00:00Z"),
    ]);
}

/// An offer put to the holder on a Saturday is read on Monday, and its window is no shorter for it.
#[test]
#[rustfmt::skip]
fn a_presented_offer_counts_from_its_deemed_receipt() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-08 12:00", BOREALIS, bid(BOREALIS, 1000, "2.50"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-08 12:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
        // An answer counts when it arrives, also before that.
        ("2025-03-08 12:01", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 2.50 to sign 2025-05-07 17:00"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_calendar_that_is_too_short_is_a_refusal() {
    let outside = "refused: the calendar covers 2024-01-01 to 2025-02-01, not 2025-02-01; extend its `holidays` and `covers`";
    let terms = agreement_until("2025-02-01", &first_refusal(""));
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify(), outside),
        ("2025-01-31 18:05", LAB, notify(), outside),
        ("2025-01-31 18:05", LAB, Withdraw, "withdrawn => 1000 WITHDRAWN"),
    ]);
    // Too short for what opens by itself: nothing happens until the calendar is extended.
    let close = first_refusal("silence_means = accept\n  close_within = \"10 business days\"");
    let short = agreement_until("2025-02-10", &close);
    let mut rows = noticed_of(|_| {});
    rows.push(("2025-02-05 17:00:01", "clock", Tick, "refused: the calendar covers 2024-01-01 to 2025-02-10, not 2025-02-10; extend its `holidays` and `covers`"));
    let stuck = play(&short, rows);
    go_on(
        &agreement(&close),
        stuck,
        vec![(
            "2025-02-06 17:00:01",
            "clock",
            Tick,
            "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-02-20 17:00",
        )],
    );
}

/// The years end; a window that would go on is refused.
#[test]
#[rustfmt::skip]
fn a_case_at_the_end_of_time_is_a_refusal() {
    let terms = agreement_until("9999-12-31", &first_refusal(""));
    let beyond = "refused: a deadline lies outside the years that can be counted";
    let needed = |by: &str| request_of(|need| (need.need_by, need.months) = (by.parse().unwrap(), 2));
    play(&terms, vec![
        ("9999-10-20 10:00", LAB, needed("9999-12-20"), beyond),
        ("9999-10-20 10:00", LAB, needed("9999-10-25"), "requested, screened => 1000 DRAFT"),
        ("9999-12-01 10:00", LAB, notify(), "notice-sent => 1000 NOTICED from 9999-12-01 10:00 to 9999-12-15 17:00"),
        ("9999-12-02 10:00", MERIDIAN, exercise_all(), beyond),
        ("9999-12-02 10:00", MERIDIAN, exercise(100), beyond),
        ("9999-12-02 10:00", MERIDIAN, decline(), beyond),
        ("9999-12-16 10:00", "clock", Tick, beyond),
    ]);
}

/// Every event names the clause it comes from, and who caused it; the clock is nobody.
#[test]
#[rustfmt::skip]
fn events_name_their_clause_and_their_party() {
    let terms = agreement(&first_refusal(""));
    let played = lapsed(&terms);
    let seen: Vec<_> = played
        .journal
        .iter()
        .map(|dated| {
            (dated.event.name(), dated.by.as_ref().map(Name::as_str), dated.clause.as_deref())
        })
        .collect();
    let right = Some("right_of_first_refusal.capacity");
    assert_eq!(
        seen,
        [
            ("requested", Some(LAB), None),
            ("screened", Some(LAB), right),
            ("notice-sent", Some(LAB), right),
            ("round-opened", None, right),
            ("lapsed", None, right),
            ("released", None, right),
        ]
    );
    let mut play = played;
    let refused = play.act(&terms, at("2025-03-01 10:00"), LAB, award(1)).unwrap_err();
    assert_eq!(refused.clause.as_deref(), right);
}
