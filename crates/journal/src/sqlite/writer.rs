//! How events are appended to the file.

use rusqlite::{Connection, OptionalExtension, params};

use super::reader::{self, Query};
use crate::batch::Row;
use crate::store::{self, Seen};
use crate::{Event, Filter, NewEvent, Position, ReadError, StorageError};

pub(super) struct Writer(pub Connection);

impl store::Writer for Writer {
    fn begin(&mut self) -> Result<Option<Event>, ReadError> {
        self.0.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        reader::last(&self.0)
    }

    fn first(
        &mut self,
        after: Position,
        before: Position,
        filter: &Filter,
    ) -> Result<Option<(Position, Seen)>, StorageError> {
        let mut query = Query::after("position, kind, stream", after);
        query.narrow(filter);
        query.text.push_str(" AND position < ? ORDER BY position LIMIT 1");
        query.values.push(Box::new(before.to_sql()));
        let mut statement = self.0.prepare_cached(&query.text)?;
        let found = statement.query_row(&*query.values(), |row| {
            let position = Position(row.get::<_, i64>(0)?.try_into().unwrap_or_default());
            Ok((position, Seen { kind: row.get(1)?, stream: row.get(2)? }))
        });
        Ok(found.optional()?)
    }

    /// One prepared statement, run once a row: SQLite runs in this process, so that rows of one
    /// statement save nothing.
    fn insert(&mut self, rows: &[Row<'_>]) -> Result<(), StorageError> {
        let mut insert = self.0.prepare_cached(
            "INSERT INTO events (position, recorded, effective, kind, stream, actor, cause, \
             payload, salt, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for row in rows {
            let NewEvent { kind, stream, actor, cause, .. } = &row.prepared.event;
            insert.execute(params![
                row.head.position.to_sql(),
                &*row.recorded,
                row.prepared.effective,
                kind,
                stream,
                actor,
                cause,
                row.prepared.payload,
                row.prepared.salt.as_bytes(),
                row.previous.as_bytes(),
                row.head.hash.as_bytes(),
            ])?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StorageError> {
        self.0.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    fn abandon(&mut self) {
        // After a full disk SQLite has rolled back by itself.
        if !self.0.is_autocommit() {
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
