//! The server itself: which answer belongs to which question of the protocol.
//!
//! Questions are taken one after the other, so that each sees the edits before it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use terms::Document;
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types::{
    CompletionOptions, CompletionParams, CompletionResponse, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWatchedFilesRegistrationOptions,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentSymbolParams, DocumentSymbolResponse, FileSystemWatcher, GlobPattern,
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents, HoverParams,
    HoverProviderCapability, InitializeParams, InitializeResult, InitializedParams, MarkupContent,
    MarkupKind, OneOf, PositionEncodingKind, Registration, ServerCapabilities, ServerInfo,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions,
};
use tower_lsp_server::{LanguageServer, LspService, Server};

use crate::analysis::Analysis;
use crate::completion::completion;
use crate::definition::definition;
use crate::desk::{Backend, Desk, Editor, PAUSE};
use crate::hover::hover;
use crate::library::Library;
use crate::open::{Open, Typed, file, uri};
use crate::position::{Encoding, Positions};
use crate::symbols::symbols;

/// Serves one editor over standard input and output until it leaves; says whether it took leave.
pub async fn serve(library: impl Library) -> bool {
    let desk = Arc::new(Desk::new(library));
    let seen = desk.clone();
    let (service, socket) = LspService::new(|client| Backend { client, desk });
    // One question at a time: the protocol orders edits and questions, concurrency would not.
    let server = Server::new(tokio::io::stdin(), tokio::io::stdout(), socket).concurrency_level(1);
    server.serve(service).await;
    seen.state().leave_taken
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
            text: Typed::new(&path, opened.text),
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
            open.text = Typed::new(&path, change.text);
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
            let place = |other: &Document| match std::ptr::eq(other, &**document) {
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
