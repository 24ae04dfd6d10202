//! Carries model API calls.
//!
//! In flow requests of the vendors' clients, in either of two dialects; out flow the same requests to
//! upstreams that the agreement allows, their answers as they come, and a durable row for each attempt
//! that says what it used. [`serve()`] begins it.
//!
//! What is pure stands apart from what moves bytes: [`route`], [`dialect`], [`standing`], [`refusal`],
//! [`sse`], [`body::find`], [`body::peek`], [`body::inspect`], [`meter::tokens`] and
//! [`upstream::wire`] take values and give values. `carry` puts them together for one call.
//!
//! Only this crate knows the vendors' JSON. It asks no clock but the one it is handed, and it writes
//! nothing of a prompt or an answer anywhere.

pub mod config;
pub mod dialect;
pub mod route;

pub mod explain;
pub mod keys;
pub mod refusal;
pub mod standing;
pub mod world;

pub mod attempt;
pub mod body;
mod carry;
pub mod homes;
mod later;
mod realtime;
pub mod relay;
pub mod sse;
pub mod upstream;
pub mod websocket;

pub mod meter;
mod records;
pub mod seen;

mod client;
mod serve;
pub mod worker;

pub use serve::{Gateway, ServeError, Start, serve};
