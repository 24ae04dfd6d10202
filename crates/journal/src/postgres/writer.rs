//! How events are appended on the server.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::Server;
use super::client::Client;
use super::reader::{self, NARROW};
use crate::batch::Row;
use crate::store::{self, Seen};
use crate::{Event, Filter, Position, ReadError, StorageError};

/// Holds until the transaction ends. Not a lock on the table: cleaning up after itself, the server
/// would wait for that one and writers for the server. The first number is `chrt`.
const LOCK: &str =
    "BEGIN; SELECT pg_advisory_xact_lock(1667789428, 'events'::regclass::oid::integer)";

pub(super) struct Writer {
    client: Client,
    begun: bool,
}

impl Writer {
    pub(super) fn new(server: &Server) -> Result<Writer, StorageError> {
        Ok(Writer { client: Client::new(server)?, begun: false })
    }
}

impl store::Writer for Writer {
    fn begin(&mut self) -> Result<Option<Event>, ReadError> {
        self.begun = true;
        let last = self.client.run(async |connection| {
            sqlx::raw_sql(LOCK).execute(&mut *connection).await?;
            // A statement of its own, so that it sees what was committed before the lock was ours.
            reader::last(connection).await
        });
        last?.transpose()
    }

    fn first(
        &mut self,
        after: Position,
        before: Position,
        filter: &Filter,
    ) -> Result<Option<(Position, Seen)>, StorageError> {
        let sql = format!(
            "SELECT position, kind, stream FROM events {NARROW} AND position < $5 \
             ORDER BY position LIMIT 1"
        );
        let found: Option<(i64, String, String)> = self.client.run(async |connection| {
            sqlx::query_as(AssertSqlSafe(sql))
                .bind(after.to_sql())
                .bind(&filter.stream)
                .bind(&filter.stream_prefix)
                .bind(&filter.kind)
                .bind(before.to_sql())
                .fetch_optional(connection)
                .await
        })?;
        Ok(found.map(|(position, kind, stream)| {
            (Position(position.try_into().unwrap_or_default()), Seen { kind, stream })
        }))
    }

    /// All rows in one statement, a column in each parameter.
    fn insert(&mut self, rows: &[Row<'_>]) -> Result<(), StorageError> {
        fn column<'r, T>(rows: &'r [Row<'_>], column: impl FnMut(&'r Row<'_>) -> T) -> Vec<T> {
            rows.iter().map(column).collect()
        }
        self.client.run(async |connection| {
            sqlx::query(
                "INSERT INTO events (position, recorded, effective, kind, stream, actor, cause, \
                 payload, salt, previous, hash) SELECT * FROM unnest($1::bigint[], $2::text[], \
                 $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
                 $9::bytea[], $10::bytea[], $11::bytea[])",
            )
            .bind(column(rows, |row| row.head.position.to_sql()))
            .bind(column(rows, |row| &*row.recorded))
            .bind(column(rows, |row| &*row.prepared.effective))
            .bind(column(rows, |row| &*row.prepared.event.kind))
            .bind(column(rows, |row| &*row.prepared.event.stream))
            .bind(column(rows, |row| &*row.prepared.event.actor))
            .bind(column(rows, |row| row.prepared.event.cause.as_deref()))
            .bind(column(rows, |row| &*row.prepared.payload))
            .bind(column(rows, |row| &row.prepared.salt.as_bytes()[..]))
            .bind(column(rows, |row| &row.previous.as_bytes()[..]))
            .bind(column(rows, |row| &row.head.hash.as_bytes()[..]))
            .execute(connection)
            .await
        })?;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StorageError> {
        self.client.run(async |connection| sqlx::raw_sql("COMMIT").execute(connection).await)?;
        self.begun = false;
        Ok(())
    }

    fn abandon(&mut self) {
        let rollback = async |connection: &mut PgConnection| {
            sqlx::raw_sql("ROLLBACK").execute(connection).await
        };
        // A connection of which it is not known what it is in the middle of is worth nothing.
        if std::mem::take(&mut self.begun) && self.client.run(rollback).is_err() {
            self.client.disconnect();
        }
    }
}
