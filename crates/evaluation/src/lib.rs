//! Says which of several offers of capacity serves best, exactly.
//!
//! In flow offers of capacity, what is needed, and the posted [`Basis`] on which they are compared;
//! out flows a [`Comparison`]: what each offer comes to by every method, who is awarded how much, and
//! why. Other questions about the same offers have functions of their own: whether an answer matches
//! ([`match_test()`]), whether signed terms are [`no_more_favourable`] than what was put to the holder
//! of a right, whether changed terms are material ([`Materiality`]), how several holders [`share`]
//! capacity, and which part of a package a right covers ([`package()`]).
//!
//! Everything is exact: sums are rational numbers, and only what is shown is rounded, half to even.
//! Nothing here knows whose right it is, which case it belongs to, or what time it is; chance enters
//! as a seed.
//!
//! Read in this order: [`Need`] and [`Economics`] (what is compared), [`Method`] and [`Basis`] (how),
//! [`compare`] (the award), [`TieBreak`] (who comes first among equals).
//!
//! Source: domain rules §0, §2.6, §2.7 and §3, with the figures of §4.1.

// No float touches money, a share or a deadline.
#![deny(clippy::float_arithmetic)]

mod annuity;
mod apportion;
mod basis;
mod breakdown;
mod check;
mod comparison;
mod favour;
mod figures;
mod formula;
mod guarded;
mod holders;
mod match_test;
mod materiality;
mod need;
mod offer;
mod package;
mod reason;
mod tie_break;

pub use annuity::{annuity, equivalent_rate};
pub use basis::{Basis, Evaluated, Method, Objective, Score, Side, Standing, Unscored};
pub use breakdown::Breakdown;
pub use check::Invalid;
pub use comparison::{Comparison, Row, Warning, compare};
pub use favour::{Favour, no_more_favourable};
pub use formula::{Formula, FormulaError, Quantity};
pub use guarded::{ForSupplier, GuardedTerm};
pub use holders::{Holder, HolderRule, HolderShare, share};
pub use match_test::{Failing, MatchResult, MatchStandard, MatchTest, match_test};
pub use materiality::{Material, Materiality};
pub use need::{Discount, Need, Period};
pub use offer::{Delivery, Economics, Offer};
pub use package::{Package, package};
pub use reason::Reason;
pub use tie_break::{Seed, TieBreak};
