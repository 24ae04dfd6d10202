//! Gives an agreement's text its meaning.
//!
//! In flows the text of Markdown documents whose fenced `hcl` blocks hold terms; out flow [`Terms`]
//! (registry, clauses, amendments) and every [`Finding`] about them, each with the place in the
//! document it speaks of. [`Terms::in_force`] says which clauses hold on a day, as known at an
//! instant; [`Scope`] is the algebra by which a clause says which acts it is about.
//!
//! Nothing here reads a file, asks the time, or knows of a database, a network or a court.
//!
//! Read in this order: [`document`] (Markdown and its blocks), [`value`] (units), [`scope`],
//! [`registry`], [`clause`] (one file a kind), [`mod@compile`] (documents to terms), [`in_force`].

// No float touches money, a share or a deadline.
#![deny(clippy::float_arithmetic)]

pub mod act;
pub mod assumption;
pub mod calendar;
pub mod check;
pub mod clause;
pub mod compile;
pub mod diff;
pub mod document;
pub mod explain;
mod fields;
pub mod finding;
pub mod format;
pub mod in_force;
pub mod occurrence;
pub mod reference;
pub mod registry;
pub mod scope;
mod syntax;
mod unmarked;
pub mod value;

pub use act::{Act, ActError, Attribute, Verb};
pub use assumption::Assumption;
pub use calendar::Calendar;
pub use clause::{Bound, Clause, ClauseId, Commitment, Kind, Provision};
pub use compile::{Agreement, Ending, Source, Terms, compile};
pub use document::Document;
pub use explain::explain;
pub use finding::{Finding, Place, Severity, Witness};
pub use format::format;
pub use in_force::{InForce, Known, Lapsed};
pub use occurrence::Occurrence;
pub use reference::{reference, reference_of};
pub use registry::Registry;
pub use scope::{Cube, Fit, Interval, Scope, Values};
pub use unmarked::unmarked;
pub use value::{Basis, Duration, Money, Name, Parameter, Percentage, Quantity, Share, Unit};
