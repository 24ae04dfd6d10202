//! What holders answer: documents, parts, several holders, waivers. Source: domain rules §2.3, rows 2
//! to 9, and §2.7. Times are those of Los Angeles.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use sourcing::command::amend::Amend;
use sourcing::command::change_terms::ChangeTerms;
use sourcing::command::decide_asking;
use sourcing::command::documents::{RequestDocuments, SendDocuments};
use sourcing::command::exercise::Exercise;
use sourcing::command::notify::Notify;
use sourcing::command::waive::Waive;
use sourcing::command::withdraw_offer::WithdrawOffer;
use sourcing::{Bid, Book, Channel, Command, Does, Guard, Guards};
use terms::Name;

use Does::Tick;

const ASKED: &str = "requested, screened => 1000 DRAFT";

fn of(holder: &str, label: &str, more: &str) -> String {
    first_refusal(more)
        .replace("holder  = meridian", &format!("holder  = {holder}"))
        .replace(r#""capacity""#, &format!("{label:?}"))
}

/// Three holders of weights 50, 30 and 20.
fn three(more: &str) -> String {
    let one = |holder, weight| of(holder, holder, &format!("weight = {weight}\n  {more}"));
    [one(MERIDIAN, 50), one(BOREALIS, 30), one(ZEPHYR, 20)].join("\n")
}

fn ask() -> Does {
    Does::RequestDocuments(RequestDocuments { list: vec!["grid study".to_string()] })
}

fn send() -> Does {
    Does::SendDocuments(SendDocuments { channel: Channel::Email })
}

fn notify_of(bid: usize) -> Does {
    Does::Notify(Notify {
        channel: Channel::Email,
        bid: Some(bid),
        certified_by: None,
        nonce: None,
    })
}

fn waive_within() -> Does {
    Does::Waive(Waive { unlimited: false, evidence: "letter".to_string() })
}

/// T11: the window begins when the last document is received, once.
#[test]
#[rustfmt::skip]
fn t11_the_window_waits_for_documents() {
    let terms = agreement(&first_refusal("").replace("10 business days", "15 days"));
    let asked = play(&terms, vec![
        ("2025-01-06 09:00", LAB, request(), ASKED),
        ("2025-01-06 10:00", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-06 10:00 to 2025-01-21 17:00"),
        ("2025-01-06 10:00", LAB, send(), "refused: this needs a part that is waiting for documents; there is 1000 × OPEN"),
        ("2025-01-10 10:00", BOREALIS, ask(), "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-01-10 10:00", MERIDIAN, Does::RequestDocuments(RequestDocuments { list: vec![] }), "refused: no document is asked for"),
        ("2025-01-10 10:00", MERIDIAN, ask(), "round-opened, documents-requested => 1000 OPEN until documents arrive"),
        ("2025-01-10 10:01", MERIDIAN, ask(), "refused: documents were asked for in this round already"),
        ("2025-01-10 10:01", MERIDIAN, send(), "refused: only `lab`, whose case it is, may do this, not `meridian`"),
        ("2025-01-20 10:00", LAB, send(), "documents-sent => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-20 10:00", LAB, send(), "refused: this needs a part that is waiting for documents; there is 1000 × OPEN"),
        ("2025-01-20 10:00", MERIDIAN, ask(), "refused: documents were asked for in this round already"),
        ("2025-02-05 17:00", MERIDIAN, exercise_all(), "exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00"),
    ]);
    assert_eq!(asked.case().unwrap().rounds, 1);
}

/// The first request is made within five business days of receipt.
#[test]
#[rustfmt::skip]
fn documents_are_asked_for_in_time() {
    let terms = agreement(&first_refusal(""));
    let noticed = play(&terms, vec![
        ("2025-01-06 09:00", LAB, request(), ASKED),
        ("2025-01-06 18:00", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-07 09:00 to 2025-01-22 17:00"),
    ]);
    // Asked for before the notice counts as received, sent after.
    go_on(&terms, noticed.clone(), vec![
        ("2025-01-06 19:00", MERIDIAN, ask(), "documents-requested => 1000 NOTICED from 2025-01-07 09:00 to 2025-01-22 17:00"),
        ("2025-01-08 10:00", "clock", Tick, "round-opened => 1000 OPEN until documents arrive"),
        ("2025-03-03 10:00", "clock", Tick, " => 1000 OPEN until documents arrive"),
        ("2025-03-03 10:00", LAB, send(), "documents-sent => 1000 OPEN to 2025-03-17 17:00"),
        ("2025-03-17 17:01", "clock", Tick, "lapsed, released => 1000 FREE at 2.40 to 2025-07-15 17:00"),
    ]);
    go_on(&terms, noticed.clone(), vec![
        ("2025-01-14 17:00", MERIDIAN, ask(), "round-opened, documents-requested => 1000 OPEN until documents arrive"),
    ]);
    go_on(&terms, noticed, vec![
        ("2025-01-14 17:01", MERIDIAN, ask(), "refused: documents are asked for within 5 business days, by 2025-01-15T01:00:00Z"),
    ]);
}

#[test]
#[rustfmt::skip]
fn the_clause_says_when_the_clock_starts_and_ends() {
    let window = |more: &str, expected: &'static str| {
        let terms = agreement(&first_refusal(more));
        play(&terms, vec![("2025-01-21 18:00", LAB, request(), ASKED), ("2025-01-21 18:05", LAB, notify(), expected)])
    };
    window("cutoff_time = \"23:59\"", "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 23:59");
    window("clock_starts = notice_given", "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-04 17:00");
    let terms = agreement(&first_refusal("clock_starts = deemed_receipt"));
    go_on(&terms, window("clock_starts = deemed_receipt", "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"), vec![
        // Documents do not stop it.
        ("2025-01-23 10:00", MERIDIAN, ask(), "round-opened, documents-requested => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-24 10:00", LAB, send(), "documents-sent => 1000 OPEN to 2025-02-05 17:00"),
    ]);
    let terms = agreement(&first_refusal("notice_within = \"5 days\""));
    for (when, expected) in [("2025-01-26 17:00", "notice-sent => 1000 NOTICED from 2025-01-27 09:00 to 2025-02-10 17:00"), ("2025-01-26 17:01", "refused: `right_of_first_refusal.capacity` wants notice within 5 days, by 2025-01-27T01:00:00Z")] {
        play(&terms, vec![("2025-01-21 18:00", LAB, request(), ASKED), (when, LAB, notify(), expected)]);
    }
}

#[test]
#[rustfmt::skip]
fn free_windows_begin_where_the_clause_says() {
    for (more, expected) in [
        ("free_window_starts = notice", "round-opened, declined, released => 1000 FREE at 2.40 to 2025-05-22 17:00"),
        ("free_window_starts = release", "round-opened, declined, released => 1000 FREE at 2.40 to 2025-06-04 17:00"),
        ("renotice = false", "round-opened, declined, released => 1000 FREE at 2.40 open-ended"),
    ] {
        play(&agreement(&first_refusal(more)), vec![
            ("2025-01-21 18:00", LAB, request(), ASKED),
            ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
            ("2025-02-04 10:00", MERIDIAN, decline(), expected),
        ]);
    }
}

/// The rest has its own quote; without one, the price.
#[test]
#[rustfmt::skip]
fn a_rest_has_its_own_quote() {
    let terms = agreement(&first_refusal(""));
    let quoting = |lots: u64| request_of(|need| { need.quotes.insert(lots, usd("2.55")); });
    for (lots, price) in [(4, "2.55"), (5, "2.40")] {
        let taken = format!("round-opened, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at {price} to 2025-06-04 17:00").leak();
        play(&terms, vec![
            ("2025-01-21 18:00", LAB, quoting(lots), ASKED),
            ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
            ("2025-02-04 10:00", MERIDIAN, exercise(600), taken),
        ]);
    }
    play(&terms, vec![("2025-01-21 18:00", LAB, quoting(11), "refused: USD 2.55 for 11 lots is no quote")]);
}

#[test]
#[rustfmt::skip]
fn an_exercise_is_unconditional_and_takes_linked_lots_together() {
    let conditional = Does::Exercise(Exercise { conditions: vec!["board approval".to_string()], ..Exercise::default() });
    let named = |designee: &str| Does::Exercise(Exercise { designee: Some(Name::new(designee)), ..Exercise::default() });
    let noticed = |more: &str| play(&agreement(&first_refusal(more)), vec![
        ("2025-01-21 18:00", LAB, request_of(|need| need.linked = true), ASKED),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
    ]);
    go_on(&agreement(&first_refusal("")), noticed(""), vec![
        ("2025-02-04 10:00", MERIDIAN, conditional, "refused: an exercise on condition of board approval is none"),
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "refused: its lots are of use only together"),
        ("2025-02-04 10:00", MERIDIAN, named(BOREALIS), "refused: `right_of_first_refusal.capacity` lets nobody take the holder's place"),
        ("2025-02-04 10:00", MERIDIAN, named(MERIDIAN_UK), "round-opened, exercised => 1000 COMMITTED meridian-uk at 2.40 to sign 2025-04-05 17:00"),
    ]);
    go_on(&agreement(&first_refusal("designee = true")), noticed("designee = true"), vec![
        ("2025-02-04 10:00", MERIDIAN, named(BOREALIS), "round-opened, exercised => 1000 COMMITTED borealis at 2.40 to sign 2025-04-05 17:00"),
    ]);
}

const THREE_OPEN: &str = "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00";

/// E6: 600, 250 and 400 of 1,000 by weights of 50, 30 and 20.
#[test]
#[rustfmt::skip]
fn e6_several_holders_share_what_they_elect() {
    let terms = agreement(&three("partial_exercise = any_quantity"));
    let elected = play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-21 18:05", LAB, notify(), THREE_OPEN),
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, elected => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-02-04 10:00", MERIDIAN, exercise(700), "refused: this holder has answered already"),
        ("2025-02-04 10:00", MERIDIAN, decline(), "refused: this holder has answered already"),
        ("2025-02-04 10:00", BOREALIS, exercise(250), "elected => 1000 OPEN to 2025-02-05 17:00"),
    ]);
    go_on(&terms, elected.clone(), vec![
        ("2025-02-04 10:01", ZEPHYR, exercise(400), "elected, partial-exercised, partial-exercised, exercised => 536 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 250 COMMITTED borealis at 2.40 to sign 2025-04-05 17:00 | 214 COMMITTED zephyr at 2.40 to sign 2025-04-05 17:00"),
    ]);
    // Whoever says nothing gets nothing, and the rest is free.
    go_on(&terms, elected.clone(), vec![
        ("2025-02-05 17:01", "clock", Tick, "partial-exercised, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00 | 250 COMMITTED borealis at 2.40 to sign 2025-04-06 17:00 | 150 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    go_on(&terms, elected, vec![
        ("2025-02-04 10:01", ZEPHYR, decline(), "declined, partial-exercised, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 250 COMMITTED borealis at 2.40 to sign 2025-04-05 17:00 | 150 FREE at 2.40 to 2025-06-04 17:00"),
    ]);
}

/// Nobody takes what others leave where the clauses do not let them.
#[test]
#[rustfmt::skip]
fn several_holders_may_be_kept_to_their_shares() {
    let terms = agreement(&three("partial_exercise = any_quantity\n  over_allotment = false"));
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-21 18:05", LAB, notify(), THREE_OPEN),
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, elected => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-02-04 10:00", BOREALIS, decline(), "declined => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-02-04 10:00", ZEPHYR, exercise(400), "elected, partial-exercised, partial-exercised, released => 500 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 200 COMMITTED zephyr at 2.40 to sign 2025-04-05 17:00 | 300 FREE at 2.40 to 2025-06-04 17:00"),
    ]);
}

/// Whole lots are shared as lots.
#[test]
#[rustfmt::skip]
fn several_holders_share_whole_lots() {
    let terms = agreement(&three(""));
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-21 18:05", LAB, notify(), THREE_OPEN),
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, elected => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-02-04 10:00", BOREALIS, exercise(200), "elected => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-02-04 10:00", ZEPHYR, exercise(400), "elected, partial-exercised, partial-exercised, exercised => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 200 COMMITTED borealis at 2.40 to sign 2025-04-05 17:00 | 200 COMMITTED zephyr at 2.40 to sign 2025-04-05 17:00"),
    ]);
}

/// What one tier leaves is put to the next by the same notice; each has its whole window.
#[test]
#[rustfmt::skip]
fn the_next_tier_is_asked_about_what_is_left() {
    let tiered = "multi_holder = tiered";
    let terms = agreement(&[of(MERIDIAN, "first", tiered), of(BOREALIS, "second", tiered)].join("\n"));
    let noticed = play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-21 18:05", LAB, notify(), THREE_OPEN),
        ("2025-01-30 10:00", BOREALIS, exercise_all(), "refused: it is `meridian` that is asked now"),
    ]);
    go_on(&terms, noticed.clone(), vec![
        ("2025-01-30 10:00", MERIDIAN, exercise(600), "round-opened, partial-exercised, notice-sent => 600 COMMITTED meridian at 2.40 to sign 2025-03-31 17:00 | 400 NOTICED from 2025-01-30 10:00 to 2025-02-13 17:00"),
        ("2025-01-31 10:00", MERIDIAN, decline(), "refused: it is `borealis` that is asked now"),
        ("2025-01-31 10:00", BOREALIS, exercise(300), "round-opened, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-03-31 17:00 | 300 COMMITTED borealis at 2.40 to sign 2025-04-01 17:00 | 100 FREE at 2.40 to 2025-05-31 17:00"),
    ]);
    go_on(&terms, noticed.clone(), vec![
        ("2025-02-05 17:01", "clock", Tick, "round-opened, lapsed, notice-sent, round-opened => 1000 OPEN to 2025-02-20 17:00"),
        ("2025-02-20 17:01", "clock", Tick, "lapsed, released => 1000 FREE at 2.40 to 2025-06-20 17:00"),
    ]);
    // A waiver of one holder is none of the other.
    go_on(&terms, noticed.clone(), vec![
        ("2025-01-30 10:00", BOREALIS, waive(), "round-opened, waived => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-30 10:00", BOREALIS, waive(), "refused: `borealis` has waived `right_of_first_refusal.second` already"),
        ("2025-01-31 10:00", MERIDIAN, decline(), "declined, released => 1000 FREE at 2.40 to 2025-05-31 17:00"),
    ]);
    go_on(&terms, noticed, vec![
        ("2025-01-30 10:00", MERIDIAN, waive(), "round-opened, waived, notice-sent => 1000 NOTICED from 2025-01-30 10:00 to 2025-02-13 17:00"),
        ("2025-01-30 10:01", BOREALIS, waive(), "round-opened, waived, released => 1000 FREE at any terms open-ended"),
    ]);
}

/// Who lets others sign within the limits of its right may still match what goes beyond them; who
/// lets them sign on any terms is not asked again, and the others are.
#[test]
#[rustfmt::skip]
fn who_has_waived_within_limits_may_match_what_goes_beyond_them() {
    let tiered = "multi_holder = tiered";
    let terms = agreement(&[of(MERIDIAN, "first", tiered), of(BOREALIS, "second", tiered)].join("\n"));
    let after = |waiver: Does| play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-21 18:05", LAB, notify(), THREE_OPEN),
        ("2025-01-30 10:00", MERIDIAN, waiver, "round-opened, waived, notice-sent => 1000 NOTICED from 2025-01-30 10:00 to 2025-02-13 17:00"),
        ("2025-01-31 10:00", BOREALIS, decline(), "round-opened, declined, released => 1000 FREE at 2.40 to 2025-05-31 17:00"),
        ("2025-02-03 10:00", ZEPHYR, bid(ZEPHYR, 1000, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-05-31 17:00"),
        ("2025-02-03 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-02-18 17:00"),
    ]);
    go_on(&terms, after(waive_within()), vec![
        ("2025-02-04 10:00", BOREALIS, match_offer(), "refused: it is not the turn of `borealis`"),
        ("2025-02-04 10:00", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 2.60 to sign 2025-04-05 17:00"),
    ]);
    go_on(&terms, after(waive()), vec![
        ("2025-02-04 10:00", MERIDIAN, match_offer(), "refused: `meridian` is not asked about this case"),
        ("2025-02-04 10:00", BOREALIS, decline(), "match-declined, released => 1000 FREE at 2.60 to 2025-05-31 17:00"),
    ]);
    // The only holder: others sign within its limits, and nothing beyond them before it was asked.
    let alone = agreement(&first_refusal(""));
    let waived = play(&alone, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-22 10:00", MERIDIAN, waive_within(), "waived, released => 1000 FREE at 2.40 to 2025-05-22 17:00"),
        ("2025-02-03 10:00", ZEPHYR, bid(ZEPHYR, 1000, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-05-22 17:00"),
        ("2025-02-03 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-02-18 17:00"),
    ]);
    go_on(&alone, waived, vec![
        ("2025-02-18 17:00:01", "clock", Does::Tick, "match-lapsed, released => 1000 FREE at 2.60 to 2025-05-22 17:00"),
        ("2025-02-19 10:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED zephyr at 2.60"),
    ]);
}

/// A cleared first right is no consent, where the clause wants one too.
#[test]
#[rustfmt::skip]
fn a_deal_may_still_need_the_holders_consent() {
    let terms = agreement(&first_refusal("consent_still_needed = true"));
    let free = "1000 FREE at 2.40 to 2025-06-05 17:00";
    let with = |event: &str| -> &'static str { format!("{event} => {free}").leak() };
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), with("bid-received")),
        ("2025-03-03 11:00", LAB, award(1), "refused: a deal with others still needs the consent of `meridian`"),
        ("2025-03-03 11:00", LAB, tacit_consent(), "refused: no exclusivity covers this case; a first right is waived, expressly"),
        ("2025-03-03 12:00", MERIDIAN, consent(), with("consented")),
        ("2025-03-03 12:00", MERIDIAN, consent(), "refused: this holder has consented already"),
        ("2025-03-03 13:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
}

/// Where the right may be exercised until completion, the signature of others ends it.
#[test]
#[rustfmt::skip]
fn a_right_may_be_exercised_until_others_have_signed() {
    let terms = agreement(&first_refusal("exercisable = until_completion"));
    let free = lapsed(&terms);
    go_on(&terms, free.clone(), vec![
        ("2025-03-03 10:00", MERIDIAN, exercise(600), "partial-exercised => 600 COMMITTED meridian at 2.40 to sign 2025-05-02 17:00 | 400 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 10:00", MERIDIAN, exercise_all(), "exercised => 600 COMMITTED meridian at 2.40 to sign 2025-05-02 17:00 | 400 COMMITTED meridian at 2.40 to sign 2025-05-02 17:00"),
    ]);
    go_on(&terms, free, vec![
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-03 11:01", MERIDIAN, exercise_all(), "refused: this needs a part that is OPEN; there is 1000 × THIRD_SIGNED"),
    ]);
    // In the window alone, it is over with the window.
    let terms = agreement(&first_refusal(""));
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-03 10:00", MERIDIAN, exercise_all(), "refused: this needs a part that is OPEN; there is 1000 × FREE"),
    ]);
}

/// A decline is final for what was put to the holder; silence is none. A better offer of others, and a
/// material change of the need, are put to it anew.
#[test]
#[rustfmt::skip]
fn who_has_declined_may_not_exercise_until_completion() {
    let terms = agreement(&first_refusal("exercisable = until_completion"));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-05 10:00", MERIDIAN, decline(), "round-opened, declined, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 10:00", MERIDIAN, exercise_all(), "refused: `meridian` has declined this, and a decline is final"),
        // Nor what others leave of it.
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 400, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 400 THIRD_SIGNED borealis at 2.40 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 11:00", MERIDIAN, exercise_all(), "refused: `meridian` has declined this, and a decline is final"),
    ]);
    let declined = play(&terms, rows);
    // A better offer is another: who lets it lapse has not declined that.
    let presented = go_on(&terms, declined.clone(), vec![
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 600, "2.60"), "bid-received => 400 THIRD_SIGNED borealis at 2.40 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", LAB, present(2), "offer-presented, offer-disclosed => 400 THIRD_SIGNED borealis at 2.40 | 600 MATCHING offer 2 to 2025-03-24 17:00"),
    ]);
    go_on(&terms, presented.clone(), vec![
        ("2025-03-24 17:00:01", "clock", Tick, "match-lapsed, released => 400 THIRD_SIGNED borealis at 2.40 | 600 FREE at 2.60 to 2025-06-05 17:00"),
        ("2025-03-25 10:00", MERIDIAN, exercise_all(), "exercised => 400 THIRD_SIGNED borealis at 2.40 | 600 COMMITTED meridian at 2.60 to sign 2025-05-24 17:00"),
    ]);
    go_on(&terms, presented.clone(), vec![
        ("2025-03-20 10:00", MERIDIAN, decline(), "match-declined, released => 400 THIRD_SIGNED borealis at 2.40 | 600 FREE at 2.60 to 2025-06-05 17:00"),
        ("2025-03-25 10:00", MERIDIAN, exercise_all(), "refused: `meridian` has declined this, and a decline is final"),
    ]);
    // An offer that is withdrawn leaves what was declined before.
    go_on(&terms, presented, vec![
        ("2025-03-20 10:00", ZEPHYR, Does::WithdrawOffer(WithdrawOffer { bid: 2 }), "bid-gone, offer-withdrawn, released => 400 THIRD_SIGNED borealis at 2.40 | 600 FREE at 2.40 to 2025-06-15 16:00"),
        ("2025-03-25 10:00", MERIDIAN, exercise_all(), "refused: `meridian` has declined this, and a decline is final"),
    ]);
    // A need that is materially another is put to it anew.
    let mut more = requirement();
    more.quantity.count = 1_200;
    let amend = Does::Amend(Box::new(Amend { requirement: more, channel: Channel::Email }));
    go_on(&terms, declined, vec![
        ("2025-03-10 10:00", LAB, amend, "superseded, screened, notice-sent => 400 THIRD_SIGNED borealis at 2.40 | 600 SUPERSEDED | 800 NOTICED from 2025-03-10 10:00 to 2025-03-24 17:00"),
        ("2025-03-24 17:00:01", "clock", Tick, "round-opened, lapsed, released => 400 THIRD_SIGNED borealis at 2.40 | 600 SUPERSEDED | 800 FREE at 2.40 to 2025-07-22 17:00"),
        ("2025-03-25 10:00", MERIDIAN, exercise(800), "exercised => 400 THIRD_SIGNED borealis at 2.40 | 600 SUPERSEDED | 800 COMMITTED meridian at 2.40 to sign 2025-05-24 17:00"),
    ]);
}

/// Also where the holders of a later tier then say nothing.
#[test]
#[rustfmt::skip]
fn a_decline_outlasts_the_tiers_after_it() {
    let says = "exercisable = until_completion\n  multi_holder = tiered";
    let second = first_refusal(says).replace("\"capacity\"", "\"second\"").replace("meridian", "aurora");
    let terms = agreement(&format!("{}\n{second}", first_refusal(says)));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-05 10:00", MERIDIAN, decline(), "round-opened, declined, notice-sent => 1000 NOTICED from 2025-02-05 10:00 to 2025-02-20 17:00"),
        ("2025-02-20 17:00:01", "clock", Tick, "round-opened, lapsed, released => 1000 FREE at 2.40 to 2025-06-20 17:00"),
        ("2025-03-03 10:00", MERIDIAN, exercise_all(), "refused: `meridian` has declined this, and a decline is final"),
        ("2025-03-03 10:00", AURORA, exercise_all(), "exercised => 1000 COMMITTED aurora at 2.40 to sign 2025-05-02 17:00"),
    ]);
    play(&terms, rows);
}

/// Row 9: a waiver says whether others may sign on any terms.
#[test]
#[rustfmt::skip]
fn a_waiver_may_keep_the_limits() {
    let terms = agreement(&first_refusal(""));
    let nothing = Does::Waive(Waive { unlimited: true, evidence: " ".to_string() });
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-21 18:00", MERIDIAN, nothing, "refused: a waiver is express, and needs evidence"),
        ("2025-01-21 18:00", BOREALIS, waive_within(), "refused: only the holder, `meridian`, may do this, not `borealis`"),
        ("2025-01-21 18:00", MERIDIAN, waive_within(), "waived, released => 1000 FREE at 2.40 to 2025-05-21 17:00"),
    ]);
}

/// OfferFirst: the round is about a third party's offer, and about no more than it is for.
#[test]
#[rustfmt::skip]
fn a_third_partys_offer_is_put_to_the_holder() {
    let terms = agreement(&first_refusal("mode = offer_first\n  same_third_party = true"));
    let offered = play(&terms, vec![
        ("2025-01-21 10:00", LAB, request(), ASKED),
        ("2025-01-21 10:00", LAB, notify(), "refused: `right_of_first_refusal.capacity` is to the terms of a third party's offer"),
        ("2025-01-21 10:00", LAB, notify_of(1), "refused: there is no offer 1; there are 0"),
        ("2025-01-21 10:00", BOREALIS, bid_until(BOREALIS, 400, "2.70", "2025-06-30 17:00"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", MERIDIAN, bid_until(MERIDIAN, 400, "2.70", "2025-06-30 17:00"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", LAB, notify_of(2), "refused: offer 2 is `meridian`'s own"),
        // It must stay open as long as the holder may think.
        ("2025-01-21 10:00", ZEPHYR, bid_until(ZEPHYR, 400, "2.70", "2025-02-05 16:59"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify_of(3), "refused: offer 3 does not stay open as long as the holder may match it"),
        ("2025-01-21 18:05", LAB, notify_of(1), "notice-sent, offer-disclosed => 400 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00 | 600 DRAFT"),
        ("2025-01-21 18:05", LAB, notify_of(1), "refused: offer 1 is before the holder"),
    ]);
    go_on(&terms, offered.clone(), vec![
        ("2025-02-04 10:00", MERIDIAN, exercise_all(), "round-opened, exercised => 400 COMMITTED meridian at 2.70 to sign 2025-04-05 17:00 | 600 DRAFT"),
    ]);
    let declined = go_on(&terms, offered, vec![
        ("2025-02-04 10:00", MERIDIAN, decline(), "round-opened, declined, released => 400 FREE at 2.70 to 2025-06-04 17:00 | 600 DRAFT"),
    ]);
    let sourcing::State::Free(free) = &declined.case().unwrap().parts[0].state else { panic!("free") };
    assert_eq!(free.only, Some(Name::new(BOREALIS)));
    // A right to the grantor's own terms is not run on another's.
    let terms = agreement(&first_refusal(""));
    play(&terms, vec![
        ("2025-01-21 10:00", LAB, request(), ASKED),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 400, "2.70"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", LAB, notify_of(1), "refused: `right_of_first_refusal.capacity` is to the grantor's own terms"),
    ]);
}

/// Row 32: a change of what is signed is put to those that have not let others sign on any terms.
#[test]
#[rustfmt::skip]
fn who_has_waived_is_not_asked_about_a_change() {
    let tiered = "multi_holder = tiered";
    let terms = agreement(&[of(MERIDIAN, "first", tiered), of(AURORA, "second", tiered)].join("\n"));
    let change = || Does::ChangeTerms(ChangeTerms { terms: terms_at("2.50"), certified_by: None, nonce: None });
    let free = "1000 FREE at 2.40 to 2025-05-31 17:00";
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), ASKED),
        ("2025-01-21 18:05", LAB, notify(), THREE_OPEN),
        ("2025-01-30 10:00", MERIDIAN, waive(), "round-opened, waived, notice-sent => 1000 NOTICED from 2025-01-30 10:00 to 2025-02-13 17:00"),
        ("2025-01-31 10:00", AURORA, decline(), format!("round-opened, declined, released => {free}").leak()),
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), format!("bid-received => {free}").leak()),
        ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 11:00", LAB, change(), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 11:00", BOREALIS, change(), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-24 17:00"),
        ("2025-03-11 10:00", AURORA, match_offer(), "matched => 1000 COMMITTED aurora at 2.50 to sign 2025-05-10 17:00"),
    ]);
}

/// An offer of any holder's own is put to none, and what each of their clauses wants of an offer counts.
#[test]
#[rustfmt::skip]
fn an_offer_that_reaches_several_holders_is_as_each_clause_wants_it() {
    let tiered = "mode = offer_first\n  multi_holder = tiered";
    let second = format!("{tiered}\n  deposit = \"5%\"");
    let terms = agreement(&[of(MERIDIAN, "first", tiered), of(AURORA, "second", &second)].join("\n"));
    let deposited = |mut bid: Bid| { bid.evidence.deposit = 5; bid_of(bid) };
    play(&terms, vec![
        ("2025-01-21 10:00", LAB, request(), ASKED),
        ("2025-01-21 10:00", AURORA, bid(AURORA, 400, "2.70"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", LAB, notify_of(1), "refused: offer 1 is `aurora`'s own"),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 400, "2.70"), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", LAB, notify_of(2), "refused: 0% is deposited, of the 5% wanted"),
        ("2025-01-21 10:00", ZEPHYR, deposited(offer(ZEPHYR, 400, "2.70")), "bid-received => 1000 DRAFT"),
        ("2025-01-21 10:00", LAB, notify_of(3), "notice-sent, offer-disclosed => 400 NOTICED from 2025-01-21 10:00 to 2025-02-04 17:00 | 600 DRAFT"),
    ]);
}

/// Whatever guard is not asked, what follows neither panics nor loses capacity.
#[test]
fn without_a_guard_the_parts_still_sum_to_the_need() {
    let tiered = "multi_holder = tiered";
    let terms = agreement(&[of(MERIDIAN, "first", tiered), three("")].join("\n"));
    let conditional = Exercise { conditions: vec!["leave".to_string()], ..Exercise::default() };
    for guard in Guard::ALL {
        let mut book = Book::default();
        let steps = [
            ("2025-01-21 18:00", LAB, request_of(|need| need.linked = true)),
            ("2025-01-21 18:05", BOREALIS, notify_of(7)),
            ("2025-01-21 18:05", LAB, notify()),
            ("2025-01-21 18:06", MERIDIAN, ask()),
            ("2025-01-23 10:00", LAB, send()),
            ("2025-01-23 10:00", MERIDIAN, Does::Exercise(conditional.clone())),
            ("2025-01-23 10:00", ZEPHYR, exercise(5_000)),
            ("2025-01-23 10:00", MERIDIAN, exercise(0)),
            ("2025-01-23 10:00", MERIDIAN, exercise(650)),
            ("2025-01-23 10:00", MERIDIAN, Does::Agree),
            ("2025-01-23 10:00", LAB, waive_within()),
            ("2025-01-23 10:00", MERIDIAN, decline()),
            ("2025-03-23 10:00", LAB, Tick),
        ];
        for (when, by, does) in steps {
            let command = Command::new(by, does);
            let guards = Guards::without(*guard);
            let happened = decide_asking(guards, &terms, &book, CASE, &command, at(when));
            happened.iter().flatten().for_each(|dated| book.apply(CASE, dated));
            let parts = book.case(CASE).into_iter().flat_map(|case| &case.parts);
            let counted = parts.filter(|part| part.state.counts()).map(|part| part.quantity);
            assert_eq!(counted.sum::<u64>(), 1000, "{guard} {when} {by}");
        }
    }
}
