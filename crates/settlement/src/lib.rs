//! Computes what is due for a period.
//!
//! In flow the terms, one month's usage, the capacity that stood in it, the figures that were
//! reported, and what earlier months came to; out flow a [`Statement`], every line of which cites its clause, and the balanced
//! [`Transaction`]s it posts. [`settle`] is a function of its [`Input`] alone.
//!
//! Money is exact until a line is rounded, once, half to even, to the currency's minor unit. No
//! float comes near it. Nothing here asks the time; only [`scan()`] reads files.
//!
//! Read in this order: [`mod@scan`] (calls to token sums), [`rating`] (tokens to revenue), [`exchange`]
//! (one currency to another), [`share`], [`participation`]
//! and [`drawdown`] (revenue and capacity to what is due), [`statement`], [`posting`], [`books`].

// No float touches money, a share or a deadline.
#![deny(clippy::float_arithmetic)]

pub mod books;
pub mod drawdown;
pub mod exchange;
pub mod figure;
pub mod month;
pub mod participation;
pub mod posting;
pub mod rating;
pub mod scan;
pub mod share;
pub mod statement;

pub use books::hledger;
pub use exact::Exact;
pub use figure::{Amount, Figure, FigureKind};
pub use month::Month;
pub use posting::{Posting, Transaction};
pub use rating::Unrated;
pub use scan::{ScanError, Usage, scan};
pub use statement::{
    Adjusts, Balance, Capacity, Earlier, Input, Line, LineKind, SettleError, Stage, Statement,
    Step, settle,
};
