//! What may be signed with others: "no more favourable" of §2.6, and what offers bring with them.

use super::*;

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
