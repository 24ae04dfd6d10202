//! What parties are told of cases, and what they may see of them: of every event that
//! `sourcing::audience` lets a party see, one notice; of every other, nothing. The two parties of a
//! consent that is measured are told of its tests.

mod calendar;
mod chronicle;
mod deadline;
mod notice;
mod outbox;
mod seen;
mod shares;
mod sight;

pub use calendar::feed;
pub use chronicle::{Changes, Chronicle, Chronicles, Place, chronicles, follow};
pub use deadline::Due;
pub use outbox::{Post, parties};
pub use seen::{Seen, SeenThrough, Shown, not_seen, seen_after, shown};
pub use shares::parties_of;
pub use sight::{Sight, is_open, is_under};
