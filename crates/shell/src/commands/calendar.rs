use std::path::PathBuf;

use terms::Name;

use super::telling;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Writes the deadlines that a party knows of as a calendar (iCalendar), to subscribe to.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter calendar oracle
  charter calendar oracle --out /srv/calendars/oracle.ics

A deadline is in it from the event on that set it, if the party may see that event, until one that the
party may see ends it or its time is over.")]
pub struct Args {
    /// The party
    #[arg(value_name = "PARTY")]
    party: String,
    /// The file; an earlier one of that name is replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let party = Name::new(&args.party);
    let own = workspace.asker().party().is_none_or(|asker| *asker == party);
    if !own || !telling::parties(workspace, &terms).contains(&party) {
        return Err(Failure::wrong_use(
            format!("no agreement knows a party `{party}`"),
            "`charter terms` shows the parties",
        ));
    }
    let feed = telling::feed(workspace, &terms, &party, workspace.now)?;
    match &args.out {
        Some(file) => {
            std::fs::write(file, &feed).map_err(|error| {
                Failure::failed(format!("cannot write `{}`: {error}", file.display()), "")
            })?;
            if json {
                term::json(&serde_json::json!({ "party": party, "file": file }))?;
            } else {
                say!("{}  the deadlines of {party}, in {}", term::green("written"), file.display());
            }
        }
        None if json => term::json(&serde_json::json!({ "party": party, "calendar": feed }))?,
        None => say!("{}", feed.trim_end()),
    }
    Ok(Answer::Yes)
}
