//! From a stored row back to an event. The row may hold anything: somebody may have changed it.

use jiff::Timestamp;

use crate::hash::Content;
use crate::replay::Replayed;
use crate::{Damage, Event, Hash, Position, Salt};

/// A row whose columns are of the right types.
pub(crate) struct Columns<'a> {
    pub position: i64,
    pub recorded: &'a [u8],
    pub effective: &'a [u8],
    pub kind: &'a [u8],
    pub stream: &'a [u8],
    pub actor: &'a [u8],
    pub cause: Option<&'a [u8]>,
    pub payload: &'a [u8],
    pub salt: &'a [u8],
    pub previous: &'a [u8],
    pub hash: &'a [u8],
}

impl<'a> Columns<'a> {
    /// The event in the row, which has been seen to give its hash.
    pub(crate) fn event(&self) -> Result<Event, Damage> {
        self.read()?.to_event().map_err(|_| Damage::Unreadable { column: "payload" })
    }

    /// The same where it lies. Whether the payload can be read is left to whoever reads it.
    pub(crate) fn read(&self) -> Result<Replayed<'a>, Damage> {
        let out_of_place = |_| Damage::OutOfPlace { found: self.position };
        let position = Position(u64::try_from(self.position).map_err(out_of_place)?);
        let salt = Salt::from_bytes(bytes(self.salt, "salt")?);
        let previous = Hash::from_bytes(bytes(self.previous, "previous")?);
        let hash = Hash::from_bytes(bytes(self.hash, "hash")?);
        let content = Content {
            effective: self.effective,
            kind: self.kind,
            stream: self.stream,
            actor: self.actor,
            cause: self.cause,
            payload: self.payload,
            recorded: self.recorded,
        }
        .hash(&salt);
        if Hash::of_link(position, previous, content) != hash {
            return Err(Damage::Content);
        }
        // From here on only a forger who hashed nonsense can be caught.
        Ok(Replayed {
            position,
            recorded: time(self.recorded, "recorded")?,
            kind: str(self.kind, "kind")?,
            stream: str(self.stream, "stream")?,
            actor: str(self.actor, "actor")?,
            cause: self.cause.map(|cause| str(cause, "cause")).transpose()?,
            effective: time(self.effective, "effective")?,
            payload: str(self.payload, "payload")?,
            salt,
            content,
            previous,
            hash,
        })
    }
}

fn bytes(bytes: &[u8], column: &'static str) -> Result<[u8; 32], Damage> {
    bytes.try_into().map_err(|_| Damage::Unreadable { column })
}

fn str<'a>(bytes: &'a [u8], column: &'static str) -> Result<&'a str, Damage> {
    std::str::from_utf8(bytes).map_err(|_| Damage::Unreadable { column })
}

fn time(bytes: &[u8], column: &'static str) -> Result<Timestamp, Damage> {
    str(bytes, column)?.parse().map_err(|_| Damage::Unreadable { column })
}
