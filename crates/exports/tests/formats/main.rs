//! Every format, handed to a program that others wrote for it: it accepts ours, and finds the faults that
//! are put into them.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod books;
mod common;
mod csv;
#[cfg(feature = "pdf")]
mod document;
mod focus;
mod party;
mod workbook;
