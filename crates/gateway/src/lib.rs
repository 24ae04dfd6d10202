//! Carries model API calls.

pub mod body;
pub mod config;
pub mod dialect;
pub mod keys;
pub mod meter;
pub mod refusal;
pub mod route;
pub mod sse;
pub mod standing;
