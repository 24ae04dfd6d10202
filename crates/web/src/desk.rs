//! Where requests are worked on: threads that keep the workspace open.
//!
//! What the journal comes to is folded once and goes on from there, so a page costs what changed since
//! the last one. A [`Room`] cannot be sent between threads, so work is sent to it. Reading and changing
//! have threads of their own: a month that takes long to settle holds nobody up who only looks.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use journal::{Event, Position};
use shell::cases::{Chronicle, follow, sight_of, turns};
use shell::outcome::Failure;
use shell::workspace::{Clock, Months, Workspace};
use terms::{Finding, Name, Terms};
use tokio::sync::oneshot;

use crate::viewer::Viewer;

/// How many threads read.
const READERS: usize = 2;

/// Work, and for whom: a party that may not see everything, or somebody who may.
/// Whether somebody may see an event.
pub type Sees = Box<dyn Fn(&Event) -> bool>;

type Work = (Option<Name>, Box<dyn FnOnce(Result<&Room, Failure>) + Send>);

/// Takes work and hands it to the threads.
#[derive(Clone)]
pub struct Desk {
    reading: Sender<Work>,
    changing: Sender<Work>,
}

/// The workspace, open, with what is read of it again and again.
pub struct Room {
    /// The workspace. Its present is that of the request.
    pub workspace: Workspace,
    adopted: RefCell<Option<(u64, Rc<Terms>)>>,
    months: RefCell<Option<(u64, Rc<Months>)>>,
    /// What was read of each case, and up to where.
    chronicles: RefCell<(Position, BTreeMap<String, Chronicle>)>,
}

/// Something that somebody may do now.
#[derive(Debug, Clone)]
pub struct Need {
    /// The case.
    pub case: String,
    /// The part, from 0.
    pub part: usize,
    /// Where it stands.
    pub state: &'static str,
    /// By when.
    pub until: Option<Timestamp>,
    /// What can be done, as it is typed.
    pub may: Vec<String>,
}

impl Desk {
    /// Opens the workspace that holds `directory` on every thread.
    ///
    /// # Errors
    /// [`Failure`] if there is no workspace, or no thread.
    pub fn open(directory: &Path, clock: Clock) -> Result<Desk, Failure> {
        // What is wrong with it is said now, not with the first request.
        drop(Workspace::find(directory, clock)?);
        Ok(Desk {
            reading: lane("reader", READERS, directory, clock)?,
            changing: lane("writer", 1, directory, clock)?,
        })
    }

    /// Does work that changes nothing. What commands show is shown as far as `asker` may see; all, if there
    /// is none.
    pub async fn read<T: Send + 'static>(
        &self,
        asker: Option<Name>,
        work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        hand(&self.reading, asker, work).await
    }

    /// Does work that may change something, one after the other.
    pub async fn change<T: Send + 'static>(
        &self,
        asker: Option<Name>,
        work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        hand(&self.changing, asker, work).await
    }
}

async fn hand<T: Send + 'static>(
    lane: &Sender<Work>,
    asker: Option<Name>,
    work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (answer, answered) = oneshot::channel();
    let gone = || Failure::failed("the server is stopping", "try again in a moment");
    let work = move |room: Result<&Room, Failure>| drop(answer.send(room.and_then(work)));
    lane.send((asker, Box::new(work))).map_err(|_| gone())?;
    answered.await.map_err(|_| gone())?
}

/// Starts threads that take their work from one queue.
fn lane(
    name: &str,
    threads: usize,
    directory: &Path,
    clock: Clock,
) -> Result<Sender<Work>, Failure> {
    let (sender, queue) = channel();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..threads {
        let (queue, directory) = (queue.clone(), directory.to_path_buf());
        let work = move || work(&queue, &directory, clock);
        std::thread::Builder::new().name(name.to_string()).spawn(work)?;
    }
    Ok(sender)
}

fn work(queue: &Mutex<Receiver<Work>>, directory: &Path, clock: Clock) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
    let open = || match Workspace::find(directory, clock) {
        Ok(workspace) => Some(Room::of(workspace)),
        Err(failure) => {
            tracing::error!(reason = failure.message(), "the workspace cannot be opened");
            None
        }
    };
    let Some(mut room) = open() else { return };
    while let Some((asker, work)) = next() {
        let begun = room.workspace.begin(asker);
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

impl Room {
    fn of(workspace: Workspace) -> Room {
        Room {
            workspace,
            adopted: RefCell::default(),
            months: RefCell::default(),
            chronicles: RefCell::new((Position::BEFORE_FIRST, BTreeMap::new())),
        }
    }

    /// The terms that have been adopted.
    ///
    /// # Errors
    /// [`Failure`] if nothing has been, or it does not fit together.
    pub fn terms(&self) -> Result<Rc<Terms>, Failure> {
        self.kept(&self.adopted, |workspace| workspace.adopted_terms())
    }

    /// What the journal says of months.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn months(&self) -> Result<Rc<Months>, Failure> {
        self.kept(&self.months, Workspace::months)
    }

    /// What is wrong in the documents as they are now: somebody may save one without entering anything.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be read.
    pub fn findings(&self) -> Result<Vec<Finding>, Failure> {
        Ok(self.workspace.read_terms()?.findings)
    }

    /// What the journal has of every case, by name.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn chronicles(&self) -> Result<Ref<'_, BTreeMap<String, Chronicle>>, Failure> {
        let head = self.workspace.fold()?.head.position;
        let (after, mut chronicles) = self.chronicles.take();
        if after < head {
            follow(&self.workspace, &mut chronicles, after)?;
        }
        self.chronicles.replace((head, chronicles));
        Ok(Ref::map(self.chronicles.borrow(), |(_, chronicles)| chronicles))
    }

    /// Which events a viewer may see.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn may_see(&self, viewer: &Viewer) -> Result<Sees, Failure> {
        Ok(match &viewer.party {
            _ if viewer.sees_all => Box::new(|_| true),
            Some(party) => Box::new(sight_of(&self.workspace, party)?),
            None => Box::new(|_| false),
        })
    }

    /// What a viewer's party may do now; for who acts for nobody and sees all, what anybody may.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn needs(&self, viewer: &Viewer) -> Result<Vec<Need>, Failure> {
        let (fold, terms, now) = (self.workspace.fold()?, self.terms()?, self.workspace.now);
        let mut needs = Vec::new();
        for (name, case) in fold.book.cases() {
            // What nothing runs in waits for nobody.
            let open = case.parts.iter().enumerate().filter(|(_, part)| part.state.is_pending());
            for (at, part) in open {
                let turns = turns(&terms, &fold.book, name, at, now);
                let mut may = Vec::new();
                for turn in turns {
                    match &viewer.party {
                        Some(party) if turn.party == party.as_str() => may.extend(turn.may),
                        None if viewer.sees_all => {
                            may.push(format!("{}: {}", turn.party, turn.may.join(", ")));
                        }
                        _ => {}
                    }
                }
                if !may.is_empty() {
                    let (state, until) = (part.state.name(), part.state.deadline());
                    needs.push(Need { case: name.to_string(), part: at, state, until, may });
                }
            }
        }
        Ok(needs)
    }

    /// Something that follows from the journal alone: computed anew when something came in.
    fn kept<T>(
        &self,
        place: &RefCell<Option<(u64, Rc<T>)>>,
        compute: impl FnOnce(&Workspace) -> Result<T, Failure>,
    ) -> Result<Rc<T>, Failure> {
        let head = self.workspace.fold()?.head.position.0;
        if let Some((at, kept)) = &*place.borrow()
            && *at == head
        {
            return Ok(kept.clone());
        }
        let computed = Rc::new(compute(&self.workspace)?);
        place.replace(Some((head, computed.clone())));
        Ok(computed)
    }
}
