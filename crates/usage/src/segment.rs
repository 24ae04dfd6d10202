//! One Parquet file of rows of one day, sorted by `(at, id)`.

mod footer;
mod read;
mod write;

pub use footer::NotASegment;
pub(crate) use read::guarded;
pub use read::{Batches, Constant, Segment};
pub(crate) use write::{Row, write};
