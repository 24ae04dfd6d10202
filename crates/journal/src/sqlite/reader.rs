//! How events are read from the file.

use rusqlite::{Connection, Statement, ToSql, params_from_iter};

use super::row::Layout;
use crate::store::{self, Step};
use crate::{Event, Filter, Position, ReadError, StorageError};

pub(super) struct Reader(pub Connection);

impl store::Reader for Reader {
    fn last(&mut self) -> Result<Option<Event>, ReadError> {
        last(&self.0)
    }

    fn read(&mut self, from: Position, filter: &Filter) -> Result<Vec<Event>, ReadError> {
        let mut query = Query::after("*", from);
        query.narrow(filter);
        query.text.push_str(" ORDER BY position");
        if let Some(limit) = filter.limit {
            query.text.push_str(" LIMIT ?");
            query.values.push(Box::new(i64::try_from(limit).unwrap_or(i64::MAX)));
        }
        events(self.0.prepare_cached(&query.text)?, &query.values())
    }

    fn walk(&mut self, after: Option<Position>, step: &mut Step<'_>) -> Result<(), StorageError> {
        // No page: every row comes by in one transaction, and without a place there is no condition.
        let narrow = if after.is_some() { "WHERE position > ?" } else { "" };
        let mut statement =
            self.0.prepare(&format!("SELECT * FROM events {narrow} ORDER BY position"))?;
        let layout = Layout::of(&statement);
        let mut rows = statement.query(params_from_iter(after.map(Position::to_sql)))?;
        while let Some(row) = rows.next()? {
            if !step(layout.position(row), layout.columns(row)) {
                break;
            }
        }
        Ok(())
    }
}

pub(super) fn last(connection: &Connection) -> Result<Option<Event>, ReadError> {
    let last = "SELECT * FROM events ORDER BY position DESC LIMIT 1";
    Ok(events(connection.prepare_cached(last)?, &[])?.pop())
}

fn events<'a>(
    mut statement: impl std::ops::DerefMut<Target = Statement<'a>>,
    values: &[&dyn ToSql],
) -> Result<Vec<Event>, ReadError> {
    let layout = Layout::of(&statement);
    let mut rows = statement.query(values)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let event = layout.columns(row).and_then(|columns| columns.event());
        let place = || layout.position(row).unwrap_or_default();
        events.push(event.map_err(|reason| ReadError::damaged(place(), reason))?);
    }
    Ok(events)
}

/// A query for events, which asks for nothing it is not told to, so that each row is cheap.
pub(super) struct Query {
    pub text: String,
    pub values: Vec<Box<dyn ToSql>>,
}

impl Query {
    pub(super) fn after(columns: &str, after: Position) -> Query {
        let text = format!("SELECT {columns} FROM events WHERE position > ?");
        Query { text, values: vec![Box::new(after.to_sql())] }
    }

    pub(super) fn narrow(&mut self, filter: &Filter) {
        let wanted = [
            (" AND stream = ?", &filter.stream),
            (" AND instr(stream, ?) = 1", &filter.stream_prefix),
            (" AND kind = ?", &filter.kind),
        ];
        for (condition, value) in wanted {
            if let Some(value) = value {
                self.text.push_str(condition);
                self.values.push(Box::new(value.clone()));
            }
        }
    }

    pub(super) fn values(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(AsRef::as_ref).collect()
    }
}
