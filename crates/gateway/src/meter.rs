//! What calls used, and rows that say so.

pub mod tokens;
