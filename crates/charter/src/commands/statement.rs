use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use settlement::{Line, LineKind, Month, Statement, hledger};
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
                    "add the missing prices and settle again",
                ));
            }
            let text = hledger(&statement.transactions);
            say!("{}", text.trim_end());
        }
    }
    Ok(Answer::of(statement.is_final))
}

/// Shows a statement as a table.
pub fn print(statement: &Statement) {
    let status = if statement.is_final { term::green("final") } else { term::red("provisional") };
    say!("statement of {}  {status}", term::bold(statement.month));
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["", "from", "to", "amount", "clause"]);
    for line in &statement.lines {
        let kind = match line.kind {
            LineKind::Revenue => "revenue",
            LineKind::RevenueShare => "revenue share",
            LineKind::Net => "net of shares",
            LineKind::Capacity => "capacity",
            LineKind::Drawdown => "drawdown",
        };
        let title = match line.kind {
            LineKind::Revenue | LineKind::Capacity => line.title.clone(),
            _ => kind.to_string(),
        };
        let assumed = if line.assumed.is_empty() { "" } else { " *" };
        table.add_row([
            title,
            line.from.to_string(),
            line.to.to_string(),
            line.amount.to_string().replace('_', ","),
            format!("{}{assumed}", line.clause),
        ]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    say!("{table}");
    print_assumed(statement);
    print_unrated(statement);
}

/// What the lines rest on that no source states.
fn print_assumed(statement: &Statement) {
    let mut seen: Vec<String> = Vec::new();
    for line in &statement.lines {
        for parameter in &line.assumed {
            let Basis::Assumed(why) = &parameter.basis else { continue };
            let text = format!("* {}: {why}", line.clause);
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
    if !statement.unrated.is_empty() {
        say!("  the statement is not final; add what is missing to the documents and settle again");
    }
}

fn print_steps(line: &Line, days: bool) {
    say!("");
    say!("{}  {}", term::bold(&line.title), term::dim(&line.clause));
    for step in &line.steps {
        say!("  {:<60} {:>30}", step.name, step.value);
    }
    say!("  {:<60} {:>30}", "rounded, half to even", line.amount.amount.to_string());
    for day in line.days.iter().filter(|_| days) {
        say!(
            "  {}",
            term::dim(format!("{}  {:>12} calls  {:>30}", day.day, day.events, day.amount))
        );
    }
}
