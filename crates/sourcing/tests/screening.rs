//! What screening finds: the rights that hold, in their order, and what is exempt from them. Source:
//! domain rules §2.3, rows 1 and 25; §2.6, aggregation; §2.7.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use jiff::civil::date;
use sourcing::audience::view;
use sourcing::{Command, Does, Event, Guard, Requirement, Restriction};
use terms::{Name, Terms, Verb};

use Does::{NotifyBridge, Tick, Withdraw};

/// A first refusal of another holder.
fn of(holder: &str, label: &str, more: &str) -> String {
    first_refusal(more)
        .replace("holder  = meridian", &format!("holder  = {holder}"))
        .replace(r#""capacity""#, &format!("{label:?}"))
}

/// The holders by tier, each with its weight, and what covers the need too.
fn screened(terms: &Terms, does: Does) -> (Vec<(u32, String, u64)>, Vec<String>) {
    let mut play = Play::default();
    let happened = play.act(terms, at("2025-01-21 10:00"), LAB, does).unwrap();
    let [_, screened, ..] = &happened[..] else { panic!("{happened:?}") };
    let Event::Screened { restriction, also } = &screened.event else { panic!("{screened:?}") };
    let rights = restriction.rights().iter();
    let rights = rights.map(|right| (right.tier, right.holder.to_string(), right.weight));
    (rights.collect(), also.clone())
}

fn tiers(clauses: &[String]) -> (Vec<(u32, String, u64)>, Vec<String>) {
    screened(&agreement(&clauses.join("\n")), request())
}

#[test]
fn holders_that_share_are_one_tier() {
    let (rights, also) = tiers(&[
        of(MERIDIAN, "first", "weight = 50"),
        of(BOREALIS, "second", "weight = 30"),
        of(ZEPHYR, "third", "weight = 20"),
    ]);
    let expected = [(0, MERIDIAN, 50), (0, BOREALIS, 30), (0, ZEPHYR, 20)];
    assert_eq!(rights, expected.map(|(tier, holder, weight)| (tier, holder.to_string(), weight)));
    assert!(also.is_empty());
}

#[test]
fn holders_one_after_the_other_are_tiers() {
    let tiered = "multi_holder = tiered";
    let order = |clauses: &[String]| {
        let (rights, _) = tiers(clauses);
        rights.into_iter().map(|(tier, holder, _)| format!("{tier} {holder}")).collect::<Vec<_>>()
    };
    let as_written = [of(MERIDIAN, "first", tiered), of(BOREALIS, "second", tiered)];
    assert_eq!(order(&as_written), ["0 meridian", "1 borealis"]);
    let after = |holders: &str| format!("ranks_after = {holders}");
    let ranked = [of(MERIDIAN, "first", &after("[borealis]")), of(BOREALIS, "second", "")];
    assert_eq!(order(&ranked), ["0 borealis", "1 meridian"]);
    // Each after the other is no order: it comes to an end, and both are asked.
    let circle =
        [of(MERIDIAN, "first", &after("[borealis]")), of(BOREALIS, "second", &after("[meridian]"))];
    assert_eq!(order(&circle).len(), 2);
    let offer = of(ZEPHYR, "offer", "").replace("right_of_first_refusal", "right_of_first_offer");
    assert_eq!(order(&[offer, of(MERIDIAN, "first", "")]), ["0 meridian", "1 zephyr"]);
}

/// Rights collide: the higher decides, and both are logged.
#[test]
fn what_ranks_lower_is_logged_beside_what_decides() {
    let exclusivity = EXCLUSIVITY.to_string();
    let right = of(MERIDIAN, "first", "");
    let (rights, also) = tiers(&[exclusivity, right.clone()]);
    assert!(rights.is_empty());
    assert_eq!(also, ["right_of_first_refusal.first"]);
    let offer = right.replace("right_of_first_refusal", "right_of_first_offer");
    let (rights, also) = tiers(&[offer, right]);
    assert_eq!(rights.len(), 1);
    assert_eq!(also, ["right_of_first_offer.first"]);
}

/// Row 25: the last day is known, and from its midnight on no round begins.
#[test]
#[rustfmt::skip]
fn a_right_that_has_ended_begins_no_round() {
    let ends = "until = \"2025-02-01\"";
    let terms = agreement(&first_refusal(ends));
    let asked = play(&terms, vec![
        ("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT"),
    ]);
    go_on(&terms, asked.clone(), vec![
        ("2025-02-01 00:00", LAB, notify(), "refused: this needs a part that is DRAFT or EXPIRED; there is 1000 × EXEMPT"),
        ("2025-02-01 00:01", "clock", Tick, "right-ended, exempted => 1000 EXEMPT"),
    ]);
    // A round that is under way runs to its own end; nothing limits what follows.
    go_on(&terms, asked.clone(), vec![
        ("2025-01-31 10:00", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-31 10:00 to 2025-02-14 17:00"),
        ("2025-02-03 10:00", "clock", Tick, "round-opened, right-ended => 1000 OPEN to 2025-02-14 17:00"),
        ("2025-02-10 10:00", MERIDIAN, exercise(600), "partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-11 17:00 | 400 FREE at any terms open-ended"),
    ]);
    // What was free already is free of limits.
    go_on(&terms, asked, vec![
        ("2025-01-22 10:00", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 10:00 to 2025-02-05 17:00"),
        ("2025-01-23 10:00", MERIDIAN, decline(), "round-opened, declined, released => 1000 FREE at 2.40 to 2025-05-23 17:00"),
        ("2025-02-03 10:00", "clock", Tick, "right-ended => 1000 FREE at any terms open-ended"),
    ]);
}

#[test]
#[rustfmt::skip]
fn limits_may_outlive_the_right() {
    let ends = "until = \"2025-02-01\"\n  survival = \"6 months\"";
    let terms = agreement(&first_refusal(ends));
    play(&terms, vec![
        ("2025-01-22 10:00", LAB, request(), "requested, screened => 1000 DRAFT"),
        ("2025-01-22 10:00", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 10:00 to 2025-02-05 17:00"),
        ("2025-01-23 10:00", MERIDIAN, decline(), "round-opened, declined, released => 1000 FREE at 2.40 to 2025-05-23 17:00"),
        ("2025-02-03 10:00", "clock", Tick, "right-ended => 1000 FREE at 2.40 to 2025-05-23 17:00"),
        // Nobody need be asked again.
        ("2025-05-24 10:00", "clock", Tick, "released => 1000 FREE at any terms open-ended"),
    ]);
}

/// A request of another case, and the case's parts then.
fn also(play: &mut Play, terms: &Terms, case: &str, when: &str, does: Does) -> String {
    let happened = play.act_in(case, terms, at(when), &Command::new(LAB, does));
    let parts = parts(play.book.case(case));
    match happened {
        Ok(happened) => format!("{} => {parts}", names(&happened)),
        Err(refused) => format!("refused: {refused}"),
    }
}

fn rule(play: &Play, case: &str) -> Option<String> {
    match &play.book.case(case).unwrap().restriction {
        Restriction::None { exemption, .. } => exemption.clone(),
        _ => None,
    }
}

const EXEMPTED: &str = "requested, screened, exempted => ";

fn for_months(months: u32) -> Does {
    request_of(|need| need.months = months)
}

#[test]
fn a_short_term_is_exempt() {
    let terms = agreement(&first_refusal(""));
    let mut play = Play::default();
    let when = "2025-01-21 10:00";
    // September has 30 days, October 31.
    assert_eq!(also(&mut play, &terms, "a", when, for_months(1)), format!("{EXEMPTED}1000 EXEMPT"));
    assert_eq!(rule(&play, "a").unwrap(), "short term");
    let two = also(&mut play, &terms, "b", when, for_months(2));
    assert_eq!(two, "requested, screened => 1000 DRAFT");
    let terms = agreement(&first_refusal("exempt_short_term = \"29 days\""));
    let longer = also(&mut play, &terms, "c", when, for_months(1));
    assert_eq!(longer, "requested, screened => 1000 DRAFT");
}

/// Unless the same supplier, or one of its group, gives capacity so shortly before or after.
#[test]
fn a_short_term_is_not_rolled_over_with_one_supplier() {
    let terms = agreement(&first_refusal(""));
    let later = |days: i32| {
        request_of(|need| {
            need.months = 1;
            need.need_by = date(2025, 9, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        })
    };
    let offer = |days: i32| {
        let mut bid = offer(BOREALIS, 1000, "2.00");
        bid.terms.months = 1;
        bid.terms.from = date(2025, 9, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        bid_of(bid)
    };
    // The first is over on 1 October; 28 days later is 29 October. Which is signed first is the same.
    let apart = [(0, 30, false), (0, 58, false), (0, 59, true), (58, 0, false), (59, 0, true)];
    for (first, second, signed) in apart {
        let mut play = Play::default();
        for (case, days) in [("a", first), ("b", second)] {
            let mut act = |by: &str, does| {
                let command = Command::new(by, does);
                play.act_in(case, &terms, at("2025-01-21 10:00"), &command)
            };
            act(LAB, later(days)).unwrap();
            act(BOREALIS, offer(days)).unwrap();
            let awarded = act(LAB, award(1)).map(|_| ()).map_err(|refused| refused.guard);
            let expected = if case == "a" || signed { Ok(()) } else { Err(Guard::ExemptionHolds) };
            assert_eq!(awarded, expected, "{case} {days}");
        }
    }
}

#[test]
fn small_needs_are_exempt_until_they_add_up() {
    let terms = agreement(&first_refusal("exempt_below = \"500 H100\""));
    let mut play = Play::default();
    let need = |count: u64, region: &str| {
        let region = Some(region.to_string());
        request_of(|need| {
            need.quantity.count = count;
            need.region = region;
        })
    };
    let mut ask = |case: &str, when: &str, does| also(&mut play, &terms, case, when, does);
    let when = "2025-01-21 10:00";
    assert_eq!(ask("a", when, need(200, "west")), format!("{EXEMPTED}200 EXEMPT"));
    assert_eq!(ask("b", when, need(200, "west")), format!("{EXEMPTED}200 EXEMPT"));
    assert_eq!(ask("c", when, need(100, "west")), "requested, screened => 100 DRAFT");
    assert_eq!(ask("d", when, need(400, "east")), format!("{EXEMPTED}400 EXEMPT"));
    assert_eq!(ask("e", when, need(500, "north")), "requested, screened => 500 DRAFT");
    // 90 days later those before count no longer.
    assert_eq!(ask("f", "2025-04-21 17:00", need(100, "west")), "requested, screened => 100 DRAFT");
    assert_eq!(ask("g", "2025-04-21 17:01", need(100, "west")), format!("{EXEMPTED}100 EXEMPT"));
}

/// Row 23: what was withdrawn is not met elsewhere without notice.
#[test]
fn a_need_withdrawn_before_needs_a_notice() {
    let terms = agreement(&first_refusal(""));
    let mut play = Play::default();
    let mut ask = |case: &str, when: &str, does| also(&mut play, &terms, case, when, does);
    ask("a", "2025-01-21 10:00", request());
    assert_eq!(ask("a", "2025-01-21 10:00", Withdraw), "withdrawn => 1000 WITHDRAWN");
    let again = "requested, screened => 1000 DRAFT";
    assert_eq!(ask("b", "2025-04-21 17:00", for_months(1)), again);
    assert_eq!(ask("c", "2025-04-21 17:01", for_months(1)), format!("{EXEMPTED}1000 EXEMPT"));
    let other = request_of(|need| (need.months, need.purpose) = (1, "inference".to_string()));
    assert_eq!(ask("d", "2025-04-21 17:00", other), format!("{EXEMPTED}1000 EXEMPT"));
}

fn bridge(need: &mut Requirement, count: u64) {
    need.quantity.count = count;
    need.lot = 10;
    need.months = 1;
    need.emergency = Some("fire in hall 3".to_string());
}

/// A bridge is short and small, and the holders are told afterwards.
#[test]
#[rustfmt::skip]
fn an_emergency_is_bridged() {
    let terms = agreement(&first_refusal(""));
    let mut fleet = Play::default();
    let mut act = |when: &str, by: &str, does| fleet.act_in("fleet", &terms, at(when), &Command::new(by, does)).unwrap();
    act("2024-06-03 10:00", LAB, request());
    act("2024-06-03 10:00", MERIDIAN, bid(MERIDIAN, 1000, "2.40"));
    act("2024-06-03 10:00", LAB, award(1));
    act("2024-12-02 10:00", MERIDIAN, deliver(1));
    let bridge_of = |count: u64| request_of(|need| bridge(need, count));
    let none = Play::default();
    go_on(&terms, none, vec![
        ("2025-01-21 10:00", LAB, bridge_of(50), "refused: a bridge is 5% of the fleet at most: 0 of 0, not 50"),
    ]);
    let signed = go_on(&terms, fleet, vec![
        ("2025-01-21 10:00", LAB, request_of(|need| { bridge(need, 50); need.months = 2; }), "refused: a bridge in an emergency is for 1 month at most, not 2"),
        ("2025-01-21 10:00", LAB, bridge_of(60), "refused: a bridge is 5% of the fleet at most: 50 of 1000, not 60"),
        ("2025-01-21 10:00", LAB, bridge_of(50), "requested, screened, exempted => 50 EXEMPT"),
        ("2025-01-21 10:00", LAB, NotifyBridge, "refused: no bridge was signed of which the holders must still be told"),
        ("2025-01-21 10:00", BOREALIS, bid(BOREALIS, 50, "9.00"), "bid-received => 50 EXEMPT"),
        ("2025-01-21 10:00", LAB, award(1), "third-signed, lot-scheduled, bridge-allowed => 50 THIRD_SIGNED borealis at 9.00"),
    ]);
    let seen = |play: &Play| -> Vec<&str> {
        let events = play.journal.iter().skip_while(|dated| dated.at < at("2025-01-21 10:00")).cloned();
        let events: Vec<_> = events.collect();
        let seen = view(&terms, &events, &Name::new(MERIDIAN), at("2025-02-01 00:00"));
        seen.iter().map(|dated| dated.event.name()).collect()
    };
    assert_eq!(seen(&signed), Vec::<&str>::new());
    let told = go_on(&terms, signed.clone(), vec![
        ("2025-01-23 17:00", BOREALIS, NotifyBridge, "refused: only `lab`, whose case it is, may do this, not `borealis`"),
        ("2025-01-23 17:00", LAB, NotifyBridge, "bridge-notified => 50 THIRD_SIGNED borealis at 9.00"),
        ("2025-01-24 17:00", "clock", Tick, " => 50 THIRD_SIGNED borealis at 9.00"),
    ]);
    // What was needed, and that it was bridged; not with whom.
    assert_eq!(seen(&told), ["requested", "bridge-allowed", "bridge-notified"]);
    go_on(&terms, signed, vec![
        ("2025-01-23 17:01", "clock", Tick, "bridge-notice-missed => 50 THIRD_SIGNED borealis at 9.00"),
    ]);
}

/// The same process where the grantor sells.
#[test]
#[rustfmt::skip]
fn surplus_is_put_to_the_holder_first() {
    let sale = first_refusal("").replace("    subject = capacity\n    kind    = new", "    act  = sell\n    item = H100");
    let terms = agreement(&sale);
    play(&terms, vec![
        ("2025-01-21 18:00", LAB, request_of(|need| need.act = Verb::Sell), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
        ("2025-02-04 10:00", MERIDIAN, exercise(600), "round-opened, partial-exercised, released => 600 COMMITTED meridian at 2.40 to sign 2025-04-05 17:00 | 400 FREE at 2.40 to 2025-06-04 17:00"),
    ]);
}

/// Two shortfalls suspend a right for its class.
#[test]
fn a_suspended_right_does_not_hold() {
    let terms = agreement(&first_refusal(""));
    let mut play = Play::default();
    play.act(&terms, at("2024-12-02 10:00"), LAB, request()).unwrap();
    let (holder, until) = (Name::new(MERIDIAN), at("2025-01-21 10:00"));
    let event = Event::RightSuspended { holder, class: "H100".to_string(), until };
    let screened = &play.journal[1];
    play.book.apply(CASE, &sourcing::Dated { event, ..screened.clone() });
    let exempt = also(&mut play, &terms, "b", "2025-01-21 10:00", request());
    assert_eq!(exempt, format!("{EXEMPTED}1000 EXEMPT"));
    let held = also(&mut play, &terms, "c", "2025-01-21 10:01", request());
    assert_eq!(held, "requested, screened => 1000 DRAFT");
}

/// A waiver of one case is none of the next, unless the clause says so.
#[test]
fn a_right_may_be_given_up_beyond_the_case() {
    let other_class = || request_of(|need| need.quantity.class = "B200".to_string());
    for (scope, same, other) in
        [("case", true, true), ("item", false, true), ("right", false, false)]
    {
        for (by_silence, answer) in [(false, Some(decline())), (false, Some(waive())), (true, None)]
        {
            let terms = agreement(&first_refusal(&format!("waiver_scope = {scope}")));
            let mut play = Play::default();
            play.act(&terms, at("2025-01-21 18:00"), LAB, request()).unwrap();
            play.act(&terms, at("2025-01-21 18:05"), LAB, notify()).unwrap();
            if let Some(answer) = answer {
                play.act(&terms, at("2025-01-23 10:00"), MERIDIAN, answer).unwrap();
            }
            play.act(&terms, at("2025-02-06 10:00"), "clock", Tick).unwrap();
            let mut holds = |case: &str, does: Does| {
                also(&mut play, &terms, case, "2025-02-06 10:00", does).ends_with("DRAFT")
            };
            assert_eq!(holds("b", request()), same, "{scope} {by_silence}");
            assert_eq!(holds("c", other_class()), other, "{scope} {by_silence}");
        }
    }
}
