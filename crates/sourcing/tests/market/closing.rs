//! Signatures, and closings that fail: rows 15, 29 and 30.

use super::*;

/// Row 15: the signature counts, and only until the last instant of the free window.
#[test]
#[rustfmt::skip]
fn a_signature_in_the_last_minutes_is_valid() {
    let terms = agreement(&first_refusal(""));
    let offered = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), FREE),
        ("2025-03-10 10:00", ZEPHYR, bid_until(ZEPHYR, 1000, "2.30", "2025-04-01 12:00"), FREE),
    ]);
    each(&terms, &offered, vec![
        ("2025-06-05 17:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-06-05 17:00:01", LAB, award(1), "refused: `right_of_first_refusal.capacity`: `meridian` has not had its first say; this needs a part that is FREE or EXEMPT; there is 1000 × EXPIRED"),
        ("2025-04-01 12:00", LAB, award(2), "third-signed, lot-scheduled => 1000 THIRD_SIGNED zephyr at 2.30"),
        ("2025-04-01 12:00:01", LAB, award(2), "refused: offer 2 stood until 2025-04-01T19:00:00Z"),
        ("2025-04-01 12:00", BOREALIS, award(1), "refused: only `lab`, whose case it is, may do this, not `borealis`"),
    ]);
}

/// Row 29: both sign, and lots are due as the ramp says.
#[test]
#[rustfmt::skip]
fn both_sign_and_lots_are_due() {
    let terms = agreement(&first_refusal(""));
    let ramped = |bid: &mut Bid| bid.terms.ramp = vec![(0, 400), (3, 1000)];
    let play = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.50", ramped), FREE),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-11 11:00", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 2.50 to sign 2025-05-10 17:00"),
        ("2025-03-12 11:00", BOREALIS, Sign, "refused: only `lab` and `meridian` sign this, not `borealis`"),
        ("2025-03-12 11:00", MERIDIAN, Sign, "signature-given => 1000 COMMITTED meridian at 2.50 to sign 2025-05-10 17:00"),
        ("2025-03-12 11:00", MERIDIAN_UK, Sign, "refused: `meridian` has signed already"),
        ("2025-05-10 17:00", LAB, Sign, "signature-given, definitive-signed, lot-scheduled, lot-scheduled => 1000 COMMITTED meridian at 2.50 signed"),
        ("2025-05-10 17:00", LAB, Sign, "refused: this needs a part that is COMMITTED and not yet signed; there is 1000 × COMMITTED"),
    ]);
    let lots: Vec<_> = play.case().unwrap().lots.iter().map(|lot| (lot.quantity, lot.due)).collect();
    assert_eq!(lots, [(400, date(2025, 9, 1)), (600, date(2025, 12, 1))]);
}

/// Row 30: whose fault it is decides what follows.
#[test]
#[rustfmt::skip]
fn a_closing_fails_by_somebodys_fault() {
    let terms = agreement(&first_refusal(""));
    let committed = "1000 COMMITTED meridian at 2.436 to sign 2025-05-10 17:00";
    let matched = go_on(&terms, matching(&terms), vec![
        ("2025-03-11 11:00", MERIDIAN, match_offer(), format!("matched => {committed}").leak()),
    ]);
    let failed = "close-failed, released => 1000 FREE at any terms open-ended";
    each(&terms, &matched, vec![("2025-05-10 17:00:01", "clock", Tick, failed)]);
    let signed: &'static str = format!("signature-given => {committed}").leak();
    go_on(&terms, matched.clone(), vec![
        ("2025-03-12 11:00", LAB, Sign, signed),
        ("2025-05-10 17:00:01", "clock", Tick, failed),
        ("2025-05-11 10:00", ZEPHYR, bid(ZEPHYR, 1000, "9.00"), "bid-received => 1000 FREE at any terms open-ended"),
        ("2025-05-11 10:00", LAB, award(2), "third-signed, lot-scheduled => 1000 THIRD_SIGNED zephyr at 9.00"),
    ]);
    // The grantor's fault: nothing is released, and the holder may compel it.
    let compellable = go_on(&terms, matched, vec![
        ("2025-03-12 11:00", MERIDIAN, Sign, signed),
        ("2025-05-10 17:00:01", "clock", Tick, format!("close-failed => {committed}").leak()),
        ("2025-05-11 17:00", "clock", Tick, format!(" => {committed}").leak()),
        ("2025-05-12 17:00", LAB, award(1), "refused: this needs a part that is FREE or EXEMPT; there is 1000 × COMMITTED"),
    ]);
    let closed = "signature-given, definitive-signed, lot-scheduled => 1000 COMMITTED meridian at 2.436 signed";
    each(&terms, &compellable, vec![
        ("2025-05-12 17:00", MERIDIAN, Sign, closed),
        ("2025-05-12 17:00", LAB, Sign, closed),
    ]);
}
