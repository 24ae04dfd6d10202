//! How events are read from the server.

use futures_util::TryStreamExt;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, PgRow};

use super::client::Client;
use super::row::{self, SELECT};
use crate::store::{self, Step};
use crate::{Event, Filter, Position, ReadError, StorageError};

pub(super) struct Reader(pub Client);

/// What a filter asks for, as parameters 2 to 4; the first is the position.
pub(super) const NARROW: &str = "WHERE position > $1 AND ($2::text IS NULL OR stream = $2) \
                                 AND ($3::text IS NULL OR starts_with(stream, $3)) \
                                 AND ($4::text IS NULL OR kind = $4)";

impl store::Reader for Reader {
    fn last(&mut self) -> Result<Option<Event>, ReadError> {
        self.0.read(last)?.transpose()
    }

    fn read(&mut self, from: Position, filter: &Filter) -> Result<Vec<Event>, ReadError> {
        let sql = format!("{SELECT} {NARROW} ORDER BY position LIMIT $5");
        let limit = filter.limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.0.read(async |connection| {
            sqlx::query(AssertSqlSafe(sql.clone()))
                .bind(from.to_sql())
                .bind(&filter.stream)
                .bind(&filter.stream_prefix)
                .bind(&filter.kind)
                .bind(limit)
                .map(|row| event(&row))
                .fetch_all(connection)
                .await
        })?;
        rows.into_iter().collect()
    }

    fn walk(&mut self, after: Option<Position>, step: &mut Step<'_>) -> Result<(), StorageError> {
        // One statement, which sees one moment. Rows are taken as they arrive.
        let narrow = if after.is_some() { "WHERE position > $1" } else { "" };
        let sql = format!("{SELECT} {narrow} ORDER BY position");
        self.0.run(async |connection| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            if let Some(after) = after {
                query = query.bind(after.to_sql());
            }
            let mut rows = query.fetch(connection);
            while let Some(row) = rows.try_next().await? {
                if !step(row::position(&row), row::columns(&row)) {
                    break;
                }
            }
            Ok(())
        })
    }
}

pub(super) async fn last(
    connection: &mut PgConnection,
) -> Result<Option<Result<Event, ReadError>>, sqlx::Error> {
    sqlx::query(AssertSqlSafe(format!("{SELECT} ORDER BY position DESC LIMIT 1")))
        .map(|row| event(&row))
        .fetch_optional(connection)
        .await
}

fn event(row: &PgRow) -> Result<Event, ReadError> {
    let place = || row::position(row).unwrap_or_default();
    let event = row::columns(row).and_then(|columns| columns.event());
    event.map_err(|reason| ReadError::damaged(place(), reason))
}
