mod notes;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use settlement::{Capacity, Input, Month, Statement};
use sourcing::Book;
use terms::{Known, Terms};

use super::gateway::unresolved;
use super::statement;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::workspace::{
    ConditionDay, DocumentHash, RestsOn, Settled, UsageDay, Workspace, earlier,
};

/// Computes what is due for a month from its usage and capacity, and posts it.
///
/// A month is one of UTC days, as vendors' own usage exports count. Settling again gives the same
/// statement as long as nothing it rests on has changed; if something has, the new settlement takes
/// the place of the old one.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter settle 2023-11
  charter settle 2023-11 --scenario scenarios/equal-shares.md
  charter settle 2023-11 --json | jq '.statement.lines[] | {title, amount, clause}'

Exits with 1 if the month is not over or calls could not be rated: then the statement is provisional
and posts nothing.")]
pub struct Args {
    /// The month, as 2023-11
    month: Month,
    /// Suppose what this document says; nothing is entered
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

/// What `--json` shows.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    settled: &'a Settled,
    notes: &'a [String],
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let head = workspace.head()?;
    let terms = workspace.adopted_terms_under(args.scenario.as_deref())?;
    let before = workspace.settled()?;
    let settled = compute(workspace, &terms, args.month, &before)?;
    let unchanged = before.contains(&settled);
    let notes = match &args.scenario {
        Some(scenario) => vec![format!("supposing {}; nothing was entered", scenario.display())],
        None => notes::of(workspace, &settled, &before, unchanged)?,
    };
    if !unchanged && args.scenario.is_none() {
        workspace.append_settled(head.position, &settled)?;
    }
    let statement = &settled.statement;
    if json {
        term::json(&Output { settled: &settled, notes: &notes })?;
        return Ok(Answer::of(statement.is_final));
    }
    statement::print(statement);
    for note in notes {
        term::item(&format!("{} ", term::yellow("note:")), "      ", &note);
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
    let begins = terms.documents.iter().filter_map(|framed| Some(framed.frame.as_ref()?.effective));
    if begins.min().is_none_or(|begins| month.end() <= begins) {
        return Err(Failure::wrong_use(
            format!("no agreement was in effect in {month}"),
            "give a later month; `charter terms` shows when clauses begin",
        ));
    }
    let partitions = workspace.usage()?.partitions(month.first(), month.end())?;
    let rows = partitions.iter().map(|partition| partition.rows).sum();
    let bar = term::progress("rating", rows, false);
    let usage = settlement::scan(&partitions, &mut |rows| bar.set_position(rows));
    bar.finish_and_clear();
    let usage = usage?;
    let capacity = capacity(&workspace.fold()?.book, month)?;
    let earlier = earlier(before, month);
    let unmetered = unresolved::of_month(workspace, terms, month)?;
    let statement: Statement = settlement::settle(&Input {
        terms,
        known: Known::Everything,
        month,
        today: workspace.now.to_zoned(TimeZone::UTC).date(),
        usage: &usage,
        unmetered: &unmetered,
        capacity: &capacity,
        figures: &[],
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
    let recorded: BTreeSet<_> = terms.occurrences.iter().map(|record| &record.condition).collect();
    let conditions = recorded.into_iter().filter_map(|name| {
        let on = terms.occurred(name.as_str(), Known::Everything)?;
        Some(ConditionDay { name: name.to_string(), on })
    });
    let rests_on = RestsOn {
        usage: usage.collect(),
        documents: documents.collect(),
        conditions: conditions.collect(),
    };
    Ok(Settled { statement, rests_on })
}

/// The capacity that stood in a month, day by day, from every case. Like the days of usage, these are
/// UTC days.
fn capacity(book: &Book, month: Month) -> Result<Vec<Capacity>, Failure> {
    let mut capacity = Vec::new();
    for day in month.days() {
        let (from, until) = (start(day)?, start(day.tomorrow()?)?);
        for (id, case) in book.cases() {
            capacity.extend(case.supplied(from, until).into_iter().map(|supply| Capacity {
                day,
                lot: format!("{id} lot {}", supply.lot),
                supplier: supply.supplier,
                customer: supply.customer,
                accelerator_hours: supply.accelerator_hours,
                price: supply.price,
                clause: case.restriction.clause(),
            }));
        }
    }
    Ok(capacity)
}

/// The instant a UTC day begins.
fn start(day: Date) -> Result<Timestamp, Failure> {
    Ok(day.to_zoned(TimeZone::UTC)?.timestamp())
}
