//! The journal as its callers and its forgers meet it.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod append_and_read;
mod common;
mod copies;
mod crash;
mod follow;
#[cfg(target_os = "linux")]
mod full_disk;
mod merkle;
mod open;
mod replay;
mod server;
mod tampering;
mod views;
mod writers;
