//! Signatures, keys and seals as others meet them: as text, files and events.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

mod key_files;
mod keys;
mod messages;
mod registry;
mod seals;
mod signed;
