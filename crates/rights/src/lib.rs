//! Answers whether an act is allowed, citing clauses.
//!
//! In flow the clauses in force on a day and an [`Act`](terms::Act); out flows a [`Decision`]: a
//! verdict, the clauses that decided with their text, and the clauses that were considered and did
//! not decide, each with the reason. One act has one decision, wherever it is asked from.
//!
//! Nothing here reads a file, asks the time, or remembers anything between two questions.
//!
//! Read [`decide()`] first: its body is the order of precedence.

mod decide;
mod decision;
mod facts;
mod licence;
mod prohibition;
mod table;

pub use decide::decide;
pub use decision::{Considered, Decision, Reason, Rule, Verdict};
pub use table::{Cell, Table};
