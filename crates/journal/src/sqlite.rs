//! A journal in one SQLite file.

mod open;
mod reader;
mod row;
mod watcher;
mod writer;

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

pub(crate) use open::{open, open_existing};

use crate::StorageError;
use crate::store::{self, Store};

/// How long to wait for other processes that append. Each holds the file for some milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// The file. Its path is absolute, so that `verify` finds the same file after the process has changed
/// its directory, and so that a file named `file:x` is not read as a URI.
#[derive(Clone)]
struct File {
    path: PathBuf,
}

impl File {
    fn connect(&self, may_create: bool) -> Result<Connection, rusqlite::Error> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, may_create);
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // In write-ahead mode this is one sync for each transaction, before it is acknowledged.
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    }
}

impl Store for File {
    fn reader(&self) -> Result<Box<dyn store::Reader>, StorageError> {
        Ok(Box::new(reader::Reader(self.connect(false)?)))
    }

    fn watcher(&self) -> Result<Box<dyn store::Watcher>, StorageError> {
        Ok(Box::new(watcher::Watcher::new(self.connect(false)?)?))
    }
}
