use std::io::IsTerminal;

use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use settlement::{Line, LineKind, Month, Stage, Statement, hledger};
use terms::Basis;

use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// Shows the statement of a settled month.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter statement 2023-11
  charter statement 2023-11 --steps --days
  charter statement 2023-11 --format hledger > books.journal")]
pub struct Args {
    /// The month, as 2023-11
    month: Month,
    /// How to show it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Show how each line was computed
    #[arg(long)]
    steps: bool,
    /// Show the days behind each line too
    #[arg(long, requires = "steps")]
    days: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Hledger,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let settled = workspace.settled()?;
    let settled = settled.into_iter().find(|settled| settled.statement.month == args.month);
    let Some(settled) = settled else {
        return Err(Failure::failed(
            format!("{} has not been settled", args.month),
            format!("settle it with `charter settle {}`", args.month),
        ));
    };
    let statement = &settled.statement;
    if json && args.format == Format::Hledger {
        return Err(Failure::wrong_use("books of hledger are no JSON", "leave `--json` out"));
    }
    match args.format {
        _ if json => term::json(&settled)?,
        Format::Json => term::json(&settled)?,
        Format::Table => {
            print(statement);
            if args.steps {
                statement.lines.iter().for_each(|line| print_steps(line, args.days));
            }
        }
        Format::Hledger => {
            if !statement.is_final {
                return Err(Failure::failed(
                    format!("the statement of {} is provisional and posts nothing", args.month),
                    "`charter statement` says why it is not final",
                ));
            }
            let text = hledger(&statement.transactions);
            say!("{}", text.trim_end());
        }
    }
    Ok(Answer::of(statement.is_final))
}

/// Shows a statement: as a table, or line by line where the terminal is too narrow for it.
pub fn print(statement: &Statement) {
    let status = if statement.is_final { term::green("final") } else { term::red("provisional") };
    say!("statement of {}  {status}", term::bold(statement.month));
    let table = table(statement);
    let fits = table.lines().all(|line| line.chars().count() <= term::width());
    if fits || !std::io::stdout().is_terminal() {
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
        LineKind::Revenue | LineKind::Capacity => line.title.clone(),
        LineKind::RevenueShare => "revenue share".to_string(),
        LineKind::Net => "net of shares".to_string(),
        LineKind::Advance => "advance".to_string(),
        LineKind::Recoupment => "recouped".to_string(),
        LineKind::LumpSum => "sum beside share".to_string(),
        LineKind::ProfitParticipation => "profit participation".to_string(),
        LineKind::Drawdown => "drawdown".to_string(),
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
fn print_steps(line: &Line, days: bool) {
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
