//! A folder in a bucket's place.

use std::fs::File;
use std::path::Path;

use object_store::Error;

/// Does something while nobody else who asks here does, on this machine or any that shares the folder.
pub(crate) fn alone<T>(folder: &Path, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let locked = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(".lock"))
        .and_then(|file| file.lock().map(|()| file));
    // The system gives the lock back when the file is closed.
    let _lock =
        locked.map_err(|error| Error::Generic { store: "folder", source: Box::new(error) })?;
    work()
}
