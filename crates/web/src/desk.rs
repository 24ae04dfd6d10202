//! Where requests are worked on: threads that keep the workspace open.
//!
//! What the journal comes to is folded once and goes on from there, so a page costs what changed since
//! the last one. A [`Room`] cannot be sent between threads, so work is sent to it. Reading and changing
//! have threads of their own: a month that takes long to settle holds nobody up who only looks.

mod kept;
mod known;
mod room;

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use shell::outcome::Failure;
use shell::workspace::{Asker, Clock, Workspace};
use tokio::sync::oneshot;

use kept::Kept;
pub use known::{Known, Looking};
pub use room::{Need, Needs, Room};

/// Threads that take their work from one queue.
struct Lane {
    name: &'static str,
    threads: usize,
    /// Whether work looks at the journal as it was when it began, and asks for it once.
    looks_once: bool,
}

/// Most of what is asked for is in memory, so a few are enough.
const READING: Lane = Lane { name: "reader", threads: 2, looks_once: true };
/// One change comes after the other.
const CHANGING: Lane = Lane { name: "writer", threads: 1, looks_once: false };

/// Work, and for whom: a party that may not see everything, or somebody who may.
type Work = (Asker, Box<dyn FnOnce(Result<&Room, Failure>) + Send>);

/// Takes work and hands it to the threads.
#[derive(Clone)]
pub struct Desk {
    reading: Sender<Work>,
    changing: Sender<Work>,
}

impl Desk {
    /// Opens the workspace that holds `directory` on every thread.
    ///
    /// # Errors
    /// [`Failure`] if there is no workspace, or no thread.
    pub fn open(directory: &Path, clock: Clock) -> Result<Desk, Failure> {
        // What is wrong with it is said now, not with the first request.
        drop(Workspace::find(directory, clock)?);
        let kept = Arc::default();
        Ok(Desk {
            reading: lane(&READING, directory, clock, &kept)?,
            changing: lane(&CHANGING, directory, clock, &kept)?,
        })
    }

    /// Does work that changes nothing. What commands show is shown as far as `asker` may see.
    pub async fn read<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        hand(&self.reading, "reading", asker, work).await
    }

    /// Does work that may change something, one after the other.
    pub async fn change<T: Send + 'static>(
        &self,
        asker: Asker,
        work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        hand(&self.changing, "changing", asker, work).await
    }
}

async fn hand<T: Send + 'static>(
    lane: &Sender<Work>,
    name: &'static str,
    asker: Asker,
    work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (answer, answered) = oneshot::channel();
    let gone = || Failure::failed("the server is stopping", "try again in a moment");
    let waiting = crate::seen::waits(name);
    let work = move |room: Result<&Room, Failure>| {
        let working = waiting.begins();
        let done = room.and_then(work);
        drop(working);
        drop(answer.send(done));
    };
    lane.send((asker, Box::new(work))).map_err(|_| gone())?;
    answered.await.map_err(|_| gone())?
}

/// Starts threads that take their work from one queue.
fn lane(
    lane: &'static Lane,
    directory: &Path,
    clock: Clock,
    kept: &Arc<Kept>,
) -> Result<Sender<Work>, Failure> {
    let (sender, queue) = channel();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..lane.threads {
        let (queue, directory, kept) = (queue.clone(), directory.to_path_buf(), kept.clone());
        let work = move || work(lane, &queue, &directory, clock, &kept);
        std::thread::Builder::new().name(lane.name.to_string()).spawn(work)?;
    }
    Ok(sender)
}

fn work(
    lane: &Lane,
    queue: &Mutex<Receiver<Work>>,
    directory: &Path,
    clock: Clock,
    kept: &Arc<Kept>,
) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
    let open = || match Workspace::find(directory, clock) {
        Ok(workspace) => Some(Room::of(workspace, kept.clone())),
        Err(failure) => {
            tracing::error!(reason = failure.message(), "the workspace cannot be opened");
            None
        }
    };
    let Some(mut room) = open() else { return };
    while let Some((asker, work)) = next() {
        let begun = room.workspace.begin(asker);
        if lane.looks_once {
            // A journal that cannot be read is said to whoever asks for something of it.
            let _ = room.workspace.hold_still();
        }
        let begun = begun.map(|()| &room);
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(begun)));
        if done.is_err() {
            // What it was in the middle of is not to be built upon. The answer is dropped with the work.
            tracing::error!("a request came to a defect; the workspace is opened anew");
            let Some(anew) = open() else { return };
            room = anew;
        }
    }
}
