pub mod calls;

use std::collections::BinaryHeap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use settlement::{Exact, Line, Month, Statement};
use terms::{Clause, Terms};
use usage::{CLASS_NAMES, Event};

use super::statement;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Walks from a line of a settled month to the clause that causes it, the steps that compute it, the days
/// behind it, and the calls.
///
/// Of what customers are charged every call is priced again, one by one, and added up: the sum is the
/// line's, to the last digit, unless something has changed since the month was settled.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter trace 2023-11              numbers the lines
  charter trace 2023-11 1            the clause, the steps, the days, the first calls
  charter trace 2023-11 1 --day 2023-11-16 --calls 100
  charter trace 2023-11 1 --json

Exits with 1 if the calls do not come to what the line says.")]
pub struct Args {
    /// The month, as 2023-11
    month: Month,
    /// The line, by its number; all are numbered if none is given
    line: Option<usize>,
    /// Only the calls of this UTC day
    #[arg(long, value_name = "DATE")]
    day: Option<Date>,
    /// How many calls to show; all are added up
    #[arg(long, value_name = "N", default_value_t = 10)]
    calls: usize,
}

/// What `--json` shows.
#[derive(Serialize)]
struct Traced<'a> {
    line: &'a Line,
    /// The clause's text.
    text: Option<&'a str>,
    /// The calls; nothing for a line that is of no calls.
    calls: Option<Behind>,
}

/// The calls behind a line.
#[derive(Debug, Default, Serialize)]
struct Behind {
    /// The first of them.
    first: Vec<Call>,
    /// How many rows there are.
    rows: u64,
    /// What all of them come to, each priced by itself.
    sum: String,
    /// What the line says of the same days.
    recorded: String,
}

/// One metered call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Call {
    at: Timestamp,
    id: String,
    product: String,
    customer: String,
    tier: String,
    /// Its tokens, those it has.
    tokens: String,
    /// What it is charged, with every digit.
    amount: String,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let months = workspace.months()?;
    let statement = &statement::settled(&months, args.month)?.statement;
    let Some(number) = args.line else { return number_lines(statement, json) };
    let line = number.checked_sub(1).and_then(|at| statement.lines.get(at)).ok_or_else(|| {
        let count = term::count(statement.lines.len(), "line");
        Failure::wrong_use(
            format!("there is no line {number}: the statement of {} has {count}", args.month),
            format!("`charter trace {}` numbers them", args.month),
        )
    })?;
    let terms = workspace.adopted_terms()?;
    let clause = clause(&terms, line);
    let has_calls = calls::are_behind(line);
    let calls = has_calls.then(|| behind(workspace, &terms, line, args)).transpose()?;
    let agrees = calls.as_ref().is_none_or(|calls| calls.sum == calls.recorded);
    if json {
        let text = clause.map(|clause| clause.text.as_str());
        term::json(&Traced { line, text, calls })?;
        return Ok(Answer::of(agrees));
    }
    say!("{}  {}", term::bold(line.amount.to_string().replace('_', ",")), line.title);
    say!("  from {} to {}", line.from, line.to);
    if !line.clause.is_empty() {
        let place = format!("{}:{}", line.document, line.line);
        say!("  {}  {}", term::bold(&line.clause), term::dim(place));
    }
    if let Some(clause) = clause {
        term::prose("    │ ", &clause.text);
    }
    statement::print_steps(line, false);
    print_days(line, args.day);
    match &calls {
        Some(calls) => print_calls(calls),
        None => say!("  what it is of stands on other lines of the statement, or was entered"),
    }
    Ok(Answer::of(agrees))
}

fn number_lines(statement: &Statement, json: bool) -> Outcome {
    if json {
        term::json(&statement.lines)?;
        return Ok(Answer::Yes);
    }
    for (at, line) in statement.lines.iter().enumerate() {
        let amount = line.amount.to_string().replace('_', ",");
        say!("{:>4}  {amount:>22}  {}  {}", at + 1, line.title, term::dim(&line.clause));
    }
    Ok(Answer::Yes)
}

/// The clause a line cites, as it stands in the line's document.
fn clause<'t>(terms: &'t Terms, line: &Line) -> Option<&'t Clause> {
    let cited = |clause: &&Clause| {
        clause.id.to_string() == line.clause && clause.origin.document.name == line.document
    };
    terms.clauses.iter().find(cited)
}

fn print_days(line: &Line, only: Option<Date>) {
    for day in line.days.iter().filter(|day| only.is_none_or(|only| only == day.day)) {
        say!("  {}  {:>12} calls  {:>30}", day.day, day.events, day.amount);
        for charge in day.charges.iter().filter(|_| only.is_some()) {
            let of = [&charge.product, &charge.host, &charge.tier].map(String::as_str).join(" ");
            let (class, quantity, price) = (&charge.class, &charge.quantity, charge.price);
            let text = format!("    {of}: {quantity} {class} at {price} for {}", charge.per);
            say!("{}", term::dim(format!("{text:<60} {:>30}", charge.amount)));
        }
    }
}

fn print_calls(calls: &Behind) {
    for call in &calls.first {
        say!("  {}  {}  {:>20}", call.at, call.id, call.amount);
        let of = format!("{} for {}, {}: {}", call.product, call.customer, call.tier, call.tokens);
        say!("{}", term::dim(format!("    {of}")));
    }
    let shown = calls.first.len() as u64;
    if shown < calls.rows {
        say!("  … and {} more; `--calls N` shows more of them", calls.rows - shown);
    }
    let verdict = match calls.sum == calls.recorded {
        true => term::green("as the line says"),
        false => term::red(format!("the line says {}", calls.recorded)),
    };
    say!("  {} come to {}: {verdict}", term::count(calls.rows as usize, "call"), calls.sum);
}

/// Prices the calls of a line one by one.
fn behind(
    workspace: &Workspace,
    terms: &Terms,
    line: &Line,
    args: &Args,
) -> Result<Behind, Failure> {
    let is_asked = |day: Date| args.day.is_none_or(|only| only == day);
    let partitions = workspace.usage()?.partitions(args.month.first(), args.month.end())?;
    let mut sum = Exact::zero();
    let mut rows = 0;
    // The earliest, of calls in any order.
    let mut first: BinaryHeap<Call> = BinaryHeap::new();
    for partition in partitions.iter().filter(|partition| is_asked(partition.day)) {
        for segment in &partition.segments {
            segment.open()?.events(|event| {
                if let Some(priced) = calls::priced(terms, line, partition.day, event) {
                    rows += 1;
                    first.push(call(event, &priced.amount));
                    if first.len() > args.calls {
                        first.pop();
                    }
                    sum = std::mem::take(&mut sum) + priced.amount;
                }
            })?;
        }
    }
    let recorded = line.days.iter().filter(|day| is_asked(day.day));
    let recorded = recorded.map(|day| day.amount.parse::<Exact>());
    let recorded: Exact = recorded.collect::<Result<Vec<_>, _>>()?.into_iter().sum();
    let (sum, recorded) = (sum.to_string(), recorded.to_string());
    Ok(Behind { first: first.into_sorted_vec(), rows, sum, recorded })
}

fn call(event: &Event, amount: &Exact) -> Call {
    let classes = CLASS_NAMES.iter().zip(event.tokens.by_class()).filter(|(_, count)| *count > 0);
    let tokens: Vec<_> = classes.map(|(class, count)| format!("{count} {class}")).collect();
    Call {
        at: event.at,
        id: event.id.to_string(),
        product: event.product.clone(),
        customer: event.customer.clone(),
        tier: event.tier.clone(),
        tokens: tokens.join(", "),
        amount: amount.to_string(),
    }
}
