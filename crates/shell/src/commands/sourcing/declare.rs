use sourcing::Declared;
use terms::Name;

use super::stated::Stating;
use crate::outcome::{Answer, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{CAPACITY, DECLARED, Workspace};

/// Declares how much capacity is available in all, as a supplier: it commits to no more in all cases
/// together. The latest counts.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  charter declare --by oracle --class GB200 --count 64000")]
pub struct Args {
    #[command(flatten)]
    stating: Stating,
    /// The class of accelerators
    #[arg(long)]
    class: String,
    /// How many
    #[arg(long, value_name = "N")]
    count: u64,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let supplier = Name::new(&args.stating.by);
    let declared = Declared { supplier, class: args.class.clone(), count: args.count };
    let stream = format!("{CAPACITY}{}", declared.supplier);
    args.stating.enter(workspace, DECLARED, &stream, std::slice::from_ref(&declared))?;
    if json {
        term::json(&declared)?;
    } else {
        let Declared { supplier, class, count } = &declared;
        say!("{}  declares {count} {class}", term::cyan(supplier));
    }
    Ok(Answer::Yes)
}
