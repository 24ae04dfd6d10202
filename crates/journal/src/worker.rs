//! A thread with a connection of its own, so that nobody's runtime waits for a disk or a server.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::StorageError;

enum Job<S> {
    Do(Box<dyn FnOnce(&mut S) + Send>),
    Stop,
}

/// The way to such a thread. Jobs are done one after the other, in the order they come.
pub(crate) struct Worker<S> {
    jobs: Sender<Job<S>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<S: Send + 'static> Worker<S> {
    pub(crate) fn start(name: &str, mut state: S) -> Result<Worker<S>, StorageError> {
        let (jobs, waiting) = channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok(Job::Do(work)) = waiting.recv() {
                work(&mut state);
            }
        })?;
        Ok(Worker { jobs, thread: Some(thread).into() })
    }

    /// Lets the thread do something and waits for what comes of it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, StorageError> {
        let (result, done) = oneshot::channel();
        let job = Job::Do(Box::new(move |state: &mut S| {
            let _ = result.send(work(state));
        }));
        self.jobs.send(job).map_err(|_| StorageError::closed())?;
        done.await.map_err(|_| StorageError::closed())
    }

    /// Ends the thread once it has done what it was asked to before.
    pub(crate) fn stop(&self) {
        let _ = self.jobs.send(Job::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// Does something that takes long on a thread of its own.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StorageError> {
    let (result, done) = oneshot::channel();
    thread::Builder::new().name("journal".into()).spawn(move || {
        let _ = result.send(work());
    })?;
    done.await.map_err(|_| StorageError::closed())
}
