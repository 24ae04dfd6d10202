//! The holder answers offers: S3 and S4 of §4.6, rows 14 and 18 to 20.

use super::*;

fn withdraw_offer(bid: usize) -> Does {
    Does::WithdrawOffer(WithdrawOffer { bid })
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
