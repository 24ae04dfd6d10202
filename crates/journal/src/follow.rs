//! How events are had as soon as they are appended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::watch;

use crate::read::{Pages, Place};
use crate::store::{Store, Watcher};
use crate::worker::apart;
use crate::{Event, Filter, Journal, Position, ReadError, StorageError};

/// How long the thread that watches sleeps at a time, and so how long closing may wait for it.
const PATIENCE: Duration = Duration::from_millis(50);

impl Journal {
    /// The events after `from`, in order: those that are there, and then each as it is appended, by
    /// this journal or any other connection. Followers of one journal share what it costs to watch.
    ///
    /// A lost connection to a server is made anew, and nothing is left out. The stream ends when the
    /// journal is closed, or after an error: [`ReadError::Damaged`] where an event was
    /// changed or does not follow the one before it.
    ///
    /// # Errors
    /// [`ReadError::Storage`] if the connection that watches cannot be made.
    pub async fn follow(
        &self,
        from: Position,
    ) -> Result<impl Stream<Item = Result<Event, ReadError>> + Send + Unpin + 'static, ReadError>
    {
        let shared = Arc::clone(&self.shared);
        let news = shared.news.subscribe();
        let watching = Arc::clone(&shared);
        apart(move || watching.watch.start(&*watching.store, &watching.news)).await??;
        let pages =
            Pages { shared, filter: Filter::all(), place: Place::after(from), left: u64::MAX };
        let pages = stream::unfold(Some((pages, news)), |state| async {
            let (mut pages, mut news) = state?;
            loop {
                // Marked before reading, so that what comes in meanwhile wakes again.
                let _ = news.borrow_and_update();
                match pages.next().await {
                    Ok(page) if page.is_empty() => {
                        if pages.shared.watch.is_stopped() || news.changed().await.is_err() {
                            return None;
                        }
                    }
                    Ok(page) => {
                        return Some((page.into_iter().map(Ok).collect(), Some((pages, news))));
                    }
                    Err(_) if pages.shared.watch.is_stopped() => return None,
                    // The thread that watches tries to come through, and wakes when it has.
                    Err(ReadError::Storage(error)) if error.is_lost_connection() => {
                        if news.changed().await.is_err() {
                            return None;
                        }
                    }
                    Err(error) => return Some((vec![Err(error)], None)),
                }
            }
        });
        Ok(Box::pin(pages.flat_map(stream::iter)))
    }
}

/// The thread that looks out for events that came in over other connections, once somebody follows.
#[derive(Default)]
pub(crate) struct Watch {
    thread: Mutex<Option<JoinHandle<()>>>,
    stopped: Arc<AtomicBool>,
}

impl Watch {
    /// Starts the thread if it does not run yet.
    fn start(&self, store: &dyn Store, news: &watch::Sender<u64>) -> Result<(), StorageError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let (watcher, news) = (store.watcher()?, news.clone());
            let stopped = Arc::clone(&self.stopped);
            let builder = thread::Builder::new().name("journal-watch".into());
            *thread = Some(builder.spawn(move || look_out(watcher, &news, &stopped))?);
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Ends the thread, and with it every follower.
    pub(crate) fn stop(&self, news: &watch::Sender<u64>) {
        self.stopped.store(true, Ordering::Release);
        news.send_modify(|count| *count += 1);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
    }
}

fn look_out(mut watcher: Box<dyn Watcher>, news: &watch::Sender<u64>, stopped: &AtomicBool) {
    while !stopped.load(Ordering::Acquire) {
        match watcher.wait(PATIENCE) {
            Ok(false) => {}
            // After a failure there may be news as well, and a follower is to see what failed.
            Ok(true) | Err(_) => news.send_modify(|count| *count += 1),
        }
    }
}
