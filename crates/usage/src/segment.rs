//! One Parquet file of rows of one day, sorted by `(at, id)`.

mod columns;
mod encode;
mod footer;
mod read;
mod sums;
mod write;

pub(crate) use columns::{Columns, Row};
pub use footer::NotASegment;
pub(crate) use read::guarded;
pub use read::{Batches, Constant, Segment};
pub(crate) use sums::SUMS_ENDING;
pub use sums::{GroupNames, Sums};
pub(crate) use write::{Ordered, groups_of, write};
