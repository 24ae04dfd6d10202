//! How events of other processes are noticed.

use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::StorageError;
use crate::store;

/// How often the file is asked. The answer comes from shared memory and costs some microseconds.
const EVERY: Duration = Duration::from_millis(20);

pub(super) struct Watcher {
    connection: Connection,
    version: i64,
}

impl Watcher {
    pub(super) fn new(connection: Connection) -> Result<Watcher, StorageError> {
        let version = version(&connection)?;
        Ok(Watcher { connection, version })
    }
}

impl store::Watcher for Watcher {
    fn wait(&mut self, patience: Duration) -> Result<bool, StorageError> {
        thread::sleep(EVERY.min(patience));
        let version = version(&self.connection)?;
        Ok(std::mem::replace(&mut self.version, version) != version)
    }
}

/// A number that changes when any other connection, of this or another process, has written.
fn version(connection: &Connection) -> Result<i64, StorageError> {
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}
