//! Where an import prepares its files, and how they become the store's, all or none.
//!
//! A file is written and synced under `.staging`, and renamed into place when the whole import
//! has been read. Renames are atomic and a segment holds only ids the store did not have, so a
//! crash between two of them leaves a store that the same import, run again, completes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::{Store, StoreError};

/// The one writer at work in a store.
pub(crate) struct Staging {
    root: PathBuf,
    dir: PathBuf,
    /// Files ready under `dir`, with the places they go to.
    ready: Vec<(PathBuf, PathBuf)>,
    /// The system gives the lock back when the process ends, however it ends.
    _lock: File,
}

/// What keeps writers out of a store: they wait until it is dropped.
#[derive(Debug)]
pub struct Held {
    /// The system gives the lock back when the process ends, however it ends.
    _lock: File,
}

impl Store {
    /// Waits for the writer at work and keeps others out, so that an import is there as a whole or not at all.
    /// Readers are not held up. `None` where nobody has written anything yet.
    ///
    /// # Errors
    /// The lock cannot be had.
    pub fn hold(&self) -> Result<Option<Held>, StoreError> {
        if !self.root().is_dir() {
            return Ok(None);
        }
        Ok(Some(Held { _lock: lock(self.root())? }))
    }
}

fn lock(root: &Path) -> Result<File, StoreError> {
    let path = root.join(".lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    lock.and_then(|file| file.lock().map(|()| file))
        .map_err(|error| StoreError::io("lock", &path, error))
}

impl Staging {
    /// Waits for any other writer, then clears what a dead one left behind.
    pub(crate) fn begin(store: &Store) -> Result<Self, StoreError> {
        let root = store.root().to_path_buf();
        fs::create_dir_all(&root).map_err(|error| StoreError::io("create", &root, error))?;

        let lock = lock(&root)?;

        let dir = root.join(".staging");
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("clear", &dir, error));
            }
            _ => {}
        }
        fs::create_dir(&dir).map_err(|error| StoreError::io("create", &dir, error))?;
        store.sign_desk()?;
        store.complete_compaction()?;
        Ok(Self { root, dir, ready: Vec::new(), _lock: lock })
    }

    /// The folder for files at work.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A place for a file at work.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Notes that `staged` is complete, and where it belongs.
    // INVARIANT: `staged` has been synced, so a rename never puts half a file in place.
    pub(crate) fn ready(&mut self, staged: PathBuf, destination: PathBuf) {
        debug_assert!(destination.starts_with(&self.root));
        self.ready.push((staged, destination));
    }

    /// Makes the renames in a folder durable.
    pub(crate) fn sync(folder: &Path) -> Result<(), StoreError> {
        sync_folder(folder)
    }

    /// Renames everything into place.
    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for (_, destination) in &self.ready {
            let folder = destination.parent().unwrap_or(&self.root).to_path_buf();
            fs::create_dir_all(&folder)
                .map_err(|error| StoreError::io("create", &folder, error))?;
            folders.push(folder);
        }
        for (staged, destination) in self.ready.drain(..) {
            fs::rename(&staged, &destination)
                .map_err(|error| StoreError::io("write", &destination, error))?;
        }
        folders.sort();
        folders.dedup();
        // A rename is durable only when the folder is, and a new folder when its parent is.
        folders.push(self.root.clone());
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next import.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| StoreError::io("sync", folder, error))
}

/// Other systems cannot open a folder as a file, and make renames durable by themselves.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), StoreError> {
    Ok(())
}
