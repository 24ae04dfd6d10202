//! What a journal asks of whatever keeps its events. Everything here waits; it has threads of its own.

use std::time::Duration;

use crate::batch::Row;
use crate::columns::Columns;
use crate::{Damage, Event, Filter, Position, ReadError, StorageError};

/// A file or a server, from which connections of three kinds can be had.
pub(crate) trait Store: Send + Sync {
    fn reader(&self) -> Result<Box<dyn Reader>, StorageError>;
    fn watcher(&self) -> Result<Box<dyn Watcher>, StorageError>;
}

/// Reads what has been appended.
pub(crate) trait Reader: Send {
    /// The last event, if there is any.
    fn last(&mut self) -> Result<Option<Event>, ReadError>;

    /// The events after `from` that `filter` lets through, in order.
    fn read(&mut self, from: Position, filter: &Filter) -> Result<Vec<Event>, ReadError>;

    /// Shows every row there is, whatever it says of its place, or those after a place, until `step`
    /// returns `false`.
    fn walk(&mut self, after: Option<Position>, step: &mut Step<'_>) -> Result<(), StorageError>;
}

/// Takes one row: what it says of its place, and its columns.
pub(crate) type Step<'a> =
    dyn FnMut(Result<i64, Damage>, Result<Columns<'_>, Damage>) -> bool + Send + 'a;

/// Appends. Between `begin` and `commit` nobody else does.
pub(crate) trait Writer: Send {
    /// Takes the lock and reads the event that is to be followed.
    fn begin(&mut self) -> Result<Option<Event>, ReadError>;

    /// The first event after `after` and before `before` that `filter` lets through.
    fn first(
        &mut self,
        after: Position,
        before: Position,
        filter: &Filter,
    ) -> Result<Option<(Position, Seen)>, StorageError>;

    fn insert(&mut self, rows: &[Row<'_>]) -> Result<(), StorageError>;

    /// Returns once the rows are on the disk.
    fn commit(&mut self) -> Result<(), StorageError>;

    /// Gives up what has been begun, if anything, and leaves the connection fit for another time.
    fn abandon(&mut self);
}

/// Learns of events that other connections appended.
pub(crate) trait Watcher: Send {
    /// Waits for news for at most `patience`; whether there may be some.
    fn wait(&mut self, patience: Duration) -> Result<bool, StorageError>;
}

/// What conditions are checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub kind: String,
    pub stream: String,
}
