//! What is signed is undone, changed, ends, or is found out. Source: domain rules §2.3, rows 31, 32, 33
//! and 36.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use sourcing::command::annul::Annul;
use sourcing::command::change_terms::ChangeTerms;
use sourcing::command::default::Default as EndOfDeal;
use sourcing::command::detect::Detect;
use sourcing::offer::InKind;
use sourcing::{Dated, Does, Event, LotStatus, Offered};
use terms::{Name, Terms};

use Does::Tick;

fn annul() -> Does {
    Does::Annul(Annul { reason: "a slip in the price".to_string() })
}

fn change(price: &str) -> Does {
    Does::ChangeTerms(ChangeTerms { terms: terms_at(price), certified_by: None, nonce: None })
}

fn default() -> Does {
    Does::Default(EndOfDeal { reason: "it has no site".to_string() })
}

fn detect(quantity: u64, price: &str) -> Does {
    let (party, evidence) = (Name::new(BOREALIS), "a press release".to_string());
    Does::Detect(Box::new(Detect {
        party,
        quantity,
        terms: terms_at(price),
        evidence,
        certified_by: None,
        nonce: None,
    }))
}

/// The whole need is signed with a third party at 2.40, on 2025-03-03.
#[rustfmt::skip]
fn third_signed(terms: &Terms) -> Play {
    let mut rows = lapsed_of(|_| {});
    rows.extend([
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
    play(terms, rows)
}

/// Some of the first lot stands.
fn partly_delivered(mut play: Play) -> Play {
    let event = Event::PartDelivered { lot: 0, quantity: 400 };
    let (by, at) = (Some(Name::new(BOREALIS)), at("2025-08-29 10:00"));
    let dated = Dated { at, by, clause: None, command: None, guards: Vec::new(), event };
    play.book.apply(CASE, &dated);
    play
}

/// Who is to deliver how many accelerators at what price, of what is not cancelled.
fn lots(play: &Play) -> Vec<String> {
    let lots = play.case().unwrap().lots.iter();
    let lots = lots.filter(|lot| lot.status != LotStatus::Cancelled);
    lots.map(|lot| format!("{} {} at {}", lot.supplier, lot.quantity, lot.price.amount)).collect()
}

#[test]
#[rustfmt::skip]
fn both_undo_what_is_signed() {
    let terms = agreement(&first_refusal(""));
    let signed = third_signed(&terms);
    let undone = go_on(&terms, signed.clone(), vec![
        ("2025-03-04 10:00", MERIDIAN, annul(), "refused: only `lab` or `borealis` may do this, not `meridian`"),
        ("2025-03-04 10:00", LAB, Does::Annul(Annul { reason: String::new() }), "refused: to undo what is signed needs a reason"),
        ("2025-03-04 10:00", BOREALIS, annul(), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-04 10:00", BOREALIS, annul(), "refused: `borealis` has said so already, and `lab` has not said so"),
        ("2025-03-04 11:00", LAB, annul(), "annulled => 1000 ANNULLED | 1000 DRAFT"),
        ("2025-03-04 11:00", LAB, annul(), "refused: this needs a part that is COMMITTED or THIRD_SIGNED; there is 1000 × ANNULLED, 1000 × DRAFT"),
        // The holder is asked anew.
        ("2025-03-04 12:00", LAB, notify(), "notice-sent => 1000 ANNULLED | 1000 NOTICED from 2025-03-04 12:00 to 2025-03-18 17:00"),
    ]);
    assert_eq!(lots(&undone), Vec::<String>::new());
    // The decision-maker alone, for error.
    go_on(&terms, signed.clone(), vec![
        ("2025-03-04 10:00", ARBITER, annul(), "annulled => 1000 ANNULLED | 1000 DRAFT"),
    ]);
    // What is delivered is not undone.
    go_on(&terms, partly_delivered(signed), vec![
        ("2025-08-30 10:00", ARBITER, annul(), "refused: some of it is delivered, and cannot be undone"),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_commitment_is_undone_by_grantor_and_holder() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-04 10:00", MERIDIAN, exercise_all(), "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00"),
        ("2025-02-05 10:00", LAB, annul(), "proposed => 1000 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00"),
        ("2025-02-05 10:00", BOREALIS, annul(), "refused: only `lab` or `meridian` may do this, not `borealis`"),
        ("2025-02-05 10:00", MERIDIAN, annul(), "annulled => 1000 ANNULLED | 1000 DRAFT"),
    ]);
    play(&terms, rows);
    // Where no right covers it, what is undone is free again.
    let terms = agreement("");
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened, exempted => 1000 EXEMPT"),
        ("2025-01-21 18:00", BOREALIS, bid(BOREALIS, 1000, "9.00"), "bid-received => 1000 EXEMPT"),
        ("2025-01-21 18:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 9.00"),
        ("2025-01-21 18:00", ARBITER, annul(), "annulled, exempted => 1000 ANNULLED | 1000 EXEMPT"),
    ]);
}

/// 2.424 is 1 % more than 2.40: still the same deal. Small changes count together.
#[test]
#[rustfmt::skip]
fn what_is_changed_for_the_better_is_put_to_the_holder() {
    let terms = agreement(&first_refusal(""));
    let changed = go_on(&terms, third_signed(&terms), vec![
        ("2025-03-10 10:00", MERIDIAN, change("2.42"), "refused: only `lab` or `borealis` may do this, not `meridian`"),
        ("2025-03-10 10:00", LAB, change("2.42"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        // Another price is another proposal.
        ("2025-03-10 10:00", BOREALIS, change("2.41"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 10:00", BOREALIS, change("2.42"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.42"),
    ]);
    assert_eq!(lots(&changed), ["borealis 1000 at 2.42"]);
    go_on(&terms, changed.clone(), vec![
        ("2025-03-10 11:00", BOREALIS, deliver(2), "delivered, fulfilled => 1000 FULFILLED"),
    ]);
    let tagged = go_on(&terms, changed, vec![
        ("2025-03-10 11:00", LAB, change("2.44"), "proposed => 1000 THIRD_SIGNED borealis at 2.42"),
        ("2025-03-10 11:00", BOREALIS, change("2.44"), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-24 17:00"),
        ("2025-03-10 11:00", LAB, Does::Withdraw, "refused: nothing is left to withdraw"),
    ]);
    // The holder takes it over, and the third party's deal falls away.
    let matched = go_on(&terms, tagged.clone(), vec![
        ("2025-03-24 17:00", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 2.44 to sign 2025-05-23 17:00"),
    ]);
    assert_eq!(lots(&matched), Vec::<String>::new());
    // It does not, and the deal stands on the new terms.
    let expected = "match-declined, third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.44";
    let declined = go_on(&terms, tagged.clone(), vec![
        ("2025-03-20 10:00", MERIDIAN, decline(), expected),
        // The next change counts from what the holder was asked about.
        ("2025-03-20 11:00", LAB, change("2.46"), "proposed => 1000 THIRD_SIGNED borealis at 2.44"),
        ("2025-03-20 11:00", BOREALIS, change("2.46"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.46"),
    ]);
    assert_eq!(lots(&declined), ["borealis 1000 at 2.46"]);
    let lapsed = go_on(&terms, tagged, vec![
        ("2025-03-24 17:00:01", "clock", Tick, "match-lapsed, third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.44"),
    ]);
    assert_eq!(lots(&lapsed), ["borealis 1000 at 2.44"]);
}

/// A worse deal for the third party, or one that was never within limits, is nobody else's business.
#[test]
#[rustfmt::skip]
fn what_is_changed_for_the_worse_is_not() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, third_signed(&terms), vec![
        ("2025-03-10 10:00", LAB, change("2.00"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 10:00", BOREALIS, change("2.00"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.00"),
        ("2025-03-10 10:00", LAB, change("2.50"), "proposed => 1000 THIRD_SIGNED borealis at 2.00"),
        ("2025-03-10 10:00", BOREALIS, change("2.50"), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-24 17:00"),
    ]);
    let exempt = agreement("");
    play(&exempt, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened, exempted => 1000 EXEMPT"),
        ("2025-01-21 18:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 EXEMPT"),
        ("2025-01-21 18:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-01-21 18:00", LAB, change("9.00"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-01-21 18:00", BOREALIS, change("9.00"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 9.00"),
    ]);
}

/// Once some of it is delivered, the deal is the two parties' own.
#[test]
#[rustfmt::skip]
fn what_is_changed_after_the_first_delivery_is_not_put_to_the_holder() {
    let terms = agreement(&first_refusal(""));
    let changed = go_on(&terms, partly_delivered(third_signed(&terms)), vec![
        ("2025-08-30 10:00", LAB, change("3.00"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-08-30 10:00", BOREALIS, change("3.00"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 3.00"),
    ]);
    assert_eq!(lots(&changed), ["borealis 400 at 2.40", "borealis 600 at 3.00"]);
}

/// Row 25: no round begins once the right has ended. What outlives it limits a change as it does a
/// signature; what does not leaves the deal to its parties.
#[test]
#[rustfmt::skip]
fn no_round_begins_on_a_change_once_the_right_has_ended() {
    let ends = "until = \"2025-03-05\"\n  survival = \"6 months\"";
    let surviving = agreement(&first_refusal(ends));
    let mut rows = lapsed_of(|_| {});
    rows.extend([
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.20"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.20"),
        // While the right holds, the holder may match what is materially better.
        ("2025-03-04 11:00", LAB, change("2.30"), "proposed => 1000 THIRD_SIGNED borealis at 2.20"),
        ("2025-03-04 11:00", BOREALIS, change("2.30"), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-18 17:00"),
        ("2025-03-04 12:00", MERIDIAN, decline(), "match-declined, third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.30"),
        // What was put to it last is the limit from then on.
        ("2025-03-06 10:00", LAB, change("2.45"), "proposed => 1000 THIRD_SIGNED borealis at 2.30"),
        ("2025-03-06 10:00", BOREALIS, change("2.45"), "refused: USD 2.45 per accelerator-hour is better for `borealis` than the USD 2.30 put to the holder"),
        ("2025-03-06 11:00", LAB, change("2.25"), "proposed => 1000 THIRD_SIGNED borealis at 2.30"),
        ("2025-03-06 11:00", BOREALIS, change("2.25"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.25"),
    ]);
    play(&surviving, rows);
    let ended = agreement(&first_refusal("until = \"2025-03-05\""));
    go_on(&ended, third_signed(&ended), vec![
        ("2025-03-06 10:00", LAB, change("9.00"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-06 10:00", BOREALIS, change("9.00"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 9.00"),
    ]);
}

/// Of two holders, one whose right has ended is not asked any more; the other still is.
#[test]
#[rustfmt::skip]
fn a_change_is_put_to_the_holder_whose_right_still_holds() {
    let second = first_refusal("multi_holder = tiered").replace("\"capacity\"", "\"second\"").replace("meridian", "aurora");
    let first = first_refusal("multi_holder = tiered\n  until = \"2025-03-05\"");
    let terms = agreement(&format!("{first}\n{second}"));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-05 17:00:01", "clock", Tick, "round-opened, lapsed, notice-sent, round-opened => 1000 OPEN to 2025-02-20 17:00"),
        ("2025-02-20 17:00:01", "clock", Tick, "lapsed, released => 1000 FREE at 2.40 to 2025-06-20 17:00"),
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-20 17:00"),
        ("2025-03-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-06 10:00", LAB, change("2.60"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-06 10:00", BOREALIS, change("2.60"), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-20 17:00"),
        ("2025-03-06 11:00", MERIDIAN, match_offer(), "refused: it is not the turn of `meridian`"),
        ("2025-03-06 11:00", AURORA, match_offer(), "matched => 1000 COMMITTED aurora at 2.60 to sign 2025-05-05 17:00"),
    ]);
    play(&terms, rows);
}

#[test]
#[rustfmt::skip]
fn a_third_party_that_defaults_leaves_the_rest_of_the_free_window() {
    let terms = agreement(&first_refusal(""));
    let signed = third_signed(&terms);
    let free = go_on(&terms, signed.clone(), vec![
        ("2025-06-05 17:00", MERIDIAN, default(), "refused: only `lab` or `borealis` may do this, not `meridian`"),
        ("2025-06-05 17:00", LAB, Does::Default(EndOfDeal { reason: " ".to_string() }), "refused: the end of what is signed needs a reason"),
        ("2025-06-05 17:00", LAB, default(), "third-defaulted, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-06-05 17:00", LAB, default(), "refused: this needs a part that is THIRD_SIGNED; there is 1000 × FREE"),
        ("2025-06-05 17:00:01", "clock", Tick, "must-renotice => 1000 EXPIRED"),
    ]);
    assert_eq!(lots(&free), Vec::<String>::new());
    // The free window is over: the need begins anew.
    go_on(&terms, signed, vec![
        ("2025-06-05 17:00:01", BOREALIS, default(), "third-defaulted, annulled => 1000 ANNULLED | 1000 DRAFT"),
        ("2025-06-06 10:00", LAB, notify(), "notice-sent => 1000 ANNULLED | 1000 NOTICED from 2025-06-06 10:00 to 2025-06-23 17:00"),
    ]);
}

/// A breach that does not void what was signed: it stands unless the holder takes it over.
#[test]
#[rustfmt::skip]
fn a_holder_that_was_passed_over_may_match_from_when_it_knows() {
    let terms = agreement(&first_refusal(""));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-30 10:00", LAB, detect(400, "2.60"), "refused: only `meridian` or `arbiter` may do this, not `lab`"),
        ("2025-01-30 10:00", MERIDIAN, detect(1100, "2.60"), "refused: 1100 is not part of the 1000 that nobody was to sign"),
        // At night: the holder knows at once.
        ("2025-01-30 20:00", MERIDIAN, detect(400, "2.60"), "round-opened, breach-detected, offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-02-13 17:00 | 600 OPEN to 2025-02-05 17:00"),
    ]);
    let found = play(&terms, rows);
    go_on(&terms, found.clone(), vec![
        ("2025-02-04 10:00", MERIDIAN, match_offer(), "matched => 400 COMMITTED meridian at 2.60 to sign 2025-04-05 17:00 | 600 OPEN to 2025-02-05 17:00"),
    ]);
    let stands = go_on(&terms, found, vec![
        ("2025-02-13 17:00:01", "clock", Tick, "lapsed, released, match-lapsed, third-signed, lot-scheduled => 400 THIRD_SIGNED borealis at 2.60 | 600 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    assert_eq!(lots(&stands), ["borealis 400 at 2.60"]);
}

/// Where the clause voids it, nothing is signed; the holder may match, and then it is free on those
/// terms for 30 days at least.
#[test]
#[rustfmt::skip]
fn what_a_clause_voids_is_not_signed() {
    let terms = agreement(&first_refusal("effect_of_breach = [void, damages]"));
    let mut rows = noticed_of(|_| {});
    rows.extend([
        // Told by the decision-maker at night, the holder knows the next morning.
        ("2025-01-30 20:00", ARBITER, detect(1000, "2.60"), "round-opened, breach-detected, offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-02-14 17:00"),
    ]);
    let found = play(&terms, rows);
    go_on(&terms, found.clone(), vec![
        ("2025-02-14 17:00", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 2.60 to sign 2025-04-15 17:00"),
    ]);
    go_on(&terms, found, vec![
        ("2025-02-14 17:00:01", "clock", Tick, "match-lapsed, released => 1000 FREE at 2.60 to 2025-03-16 17:00"),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_is_free_for_others_is_no_breach() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-03 10:00", MERIDIAN, detect(1000, "2.40"), "refused: this is free for others on these terms"),
        ("2025-03-03 10:00", MERIDIAN, detect(1000, "2.60"), "breach-detected, offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-17 17:00"),
        ("2025-03-17 17:00:01", "clock", Tick, "match-lapsed, third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.60"),
    ]);
    // Withdrawn, and then signed elsewhere.
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-03 10:00", LAB, Does::Withdraw, "withdrawn => 1000 WITHDRAWN"),
        ("2025-03-04 10:00", MERIDIAN, detect(1000, "2.40"), "breach-detected, offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-18 17:00"),
    ]);
    // An exclusivity gives no right to match.
    play(&agreement(EXCLUSIVITY), vec![
        ("2025-01-21 10:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 10:00", MERIDIAN, detect(1000, "2.40"), "refused: no first right covers this case, so there is none to match by"),
    ]);
}

/// Terms that cannot be compared are refused rather than waved through.
#[test]
fn terms_beyond_all_years_are_refused() {
    let terms = agreement(&first_refusal(""));
    let mut play = third_signed(&terms);
    let mut refused = |change: Offered| {
        let change =
            Does::ChangeTerms(ChangeTerms { terms: change, certified_by: None, nonce: None });
        play.act(&terms, at("2025-03-10 10:00"), LAB, change).unwrap_err().found
    };
    let long = Offered { months: 4_000_000_000, ..terms_at("2.40") };
    assert_eq!(refused(long), "4000000000 is not a term in months");
    let fine = "a price is 2.4000001; round it to 6 decimal places";
    assert_eq!(refused(terms_at("2.4000001")), fine);
    let foreign = Offered { price: "EUR 2.40".parse().unwrap(), ..terms_at("2.40") };
    assert_eq!(refused(foreign), "the request is in USD, the offer in EUR");
}

/// What is given beside money counts as the money it is worth: a deal that is better by it is put to the
/// holder as one at a higher price is.
#[test]
#[rustfmt::skip]
fn what_is_changed_for_the_better_in_kind_is_put_to_the_holder() {
    let terms = agreement(&first_refusal(""));
    // 1,000 accelerators for a year at 2.40 come to 21 million.
    let shares = |worth: &str| {
        let (what, appraised_by) = ("shares".to_string(), Name::new(ARBITER));
        let in_kind = Some(Box::new(InKind { what, worth: usd(worth), appraised_by }));
        Does::ChangeTerms(ChangeTerms { terms: Offered { in_kind, ..terms_at("2.40") }, certified_by: None, nonce: None })
    };
    go_on(&terms, third_signed(&terms), vec![
        ("2025-03-10 10:00", LAB, shares("200_000"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 10:00", BOREALIS, shares("200_000"), "terms-changed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 10:00", LAB, shares("300_000"), "proposed => 1000 THIRD_SIGNED borealis at 2.40"),
        ("2025-03-10 10:00", BOREALIS, shares("300_000"), "tagged-back, offer-presented, offer-disclosed => 1000 MATCHING offer 2 to 2025-03-24 17:00"),
    ]);
}
