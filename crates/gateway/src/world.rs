//! All that calls are decided and carried by at one moment. It is replaced as a whole, so that no call
//! sees half of a change; calls that run keep what they began with.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use terms::{Known, Terms};

use crate::config::{Limits, Mistake, Secrets, Settings, Wiring};
use crate::keys::{Ring, Spent};
use crate::seen::{Board, Desk, Seeing};
use crate::standing::{Standing, Target};
use crate::upstream::{Health, Pool};

/// What the settings say, ready for use.
#[derive(Debug)]
pub struct Wired {
    /// Upstreams and routes.
    pub wiring: Wiring,
    /// Keys.
    pub ring: Ring,
    /// What calls may take.
    pub limits: Limits,
    /// By upstream: how it has been doing.
    pub health: Vec<Arc<Health>>,
    /// By worker: its connections between exchanges.
    pub pools: Vec<Pool>,
    /// What is to be noted of single calls.
    pub seeing: Seeing,
    /// All figures since the start.
    pub(crate) board: Arc<Board>,
    /// By worker: its way to its cells of the board.
    pub(crate) desks: Vec<Desk>,
    /// What answers, as the terms tell it apart: every candidate, then every upstream without a model.
    targets: Vec<Target>,
}

/// Settings and terms together.
#[derive(Debug)]
pub struct World {
    /// What the settings say.
    pub wired: Arc<Wired>,
    /// What the terms say.
    pub standing: Standing,
    /// The UTC day, for budgets.
    pub day: Date,
}

impl Wired {
    /// Looks up what settings say. What `before` has counted goes on.
    ///
    /// # Errors
    /// All that is wrong, so that one run reports it.
    pub fn of(
        settings: &Settings,
        secrets: &dyn Secrets,
        workers: usize,
        before: Option<&Wired>,
    ) -> Result<Wired, Vec<Mistake>> {
        let ring = Ring::of(&settings.key, before.map(|before| &before.ring));
        let (wiring, ring) = match (Wiring::of(settings, secrets), ring) {
            (Ok(wiring), Ok(ring)) => (wiring, ring),
            (Err(mut mistakes), Err(more)) => {
                mistakes.extend(more);
                return Err(mistakes);
            }
            (Err(mistakes), _) | (_, Err(mistakes)) => return Err(mistakes),
        };
        let candidates = wiring.candidates.iter().map(|candidate| {
            let upstream = &wiring.upstreams[candidate.upstream];
            Target {
                model: Some(candidate.model.to_string()),
                host: upstream.host.to_string(),
                region: upstream.region.clone(),
            }
        });
        let bare = wiring.upstreams.iter().map(|upstream| Target {
            model: None,
            host: upstream.host.to_string(),
            region: upstream.region.clone(),
        });
        let targets = candidates.chain(bare).collect();
        let health = wiring.upstreams.iter().map(|upstream| {
            let same = before.and_then(|before| {
                let mut old = before.wiring.upstreams.iter().zip(&before.health);
                old.find(|(old, _)| old.name == upstream.name).map(|(_, health)| health.clone())
            });
            same.unwrap_or_default()
        });
        let health = health.collect();
        let pools = (0..workers).map(|_| Pool::new(wiring.upstreams.len())).collect();
        let board = before.map(|before| before.board.clone());
        Ok(Wired {
            wiring,
            ring,
            limits: settings.limits.clone(),
            health,
            pools,
            seeing: Seeing::of(settings),
            board: board.unwrap_or_else(|| Arc::new(Board::new(workers))),
            desks: (0..workers).map(|_| Desk::default()).collect(),
            targets,
        })
    }

    /// The place among targets of an upstream that is called for no model.
    pub fn bare_target(&self, upstream: usize) -> usize {
        self.wiring.candidates.len() + upstream
    }
}

impl World {
    /// Settings under terms at an instant.
    pub fn new(wired: Arc<Wired>, terms: Arc<Terms>, known: Known, now: Timestamp) -> World {
        let (subjects, targets) = (wired.ring.subjects().to_vec(), wired.targets.clone());
        let standing = Standing::compile(terms, known, now, subjects, targets);
        World { wired, standing, day: utc_day(now) }
    }

    /// The same at a later instant.
    pub fn at(&self, now: Timestamp) -> World {
        World { wired: self.wired.clone(), standing: self.standing.at(now), day: utc_day(now) }
    }

    /// The same under other terms.
    pub fn under(&self, terms: Arc<Terms>, known: Known, now: Timestamp) -> World {
        let standing = self.standing.under(terms, known, now);
        World { wired: self.wired.clone(), standing, day: utc_day(now) }
    }

    /// Other settings under the same terms.
    pub fn with(&self, wired: Arc<Wired>, now: Timestamp) -> World {
        World::new(wired, self.standing.terms().clone(), self.standing.known(), now)
    }

    /// Whether it still holds: neither a clause nor a price nor the day has changed.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.standing.until().is_none_or(|until| now < until)
    }
}

fn utc_day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

impl World {
    /// Counts what was spent on a day, and not reserved before, against a key's budget.
    pub(crate) fn spent(&self, key: &str, day: Date, spent: Spent) {
        let key = self.wired.ring.all().find(|known| *known.name == *key);
        if let Some(budget) = key.and_then(|key| key.budget.as_ref()) {
            budget.recover(day, spent);
        }
    }
}

/// A number of milliseconds of the settings.
pub(crate) fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A duration in whole microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
