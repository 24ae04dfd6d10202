//! Whether a gateway takes calls, and what keeps it from it.

use std::sync::atomic::Ordering;
use std::time::Instant;

use rights::Verdict;
use serde::Serialize;

use crate::upstream::health::Circuit;
use crate::worker::Shared;
use crate::world::World;

/// Whether it takes calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// What is not ready; nothing if it takes calls.
    pub not_ready: Vec<NotReady>,
}

/// What is not ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum NotReady {
    /// It is stopping.
    Stopping,
    /// Rows cannot be written, so no call is carried.
    Rows,
    /// The circuits of all upstreams are open that the agreement lets answer for a route.
    Route {
        /// The route's name.
        route: String,
        /// Its upstreams.
        upstreams: Vec<String>,
    },
}

impl Readiness {
    /// Whether nothing keeps it from taking calls.
    pub fn is_ready(&self) -> bool {
        self.not_ready.is_empty()
    }
}

/// Whether a gateway takes calls. An upstream whose circuit is half open counts as one that answers:
/// were no call sent here any more, none could find out that it is back.
pub(crate) fn readiness(shared: &Shared, now: Instant) -> Readiness {
    let mut not_ready = Vec::new();
    if shared.stopping.load(Ordering::Relaxed) {
        not_ready.push(NotReady::Stopping);
    }
    if !shared.log.is_sound() {
        not_ready.push(NotReady::Rows);
    }
    let world = shared.world.load();
    not_ready.extend(broken_routes(&world, now));
    Readiness { not_ready }
}

/// Routes that the agreement lets somebody answer for, and nobody can.
fn broken_routes(world: &World, now: Instant) -> impl Iterator<Item = NotReady> {
    let wired = &world.wired;
    wired.wiring.route_names.iter().filter_map(move |name| {
        let route = wired.wiring.routes.get(&**name)?;
        let subjects = 0..wired.ring.subjects().len();
        let is_allowed = |number: usize| {
            let mut subjects = subjects.clone();
            subjects.any(|of| world.standing.verdict(of, number) == Verdict::Permitted)
        };
        let allowed = route.candidates.iter().filter(|candidate| is_allowed(candidate.number));
        let mut upstreams: Vec<usize> = allowed.map(|candidate| candidate.upstream).collect();
        upstreams.sort_unstable();
        upstreams.dedup();
        let is_open = |upstream: &usize| wired.health[*upstream].circuit(now) == Circuit::Open;
        (!upstreams.is_empty() && upstreams.iter().all(is_open)).then(|| NotReady::Route {
            route: name.to_string(),
            upstreams: upstreams
                .iter()
                .map(|upstream| wired.wiring.upstreams[*upstream].name.to_string())
                .collect(),
        })
    })
}
