use serde::Serialize;
use settlement::Month;

use super::settle::Desk;
use super::statement;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Closed, Months, Workspace};

/// Closes the books of a month: what was settled for it is final and never changes again.
///
/// What becomes known later, late calls, corrections or an amendment that reaches back, is booked as an
/// adjustment in a month that is not closed. So is whatever was closed in error; there is no way to open
/// a month again.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter close 2023-11
  charter close                shows every settled month, and which are closed
  charter close --json

A month is closed as it was settled, after all earlier ones. Its hash stands for the statement and for all
that it rests on; whoever settles the same inputs gets the same.")]
pub struct Args {
    /// The month, as 2023-11
    month: Option<Month>,
    /// Who closes its books
    #[arg(long, value_name = "WHO", default_value = "operator")]
    by: String,
}

#[derive(Serialize)]
struct Shown {
    month: Month,
    is_final: bool,
    closed: bool,
    hash: String,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let head = workspace.head()?;
    let months = workspace.months()?;
    let Some(month) = args.month else { return list(&months, json) };
    let settled = statement::settled(&months, month)?;
    let hash = settled.hash()?;
    let was_closed = months.is_closed(month);
    if !was_closed {
        check(workspace, &months, month)?;
        let closed = Closed { month, settlement: hash.clone() };
        workspace.append_closed(head.position, &closed, &args.by)?;
    }
    if json {
        let is_final = settled.statement.is_final;
        term::json(&Shown { month, is_final, closed: true, hash })?;
        return Ok(Answer::Yes);
    }
    let what = if was_closed { term::dim("closed before") } else { term::green("closed") };
    say!("{what}  {month}  {}", term::dim(hash));
    Ok(Answer::Yes)
}

/// A month is closed when it is final, as it comes to now, and nothing before it is open.
fn check(workspace: &Workspace, months: &Months, month: Month) -> Result<(), Failure> {
    let settled = statement::settled(months, month)?;
    if !settled.statement.is_final {
        return Err(Failure::failed(
            format!(
                "the statement of {month} is provisional: {}",
                settled.statement.open.join("; ")
            ),
            format!("resolve what is open, and settle it again with `charter settle {month}`"),
        ));
    }
    let open = months.settled.iter().find(|s| s.month() < month && !months.is_closed(s.month()));
    if let Some(open) = open {
        return Err(Failure::failed(
            format!("{} comes before {month} and is not closed", open.month()),
            format!("close it first with `charter close {}`", open.month()),
        ));
    }
    let terms = workspace.adopted_terms()?;
    let now = Desk::new(workspace, &terms)?.settle(months, month)?;
    if now != *settled {
        return Err(Failure::failed(
            format!("something that {month} rests on has changed since it was settled"),
            format!("settle it again with `charter settle {month}`, look, and close it then"),
        ));
    }
    Ok(())
}

fn list(months: &Months, json: bool) -> Outcome {
    let shown = months.settled.iter().map(|settled| {
        let month = settled.month();
        Ok(Shown {
            month,
            is_final: settled.statement.is_final,
            closed: months.is_closed(month),
            hash: settled.hash()?,
        })
    });
    let shown = shown.collect::<Result<Vec<_>, Failure>>()?;
    if json {
        term::json(&shown)?;
        return Ok(Answer::Yes);
    }
    if shown.is_empty() {
        say!("no month has been settled; see `charter settle --help`");
    }
    for Shown { month, is_final, closed, hash } in &shown {
        let what = match (closed, is_final) {
            (true, _) => term::green("closed"),
            (false, true) => term::yellow("open"),
            (false, false) => term::red("provisional"),
        };
        say!("{month}  {what}  {}", term::dim(hash));
    }
    Ok(Answer::Yes)
}
