//! Every order in which a few parties can do a few things, at every instant that matters.
//!
//! Stateright explores the worlds below over the very `decide` and `apply` that run in production;
//! each invariant of the domain rules, §2.8, that is about sourcing is a property of theirs (see
//! [`watcher::law::Law`]). Elsewhere are checked: 14 in `rights`, 15 in `tests/measured.rs`, the
//! tie-breaks among third parties of 13 in `evaluation`, 19, 21 and 22 in `settlement`.
//!
//! Bounded so that all worlds together take less than a minute; `CHARTER_LONG=1` lets each go on for
//! more commands. The numbers of states are printed: `cargo test --test model -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
mod watcher;
mod worlds;

use std::time::Instant;

use common::*;
use stateright::{Checker, Model};
use worlds::World;

/// Explores a world to its end, or fails with the shortest history that breaks a law.
fn explore(world: World, longer: u8) {
    let long = std::env::var_os("CHARTER_LONG").is_some();
    let more = if long { longer } else { 0 };
    let world = World { commands: world.commands + more, ..world };
    let (name, begun) = (world.name, Instant::now());
    let checker = world.checker().threads(2).spawn_bfs().join();
    let (states, all) = (checker.unique_state_count(), checker.state_count());
    let seconds = begun.elapsed().as_secs_f32();
    println!("{name}: {states} states, {all} with repeats, in {seconds:.1} s");
    for (law, path) in checker.discoveries() {
        let broken = &path.last_state().watched.watcher.broken;
        let steps: Vec<_> = path.clone().into_actions();
        let model = checker.model();
        let steps: Vec<_> = steps.iter().map(|step| model.format_action(step)).collect();
        panic!("{name}: {law} does not hold: {broken:#?}\nafter {steps:#?}");
    }
}

#[test]
fn one_holder_two_third_parties() {
    let world = World::new("one holder, two third parties", agreement(&first_refusal("")))
        .after(vec![
            ("2025-01-21 10:00", LAB, request_of(|need| need.quantity.count = 200)),
            ("2025-01-21 18:05", LAB, notify()),
        ])
        .with(vec![
            (MERIDIAN, exercise(100)),
            (MERIDIAN, exercise_all()),
            (MERIDIAN, decline()),
            (BOREALIS, bid(BOREALIS, 100, "2.40")),
            (ZEPHYR, bid(ZEPHYR, 200, "2.50")),
            (LAB, award(1)),
            (LAB, present(1)),
            (MERIDIAN, match_offer()),
            (LAB, sourcing::Does::Sign),
        ])
        .commands(4);
    explore(world, 1);
}
