//! Runs a round of capacity offers to its end.
//!
//! In flow adopted terms, the events of a case so far, one [`Command`] and the instant it counts
//! at; out flow the [`Event`]s that follow, or why the command is [`Refused`]. [`decide`] says what
//! happens next and changes nothing; [`Case::apply`] folds one recorded event and cannot fail.
//!
//! Nothing here reads a file or the clock, and nothing here knows money beyond a price.
//!
//! Read in this order: [`deadline`] (how time is counted), [`case`] (states), [`event`],
//! [`command`] (one file each), [`timer`] (what happens when nobody does anything).
//!
//! Source: domain rules §2; the names of states, commands and events are those of §2.2 and §2.3.

pub mod case;
pub mod command;
pub mod deadline;
pub mod event;
pub mod supply;
pub mod timer;

pub use case::{Bid, Case, Lot, Part, Requirement, Restriction, State};
pub use command::{Command, Refused, decide};
pub use deadline::{Channel, Clock};
pub use event::{Dated, Event};
pub use supply::Supply;
