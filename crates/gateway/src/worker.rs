//! One thread that carries calls, with connections and rows of its own, and what it shares.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::homes::Homes;
use crate::later::Later;
use crate::meter::estimate::Estimator;
use crate::meter::{Ids, Log, Unresolved, Writer};
use crate::seen::{Facts, Gauges, RollFigures};
use crate::upstream::{Connector, Pool};
use crate::world::World;

/// Tells the time. It is handed in, so that whoever tests can hand in another.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What all workers share.
pub struct Shared {
    /// What calls are decided and carried by.
    pub world: ArcSwap<World>,
    /// Where rows go.
    pub log: Log,
    /// At which upstream objects live.
    pub homes: Homes,
    /// What is metered when it is done.
    pub(crate) later: Later,
    /// Counts what nobody else has counted.
    pub(crate) estimator: Estimator,
    /// What nobody knows the use of.
    pub unresolved: Unresolved,
    /// Ids of requests and rows.
    pub ids: Ids,
    /// What tells the time.
    pub clock: Clock,
    /// Makes connections to upstreams.
    pub connector: Connector,
    /// Held by whoever replaces the world.
    pub changing: Mutex<()>,
    /// Whether no more calls are taken.
    pub stopping: AtomicBool,
    /// What has become of rows.
    pub(crate) rolled: RollFigures,
}

/// One thread that carries calls.
pub struct Worker {
    /// Which one.
    pub number: usize,
    /// What it shares with the others.
    pub shared: Arc<Shared>,
    /// Where its rows go.
    pub rows: Writer,
    /// What it has going on.
    pub(crate) gauges: Gauges,
    /// What happened at it, for whoever takes it.
    pub(crate) facts: Facts,
    busy: AtomicUsize,
    idle: Notify,
}

/// Something that must come to its end before the worker does.
#[derive(Debug)]
pub struct Busy(Arc<Worker>);

impl Shared {
    /// What calls are decided by at an instant.
    pub fn world(&self, now: Timestamp) -> Arc<World> {
        let world = self.world.load_full();
        if world.holds(now) { world } else { self.next_world(now) }
    }

    /// The first call after a clause or a price has changed has everything decided anew; those that
    /// come meanwhile wait for it, as none may be decided by what no longer holds.
    fn next_world(&self, now: Timestamp) -> Arc<World> {
        self.change(|world| if world.holds(now) { None } else { Some(world.at(now)) })
    }

    /// Replaces the world, unless `change` finds that it need not be.
    pub fn change(&self, change: impl FnOnce(&World) -> Option<World>) -> Arc<World> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(world) = change(&self.world.load()) {
            self.world.store(Arc::new(world));
        }
        self.world.load_full()
    }
}

impl Worker {
    /// A worker that nothing has been asked of.
    pub fn new(number: usize, shared: Arc<Shared>, rows: Writer) -> Worker {
        Worker {
            number,
            shared,
            rows,
            gauges: Gauges::default(),
            facts: Facts::default(),
            busy: AtomicUsize::new(0),
            idle: Notify::new(),
        }
    }

    /// Its connections to the upstreams of a world.
    pub fn pool<'a>(&self, world: &'a World) -> &'a Pool {
        &world.wired.pools[self.number]
    }

    /// Keeps it from ending until what is returned is dropped.
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    /// Waits until nothing keeps it from ending.
    pub async fn until_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.busy.load(Ordering::Acquire) == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.busy.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("number", &self.number).finish_non_exhaustive()
    }
}
