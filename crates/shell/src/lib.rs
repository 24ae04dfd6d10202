//! The commands of `charter`: everything with an effect, the clock, files, the journal and the terminal.
//!
//! In comes a command line, read already; out go what it prints and how it ends. What to do is decided by
//! the crates below, which are functions of what this one hands them. It knows nothing of who asks: `charter`
//! runs a command for whoever sits at the terminal, `web` for whoever has shown that he may.

/// The command line: what can be asked for, and how it is written.
pub mod cli;
pub mod commands;
pub mod guide;
pub mod outcome;
mod random;
mod term;
mod waker;
pub mod workspace;

pub use term::{Captured, capture, report_style};

/// Cases as the journal has them, whose turn it is in them, and who sees what of them.
pub mod cases {
    pub use crate::commands::sourcing::history::{detail, restriction};
    pub use crate::commands::sourcing::{ANYBODY, Turn, involved, lot_status, may, turns};
    pub use crate::commands::telling::{
        Changes, Chronicle, Chronicles, Due, Place, Sight, chronicles, follow, is_open,
    };
}

/// Calls that come as CloudEvents over HTTP.
pub use commands::usage::{Reason, Taken, receive};

/// Carrying model API calls, beside whatever else a process does.
pub use commands::gateway::carrying::{Listening, carry};

/// How `charter serve` was asked to serve.
pub use commands::serve::Args as Serve;

/// What parties hold of each other, as `charter position` shows it.
pub use commands::position::{favoured as favoured_on, on as position_on, restated};

/// What a month comes to, or would under a scenario, without entering it: `charter settle --scenario`.
pub use commands::settle::dry as settle_dry;

/// The calls behind a line of a statement, as `charter trace` finds them.
pub mod calls {
    pub use crate::commands::trace::calls::{Call, OfDay, are_behind, of_day, one};
}

/// A running gateway, as `charter gateway top` looks at it.
pub mod gateway {
    pub use crate::commands::gateway::top::{operations, span};
}
