//! Calls at upstreams: connections that are kept, and HTTP/1.1 as a client speaks it.
//!
//! The client is our own, on `httparse`: an exchange lives inside the task of the client's connection,
//! so that an answer passes without channels, wake-ups or copies between tasks.

pub mod connection;
pub mod health;
pub mod pool;
pub mod wire;

pub use connection::{Connection, ExchangeError, Io};
pub use health::Health;
pub use pool::{Connector, Pool};
