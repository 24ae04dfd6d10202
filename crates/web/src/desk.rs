//! Where requests are worked on: threads that keep the workspace open.
//!
//! What the journal comes to is folded once and goes on from there, so a page costs what changed since
//! the last one. A [`Room`] cannot be sent between threads, so work is sent to it. Reading and changing
//! have threads of their own: a month that takes long to settle holds nobody up who only looks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use journal::{Event, Hash, Position};
use shell::cases::{Chronicle, Sight, follow, involved, is_open, may, turns};
use shell::outcome::Failure;
use shell::workspace::{CASE, Clock, DOCUMENT, MEASURED, Months, Workspace};
use terms::{Finding, Name, Terms};
use tokio::sync::oneshot;

use crate::viewer::Viewer;

/// How many threads read.
const READERS: usize = 2;

/// Work, and for whom: a party that may not see everything, or somebody who may.
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
    cases: Arc<Cases>,
    seen: RefCell<Seen>,
    findings: RefCell<Option<(blake3::Hash, Rc<Vec<Finding>>)>>,
}

/// What the journal has of every case, by name.
pub type Chronicles = BTreeMap<String, Arc<Chronicle>>;

/// What was read of each case: once for all threads, as it is most of what a long journal takes in memory.
type Cases = Mutex<Known>;

/// What was read of each case of a journal, and up to where.
#[derive(Default)]
struct Known {
    journal: Option<Hash>,
    through: Position,
    chronicles: Arc<Chronicles>,
}

/// With which event each party comes to see each event of a case: as long as neither the case nor the terms
/// change, that is so.
#[derive(Default)]
struct Seen {
    terms: Option<Arc<Terms>>,
    cases: BTreeMap<Name, BTreeMap<String, SeenWith>>,
}

type SeenWith = Rc<[Option<usize>]>;

/// What waits for somebody.
#[derive(Debug, Clone)]
pub struct Needs {
    /// What they may do, the soonest deadline first, as much of it as was asked for.
    pub soonest: Vec<Need>,
    /// In how many parts of cases that concern them something runs.
    pub open: usize,
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
        let cases = Arc::default();
        Ok(Desk {
            reading: lane("reader", READERS, directory, clock, &cases)?,
            changing: lane("writer", 1, directory, clock, &cases)?,
        })
    }

    /// Does work that changes nothing. What commands show is shown as far as `asker` may see; all, if there
    /// is none.
    pub async fn read<T: Send + 'static>(
        &self,
        asker: Option<Name>,
        work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        hand(&self.reading, "reading", asker, work).await
    }

    /// Does work that may change something, one after the other.
    pub async fn change<T: Send + 'static>(
        &self,
        asker: Option<Name>,
        work: impl FnOnce(&Room) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        hand(&self.changing, "changing", asker, work).await
    }
}

async fn hand<T: Send + 'static>(
    lane: &Sender<Work>,
    name: &'static str,
    asker: Option<Name>,
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
    name: &str,
    threads: usize,
    directory: &Path,
    clock: Clock,
    cases: &Arc<Cases>,
) -> Result<Sender<Work>, Failure> {
    let (sender, queue) = channel();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..threads {
        let (queue, directory, cases) = (queue.clone(), directory.to_path_buf(), cases.clone());
        let work = move || work(&queue, &directory, clock, &cases);
        std::thread::Builder::new().name(name.to_string()).spawn(work)?;
    }
    Ok(sender)
}

fn work(queue: &Mutex<Receiver<Work>>, directory: &Path, clock: Clock, cases: &Arc<Cases>) {
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
    let open = || match Workspace::find(directory, clock) {
        Ok(workspace) => Some(Room::of(workspace, cases.clone())),
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
    fn of(workspace: Workspace, cases: Arc<Cases>) -> Room {
        let (seen, findings) = (RefCell::default(), RefCell::default());
        Room { workspace, cases, seen, findings }
    }

    /// The terms that have been adopted.
    ///
    /// # Errors
    /// [`Failure`] if nothing has been, or it does not fit together.
    pub fn terms(&self) -> Result<Arc<Terms>, Failure> {
        self.workspace.adopted_terms()
    }

    /// What the journal says of months.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn months(&self) -> Result<Rc<Months>, Failure> {
        self.workspace.months()
    }

    /// What is wrong in the documents as they are now: somebody may save one without entering anything, so
    /// they are read each time, and compiled where they differ.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be read.
    pub fn findings(&self) -> Result<Rc<Vec<Finding>>, Failure> {
        let mut texts = blake3::Hasher::new();
        for document in self.workspace.documents()? {
            texts.update(document.name.as_bytes()).update(&[0]);
            texts.update(document.text.as_bytes()).update(&[0]);
        }
        let texts = texts.update(&self.workspace.fold()?.terms_changed.0.to_le_bytes()).finalize();
        if let Some((of, findings)) = &*self.findings.borrow()
            && *of == texts
        {
            return Ok(findings.clone());
        }
        let findings = Rc::new(self.workspace.read_terms()?.findings);
        self.findings.replace(Some((texts, findings.clone())));
        Ok(findings)
    }

    /// What the journal has of every case, by name. Who asks for the fold afterwards finds each of them in it.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn chronicles(&self) -> Result<Arc<Chronicles>, Failure> {
        let fold = self.workspace.fold()?;
        let mut known = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        if known.journal != fold.first {
            *known = Known { journal: fold.first, ..Known::default() };
        }
        if known.through < fold.head.position {
            // What was read before stays as it is where this fails.
            let mut more = known.chronicles.as_ref().clone();
            let through = follow(&self.workspace, &mut more, known.through)?;
            known.through = through.max(fold.head.position);
            known.chronicles = Arc::new(more);
        }
        Ok(known.chronicles.clone())
    }

    /// Those of some events that a viewer may see.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn seen(&self, viewer: &Viewer, events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        if viewer.sees_all {
            return Ok(events);
        }
        let chronicles = self.chronicles()?;
        let of = |case: &str| Ok(chronicles.get(case).cloned().unwrap_or_default());
        let sight = Sight::with(&self.workspace, viewer.party_or_nobody(), of)?;
        let mut seen = Vec::new();
        for event in events {
            let sees = match self.agreement_of(&event.stream)? {
                Some(agreement) if !viewer.reads("journal", &agreement) => false,
                Some(agreement) if viewer.sees_all_of(&agreement) => true,
                // What is of no agreement alone, but binds everybody, is for everybody.
                None if !viewer.reads_all("journal") => is_open(&event.stream),
                _ => sight.sees(&event)?,
            };
            if sees {
                seen.push(event);
            }
        }
        Ok(seen)
    }

    /// The agreement that a stream of the journal is about, if it is about one.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn agreement_of(&self, stream: &str) -> Result<Option<Name>, Failure> {
        if let Some(case) = stream.strip_prefix(CASE) {
            return Ok(self.workspace.fold()?.book.case(case).map(|case| case.agreement.clone()));
        }
        let named = [DOCUMENT, MEASURED].iter().any(|prefix| stream.starts_with(prefix));
        if !named || self.workspace.adoptions()?.is_empty() {
            return Ok(None);
        }
        let terms = self.terms()?;
        let place = match stream.strip_prefix(MEASURED) {
            Some(measured) => {
                let clause = terms.clauses.iter().find(|clause| clause.id.to_string() == measured);
                clause.map(|clause| clause.document)
            }
            None => {
                let document = stream.strip_prefix(DOCUMENT);
                terms.documents.iter().position(|of| Some(&*of.document.name) == document)
            }
        };
        let agreement = place.and_then(|place| terms.agreement_of(place));
        Ok(agreement.map(|agreement| agreement.name.clone()))
    }

    /// With which of a case's events a party comes to see each of them, by their places; none while it may not.
    ///
    /// # Errors
    /// [`Failure`] if the terms cannot be read.
    pub fn seen_with(
        &self,
        party: &Name,
        case: &str,
        chronicle: &Chronicle,
    ) -> Result<SeenWith, Failure> {
        let terms = self.terms()?;
        let mut seen = self.seen.borrow_mut();
        if !seen.terms.as_ref().is_some_and(|of| Arc::ptr_eq(of, &terms)) {
            *seen = Seen { terms: Some(terms.clone()), cases: BTreeMap::new() };
        }
        let cases = seen.cases.entry(party.clone()).or_default();
        match cases.get(case) {
            Some(with) if with.len() == chronicle.happened.len() => Ok(with.clone()),
            _ => {
                let with: SeenWith = chronicle.seen_with(&terms, party).into();
                cases.insert(case.to_string(), with.clone());
                Ok(with)
            }
        }
    }

    /// What a viewer's party may do now, the soonest deadline first; for who acts for nobody and sees all, what
    /// anybody may about what is due soonest.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn needs(&self, viewer: &Viewer, many: usize) -> Result<Needs, Failure> {
        let (fold, terms, now) = (self.workspace.fold()?, self.terms()?, self.workspace.now);
        let mut open = Vec::new();
        for (name, case) in fold.book.cases() {
            let concerns = viewer.reads("sourcing", &case.agreement)
                && match &viewer.party {
                    Some(party) => involved(&terms, case).contains(party),
                    None => viewer.sees_all_of(&case.agreement),
                };
            // What nothing runs in waits for nobody.
            let parts = case.parts.iter().enumerate();
            let parts = parts.filter(|(_, part)| concerns && part.state.is_pending());
            open.extend(parts.map(|(at, part)| (part.state.deadline(), name, at, part)));
        }
        open.sort_by_key(|(until, ..)| (until.is_none(), *until));
        let mut needs = Needs { soonest: Vec::new(), open: open.len() };
        for (until, name, at, part) in open {
            if needs.soonest.len() == many {
                break;
            }
            let may = match &viewer.party {
                Some(party) => may(&terms, &fold.book, name, at, now, party),
                None => {
                    let turns = turns(&terms, &fold.book, name, at, now).into_iter();
                    turns.map(|turn| format!("{}: {}", turn.party, turn.may.join(", "))).collect()
                }
            };
            if !may.is_empty() {
                let (case, state) = (name.to_string(), part.state.name());
                needs.soonest.push(Need { case, part: at, state, until, may });
            }
        }
        Ok(needs)
    }
}
