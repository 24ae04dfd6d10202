use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use crate::records::Records;

/// The thread that has the disk take over what was written: one wait for all workers.
#[derive(Debug, Clone)]
pub(super) struct Syncer(Arc<Shared>);

/// Since when rows wait for the disk: those it has not been asked for, and those it has.
#[derive(Debug, Clone, Copy, Default)]
struct Since {
    asked: Option<Instant>,
    written: Option<Instant>,
}

#[derive(Debug)]
struct Shared {
    segments: Mutex<Vec<Arc<Records>>>,
    /// Closed, and not yet on the disk as a whole.
    closing: Mutex<Vec<Arc<Records>>>,
    /// Whether anything was written since the last round.
    dirty: AtomicBool,
    since: Mutex<Since>,
    sound: AtomicBool,
    /// Whether the thread sleeps until somebody wakes it.
    parked: AtomicBool,
    stop: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
    waker: Mutex<Option<Thread>>,
}

impl Syncer {
    pub fn start(every: Duration) -> io::Result<Syncer> {
        let shared = Arc::new(Shared {
            segments: Mutex::default(),
            closing: Mutex::default(),
            dirty: AtomicBool::new(false),
            since: Mutex::default(),
            sound: AtomicBool::new(true),
            parked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            thread: Mutex::default(),
            waker: Mutex::default(),
        });
        let syncer = Syncer(shared.clone());
        let rounds = syncer.clone();
        let thread = thread::Builder::new().name("rows".to_string()).spawn(move || {
            while !rounds.0.stop.load(Ordering::Acquire) {
                // Whoever writes meanwhile shares this wait, and need not wake anybody: that takes
                // longer than the rest of its call.
                thread::sleep(every);
                match rounds.0.dirty.load(Ordering::Acquire) {
                    true => rounds.round(),
                    false => rounds.park(),
                }
            }
        })?;
        *locked(&shared.waker) = Some(thread.thread().clone());
        *locked(&shared.thread) = Some(thread);
        Ok(syncer)
    }

    /// Notes that a row was written, or could not be.
    pub fn wrote(&self, sound: bool) {
        self.0.sound.store(sound, Ordering::Relaxed);
        if !self.0.dirty.swap(true, Ordering::SeqCst) {
            locked(&self.0.since).written.get_or_insert_with(Instant::now);
            if self.0.parked.load(Ordering::SeqCst) {
                self.wake();
            }
        }
    }

    pub fn opened(&self, segment: Arc<Records>) {
        locked(&self.0.segments).push(segment);
    }

    pub fn close(&self, segment: &Arc<Records>) {
        locked(&self.0.segments).retain(|open| !Arc::ptr_eq(open, segment));
        locked(&self.0.closing).push(segment.clone());
        self.0.dirty.store(true, Ordering::Release);
        self.wake();
    }

    pub fn is_sound(&self) -> bool {
        self.0.sound.load(Ordering::Relaxed)
    }

    /// The segments that are written to, or not yet on the disk.
    pub fn open_paths(&self) -> HashSet<PathBuf> {
        let path = |segment: &Arc<Records>| segment.path().to_path_buf();
        let open: Vec<_> = locked(&self.0.segments).iter().map(path).collect();
        open.into_iter().chain(locked(&self.0.closing).iter().map(path)).collect()
    }

    pub fn sync_now(&self) -> io::Result<()> {
        {
            let mut since = locked(&self.0.since);
            let written = since.written.take();
            since.asked = since.asked.or(written);
        }
        self.0.dirty.store(false, Ordering::Release);
        let closing = locked(&self.0.closing).clone();
        let open = locked(&self.0.segments).clone();
        open.iter().chain(&closing).try_for_each(|segment| segment.sync())?;
        let is_synced =
            |segment: &Arc<Records>| closing.iter().any(|one| Arc::ptr_eq(one, segment));
        locked(&self.0.closing).retain(|segment| !is_synced(segment));
        locked(&self.0.since).asked = None;
        Ok(())
    }

    /// How long the oldest row has waited for the disk; `None` if none does.
    pub fn waits(&self) -> Option<Duration> {
        let since = *locked(&self.0.since);
        since.asked.or(since.written).map(|since| since.elapsed())
    }

    fn round(&self) {
        if self.sync_now().is_err() {
            // The next round tries again; until then no call is carried.
            self.0.sound.store(false, Ordering::Relaxed);
            self.0.dirty.store(true, Ordering::Release);
        }
    }

    /// Sleeps until something is written, or it is to stop.
    fn park(&self) {
        // Whoever writes either finds this or is found by what follows.
        self.0.parked.store(true, Ordering::SeqCst);
        while !self.0.dirty.load(Ordering::SeqCst) && !self.0.stop.load(Ordering::Acquire) {
            thread::park();
        }
        self.0.parked.store(false, Ordering::SeqCst);
    }

    fn wake(&self) {
        if let Some(thread) = &*locked(&self.0.waker) {
            thread.unpark();
        }
    }

    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Release);
        self.wake();
        if let Some(thread) = locked(&self.0.thread).take() {
            let _ = thread.join();
        }
        self.round();
    }
}

/// Nothing that holds one of these locks can panic halfway.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
