//! Runs a round of capacity offers to its end.
//!
//! In flow adopted terms, the [`Book`] of all cases so far, one [`Command`] and the instant it
//! counts at; out flow the [`Event`]s that follow, or why the command is [`Refused`]. [`decide`] says
//! what happens next and changes nothing; [`Book::apply`] folds one recorded event and cannot fail.
//!
//! Nothing here reads a file or the clock, and nothing here moves money: it knows prices, and what
//! damages come to.
//!
//! Read in this order: [`deadline`] (how time is counted), [`case`] (states), [`right`], [`offer`],
//! [`lot`], [`event`], [`guard`], [`command`] (one file each), [`timer`] (what happens when nobody
//! does anything), [`book`] (all cases together), [`audience`] (who may see what), [`parameter`] (what
//! is made of each parameter of a right),
//! [`measured`] (whether what is allowed primarily for a purpose is).
//!
//! Source: domain rules §2; the names of states, commands and events are those of §2.2 and §2.3.

pub mod audience;
pub mod book;
pub mod case;
mod closing;
pub mod command;
mod comparison;
pub mod deadline;
mod delivery;
mod disclosure;
mod disturbance;
pub mod event;
mod exemption;
pub mod guard;
pub mod improvement;
mod joint;
mod limit;
pub mod lot;
pub mod lottery;
mod material;
pub mod measured;
pub mod offer;
pub mod parameter;
mod release;
pub mod right;
mod round;
mod screening;
pub mod supply;
pub mod timer;
mod valuation;

pub use book::{Book, Declared};
pub use case::{Case, Part, Requirement, Side, State};
pub use command::{Command, Does, Refused, decide};
pub use comparison::{Contest, best, comparison, contests};
pub use deadline::{Channel, Clock};
pub use event::{Dated, Event};
pub use guard::{Guard, Guards};
pub use lot::{DelayTerms, Lot, LotStatus};
pub use offer::{Bid, Offered, Tender};
pub use right::{Restriction, Right, Say, Waiver};
pub use supply::Supply;
