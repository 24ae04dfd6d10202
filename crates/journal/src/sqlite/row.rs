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
        match value(row, "position", self.position, "INTEGER")? {
            ValueRef::Integer(position) => Ok(position),
            _ => Err(Damage::Unreadable { column: "position" }),
        }
    }

    pub(super) fn columns<'r>(&self, row: &'r Row<'_>) -> Result<Columns<'r>, Damage> {
        let position = self.position(row)?;
        let mut texts = [&[][..]; 6];
        for (text, (column, place)) in texts.iter_mut().zip(self.texts) {
            *text = bytes(row, column, place, "TEXT")?;
        }
        let is_null = |place| matches!(row.get_ref(place), Ok(ValueRef::Null));
        let cause = match self.cause {
            Some(place) if is_null(place) => None,
            place => Some(bytes(row, "cause", place, "TEXT")?),
        };
        let mut blobs = [&[][..]; 3];
        for (blob, (column, place)) in blobs.iter_mut().zip(self.blobs) {
            *blob = bytes(row, column, place, "BLOB")?;
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

fn bytes<'r>(
    row: &'r Row<'_>,
    column: &'static str,
    place: Option<usize>,
    wanted: &'static str,
) -> Result<&'r [u8], Damage> {
    match value(row, column, place, wanted)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(bytes),
        _ => Err(Damage::Unreadable { column }),
    }
}

/// The column's value if it is of the type `wanted`; SQLite would convert it without a word.
fn value<'r>(
    row: &'r Row<'_>,
    column: &'static str,
    place: Option<usize>,
    wanted: &'static str,
) -> Result<ValueRef<'r>, Damage> {
    let value = place.and_then(|place| row.get_ref(place).ok());
    let found = match value {
        None => "absent",
        Some(ValueRef::Null) => "NULL",
        Some(ValueRef::Integer(_)) => "INTEGER",
        Some(ValueRef::Real(_)) => "REAL",
        Some(ValueRef::Text(_)) => "TEXT",
        Some(ValueRef::Blob(_)) => "BLOB",
    };
    match value {
        Some(value) if found == wanted => Ok(value),
        _ => Err(Damage::Type { column, found: found.to_owned(), wanted }),
    }
}
