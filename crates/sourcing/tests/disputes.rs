//! A guard is contested, and the decision-maker stays, resumes and rules. Source: domain rules §2.3,
//! rows 27 and 28; invariant 23 of §2.8.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sourcing::case::{Free, Signed};
use sourcing::command::deliver::Deliver;
use sourcing::command::dispute::RaiseDispute;
use sourcing::command::insolvency::NoticeInsolvency;
use sourcing::command::rule::Rule;
use sourcing::command::stay::Stay;
use sourcing::command::withdraw_offer::WithdrawOffer;
use sourcing::{Command, Does, Event, Guard, LotStatus, Offered, State};
use terms::Name;

use Does::{Assume, Reject, Resume, Tick};

fn dispute() -> Does {
    let grounds = "it arrived on the day".to_string();
    Does::Dispute(RaiseDispute { guard: Guard::InTime, grounds })
}

fn stay() -> Does {
    Does::Stay(Stay { reason: "to hear the parties".to_string() })
}

fn rule(state: State) -> Does {
    Does::Rule(Box::new(Rule { state, reasons: "as heard".to_string() }))
}

fn insolvent() -> Does {
    Does::Insolvency(NoticeInsolvency { holder: Name::new(MERIDIAN) })
}

fn free_to(to: &str) -> State {
    State::Free(Free { closes: Some(at(to)), ..Free::default() })
}

/// Without a stay clocks run, and the result is provisional.
#[test]
#[rustfmt::skip]
fn a_dispute_stops_no_clock() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-30 10:00", BOREALIS, dispute(), "refused: only `lab` or `meridian` may do this, not `borealis`"),
        ("2025-01-30 10:00", MERIDIAN, Does::Dispute(RaiseDispute { guard: Guard::InTime, grounds: " ".to_string() }), "refused: a dispute needs grounds"),
        ("2025-01-30 10:00", MERIDIAN, dispute(), "round-opened, disputed => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-30 10:00", MERIDIAN, dispute(), "refused: `meridian` contests `in-time` already"),
        ("2025-01-30 10:00", LAB, dispute(), "disputed => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-02-05 17:00:01", "clock", Tick, "lapsed, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    let disputed = play(&terms, rows);
    let case = disputed.case().unwrap();
    assert!(case.is_provisional());
    assert_eq!(case.disputes[0].by, Name::new(MERIDIAN));
    let ruled = go_on(&terms, disputed, vec![
        ("2025-02-10 10:00", ARBITER, rule(free_to("2025-07-01 17:00")), "ruled, dispute-settled, dispute-settled => 1000 FREE at any terms to 2025-07-01 17:00"),
    ]);
    assert!(!ruled.case().unwrap().is_provisional());
    let reasons = ruled.journal.iter().any(|dated| matches!(&dated.event, Event::Ruled { reasons, .. } if reasons == "as heard"));
    assert!(reasons);
}

#[test]
#[rustfmt::skip]
fn a_stay_freezes_what_was_left_and_resume_restores_it() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-23 12:00", ARBITER, stay(), "refused: nothing is disputed in this case"),
        ("2025-01-23 12:00", MERIDIAN, dispute(), "round-opened, disputed => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-23 12:00", LAB, stay(), "refused: only the decision-maker, `arbiter`, may do this"),
        ("2025-01-23 12:00", ARBITER, Resume, "refused: this needs a part that is PAUSED; there is 1000 × OPEN"),
        ("2025-01-23 12:00", ARBITER, Does::Stay(Stay { reason: String::new() }), "refused: a stay needs a reason"),
        ("2025-01-23 12:00", ARBITER, stay(), "paused => 1000 PAUSED was OPEN"),
        ("2025-01-23 12:00", ARBITER, stay(), "refused: this needs a part that is active; there is 1000 × PAUSED"),
        ("2025-03-01 12:00", MERIDIAN, exercise_all(), "refused: this needs a part that is OPEN; there is 1000 × PAUSED"),
    ]);
    let stayed = play(&terms, rows);
    // 13 days and 5 hours were left, across a change of the clocks.
    go_on(&terms, stayed.clone(), vec![
        ("2025-03-03 12:00", LAB, Resume, "refused: only the decision-maker, `arbiter`, may do this"),
        ("2025-03-03 12:00", ARBITER, Resume, "resumed => 1000 OPEN to 2025-03-16 18:00"),
        // Stayed and resumed again, it has no more than it had.
        ("2025-03-03 12:00", ARBITER, stay(), "paused => 1000 PAUSED was OPEN"),
        ("2025-03-04 12:00", ARBITER, Resume, "resumed => 1000 OPEN to 2025-03-17 18:00"),
    ]);
    // Near the end, five business days.
    go_on(&terms, stayed, vec![
        ("2025-03-03 12:00", ARBITER, Resume, "resumed => 1000 OPEN to 2025-03-16 18:00"),
        ("2025-03-16 17:59", ARBITER, stay(), "paused => 1000 PAUSED was OPEN"),
        ("2025-03-19 12:00", ARBITER, Resume, "resumed => 1000 OPEN to 2025-03-26 17:00"),
    ]);
}

/// A stay while an offer is before the holder: the free window it interrupted stands still too.
#[test]
#[rustfmt::skip]
fn a_stay_while_matching_freezes_the_free_window_too() {
    let terms = agreement(&first_refusal(""));
    let mut rows = lapsed_of(|_| {});
    rows.extend([
        ("2025-05-20 10:00", BOREALIS, bid(BOREALIS, 1000, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-05-20 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-06-04 17:00"),
        ("2025-05-21 11:00", LAB, dispute(), "disputed => 1000 MATCHING offer 1 to 2025-06-04 17:00"),
        ("2025-05-21 11:00", ARBITER, stay(), "paused => 1000 PAUSED was MATCHING"),
        ("2025-07-20 11:00", ARBITER, Resume, "resumed => 1000 MATCHING offer 1 to 2025-08-03 17:00"),
    ]);
    let resumed = play(&terms, rows);
    let State::Matching { free, .. } = &resumed.case().unwrap().parts[0].state else { panic!("matching") };
    assert_eq!(local(free.closes.unwrap()), "2025-08-04 17:00");
}

/// A stay while an offer is before the holder: the offer still is, and is put to nobody a second time.
#[test]
#[rustfmt::skip]
fn an_offer_is_before_the_holder_while_that_is_stayed_too() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, stayed_while_matching(&terms), vec![
        ("2025-03-12 10:00", LAB, present(1), "refused: offer 1 is before the holder"),
    ]);
}

/// Row 20, while it is stayed: nothing is left to match once it goes on, and the free window is longer
/// by the time spent matching.
#[test]
#[rustfmt::skip]
fn an_offer_withdrawn_while_it_is_stayed_is_matched_by_nobody() {
    let terms = agreement(&first_refusal(""));
    let withdrawn = go_on(&terms, stayed_while_matching(&terms), vec![
        ("2025-03-12 11:00", BOREALIS, Does::WithdrawOffer(WithdrawOffer { bid: 1 }), "bid-gone, offer-withdrawn, released, paused => 400 PAUSED was FREE | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-13 11:00", ARBITER, Resume, "resumed => 400 FREE at 2.40 to 2025-06-08 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-13 11:00", MERIDIAN, match_offer(), "refused: this needs a part that is MATCHING; there is 400 × FREE, 600 × FREE"),
    ]);
    let gone = |dated: &&sourcing::Dated| dated.event.name() == "offer-withdrawn";
    assert_eq!(withdrawn.journal.iter().find(gone).unwrap().by, None);

    // Where the option has ripened, the holder may match all the same.
    let ripened = agreement(&first_refusal("withdrawn_offer = option_ripened"));
    go_on(&ripened, stayed_while_matching(&ripened), vec![
        ("2025-03-12 11:00", BOREALIS, Does::WithdrawOffer(WithdrawOffer { bid: 1 }), "bid-gone => 400 PAUSED was MATCHING | 600 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
}

/// An offer for 400 is before the holder, and that part is stayed.
#[rustfmt::skip]
fn stayed_while_matching(terms: &terms::Terms) -> Play {
    let mut rows = lapsed_of(|_| {});
    rows.extend([
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 400, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-03-24 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-11 11:00", LAB, dispute(), "disputed => 400 MATCHING offer 1 to 2025-03-24 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    let mut stayed = play(terms, rows);
    let one_part = Command { part: Some(1), ..Command::new(ARBITER, stay()) };
    stayed.act_in(CASE, terms, at("2025-03-11 11:00"), &one_part).unwrap();
    stayed
}

/// A stay takes the place of another pause, and gives way to it again.
#[test]
#[rustfmt::skip]
fn a_stay_outlasts_an_insolvency_and_an_insolvency_a_stay() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-23 12:00", MERIDIAN, insolvent(), "round-opened, insolvency-noticed, paused => 1000 PAUSED was OPEN"),
        ("2025-01-24 12:00", ARBITER, stay(), "paused => 1000 PAUSED was OPEN"),
    ]);
    let both = play(&terms, rows);
    go_on(&terms, both.clone(), vec![
        ("2025-01-27 12:00", MERIDIAN, Assume, "contract-assumed => 1000 PAUSED was OPEN"),
        ("2025-01-28 12:00", ARBITER, Resume, "resumed => 1000 OPEN to 2025-02-10 17:00"),
    ]);
    go_on(&terms, both.clone(), vec![
        ("2025-01-27 12:00", ARBITER, Resume, "paused => 1000 PAUSED was OPEN"),
        ("2025-01-28 12:00", MERIDIAN, Assume, "contract-assumed, resumed => 1000 OPEN to 2025-02-10 17:00"),
    ]);
    go_on(&terms, both, vec![
        ("2025-01-27 12:00", MERIDIAN, Reject, "contract-rejected => 1000 PAUSED was OPEN"),
        ("2025-01-28 12:00", ARBITER, Resume, "released => 1000 FREE at any terms open-ended"),
    ]);
}

/// A ruling forces an edge; what no case could go on from is no ruling.
#[test]
#[rustfmt::skip]
fn a_ruling_is_one_from_which_the_case_can_go_on() {
    let terms = agreement(&first_refusal(""));
    let third = |bid: Option<usize>| State::ThirdSigned {
        signed: Signed { party: Name::new(BOREALIS), terms: terms_at("2.40"), bid },
        free: None,
    };
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-30 10:00", ARBITER, rule(State::Draft), "refused: nothing is disputed in this case"),
        ("2025-01-30 10:00", LAB, dispute(), "round-opened, disputed => 1000 OPEN to 2025-02-05 17:00"),
        ("2025-01-30 10:00", LAB, rule(State::Draft), "refused: only the decision-maker, `arbiter`, may do this"),
        ("2025-01-30 10:00", ARBITER, Does::Rule(Box::new(Rule { state: State::Draft, reasons: String::new() })), "refused: a ruling needs reasons"),
        ("2025-01-30 10:00", ARBITER, rule(State::Void), "refused: a part is not ruled to be VOID"),
        ("2025-01-30 10:00", ARBITER, rule(State::Fulfilled), "refused: a part is not ruled to be FULFILLED"),
        ("2025-01-30 10:00", ARBITER, rule(third(Some(0))), "refused: there is no such offer; there are 0"),
        ("2025-01-30 10:00", ARBITER, rule(free_to("2025-01-30 09:59")), "refused: 2025-01-30T17:59:00Z is over"),
        ("2025-01-30 10:00", ARBITER, rule(third(None)), "ruled, dispute-settled, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-01-30 10:00", ARBITER, rule(State::Draft), "refused: nothing is disputed in this case"),
    ]);
    play(&terms, rows);
}

fn committed(price: &str, sign_by: Option<&str>) -> State {
    State::Committed {
        signed: Signed { party: Name::new(MERIDIAN), terms: terms_at(price), bid: None },
        sign_by: sign_by.map(at),
        signed_by: Default::default(),
        compellable: false,
    }
}

/// How many accelerators are to be delivered or stand, of which part, and at what price.
fn lots(play: &Play) -> Vec<String> {
    let lots = play.case().unwrap().lots.iter();
    let lots = lots.filter(|lot| lot.status != LotStatus::Cancelled);
    let shown = lots.map(|lot| {
        let stands = if lot.delivered.is_some() { "stand" } else { "due" };
        format!("{} {stands} of part {} at {}", lot.quantity, lot.part + 1, lot.price.amount)
    });
    shown.collect()
}

/// A ruling that binds somebody puts its lots in the place of those there were: nothing is due twice.
/// What stands already does so as a part of its own.
#[test]
#[rustfmt::skip]
fn a_ruling_doubles_no_lots() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-04 10:00", MERIDIAN, exercise_all(), "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00"),
        ("2025-02-05 10:00", LAB, Does::Sign, "signature-given => 1000 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00"),
        ("2025-02-05 10:00", MERIDIAN, Does::Sign, "signature-given, definitive-signed, lot-scheduled => 1000 COMMITTED meridian at 2.40 signed"),
        ("2025-02-06 10:00", LAB, dispute(), "disputed => 1000 COMMITTED meridian at 2.40 signed"),
    ]);
    let signed = play(&terms, rows);
    let again = go_on(&terms, signed.clone(), vec![
        ("2025-02-07 10:00", ARBITER, rule(committed("2.30", None)), "ruled, dispute-settled, lot-scheduled => 1000 COMMITTED meridian at 2.30 signed"),
    ]);
    assert_eq!(lots(&again), ["1000 due of part 1 at 2.30"]);
    // To be signed anew: the lots come with the signatures.
    let unsigned = go_on(&terms, signed.clone(), vec![
        ("2025-02-07 10:00", ARBITER, rule(committed("2.30", Some("2025-04-05 17:00"))), "ruled, dispute-settled => 1000 COMMITTED meridian at 2.30 to sign 2025-04-05 17:00"),
    ]);
    assert_eq!(lots(&unsigned), Vec::<String>::new());
    // Of 400 that stand nothing is ruled upon, whatever the ruling.
    let partly = go_on(&terms, signed, vec![
        ("2025-02-07 09:00", MERIDIAN, Does::Deliver(Deliver { lot: 1, quantity: Some(400) }), "part-delivered => 1000 COMMITTED meridian at 2.40 signed"),
    ]);
    let bound = go_on(&terms, partly.clone(), vec![
        ("2025-02-07 10:00", ARBITER, rule(committed("2.30", None)), "ruled, dispute-settled, lot-scheduled => 600 COMMITTED meridian at 2.30 signed | 400 FULFILLED"),
        ("2025-02-08 10:00", MERIDIAN, deliver(3), "delivered, fulfilled => 600 FULFILLED | 400 FULFILLED"),
    ]);
    assert_eq!(lots(&bound), ["400 stand of part 2 at 2.40", "600 stand of part 1 at 2.30"]);
    let signed_anew = go_on(&terms, partly.clone(), vec![
        ("2025-02-07 10:00", ARBITER, rule(committed("2.30", Some("2025-04-05 17:00"))), "ruled, dispute-settled => 600 COMMITTED meridian at 2.30 to sign 2025-04-05 17:00 | 400 FULFILLED"),
        ("2025-02-07 11:00", LAB, Does::Sign, "signature-given => 600 COMMITTED meridian at 2.30 to sign 2025-04-05 17:00 | 400 FULFILLED"),
        ("2025-02-07 11:00", MERIDIAN, Does::Sign, "signature-given, definitive-signed, lot-scheduled => 600 COMMITTED meridian at 2.30 signed | 400 FULFILLED"),
    ]);
    assert_eq!(lots(&signed_anew), ["400 stand of part 2 at 2.40", "600 due of part 1 at 2.30"]);
    let freed = go_on(&terms, partly.clone(), vec![
        ("2025-02-07 10:00", ARBITER, rule(free_to("2025-07-01 17:00")), "ruled, dispute-settled => 600 FREE at any terms to 2025-07-01 17:00 | 400 FULFILLED"),
    ]);
    assert_eq!(lots(&freed), ["400 stand of part 2 at 2.40"]);
    // A deal that grows by steps has a lot for each that is still to come.
    let steps = Offered { ramp: vec![(0, 500), (3, 1000)], ..terms_at("2.30") };
    let signed = Signed { party: Name::new(MERIDIAN), terms: steps, bid: None };
    let state = State::Committed { signed, sign_by: None, signed_by: Default::default(), compellable: false };
    let stepped = go_on(&terms, partly, vec![
        ("2025-02-07 10:00", ARBITER, rule(state), "ruled, dispute-settled, lot-scheduled, lot-scheduled => 600 COMMITTED meridian at 2.30 signed | 400 FULFILLED"),
    ]);
    assert_eq!(lots(&stepped), ["400 stand of part 2 at 2.40", "100 due of part 1 at 2.30", "500 due of part 1 at 2.30"]);
}

/// What is stayed may be ruled upon part by part, also once the dispute is settled.
#[test]
#[rustfmt::skip]
fn parts_are_ruled_upon_one_by_one() {
    let terms = agreement(&first_refusal(""));
    let mut rows = lapsed_of(|_| {});
    rows.extend([
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 400, "2.60"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-03-24 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 12:00", LAB, dispute(), "disputed => 400 MATCHING offer 1 to 2025-03-24 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 12:00", ARBITER, stay(), "paused, paused => 400 PAUSED was MATCHING | 600 PAUSED was FREE"),
        ("2025-03-10 12:00", ARBITER, rule(State::Expired), "ruled, dispute-settled => 400 EXPIRED | 600 PAUSED was FREE"),
    ]);
    let mut ruled = play(&terms, rows);
    let second = Command { part: Some(2), ..Command::new(ARBITER, rule(State::Draft)) };
    ruled.act_in(CASE, &terms, at("2025-03-10 13:00"), &second).unwrap();
    assert_eq!(parts(ruled.case()), "400 EXPIRED | 600 DRAFT");
}
