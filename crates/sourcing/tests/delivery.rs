//! What becomes of lots. The numbers are those of the domain rules, §4.4; the stages those of §2.4.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use sourcing::command::{
    deliver::Deliver, excuse::Excuse, recover::Recover, shortfall::DeclareShortfall, slip::Slip,
};
use sourcing::{Book, Does, Event, Lot, LotStatus};
use terms::{Name, Terms};

use Does::Tick;

/// "$12 per accelerator per day after grace", and what else is said of it.
fn damages(more: &str) -> String {
    format!(
        r#"liquidated_damages "delay" {{
  grantor = meridian
  holder  = lab
  {more}
}}"#
    )
}

fn twelve(more: &str) -> Terms {
    with_damages(&format!("rate = \"USD 12\"\n  {more}"))
}

/// The same with damages of another form.
fn with_damages(says: &str) -> Terms {
    agreement(&format!("{}\n{}", first_refusal(""), damages(says)))
}

/// 200 accelerators of the holder's, at 2.40, due on Monday 2 June 2025 at 09:00.
fn lot_of_200(terms: &Terms) -> Play {
    let mut play = Play::default();
    let need = request_of(|need| {
        need.quantity.count = 200;
        need.need_by = date(2025, 6, 2);
    });
    let mut offer = offer(MERIDIAN, 200, "2.40");
    offer.terms.from = date(2025, 6, 2);
    for (by, does) in [(LAB, need), (MERIDIAN, bid_of(offer)), (LAB, award(1))] {
        play.act(terms, at("2025-01-21 10:00"), by, does).unwrap();
    }
    play
}

fn excuse(days: u32, force_majeure: bool) -> Does {
    Does::Excuse(Excuse { lot: 1, days, force_majeure, reason: "no permit".to_string() })
}

fn slip(due: Date) -> Does {
    Does::Slip(Slip { lot: 1, due })
}

fn recover(due: Date) -> Does {
    Does::Recover(Recover { lot: 1, due })
}

fn shortfall() -> Does {
    Does::DeclareShortfall(DeclareShortfall { lot: 1 })
}

fn some(quantity: u64) -> Does {
    Does::Deliver(Deliver { lot: 1, quantity: Some(quantity) })
}

fn piece(lot: usize, quantity: u64) -> Does {
    Does::Deliver(Deliver { lot, quantity: Some(quantity) })
}

fn due(play: &Play) -> Vec<String> {
    let due = play.journal.iter().filter_map(|dated| match &dated.event {
        Event::DamagesDue { days, amount, capped, .. } => {
            let capped = if *capped { " capped" } else { "" };
            Some(format!("{days} days {}{capped}", amount.amount.normalize()))
        }
        _ => None,
    });
    due.collect()
}

fn lot(book: &Book) -> Lot {
    book.case(CASE).unwrap().lots[0].clone()
}

/// L4: grace ends 06-16, cure 07-16 17:00; 30 days of damages; the commitment falls by 288,000 hours.
#[test]
#[rustfmt::skip]
fn l4_a_late_lot_falls_short_and_others_may_supply_it() {
    let terms = twelve("");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-06-02 17:00", "clock", Tick, " => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-06-02 17:00:01", "clock", Tick, "delivery-late => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-06-16 17:00", "clock", Tick, " => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-06-16 17:00:01", "clock", Tick, "grace-ended => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-07-16 17:00", "clock", Tick, " => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-07-16 17:00:01", "clock", Tick, "shortfall, damages-due => 200 FREE at any terms to 2026-06-02 17:00"),
        // It can be had after all, before anybody else took it.
        ("2025-08-01 09:00", MERIDIAN, deliver(1), "refused: lot 1 fell short"),
        ("2025-08-01 09:00", MERIDIAN, recover(date(2025, 8, 1)), "recovered => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-08-01 09:00", MERIDIAN, deliver(1), "delivered, fulfilled => 200 FULFILLED"),
    ]);
    assert_eq!(due(&play), ["30 days 72000"]);
    assert_eq!(lot(&play.book).value.amount.to_string(), "4204800.00");
}

/// L4 with `ends = delivery`: damages run to 07-31, 45 days; and to the cap of 420,480.
#[test]
#[rustfmt::skip]
fn l4_damages_may_run_until_delivery() {
    let terms = twelve("ends = delivery\n  cure = \"90 days\"");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-08-01 09:00", MERIDIAN, deliver(1), "delivery-late, grace-ended, delivered, fulfilled, damages-due => 200 FULFILLED"),
    ]);
    assert_eq!(due(&play), ["45 days 108000"]);
    let late = lot(&play.book);
    // The hours it was late, from 09:00 of its due day: 60 days.
    assert_eq!(Lot { delivered: None, ..late }.missing_accelerator_hours(at("2025-08-01 09:00")), 288_000);

    let terms = twelve("ends = delivery\n  cure = \"300 days\"");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2026-02-02 09:00", MERIDIAN, deliver(1), "delivery-late, grace-ended, delivered, fulfilled, damages-due => 200 FULFILLED"),
    ]);
    assert_eq!(due(&play), ["230 days 420480 capped"]);
}

/// L1 and L2: a share of the value by 28 days, whole or in part; a sum a day up to a cap.
#[test]
fn l1_l2_damages_by_periods_and_caps() {
    // 75 days late, counted from the due day: a lot worth 10 million.
    let rows = [
        ("rate = \"1%\"\n counted = time\n every = \"28 days\"\n cap = none", "75 days 200000"),
        (
            "rate = \"1%\"\n counted = time\n every = \"28 days\"\n cap = none\n whole_periods = false",
            "75 days 267857.14",
        ),
        ("rate = \"USD 5_000\"\n counted = time\n cap = none", "75 days 375000"),
        ("rate = \"USD 5_000\"\n counted = time\n cap = \"3%\"", "75 days 300000 capped"),
    ];
    for (says, expected) in rows {
        let more = "runs_from = due\n ends = delivery\n cure = \"200 days\"\n";
        let terms = agreement(&damages(&format!("{more} {says}")));
        let mut play = lot_of_200(&terms);
        // The lot's worth is replaced by the round one of the oracle.
        let scheduled = play.journal.iter_mut().find_map(|dated| match &mut dated.event {
            Event::LotScheduled { lot } => Some(lot),
            _ => None,
        });
        scheduled.unwrap().value = usd("10_000_000");
        let mut book = Book::default();
        play.journal.iter().for_each(|dated| book.apply(CASE, dated));
        play.book = book;
        play.act(&terms, at("2025-08-17 09:00"), MERIDIAN, deliver(1)).unwrap();
        assert_eq!(due(&play), [expected], "{says}");
    }
}

/// One sum a day is due once a day, for as long as not all of the lot stands, in however many pieces it
/// comes; and under one cap. Source: domain rules §1.8 and §2.4; L2.
#[test]
#[rustfmt::skip]
fn one_sum_a_day_is_due_once_a_day() {
    let flat = |cap: &str| with_damages(&format!("rate = \"USD 5_000\"\n counted = time\n cap = {cap}"));
    let committed = "200 COMMITTED meridian at 2.40 signed";
    let late = |event: &str| -> &'static str { format!("{event} => {committed}").leak() };
    // Grace ends on 16 June: damages count from the 17th.
    let terms = flat("none");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-06-10 10:00", MERIDIAN, some(50), late("delivery-late, part-delivered")),
        ("2025-06-20 10:00", MERIDIAN, piece(2, 100), late("grace-ended, part-delivered")),
        ("2025-06-30 10:00", MERIDIAN, deliver(3), "delivered, fulfilled, damages-due => 200 FULFILLED"),
    ]);
    assert_eq!(due(&play), ["13 days 65000"]);
    // The cap is a part of the value of all of it: 10 % of 200 × 2.40 × 8,760.
    let terms = flat("\"10%\"");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-06-20 10:00", MERIDIAN, some(190), late("delivery-late, grace-ended, part-delivered")),
        ("2025-07-16 17:00:01", "clock", Tick, "shortfall, damages-due, fulfilled => 10 FREE at any terms to 2026-06-02 17:00 | 190 FULFILLED"),
    ]);
    assert_eq!(due(&play), ["30 days 150000"]);
    let terms = flat("\"0.1%\"");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-06-20 10:00", MERIDIAN, some(190), late("delivery-late, grace-ended, part-delivered")),
        ("2025-06-30 10:00", MERIDIAN, deliver(2), "delivered, fulfilled, damages-due => 200 FULFILLED"),
    ]);
    assert_eq!(due(&play), ["13 days 4204.8 capped"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In however many pieces a late lot comes: one sum a day comes to the same as if all of it came with
    /// the last piece; a sum for each accelerator comes to what each was late for.
    #[test]
    fn damages_do_not_depend_on_the_pieces(pieces in prop::collection::vec((1_u64..80, 0_i64..25), 1..5)) {
        let mut left = 200;
        let mut days: Vec<(u64, i64)> = Vec::new();
        let mut day = 0;
        for (quantity, later) in pieces {
            let quantity = quantity.min(left - 1);
            day = (day + later).min(25);
            if quantity > 0 {
                days.push((quantity, day));
                left -= quantity;
            }
        }
        days.push((left, day));
        // The first days that count: 17 June and after.
        let on = |day: i64| at("2025-06-18 10:00") + jiff::SignedDuration::from_hours(24 * day);
        let sum = |clause: &str| {
            let terms = with_damages(&format!("{clause}\n cap = none"));
            let mut play = lot_of_200(&terms);
            for (quantity, day) in &days {
                let open = play.case().unwrap().lots.iter().position(Lot::is_open).unwrap();
                play.act(&terms, on(*day), MERIDIAN, piece(open + 1, *quantity)).unwrap();
            }
            let due = play.journal.iter().filter_map(|dated| match &dated.event {
                Event::DamagesDue { amount, .. } => Some(amount.amount),
                _ => None,
            });
            due.sum::<rust_decimal::Decimal>()
        };
        let flat = sum("rate = \"USD 5_000\"\n counted = time");
        prop_assert_eq!(flat, rust_decimal::Decimal::from(5_000 * (day + 1)));
        let each = sum("rate = \"USD 12\"");
        let late: i64 = days.iter().map(|(quantity, day)| 12 * i64::try_from(*quantity).unwrap() * (day + 1)).sum();
        prop_assert_eq!(each, rust_decimal::Decimal::from(late));
    }
}

/// What more than a rate decides is not computed rather than computed wrongly.
#[test]
fn damages_that_rest_on_more_than_a_rate_are_not_computed() {
    let says = [
        ("rate = \"USD 12\"", 1),
        ("rate = \"USD 12\"\n maximum = \"USD 100\"", 0),
        ("rate = \"USD 12\"\n up_to = true", 0),
        ("rate = \"USD 12\"\n runs_from = cure", 0),
        ("rate = \"1%\"\n counted = time\n of = contract_value", 0),
    ];
    for (says, expected) in says {
        let terms = with_damages(says);
        let mut play = lot_of_200(&terms);
        play.act(&terms, at("2025-07-10 09:00"), MERIDIAN, deliver(1)).unwrap();
        assert_eq!(due(&play).len(), expected, "{says}");
    }
}

#[test]
fn without_a_clause_nothing_is_due() {
    let terms = agreement(&first_refusal(""));
    let mut play = lot_of_200(&terms);
    play.act(&terms, at("2025-07-10 09:00"), MERIDIAN, deliver(1)).unwrap();
    assert!(due(&play).is_empty());
}

/// One slip, on 30 days of notice, of at most 30 days; off unless the clause allows it.
#[test]
#[rustfmt::skip]
fn a_due_day_slips_once_and_on_notice() {
    let off = twelve("");
    go_on(&off, lot_of_200(&off), vec![
        ("2025-04-01 10:00", MERIDIAN, slip(date(2025, 6, 20)), "refused: the agreement lets no due day slip, that of lot 1 neither"),
    ]);
    let terms = twelve("slip = \"30 days\"");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-04-01 10:00", BOREALIS, slip(date(2025, 6, 20)), "refused: lot 1 is `meridian`'s to deliver, not `borealis`'s"),
        ("2025-04-01 10:00", MERIDIAN, slip(date(2025, 6, 2)), "refused: 2025-06-02 is not after 2025-06-02, when it is due"),
        ("2025-04-01 10:00", MERIDIAN, slip(date(2025, 7, 3)), "refused: 2025-07-03 is more than 30 days after 2025-06-02"),
        ("2025-05-03 10:00", MERIDIAN, slip(date(2025, 7, 2)), "slipped => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-05-03 10:00", MERIDIAN, slip(date(2025, 7, 8)), "refused: the due day of lot 1 was put off once already"),
        ("2025-07-02 17:00", MERIDIAN, deliver(1), "delivered, fulfilled => 200 FULFILLED"),
    ]);
    assert!(due(&play).is_empty());
    go_on(&terms, lot_of_200(&terms), vec![
        ("2025-05-04 10:00", MERIDIAN, slip(date(2025, 6, 3)), "refused: a slip takes 30 days of notice, and lot 1 is due 2025-06-02"),
    ]);
}

/// What the customer holds up moves the due day; no supplier excuses itself.
#[test]
#[rustfmt::skip]
fn an_excuse_moves_the_due_day_for_as_long() {
    let terms = twelve("");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-05-20 10:00", MERIDIAN, excuse(14, false), "refused: only `lab` can excuse a delay of lot 1"),
        ("2025-05-20 10:00", LAB, excuse(0, false), "refused: an excuse needs days and a reason"),
        ("2025-05-20 10:00", LAB, excuse(14, false), "excused => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-06-16 17:00", "clock", Tick, " => 200 COMMITTED meridian at 2.40 signed"),
        // Late, and in the time to cure; what held it up comes out later, and it is in grace again.
        ("2025-07-03 10:00", "clock", Tick, "delivery-late, grace-ended => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-07-03 11:00", LAB, excuse(7, false), "excused => 200 COMMITTED meridian at 2.40 signed"),
    ]);
    let lot = lot(&play.book);
    assert_eq!((lot.status, lot.due, lot.damages_from), (LotStatus::LateGrace, date(2025, 6, 23), None));
    go_on(&terms, play, vec![
        ("2025-07-04 11:00", MERIDIAN, deliver(1), "delivered, fulfilled => 200 FULFILLED"),
    ]);
}

/// More than 90 days of force majeure free what is missing, without damages.
#[test]
#[rustfmt::skip]
fn long_force_majeure_frees_what_is_missing() {
    let terms = twelve("");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-05-20 10:00", LAB, excuse(90, true), "excused => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-08-20 10:00", LAB, excuse(1, true), "excused, shortfall => 200 FREE at any terms to 2026-08-20 17:00"),
    ]);
    assert!(due(&play).is_empty());
}

/// Part of a lot stands; the rest goes on by itself, and its shortfall frees no more than itself.
#[test]
#[rustfmt::skip]
fn a_lot_may_stand_in_part() {
    let terms = twelve("");
    let play = go_on(&terms, lot_of_200(&terms), vec![
        ("2025-06-01 10:00", MERIDIAN, some(201), "refused: 201 are not part of the 200 of lot 1"),
        ("2025-06-01 10:00", MERIDIAN, some(0), "refused: 0 are not part of the 200 of lot 1"),
        ("2025-06-01 10:00", MERIDIAN, some(150), "part-delivered => 200 COMMITTED meridian at 2.40 signed"),
        ("2025-07-16 17:00:01", "clock", Tick, "delivery-late, grace-ended, shortfall, damages-due, fulfilled => 50 FREE at any terms to 2026-06-02 17:00 | 150 FULFILLED"),
        ("2025-07-17 10:00", BOREALIS, bid(BOREALIS, 50, "3.10"), "bid-received => 50 FREE at any terms to 2026-06-02 17:00 | 150 FULFILLED"),
        ("2025-07-17 11:00", LAB, award(2), "third-signed, lot-scheduled => 50 THIRD_SIGNED borealis at 3.10 | 150 FULFILLED"),
        ("2025-07-18 11:00", MERIDIAN, Does::Recover(Recover { lot: 2, due: date(2025, 7, 20) }), "refused: others have taken what lot 2 missed, or its time is over"),
    ]);
    assert_eq!(due(&play), ["30 days 18000"]);
}

/// What others have not taken is the supplier's again.
#[test]
#[rustfmt::skip]
fn only_what_is_not_placed_returns() {
    let terms = twelve("");
    go_on(&terms, lot_of_200(&terms), vec![
        ("2025-05-01 10:00", BOREALIS, shortfall(), "refused: lot 1 is `meridian`'s to deliver, not `borealis`'s"),
        ("2025-05-01 10:00", MERIDIAN, shortfall(), "shortfall => 200 FREE at any terms to 2026-05-01 17:00"),
        ("2025-05-02 10:00", BOREALIS, bid(BOREALIS, 120, "3.10"), "bid-received => 200 FREE at any terms to 2026-05-01 17:00"),
        ("2025-05-02 11:00", LAB, award(2), "third-signed, lot-scheduled => 120 THIRD_SIGNED borealis at 3.10 | 80 FREE at any terms to 2026-05-01 17:00"),
        ("2025-05-03 11:00", MERIDIAN, recover(date(2025, 5, 2)), "refused: 2025-05-02 is over on 2025-05-03"),
        ("2025-05-03 11:00", MERIDIAN, recover(date(2025, 6, 2)), "recovered => 120 THIRD_SIGNED borealis at 3.10 | 80 COMMITTED meridian at 2.40 signed"),
        ("2025-06-02 11:00", MERIDIAN, deliver(1), "delivered, fulfilled => 120 THIRD_SIGNED borealis at 3.10 | 80 FULFILLED"),
    ]);
}

/// A second shortfall on a class within twelve months suspends first rights for six.
#[test]
fn two_shortfalls_suspend_the_right() {
    let terms = twelve("");
    let rows = [
        ("2025-05-01 10:00", "2026-04-01 10:00", Some("2026-10-01 17:00")),
        ("2025-05-01 10:00", "2026-05-01 17:00", Some("2026-11-01 17:00")),
        ("2025-05-01 10:00", "2026-05-01 17:00:01", None),
    ];
    for (first, second, until) in rows {
        let mut play = lot_of_200(&terms);
        // One more case with a lot of its own, due late enough.
        let need = request_of(|need| need.need_by = date(2026, 12, 1));
        let mut offer = offer(MERIDIAN, 1000, "2.40");
        offer.terms.from = date(2026, 12, 1);
        for (by, does) in [(LAB, need), (MERIDIAN, bid_of(offer)), (LAB, award(1))] {
            let command = sourcing::Command::new(by, does);
            play.act_in("other", &terms, at("2025-01-22 10:00"), &command).unwrap();
        }
        play.act(&terms, at(first), MERIDIAN, shortfall()).unwrap();
        let command = sourcing::Command::new(MERIDIAN, shortfall());
        play.act_in("other", &terms, at(second), &command).unwrap();
        let suspended = play.book.suspended(&Name::new(MERIDIAN), "H100");
        assert_eq!(suspended.map(local), until.map(str::to_string), "{second}");
    }
}
