//! The commands of sourcing, by whose turn it is. Each fills in a `sourcing::Command`; the rest is
//! the same for all, and stands in `act`.

mod act;
mod answer;
mod compare;
mod declare;
mod delivery;
mod disturbance;
mod ground;
pub mod history;
mod kept;
mod lots;
mod lottery;
mod market;
pub mod measured;
mod meter;
mod need;
mod offered;
mod rounds;
mod seal;
mod signed;
mod stated;
mod tick;
mod turn;
mod watch;
mod why;

use std::path::PathBuf;

use sourcing::Does;

use super::time::When;
use crate::outcome::{Failure, Outcome};
use crate::workspace::Workspace;
use act::act;
pub use act::known_party;
pub use ground::Ground;
pub use rounds::lot_status;
pub use turn::{ANYBODY, Turn, involved, may, turns};

/// The case, the party that acts, and when its act counts.
#[derive(Debug, Clone, clap::Args)]
pub struct Acting {
    /// The case
    #[arg(value_name = "CASE")]
    case: String,
    /// The party that acts
    #[arg(long, value_name = "PARTY")]
    by: String,
    /// The part it is about, from 1; the first that it can be about if not given
    #[arg(long, value_name = "N")]
    part: Option<usize>,
    /// When it counts; now if not given
    #[arg(long, value_name = "INSTANT")]
    at: Option<When>,
    /// The command's own id: given again, it changes nothing. Made up if not given
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The key to sign the command with; the party's own in the user's configuration if not given
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
pub enum Command {
    #[command(flatten)]
    Need(need::Command),
    #[command(flatten)]
    Answer(answer::Command),
    #[command(flatten)]
    Market(market::Command),
    #[command(flatten)]
    Signed(signed::Command),
    #[command(flatten)]
    Disturbance(disturbance::Command),
    #[command(flatten)]
    Delivery(delivery::Command),
    /// Declare how much capacity is available in all, as a supplier
    Declare(declare::Args),
    /// Enter what was metered for a consent that is measured, as its holder
    Meter(meter::Args),
    /// Show shares that consents measure: today's, the tests made, the next one
    Measured(measured::Args),
    /// Show every lot: due, expected, grace, cure, damages, delivered
    Lots(lots::Args),
    /// Show offers side by side, and which one serves best
    Compare(compare::Args),
    /// Show cases: states, deadlines, offers, lots, and who may act next
    Rounds(rounds::Args),
    /// Explain how a case came to stand where it stands, step by step and clause by clause
    Why(why::Args),
    /// Let time pass: what is due happens, in every case
    Tick(tick::Args),
    /// Stay and let time pass by itself, until told to stop
    Watch(watch::Args),
}

/// A command of one group: who acts, and what it does as things stand.
trait Group {
    fn acting(&self) -> &Acting;

    /// What it does; asked anew whenever somebody else was faster.
    fn does(&self, ground: &Ground<'_>) -> Result<Does, Failure>;
}

pub fn run(workspace: &Workspace, command: Command, json: bool) -> Outcome {
    match command {
        Command::Need(group) => match group.lottery() {
            Some(path) => lottery::tender(workspace, &group, path, json),
            None => act(workspace, &group, json),
        },
        Command::Answer(group) => act(workspace, &group, json),
        Command::Market(market::Command::Bid(args)) if args.sealed.is_some() => {
            seal::seal(workspace, &args, json)
        }
        Command::Market(group) => act(workspace, &group, json),
        Command::Signed(group) => act(workspace, &group, json),
        Command::Disturbance(group) => act(workspace, &group, json),
        Command::Delivery(group) => act(workspace, &group, json),
        Command::Declare(args) => declare::run(workspace, &args, json),
        Command::Meter(args) => meter::run(workspace, &args, json),
        Command::Measured(args) => measured::run(workspace, &args, json),
        Command::Lots(args) => lots::run(workspace, &args, json),
        Command::Compare(args) => compare::run(workspace, &args, json),
        Command::Rounds(args) => rounds::run(workspace, &args, json),
        Command::Why(args) => why::run(workspace, &args, json),
        Command::Tick(args) => tick::run(workspace, &args, json),
        Command::Watch(args) => watch::run(workspace, &args, json),
    }
}
