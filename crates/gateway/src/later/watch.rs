//! A thread that asks upstreams for what is not metered yet, and writes its rows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use terms::registry::Processing;
use tokio::sync::{Semaphore, watch};

use super::ask::{Done, Said, ask};
use super::output::Used;
use super::{Entry, Job, Later};
use crate::homes;
use crate::meter::spent::spent_by;
use crate::meter::{LogError, Measure, Outcome, Row, RowId, Tier, Tokens, Writer};
use crate::worker::Shared;
use crate::world::{World, millis};

/// Most questions at once.
const AT_ONCE: usize = 4;

/// How often an upstream must say that it knows nothing of something, before that is believed: what it
/// has made may take a while to be found everywhere.
const MISSING: u32 = 3;

/// How often what has expired is forgotten.
const EXPIRE: Duration = Duration::from_secs(3600);

/// Asks until it is told to stop.
pub(crate) async fn watch(
    shared: Arc<Shared>,
    rows: Arc<Writer>,
    mut stopped: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut expire = tokio::time::interval(EXPIRE);
    loop {
        while let Some(job) = shared.later.next_due(Instant::now()) {
            let Ok(place) = room.clone().acquire_owned().await else { return };
            let (shared, rows) = (shared.clone(), rows.clone());
            tokio::spawn(async move {
                one(&shared, &rows, &job).await;
                drop(place);
            });
        }
        let wait = shared.later.until_due(Instant::now());
        tokio::select! {
            () = shared.later.woken.notified() => {}
            () = tokio::time::sleep(wait) => {}
            _ = expire.tick() => shared.homes.expire((shared.clock)()),
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
    }
}

async fn one(shared: &Shared, rows: &Writer, job: &Job) {
    let world = shared.world((shared.clock)());
    let limits = &world.wired.limits;
    let later = &shared.later;
    let done = match ask(shared, &world, job).await {
        Said::Done(done) => Some(done),
        Said::Missing if later.is_missing(job) => {
            // It is gone, and nobody can say what it used.
            let used = vec![job.one(404, Measure::Unknown, Tokens::default())];
            Some(Done { used, at: None, files: Vec::new(), endpoint: "unknown" })
        }
        Said::NotYet | Said::Missing => None,
    };
    let is_metered = done.is_some_and(|done| {
        for file in &done.files {
            // What cannot be written down is remembered until the next start.
            let now = (shared.clock)();
            let kind = homes::Kind::File;
            let _ = shared.homes.learn(file, kind, &job.upstream, &job.customer, now);
        }
        later.meter(shared, &world, rows, job, &done).is_ok()
    });
    if !is_metered {
        later.ask_again(job, Instant::now(), millis(limits.watch_ms), millis(limits.watch_max_ms));
    }
}

impl Later {
    /// The job that is to be asked for first, if it is time.
    fn next_due(&self, now: Instant) -> Option<Arc<Job>> {
        let mut known = self.locked();
        let due = known.jobs.values_mut().filter(|waiting| !waiting.is_asked && waiting.due <= now);
        let waiting = due.min_by_key(|waiting| waiting.due)?;
        waiting.is_asked = true;
        Some(waiting.job.clone())
    }

    /// How long there is nothing to ask.
    fn until_due(&self, now: Instant) -> Duration {
        let known = self.locked();
        let due = known.jobs.values().filter(|waiting| !waiting.is_asked);
        let due = due.map(|waiting| waiting.due).min();
        due.map_or(EXPIRE, |due| due.saturating_duration_since(now))
    }

    fn ask_again(&self, job: &Job, now: Instant, first: Duration, most: Duration) {
        if let Some(waiting) = self.locked().jobs.get_mut(&job.known_by()) {
            waiting.is_asked = false;
            waiting.wait = (waiting.wait * 3 / 2).clamp(first.min(most), most);
            waiting.due = now + waiting.wait;
        }
        self.woken.notify_one();
    }

    fn is_missing(&self, job: &Job) -> bool {
        let mut known = self.locked();
        let Some(waiting) = known.jobs.get_mut(&job.known_by()) else { return false };
        waiting.missing += 1;
        waiting.missing >= MISSING
    }

    fn has_written(&self, job: &Job, row: RowId) -> bool {
        let known = self.locked();
        known.jobs.get(&job.known_by()).is_some_and(|waiting| waiting.written.contains(&row))
    }

    fn wrote(&self, job: &Job, row: RowId) {
        if let Some(waiting) = self.locked().jobs.get_mut(&job.known_by()) {
            waiting.written.insert(row);
        }
    }

    /// Writes the rows of a job, each once, and notes that they are there.
    // INVARIANT: the rows are on the disk before the note is written; none is taken over in between.
    fn meter(
        &self,
        shared: &Shared,
        world: &World,
        rows: &Writer,
        job: &Job,
        done: &Done,
    ) -> Result<(), LogError> {
        let _settling = self.settling();
        for used in &done.used {
            // Nobody else writes rows of a job that is being asked for.
            if self.has_written(job, used.row) {
                continue;
            }
            let row = job.row(world, used, done);
            rows.write(&row)?;
            self.wrote(job, used.row);
            if let Some((day, spent)) = spent_by(&row) {
                world.spent(&job.key, day, spent);
            }
        }
        shared.log.sync().map_err(|error| LogError::io("sync", shared.log.dir(), error))?;
        self.file.append(&Entry::Metered(job.known_by()))?;
        let mut known = self.locked();
        known.jobs.remove(&job.known_by());
        known.ids.retain(|_, known_by| *known_by != job.known_by());
        Ok(())
    }
}

impl Job {
    fn row<'a>(&'a self, world: &World, used: &Used, done: &'a Done) -> Row<&'a str> {
        let asked = used.model.map(|at| &self.models[at]);
        let wired = &world.wired;
        let subject =
            wired.ring.subjects().iter().position(|subject| {
                subject.channel == self.channel && subject.product == self.product
            });
        let candidate = asked.and_then(|asked| {
            wired.wiring.candidates.iter().find(|candidate| {
                *candidate.model == *asked.model
                    && *wired.wiring.upstreams[candidate.upstream].name == *self.upstream
            })
        });
        let processing = match self.tier() {
            Tier::Standard => Processing::Standard,
            Tier::Batch => Processing::Batch,
            Tier::Training => Processing::Training,
        };
        let rate = subject.zip(candidate).and_then(|(subject, candidate)| {
            world.standing.rate_otherwise(subject, candidate.number, processing)
        });
        // An upstream's clock is believed as far as it can be true: what is on another day in a second
        // reading would be another call.
        let began = self.at_ns;
        let ended = done.at.and_then(|at| at.checked_mul(1_000_000_000));
        let can_be = began.saturating_sub(DAY_NS)..began.saturating_add(90 * DAY_NS);
        let at_ns = ended.filter(|ended| can_be.contains(ended)).unwrap_or(began);
        Row {
            id: used.row,
            request: self.request,
            attempt: 1,
            at_ns,
            key: &self.key,
            customer: &self.customer,
            product: &self.product,
            channel: &self.channel,
            endpoint: done.endpoint,
            model: asked.map_or("", |asked| &asked.model),
            deployment: asked.map_or("", |asked| &asked.deployment),
            upstream: &self.upstream,
            host: &self.host,
            decision: asked.map_or("", |asked| &asked.decision),
            outcome: Outcome::Complete,
            status: used.status,
            measure: used.measure,
            tokens: used.tokens,
            cost: rate.and_then(|rate| rate.cost(&used.tokens)),
            first_byte_us: 0,
            took_us: 0,
            tier: self.tier(),
        }
    }
}

const DAY_NS: i64 = 86_400_000_000_000;
