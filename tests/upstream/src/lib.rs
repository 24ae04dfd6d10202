//! Stands in for a model vendor's paid API: OpenAI's, and Azure OpenAI's.
//!
//! [`Upstream`] speaks the vendor's protocol over HTTP/1.1, with its errors, its streams and its
//! WebSocket, counts tokens by a rule that a test can repeat, and keeps [books](books::Books) of
//! what it would bill. It misbehaves where a [fault](fault::Fault) says so. What arrived is kept
//! as it arrived, in [`requests`].
//!
//! The same process serves a load test: answers are rendered without a tree of JSON, each worker
//! has its own listener on the port, and nothing is shared but the books.
//!
//! It never leaves the loopback and never ships with the product.

pub mod answer;
pub mod body;
pub mod books;
pub mod control;
pub mod fault;
pub mod form;
pub mod id;
pub mod operation;
pub mod reply;
pub mod requests;
pub mod route;
pub mod schema;
mod serve;
mod server;
pub mod shelf;
mod silent;
pub mod tokens;
mod wire;
mod world;

pub use server::Upstream;
pub use silent::Silent;
pub use world::{Settings, World};
