//! Tokens by class, as providers report them and as they add up.

pub use usage::reported;

/// Tokens of one call.
pub type Tokens = usage::Tokens<u64>;
