//! Removes one guard at a time and sees that it is missed.
//!
//! For most, a small world in which stateright then finds a law of the [`watcher`] broken, that holds
//! with the guard. A guard that keeps no law, only sense, is missed by its command: refused with it,
//! carried out without. A guard added to the process does not compile here until it has its row.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
mod watcher;
mod worlds;

use sourcing::{Command, Does, Guard, Guards, State};
use stateright::{Checker, HasDiscoveries, Model};
use watcher::Law;
use worlds::World;
use worlds::deeds::*;

use Does::{Interest, Sign, Withdraw};

/// How it is seen that a guard is missing.
enum Missed {
    /// In this world the law is broken without it, and never with it.
    Breaks(Law, World),
    /// After what has happened in the world, this is refused with it and carried out without.
    Passes(World, &'static str, &'static str, Does),
    /// It says what is missing for the command to mean anything: refused with it and without.
    Always(World, &'static str, Does),
}
use Missed::{Always, Breaks, Passes};

fn begun() -> World {
    World::new("requested", refusal("")).after(vec![("2025-01-21 10:00", LAB, need_200())])
}

fn noticed_under(terms: terms::Terms) -> World {
    World::new("noticed", terms).after(vec![
        ("2025-01-21 10:00", LAB, need_200()),
        ("2025-01-21 18:05", LAB, notify()),
        ("2025-01-22 10:00", "clock", Does::Tick),
    ])
}

fn noticed() -> World {
    noticed_under(refusal(""))
}

fn free_under(more: &str) -> World {
    noticed_under(refusal(more)).after(vec![("2025-01-23 10:00", MERIDIAN, decline())])
}

fn free() -> World {
    free_under("")
}

fn matching() -> World {
    free().after(vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 200, "2.50")),
        ("2025-03-10 11:00", LAB, present(1)),
    ])
}

fn committed() -> World {
    noticed().after(vec![("2025-01-24 10:00", MERIDIAN, exercise_all())])
}

fn to_deliver() -> World {
    let says = "liquidated_damages \"delay\" {\n  grantor = meridian\n  holder = lab\n  rate = \"USD 12\"\n  slip = \"30 days\"\n}";
    let right = first("right_of_first_refusal", "capacity", MERIDIAN, "");
    noticed_under(between_three(&format!("{right}\n{says}"))).after(vec![
        ("2025-01-24 10:00", MERIDIAN, exercise_all()),
        ("2025-01-24 10:00", LAB, Sign),
        ("2025-01-24 10:00", MERIDIAN, Sign),
    ])
}

fn signed_with_others() -> World {
    free().after(vec![
        ("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 200, "2.30")),
        ("2025-03-10 11:00", LAB, award(1)),
    ])
}

fn sealed() -> World {
    let tender = tender(Some("2025-03-14 17:00"), Some("2025-03-17 17:00"));
    free().after(vec![
        ("2025-03-10 10:00", LAB, tender),
        ("2025-03-10 10:01", BOREALIS, seal(&offer(BOREALIS, 200, "2.40"))),
        ("2025-03-10 10:02", ZEPHYR, seal(&offer(ZEPHYR, 200, "2.30"))),
    ])
}

/// Two equal offers, on a tender that posts a round of improvements and a lottery.
fn tied() -> World {
    free().after(vec![
        ("2025-03-10 10:00", LAB, tender_for_ties()),
        ("2025-03-10 10:01", BOREALIS, bid(BOREALIS, 200, "2.30")),
        ("2025-03-10 10:02", ZEPHYR, bid(ZEPHYR, 200, "2.30")),
    ])
}

/// The round is over, and they are equal still.
fn tied_still() -> World {
    tied().after(vec![
        ("2025-03-10 10:03", LAB, Does::AskImprovement),
        ("2025-03-12 10:00", "clock", Does::Tick),
    ])
}

fn talks() -> World {
    let right = first("right_of_first_negotiation", "capacity", MERIDIAN, "");
    noticed_under(between_three(&right)).after(vec![("2025-01-23 10:00", MERIDIAN, Interest)])
}

fn row(guard: Guard) -> Missed {
    match guard {
        Guard::ByGrantor => Breaks(Law::Issuer, begun().with(vec![(BOREALIS, notify())])),
        Guard::ByHolder => Breaks(Law::Issuer, noticed().with(vec![(BOREALIS, exercise_all())])),
        Guard::BySupplier => {
            Breaks(Law::Issuer, free().with(vec![(ZEPHYR, bid(BOREALIS, 100, "2.30"))]))
        }
        Guard::ByDecisionMaker => {
            Breaks(Law::Issuer, noticed().with(vec![(MERIDIAN, dispute()), (MERIDIAN, stay())]))
        }
        Guard::ByParty => Breaks(Law::Issuer, committed().with(vec![(ZEPHYR, Sign)])),
        Guard::CaseExists => Always(noticed(), LAB, need_200()),
        Guard::InOrder => Passes(committed(), "2025-01-23 10:00", MERIDIAN, Sign),
        Guard::Covered => Breaks(Law::Safety, begun().with(vec![(LAB, tacit_consent())])),
        Guard::State => {
            let changed = signed_with_others().after(vec![
                ("2025-03-11 10:00", LAB, change_terms("2.60")),
                ("2025-03-11 10:00", BOREALIS, change_terms("2.60")),
            ]);
            Breaks(Law::Listed, changed.with(vec![(BOREALIS, deliver(1))]))
        }
        Guard::CompleteRequirement => {
            let nothing = need(|need| need.quantity.count = 0);
            let world = World::new("nothing", refusal(""));
            Breaks(Law::Conservation, world.with(vec![(LAB, nothing)]))
        }
        Guard::NotWithdrawnBefore => {
            let small = || need(|need| need.quantity.count = 100);
            let world = World::new("withdrawn", refusal("exempt_below = \"150 H100\""))
                .after(vec![
                    ("2025-01-21 10:00", LAB, small()),
                    ("2025-01-21 11:00", LAB, Withdraw),
                ])
                .with_in("annex", vec![(LAB, small())]);
            Breaks(Law::Safety, world)
        }
        Guard::ExemptionHolds => {
            let world = World::new("no exemption", refusal(""));
            Breaks(Law::Safety, world.with(vec![(LAB, need_200())]))
        }
        Guard::RightHolds => {
            let ending = "until = \"2025-02-10\"\n  survival = \"6 months\"";
            let world = free_under(ending);
            let offer = bid(BOREALIS, 200, "2.50");
            Breaks(Law::Listed, world.with(vec![(BOREALIS, offer), (LAB, present(1))]))
        }
        Guard::InTime => {
            Passes(sealed(), "2025-03-11 10:00", BOREALIS, reveal(1, &offer(BOREALIS, 200, "2.40")))
        }
        Guard::WithinQuantity => Breaks(Law::Safety, noticed().with(vec![(MERIDIAN, exercise(0))])),
        Guard::PartialAllowed => {
            Breaks(Law::ExerciseCounts, noticed().with(vec![(MERIDIAN, exercise(150))]))
        }
        Guard::Linked => {
            let linked = need(|need| need.linked = true);
            let world = World::new("linked", refusal("")).after(vec![
                ("2025-01-21 10:00", LAB, linked),
                ("2025-01-21 18:05", LAB, notify()),
            ]);
            Breaks(Law::ExerciseCounts, world.with(vec![(MERIDIAN, exercise(100))]))
        }
        Guard::Unconditional => {
            let conditional = exercise_if("financing");
            Breaks(Law::ExerciseCounts, noticed().with(vec![(MERIDIAN, conditional)]))
        }
        Guard::WithinCapacity => {
            let world = noticed().declared(vec![(MERIDIAN, 100)]);
            Breaks(Law::NoOverAward, world.with(vec![(MERIDIAN, exercise_all())]))
        }
        Guard::NotAnswered => {
            let world = noticed_under(two_refusals("", ""));
            Breaks(Law::OneLapse, world.with(vec![(MERIDIAN, exercise(100))]))
        }
        Guard::MeetsStandard => {
            Breaks(Law::ExerciseCounts, matching().with(vec![(MERIDIAN, match_at("2.55"))]))
        }
        Guard::Evidence => {
            Breaks(Law::Explained, noticed().with(vec![(MERIDIAN, waive_without_evidence())]))
        }
        Guard::DocumentsInTime => {
            let asked = noticed().after(vec![
                ("2025-01-22 11:00", MERIDIAN, request_documents()),
                ("2025-01-22 12:00", LAB, send_documents()),
            ]);
            Passes(asked, "2025-01-23 10:00", MERIDIAN, request_documents())
        }
        Guard::TermsProposed => Passes(talks(), "2025-01-24 10:00", MERIDIAN, Does::Agree),
        Guard::OfferStands => {
            let world = free().with(vec![(BOREALIS, bid(BOREALIS, 100, "2.30")), (LAB, award(1))]);
            Breaks(Law::Safety, world.commands(3))
        }
        Guard::OfferComparable => {
            Passes(free(), "2025-01-24 10:00", BOREALIS, bid(BOREALIS, 1100, "2.30"))
        }
        Guard::BonaFide => {
            let unsigned = sourcing::offer::Evidence { signed: false, ..Default::default() };
            let offer = sourcing::Bid { evidence: unsigned, ..offer(BOREALIS, 200, "2.50") };
            let world = free().after(vec![("2025-01-24 10:00", BOREALIS, bid_of(offer))]);
            Passes(world, "2025-01-24 11:00", LAB, present(1))
        }
        Guard::TenderOpen => {
            let closed = free().after(vec![(
                "2025-03-10 10:00",
                LAB,
                tender(Some("2025-03-14 17:00"), None),
            )]);
            Passes(closed, "2025-03-14 17:01", BOREALIS, bid(BOREALIS, 100, "2.30"))
        }
        Guard::TenderBeforeOffers => {
            let offered =
                free().after(vec![("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 100, "2.30"))]);
            Passes(offered, "2025-03-10 11:00", LAB, tender(None, None))
        }
        Guard::SealOpens => {
            let other = offer(BOREALIS, 200, "2.20");
            Passes(sealed(), "2025-03-14 17:01", BOREALIS, reveal(1, &other))
        }
        Guard::DefendedOnce => {
            let world = matching().after(vec![("2025-03-11 10:00", MERIDIAN, decline())]);
            Breaks(Law::NewRound, world.with(vec![(LAB, present(1))]))
        }
        Guard::Standstill => {
            Passes(talks(), "2025-01-24 10:00", BOREALIS, bid(BOREALIS, 200, "2.30"))
        }
        Guard::WithinTerms => {
            let offer = bid(BOREALIS, 200, "2.50");
            Breaks(Law::NewRound, free().with(vec![(BOREALIS, offer), (LAB, award(1))]))
        }
        Guard::PresentedFirst => {
            let offer = bid(BOREALIS, 200, "2.30");
            let world = free_under("mode = two_step");
            Breaks(Law::Safety, world.with(vec![(BOREALIS, offer), (LAB, award(1))]))
        }
        Guard::WithinRelease => {
            // One that is chosen and contingent reserves what it is chosen for.
            let world = free().after(vec![
                ("2025-03-10 10:00", BOREALIS, contingent(BOREALIS, 200, "2.30")),
                ("2025-03-10 10:00", LAB, award(1)),
                ("2025-03-10 10:01", ZEPHYR, bid(ZEPHYR, 100, "2.30")),
            ]);
            Breaks(Law::Conservation, world.with(vec![(LAB, award(2)), (BOREALIS, meet(1))]))
        }
        Guard::FreeWindowOpen => {
            let offer = bid(BOREALIS, 200, "2.30");
            let world = free_under("notice_before = \"30 days\"");
            Breaks(Law::FreeWindow, world.with(vec![(BOREALIS, offer), (LAB, award(1))]))
        }
        Guard::SameThirdParty => {
            let world = World::new(
                "one third party",
                refusal("mode = offer_first\n  same_third_party = true"),
            )
            .after(vec![
                ("2025-01-21 10:00", LAB, need_200()),
                ("2025-01-21 17:00", BOREALIS, bid(BOREALIS, 200, "2.50")),
                ("2025-01-21 17:00", ZEPHYR, bid(ZEPHYR, 200, "2.30")),
                ("2025-01-21 17:00", LAB, notify_of(1)),
                ("2025-01-23 10:00", MERIDIAN, decline()),
            ]);
            Breaks(Law::Safety, world.with(vec![(LAB, award(2))]))
        }
        Guard::ContingencyMet => {
            let world =
                free().after(vec![("2025-03-10 10:00", BOREALIS, bid(BOREALIS, 100, "2.30"))]);
            Always(world, BOREALIS, meet(1))
        }
        Guard::PackageAllowed => {
            let whole =
                sourcing::command::match_offer::MatchOffer { package: true, ..Default::default() };
            Passes(matching(), "2025-03-11 10:00", MERIDIAN, Does::Match(whole))
        }
        Guard::Mutual => Breaks(Law::Irrevocable, signed_with_others().with(vec![(LAB, annul())])),
        Guard::BeforeDelivery => {
            let world = to_deliver().after(vec![("2025-03-10 10:00", MERIDIAN, some(1, 100))]);
            Breaks(Law::Conservation, world.with(vec![(ARBITER, annul())]))
        }
        Guard::OnlyLater => {
            Breaks(Law::Windows, noticed().with(vec![(LAB, extend("2025-01-30 17:00"))]))
        }
        Guard::Disputed => Passes(noticed(), "2025-01-23 10:00", ARBITER, rule(State::Exempt)),
        Guard::LotOpen => {
            let world = to_deliver().after(vec![("2025-03-10 10:00", MERIDIAN, deliver(1))]);
            Passes(world, "2025-03-11 10:00", MERIDIAN, deliver(1))
        }
        Guard::SlipAllowed => {
            let world = to_deliver().after(vec![("2025-03-10 10:00", MERIDIAN, slip(1))]);
            let again =
                sourcing::command::slip::Slip { lot: 1, due: jiff::civil::date(2025, 10, 1) };
            Passes(world, "2025-03-11 10:00", MERIDIAN, Does::Slip(again))
        }
        Guard::Recoverable => Always(to_deliver(), MERIDIAN, recover(1)),
        Guard::BridgeLimits => {
            let bridge = need(|need| need.emergency = Some("a fire".to_string()));
            Passes(World::new("a bridge", refusal("")), "2025-01-21 10:00", LAB, bridge)
        }
        Guard::AllRevealed => {
            let world = sealed().after(vec![(
                "2025-03-14 17:01",
                BOREALIS,
                reveal(1, &offer(BOREALIS, 200, "2.40")),
            )]);
            Passes(world, "2025-03-14 17:02", LAB, award(1))
        }
        Guard::HolderPreferred => {
            let world = World::new("a preference", refusal("mode = preference")).after(vec![
                ("2025-01-21 10:00", LAB, need_200()),
                ("2025-01-21 17:00", MERIDIAN, bid(MERIDIAN, 200, "2.30")),
                ("2025-01-21 17:00", BOREALIS, bid(BOREALIS, 200, "2.30")),
            ]);
            Passes(world, "2025-01-21 18:00", LAB, award(2))
        }
        Guard::ConsentGiven => {
            let clause = refusal("consent_still_needed = true");
            let world = World::new("a consent still needed", clause).after(vec![
                ("2025-01-21 10:00", LAB, need_200()),
                ("2025-01-21 11:00", LAB, notify()),
                ("2025-01-22 10:00", MERIDIAN, decline()),
                ("2025-01-22 11:00", BOREALIS, bid(BOREALIS, 200, "2.40")),
            ]);
            Passes(world, "2025-01-22 18:00", LAB, award(1))
        }
        Guard::Tied => Always(free(), LAB, Does::AskImprovement),
        Guard::ImprovementHeld => Passes(tied(), "2025-03-10 10:03", LAB, award_best(Some(SEED))),
        Guard::Improves => {
            let worse = offer(BOREALIS, 200, "2.31");
            let world = tied().after(vec![
                ("2025-03-10 10:03", LAB, Does::AskImprovement),
                ("2025-03-10 10:04", BOREALIS, seal_improvement(1, &worse)),
            ]);
            Passes(world, "2025-03-11 10:04", BOREALIS, reveal_improvement(1, &worse))
        }
        Guard::SeedUnknown => {
            let world = free().after(vec![
                ("2025-03-10 10:01", BOREALIS, bid(BOREALIS, 200, "2.30")),
                ("2025-03-10 10:02", ZEPHYR, bid(ZEPHYR, 200, "2.30")),
            ]);
            Passes(world, "2025-03-10 11:00", LAB, award_best(None))
        }
        Guard::SeedOpens => Passes(tied_still(), "2025-03-12 10:00", LAB, award_best(Some(NONCE))),
    }
}

/// The laws a world breaks, asking these guards; and what happened until then.
fn broken(world: &World, guards: Guards) -> Vec<(&'static str, String)> {
    let checker = world.clone().asking(guards).checker();
    let checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let found = checker.discoveries().into_iter().map(|(law, path)| {
        let broken = format!("{:?}", path.last_state().watched.watcher.broken);
        (law, broken)
    });
    found.collect()
}

/// What comes of a command after a world's history, asking these guards.
fn outcome(
    world: &World,
    guards: Guards,
    when: &str,
    by: &str,
    does: &Does,
) -> Result<usize, Guard> {
    let situation = world.init_states().pop().unwrap();
    let (book, command) = (&situation.watched.book, Command::new(by, does.clone()));
    let decided =
        sourcing::command::decide_asking(guards, &world.terms, book, CASE, &command, at(when));
    decided.map(|events| events.len()).map_err(|refused| refused.guard)
}

#[test]
fn every_guard_is_missed() {
    let mut caught = 0;
    let mut wrong = Vec::new();
    for &guard in Guard::ALL {
        let without = Guards::without(guard);
        let found = match row(guard) {
            Breaks(law, world) => {
                let with = broken(&world, Guards::ALL);
                let missing = broken(&world, without);
                let breaks = missing.iter().any(|(name, _)| *name == law.name());
                (!with.is_empty() || !breaks)
                    .then(|| format!("`{law}` should break: {missing:?}; with the guard: {with:?}"))
            }
            Passes(world, when, by, does) => {
                let with = outcome(&world, Guards::ALL, when, by, &does);
                let missing = outcome(&world, without, when, by, &does);
                let passes = with == Err(guard) && missing.is_ok_and(|events| events > 0);
                (!passes).then(|| format!("with it {with:?}, without {missing:?}"))
            }
            Always(world, by, does) => {
                let outcomes = [Guards::ALL, without]
                    .map(|guards| outcome(&world, guards, "2025-04-01 10:00", by, &does));
                (outcomes != [Err(guard), Err(guard)]).then(|| format!("{outcomes:?}"))
            }
        };
        match found {
            None => caught += 1,
            Some(found) => wrong.push(format!("{guard}: {found}")),
        }
    }
    println!("{caught} of {} guards are missed", Guard::ALL.len());
    assert_eq!(wrong, Vec::<String>::new());
}
