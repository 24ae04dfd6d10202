//! Keeps one durable row for every metered call.
//!
//! In flow calls: files of other systems through [`Store::import`], [`Event`]s made by this
//! program through [`Store::append`]. Out flow Parquet segments, one folder a day, on a disk or in a
//! bucket, and for any run of days the [`Partition`]s that say exactly which rows are there.
//!
//! This crate knows nothing of agreements, prices or money, and it never asks the time.
//! What counts as a call, and on which day it falls, is decided here and nowhere else:
//!
//! - a call's [`Tokens`] fall into nine classes that do not overlap, so their sum is the whole call;
//! - a call belongs to the UTC day of its timestamp, as in FOCUS and in the vendors' own exports;
//! - a call is known by its [`EventId`], and a store keeps each id once, for all days and however
//!   often a file is imported.

mod day;
mod event;
mod fingerprint;
mod names;
mod reported;
mod schema;
mod tokens;

mod ids;
mod published;
mod segment;
mod staging;
mod store;

mod append;
mod compact;
mod generate;
mod import;
mod intake;
mod reject;
mod rejected;

pub use append::AppendError;
pub use compact::Compacted;
pub use day::day_of;
pub use event::{Event, EventId, ParseEventIdError};
pub use fingerprint::{Fingerprint, GroupSums};
pub use generate::{Generate, Generated, Shape, Stream, generate};
pub use import::{
    Defaults, Format, ImportError, Imported, NotEvents, Progress, Received, Rejected,
    UnknownFormat, received,
};
pub use rejected::{RejectedFile, RejectedRow};
pub use reported::reported;
pub use schema::{
    AT, AUDIO_INPUT_TOKENS, AUDIO_OUTPUT_TOKENS, CACHE_WRITE_TOKENS, CACHED_INPUT_TOKENS, CALLS,
    CHANNEL, CUSTOMER, HOST, ID, IMAGE_INPUT_TOKENS, IMAGE_OUTPUT_TOKENS, INPUT_TOKENS, MODEL,
    OUTPUT_TOKENS, PRODUCT, REASONING_TOKENS, STANDARD, TIER, TOKENS, schema,
};
pub use segment::{Batches, Constant, GroupNames, Kept, Listed, NotASegment, Segment, Sums};
pub use staging::Held;
pub use store::{Partition, Store, StoreError};
pub use tokens::{CLASS_NAMES, CLASSES, NotTokens, Tokens};
