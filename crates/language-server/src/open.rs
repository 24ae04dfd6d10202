//! A document in the editor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use terms::Document;
use tower_lsp_server::ls_types::Uri;

/// A document in the editor.
#[derive(Clone)]
pub(crate) struct Open {
    pub uri: Uri,
    pub version: i32,
    pub text: Arc<Typed>,
    /// The workspace it is in.
    pub workspace: PathBuf,
}

/// A text whose blocks are looked for only once somebody asks.
pub(crate) struct Typed {
    pub name: String,
    text: String,
    document: OnceLock<Arc<Document>>,
}

impl Typed {
    /// The text of a document, named for its file.
    pub fn new(path: &Path, text: String) -> Arc<Typed> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Arc::new(Typed { name, text, document: OnceLock::new() })
    }

    pub fn document(&self) -> &Arc<Document> {
        self.document.get_or_init(|| Arc::new(Document::new(&self.name, &self.text)))
    }
}

/// The file an editor means; none for what is no file, such as an older version it shows.
pub(crate) fn file(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    uri.to_file_path().filter(|_| is_file).map(|path| path.into_owned())
}

/// A file as the editor calls it.
pub(crate) fn uri(path: &Path, open: &BTreeMap<PathBuf, Open>) -> Option<Uri> {
    match open.get(path) {
        Some(open) => Some(open.uri.clone()),
        None => Uri::from_file_path(path),
    }
}
