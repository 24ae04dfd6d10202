//! From a stored row back to an event. The row may hold anything: somebody may have changed it.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Decode, Row, Sqlite, TypeInfo, ValueRef};

use crate::hash::Content;
use crate::{Damage, Event, Hash, Position, Salt};

/// What the row says of its own place.
pub(crate) fn position(row: &SqliteRow) -> Result<i64, Damage> {
    let value = value(row, "position", "INTEGER")?;
    decode(value, "position")
}

/// The event in the row, which has been seen to give its hash.
pub(crate) fn event(row: &SqliteRow) -> Result<Event, Damage> {
    let found = position(row)?;
    let position = Position(u64::try_from(found).map_err(|_| Damage::OutOfPlace { found })?);
    let [recorded, effective, kind, stream, actor, payload] =
        ["recorded", "effective", "kind", "stream", "actor", "payload"].map(|c| text(row, c));
    let (recorded, effective, kind) = (recorded?, effective?, kind?);
    let (stream, actor, payload) = (stream?, actor?, payload?);
    let cause = if is_null(row, "cause") { None } else { Some(text(row, "cause")?) };
    let salt = Salt::from_bytes(digest(row, "salt")?);
    let previous = Hash::from_bytes(digest(row, "previous")?);
    let hash = Hash::from_bytes(digest(row, "hash")?);

    let content = Content {
        effective: &effective,
        kind: &kind,
        stream: &stream,
        actor: &actor,
        cause: cause.as_deref(),
        payload: &payload,
        recorded: &recorded,
    }
    .hash(&salt);
    if Hash::of_link(position, previous, content) != hash {
        return Err(Damage::Content);
    }

    // From here on only a forger who hashed nonsense can be caught.
    Ok(Event {
        position,
        recorded: time(recorded, "recorded")?,
        kind: utf8(kind, "kind")?,
        stream: utf8(stream, "stream")?,
        actor: utf8(actor, "actor")?,
        cause: cause.map(|cause| utf8(cause, "cause")).transpose()?,
        effective: time(effective, "effective")?,
        payload: serde_json::from_slice(&payload)
            .map_err(|_| Damage::Unreadable { column: "payload" })?,
        salt,
        content,
        previous,
        hash,
    })
}

fn is_null(row: &SqliteRow, column: &str) -> bool {
    row.try_get_raw(column).is_ok_and(|value| value.is_null())
}

fn text(row: &SqliteRow, column: &'static str) -> Result<Vec<u8>, Damage> {
    decode(value(row, column, "TEXT")?, column)
}

fn digest(row: &SqliteRow, column: &'static str) -> Result<[u8; 32], Damage> {
    let bytes: Vec<u8> = decode(value(row, column, "BLOB")?, column)?;
    bytes.try_into().map_err(|_| Damage::Unreadable { column })
}

/// The column's value if it is of the type `wanted`; SQLite would convert it without a word.
fn value<'r>(
    row: &'r SqliteRow,
    column: &'static str,
    wanted: &'static str,
) -> Result<SqliteValueRef<'r>, Damage> {
    let damage = |found: &str| Damage::Type { column, found: found.to_owned(), wanted };
    let value = row.try_get_raw(column).map_err(|_| damage("absent"))?;
    // A NULL bears the type its column was declared with, so it is asked for first.
    if value.is_null() {
        return Err(damage("NULL"));
    }
    let found = value.type_info().name().to_owned();
    if found == wanted { Ok(value) } else { Err(damage(&found)) }
}

fn decode<'r, T>(value: SqliteValueRef<'r>, column: &'static str) -> Result<T, Damage>
where
    T: Decode<'r, Sqlite>,
{
    T::decode(value).map_err(|_| Damage::Unreadable { column })
}

fn utf8(bytes: Vec<u8>, column: &'static str) -> Result<String, Damage> {
    String::from_utf8(bytes).map_err(|_| Damage::Unreadable { column })
}

fn time(bytes: Vec<u8>, column: &'static str) -> Result<Timestamp, Damage> {
    utf8(bytes, column)?.parse().map_err(|_| Damage::Unreadable { column })
}
