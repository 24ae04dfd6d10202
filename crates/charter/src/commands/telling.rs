//! What parties are told of cases, and what they may see of them: of every event that
//! `sourcing::audience` lets a party see, one notice; of every other, nothing.

mod calendar;
mod chronicle;
mod deadline;
mod notice;
mod outbox;

pub use calendar::feed;
pub use chronicle::{Chronicle, chronicles};
pub use outbox::{Post, parties};
