//! What a row from the server holds.

use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Row, TypeInfo, ValueRef};

use crate::Damage;
use crate::columns::Columns;

/// The columns of an event, in the order in which [`columns`] expects them.
pub(super) const SELECT: &str = "SELECT position, recorded, effective, kind, stream, actor, \
                                 cause, payload, salt, previous, hash FROM events";

/// What the row says of its own place.
pub(super) fn position(row: &PgRow) -> Result<i64, Damage> {
    value(row, 0, "position", "INT8")?;
    row.try_get(0).map_err(|_| Damage::Unreadable { column: "position" })
}

pub(super) fn columns(row: &PgRow) -> Result<Columns<'_>, Damage> {
    let is_null = |place| row.try_get_raw(place).is_ok_and(|value: PgValueRef<'_>| value.is_null());
    Ok(Columns {
        position: position(row)?,
        recorded: bytes(row, 1, "recorded", "TEXT")?,
        effective: bytes(row, 2, "effective", "TEXT")?,
        kind: bytes(row, 3, "kind", "TEXT")?,
        stream: bytes(row, 4, "stream", "TEXT")?,
        actor: bytes(row, 5, "actor", "TEXT")?,
        cause: if is_null(6) { None } else { Some(bytes(row, 6, "cause", "TEXT")?) },
        payload: bytes(row, 7, "payload", "TEXT")?,
        salt: bytes(row, 8, "salt", "BYTEA")?,
        previous: bytes(row, 9, "previous", "BYTEA")?,
        hash: bytes(row, 10, "hash", "BYTEA")?,
    })
}

fn bytes<'r>(
    row: &'r PgRow,
    place: usize,
    column: &'static str,
    wanted: &'static str,
) -> Result<&'r [u8], Damage> {
    value(row, place, column, wanted)?.as_bytes().map_err(|_| Damage::Unreadable { column })
}

/// The column's value if it is of the type `wanted`: a forger may have altered the table.
fn value<'r>(
    row: &'r PgRow,
    place: usize,
    column: &'static str,
    wanted: &'static str,
) -> Result<PgValueRef<'r>, Damage> {
    let damage = |found: &str| Damage::Type { column, found: found.to_owned(), wanted };
    let value = row.try_get_raw(place).map_err(|_| damage("absent"))?;
    if value.is_null() {
        return Err(damage("NULL"));
    }
    let found = value.type_info().name().to_owned();
    if found == wanted { Ok(value) } else { Err(damage(&found)) }
}
