//! What bodies say that the gateway must know, and how they pass.

pub mod find;
pub mod peek;
