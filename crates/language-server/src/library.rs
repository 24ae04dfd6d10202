use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use terms::{Document, Source};

/// Documents as they are being typed, by name; they lie directly in the workspace's folder.
pub type Unsaved = BTreeMap<String, Arc<Document>>;

/// Where documents are stored.
pub trait Library: Send + Sync + 'static {
    /// The folder of the workspace that holds a file, if one does.
    fn workspace(&self, file: &Path) -> Option<PathBuf>;

    /// Reads what is stored in a workspace.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    fn read(&self, workspace: &Path) -> Result<Arc<dyn Stored>, String>;
}

/// What is stored in a workspace.
pub trait Stored: Send + Sync {
    /// The documents to compile, of which some are being typed; each is named for its file.
    fn sources(&self, unsaved: &Unsaved) -> Vec<Source>;
}
