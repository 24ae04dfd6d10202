//! Where those who want to append wait for the one thread that does.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long to wait for each of those who had a part in the batch before and will soon be back.
const GATHER: Duration = Duration::from_micros(20);

/// The way in, for many.
pub(crate) struct Queue<T>(Arc<Shared<T>>);

/// The way out, for one. Whoever comes after it is gone is sent away.
pub(crate) struct Waiting<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    enough: Condvar,
}

struct State<T> {
    waiting: Vec<T>,
    /// With how many the sleeper is to be woken. To wake it for each costs more than to append.
    wanted: usize,
    closed: bool,
}

pub(crate) fn queue<T>() -> (Queue<T>, Waiting<T>) {
    let state = State { waiting: Vec::new(), wanted: usize::MAX, closed: false };
    let shared = Arc::new(Shared { state: state.into(), enough: Condvar::new() });
    (Queue(Arc::clone(&shared)), Waiting(shared))
}

impl<T> Queue<T> {
    /// Puts something behind what waits; whether anybody is there to take it.
    pub(crate) fn push(&self, item: T) -> bool {
        let mut state = self.0.lock();
        if !state.closed {
            state.waiting.push(item);
            if state.waiting.len() == state.wanted {
                self.0.enough.notify_one();
            }
        }
        !state.closed
    }
}

impl<T> Waiting<T> {
    /// Everything that waits, in the order it came, once there is something.
    ///
    /// Those who were answered together, the `companions`, come back one after the other. Were the
    /// first of them to be served alone, it would sync the disk for itself while all others wait,
    /// every other time.
    pub(crate) fn take(&self, companions: usize) -> Vec<T> {
        let patience = GATHER * u32::try_from(companions).unwrap_or(u32::MAX);
        let Shared { enough, .. } = &*self.0;
        let mut state = self.0.lock();
        if companions > 1 {
            state.wanted = companions;
            let too_few = |state: &mut State<T>| state.waiting.len() < companions;
            (state, _) = enough
                .wait_timeout_while(state, patience, too_few)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.wanted = 1;
        state = enough
            .wait_while(state, |state| state.waiting.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        state.wanted = usize::MAX;
        std::mem::take(&mut state.waiting)
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.waiting.clear();
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
