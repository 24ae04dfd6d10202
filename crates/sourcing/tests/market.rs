//! What happens with third parties' offers: rows 14 to 20, 29, 30 and 35 of the domain rules §2.3, the
//! traces S3 and S4 of §4.6, "no more favourable" of §2.6, and the cases of §2.7 that offers bring with
//! them. Times are those of Los Angeles. A row is a line, so rustfmt leaves the traces alone.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use jiff::civil::date;
use sourcing::command::{
    award::{Award, AwardBest},
    contingency::MeetContingency,
    match_offer::MatchOffer,
    tender::OpenTender,
    withdraw_offer::WithdrawOffer,
};
use sourcing::offer::{Evidence, Guarded, InKind, Package};
use sourcing::{Bid, Command, Declared, Does, Event, Offered, Restriction, State, Tender};
use terms::{Name, Terms};

use Does::{Sign, Tick};

const FREE: &str = "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00";

/// S3: an offer 1.5% above the baseline is before the holder.
#[rustfmt::skip]
fn matching(terms: &Terms) -> Play {
    go_on(terms, lapsed(terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.436"), FREE),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
    ])
}

fn withdraw_offer(bid: usize) -> Does {
    Does::WithdrawOffer(WithdrawOffer { bid })
}

fn award_of(bid: usize, quantity: u64) -> Does {
    Does::Award(Award { bid, quantity: Some(quantity) })
}

fn meet(bid: usize) -> Does {
    Does::MeetContingency(MeetContingency { bid, evidence: "loan agreement".to_string() })
}

fn match_at(price: &str, change: impl FnOnce(&mut Offered)) -> Does {
    let mut terms = terms_at(price);
    change(&mut terms);
    Does::Match(MatchOffer { terms: Some(terms), package: false })
}

/// An offer of all of it by one supplier, changed in some way.
fn offer_of(supplier: &str, price: &str, change: impl FnOnce(&mut Bid)) -> Does {
    let mut bid = offer(supplier, 1000, price);
    change(&mut bid);
    bid_of(bid)
}

fn tender(change: impl FnOnce(&mut Tender)) -> Does {
    let mut tender = Tender {
        method: "levelised_price".to_string(),
        discount: "12".to_string(),
        cover: None,
        closes: None,
        reveal_by: None,
        seed: None,
        lottery: None,
        improvement: None,
    };
    change(&mut tender);
    Does::Tender(OpenTender { tender })
}

/// A row for each of several outcomes from one position.
fn each(terms: &Terms, from: &Play, rows: Vec<Row>) {
    for row in rows {
        go_on(terms, from.clone(), vec![row]);
    }
}

#[test]
#[rustfmt::skip]
fn s3_a_better_offer_goes_to_the_holder_first() {
    let terms = agreement(&first_refusal(""));
    let offered = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.436"), FREE),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 1000, "2.40"), FREE),
        ("2025-03-10 10:00", MERIDIAN_UK, bid(MERIDIAN_UK, 1000, "2.60"), FREE),
    ]);
    each(&terms, &offered, vec![
        ("2025-03-10 10:59", LAB, award(1), "refused: USD 2.436 per accelerator-hour is better for `borealis` than the USD 2.40 put to the holder"),
        ("2025-03-10 10:59", LAB, present(2), "refused: offer 2 is no better for its supplier than what the holder was offered"),
        ("2025-03-10 10:59", LAB, present(3), "refused: offer 3 is `meridian`'s own"),
        ("2025-03-10 10:59", LAB, present(4), "refused: there is no offer 4; there are 3"),
        ("2025-03-10 10:59", BOREALIS, present(1), "refused: only `lab`, whose case it is, may do this, not `borealis`"),
        // At or below the baseline it may be signed at once.
        ("2025-03-10 10:59", LAB, award(2), "third-signed, lot-scheduled => 1000 THIRD_SIGNED zephyr at 2.40"),
        // Row 17: the holder's late offer, on whatever terms.
        ("2025-03-10 10:59", LAB, award(3), "awarded, lot-scheduled => 1000 COMMITTED meridian-uk at 2.60 signed"),
    ]);
    let presented = go_on(&terms, offered, vec![
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-10 11:00", LAB, present(1), "refused: offer 1 is before the holder"),
        ("2025-03-10 11:00", LAB, award(2), "refused: `right_of_first_refusal.capacity`: `meridian` has not had its first say; this needs a part that is FREE or EXEMPT; there is 1000 × MATCHING"),
        ("2025-03-10 11:00", BOREALIS, match_offer(), "refused: only the holder, `meridian`, may do this, not `borealis`"),
    ]);
    assert_eq!(presented.case().unwrap().rounds, 2);
    each(&terms, &presented, vec![
        ("2025-03-24 16:59", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 2.436 to sign 2025-05-23 17:00"),
        ("2025-03-24 17:00", MERIDIAN_UK, match_offer(), "matched => 1000 COMMITTED meridian at 2.436 to sign 2025-05-23 17:00"),
        ("2025-03-24 17:00:01", MERIDIAN, match_offer(), "refused: this needs a part that is MATCHING; there is 1000 × FREE"),
        ("2025-03-24 17:00:01", "clock", Tick, "match-lapsed, released => 1000 FREE at 2.436 to 2025-06-05 17:00"),
        ("2025-03-18 12:00", MERIDIAN, decline(), "match-declined, released => 1000 FREE at 2.436 to 2025-06-05 17:00"),
        ("2025-03-18 12:00", LAB, Does::Withdraw, "withdrawn => 1000 WITHDRAWN"),
        ("2025-03-11 10:00", MERIDIAN, match_at("2.44", |_| {}), "refused: this does not match the offer: its score is worse than the outside offer's"),
        ("2025-03-11 10:00", MERIDIAN, match_at("2.43", |_| {}), "matched => 1000 COMMITTED meridian at 2.43 to sign 2025-05-10 17:00"),
    ]);
}

/// Row 20: the free window is longer by the time spent matching.
#[test]
#[rustfmt::skip]
fn s4_a_withdrawn_offer_leaves_what_was() {
    let terms = agreement(&first_refusal(""));
    let presented = matching(&terms);
    each(&terms, &presented, vec![
        ("2025-03-18 12:00", ZEPHYR, withdraw_offer(1), "refused: only its supplier or `lab` may withdraw offer 1"),
        ("2025-03-18 12:00", LAB, withdraw_offer(2), "refused: there is no offer 2; there are 1"),
        ("2025-03-18 12:00", LAB, withdraw_offer(1), "bid-gone, offer-withdrawn, released => 1000 FREE at 2.40 to 2025-06-13 18:00"),
    ]);
    let withdrawn = go_on(&terms, presented, vec![
        ("2025-03-18 12:00", BOREALIS, withdraw_offer(1), "bid-gone, offer-withdrawn, released => 1000 FREE at 2.40 to 2025-06-13 18:00"),
        ("2025-03-18 12:00", MERIDIAN, match_offer(), "refused: this needs a part that is MATCHING; there is 1000 × FREE"),
        ("2025-03-18 12:00", LAB, award(1), "refused: offer 1 is withdrawn or out of the running"),
        ("2025-03-18 12:00", BOREALIS, withdraw_offer(1), "refused: offer 1 is withdrawn or out of the running"),
    ]);
    let State::Free(free) = &withdrawn.case().unwrap().parts[0].state else { panic!("not free") };
    assert_eq!(free.closes, Some("2025-06-14T01:00Z".parse().unwrap()));
}

/// Row 20, the other way: the option has ripened.
#[test]
#[rustfmt::skip]
fn a_ripened_option_outlives_the_offer() {
    let terms = agreement(&first_refusal("withdrawn_offer = option_ripened"));
    let withdrawn = go_on(&terms, matching(&terms), vec![
        ("2025-03-18 12:00", BOREALIS, withdraw_offer(1), "bid-gone => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
    ]);
    each(&terms, &withdrawn, vec![
        ("2025-03-24 17:00", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 2.436 to sign 2025-05-23 17:00"),
        ("2025-03-24 17:01", LAB, award(1), "refused: offer 1 is withdrawn or out of the running"),
    ]);
}

/// Row 19: the later of the old end of the free window and 30 days; "the holder defends once per offer".
#[test]
#[rustfmt::skip]
fn the_holder_defends_once_against_an_offer() {
    let terms = agreement(&first_refusal(""));
    go_on(&terms, lapsed(&terms), vec![
        ("2025-06-02 10:00", BOREALIS, bid(BOREALIS, 1000, "2.50"), FREE),
        ("2025-06-02 10:00", ZEPHYR, bid(ZEPHYR, 1000, "2.51"), FREE),
        // The old window ends on 5 June, while the holder thinks.
        ("2025-06-02 10:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-06-16 17:00"),
        ("2025-06-10 10:00", MERIDIAN, decline(), "match-declined, released => 1000 FREE at 2.50 to 2025-07-10 17:00"),
        ("2025-06-10 10:00", LAB, present(1), "refused: the holder has not matched offer 1 when it could"),
        ("2025-06-10 10:00", LAB, award(2), "refused: USD 2.51 per accelerator-hour is better for `zephyr` than the USD 2.50 put to the holder"),
        ("2025-07-10 17:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.50"),
    ]);
}

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

/// "Unsold rest stays FREE", and less than the offer if its minimum allows.
#[test]
#[rustfmt::skip]
fn an_award_may_take_a_part_of_an_offer() {
    let terms = agreement(&first_refusal(""));
    let offered = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.40", |bid| bid.minimum = Some(400)), FREE),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 700, "2.35"), FREE),
    ]);
    each(&terms, &offered, vec![
        ("2025-03-10 11:00", LAB, award_of(1, 300), "refused: 300 is not part of an offer from 400 to 1000"),
        ("2025-03-10 11:00", LAB, award_of(2, 600), "refused: 600 is not part of an offer from 700 to 700"),
        ("2025-03-10 11:00", LAB, award_of(1, 400), "third-signed, lot-scheduled => 400 THIRD_SIGNED borealis at 2.40 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", BOREALIS, offer_of(BOREALIS, "2.40", |bid| bid.minimum = Some(1001)), "refused: it is for 1000, and for no fewer than 1001"),
    ]);
    go_on(&terms, offered, vec![
        ("2025-03-10 11:00", LAB, award_of(1, 400), "third-signed, lot-scheduled => 400 THIRD_SIGNED borealis at 2.40 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", LAB, award(2), "refused: the offer is for 700, only 600 are free"),
        ("2025-03-10 11:00", LAB, award(1), "refused: offer 1 is signed already"),
    ]);
}

/// §2.6: what is paid at the start, and terms beside the price, count.
#[test]
#[rustfmt::skip]
fn more_favourable_is_more_than_the_price() {
    let terms = agreement(&first_refusal(""));
    let guarded = |term, text: &str| {
        let text = text.to_string();
        move |bid: &mut Bid| { bid.terms.guarded.insert(term, text); }
    };
    let offered = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.30", |bid| bid.terms.up_front = Some(usd("876_000"))), FREE),
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.30", |bid| bid.terms.up_front = Some(usd("876_001"))), FREE),
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.30", guarded(Guarded::TakeOrPay, "80%")), FREE),
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.30", guarded(Guarded::Exclusivity, "no")), FREE),
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.40", |bid| bid.terms.months = 24), FREE),
    ]);
    each(&terms, &offered, vec![
        // A year of 8,760 hours: 0.10 an hour for 1,000 is 876,000.
        ("2025-03-10 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.30"),
        ("2025-03-10 11:00", LAB, award(2), "refused: all in all USD 2.400000 per accelerator-hour is better for `borealis` than the USD 2.400000 put to the holder"),
        ("2025-03-10 11:00", LAB, award(3), "refused: its `take_or_pay` may be better for `borealis` than what was put to `meridian`"),
        ("2025-03-10 11:00", LAB, present(3), "offer-presented, offer-disclosed => 1000 MATCHING offer 3 to 2025-03-24 17:00"),
        ("2025-03-10 11:00", LAB, award(4), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.30"),
        ("2025-03-10 11:00", LAB, award(5), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
}

/// The kinds of limits, and the tolerance.
#[test]
fn a_clause_says_what_others_may_sign() {
    let price = "refused: USD 2.41 per accelerator-hour is better for `borealis` than the USD 2.40 put to the holder";
    let signed = |price: &str| -> &'static str {
        format!("third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at {price}").leak()
    };
    let take_or_pay = |bid: &mut Bid| {
        bid.terms.guarded.insert(Guarded::TakeOrPay, "80%".to_string());
    };
    let none = |_: &mut Bid| {};
    type Change<'a> = &'a dyn Fn(&mut Bid);
    let rows: [(&str, &str, Change<'_>, &'static str); 10] = [
        ("", "2.41", &none, price),
        (r#"free_terms_tolerance = "1%""#, "2.424", &none, signed("2.424")),
        (r#"free_terms_tolerance = "0.4%""#, "2.41", &none, price),
        ("free_terms_limit = no_more_favourable_economics", "2.40", &take_or_pay, signed("2.40")),
        ("free_terms_limit = no_more_favourable_economics", "2.41", &none, price),
        ("free_terms_limit = same_terms", "2.40", &none, signed("2.40")),
        (
            "free_terms_limit = same_terms",
            "2.39",
            &none,
            "refused: only the terms put to `meridian` may be signed, and price or delivery of month 1 does not match",
        ),
        (
            "reoffer_on = any_change",
            "2.40",
            &take_or_pay,
            "refused: only the terms put to `meridian` may be signed, and `take_or_pay` does not match",
        ),
        // The holder has offered nothing to be better than.
        ("free_terms_limit = better_for_grantor", "2.41", &none, signed("2.41")),
        ("free_terms_limit = none", "9.99", &take_or_pay, signed("9.99")),
    ];
    for (clause, price, change, expected) in rows {
        let terms = agreement(&first_refusal(clause));
        let mut play = Play::default();
        for (when, by, does) in [
            ("2025-01-21 18:00", LAB, request()),
            ("2025-01-21 18:05", LAB, notify()),
            ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, price, change)),
        ] {
            play.act(&terms, at(when), by, does).unwrap();
        }
        let outcome = match play.act(&terms, at("2025-03-10 11:00"), LAB, award(1)) {
            Ok(happened) => format!("{} => {}", names(&happened), parts(play.case())),
            Err(refused) => format!("refused: {refused}"),
        };
        assert_eq!(outcome, expected, "{clause} {price}");
    }
}

#[test]
#[rustfmt::skip]
fn only_the_third_party_the_holder_was_told_of() {
    let terms = agreement(&first_refusal("same_third_party = true"));
    go_on(&terms, matching(&terms), vec![
        ("2025-03-18 12:00", MERIDIAN, decline(), "match-declined, released => 1000 FREE at 2.436 to 2025-06-05 17:00"),
        ("2025-03-18 12:00", ZEPHYR, bid(ZEPHYR, 1000, "2.00"), "bid-received => 1000 FREE at 2.436 to 2025-06-05 17:00"),
        ("2025-03-18 12:00", LAB, award(2), "refused: the holder let `borealis` have it, and not `zephyr`"),
        ("2025-03-18 12:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.436"),
    ]);
}

/// Every outside deal passes matching, also one no better for its supplier.
#[test]
#[rustfmt::skip]
fn in_two_steps_every_deal_goes_to_the_holder() {
    let terms = agreement(&first_refusal("mode = two_step"));
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.30"), FREE),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 1000, "2.20"), FREE),
        ("2025-03-10 11:00", LAB, award(1), "refused: every deal with others is put to the holder before it is signed"),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-24 17:00:01", "clock", Tick, "match-lapsed, released => 1000 FREE at 2.30 to 2025-06-05 17:00"),
        ("2025-03-25 10:00", LAB, award(2), "refused: every deal with others is put to the holder before it is signed"),
        ("2025-03-25 10:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.30"),
    ]);
}

/// Of equal offers the holder's is taken; a better one of others may be.
#[test]
#[rustfmt::skip]
fn a_preference_decides_between_equal_offers() {
    let terms = agreement(&first_refusal("mode = preference"));
    let free = "bid-received => 1000 FREE at any terms open-ended";
    let offered = play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened, released => 1000 FREE at any terms open-ended"),
        ("2025-01-21 18:01", BOREALIS, bid(BOREALIS, 1000, "2.30"), free),
        ("2025-01-21 18:01", ZEPHYR, bid(ZEPHYR, 1000, "2.29"), free),
        ("2025-01-21 18:01", MERIDIAN, bid(MERIDIAN, 1000, "2.30"), free),
    ]);
    each(&terms, &offered, vec![
        ("2025-01-21 18:02", LAB, award(1), "refused: offer 3 of `meridian` is as good, and goes first"),
        ("2025-01-21 18:02", LAB, award(2), "third-signed, lot-scheduled => 1000 THIRD_SIGNED zephyr at 2.29"),
        ("2025-01-21 18:02", LAB, award(3), "awarded, lot-scheduled => 1000 COMMITTED meridian at 2.30 signed"),
    ]);
}

/// What an offer must be for the holder to have to answer it.
#[test]
fn only_a_bona_fide_offer_is_put_to_the_holder() {
    let lacking = |change: fn(&mut Evidence)| {
        let mut evidence = Evidence::default();
        change(&mut evidence);
        move |bid: &mut Bid| bid.evidence = evidence.clone()
    };
    let until = |until: &'static str| move |bid: &mut Bid| bid.valid_until = Some(at(until));
    type Change = Box<dyn Fn(&mut Bid)>;
    let presented = "offer-presented, offer-disclosed";
    let rows: [(&str, Change, &str); 10] = [
        ("", Box::new(lacking(|it| it.written = false)), "refused: offer 1 is not in writing"),
        ("", Box::new(lacking(|it| it.signed = false)), "refused: offer 1 is not signed"),
        (
            "",
            Box::new(lacking(|it| it.arms_length = false)),
            "refused: offer 1 is not at arm's length",
        ),
        (
            "",
            Box::new(lacking(|it| it.financed = false)),
            "refused: offer 1 has not the money behind it",
        ),
        ("", Box::new(lacking(|it| it.responsible = false)), presented),
        (
            "bona_fide = [responsible]",
            Box::new(lacking(|it| it.responsible = false)),
            "refused: offer 1 is of nobody responsible and fully disclosed",
        ),
        ("bona_fide = [responsible]", Box::new(lacking(|it| it.signed = false)), presented),
        (
            "",
            Box::new(until("2025-03-24 16:59")),
            "refused: offer 1 does not stay open as long as the holder may match it",
        ),
        ("", Box::new(until("2025-03-24 17:00")), presented),
        (
            r#"deposit = "5%""#,
            Box::new(lacking(|it| it.deposit = 4)),
            "refused: 4% is deposited, of the 5% wanted",
        ),
    ];
    for (clause, change, expected) in rows {
        let terms = agreement(&first_refusal(clause));
        let mut play = lapsed(&terms);
        let bid = offer_of(BOREALIS, "2.50", change);
        play.act(&terms, at("2025-03-10 10:00"), BOREALIS, bid).unwrap();
        let outcome = match play.act(&terms, at("2025-03-10 11:00"), LAB, present(1)) {
            Ok(happened) => names(&happened),
            Err(refused) => format!("refused: {refused}"),
        };
        assert_eq!(outcome, expected, "{clause}");
    }
}

/// What the holder must come up to.
#[test]
fn a_match_meets_the_clauses_standard() {
    let matched = "matched";
    let lock_in: fn(&mut Offered) = |terms| {
        terms.guarded.insert(Guarded::TakeOrPay, "90%".to_string());
    };
    let same: fn(&mut Offered) = |_| {};
    let longer: fn(&mut Offered) = |terms| terms.months = 24;
    type Changed = fn(&mut Offered);
    let rows: [(&str, &str, Changed, &str); 9] = [
        ("economic_equivalent", "2.50", same, matched),
        ("economic_equivalent", "2.50", longer, matched),
        (
            "economic_equivalent",
            "2.50",
            lock_in,
            "refused: this does not match the offer: `take_or_pay` does not match",
        ),
        ("price_only", "2.50", lock_in, matched),
        (
            "price_only",
            "2.51",
            same,
            "refused: this does not match the offer: its score is worse than the outside offer's",
        ),
        (
            "mirror",
            "2.49",
            same,
            "refused: this does not match the offer: price or delivery of month 1 does not match",
        ),
        ("mirror", "2.50", same, matched),
        ("equal_or_better", "2.49", same, matched),
        (
            "equal_or_better",
            "2.49",
            lock_in,
            "refused: this does not match the offer: `take_or_pay` does not match",
        ),
    ];
    for (standard, price, change, expected) in rows {
        let terms = agreement(&first_refusal(&format!("match_standard = {standard}")));
        let mut play = lapsed(&terms);
        play.act(&terms, at("2025-03-10 10:00"), BOREALIS, bid(BOREALIS, 1000, "2.50")).unwrap();
        play.act(&terms, at("2025-03-10 11:00"), LAB, present(1)).unwrap();
        let outcome =
            match play.act(&terms, at("2025-03-11 11:00"), MERIDIAN, match_at(price, change)) {
                Ok(happened) => names(&happened),
                Err(refused) => format!("refused: {refused}"),
            };
        assert_eq!(outcome, expected, "{standard} {price}");
    }
}

/// E8 through the process: of a package of $10.0 M the burdened part is worth $3,750,000. The need is
/// for 1,000 for a month of 30 days, 720,000 accelerator-hours.
#[test]
#[rustfmt::skip]
fn e8_the_holder_takes_its_part_of_a_package_or_all() {
    let package = |bid: &mut Bid| {
        bid.terms.months = 1;
        let (price, burdened, free) = (usd("10_000_000"), usd("4_500_000"), usd("7_500_000"));
        bid.terms.package = Some(Box::new(Package { price, burdened, free }));
    };
    let whole = || Does::Match(MatchOffer { terms: None, package: true });
    let presented = |clause: &str| {
        let terms = agreement(&first_refusal(&format!("exempt_short_term = \"0 days\"\n  {clause}")));
        let play = play(&terms, vec![
            ("2025-01-21 18:00", LAB, request_of(|need| need.months = 1), "requested, screened => 1000 DRAFT"),
            ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
            ("2025-02-05 17:00:01", "clock", Tick, "round-opened, lapsed, released => 1000 FREE at 2.40 to 2025-06-05 17:00"),
            ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "4.00", package), FREE),
        ]);
        (terms, play)
    };
    let (terms, play) = presented("");
    let play = go_on(&terms, play, vec![
        ("2025-03-10 11:00", LAB, award(1), "refused: all in all USD 5.208333 per accelerator-hour is better for `borealis` than the USD 2.400000 put to the holder"),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
    ]);
    each(&terms, &play, vec![
        // 3,750,000 over 720,000 hours.
        ("2025-03-11 11:00", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 5.208333 to sign 2025-05-10 17:00"),
        ("2025-03-11 11:00", MERIDIAN, whole(), "matched => 1000 COMMITTED meridian at 4.00 to sign 2025-05-10 17:00"),
        ("2025-03-11 11:00", MERIDIAN, match_at("5.208334", |terms| terms.months = 1), "refused: this does not match the offer: its score is worse than the outside offer's"),
    ]);
    let (terms, play) = presented("package_rule = prohibited");
    each(&terms, &play, vec![
        ("2025-03-10 11:00", LAB, present(1), "refused: offer 1 is of a package, which the right forbids"),
    ]);
    let (terms, play) = presented("package_rule = whole_package");
    let play = go_on(&terms, play, vec![
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-11 11:00", MERIDIAN, match_offer(), "refused: the right is to the whole of the package"),
    ]);
    each(&terms, &play, vec![
        ("2025-03-11 11:00", MERIDIAN, whole(), "matched => 1000 COMMITTED meridian at 4.00 to sign 2025-05-10 17:00"),
    ]);
    let (terms, play) = presented("package_rule = burdened_only");
    let play = go_on(&terms, play, vec![
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-11 11:00", MERIDIAN, whole(), "refused: there is no package that the right gives the whole of"),
    ]);
    each(&terms, &play, vec![
        ("2025-03-11 11:00", MERIDIAN, match_offer(), "matched => 1000 COMMITTED meridian at 5.208333 to sign 2025-05-10 17:00"),
    ]);
}

/// What is given beside money counts by its worth; whether money does for it, the clause says. Fees
/// of brokers are the holder's to save where the clause says so.
#[test]
fn in_kind_terms_have_a_worth_in_money() {
    let equity = |worth: &str| {
        let (what, appraised_by) = ("1% of the grantor".to_string(), Name::new("appraiser"));
        Box::new(InKind { what, worth: usd(worth), appraised_by })
    };
    let in_kind = |bid: &mut Bid| bid.terms.in_kind = Some(equity("876_000"));
    let brokered = |bid: &mut Bid| bid.terms.fee = Some(usd("876_000"));
    let matched = "matched";
    let worse =
        "refused: this does not match the offer: its score is worse than the outside offer's";
    type Change<'a> = &'a dyn Fn(&mut Bid);
    // 876,000 for a year of 1,000 accelerators is 0.10 an hour.
    let rows: [(&str, Change<'_>, &str, &str); 6] = [
        ("", &in_kind, "2.60", matched),
        ("", &in_kind, "2.61", worse),
        (
            "cash_substitution = false",
            &in_kind,
            "2.60",
            "refused: this does not match the offer: what is given beside money is not the same, and money does not do for it",
        ),
        ("", &brokered, "2.51", worse),
        ("fee_deduction = true", &brokered, "2.60", matched),
        ("fee_deduction = true", &brokered, "2.61", worse),
    ];
    for (clause, change, price, expected) in rows {
        let terms = agreement(&first_refusal(clause));
        let mut play = lapsed(&terms);
        let bid = offer_of(BOREALIS, "2.50", change);
        play.act(&terms, at("2025-03-10 10:00"), BOREALIS, bid).unwrap();
        play.act(&terms, at("2025-03-10 11:00"), LAB, present(1)).unwrap();
        let does = match_at(price, |_| {});
        let outcome = match play.act(&terms, at("2025-03-11 11:00"), MERIDIAN, does) {
            Ok(happened) => names(&happened),
            Err(refused) => format!("refused: {refused}"),
        };
        assert_eq!(outcome, expected, "{clause} {price}");
    }
}

/// Chosen, it has five business days, or one for a short term; what is reserved is nobody else's.
#[test]
#[rustfmt::skip]
fn a_contingent_offer_has_its_time() {
    let terms = agreement(&first_refusal(""));
    let contingent = |bid: &mut Bid| {
        bid.quantity = 600;
        bid.contingencies = vec!["financing".to_string()];
    };
    let offered = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.40", |bid| { contingent(bid); bid.terms.months = 6; }), FREE),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 600, "2.40"), FREE),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 400, "2.40"), FREE),
        ("2025-03-10 10:00", BOREALIS, offer_of(BOREALIS, "2.40", |bid| { contingent(bid); bid.terms.months = 5; }), FREE),
    ]);
    let both = "600 FREE at 2.40 to 2025-06-05 17:00 | 400 FREE at 2.40 to 2025-06-05 17:00";
    let chosen: &'static str = format!("awarded-contingent => {both}").leak();
    let play = go_on(&terms, offered.clone(), vec![
        ("2025-03-10 11:00", LAB, award(1), chosen),
        ("2025-03-10 11:00", LAB, award(1), "refused: offer 1 is chosen already, and contingent"),
        ("2025-03-10 11:00", LAB, award(2), "refused: the offer is for 600, only 400 are free and not reserved"),
        ("2025-03-10 11:00", LAB, meet(1), "refused: only `borealis`, whose offer it is, may do this, not `lab`"),
        ("2025-03-10 11:00", ZEPHYR, meet(2), "refused: offer 2 is not chosen and contingent"),
    ]);
    each(&terms, &play, vec![
        ("2025-03-10 11:00", LAB, award(3), "third-signed, lot-scheduled => 600 FREE at 2.40 to 2025-06-05 17:00 | 400 THIRD_SIGNED zephyr at 2.40"),
        ("2025-03-17 17:00", BOREALIS, meet(1), "contingency-met, third-signed, lot-scheduled => 600 THIRD_SIGNED borealis at 2.40 | 400 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-17 17:00:01", BOREALIS, meet(1), "refused: offer 1 is not chosen and contingent"),
        ("2025-03-17 17:00:01", LAB, award(2), "contingency-failed, third-signed, lot-scheduled => 600 THIRD_SIGNED zephyr at 2.40 | 400 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    // Less than six months, where the other is for just so many: one business day.
    let play = go_on(&terms, offered, vec![("2025-03-10 11:00", LAB, award(4), chosen)]);
    each(&terms, &play, vec![
        ("2025-03-11 17:00", BOREALIS, meet(4), "contingency-met, third-signed, lot-scheduled => 600 THIRD_SIGNED borealis at 2.40 | 400 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-11 17:00:01", "clock", Tick, format!("contingency-failed => {both}").leak()),
    ]);
}

/// Nobody is awarded more than it has declared, in all cases together.
#[test]
#[rustfmt::skip]
fn nobody_is_awarded_more_than_it_declared() {
    let terms = agreement(&first_refusal(""));
    let mut play = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 600, "2.40"), FREE),
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 300, "2.40"), FREE),
    ]);
    let declared = |supplier: &str, count| {
        Declared { supplier: Name::new(supplier), class: "H100".to_string(), count }
    };
    play.book.declare(&declared(BOREALIS, 800));
    go_on(&terms, play, vec![
        ("2025-03-10 11:00", LAB, award(1), "third-signed, lot-scheduled => 600 THIRD_SIGNED borealis at 2.40 | 400 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 11:00", LAB, award(2), "refused: `borealis` has declared 800 H100 and committed 600: 200 are left, not 300"),
    ]);
    let mut play = matching(&terms);
    play.book.declare(&declared(MERIDIAN, 999));
    each(&terms, &play, vec![
        ("2025-03-11 11:00", MERIDIAN, match_offer(), "refused: `meridian` has declared 999 H100 and committed 0: 999 are left, not 1000"),
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

/// How offers are compared is posted before the first one; offers are taken until it closes.
#[test]
#[rustfmt::skip]
fn a_tender_is_posted_before_the_first_offer() {
    let terms = agreement(&first_refusal(""));
    let draft = play(&terms, vec![("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT")]);
    each(&terms, &draft, vec![
        ("2025-01-21 18:01", BOREALIS, tender(|_| {}), "refused: only `lab`, whose case it is, may do this, not `borealis`"),
        ("2025-01-21 18:01", LAB, tender(|it| it.method = "cheapest".into()), "refused: no method is called `cheapest`"),
        ("2025-01-21 18:01", LAB, tender(|it| it.method = "cost_to_cover".into()), "refused: the cost to cover a need depends on what cover costs"),
        ("2025-01-21 18:01", LAB, tender(|it| it.discount = "much".into()), "refused: `much` is not a yearly rate in per cent"),
        ("2025-01-21 18:01", LAB, tender(|it| it.closes = Some(at("2025-01-21 18:01"))), "refused: it would close before it opens"),
        ("2025-01-21 18:01", LAB, tender(|it| it.reveal_by = Some(at("2025-02-01 12:00"))), "refused: sealed offers are revealed after the tender has closed"),
    ]);
    go_on(&terms, draft, vec![
        ("2025-01-21 18:01", LAB, tender(|_| {}), "tendered => 1000 DRAFT"),
        ("2025-01-21 18:02", LAB, tender(|it| it.closes = Some(at("2025-02-01 12:00"))), "tendered => 1000 DRAFT"),
        ("2025-02-01 12:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 DRAFT"),
        ("2025-02-01 12:00", LAB, tender(|_| {}), "refused: there are offers already, made on what was posted before them"),
        ("2025-02-01 12:00:01", BOREALIS, bid(BOREALIS, 1000, "2.30"), "refused: offers were taken until 2025-02-01T20:00:00Z"),
    ]);
}

/// An offer is for part of what is needed, in its currency, and can be computed with.
#[test]
#[rustfmt::skip]
fn an_offer_is_comparable() {
    let terms = agreement(&first_refusal(""));
    let draft = play(&terms, vec![("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT")]);
    let rows: Vec<(&'static str, Does, &'static str)> = vec![
        (BOREALIS, bid(ZEPHYR, 1000, "2.40"), "refused: a supplier makes its own offer"),
        (LAB, bid(LAB, 1000, "2.40"), "refused: `lab` makes no offers for its own need"),
        (BOREALIS, bid(BOREALIS, 0, "2.40"), "refused: 0 is not part of the 1000 that are needed"),
        (BOREALIS, bid(BOREALIS, 1001, "2.40"), "refused: 1001 is not part of the 1000 that are needed"),
        (BOREALIS, offer_of(BOREALIS, "2.40", |bid| bid.terms.price = "EUR 2.40".parse().unwrap()), "refused: the request is in USD, the offer in EUR"),
        (BOREALIS, offer_of(BOREALIS, "2.40", |bid| bid.terms.up_front = Some("EUR 2".parse().unwrap())), "refused: the request is in USD, the offer in EUR"),
        (BOREALIS, offer_of(BOREALIS, "2.40", |bid| bid.terms.months = 0), "refused: 0 is not a term in months"),
        (BOREALIS, bid(BOREALIS, 1000, "2.4000001"), "refused: a price is 2.4000001; round it to 6 decimal places"),
        (BOREALIS, offer_of(BOREALIS, "2.40", |bid| bid.terms.ramp = vec![(12, 1000)]), "refused: it delivers nothing, so it has no price per accelerator-hour; add a month with accelerators"),
    ];
    for (by, does, expected) in rows {
        each(&terms, &draft, vec![("2025-01-21 18:01", by, does, expected)]);
    }
}

/// While the holder is talked to alone, nobody else is; afterwards everybody may be.
#[test]
#[rustfmt::skip]
fn there_are_no_outside_talks_in_a_standstill() {
    let terms = agreement(&first_refusal("standstill = true"));
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
        ("2025-01-23 10:00", BOREALIS, bid(BOREALIS, 1000, "2.30"), "refused: the holder is talked to alone until it has answered"),
        ("2025-01-23 10:00", LAB, tender(|_| {}), "refused: the holder is talked to alone until it has answered"),
        ("2025-02-05 17:00:01", BOREALIS, bid(BOREALIS, 1000, "2.30"), "round-opened, lapsed, released, bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
}

/// The same history with something else in its events.
fn told_again(play: &Play, change: impl Fn(&mut Event)) -> Play {
    let mut again = Play::default();
    for mut dated in play.journal.clone() {
        change(&mut dated.event);
        again.book.apply(CASE, &dated);
        again.journal.push(dated);
    }
    again
}

/// Where the grantor sells, everything is the other way round.
#[test]
#[rustfmt::skip]
fn a_seller_may_not_sell_for_less() {
    let terms = agreement(&first_refusal(""));
    let sale = told_again(&lapsed(&terms), |event| {
        if let Event::Requested { requirement, .. } = event {
            requirement.act = terms::Verb::Sell;
        }
    });
    let offered = go_on(&terms, sale, vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.39"), FREE),
        ("2025-03-10 10:00", ZEPHYR, bid(ZEPHYR, 1000, "2.41"), FREE),
    ]);
    each(&terms, &offered, vec![
        ("2025-03-10 11:00", LAB, award(1), "refused: USD 2.39 per accelerator-hour is better for `borealis` than the USD 2.40 put to the holder"),
        ("2025-03-10 11:00", LAB, award(2), "third-signed, lot-scheduled => 1000 THIRD_SIGNED zephyr at 2.41"),
    ]);
}

/// Zephyr holds the right too, in a tier.
fn two_holders(terms: &Terms, tier: u32) -> Play {
    told_again(&lapsed(terms), |event| {
        if let Event::Screened { restriction: Restriction::FirstRight { rights }, .. } = event {
            let mut other = rights[0].clone();
            (other.holder, other.tier) = (Name::new(ZEPHYR), tier);
            rights.push(other);
        }
    })
}

/// Holders of one tier match at once, and the first to match has it; of two tiers, in turn.
#[test]
#[rustfmt::skip]
fn several_holders_match_by_tiers() {
    let terms = agreement(&first_refusal(""));
    let presented = vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.50"), FREE),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
    ];
    let at_once = go_on(&terms, two_holders(&terms, 0), presented.clone());
    each(&terms, &at_once, vec![
        ("2025-03-11 10:00", ZEPHYR, match_offer(), "matched => 1000 COMMITTED zephyr at 2.50 to sign 2025-05-10 17:00"),
    ]);
    let one_declined = go_on(&terms, at_once, vec![
        ("2025-03-11 10:00", MERIDIAN, decline(), "match-declined => 1000 MATCHING offer 1 to 2025-03-24 17:00"),
        ("2025-03-11 10:00", MERIDIAN, match_offer(), "refused: `meridian` has answered already"),
    ]);
    each(&terms, &one_declined, vec![
        ("2025-03-11 11:00", ZEPHYR, match_offer(), "matched => 1000 COMMITTED zephyr at 2.50 to sign 2025-05-10 17:00"),
        ("2025-03-11 11:00", ZEPHYR, decline(), "match-declined, released => 1000 FREE at 2.50 to 2025-06-05 17:00"),
    ]);
    let in_turn = go_on(&terms, two_holders(&terms, 1), presented);
    let second = go_on(&terms, in_turn, vec![
        ("2025-03-11 10:00", ZEPHYR, match_offer(), "refused: it is not the turn of `zephyr`"),
        ("2025-03-11 10:00", MERIDIAN, decline(), "match-declined, offer-presented, offer-disclosed => 1000 MATCHING offer 1 to 2025-03-25 17:00"),
        ("2025-03-11 10:00", MERIDIAN, match_offer(), "refused: it is not the turn of `meridian`"),
    ]);
    each(&terms, &second, vec![
        ("2025-03-25 17:00", ZEPHYR, match_offer(), "matched => 1000 COMMITTED zephyr at 2.50 to sign 2025-05-24 17:00"),
        ("2025-03-25 17:00:01", "clock", Tick, "match-lapsed, released => 1000 FREE at 2.50 to 2025-06-05 17:00"),
        // The time spent in both tiers: from 10 March 11:00.
        ("2025-03-18 12:00", BOREALIS, withdraw_offer(1), "bid-gone, offer-withdrawn, released => 1000 FREE at 2.40 to 2025-06-13 18:00"),
    ]);
}

/// E2 through the process, in months of the calendar: X stands all the time, Y ramps up, Z comes a
/// month later and has money up front. By the cost to cover the need Z is best, and X second.
#[test]
#[rustfmt::skip]
fn e2_the_best_offer_is_awarded() {
    let terms = agreement(&first_refusal(""));
    let posted = |method: &str| {
        let method = method.to_string();
        tender(move |it| { it.method = method.clone(); it.cover = Some(usd("3.00")); })
    };
    let offered = |method| go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", LAB, posted(method), "tendered => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 10:01", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 10:02", ZEPHYR, offer_of(ZEPHYR, "2.10", |bid| bid.terms.ramp = vec![(3, 500), (6, 1000)]), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-10 10:03", MERIDIAN_UK, offer_of(MERIDIAN_UK, "2.25", |bid| {
            bid.terms.from = date(2025, 10, 1);
            bid.terms.months = 11;
            bid.terms.up_front = Some(usd("500_000"));
        }), "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
    let order = |method| {
        let play = offered(method);
        let compared = sourcing::best(&terms, play.case().unwrap(), 0, at("2025-03-10 11:00")).unwrap();
        compared.rows.iter().map(|row| (row.number, row.awarded)).collect::<Vec<_>>()
    };
    assert_eq!(order("cost_to_cover"), [(3, 1000), (1, 0), (2, 0)]);
    assert_eq!(order("levelised_price"), [(2, 1000), (3, 0), (1, 0)]);
    let play = offered("cost_to_cover");
    let compared = sourcing::best(&terms, play.case().unwrap(), 0, at("2025-03-10 11:00")).unwrap();
    // A year of 8,760 hours; October to August has 8,040 of them.
    let rows = |number| &compared.rows.iter().find(|row| row.number == number).unwrap().breakdown;
    assert_eq!(rows(1).hours.normalize().to_string(), "8760000");
    assert_eq!(rows(1).levelised_price.unwrap().normalize().to_string(), "2.4");
    assert_eq!(rows(3).hours.normalize().to_string(), "8040000");
    assert_eq!(rows(3).money.normalize().to_string(), "18590000");
    go_on(&terms, play, vec![
        ("2025-03-10 11:00", ZEPHYR, Does::AwardBest(AwardBest::default()), "refused: only `lab`, whose case it is, may do this, not `zephyr`"),
        ("2025-03-10 11:00", LAB, Does::AwardBest(AwardBest::default()), "awarded, lot-scheduled => 1000 COMMITTED meridian-uk at 2.25 signed"),
        ("2025-03-10 11:00", LAB, Does::AwardBest(AwardBest::default()), "refused: nothing is free that an offer serves"),
    ]);
}

/// Months begin on the day of need. Capacity counts from the first in which it stands all the time, and
/// what stands before it is needed counts from then.
#[test]
fn what_begins_within_a_month_counts_from_the_next() {
    let terms = agreement(&first_refusal(""));
    // September has 720 hours, October 744.
    let rows = [
        (date(2025, 8, 1), 0),
        (date(2025, 9, 1), 0),
        (date(2025, 9, 2), 720_000),
        (date(2025, 10, 1), 720_000),
        (date(2025, 10, 2), 1_464_000),
    ];
    for (from, short) in rows {
        let mut play = lapsed(&terms);
        let begins = offer_of(BOREALIS, "2.40", |bid| bid.terms.from = from);
        play.act(&terms, at("2025-03-10 10:00"), BOREALIS, begins).unwrap();
        let compared = sourcing::best(&terms, play.case().unwrap(), 0, at("2025-03-10 11:00"));
        assert_eq!(compared.unwrap().rows[0].breakdown.short_hours, short.into(), "{from}");
    }
}

/// A ramp says when what is offered stands, not that more is offered.
#[test]
fn no_more_of_a_ramp_counts_than_is_offered() {
    let terms = agreement(&first_refusal(""));
    let mut play = lapsed(&terms);
    let ramped = offer_of(BOREALIS, "2.40", |bid| {
        (bid.quantity, bid.terms.ramp) = (400, vec![(0, 200), (3, 1000)]);
    });
    play.act(&terms, at("2025-03-10 10:00"), BOREALIS, ramped).unwrap();
    let compared = sourcing::best(&terms, play.case().unwrap(), 0, at("2025-03-10 11:00"));
    assert_eq!(compared.unwrap().rows[0].breakdown.accelerators, 400);
}

/// What is paid at the start of an offer that the holder has not matched is for so many as it was of.
#[test]
#[rustfmt::skip]
fn what_is_paid_at_the_start_is_for_the_offer_it_was_of() {
    let terms = agreement(&first_refusal(""));
    let paid = |supplier: &str| offer_of(supplier, "2.40", |bid| {
        (bid.quantity, bid.terms.up_front) = (400, Some(usd("1_000_000")));
    });
    let free = "400 FREE at 2.40 to 2025-06-05 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00";
    go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, paid(BOREALIS), FREE),
        ("2025-03-10 10:00", ZEPHYR, paid(ZEPHYR), FREE),
        ("2025-03-10 11:00", LAB, present(1), "offer-presented, offer-disclosed => 400 MATCHING offer 1 to 2025-03-24 17:00 | 600 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-11 10:00", MERIDIAN, decline(), format!("match-declined, released => {free}").leak()),
        // Neither better nor worse than what the holder has not matched.
        ("2025-03-11 10:00", LAB, award(2), "third-signed, lot-scheduled => 400 THIRD_SIGNED zephyr at 2.40 | 600 FREE at 2.40 to 2025-06-05 17:00"),
    ]);
}

/// What is compared part by part is what is then done about each: the best offer, how many of it, or why
/// not.
#[test]
#[rustfmt::skip]
fn each_part_is_compared_as_it_would_be_awarded() {
    let terms = agreement(&first_refusal(""));
    let committed = "400 COMMITTED meridian at 2.40 to sign 2025-04-06 17:00";
    let with = |event: &str, rest: &str| -> &'static str { format!("{event} => {committed} | {rest}").leak() };
    let (free, split) = ("600 FREE at 2.40 to 2025-06-05 17:00", "200 FREE at 2.50 to 2025-06-05 17:00 | 400 FREE at 2.40 to 2025-06-05 17:00");
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-02-05 10:00", MERIDIAN, exercise(400), with("round-opened, partial-exercised, released", free)),
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 200, "2.50"), with("bid-received", free)),
        ("2025-03-03 11:00", LAB, present(1), with("offer-presented, offer-disclosed", "200 MATCHING offer 1 to 2025-03-17 17:00 | 400 FREE at 2.40 to 2025-06-05 17:00")),
        ("2025-03-04 11:00", MERIDIAN, decline(), with("match-declined, released", split)),
        ("2025-03-05 10:00", ZEPHYR, bid(ZEPHYR, 400, "2.45"), with("bid-received", split)),
    ]);
    let play = play(&terms, rows);
    let now = at("2025-03-05 11:00");
    let contests = sourcing::contests(&terms, &play.book, CASE, now).unwrap();
    let shown: Vec<_> = contests.iter().map(|contest| {
        let award = contest.award.as_ref().map_or_else(|refused| refused.found.clone(), |(bid, quantity)| format!("{quantity} of offer {bid}"));
        (contest.part, contest.comparison.needed, award)
    }).collect();
    assert_eq!(shown, [
        (1, 200, "200 of offer 1".to_string()),
        (2, 400, "USD 2.45 per accelerator-hour is better for `zephyr` than the USD 2.40 put to the holder".to_string()),
    ]);
    for contest in contests {
        let command = Command { part: Some(contest.part + 1), ..Command::new(LAB, Does::AwardBest(AwardBest::default())) };
        let done = play.clone().act_in(CASE, &terms, now, &command);
        match contest.award {
            Ok((bid, all)) => assert!(done.unwrap().iter().any(|dated| matches!(&dated.event, Event::ThirdSigned { quantity, signed, .. } if *quantity == all && signed.bid == Some(bid - 1)))),
            Err(refused) => assert_eq!(done.unwrap_err().found, refused.found),
        }
    }
}

/// Of equal offers the holder's comes first.
#[test]
#[rustfmt::skip]
fn the_holder_wins_ties() {
    let terms = agreement(&first_refusal(""));
    let play = go_on(&terms, lapsed(&terms), vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), FREE),
        ("2025-03-10 10:00", MERIDIAN, bid(MERIDIAN, 1000, "2.40"), FREE),
    ]);
    each(&terms, &play, vec![
        ("2025-03-10 11:00", LAB, Does::AwardBest(AwardBest::default()), "awarded, lot-scheduled => 1000 COMMITTED meridian at 2.40 signed"),
    ]);
}

/// A refusal says what would help.
#[test]
fn a_refusal_helps() {
    let terms = agreement(&first_refusal(""));
    let mut play = lapsed(&terms);
    play.act(&terms, at("2025-03-10 10:00"), BOREALIS, bid(BOREALIS, 1000, "2.50")).unwrap();
    let refused = play.act(&terms, at("2025-03-10 11:00"), LAB, award(1)).unwrap_err();
    assert_eq!(refused.help, "present it first: `charter present … --bid 1`");
    assert_eq!(refused.clause.as_deref(), Some("right_of_first_refusal.capacity"));
    let named = Command { part: Some(2), ..Command::new(LAB, award(1)) };
    let refused = play.act_in(CASE, &terms, at("2025-03-10 11:00"), &named).unwrap_err();
    assert_eq!(refused.found, "there is no part 2; there is 1000 × FREE");
}
