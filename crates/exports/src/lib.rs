//! Writes a settled statement in the formats others read.
//!
//! In flow a [`Settled`]: the statement as it was settled, the terms it was settled under, and what
//! it rests on. Out flow bytes or text. Nothing here computes what is due, reads a file or asks the
//! time, so the same settlement always gives the same bytes.
//!
//! What is provisional must not look like books: [`hledger`], [`beancount`] and [`focus()`] refuse it,
//! and every format that people read says so.
//!
//! Read in this order: [`kind`] (how each sort of line counts), [`party`] (what one party sees), then a
//! format: [`mod@csv`], [`workbook`], `document`, [`books`], [`mod@focus`].

// No float touches money. What a spreadsheet computes with are its own numbers: see `workbook`.
#![deny(clippy::float_arithmetic)]

pub mod books;
pub mod csv;
#[cfg(feature = "pdf")]
pub mod document;
pub mod focus;
pub mod kind;
mod number;
pub mod party;
pub mod safe;
mod settled;
pub mod workbook;

pub use books::{beancount, hledger};
#[cfg(feature = "pdf")]
pub use document::pdf;
pub use focus::focus;
pub use settled::{Evidence, Provisional, Settled};
pub use workbook::xlsx;
