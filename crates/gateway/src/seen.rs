//! What an operator sees of a gateway: figures of all calls, and facts of single ones.
//!
//! Each worker counts into cells of its own, which nobody else writes, so that a call waits for nobody
//! and formats nothing. Labels are made once, when a worker first needs a cell under the settings of
//! the day; all of them are words of the settings or of the agreement, never a caller's. A [`Sight`]
//! adds the cells up when somebody asks.
//!
//! Who shows it (metrics, traces, logs) is no matter of this crate: a [`Fact`] is handed out through a
//! queue that forgets what nobody takes.

mod board;
mod count;
mod fact;
mod ready;
mod sight;
mod snapshot;
mod trace;
mod watch;

pub use fact::{AttemptFact, CallFact, Fact, SpanIds};
pub use ready::{NotReady, Readiness};
pub(crate) use sight::RollFigures;
pub use sight::Sight;
pub use snapshot::{
    AttemptFigures, BudgetFigures, CLASSES, CallFigures, ClauseFigures, Counted, Distribution,
    OUTCOMES, RefusalFigures, RouteFigures, RowFigures, Snapshot, StatusClass, TargetFigures,
    UpstreamFigures,
};
pub use trace::{Seeing, hex, random};

pub(crate) use board::{Board, Desk};
pub(crate) use fact::Facts;
pub(crate) use ready::readiness;
pub(crate) use trace::{is_context, put_context};
pub use watch::Seen;
pub(crate) use watch::{Gauges, Of, Watch};
