//! Cells by their labels, and each worker's way to its own.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::count::{Amount, Count, Histogram, OfHour};
use super::snapshot::{CLASSES, OUTCOMES, StatusClass};
use crate::config::UpstreamDialect;
use crate::meter::Outcome;
use crate::route::Endpoint;
use crate::world::Wired;

/// Bounds of times to the first byte, in microseconds: those that OpenTelemetry's GenAI conventions
/// recommend.
const FIRST_BYTE_US: [u64; 16] = [
    1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 250_000, 500_000, 750_000,
    1_000_000, 2_500_000, 5_000_000, 7_500_000, 10_000_000,
];

/// Bounds of whole calls, in microseconds, from the same source.
const DURATION_US: [u64; 14] = [
    10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000, 5_120_000,
    10_240_000, 20_480_000, 40_960_000, 81_920_000,
];

/// Bounds of what the gateway itself adds, in microseconds.
const ADDED_US: [u64; 12] =
    [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000];

/// Bounds of a call's tokens, from the conventions.
const TOKENS: [u64; 14] = [
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
];

/// How often something ended how.
#[derive(Debug, Default)]
pub struct Ends([[Count; StatusClass::ALL.len()]; OUTCOMES.len()]);

/// Of which calls figures are. Where there is no key or route, its name is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallLabels {
    pub key: Arc<str>,
    pub product: Arc<str>,
    pub channel: Arc<str>,
    pub route: Arc<str>,
    pub operation: &'static str,
}

/// Of which attempts figures are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptLabels {
    pub of: CallLabels,
    pub upstream: Arc<str>,
    pub model: Arc<str>,
}

/// Where attempts of figures were made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetLabels {
    pub route: Arc<str>,
    pub upstream: Arc<str>,
    pub model: Arc<str>,
    pub provider: &'static str,
    pub address: Arc<str>,
    pub port: u16,
    pub operation: &'static str,
}

/// Which route, and what was called.
pub type RouteLabels = (Arc<str>, &'static str);

/// What one worker has counted of calls.
#[derive(Debug, Default)]
pub struct CallCell {
    pub ends: Ends,
}

/// What one worker has measured of calls of a route.
#[derive(Debug)]
pub struct RouteCell {
    pub first_byte: Histogram<16>,
    pub duration: Histogram<14>,
    pub added: Histogram<12>,
}

/// What one worker has counted of attempts.
#[derive(Debug, Default)]
pub struct AttemptCell {
    pub ends: Ends,
    pub tokens: [Count; CLASSES.len()],
    pub cost: Amount,
    pub cost_of_hour: OfHour,
    /// Of which nobody knows what they used.
    pub unknown: Count,
}

/// What one worker has measured of attempts at a target.
#[derive(Debug)]
pub struct TargetCell {
    pub first_byte: Histogram<16>,
    pub duration: [Histogram<14>; OUTCOMES.len()],
    pub read: Histogram<14>,
    pub written: Histogram<14>,
}

/// All cells there have been since the start, so that figures go on over other settings.
#[derive(Debug)]
pub struct Board {
    pub calls: Shelf<CallLabels, CallCell>,
    pub routes: Shelf<RouteLabels, RouteCell>,
    pub attempts: Shelf<AttemptLabels, AttemptCell>,
    pub targets: Shelf<TargetLabels, TargetCell>,
    /// By worker: refusals by key and reason, and by clause. They are rare and say much anyway, so
    /// they may take a moment.
    pub refusals: Vec<Mutex<Refusals>>,
    workers: usize,
}

/// Refusals that one worker has counted.
#[derive(Debug, Default)]
pub struct Refusals {
    pub by_reason: BTreeMap<(Arc<str>, &'static str), u64>,
    pub by_clause: BTreeMap<String, u64>,
}

/// Cells of one kind: one for each worker, by labels.
#[derive(Debug)]
pub struct Shelf<L, C>(Mutex<BTreeMap<L, Box<[Arc<C>]>>>);

/// One worker's way to its cells under one wiring. Next to nobody else takes its lock.
#[derive(Debug, Default)]
pub struct Desk(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    calls: FxHashMap<(usize, usize, Endpoint), CallCells>,
    attempts: FxHashMap<(usize, usize, usize, Endpoint), AttemptCells>,
}

/// Where a worker counts a call.
pub type CallCells = (Arc<CallCell>, Arc<RouteCell>);

/// Where a worker counts an attempt.
pub type AttemptCells = (Arc<AttemptCell>, Arc<TargetCell>);

/// In the place of a key or route there is none of.
pub const NONE: usize = usize::MAX;

impl Ends {
    pub fn add(&self, outcome: Outcome, status: u16) {
        self.0[outcome as usize][StatusClass::of(status) as usize].add(1);
    }

    pub fn read(&self) -> [[u64; StatusClass::ALL.len()]; OUTCOMES.len()] {
        self.0.each_ref().map(|row| row.each_ref().map(Count::get))
    }
}

impl Default for RouteCell {
    fn default() -> Self {
        Self {
            first_byte: Histogram::new(&FIRST_BYTE_US),
            duration: Histogram::new(&DURATION_US),
            added: Histogram::new(&ADDED_US),
        }
    }
}

impl Default for TargetCell {
    fn default() -> Self {
        Self {
            first_byte: Histogram::new(&FIRST_BYTE_US),
            duration: std::array::from_fn(|_| Histogram::new(&DURATION_US)),
            read: Histogram::new(&TOKENS),
            written: Histogram::new(&TOKENS),
        }
    }
}

impl Board {
    pub fn new(workers: usize) -> Board {
        Board {
            calls: Shelf::default(),
            routes: Shelf::default(),
            attempts: Shelf::default(),
            targets: Shelf::default(),
            refusals: (0..workers).map(|_| Mutex::default()).collect(),
            workers,
        }
    }
}

impl<L, C> Default for Shelf<L, C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<L: Ord + Clone, C: Default> Shelf<L, C> {
    fn cell(&self, labels: L, worker: usize, workers: usize) -> Arc<C> {
        let mut cells = locked(&self.0);
        let cells = cells
            .entry(labels)
            .or_insert_with(|| (0..workers).map(|_| Arc::new(C::default())).collect());
        cells[worker].clone()
    }

    /// All cells so far, by their labels.
    pub fn all(&self) -> Vec<(L, Box<[Arc<C>]>)> {
        locked(&self.0).iter().map(|(labels, cells)| (labels.clone(), cells.clone())).collect()
    }
}

impl Desk {
    /// The cells of calls of a key for a route; either may be [`NONE`].
    pub fn calls(
        &self,
        wired: &Wired,
        worker: usize,
        (key, route): (usize, usize),
        endpoint: Endpoint,
    ) -> CallCells {
        found(&mut locked(&self.0).calls, (key, route, endpoint), || {
            let (board, labels) = (&wired.board, call_labels(wired, key, route, endpoint));
            let of_route = (labels.route.clone(), labels.operation);
            (
                board.calls.cell(labels, worker, board.workers),
                board.routes.cell(of_route, worker, board.workers),
            )
        })
    }

    /// The cells of attempts of a key at a target, which is a candidate or an upstream.
    pub fn attempts(
        &self,
        wired: &Wired,
        worker: usize,
        (key, route): (usize, usize),
        (upstream, target): (usize, usize),
        endpoint: Endpoint,
    ) -> AttemptCells {
        found(&mut locked(&self.0).attempts, (key, route, target, endpoint), || {
            let board = &wired.board;
            let of = call_labels(wired, key, route, endpoint);
            let candidate = wired.wiring.candidates.get(target);
            let model = candidate.map_or_else(|| "".into(), |candidate| candidate.model.clone());
            let at = &wired.wiring.upstreams[upstream];
            let target = TargetLabels {
                route: of.route.clone(),
                upstream: at.name.clone(),
                model: model.clone(),
                provider: provider(at.dialect),
                address: at.authority.host().into(),
                port: at.port(),
                operation: of.operation,
            };
            let labels = AttemptLabels { of, upstream: at.name.clone(), model };
            (
                board.attempts.cell(labels, worker, board.workers),
                board.targets.cell(target, worker, board.workers),
            )
        })
    }
}

/// How OpenTelemetry's GenAI conventions call who speaks a dialect.
pub fn provider(dialect: UpstreamDialect) -> &'static str {
    match dialect {
        UpstreamDialect::Openai => "openai",
        UpstreamDialect::Azure | UpstreamDialect::AzureV1 => "azure.ai.openai",
    }
}

fn call_labels(wired: &Wired, key: usize, route: usize, endpoint: Endpoint) -> CallLabels {
    let none = || Arc::from("");
    let key = wired.ring.by_number(key);
    CallLabels {
        key: key.map_or_else(none, |key| key.name.clone()),
        product: key.map_or_else(none, |key| key.product.clone()),
        channel: key.map_or_else(none, |key| key.channel.clone()),
        route: wired.wiring.route_names.get(route).cloned().unwrap_or_else(none),
        operation: endpoint.word(),
    }
}

fn found<K: Eq + Hash, V: Clone>(
    known: &mut FxHashMap<K, V>,
    key: K,
    make: impl FnOnce() -> V,
) -> V {
    known.entry(key).or_insert_with(make).clone()
}

/// Nothing that holds one of these locks can panic halfway.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
