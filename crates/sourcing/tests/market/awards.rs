//! Which offers are awarded, and how much of each.

use super::*;

fn award_of(bid: usize, quantity: u64) -> Does {
    Does::Award(Award { bid, quantity: Some(quantity) })
}

fn meet(bid: usize) -> Does {
    Does::MeetContingency(MeetContingency { bid, evidence: "loan agreement".to_string() })
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
