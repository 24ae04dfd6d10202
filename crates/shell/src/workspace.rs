//! A workspace: a folder with `charter.toml`, agreement documents and `.charter/`.

mod adoption;
mod asker;
mod cases;
mod figures;
mod fold;
mod months;
mod occurrences;
mod rejected;
mod settings;
mod signatures;
mod snapshot;
mod stored;
mod usage_store;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use journal::{AppendError, Condition, Event, Filter, Head, Journal, NewEvent, Position, Replayed};
use miette::Report;
use terms::{Document, Finding, Severity, Source, Terms};
use tokio::runtime::Runtime;

use crate::outcome::Failure;
use crate::term;
use snapshot::Snapshot;

pub use adoption::{Adoption, DOCUMENT};
pub use asker::Asker;
pub use cases::{CAPACITY, CASE, COMMAND, DECLARED, Given, MEASURED, METERED, Stated, TESTED};
pub use fold::Fold;
pub use months::{
    Closed, ConditionDay, DocumentHash, Months, RestsOn, Settled, UsageDay, earlier, hash,
};
pub use occurrences::Occurred;
pub use rejected::Dismissed;
pub use settings::Settings;
pub use signatures::{default_key, keys as stream_of_keys, valid_key};
pub use stored::Stored;
pub use usage_store::in_bucket as bucket_usage;

/// A workspace, open.
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// What `charter.toml` says.
    pub settings: Settings,
    /// The present, read once when the command began.
    pub now: Timestamp,
    /// Where the time comes from.
    pub clock: Clock,
    /// Who is shown what commands find.
    asker: Asker,
    runtime: Runtime,
    /// The journal, once somebody has asked for it and there is one: opening it takes longer than most of
    /// what is done with it.
    journal: RefCell<Option<Rc<Journal>>>,
    /// The store of usage, once somebody has asked for it: a bucket has connections.
    usage: OnceCell<usage::Store>,
    /// What was read of the journal so far. A long journal comes to a large book, which the end of the
    /// process frees faster than we do.
    fold: ManuallyDrop<Folded>,
    /// What the journal came to when a command began that looks at one moment; none where each look is anew.
    moment: RefCell<Option<Arc<Fold>>>,
    /// Up to where a snapshot saves reading.
    saved: Cell<Position>,
    /// The adopted terms, as of the last event that changed them.
    adopted: RefCell<Option<(Position, Arc<Terms>)>>,
    /// What the journal says of months, as of the last event that changed it.
    months: RefCell<Option<(Position, Rc<Months>)>>,
}

/// What a journal comes to, for one workspace or for several that are open on it at once.
pub type Folded = Arc<Mutex<Arc<Fold>>>;

/// How many events are read anew before a snapshot is worth writing; in a long journal, a fiftieth.
const SNAPSHOT_EVERY: u64 = 2_000;

/// Where the time comes from. A command decides with one reading of it; what it enters is recorded
/// with a later one, as somebody else may have entered something in between.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's.
    Machine,
    /// A story's: it stands still while a command runs.
    Story(Timestamp),
}

impl Clock {
    /// The time. This is the one place where it is asked for; everything else is told.
    #[allow(clippy::disallowed_methods)]
    pub fn read(self) -> Timestamp {
        match self {
            Clock::Machine => Timestamp::now(),
            Clock::Story(now) => now,
        }
    }
}

/// Terms with what was found wrong in them.
pub struct Compiled {
    /// The terms, as far as they could be read.
    pub terms: Terms,
    /// What is wrong in them.
    pub findings: Vec<Finding>,
    /// Documents whose file says something else than what was adopted.
    pub drafts: Vec<String>,
}

impl Workspace {
    /// Finds the workspace that holds `start`, here or in a folder above.
    pub fn find(start: &Path, clock: Clock) -> Result<Workspace, Failure> {
        let start = std::path::absolute(start)?;
        let root = root(&start).ok_or_else(|| {
            Failure::wrong_use(
                format!("no `charter.toml` in `{}` or above it", start.display()),
                "go to a workspace, name one with `-C DIR`, or make one with `charter init DIR`",
            )
        })?;
        let settings = Settings::read(&root.join("charter.toml"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let now = clock.read();
        Ok(Workspace {
            root: root.to_path_buf(),
            settings,
            now,
            clock,
            asker: Asker::Machine,
            runtime,
            journal: RefCell::new(None),
            usage: OnceCell::new(),
            fold: ManuallyDrop::new(Arc::new(Mutex::new(Arc::new(Fold::default())))),
            moment: RefCell::new(None),
            saved: Cell::new(Position::BEFORE_FIRST),
            adopted: RefCell::new(None),
            months: RefCell::new(None),
        })
    }

    /// Who is shown what commands find.
    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Begins another command in a workspace that stays open: the time and the settings are read anew, and
    /// what is found is shown to `asker`.
    ///
    /// # Errors
    /// If `charter.toml` cannot be read any more.
    pub fn begin(&mut self, asker: Asker) -> Result<(), Failure> {
        let settings = Settings::read(&self.root.join("charter.toml"))?;
        if settings.usage.at != self.settings.usage.at {
            self.usage.take();
        }
        if settings.journal != self.settings.journal {
            self.journal.replace(None);
            *self.folded() = Arc::new(Fold::default());
            self.saved.set(Position::BEFORE_FIRST);
            self.adopted.take();
            self.months.take();
        }
        self.moment.take();
        self.settings = settings;
        self.now = self.clock.read();
        self.asker = asker;
        Ok(())
    }

    /// Looks at the journal as it is now until another command begins: for who reads and enters nothing.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn hold_still(&self) -> Result<(), Failure> {
        let fold = self.fold()?;
        self.moment.replace(Some(fold));
        Ok(())
    }

    /// The present, read anew.
    pub fn time(&self) -> Timestamp {
        self.clock.read()
    }

    /// Waits for work that takes time.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The documents beside `charter.toml` that hold terms, by name. Scenarios are no terms.
    pub fn documents(&self) -> Result<Vec<Arc<Document>>, Failure> {
        let paths = markdown_in(&self.root)?;
        let documents = paths.iter().map(|path| read_document(path));
        let documents: Vec<_> = documents.collect::<Result<_, _>>()?;
        Ok(documents.into_iter().filter(holds_terms).collect())
    }

    /// What all texts beside `charter.toml` hash to: as long as it stays, so do the documents.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn documents_stamp(&self) -> Result<blake3::Hash, Failure> {
        let mut texts = blake3::Hasher::new();
        for path in markdown_in(&self.root)? {
            let text = std::fs::read(&path)?;
            texts.update(path.as_os_str().as_encoded_bytes());
            texts.update(blake3::hash(&text).as_bytes());
        }
        Ok(texts.finalize())
    }

    /// The documents that only suppose, beside `charter.toml` and in `scenarios/` there: their names and where
    /// they are.
    pub fn scenarios(&self) -> Result<Vec<(String, PathBuf)>, Failure> {
        let mut found = Vec::new();
        for (folder, before) in
            [(self.root.clone(), ""), (self.root.join("scenarios"), "scenarios/")]
        {
            if !folder.is_dir() {
                continue;
            }
            for path in markdown_in(&folder)? {
                if is_scenario(&read_document(&path)?) {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    found.push((format!("{before}{name}"), path.clone()));
                }
            }
        }
        Ok(found)
    }

    /// The terms of the documents at hand, for commands that only read. What has been adopted is
    /// known since then; a file that differs from its adopted text counts as a draft.
    pub fn read_terms(&self) -> Result<Compiled, Failure> {
        self.read_terms_with(None)
    }

    fn read_terms_with(&self, scenario: Option<&Path>) -> Result<Compiled, Failure> {
        let (mut sources, drafts) = self.stored()?.sources(&BTreeMap::new());
        sources.extend(scenario.map(supposed).transpose()?);
        let (mut terms, findings) = terms::compile(&sources);
        terms.occurrences = self.fold()?.occurrences();
        Ok(Compiled { terms, findings, drafts })
    }

    /// The documents at hand and what has been adopted.
    pub fn stored(&self) -> Result<Stored, Failure> {
        Ok(Stored { documents: self.documents()?, adopted: self.adoptions()? })
    }

    /// As [`Workspace::read_terms`], under a scenario if one is given; they must be free of errors.
    pub fn sound_terms(&self, scenario: Option<&Path>) -> Result<Terms, Failure> {
        let compiled = self.read_terms_with(scenario)?;
        let errors: Vec<_> =
            compiled.findings.iter().filter(|f| f.severity == Severity::Error).collect();
        match errors.first() {
            None => Ok(compiled.terms),
            Some(first) => Err(in_scenario(&errors).unwrap_or_else(|| {
                Failure::failed(
                    format!("the documents have {}: {first}", term::count(errors.len(), "error")),
                    "run `charter check` to see where",
                )
            })),
        }
    }

    /// The terms that have been adopted, for commands that act: nothing else is enforced. They are compiled
    /// once for as long as nothing is adopted and no condition recorded.
    pub fn adopted_terms(&self) -> Result<Arc<Terms>, Failure> {
        let changed = self.fold()?.terms_changed;
        kept(&self.adopted, changed, || Ok(Arc::new(self.adopted_terms_under(None)?)))
    }

    /// The adopted terms under a scenario, for commands that only suppose.
    pub fn adopted_terms_under(&self, scenario: Option<&Path>) -> Result<Terms, Failure> {
        let mut sources: Vec<_> = self.adoptions()?.iter().map(Adoption::source).collect();
        if sources.is_empty() {
            return Err(Failure::failed(
                "no document has been adopted, and only adopted terms are acted upon",
                "enter the documents into the journal with `charter adopt --all`",
            ));
        }
        sources.extend(scenario.map(supposed).transpose()?);
        let (mut terms, findings) = terms::compile(&sources);
        terms.occurrences = self.fold()?.occurrences();
        let errors: Vec<_> =
            findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        match errors.first() {
            None => Ok(terms),
            Some(first) => Err(in_scenario(&errors).unwrap_or_else(|| {
                Failure::failed(
                    format!("the adopted documents do not fit together: {first}"),
                    "adopt the documents they refer to as well; `charter check` says which",
                )
            })),
        }
    }

    /// What has been adopted, the latest text of each document.
    pub fn adoptions(&self) -> Result<Vec<Adoption>, Failure> {
        Ok(self.fold()?.adoptions.clone())
    }

    /// What the journal's events come to now.
    pub fn fold(&self) -> Result<Arc<Fold>, Failure> {
        if let Some(fold) = &*self.moment.borrow() {
            return Ok(fold.clone());
        }
        // Who waits here waits for what it would do itself.
        let mut place = self.folded();
        if place.head == Head::EMPTY
            && let Some(saved) = self.snapshot()?
        {
            self.saved.set(saved.head.position);
            *place = Arc::new(saved);
        }
        let known = place.head;
        let folded = self.with_journal(async |journal| {
            if journal.head().await? == known {
                return Ok(None);
            }
            // Whoever still holds what was there before keeps it as it was.
            let before = std::mem::replace(&mut *place, Arc::new(Fold::default()));
            let before = Arc::unwrap_or_clone(before);
            let fold = |(fold, wrong): &mut (Fold, Option<_>), event: Replayed<'_>| {
                *wrong = fold.apply(&event).err();
                if wrong.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            let ((fold, wrong), _) = journal.replay(known, (before, None), fold).await?;
            wrong.map_or(Ok(Some(fold)), |wrong: serde_json::Error| Err(wrong.into()))
        })?;
        if let Some(fold) = folded.flatten() {
            *place = Arc::new(fold);
        }
        Ok(place.clone())
    }

    fn folded(&self) -> MutexGuard<'_, Arc<Fold>> {
        // Nobody leaves half a fold behind: it is put there whole.
        self.fold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on from what others come to on the same journal, and they from what this one comes to.
    pub fn share(&mut self, folded: Folded) {
        self.fold = ManuallyDrop::new(folded);
    }

    fn snapshot(&self) -> Result<Option<Fold>, Failure> {
        let Some(snapshot) = Snapshot::read(&self.snapshot_path()) else { return Ok(None) };
        let before = Position(snapshot.position().0.saturating_sub(1));
        let filter = Filter { limit: Some(1), ..Filter::all() };
        let events =
            self.with_journal(async |journal| Ok(journal.read(before, &filter).await?))?;
        Ok(snapshot.fits(events.unwrap_or_default().first()))
    }

    /// Saves a snapshot once reading on from the last one takes long. For commands that enter
    /// something: those that only read write nothing.
    pub fn save_snapshot(&self) -> Result<(), Failure> {
        let fold = self.fold()?;
        let head = fold.head.position.0;
        if head.saturating_sub(self.saved.get().0) > SNAPSHOT_EVERY.max(head / 50) {
            snapshot::write(&self.snapshot_path(), &fold)?;
            self.saved.set(Position(head));
        }
        Ok(())
    }

    fn snapshot_path(&self) -> PathBuf {
        self.private().join("snapshot")
    }

    /// The folder of the journal and of usage.
    pub fn private(&self) -> PathBuf {
        self.root.join(".charter")
    }

    /// The store of usage: a folder of the workspace, or a bucket.
    pub fn usage(&self) -> Result<usage::Store, Failure> {
        if let Some(store) = self.usage.get() {
            return Ok(store.clone());
        }
        let store = usage_store::open(&self.private(), self.settings.usage.at.as_deref())?;
        Ok(self.usage.get_or_init(|| store).clone())
    }

    /// What changes when calls come in, are rejected or are found unresolved: all that a settlement rests on beside
    /// the journal. None where calls are in a bucket, of which this cannot be told cheaply.
    ///
    /// # Errors
    /// [`Failure`] if the folders cannot be read.
    pub fn usage_stamp(&self) -> Result<Option<blake3::Hash>, Failure> {
        if self.settings.usage.at.is_some() {
            return Ok(None);
        }
        let mut stamp = blake3::Hasher::new();
        let private = self.private();
        for folder in ["usage", "usage/rejected", "gateway"] {
            let Ok(entries) = std::fs::read_dir(private.join(folder)) else { continue };
            let mut found = Vec::new();
            for entry in entries {
                let entry = entry?;
                let about = entry.metadata()?;
                found.push((entry.file_name(), about.modified()?, about.len()));
            }
            found.sort();
            stamp.update(format!("{folder} {found:?}").as_bytes());
        }
        Ok(Some(stamp.finalize()))
    }

    /// The store of usage in the workspace's own folder, wherever its calls are.
    pub fn local_usage(&self) -> Result<usage::Store, Failure> {
        usage_store::local(&self.private())
    }

    /// The events a filter lets through; none where there is no journal yet.
    pub fn events(&self, filter: &Filter) -> Result<Vec<Event>, Failure> {
        self.events_after(Position::BEFORE_FIRST, filter)
    }

    /// The same, of those after a place.
    pub fn events_after(&self, after: Position, filter: &Filter) -> Result<Vec<Event>, Failure> {
        self.with_journal(async |journal| Ok(journal.read(after, filter).await?))
            .map(Option::unwrap_or_default)
    }

    /// The head of the journal; that of an empty one where there is none yet.
    pub fn head(&self) -> Result<Head, Failure> {
        let head = self.with_journal(async |journal| Ok(journal.head().await?))?;
        Ok(head.unwrap_or(Head::EMPTY))
    }

    /// Does something with the journal, if there is one.
    pub fn with_journal<T>(
        &self,
        work: impl AsyncFnOnce(&Journal) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        self.runtime.block_on(async {
            if self.journal.borrow().is_none() {
                self.journal.replace(self.journal().await?.map(Rc::new));
            }
            let Some(journal) = self.journal.borrow().clone() else { return Ok(None) };
            self.opened(work(&journal).await).map(Some)
        })
    }

    /// Does something with the journal, and makes one if there is none.
    pub fn with_new_journal<T>(
        &self,
        work: impl AsyncFnOnce(&Journal) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.runtime.block_on(async {
            let open = self.journal.borrow().clone();
            let journal = match open {
                Some(journal) => journal,
                None => Rc::new(self.new_journal().await?),
            };
            self.journal.replace(Some(journal.clone()));
            self.opened(work(&journal).await)
        })
    }

    /// What was done with the open journal. After a failure it is opened anew: its server may have gone.
    fn opened<T>(&self, done: Result<T, Failure>) -> Result<T, Failure> {
        if done.is_err() {
            self.journal.take();
        }
        done
    }

    /// The journal, if there is one, opened for itself. For work on the journals of two workspaces at once.
    pub async fn journal(&self) -> Result<Option<Journal>, Failure> {
        Ok(match self.settings.journal.url()? {
            Some(url) => Journal::connect_existing(&url).await?,
            None => Journal::open_existing(&self.journal_path()).await?,
        })
    }

    async fn new_journal(&self) -> Result<Journal, Failure> {
        Ok(match self.settings.journal.url()? {
            Some(url) => Journal::connect(&url).await?,
            None => {
                std::fs::create_dir_all(self.private())?;
                Journal::open(&self.journal_path()).await?
            }
        })
    }

    /// Appends events that were decided upon at `expected`; all or none.
    pub fn append(&self, expected: Position, events: Vec<NewEvent>) -> Result<Head, Failure> {
        self.try_append(Condition::head(expected), events)?.ok_or_else(|| {
            Failure::failed(
                "somebody else has entered something meanwhile; nothing of this was entered",
                "run the command again: it will be decided on what is there now",
            )
        })
    }

    /// Appends events under a condition, all or none; `None` if it does not hold.
    fn try_append(
        &self,
        condition: Condition,
        events: Vec<NewEvent>,
    ) -> Result<Option<Head>, Failure> {
        self.with_new_journal(async |journal| {
            let head = journal.append(condition, self.time(), events).await;
            match head {
                Err(AppendError::Conflict { .. }) => Ok(None),
                head => Ok(Some(head?)),
            }
        })
    }

    fn journal_path(&self) -> PathBuf {
        self.private().join("journal.db")
    }
}

/// Something that follows from the journal: what it was, as long as the last event that changes it is the same.
fn kept<T: Clone>(
    place: &RefCell<Option<(Position, T)>>,
    changed: Position,
    compute: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Some((at, kept)) = &*place.borrow()
        && *at == changed
    {
        return Ok(kept.clone());
    }
    let computed = compute()?;
    place.replace(Some((changed, computed.clone())));
    Ok(computed)
}

/// A journal that is closed leaves one file, whole. Nothing is lost without it.
impl Drop for Workspace {
    fn drop(&mut self) {
        if let Some(journal) = self.journal.take().and_then(Rc::into_inner) {
            let _ = self.runtime.block_on(journal.close());
        }
    }
}

/// The folder of the workspace that holds `start`: itself or the nearest above.
pub fn root(start: &Path) -> Option<&Path> {
    start.ancestors().find(|folder| folder.join("charter.toml").is_file())
}

/// The Markdown files of a folder, by name.
fn markdown_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    Ok(paths)
}

/// Whether a document holds terms, or looks as if it should. Scenarios are no terms.
fn holds_terms(document: &Arc<Document>) -> bool {
    let holds = !document.blocks.is_empty() || terms::unmarked(document).next().is_some();
    holds && !is_scenario(document)
}

/// Whether a document only supposes.
pub fn is_scenario(document: &Arc<Document>) -> bool {
    let (terms, _) = terms::compile(&[Source { document: document.clone(), known: None }]);
    terms.documents.iter().any(|framed| framed.frame.as_ref().is_some_and(|frame| frame.supposed))
}

/// The first error that has a part in a scenario, shown in full: `charter check` reads no scenarios.
fn in_scenario(errors: &[&Finding]) -> Option<Failure> {
    let is_there = |error: &&&Finding| error.everywhere().any(|place| is_scenario(&place.document));
    let first = errors.iter().find(is_there)?;
    Some(Failure::Failed(Report::new((**first).clone())))
}

/// A scenario to compile with the terms.
fn supposed(path: &Path) -> Result<Source, Failure> {
    let document = read_document(path)?;
    if is_scenario(&document) {
        return Ok(Source { document, known: None });
    }
    Err(Failure::wrong_use(
        format!("`{}` is not a scenario", path.display()),
        "begin it with `scenario \"name\" { of = AGREEMENT, effective = … }` in an `hcl` block",
    ))
}

/// Reads one document; its name is that of the file.
pub fn read_document(path: &Path) -> Result<Arc<Document>, Failure> {
    let unreadable = |problem: String, help: &str| {
        Failure::failed(format!("cannot read `{}`: {problem}", path.display()), help)
    };
    let bytes = std::fs::read(path)
        .map_err(|error| unreadable(error.to_string(), "a document is a Markdown file in UTF-8"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let read = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + read.iter().filter(|byte| **byte == b'\n').count();
        unreadable(
            format!("what stands on line {line} is not UTF-8"),
            "save it as UTF-8, in your editor or with `iconv -f LATIN1 -t UTF-8`",
        )
    })?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Arc::new(Document::new(name, text)))
}
