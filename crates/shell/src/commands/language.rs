use crate::outcome::{Answer, Failure, Outcome};
use crate::term::say;

/// Prints the reference of the agreement language: every block, attribute, default and unit.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  charter language | less")]
pub struct Args {}

pub fn run(_: &Args, json: bool) -> Outcome {
    if json {
        return Err(Failure::wrong_use("the reference is a page, not JSON", "leave `--json` out"));
    }
    say!("{}", ::terms::reference().trim_end());
    Ok(Answer::Yes)
}
