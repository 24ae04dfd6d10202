//! What is open, when it is read anew, and what the editor was told.
//!
//! Documents are read beside the questions, one reading at a time, and only once nobody has typed for a
//! moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tower_lsp_server::Client;
use tower_lsp_server::ls_types::{Diagnostic, MessageType, TextDocumentPositionParams, Uri};

use crate::analysis::Analysis;
use crate::library::{Library, Stored};
use crate::open::{Open, Typed, file, uri};
use crate::position::{Encoding, Positions};
use crate::reading::{Reading, Task};

/// How long nobody must have typed before documents are read anew.
pub(crate) const PAUSE: Duration = Duration::from_millis(150);

#[derive(Clone)]
pub(crate) struct Backend {
    pub client: Client,
    pub desk: Arc<Desk>,
}

/// What all tasks share.
pub(crate) struct Desk {
    pub library: Box<dyn Library>,
    state: Mutex<State>,
    /// Held while documents are read.
    reading: tokio::sync::Mutex<()>,
    /// Held while the editor is told, so that it hears the latest last.
    telling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
pub(crate) struct State {
    pub editor: Editor,
    pub leave_taken: bool,
    pub open: BTreeMap<PathBuf, Open>,
    pub workspaces: BTreeMap<PathBuf, Workspace>,
}

/// What the editor can do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Editor {
    pub encoding: Encoding,
    pub snippets: bool,
    pub watches: bool,
}

#[derive(Default)]
pub(crate) struct Workspace {
    /// How often something changed.
    changes: u64,
    /// What is stored, unless that may have changed.
    stored: Option<Arc<dyn Stored>>,
    /// The latest reading, and after which change it was.
    reading: Option<(u64, Arc<Reading>)>,
    /// Why it could not be read the last time, if so.
    problem: Option<String>,
    /// What the editor was told, by file.
    told: BTreeMap<PathBuf, Vec<Diagnostic>>,
}

impl Desk {
    pub fn new(library: impl Library) -> Desk {
        Desk {
            library: Box::new(library),
            state: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            telling: tokio::sync::Mutex::default(),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done where it could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend {
    /// The latest reading of a workspace, made now if something has changed since.
    pub async fn reading(&self, root: &Path) -> Option<Arc<Reading>> {
        let _alone = self.desk.reading.lock().await;
        let task = {
            let state = self.desk.state();
            let workspace = state.workspaces.get(root)?;
            if let Some((changes, reading)) = &workspace.reading
                && *changes == workspace.changes
            {
                return Some(reading.clone());
            }
            let here = state.open.iter().filter(|(_, open)| open.workspace == root);
            Task {
                changes: workspace.changes,
                root: root.to_path_buf(),
                stored: workspace.stored.clone(),
                open: here.map(|(path, open)| (path.clone(), open.clone())).collect(),
                encoding: state.editor.encoding,
            }
        };
        let changes = task.changes;
        let desk = self.desk.clone();
        let read = self.work(move || task.read(&*desk.library)).await?;
        let (stored, reading) = match read {
            Ok((stored, reading)) => (stored, Arc::new(reading)),
            Err(problem) => {
                let known = {
                    let mut state = self.desk.state();
                    state.workspaces.get_mut(root)?.problem.replace(problem.clone())
                };
                // Once is enough, not with every key.
                if known.as_ref() != Some(&problem) {
                    self.client.show_message(MessageType::ERROR, problem).await;
                }
                return None;
            }
        };
        let mut state = self.desk.state();
        let workspace = state.workspaces.get_mut(root)?;
        workspace.problem = None;
        // What was stored may have changed while it was read.
        if workspace.changes == changes {
            workspace.stored = Some(stored);
        }
        workspace.reading = Some((changes, reading.clone()));
        Some(reading)
    }

    /// Does something that takes time beside the questions. A bug in it costs one answer, not all.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => Some(done),
            Err(error) => {
                self.client.log_message(MessageType::ERROR, format!("a bug: {error}")).await;
                None
            }
        }
    }

    /// Notes that a workspace has changed, and tells what is wrong in it after a pause.
    pub fn touch(&self, root: &Path, stored_too: bool, pause: Duration) {
        let changes = {
            let mut state = self.desk.state();
            let Some(workspace) = state.workspaces.get_mut(root) else { return };
            workspace.changes += 1;
            if stored_too {
                workspace.stored = None;
            }
            workspace.changes
        };
        let (backend, root) = (self.clone(), root.to_path_buf());
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            let is_latest = |state: &State| {
                state.workspaces.get(&root).is_some_and(|workspace| workspace.changes == changes)
            };
            // Whoever typed since tells it after the next pause.
            if !is_latest(&backend.desk.state()) {
                return;
            }
            if let Some(reading) = backend.reading(&root).await {
                backend.tell(&root, &reading.diagnostics).await;
            }
        });
    }

    /// Tells the editor what is wrong in each file, where that is news.
    pub async fn tell(&self, root: &Path, diagnostics: &BTreeMap<PathBuf, Vec<Diagnostic>>) {
        let _alone = self.desk.telling.lock().await;
        let news: Vec<_> = {
            let mut state = self.desk.state();
            let Some(workspace) = state.workspaces.get_mut(root) else { return };
            let told = std::mem::replace(&mut workspace.told, diagnostics.clone());
            let files: BTreeSet<_> = told.keys().chain(diagnostics.keys()).collect();
            let of = |of: &BTreeMap<PathBuf, Vec<Diagnostic>>, path: &PathBuf| {
                of.get(path).cloned().unwrap_or_default()
            };
            let news = files.into_iter().filter(|path| of(&told, path) != of(diagnostics, path));
            news.map(|path| {
                let version = state.open.get(path).map(|open| open.version);
                (uri(path, &state.open), of(diagnostics, path), version)
            })
            .collect()
        };
        for (uri, found, version) in news {
            let Some(uri) = uri else { continue };
            self.client.publish_diagnostics(uri, found, version).await;
        }
    }

    pub fn opened(&self, uri: &Uri) -> Option<(PathBuf, Open)> {
        let path = file(uri)?;
        let open = self.desk.state().open.get(&path)?.clone();
        Some((path, open))
    }

    /// Answers a question about a place in an open document.
    pub async fn answer<T: Send + 'static>(
        &self,
        at: TextDocumentPositionParams,
        answer: impl FnOnce(&Analysis, &Typed, usize, Editor) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let (path, open) = self.opened(&at.text_document.uri)?;
        let reading = self.reading(&open.workspace).await?;
        let editor = self.desk.state().editor;
        self.work(move || {
            let text = &open.text.document().text;
            let offset = Positions::new(text, editor.encoding).offset(at.position);
            answer(reading.seen_from(&path), &open.text, offset, editor)
        })
        .await?
    }

    /// A reading that may be older than what is typed, so that nobody waits while typing.
    pub async fn some_reading(&self, root: &Path) -> Option<Arc<Reading>> {
        let latest = self.desk.state().workspaces.get(root)?.reading.clone();
        match latest {
            Some((_, reading)) => Some(reading),
            None => self.reading(root).await,
        }
    }

    /// Documents of all workspaces that may have changed on disk.
    pub fn stored_changed(&self, path: &Path) {
        if let Some(root) = self.desk.library.workspace(path) {
            self.touch(&root, true, PAUSE);
        }
    }
}
