mod export;
mod out;

use std::path::PathBuf;

use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use exports::focus::Version;
use settlement::{Line, LineKind, Month, Stage, Statement};
use terms::{Basis, Name};

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Months, Settled, Workspace};

/// Shows the statement of a settled month, or writes it in the formats others read.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter statement 2023-11
  charter statement 2023-11 --steps --days
  charter statement 2023-11 --format pdf --party microsoft --out 2023-11.pdf
  charter statement 2023-11 --format xlsx --out 2023-11.xlsx
  charter statement 2023-11 --format csv --days > days.csv
  charter statement 2023-11 --format hledger > books.journal
  charter statement 2023-11 --format focus --out focus-2023-11

FOCUS has several files, so `--out` names a folder. docs/statements.md says what is in each format, and
how to check it.")]
pub struct Args {
    /// The month, as 2023-11
    month: Month,
    /// How to show it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Show how each line was computed; in CSV, a row a step
    #[arg(long)]
    steps: bool,
    /// Show the days behind each line too; in CSV, a row a day
    #[arg(long)]
    days: bool,
    /// Only what this party owes, is owed or earns, and its own books
    #[arg(long)]
    party: Option<String>,
    /// The version of FOCUS: 1.4, or 1.2 for tools that know no later one
    #[arg(long, value_name = "VERSION")]
    focus_version: Option<Version>,
    /// Write to this file, or for FOCUS to this folder, whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Xlsx,
    #[cfg(feature = "pdf")]
    Pdf,
    Hledger,
    Beancount,
    Focus,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let record = export::Record::of(workspace, args.month)?;
    let format = match args.format {
        Format::Table if json => Format::Json,
        Format::Json | Format::Table => args.format,
        _ if json => {
            return Err(Failure::wrong_use(
                "`--json` and another `--format` are two formats",
                "leave one of them out",
            ));
        }
        format => format,
    };
    if args.focus_version.is_some() && format != Format::Focus {
        return Err(Failure::wrong_use(
            "`--focus-version` is of FOCUS alone",
            "add `--format focus`, or leave it out",
        ));
    }
    let mut settled = record.settled.clone();
    let mut terms = None;
    let asker = workspace.asker().party().map(Name::as_str);
    if let Some(asker) = asker.filter(|asker| args.party.as_deref().is_some_and(|of| of != *asker))
    {
        return Err(Failure::wrong_use(
            format!("`{asker}` is shown its own part of a statement alone"),
            "leave `--party` out, or give your own",
        ));
    }
    if let Some(party) = args.party.as_deref().or(asker) {
        let adopted = terms.insert(workspace.adopted_terms()?);
        super::sourcing::known_party(adopted, party)?;
        let party = Name::new(party);
        settled.statement = exports::party::view(&settled.statement, adopted, &party);
    }
    if format == Format::Table {
        if args.out.is_some() {
            return Err(Failure::wrong_use(
                "a table is for the terminal",
                "give a `--format` with `--out`, as `--format csv`",
            ));
        }
        print(&settled.statement);
        if args.steps || args.days {
            settled.statement.lines.iter().for_each(|line| print_steps(line, args.days));
        }
        return Ok(Answer::of(settled.statement.is_final));
    }
    let terms = terms.map_or_else(|| workspace.adopted_terms(), Ok)?;
    let exported = export::export(args, format, &record, &settled, &terms)?;
    out::write(exported, args.out.as_deref())?;
    Ok(Answer::of(settled.statement.is_final))
}

/// The settlement of a month, if it was settled.
pub fn settled(months: &Months, month: Month) -> Result<&Settled, Failure> {
    months.of(month).ok_or_else(|| not_settled(month))
}

fn not_settled(month: Month) -> Failure {
    Failure::failed(
        format!("{month} has not been settled"),
        format!("settle it with `charter settle {month}`"),
    )
}

/// Shows a statement: as a table, or line by line where the terminal is too narrow for it.
pub fn print(statement: &Statement) {
    let status = if statement.is_final { term::green("final") } else { term::red("provisional") };
    say!("statement of {}  {status}", term::bold(statement.month));
    let table = table(statement);
    let fits = table.lines().all(|line| line.chars().count() <= term::width());
    if fits || !term::is_terminal() {
        say!("{table}");
    } else {
        statement.lines.iter().for_each(print_line);
    }
    print_assumed(statement);
    for clause in &statement.not_computed {
        term::item("  not computed here: ", "    ", clause);
    }
    print_unrated(statement);
}

fn table(statement: &Statement) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["", "from", "to", "amount", "clause"]);
    for line in &statement.lines {
        let (title, amount, clause) = cells(line);
        table.add_row([title, line.from.to_string(), line.to.to_string(), amount, clause]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

fn print_line(line: &Line) {
    let (title, amount, clause) = cells(line);
    say!("{amount:>22}  {title}, {} → {}", line.from, line.to);
    if !clause.is_empty() {
        say!("{:>22}  {}", "", term::dim(clause));
    }
}

/// A line's title, amount and clause as people read them.
fn cells(line: &Line) -> (String, String, String) {
    let title = match line.kind {
        _ if line.adjusts.is_some() => line.title.clone(),
        LineKind::RevenueShare => "revenue share".to_string(),
        LineKind::Net => "net of shares".to_string(),
        LineKind::Advance => "advance".to_string(),
        LineKind::Recoupment => "recouped".to_string(),
        LineKind::LumpSum => "sum beside share".to_string(),
        LineKind::ProfitParticipation => "profit participation".to_string(),
        LineKind::Drawdown => "drawdown".to_string(),
        _ => line.title.clone(),
    };
    // The clauses of a net line are those of the lines above it.
    let clause = if line.kind == LineKind::Net { "" } else { &line.clause };
    let assumed = if line.assumed.is_empty() { "" } else { "*" };
    let clause = format!("{clause} {assumed}").trim().to_string();
    (title, line.amount.to_string().replace('_', ","), clause)
}

/// What the lines rest on that no source states: each reason once, under the clause or price list it
/// is given in. A net rests on what its shares do.
fn print_assumed(statement: &Statement) {
    let mut seen: Vec<String> = Vec::new();
    for line in statement.lines.iter().filter(|line| line.kind != LineKind::Net) {
        for parameter in &line.assumed {
            let Basis::Assumed(why) = &parameter.basis else { continue };
            let place = match parameter.name.as_str() {
                "price_list" => format!("price_list.{}", parameter.value),
                _ => line.clause.clone(),
            };
            let text = format!("* {place}: {why}");
            if !seen.contains(&text) {
                term::item("  ", "    ", &text);
                seen.push(text);
            }
        }
    }
}

fn print_unrated(statement: &Statement) {
    for unrated in &statement.unrated {
        say!(
            "  {} {} calls of {} on {}, {} to {}: {}",
            term::red("not rated:"),
            unrated.events,
            unrated.model,
            unrated.channel,
            unrated.first_day,
            unrated.last_day,
            unrated.reason
        );
    }
    for reason in &statement.open {
        say!("  {} {reason}", term::red("not final:"));
    }
    if !statement.unrated.is_empty() {
        say!("  add what is missing to the documents, adopt them and settle again");
    }
}

/// Shows a line's steps in their order; those of a share stage by stage, each stage named once.
pub fn print_steps(line: &Line, days: bool) {
    say!("");
    say!("{}  {}", term::bold(&line.title), term::dim(&line.clause));
    let mut before = None;
    let mut print = |stage: Option<Stage>, name: &str, value: &str| {
        let title = stage.filter(|_| stage != before).map_or("", Stage::title);
        before = stage;
        match stage {
            Some(_) => say!("  {} {name:<47} {value:>30}", term::dim(format!("{title:<12}"))),
            None => say!("  {name:<60} {value:>30}"),
        }
    };
    for step in &line.steps {
        print(step.stage, &step.name, &step.value);
    }
    let rounded = line.amount.amount.to_string();
    let is_staged = line.steps.iter().any(|step| step.stage.is_some());
    print(is_staged.then_some(Stage::Rounding), "rounded, half to even", &rounded);
    for balance in &line.balances {
        let carried = format!("{} → {}", balance.brought, balance.carried);
        say!("  {} {:<47} {carried:>30}", term::dim("carried     "), balance.name);
    }
    if let Some(payable) = line.payable {
        say!("  {} {payable}", term::dim("payable     "));
    }
    for day in line.days.iter().filter(|_| days) {
        say!(
            "  {}",
            term::dim(format!("{}  {:>12} calls  {:>30}", day.day, day.events, day.amount))
        );
    }
}
