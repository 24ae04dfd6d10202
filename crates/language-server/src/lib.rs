//! Answers an editor's questions about agreements, by the Language Server Protocol.
//!
//! In flow the documents of a workspace, as stored and as they are being typed; out flow findings,
//! hovers, definitions, completions and symbols. What is stored is read by whoever runs the server,
//! through [`Library`]; what the language is comes from the readers in [`terms`]. Nothing here reads a
//! file, asks the time or keeps a list of its own of what a block may hold.
//!
//! A document that is being typed is mostly wrong. So there are two readings of it: [`terms::compile()`]
//! for what it means, and `outline` for where things stand, which makes do with anything.
//!
//! Read in this order: `server`, `desk`, `reading`, `analysis`, `outline`, `cursor`, then one file an answer.

mod analysis;
mod completion;
mod cursor;
mod definition;
mod desk;
mod diagnostics;
mod hover;
mod language;
mod library;
#[cfg(test)]
mod never_panics;
mod open;
mod outline;
mod position;
mod reading;
mod server;
mod symbols;

pub use library::{Library, Stored, Unsaved};
pub use server::serve;
