//! What becomes of lots.

use jiff::civil::Date;
use sourcing::Does;
use sourcing::command::{
    delay::Delay, deliver::Deliver, excuse::Excuse, recover::Recover, shortfall::DeclareShortfall,
    slip::Slip,
};

use super::{Acting, Ground, Group};
use crate::outcome::Failure;

/// Which lot.
#[derive(Debug, Clone, clap::Args)]
pub struct OfLot {
    #[command(flatten)]
    acting: Acting,
    /// The lot's number
    #[arg(long, value_name = "N")]
    lot: usize,
}

#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Announce that a lot will be late, as its supplier; the due day stays
    #[command(after_help = "\
Example:
  charter delay campus --by microsoft --lot 1 --until 2026-09-30 --reason \"grid connection\"")]
    Delay {
        #[command(flatten)]
        of: OfLot,
        /// The day it is now expected
        #[arg(long, value_name = "DATE")]
        until: Date,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Use a lot's one slip, as its supplier: the due day moves
    #[command(
        after_help = "Example:\n  charter slip campus --by microsoft --lot 1 --until 2026-09-30"
    )]
    Slip {
        #[command(flatten)]
        of: OfLot,
        /// The new due day
        #[arg(long, value_name = "DATE")]
        until: Date,
    },
    /// Record that the customer or force majeure held a lot up: the due day moves by as much
    #[command(after_help = "\
Example:
  charter excuse campus --by openai --lot 1 --days 12 --force-majeure --reason \"flood\"")]
    Excuse {
        #[command(flatten)]
        of: OfLot,
        /// By how many days
        #[arg(long, value_name = "N")]
        days: u32,
        /// It was force majeure
        #[arg(long)]
        force_majeure: bool,
        /// What happened
        #[arg(long)]
        reason: String,
    },
    /// Deliver a lot, or some of it, as its supplier
    #[command(after_help = "\
Examples:
  charter deliver halls --by oracle --lot 1
  charter deliver halls --by oracle --lot 1 --quantity 8000")]
    Deliver {
        #[command(flatten)]
        of: OfLot,
        /// How many accelerators; all of them if not given
        #[arg(long, value_name = "N")]
        quantity: Option<u64>,
    },
    /// Say that a lot cannot be delivered, as its supplier: others may supply it
    #[command(after_help = "Example:\n  charter shortfall campus --by microsoft --lot 1")]
    Shortfall {
        #[command(flatten)]
        of: OfLot,
    },
    /// Say that a lot that fell short can be delivered again, as its supplier
    #[command(
        after_help = "Example:\n  charter recover campus --by microsoft --lot 1 --until 2027-03-01"
    )]
    Recover {
        #[command(flatten)]
        of: OfLot,
        /// The day it can be delivered
        #[arg(long, value_name = "DATE")]
        until: Date,
    },
}

impl Group for Command {
    fn acting(&self) -> &Acting {
        match self {
            Command::Delay { of, .. }
            | Command::Slip { of, .. }
            | Command::Excuse { of, .. }
            | Command::Deliver { of, .. }
            | Command::Shortfall { of }
            | Command::Recover { of, .. } => &of.acting,
        }
    }

    fn does(&self, _: &Ground<'_>) -> Result<Does, Failure> {
        Ok(match self.clone() {
            Command::Delay { of, until, reason } => {
                Does::Delay(Delay { lot: of.lot, expected: until, reason })
            }
            Command::Slip { of, until } => Does::Slip(Slip { lot: of.lot, due: until }),
            Command::Excuse { of, days, force_majeure, reason } => {
                Does::Excuse(Excuse { lot: of.lot, days, force_majeure, reason })
            }
            Command::Deliver { of, quantity } => Does::Deliver(Deliver { lot: of.lot, quantity }),
            Command::Shortfall { of } => Does::DeclareShortfall(DeclareShortfall { lot: of.lot }),
            Command::Recover { of, until } => Does::Recover(Recover { lot: of.lot, due: until }),
        })
    }
}
