//! What can be wrong with a stored event.

use thiserror::Error;

use crate::Position;

/// Why a stored event is not the one that was appended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// The next row is another event: one is missing, doubled or moved.
    #[error("event {found} stands in its place")]
    OutOfPlace {
        /// What the row says of its own place.
        found: i64,
    },
    /// A column is missing or of another type.
    #[error("its `{column}` is {found} where {wanted} belongs")]
    Type {
        /// The column's name.
        column: &'static str,
        /// SQLite's name for what is there.
        found: String,
        /// SQLite's name for what was appended.
        wanted: &'static str,
    },
    /// Some column is not what was hashed.
    #[error("its content does not give its hash")]
    Content,
    /// It gives its hash but could never have been appended.
    #[error("its `{column}` cannot be read")]
    Unreadable {
        /// The column's name.
        column: &'static str,
    },
    /// It agrees with itself but continues some other journal.
    #[error("it does not follow the event before it")]
    Link,
    /// It says it was recorded before the event in front of it.
    #[error("it was recorded before the event in front of it")]
    Clock,
    /// The journal ends before the head that somebody kept.
    #[error("the journal ends before it, but the kept head is at {kept}")]
    CutOff {
        /// Where the kept head is.
        kept: Position,
    },
    /// Its hash is another than the kept head's: history was rewritten here or earlier.
    #[error("its hash is not the kept one, so history was rewritten here or earlier")]
    Rewritten,
    /// SQLite finds its own file damaged.
    #[error("the file is damaged: {0}")]
    File(String),
}
