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
//! (one currency to another); then one file a rule, each a function over exact numbers: [`share`],
//! [`participation`], [`drawdown`], [`take_or_pay`], [`volume_price`], [`price_increase`], [`favoured`], [`damages`]; then
//! [`statement`], [`posting`], [`adjustment`] (what closed months come to today) and [`position`].

// No float touches money, a share or a deadline.
#![deny(clippy::float_arithmetic)]

/// Counts up whenever the same inputs come to something else than before, so that months which were
/// closed under older rules are seen to.
pub const RULES: u32 = 2;

pub mod adjustment;
pub mod damages;
pub mod drawdown;
pub mod exchange;
pub mod favoured;
pub mod figure;
pub mod month;
pub mod participation;
pub mod period;
pub mod position;
pub mod posting;
pub mod price_increase;
pub mod rating;
pub mod scan;
pub mod share;
pub mod statement;
pub mod take_or_pay;
pub mod volume_price;

pub use adjustment::Restated;
pub use exact::Exact;
pub use figure::{Amount, Figure, FigureKind};
pub use month::Month;
pub use posting::{Posting, Transaction};
pub use rating::Unrated;
pub use scan::{ScanError, Usage, scan, sums};
pub use statement::{
    Adjusts, Balance, Capacity, Charge, Damages, Day, Earlier, Input, Line, LineKind, SettleError,
    Stage, Statement, Step, settle,
};
