//! Every order in which a few parties can do a few things, at every instant that matters.
//!
//! Stateright explores the worlds below over the very `decide` and `apply` that run in production;
//! each invariant of the domain rules, §2.8, that is about sourcing is a property of theirs (see
//! [`watcher::law::Law`]). Elsewhere are checked: 14 in `rights`, 15 in `tests/measured.rs`, the
//! tie-breaks among third parties of 13 in `evaluation`, 19, 21 and 22 in `settlement`.
//!
//! A world begins after a history that leads to what it is about, so that few commands go far. All
//! worlds together take less than a minute; `CHARTER_LONG=1` lets each go on for more commands. The
//! numbers of states are printed: `cargo test --test model -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
mod watcher;
mod worlds;

use std::time::Instant;

use sourcing::case::Free;
use sourcing::{Does, State};
use stateright::{Checker, HasDiscoveries, Model};
use worlds::World;
use worlds::deeds::*;

use Does::{Agree, AskAssurance, Assume, Interest, Reject, Resume, Sign, Withdraw};

/// Explores a world to its end, or fails with the shortest history that breaks a law. `CHARTER_LONG`
/// lets it go on for so many commands more.
fn explore(world: World, longer: u8) {
    let long = std::env::var_os("CHARTER_LONG").is_some();
    let more = if long { longer } else { 0 };
    let world = World { commands: world.commands + more, ..world };
    let (name, begun) = (world.name, Instant::now());
    let checker = world.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (states, all) = (checker.unique_state_count(), checker.state_count());
    let seconds = begun.elapsed().as_secs_f32();
    println!("{name}: {states} states, {all} with repeats, in {seconds:.1} s");
    if let Some((law, path)) = checker.discoveries().into_iter().next() {
        let broken = path.last_state().watched.watcher.broken.clone();
        let model = checker.model();
        let steps = path.into_actions();
        let steps: Vec<_> = steps.iter().map(|step| model.format_action(step)).collect();
        panic!("{name}: {law} does not hold: {broken:#?}\nafter {steps:#?}");
    }
}

/// A need of 200 that was put to the holder on 21 January; its window ends on 5 February.
fn noticed(terms: terms::Terms, name: &'static str) -> World {
    World::new(name, terms)
        .after(vec![("2025-01-21 10:00", LAB, need_200()), ("2025-01-21 18:05", LAB, notify())])
}

/// The same, declined.
fn free(terms: terms::Terms, name: &'static str) -> World {
    noticed(terms, name).after(vec![("2025-01-23 10:00", MERIDIAN, decline())])
}

/// The same, with a better offer before the holder.
fn matching(terms: terms::Terms, name: &'static str) -> World {
    free(terms, name).after(vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 200, "2.50")),
        ("2025-03-10 11:00", LAB, present(1)),
    ])
}

#[test]
fn one_holder_two_third_parties() {
    let world = noticed(refusal(""), "one holder, two third parties").with(vec![
        (MERIDIAN, exercise(100)),
        (MERIDIAN_UK, exercise_all()),
        (MERIDIAN, exercise(150)),
        (MERIDIAN, decline()),
        (BOREALIS, bid(BOREALIS, 100, "2.40")),
        (ZEPHYR, bid(ZEPHYR, 200, "2.50")),
        (LAB, award(1)),
        (LAB, present(1)),
        (MERIDIAN, match_offer()),
        (LAB, Sign),
        (MERIDIAN, Sign),
    ]);
    explore(world.commands(3), 2);
}

#[test]
fn two_holders_share() {
    let terms = two_refusals("weight = 2", "over_allotment = false");
    let world = noticed(terms, "two holders, pro rata").with(vec![
        (MERIDIAN, exercise_all()),
        (MERIDIAN, exercise(100)),
        (MERIDIAN, decline()),
        (AURORA, exercise_all()),
        (AURORA, exercise(100)),
        (AURORA, decline()),
        (AURORA, waive()),
        (AURORA, Sign),
        (BOREALIS, bid(BOREALIS, 100, "2.40")),
        (LAB, award(1)),
    ]);
    explore(world.commands(3), 2);
}

#[test]
fn two_holders_in_tiers() {
    let terms = two_refusals("multi_holder = tiered", "ranks_after = meridian");
    let world = noticed(terms, "two holders, one after the other").with(vec![
        (MERIDIAN, exercise(100)),
        (MERIDIAN, decline()),
        (MERIDIAN, waive_within_limits()),
        (AURORA, exercise_all()),
        (AURORA, exercise(100)),
        (AURORA, decline()),
        (AURORA, waive()),
        (BOREALIS, bid(BOREALIS, 100, "2.50")),
        (LAB, present(1)),
        (MERIDIAN, match_offer()),
        (AURORA, match_offer()),
    ]);
    explore(world.commands(3), 2);
}

#[test]
fn two_cases_share_what_a_holder_has() {
    let terms = two_refusals("", "");
    let mut world = World::new("two cases, one declared capacity", terms)
        .declared(vec![(MERIDIAN, 300), (AURORA, 100)]);
    for case in [CASE, "annex"] {
        world.begun.push(("2025-01-21 10:00", case, LAB, need_200()));
        world.begun.push(("2025-01-21 18:05", case, LAB, notify()));
        let moves = vec![
            (MERIDIAN, exercise_all()),
            (MERIDIAN, exercise(100)),
            (AURORA, exercise(100)),
            (MERIDIAN, bid(MERIDIAN, 200, "2.40")),
            (LAB, award(1)),
        ];
        world = world.with_in(case, moves);
    }
    explore(world.commands(3), 1);
}

#[test]
fn amendments_mid_window() {
    let world =
        noticed(refusal(""), "an amendment mid-window").at(vec!["2025-02-03 11:00"]).with(vec![
            (LAB, amend(|need| need.quantity.count = 210)),
            (LAB, amend(|need| need.quantity.count = 300)),
            (LAB, amend(|need| need.price = usd("2.41"))),
            (MERIDIAN, exercise(100)),
            (MERIDIAN, decline()),
            (LAB, Withdraw),
        ]);
    explore(world.commands(3), 1);
}

#[test]
fn an_offer_withdrawn_while_matching() {
    let world = matching(refusal(""), "an offer withdrawn while matching")
        .at(vec!["2025-03-18 12:00"])
        .with(vec![
            (BOREALIS, withdraw_offer(1)),
            (LAB, withdraw_offer(1)),
            (MERIDIAN, match_offer()),
            (MERIDIAN, match_at("2.55")),
            (MERIDIAN, decline()),
            (ZEPHYR, bid(ZEPHYR, 200, "2.60")),
            (LAB, present(2)),
            (LAB, award(1)),
            (LAB, award(2)),
        ]);
    explore(world.commands(3), 2);
}

#[test]
fn a_ripened_option_outlives_the_offer() {
    let terms = refusal("withdrawn_offer = option_ripened");
    let world = matching(terms, "an offer withdrawn, the option ripened").with(vec![
        (BOREALIS, withdraw_offer(1)),
        (MERIDIAN, match_offer()),
        (MERIDIAN, decline()),
        (LAB, award(1)),
    ]);
    explore(world.commands(3), 1);
}

#[test]
fn clocks_change_mid_window() {
    let terms = refusal("match_window = \"48 hours\"");
    let world = World::new("clocks change mid-window", terms)
        .after(vec![("2025-02-25 10:00", LAB, need_200()), ("2025-02-25 18:05", LAB, notify())])
        .at(vec!["2025-03-09 01:59:59", "2025-03-09 03:00"])
        .with(vec![
            (MERIDIAN, exercise_all()),
            (MERIDIAN, decline()),
            (MERIDIAN, request_documents()),
            (LAB, send_documents()),
            (BOREALIS, bid(BOREALIS, 200, "2.50")),
            (LAB, present(1)),
            (MERIDIAN, match_offer()),
        ]);
    explore(world.commands(3), 2);
}

#[test]
fn insolvency_of_a_holder() {
    let world = noticed(two_refusals("", ""), "insolvency")
        .at(vec!["2025-01-30 12:00", "2025-03-03 09:00"])
        .with(vec![
            (MERIDIAN, insolvent(MERIDIAN)),
            (LAB, AskAssurance),
            (MERIDIAN, Assume),
            (MERIDIAN, Reject),
            (MERIDIAN, exercise_all()),
            (AURORA, exercise(100)),
            (BOREALIS, bid(BOREALIS, 200, "2.60")),
            (LAB, award(1)),
        ]);
    explore(world.commands(3), 1);
}

#[test]
fn insolvency_after_a_commitment() {
    let world = noticed(refusal(""), "insolvency after a commitment")
        .after(vec![("2025-01-24 10:00", MERIDIAN, exercise(100))])
        .with(vec![
            (LAB, insolvent(MERIDIAN)),
            (LAB, AskAssurance),
            (MERIDIAN, Assume),
            (MERIDIAN, Reject),
            (LAB, Sign),
            (MERIDIAN, Sign),
            (BOREALIS, bid(BOREALIS, 100, "2.60")),
            (LAB, award(1)),
        ]);
    explore(world.commands(3), 2);
}

#[test]
fn blind_matches() {
    for disclosure in ["blind", "independent_certificate"] {
        let terms = refusal(&format!("identity_disclosure = {disclosure}"));
        let world = free(terms, "a blind match").with(vec![
            (BOREALIS, bid(BOREALIS, 200, "2.50")),
            (ZEPHYR, bid(ZEPHYR, 100, "2.35")),
            (LAB, present_sealed(1)),
            (MERIDIAN, match_offer()),
            (MERIDIAN, match_at("2.50")),
            (MERIDIAN, match_at("2.55")),
            (MERIDIAN, decline()),
            (BOREALIS, withdraw_offer(1)),
            (LAB, award(1)),
            (LAB, award(2)),
        ]);
        explore(world.commands(3), 2);
    }
}

const DAMAGES: &str = r#"liquidated_damages "delay" {
  grantor = meridian
  holder  = lab
  rate = "USD 12"
  cap  = "1%"
  slip = "30 days"
}"#;

/// A lot of 200 that is the holder's to deliver.
fn to_deliver(name: &'static str) -> World {
    let right = first("right_of_first_refusal", "capacity", MERIDIAN, "");
    let terms = between_three(&format!("{right}\n{DAMAGES}"));
    noticed(terms, name).after(vec![
        ("2025-01-24 10:00", MERIDIAN, exercise_all()),
        ("2025-01-24 10:00", LAB, Sign),
        ("2025-01-24 10:00", MERIDIAN, Sign),
    ])
}

#[test]
fn delivery_late_short_and_recovered() {
    let world = to_deliver("delivery late, short and recovered").with(vec![
        (MERIDIAN, deliver(1)),
        (MERIDIAN, deliver(2)),
        (MERIDIAN, some(1, 100)),
        (MERIDIAN, shortfall(1)),
        (MERIDIAN, recover(1)),
        (LAB, excuse(1, 60)),
        (BOREALIS, bid(BOREALIS, 100, "2.60")),
        (LAB, award(1)),
    ]);
    explore(world.commands(3), 1);
}

#[test]
fn delivery_slipped_and_excused() {
    let world = to_deliver("delivery slipped and excused").with(vec![
        (MERIDIAN, slip(1)),
        (LAB, excuse(1, 5)),
        (LAB, excuse(1, 91)),
        (MERIDIAN, delay(1, jiff::civil::date(2025, 12, 1))),
        (MERIDIAN, deliver(1)),
        (LAB, annul()),
        (MERIDIAN, annul()),
        (LAB, insolvent(MERIDIAN)),
        (MERIDIAN, Reject),
    ]);
    explore(world.commands(3), 1);
}

#[test]
fn disputes_stays_and_rulings() {
    let world = noticed(refusal(""), "disputes").at(vec!["2025-01-27 12:00"]).with(vec![
        (MERIDIAN, dispute()),
        (ARBITER, stay()),
        (ARBITER, Resume),
        (ARBITER, rule(State::Free(Free::default()))),
        (ARBITER, rule(State::Exempt)),
        (MERIDIAN, exercise(100)),
        (MERIDIAN, decline()),
        (BOREALIS, bid(BOREALIS, 100, "2.50")),
        (LAB, award(1)),
    ]);
    explore(world.commands(3), 1);
}

#[test]
fn a_stay_while_matching() {
    let world =
        matching(refusal(""), "a stay while matching").at(vec!["2025-03-18 12:00"]).with(vec![
            (MERIDIAN, dispute()),
            (ARBITER, stay()),
            (ARBITER, Resume),
            (MERIDIAN, match_offer()),
            (BOREALIS, withdraw_offer(1)),
            (LAB, insolvent(MERIDIAN)),
            (MERIDIAN, Assume),
            (LAB, award(1)),
        ]);
    explore(world.commands(3), 1);
}

#[test]
fn first_offers() {
    let terms = between_three(&first("right_of_first_offer", "capacity", MERIDIAN, ""));
    let world = noticed(terms, "a first offer").with(vec![
        (MERIDIAN, counter("2.50")),
        (LAB, counter("2.45")),
        (LAB, Agree),
        (MERIDIAN, Agree),
        (MERIDIAN, exercise_all()),
        (MERIDIAN, decline()),
        (BOREALIS, bid(BOREALIS, 200, "2.48")),
        (LAB, award(1)),
    ]);
    explore(world.commands(3), 1);
}

#[test]
fn first_negotiations() {
    let terms = between_three(&first("right_of_first_negotiation", "capacity", MERIDIAN, ""));
    let world = noticed(terms, "a first negotiation").with(vec![
        (MERIDIAN, Interest),
        (LAB, counter("2.45")),
        (MERIDIAN, counter("2.50")),
        (LAB, Agree),
        (MERIDIAN, Agree),
        (MERIDIAN, decline()),
        (BOREALIS, bid(BOREALIS, 200, "2.42")),
        (LAB, award(1)),
    ]);
    explore(world.commands(3), 1);
}

#[test]
fn talks_under_a_refusal() {
    let world = noticed(refusal(""), "talks under a refusal").with(vec![
        (MERIDIAN, counter("2.50")),
        (LAB, counter("2.45")),
        (LAB, Agree),
        (MERIDIAN, Agree),
        (MERIDIAN, exercise_all()),
        (LAB, extend("2025-02-10 17:00")),
        (MERIDIAN, decline()),
        (ARBITER, stay()),
        (MERIDIAN, dispute()),
        (ARBITER, Resume),
    ]);
    explore(world.commands(3), 1);
}

#[test]
fn offers_first() {
    let world = World::new("a third party's offer first", refusal("mode = offer_first"))
        .after(vec![
            ("2025-01-21 10:00", LAB, need_200()),
            ("2025-01-21 17:00", BOREALIS, bid(BOREALIS, 100, "2.50")),
            ("2025-01-21 17:00", ZEPHYR, bid(ZEPHYR, 200, "2.30")),
        ])
        .with(vec![
            (LAB, notify_of(1)),
            (LAB, notify_of(2)),
            (MERIDIAN, exercise_all()),
            (MERIDIAN, decline()),
            (BOREALIS, withdraw_offer(1)),
            (LAB, award(1)),
            (LAB, award(2)),
        ]);
    explore(world.commands(4), 1);
}

#[test]
fn two_steps() {
    let world = free(refusal("mode = two_step"), "two steps").with(vec![
        (BOREALIS, bid(BOREALIS, 100, "2.40")),
        (ZEPHYR, bid(ZEPHYR, 200, "2.30")),
        (LAB, present(1)),
        (LAB, present(2)),
        (MERIDIAN, match_offer()),
        (MERIDIAN, decline()),
        (LAB, award(1)),
        (LAB, award(2)),
    ]);
    explore(world.commands(3), 2);
}

#[test]
fn a_seller_is_burdened() {
    let sells = need(|need| need.act = terms::Verb::Sell);
    let sale = first_refusal("")
        .replace("    subject = capacity\n    kind    = new", "    act  = sell\n    item = H100");
    let terms = between_three(&sale);
    let world = World::new("a seller is burdened", terms)
        .after(vec![("2025-01-21 10:00", LAB, sells), ("2025-01-21 18:05", LAB, notify())])
        .with(vec![
            (MERIDIAN, exercise(100)),
            (MERIDIAN, decline()),
            (BOREALIS, bid(BOREALIS, 100, "2.30")),
            (ZEPHYR, bid(ZEPHYR, 200, "2.40")),
            (LAB, present(1)),
            (MERIDIAN, match_offer()),
            (LAB, award(1)),
            (LAB, award(2)),
        ]);
    explore(world.commands(3), 1);
}

#[test]
fn the_right_ends_under_way() {
    for more in ["until = \"2025-01-29\"", "until = \"2025-03-10\"\n  survival = \"6 months\""] {
        let world = noticed(refusal(more), "the right ends under way").with(vec![
            (MERIDIAN, exercise(100)),
            (MERIDIAN, decline()),
            (BOREALIS, bid(BOREALIS, 100, "2.50")),
            (LAB, present(1)),
            (LAB, award(1)),
            (LAB, amend(|need| need.quantity.count = 300)),
            (LAB, notify()),
        ]);
        explore(world.commands(3), 1);
    }
}

#[test]
fn what_is_signed_with_others_changes() {
    let world = free(refusal(""), "what is signed with others changes")
        .after(vec![
            ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 200, "2.30")),
            ("2025-03-10 11:00", LAB, award(1)),
        ])
        .with(vec![
            (LAB, change_terms("2.60")),
            (BOREALIS, change_terms("2.60")),
            (BOREALIS, change_terms("2.29")),
            (LAB, change_terms("2.29")),
            (MERIDIAN, match_offer()),
            (MERIDIAN, decline()),
            (BOREALIS, default()),
            (LAB, annul()),
            (BOREALIS, annul()),
            (LAB, notify()),
            (BOREALIS, deliver(1)),
        ]);
    explore(world.commands(3), 1);
}

#[test]
fn a_breach_comes_to_light() {
    for effect in ["void", "damages"] {
        let terms = refusal(&format!("effect_of_breach = {effect}"));
        let world = noticed(terms, "a breach comes to light").with(vec![
            (MERIDIAN, detect(BOREALIS, 100, "2.60")),
            (ARBITER, detect(BOREALIS, 200, "2.60")),
            (MERIDIAN, match_offer()),
            (MERIDIAN, decline()),
            (LAB, Withdraw),
        ]);
        explore(world.commands(2), 2);
    }
}

#[test]
fn contingent_offers() {
    let world = free(refusal(""), "contingent offers").declared(vec![(BOREALIS, 200)]).with(vec![
        (BOREALIS, contingent(BOREALIS, 200, "2.40")),
        (ZEPHYR, bid(ZEPHYR, 100, "2.30")),
        (LAB, award(1)),
        (BOREALIS, meet(1)),
        (LAB, award(2)),
        (BOREALIS, withdraw_offer(1)),
        (LAB, Withdraw),
    ]);
    explore(world.commands(3), 2);
}

#[test]
fn sealed_offers() {
    let (first, second) = (offer(BOREALIS, 200, "2.40"), offer(ZEPHYR, 200, "2.30"));
    let world = free(refusal(""), "sealed offers")
        .after(vec![(
            "2025-03-10 10:00",
            LAB,
            tender(Some("2025-03-14 17:00"), Some("2025-03-17 17:00")),
        )])
        .at(vec!["2025-03-14 17:00", "2025-03-14 17:01"])
        .with(vec![
            (BOREALIS, seal(&first)),
            (ZEPHYR, seal(&second)),
            (BOREALIS, reveal(1, &first)),
            (ZEPHYR, reveal(2, &second)),
            (LAB, award(1)),
            (LAB, present(1)),
        ]);
    explore(world.commands(4), 1);
}

/// Equal offers are improved, sealed, and drawn between, whatever else is done meanwhile.
#[test]
fn equal_offers() {
    let (first, second) = (offer(BOREALIS, 200, "2.40"), offer(ZEPHYR, 200, "2.40"));
    let (better, worse) = (offer(BOREALIS, 200, "2.30"), offer(ZEPHYR, 200, "2.45"));
    let world = free(refusal(""), "equal offers")
        .after(vec![
            ("2025-03-10 10:00", LAB, tender_for_ties()),
            ("2025-03-10 10:01", BOREALIS, bid_of(first)),
            ("2025-03-10 10:02", ZEPHYR, bid_of(second)),
            ("2025-03-10 10:03", LAB, Does::AskImprovement),
        ])
        .at(vec!["2025-03-11 10:03", "2025-03-11 10:04", "2025-03-12 10:04"])
        .with(vec![
            (BOREALIS, seal_improvement(1, &better)),
            (ZEPHYR, seal_improvement(2, &worse)),
            (BOREALIS, reveal_improvement(1, &better)),
            (ZEPHYR, reveal_improvement(2, &worse)),
            (LAB, Does::AskImprovement),
            (LAB, award_best(Some(SEED))),
            (LAB, award(2)),
            (ZEPHYR, withdraw_offer(2)),
        ]);
    explore(world.commands(4), 1);
}

#[test]
fn rights_are_handed_on() {
    for assignable in ["no", "free"] {
        let terms = refusal(&format!("assignable = {assignable}"));
        let world = noticed(terms, "rights are handed on").with(vec![
            (MERIDIAN, assign(AURORA, false)),
            (LAB, assign(AURORA, true)),
            (AURORA, exercise_all()),
            (MERIDIAN, exercise_all()),
            (MERIDIAN, change_control()),
            (LAB, Does::DealBlind),
            (LAB, Does::SuspendForControl),
            (BOREALIS, bid(BOREALIS, 100, "2.50")),
            (LAB, present_sealed(1)),
            (LAB, award(1)),
        ]);
        explore(world.commands(3), 1);
    }
}

#[test]
fn only_the_holder_may_supply() {
    let world = World::new("an exclusivity", between_three(EXCLUSIVITY))
        .after(vec![("2025-01-21 10:00", LAB, need_200())])
        .with(vec![
            (MERIDIAN, consent()),
            (LAB, tacit_consent()),
            (BOREALIS, bid(BOREALIS, 100, "2.50")),
            (MERIDIAN, bid(MERIDIAN, 200, "2.60")),
            (LAB, award(1)),
            (LAB, award(2)),
            (LAB, Withdraw),
        ]);
    explore(world.commands(4), 1);
}

#[test]
fn a_need_is_exempt_or_withdrawn() {
    let small = || need(|need| need.quantity.count = 100);
    let world = World::new("exempt or withdrawn", refusal("exempt_below = \"150 H100\""))
        .with(vec![
            (LAB, small()),
            (LAB, Withdraw),
            (BOREALIS, bid(BOREALIS, 100, "2.60")),
            (LAB, award(1)),
        ])
        .with_in(
            "annex",
            vec![(LAB, small()), (BOREALIS, bid(BOREALIS, 100, "2.60")), (LAB, award(1))],
        );
    explore(world.commands(4), 2);
}
