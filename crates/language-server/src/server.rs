//! The server itself: what is open, when it is read anew, and which answer belongs to which question.
//!
//! Questions are taken one after the other, so that each sees the edits before it. Reading documents
//! happens beside that, one reading at a time, and only once nobody has typed for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use terms::{Document, Source};
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types::{
    CompletionOptions, CompletionParams, CompletionResponse, Diagnostic,
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWatchedFilesRegistrationOptions, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentSymbolParams,
    DocumentSymbolResponse, FileSystemWatcher, GlobPattern, GotoDefinitionParams,
    GotoDefinitionResponse, Hover, HoverContents, HoverParams, HoverProviderCapability,
    InitializeParams, InitializeResult, InitializedParams, MarkupContent, MarkupKind, MessageType,
    OneOf, PositionEncodingKind, Registration, ServerCapabilities, ServerInfo,
    TextDocumentPositionParams, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
};
use tower_lsp_server::{Client, LanguageServer, LspService, Server};

use crate::analysis::{Analysis, document_name};
use crate::completion::completion;
use crate::definition::definition;
use crate::diagnostics::by_document;
use crate::hover::hover;
use crate::library::{Library, Stored, Unsaved};
use crate::position::{Encoding, Positions};
use crate::symbols::symbols;

/// How long nobody must have typed before documents are read anew.
const PAUSE: Duration = Duration::from_millis(150);

/// Serves one editor over standard input and output until it leaves; says whether it took leave.
pub async fn serve(library: impl Library) -> bool {
    let desk = Arc::new(Desk {
        library: Box::new(library),
        state: Mutex::default(),
        reading: tokio::sync::Mutex::default(),
        telling: tokio::sync::Mutex::default(),
    });
    let seen = desk.clone();
    let (service, socket) = LspService::new(|client| Backend { client, desk });
    // One question at a time: the protocol orders edits and questions, concurrency would not.
    let server = Server::new(tokio::io::stdin(), tokio::io::stdout(), socket).concurrency_level(1);
    server.serve(service).await;
    seen.state().leave_taken
}

#[derive(Clone)]
struct Backend {
    client: Client,
    desk: Arc<Desk>,
}

/// What all tasks share.
struct Desk {
    library: Box<dyn Library>,
    state: Mutex<State>,
    /// Held while documents are read.
    reading: tokio::sync::Mutex<()>,
    /// Held while the editor is told, so that it hears the latest last.
    telling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    editor: Editor,
    leave_taken: bool,
    open: BTreeMap<PathBuf, Open>,
    workspaces: BTreeMap<PathBuf, Workspace>,
}

/// What the editor can do.
#[derive(Debug, Clone, Copy, Default)]
struct Editor {
    encoding: Encoding,
    snippets: bool,
    watches: bool,
}

/// A document in the editor.
#[derive(Clone)]
struct Open {
    uri: Uri,
    version: i32,
    text: Arc<Typed>,
    /// The workspace it is in.
    workspace: PathBuf,
}

/// A text whose blocks are looked for only once somebody asks.
struct Typed {
    name: String,
    text: String,
    document: OnceLock<Arc<Document>>,
}

#[derive(Default)]
struct Workspace {
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

/// A workspace as read.
struct Reading {
    terms: Arc<Analysis>,
    /// Open documents that only suppose, each read with the terms.
    supposed: BTreeMap<PathBuf, Arc<Analysis>>,
    diagnostics: BTreeMap<PathBuf, Vec<Diagnostic>>,
}

impl Typed {
    fn document(&self) -> &Arc<Document> {
        self.document.get_or_init(|| Arc::new(Document::new(&self.name, &self.text)))
    }
}

impl Reading {
    /// The terms as the document in a file sees them.
    fn seen_from(&self, path: &Path) -> &Arc<Analysis> {
        self.supposed.get(path).unwrap_or(&self.terms)
    }
}

/// Everything a reading needs, taken at one moment.
struct Task {
    changes: u64,
    root: PathBuf,
    stored: Option<Arc<dyn Stored>>,
    open: BTreeMap<PathBuf, Open>,
    encoding: Encoding,
}

impl Task {
    fn read(
        self,
        library: &dyn Library,
    ) -> std::result::Result<(Arc<dyn Stored>, Reading), String> {
        let stored = match self.stored {
            Some(stored) => stored,
            None => library.read(&self.root)?,
        };
        let beside = |path: &Path| path.parent() == Some(&self.root);
        let unsaved: Unsaved = self
            .open
            .iter()
            .filter(|(path, _)| beside(path))
            .map(|(_, open)| (open.text.name.clone(), open.text.document().clone()))
            .collect();
        let sources = stored.sources(&unsaved);
        let terms = Analysis::of(&sources);
        let mut diagnostics = BTreeMap::new();
        let uri = |document: &Document| uri(&self.root.join(&document.name), &self.open);
        for (name, found) in by_document(&terms.findings, self.encoding, uri) {
            diagnostics.insert(self.root.join(name), found);
        }
        let mut supposed = BTreeMap::new();
        for (path, open) in &self.open {
            let document = open.text.document();
            let compiled = sources.iter().any(|source| Arc::ptr_eq(&source.document, document));
            if compiled || document.blocks.is_empty() {
                continue;
            }
            let what_if = Source { document: document.clone(), known: None };
            let with: Vec<_> = sources.iter().cloned().chain([what_if]).collect();
            let analysis = Analysis::of(&with);
            if analysis.supposes(document) {
                let place = |other: &Document| match std::ptr::eq(other, &**document) {
                    true => Some(open.uri.clone()),
                    false => uri(other),
                };
                // What is wrong in the terms is told of the terms.
                let own = analysis.findings.iter();
                let own = own.filter(|finding| Arc::ptr_eq(&finding.places[0].document, document));
                let own: Vec<_> = own.cloned().collect();
                let found = by_document(&own, self.encoding, place).into_values().flatten();
                diagnostics.insert(path.clone(), found.collect());
                supposed.insert(path.clone(), Arc::new(analysis));
            }
        }
        Ok((stored, Reading { terms: Arc::new(terms), supposed, diagnostics }))
    }
}

/// The file an editor means; none for what is no file, such as an older version it shows.
fn file(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    uri.to_file_path().filter(|_| is_file).map(|path| path.into_owned())
}

/// A file as the editor calls it.
fn uri(path: &Path, open: &BTreeMap<PathBuf, Open>) -> Option<Uri> {
    match open.get(path) {
        Some(open) => Some(open.uri.clone()),
        None => Uri::from_file_path(path),
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done where it could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend {
    /// The latest reading of a workspace, made now if something has changed since.
    async fn reading(&self, root: &Path) -> Option<Arc<Reading>> {
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
    async fn work<T: Send + 'static>(
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
    fn touch(&self, root: &Path, stored_too: bool, pause: Duration) {
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
    async fn tell(&self, root: &Path, diagnostics: &BTreeMap<PathBuf, Vec<Diagnostic>>) {
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

    fn opened(&self, uri: &Uri) -> Option<(PathBuf, Open)> {
        let path = file(uri)?;
        let open = self.desk.state().open.get(&path)?.clone();
        Some((path, open))
    }

    /// Answers a question about a place in an open document.
    async fn answer<T: Send + 'static>(
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
    async fn some_reading(&self, root: &Path) -> Option<Arc<Reading>> {
        let latest = self.desk.state().workspaces.get(root)?.reading.clone();
        match latest {
            Some((_, reading)) => Some(reading),
            None => self.reading(root).await,
        }
    }

    /// Documents of all workspaces that may have changed on disk.
    fn stored_changed(&self, path: &Path) {
        if let Some(root) = self.desk.library.workspace(path) {
            self.touch(&root, true, PAUSE);
        }
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let can = &params.capabilities;
        let encodings = can.general.as_ref().and_then(|can| can.position_encodings.as_ref());
        let utf8 = encodings.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8));
        let completion = can.text_document.as_ref().and_then(|can| can.completion.as_ref());
        let item = completion.and_then(|can| can.completion_item.as_ref());
        let watched = can.workspace.as_ref().and_then(|can| can.did_change_watched_files.as_ref());
        self.desk.state().editor = Editor {
            encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
            snippets: item.is_some_and(|can| can.snippet_support == Some(true)),
            watches: watched.is_some_and(|can| can.dynamic_registration == Some(true)),
        };
        let encoding = if utf8 { PositionEncodingKind::UTF8 } else { PositionEncodingKind::UTF16 };
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::FULL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        };
        let triggers = ["=", " ", "\"", ".", "["].map(str::to_string).to_vec();
        Ok(InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(encoding),
                text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                definition_provider: Some(OneOf::Left(true)),
                document_symbol_provider: Some(OneOf::Left(true)),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(triggers),
                    ..CompletionOptions::default()
                }),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "charter".to_string(),
                version: Some(env!("CARGO_PKG_VERSION").to_string()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        if !self.desk.state().editor.watches {
            return;
        }
        let glob = |pattern: &str| FileSystemWatcher {
            glob_pattern: GlobPattern::String(pattern.to_string()),
            kind: None,
        };
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: vec![glob("**/*.md"), glob("**/charter.toml")],
        };
        let method = "workspace/didChangeWatchedFiles".to_string();
        let registration = Registration {
            id: method.clone(),
            method,
            register_options: serde_json::to_value(options).ok(),
        };
        let client = self.client.clone();
        // The editor's answer is read like everything else, so nobody may wait for it here.
        tokio::spawn(async move { client.register_capability(vec![registration]).await });
    }

    async fn shutdown(&self) -> Result<()> {
        self.desk.state().leave_taken = true;
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let opened = params.text_document;
        let Some(path) = file(&opened.uri) else { return };
        // Other Markdown is no concern of ours.
        let Some(root) = self.desk.library.workspace(&path) else { return };
        let open = Open {
            uri: opened.uri,
            version: opened.version,
            text: typed(&path, opened.text),
            workspace: root.clone(),
        };
        {
            let mut state = self.desk.state();
            state.open.insert(path, open);
            state.workspaces.entry(root.clone()).or_default();
        }
        self.touch(&root, true, Duration::ZERO);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let Some((path, _)) = self.opened(&params.text_document.uri) else { return };
        // The whole text is what we asked for.
        let Some(change) = params.content_changes.into_iter().next_back() else { return };
        let root = {
            let mut state = self.desk.state();
            let Some(open) = state.open.get_mut(&path) else { return };
            open.version = params.text_document.version;
            open.text = typed(&path, change.text);
            open.workspace.clone()
        };
        self.touch(&root, false, PAUSE);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        if let Some((_, open)) = self.opened(&params.text_document.uri) {
            self.touch(&open.workspace, true, PAUSE);
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let Some((path, open)) = self.opened(&params.text_document.uri) else { return };
        let root = open.workspace;
        let was_last = {
            let mut state = self.desk.state();
            state.open.remove(&path);
            !state.open.values().any(|open| open.workspace == root)
        };
        if was_last {
            self.tell(&root, &BTreeMap::new()).await;
            self.desk.state().workspaces.remove(&root);
        } else {
            self.touch(&root, true, Duration::ZERO);
        }
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        for change in params.changes {
            if let Some(path) = file(&change.uri) {
                self.stored_changed(&path);
            }
        }
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let answer = |analysis: &Analysis, typed: &Typed, offset, editor: Editor| {
            let document = typed.document();
            let (value, span) = hover(analysis, document, offset)?;
            Some(Hover {
                contents: HoverContents::Markup(MarkupContent {
                    kind: MarkupKind::Markdown,
                    value,
                }),
                range: Some(Positions::new(&document.text, editor.encoding).range(&span)),
            })
        };
        Ok(self.answer(params.text_document_position_params, answer).await)
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let Some((path, this)) = self.opened(&at.text_document.uri) else { return Ok(None) };
        let open = self.desk.state().open.clone();
        let answer = move |analysis: &Analysis, typed: &Typed, offset, editor: Editor| {
            let document = typed.document();
            let place = |other: &Document| match other.name == document.name {
                true => Some(open.get(&path)?.uri.clone()),
                false => uri(&this.workspace.join(&other.name), &open),
            };
            let found = definition(analysis, document, offset, editor.encoding, place);
            (!found.is_empty()).then_some(GotoDefinitionResponse::Array(found))
        };
        Ok(self.answer(at, answer).await)
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let Some((path, open)) = self.opened(&at.text_document.uri) else { return Ok(None) };
        let Some(reading) = self.some_reading(&open.workspace).await else { return Ok(None) };
        let Editor { encoding, snippets, .. } = self.desk.state().editor;
        let offers = self.work(move || {
            let document = open.text.document();
            let offset = Positions::new(&document.text, encoding).offset(at.position);
            completion(reading.seen_from(&path), document, offset, encoding, snippets)
        });
        Ok(offers.await.map(CompletionResponse::Array))
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        let Some((_, open)) = self.opened(&params.text_document.uri) else { return Ok(None) };
        let encoding = self.desk.state().editor.encoding;
        let symbols = self.work(move || symbols(open.text.document(), encoding)).await;
        Ok(symbols.map(DocumentSymbolResponse::Nested))
    }
}

fn typed(path: &Path, text: String) -> Arc<Typed> {
    Arc::new(Typed { name: document_name(path), text, document: OnceLock::new() })
}
