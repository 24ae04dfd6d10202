//! One Parquet file of rows of one day, sorted by `(at, id)`.

mod columns;
mod encode;
mod footer;
mod listed;
mod object;
mod read;
mod sums;
mod write;

pub(crate) use columns::{Columns, Row};
pub(crate) use footer::Footer;
pub use footer::NotASegment;
pub use listed::{Kept, Listed};
pub(crate) use object::Object;
pub(crate) use read::guarded;
pub use read::{Batches, Constant, Segment};
pub(crate) use sums::SUMS_ENDING;
pub use sums::{GroupNames, Sums};
pub(crate) use write::{Ordered, groups_of, write};
