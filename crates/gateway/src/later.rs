//! What is done while nobody waits, and metered when it is done: batches, responses in the background
//! and fine-tuning.
//!
//! Each is remembered in a file beside the rows before the client is told of it, and forgotten once its
//! rows are there. In between its upstream is asked for it again and again, by whichever run of the
//! gateway there is. What a row is known by follows from the upstream's own ids, so that whoever reads
//! the same answer twice writes the same rows.

pub(crate) mod ask;
pub(crate) mod input;
mod output;
mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::attempt::Attempt;
use crate::config::{Candidate, Remember};
use crate::meter::log::Kept;
use crate::meter::{Log, LogError, Measure, RowId, Tier};
use crate::records::Header;

pub(crate) use input::{Models, Upload};
pub(crate) use watch::watch;

const NAME: &str = "later";
const HEADER: &Header = b"charter later 1\n";

/// What is done later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A file of calls.
    Batch,
    /// A response with `background`.
    Response,
    /// A fine-tuning job.
    Tuning,
}

/// What a call has to do with what is done later.
#[derive(Debug)]
pub(crate) enum Deferral {
    /// It uploads a file, which may be a batch's.
    Upload(Mutex<Upload>),
    /// It begins something.
    Begins {
        /// What.
        kind: Kind,
        /// The models it may ask for; empty where the attempt says which.
        models: Vec<Arc<Candidate>>,
        /// The `api-version` that the client stated.
        version: Option<String>,
    },
}

/// Something that has begun and is not metered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    kind: Kind,
    /// Its id at its upstream.
    id: String,
    /// The request that began it.
    request: RowId,
    /// When that came, in nanoseconds since 1970.
    at_ns: i64,
    key: String,
    customer: String,
    product: String,
    channel: String,
    upstream: String,
    host: String,
    /// The `api-version` that the client stated.
    version: Option<String>,
    /// Never empty.
    models: Vec<Asked>,
}

/// A model that a job may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    /// By its name in the agreement.
    model: String,
    /// As the upstream is asked for it.
    deployment: String,
    /// The decision it rests on.
    decision: String,
}

/// What is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Entry {
    /// A file was uploaded in which a batch's calls may stand.
    Uploaded { file: String, at: i64, models: Models },
    /// Something has begun.
    Began(Job),
    /// A crash came while its rows were written; these are there.
    Partly { job: RowId, rows: Vec<RowId> },
    /// All its rows are there.
    Metered(RowId),
}

/// All that is to be metered later.
#[derive(Debug)]
pub(crate) struct Later {
    known: Mutex<Known>,
    file: Kept,
    /// Wakes whoever asks upstreams.
    woken: Notify,
    /// Held while the rows of one job are written, so that all of them are taken over or none.
    settling: Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// By id: what is asked for in a file.
    uploads: HashMap<String, Models>,
    /// By what they are known by.
    jobs: HashMap<RowId, Waiting>,
    /// The ids of jobs, and of files in which their answers stand.
    ids: HashMap<String, RowId>,
}

#[derive(Debug)]
struct Waiting {
    job: Arc<Job>,
    due: Instant,
    /// How long it was waited the last time.
    wait: Duration,
    is_asked: bool,
    /// How often its upstream did not know it.
    missing: u32,
    /// Rows that are there already.
    written: HashSet<RowId>,
}

impl Later {
    /// Reads what earlier runs left to be metered.
    ///
    /// # Errors
    /// A file cannot be read or written, or is damaged.
    pub fn open(log: &Log, remember: Remember, now: Timestamp) -> Result<Later, LogError> {
        let keep_from = now.as_second() - i64::from(remember.files_days) * 86_400;
        let (file, live) = log.keep(NAME, HEADER, |all| live(all, keep_from))?;
        let (mut known, due) = (Known::default(), Instant::now());
        for entry in live {
            match entry {
                Entry::Uploaded { file, models, .. } => {
                    known.uploads.insert(file, models);
                }
                Entry::Began(job) => known.begin(job, due, Duration::ZERO),
                Entry::Partly { job, rows } => {
                    if let Some(waiting) = known.jobs.get_mut(&job) {
                        waiting.written.extend(rows);
                    }
                }
                Entry::Metered(_) => {}
            }
        }
        if !known.jobs.is_empty() {
            let mut partly: HashMap<RowId, Vec<RowId>> = HashMap::new();
            log.each(&mut |row| {
                // The row of the call that began it says that it used nothing.
                if row.measure == Measure::Nothing {
                    return;
                }
                for (known_by, waiting) in &mut known.jobs {
                    if waiting.job.request == row.request && waiting.written.insert(row.id) {
                        partly.entry(*known_by).or_default().push(row.id);
                    }
                }
            })?;
            for (job, rows) in partly {
                file.append(&Entry::Partly { job, rows })?;
            }
        }
        Ok(Later {
            known: Mutex::new(known),
            file,
            woken: Notify::new(),
            settling: Mutex::default(),
        })
    }

    /// Remembers what is asked for in a file.
    pub fn uploaded(&self, file: &str, models: Models, now: Timestamp) -> Result<(), LogError> {
        let entry =
            Entry::Uploaded { file: file.to_string(), at: now.as_second(), models: models.clone() };
        self.locked().uploads.insert(file.to_string(), models);
        self.file.append(&entry)
    }

    /// What is asked for in a file, if it was uploaded through this gateway to be a batch's.
    pub fn asked_in(&self, file: &str) -> Option<Models> {
        self.locked().uploads.get(file).cloned()
    }

    /// Remembers what an attempt has begun, before its client is told the id.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn begin(
        &self,
        attempt: &Attempt,
        kind: Kind,
        models: &[Arc<Candidate>],
        id: &str,
        version: Option<&str>,
    ) -> Result<(), NotRemembered> {
        let call = &attempt.call;
        let upstream = &call.world.wired.wiring.upstreams[attempt.upstream];
        let models = match models {
            [] => attempt.candidate.as_slice(),
            models => models,
        };
        // It will stand in a path.
        let is_plain = |id: &str| {
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        };
        if models.is_empty() || !is_plain(id) {
            return Err(NotRemembered);
        }
        let decision = |candidate: &Candidate| {
            let standing = &call.world.standing;
            let id = standing.decision_id(call.key.subject, candidate.number);
            id.to_str().unwrap_or_default().to_string()
        };
        let models = models.iter().map(|candidate| Asked {
            model: candidate.model.to_string(),
            deployment: candidate.deployment.to_string(),
            decision: decision(candidate),
        });
        let job = Job {
            kind,
            id: id.to_string(),
            request: call.request,
            at_ns: i64::try_from(call.at.as_nanosecond()).map_err(|_| NotRemembered)?,
            key: call.key.name.to_string(),
            customer: call.key.customer.to_string(),
            product: call.key.product.to_string(),
            channel: call.key.channel.to_string(),
            upstream: upstream.name.to_string(),
            host: upstream.host.to_string(),
            version: version.map(str::to_string),
            models: models.collect(),
        };
        self.file.append(&Entry::Began(job.clone())).map_err(|_| NotRemembered)?;
        let wait = Duration::from_millis(call.world.wired.limits.watch_ms);
        self.locked().begin(job, Instant::now() + wait, wait);
        self.woken.notify_one();
        Ok(())
    }

    /// Takes note of what an upstream said of an object to a client: that it is done, and in which
    /// files its answers are.
    pub fn heard(&self, id: &str, is_done: bool, files: &[String]) {
        let mut known = self.locked();
        let Some(known_by) = known.ids.get(id).copied() else { return };
        for file in files {
            known.ids.insert(file.clone(), known_by);
        }
        if let (true, Some(waiting)) = (is_done, known.jobs.get_mut(&known_by)) {
            waiting.due = Instant::now();
            self.woken.notify_one();
        }
    }

    /// Whether what was used for an object is not metered yet, so that it must not be deleted.
    pub fn is_waited_for(&self, id: &str) -> bool {
        self.locked().ids.contains_key(id)
    }

    /// How many jobs are not metered yet.
    pub fn count(&self) -> usize {
        self.locked().jobs.len()
    }

    /// Keeps rows from being taken over while those of one job are written.
    pub fn settling(&self) -> MutexGuard<'_, ()> {
        self.settling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that has begun could not be remembered, so what it uses is not known.
#[derive(Debug)]
pub(crate) struct NotRemembered;

impl Known {
    fn begin(&mut self, job: Job, due: Instant, wait: Duration) {
        let known_by = job.known_by();
        self.ids.insert(job.id.clone(), known_by);
        let (job, written) = (Arc::new(job), HashSet::new());
        let waiting = Waiting { job, due, wait, is_asked: false, missing: 0, written };
        self.jobs.insert(known_by, waiting);
    }
}

impl Job {
    /// What it is known by. One request may have begun several, at several upstreams.
    fn known_by(&self) -> RowId {
        RowId::of(&[self.upstream.as_bytes(), self.id.as_bytes()])
    }

    fn tier(&self) -> Tier {
        match self.kind {
            Kind::Batch => Tier::Batch,
            Kind::Response => Tier::Standard,
            Kind::Tuning => Tier::Training,
        }
    }
}

/// What still matters of all that was written down.
fn live(all: Vec<Entry>, keep_from: i64) -> Vec<Entry> {
    let metered: HashSet<RowId> = all
        .iter()
        .filter_map(|entry| if let Entry::Metered(job) = entry { Some(*job) } else { None })
        .collect();
    let matters = |entry: &Entry| match entry {
        Entry::Uploaded { at, .. } => *at >= keep_from,
        Entry::Began(job) => !metered.contains(&job.known_by()),
        Entry::Partly { job, .. } => !metered.contains(job),
        Entry::Metered(_) => false,
    };
    all.into_iter().filter(matters).collect()
}
