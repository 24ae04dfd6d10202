//! What a row of the file holds, whatever SQLite would turn it into.

use rusqlite::types::ValueRef;
use rusqlite::{Row, Statement};

use crate::Damage;
use crate::columns::Columns;

/// Where a statement has each column of an event; a forger may have taken some away.
pub(super) struct Layout {
    position: Option<usize>,
    texts: [(&'static str, Option<usize>); 6],
    cause: Option<usize>,
    blobs: [(&'static str, Option<usize>); 3],
}

impl Layout {
    pub(super) fn of(statement: &Statement<'_>) -> Layout {
        let find = |column| statement.column_index(column).ok();
        let texts = ["recorded", "effective", "kind", "stream", "actor", "payload"];
        Layout {
            position: find("position"),
            texts: texts.map(|column| (column, find(column))),
            cause: find("cause"),
            blobs: ["salt", "previous", "hash"].map(|column| (column, find(column))),
        }
    }

    /// What the row says of its own place.
    pub(super) fn position(&self, row: &Row<'_>) -> Result<i64, Damage> {
        match value(row, self.position) {
            Some(ValueRef::Integer(position)) => Ok(position),
            other => Err(mistyped("position", other, "INTEGER")),
        }
    }

    pub(super) fn columns<'r>(&self, row: &'r Row<'_>) -> Result<Columns<'r>, Damage> {
        let position = self.position(row)?;
        let mut texts = [&[][..]; 6];
        for (bytes, (column, place)) in texts.iter_mut().zip(self.texts) {
            *bytes = text(row, column, place)?;
        }
        let cause = match value(row, self.cause) {
            Some(ValueRef::Null) => None,
            _ => Some(text(row, "cause", self.cause)?),
        };
        let mut blobs = [&[][..]; 3];
        for (bytes, (column, place)) in blobs.iter_mut().zip(self.blobs) {
            *bytes = blob(row, column, place)?;
        }
        let [recorded, effective, kind, stream, actor, payload] = texts;
        let [salt, previous, hash] = blobs;
        Ok(Columns {
            position,
            recorded,
            effective,
            kind,
            stream,
            actor,
            cause,
            payload,
            salt,
            previous,
            hash,
        })
    }
}

fn text<'r>(
    row: &'r Row<'_>,
    column: &'static str,
    place: Option<usize>,
) -> Result<&'r [u8], Damage> {
    match value(row, place) {
        Some(ValueRef::Text(bytes)) => Ok(bytes),
        other => Err(mistyped(column, other, "TEXT")),
    }
}

fn blob<'r>(
    row: &'r Row<'_>,
    column: &'static str,
    place: Option<usize>,
) -> Result<&'r [u8], Damage> {
    match value(row, place) {
        Some(ValueRef::Blob(bytes)) => Ok(bytes),
        other => Err(mistyped(column, other, "BLOB")),
    }
}

fn value<'r>(row: &'r Row<'_>, place: Option<usize>) -> Option<ValueRef<'r>> {
    place.and_then(|place| row.get_ref(place).ok())
}

/// A value is taken as it is or not at all; SQLite would convert it without a word.
#[cold]
fn mistyped(column: &'static str, value: Option<ValueRef<'_>>, wanted: &'static str) -> Damage {
    let found = match value {
        None => "absent",
        Some(ValueRef::Null) => "NULL",
        Some(ValueRef::Integer(_)) => "INTEGER",
        Some(ValueRef::Real(_)) => "REAL",
        Some(ValueRef::Text(_)) => "TEXT",
        Some(ValueRef::Blob(_)) => "BLOB",
    };
    Damage::Type { column, found: found.to_owned(), wanted }
}
