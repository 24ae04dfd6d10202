//! A look at a gateway that is running.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::board::locked;
use super::fact::Fact;
use super::ready::{Readiness, readiness};
use super::snapshot::{
    AttemptFigures, BudgetFigures, CallFigures, ClauseFigures, Distribution, OUTCOMES,
    RefusalFigures, RouteFigures, RowFigures, Snapshot, TargetFigures, UpstreamFigures, counted,
    distribution, tokens_of,
};
use super::trace::Seeing;
use super::watch::hour;
use crate::meter::{Recovered, Rolled};
use crate::worker::{Shared, Worker};
use crate::world::World;
use crate::world::micros;

/// A look at a gateway. It keeps the gateway's rows open, so it has to be dropped before another
/// gateway begins.
#[derive(Clone)]
pub struct Sight {
    shared: Arc<Shared>,
    workers: Vec<Arc<Worker>>,
}

/// What has become of rows since the start.
#[derive(Debug)]
pub(crate) struct RollFigures {
    recovered: u64,
    rolled: AtomicU64,
    last: Mutex<Option<Timestamp>>,
}

impl RollFigures {
    pub fn of(recovered: Recovered) -> RollFigures {
        RollFigures { recovered: recovered.rows, rolled: AtomicU64::new(0), last: Mutex::default() }
    }

    pub fn note(&self, rolled: Rolled, now: Timestamp) {
        let Rolled { new, known, nothing, unresolved, .. } = rolled;
        self.rolled.fetch_add(new + known + nothing + unresolved, Ordering::Relaxed);
        *locked(&self.last) = Some(now);
    }
}

impl Sight {
    pub(crate) fn new(shared: Arc<Shared>, workers: Vec<Arc<Worker>>) -> Sight {
        Sight { shared, workers }
    }

    /// Whether it takes calls.
    pub fn readiness(&self) -> Readiness {
        readiness(&self.shared, Instant::now())
    }

    /// What is to be noted of single calls at the moment.
    pub fn seeing(&self) -> Seeing {
        self.shared.world.load().wired.seeing
    }

    /// What tells the gateway the time.
    pub fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    /// Whether rows can be written.
    pub fn is_sound(&self) -> bool {
        self.shared.log.is_sound()
    }

    /// How upstreams are doing.
    pub fn upstreams(&self) -> Vec<UpstreamFigures> {
        upstreams(&self.shared.world.load())
    }

    /// How many facts nobody took in time.
    pub fn forgotten_facts(&self) -> u64 {
        self.workers.iter().map(|worker| worker.facts.forgotten()).sum()
    }

    /// Takes all facts that wait.
    pub fn facts(&self) -> Vec<Fact> {
        self.workers
            .iter()
            .map(|worker| worker.facts.take())
            .flat_map(VecDeque::into_iter)
            .collect()
    }

    /// All figures, added up over workers.
    pub fn snapshot(&self) -> Snapshot {
        let world = self.shared.world.load();
        let board = &world.wired.board;
        let now = (self.shared.clock)();
        let sum = |which: fn(&Worker) -> u64| self.workers.iter().map(|worker| which(worker)).sum();
        let running = |worker: &Worker| worker.gauges.calls.load(Ordering::Relaxed) as u64;
        let streams = |worker: &Worker| worker.gauges.streams.load(Ordering::Relaxed) as u64;
        let connections =
            |worker: &Worker| worker.gauges.connections.load(Ordering::Relaxed) as u64;
        let calls = board.calls.all().into_iter().map(|(labels, cells)| CallFigures {
            key: labels.key.to_string(),
            product: labels.product.to_string(),
            channel: labels.channel.to_string(),
            route: labels.route.to_string(),
            operation: labels.operation.to_string(),
            ends: counted(cells.iter().map(|cell| cell.ends.read())),
        });
        let routes =
            board.routes.all().into_iter().map(|((route, operation), cells)| RouteFigures {
                route: route.to_string(),
                operation: operation.to_string(),
                first_byte_us: distribution(cells.iter().map(|cell| cell.first_byte.read())),
                duration_us: distribution(cells.iter().map(|cell| cell.duration.read())),
                added_us: distribution(cells.iter().map(|cell| cell.added.read())),
            });
        let attempts = board.attempts.all().into_iter().map(|(labels, cells)| AttemptFigures {
            key: labels.of.key.to_string(),
            product: labels.of.product.to_string(),
            channel: labels.of.channel.to_string(),
            route: labels.of.route.to_string(),
            operation: labels.of.operation.to_string(),
            upstream: labels.upstream.to_string(),
            model: labels.model.to_string(),
            ends: counted(cells.iter().map(|cell| cell.ends.read())),
            tokens: tokens_of(cells.iter().map(|cell| cell.tokens.each_ref().map(|c| c.get()))),
            cost: amount(cells.iter().map(|cell| cell.cost.get()).sum()),
            cost_of_hour: amount(
                cells.iter().map(|cell| u128::from(cell.cost_of_hour.get(hour(now)))).sum(),
            ),
            unknown: cells.iter().map(|cell| cell.unknown.get()).sum(),
        });
        let targets = board.targets.all().into_iter().map(|(labels, cells)| TargetFigures {
            route: labels.route.to_string(),
            upstream: labels.upstream.to_string(),
            model: labels.model.to_string(),
            provider: labels.provider.to_string(),
            address: labels.address.to_string(),
            port: labels.port,
            operation: labels.operation.to_string(),
            first_byte_us: distribution(cells.iter().map(|cell| cell.first_byte.read())),
            duration_us: OUTCOMES
                .into_iter()
                .map(|outcome| {
                    let read = cells.iter().map(|cell| cell.duration[outcome as usize].read());
                    (outcome, distribution(read))
                })
                .filter(|(_, distribution): &(_, Distribution)| distribution.count() > 0)
                .collect(),
            read_tokens: distribution(cells.iter().map(|cell| cell.read.read())),
            written_tokens: distribution(cells.iter().map(|cell| cell.written.read())),
        });
        let (refusals, clauses) = self.refusals(&world);
        Snapshot {
            at: now,
            workers: self.workers.len(),
            running: sum(running),
            streams: sum(streams),
            connections: sum(connections),
            forgotten_facts: self.forgotten_facts(),
            calls: calls.collect(),
            routes: routes.collect(),
            attempts: attempts.collect(),
            targets: targets.collect(),
            refusals,
            clauses,
            upstreams: upstreams(&world),
            budgets: budgets(&world),
            rows: self.rows(),
        }
    }

    fn refusals(&self, world: &World) -> (Vec<RefusalFigures>, Vec<ClauseFigures>) {
        let (mut reasons, mut clauses) = (BTreeMap::new(), BTreeMap::new());
        for of_worker in &world.wired.board.refusals {
            let refusals = locked(of_worker);
            for (of, count) in &refusals.by_reason {
                *reasons.entry(of.clone()).or_insert(0) += count;
            }
            for (clause, count) in &refusals.by_clause {
                *clauses.entry(clause.clone()).or_insert(0) += count;
            }
        }
        let reasons = reasons.into_iter().map(|((key, reason), count)| RefusalFigures {
            key: key.to_string(),
            reason: reason.to_string(),
            count,
        });
        let clauses = clauses.into_iter().map(|(clause, count)| ClauseFigures { clause, count });
        (reasons.collect(), clauses.collect())
    }

    fn rows(&self) -> RowFigures {
        let written: u64 = self.workers.iter().map(|worker| worker.gauges.rows()).sum();
        let rolls = &self.shared.rolled;
        let rolled = rolls.rolled.load(Ordering::Relaxed);
        RowFigures {
            written,
            rolled,
            waiting: (written + rolls.recovered).saturating_sub(rolled),
            unsynced_us: self.shared.log.waits().map_or(0, micros),
            last_roll: *locked(&rolls.last),
            sound: self.shared.log.is_sound(),
        }
    }
}

fn upstreams(world: &World) -> Vec<UpstreamFigures> {
    let now = Instant::now();
    let known = world.wired.wiring.upstreams.iter().zip(&world.wired.health);
    let figures = known.map(|(upstream, health)| UpstreamFigures {
        upstream: upstream.name.to_string(),
        host: upstream.host.to_string(),
        circuit: health.circuit(now),
        opened: health.opened(),
        failures: health.failures(),
        in_flight: health.in_flight() as u64,
        // Without a limit in the settings there is none to show.
        concurrency_max: u32::try_from(upstream.concurrency_max).ok(),
        first_byte_us: health.first_byte_us(),
    });
    figures.collect()
}

fn budgets(world: &World) -> Vec<BudgetFigures> {
    let keys = world.wired.ring.all();
    let budgets = keys.filter_map(|key| {
        let budget = key.budget.as_ref()?;
        let (tokens, money) = budget.left(world.day);
        Some(BudgetFigures {
            key: key.name.to_string(),
            period: budget.period().to_string(),
            tokens_left: tokens,
            money_left: money.map(amount),
        })
    });
    budgets.collect()
}

/// An amount in 10⁻¹², as a decimal. Beyond 10¹⁶ units it is shown as the most that fits.
fn amount(scaled: u128) -> Decimal {
    let scaled = i128::try_from(scaled).unwrap_or(i128::MAX);
    Decimal::try_from_i128_with_scale(scaled, 12).unwrap_or(Decimal::MAX).normalize()
}
