use sourcing::Declared;
use terms::Name;

use super::When;
use super::act::{TRIES, counts_at, known_party, too_fast};
use crate::outcome::{Answer, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// Declares how much capacity is available in all, as a supplier: it commits to no more in all cases
/// together. The latest counts.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  charter declare --by oracle --class GB200 --count 64000")]
pub struct Args {
    /// The supplier
    #[arg(long, value_name = "PARTY")]
    by: String,
    /// The class of accelerators
    #[arg(long)]
    class: String,
    /// How many
    #[arg(long, value_name = "N")]
    count: u64,
    /// When it counts; now if not given
    #[arg(long, value_name = "INSTANT")]
    at: Option<When>,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    known_party(&terms, &args.by)?;
    let at = counts_at(workspace, args.at, &terms.time_zone())?;
    let declared =
        Declared { supplier: Name::new(&args.by), class: args.class.clone(), count: args.count };
    for _ in 0..TRIES {
        let unchanged = workspace.fold()?.unchanged();
        if workspace.append_declared(unchanged, &declared, at)? {
            if json {
                term::json(&declared)?;
            } else {
                let Declared { supplier, class, count } = &declared;
                say!("{}  declares {count} {class}", term::cyan(supplier));
            }
            return Ok(Answer::Yes);
        }
    }
    Err(too_fast())
}
