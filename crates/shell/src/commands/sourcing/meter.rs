//! What was metered of a consent that is measured, entered by its holder.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use sourcing::measured::{Metered, measured};
use terms::clause::Primarily;
use terms::{Clause, Name, Terms};

use super::When;
use super::stated::Stating;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{MEASURED, METERED, Workspace};

/// Enters what was done for a purpose on a day, as metered, for a consent that asks for it. Of a day
/// and a purpose the latest counts.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter meter consent.own-build --by openai --on 2025-03-31 --purpose training --amount 5200000
  charter meter consent.own-build --by openai --file hours.csv

The file has the columns on, purpose and amount. All of it is entered, or nothing. `charter measured`
shows the share that comes of it; it is tested by `charter tick` and `charter watch`.")]
pub struct Args {
    /// The consent, as `charter measured` names it
    #[arg(value_name = "CLAUSE")]
    clause: String,
    #[command(flatten)]
    stating: Stating,
    /// The last day of the time it was done in
    #[arg(long, value_name = "DATE", required_unless_present = "file")]
    on: Option<When>,
    /// For what purpose
    #[arg(long, required_unless_present = "file")]
    purpose: Option<String>,
    /// How much, in whole units of what the clause measures
    #[arg(long, value_name = "N", required_unless_present = "file")]
    amount: Option<u64>,
    /// A file of such rows
    #[arg(long, value_name = "CSV", conflicts_with_all = ["on", "purpose", "amount"])]
    file: Option<PathBuf>,
}

/// What one row says.
#[derive(Deserialize)]
struct Row {
    on: Date,
    purpose: String,
    amount: u64,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let primarily = consent(&terms, args, workspace.now)?;
    let zone = terms.time_zone();
    let rows = match (&args.file, args.on, &args.purpose, args.amount) {
        (Some(file), ..) => read(file)?,
        (None, Some(on), Some(purpose), Some(amount)) => {
            vec![Row { on: on.day(&zone), purpose: purpose.clone(), amount }]
        }
        // The command line requires them where there is no file.
        _ => Vec::new(),
    };
    let today = When::Instant(workspace.now).day(&zone);
    if let Some(row) = rows.iter().find(|row| today < row.on) {
        return Err(Failure::wrong_use(
            format!("{} has not come", row.on),
            "what is metered has been done; give the day it was done",
        ));
    }
    let metered = rows.into_iter().map(|Row { on, purpose, amount }| {
        let (clause, by) = (args.clause.clone(), Name::new(&args.stating.by));
        Metered { clause, by, on, purpose, amount }
    });
    let metered: Vec<_> = metered.collect();
    let stream = format!("{MEASURED}{}", args.clause);
    args.stating.enter(workspace, METERED, &stream, &metered)?;
    if json {
        term::json(&metered)?;
        return Ok(Answer::Yes);
    }
    let unit = primarily.measure.metric;
    for Metered { on, purpose, amount, .. } in &metered {
        say!("{}  {on}  {amount} {unit} for {purpose}", term::cyan(&args.clause));
    }
    Ok(Answer::Yes)
}

/// How the consent is measured that it is metered for, which only its holder may do.
fn consent<'t>(terms: &'t Terms, args: &Args, now: Timestamp) -> Result<&'t Primarily, Failure> {
    let is_it = |clause: &Clause| clause.id.to_string() == args.clause;
    let Some((clause, primarily)) = measured(terms, now).find(|(clause, _)| is_it(clause)) else {
        let known: Vec<_> = measured(terms, now).map(|(clause, _)| clause.id.to_string()).collect();
        return Err(Failure::wrong_use(
            format!("no consent in force that is measured is called `{}`", args.clause),
            terms::finding::suggest(&args.clause, known.iter().map(String::as_str)),
        ));
    };
    if clause.holder.as_str() != args.stating.by {
        let (id, holder, by) = (&args.clause, &clause.holder, &args.stating.by);
        return Err(Failure::wrong_use(
            format!("`{id}` is held by `{holder}`, not by `{by}`"),
            "whoever does what the consent lets it do meters it",
        ));
    }
    Ok(primarily)
}

/// Reads a file of rows: all of them, or what is wrong in each that cannot be read.
fn read(file: &Path) -> Result<Vec<Row>, Failure> {
    let name = file.display();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|error| Failure::failed(format!("cannot read `{name}`: {error}"), ""))?;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for row in reader.deserialize() {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    if rows.is_empty() && wrong.is_empty() {
        wrong.push("it has no rows".to_string());
    }
    if wrong.is_empty() {
        return Ok(rows);
    }
    Err(Failure::failed(
        format!("nothing was entered of `{name}`: {}", wrong.join("; ")),
        "the first line is `on,purpose,amount`, and then come rows like `2025-03-31,training,5200000`",
    ))
}
