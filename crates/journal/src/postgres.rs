//! A journal in a schema of a PostgreSQL database, of version 14 or later.

mod client;
mod open;
mod reader;
mod row;
mod server;
mod watcher;
mod writer;

pub(crate) use open::{open, open_existing};
pub(crate) use server::Server;
