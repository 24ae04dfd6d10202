use settlement::{Capacity, Input, Month, Statement};
use terms::{Known, Terms};

use super::statement;
use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::{DocumentHash, RestsOn, Settled, UsageDay, Workspace, earlier};

/// Computes what is due for a month from its usage and capacity, and posts it.
///
/// Settling again gives the same statement as long as nothing it rests on has changed; if something
/// has, the new settlement takes the place of the old one.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter settle 2023-11
  charter settle 2023-11 --json | jq '.statement.lines[] | {title, amount, clause}'

Exits with 1 if calls could not be rated: then the statement is provisional and posts nothing.")]
pub struct Args {
    /// The month, as 2023-11
    month: Month,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let head = workspace.head()?;
    let terms = workspace.adopted_terms()?;
    let before = workspace.settled()?;
    let settled = compute(workspace, &terms, args.month, &before)?;
    let unchanged = before.contains(&settled);
    if !unchanged {
        workspace.append_settled(head.position, &settled)?;
    }
    let statement = &settled.statement;
    if json {
        term::json(&settled)?;
        return Ok(Answer::of(statement.is_final));
    }
    statement::print(statement);
    if unchanged {
        say!("{}", term::dim("unchanged since it was last settled"));
    }
    if settled.rests_on.usage.is_empty() {
        say!(
            "{} there is no usage in {}; see `charter usage import --help`",
            term::yellow("note:"),
            args.month
        );
    }
    Ok(Answer::of(statement.is_final))
}

/// Settles a month from what is on the disk; writes nothing.
fn compute(
    workspace: &Workspace,
    terms: &Terms,
    month: Month,
    before: &[Settled],
) -> Result<Settled, Failure> {
    let partitions = workspace.usage()?.partitions(month.first(), month.end())?;
    let rows = partitions.iter().map(|partition| partition.rows).sum();
    let bar = term::progress("rating", rows, false);
    let usage = settlement::scan(&partitions, &mut |rows| bar.set_position(rows));
    bar.finish_and_clear();
    let usage = usage?;
    let capacity = capacity(workspace, month)?;
    let earlier = earlier(before, month);
    let statement: Statement = settlement::settle(&Input {
        terms,
        known: Known::Everything,
        month,
        usage: &usage,
        capacity: &capacity,
        earlier: &earlier,
    })?;
    let usage = partitions.iter().map(|partition| UsageDay {
        day: partition.day,
        rows: partition.rows,
        fingerprint: partition.fingerprint.to_string(),
    });
    let documents = workspace.adoptions()?.into_iter();
    let documents =
        documents.map(|adoption| DocumentHash { name: adoption.name, hash: adoption.hash });
    let rests_on = RestsOn { usage: usage.collect(), documents: documents.collect() };
    Ok(Settled { statement, rests_on })
}

/// The capacity that stood in a month, from every case. Like the days of usage, the month is one
/// of UTC days.
fn capacity(workspace: &Workspace, month: Month) -> Result<Vec<Capacity>, Failure> {
    let start = |day: jiff::civil::Date| {
        Ok::<_, Failure>(day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
    };
    let (from, until) = (start(month.first())?, start(month.end())?);
    let mut capacity = Vec::new();
    for (id, case) in workspace.cases()? {
        capacity.extend(case.supplied(from, until).into_iter().map(|supply| Capacity {
            lot: format!("{id} lot {}", supply.lot),
            supplier: supply.supplier,
            customer: supply.customer,
            accelerator_hours: supply.accelerator_hours,
            price: supply.price,
            clause: case.restriction.clause(),
        }));
    }
    Ok(capacity)
}
