//! Carries model API calls.

pub mod body;
pub mod config;
pub mod dialect;
pub mod meter;
pub mod route;
pub mod sse;
