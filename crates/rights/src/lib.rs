//! Answers whether an act is allowed, citing clauses.
//!
//! In flow the clauses in force on a day and an [`Act`](terms::Act); out flows a [`Decision`]: a
//! verdict, the clauses that decided with their text, and the clauses that were considered and did
//! not decide, each with the reason. One act has one decision, wherever it is asked from.
//!
//! Two questions are made of many: [`changes`], which acts have another verdict on another day, and
//! [`continuity()`], what goes on if a party falls away.
//!
//! Nothing here reads a file, asks the time, or remembers anything between two questions.
//!
//! Read `ruling` first: its body is the order of precedence. [`decide()`] puts a ruling into words;
//! an [`Evaluator`] rules without words, and fast; a [`Table`] has ruled on everything beforehand.

mod change;
mod continuity;
mod decide;
mod decision;
mod evaluator;
mod facts;
mod licence;
mod prohibition;
mod ruling;
mod table;

pub use change::{VerdictChange, changes};
pub use continuity::{
    Affected, Cause, Continuity, Dependent, End, EndedClause, Outcome, Takeover, continuity,
};
pub use decide::decide;
pub use decision::{Considered, Decision, Reason, Rule, Verdict};
pub use evaluator::Evaluator;
pub use ruling::{Because, Ruling};
pub use table::{Cell, Table};
