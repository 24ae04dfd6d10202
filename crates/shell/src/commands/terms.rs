use std::path::PathBuf;

use serde::Serialize;
use terms::{Basis, Clause, InForce, Parameter};

use super::time::{When, day_and_known};
use crate::outcome::{Answer, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Lists the clauses in force on a day, each with its text and its values, stated, assumed or default.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter terms --at 2025-02-01
  charter terms --brief        only what the documents say, with defaults counted
  charter terms --at 2031-06-01 --known 2025-06-01 --json")]
pub struct Args {
    /// The day; today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<When>,
    /// Only what was known by then; everything at hand if not given
    #[arg(long, value_name = "DATE")]
    known: Option<When>,
    /// Show only what a clause says, and count its defaults
    #[arg(long)]
    brief: bool,
    /// Suppose what this document says
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

/// A clause as `--json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    clause: String,
    document: &'a str,
    line: usize,
    grantor: &'a str,
    holder: &'a str,
    from: Option<String>,
    until: Option<String>,
    parameters: &'a [Parameter],
    #[serde(skip)]
    provisions: Vec<&'a Parameter>,
    heading: &'a str,
    text: &'a str,
}

impl<'a> Row<'a> {
    fn of(in_force: &InForce<'a>, clause: &'a Clause) -> Row<'a> {
        let terms = in_force.terms;
        Row {
            clause: clause.id.to_string(),
            document: &clause.origin.document.name,
            line: clause.origin.line(),
            grantor: clause.grantor.as_str(),
            holder: clause.holder.as_str(),
            from: terms.begins(clause).map(|date| date.to_string()),
            until: terms.ends(clause, in_force.known).map(|date| date.to_string()),
            parameters: &clause.parameters,
            provisions: clause.provisions().collect(),
            heading: &clause.heading,
            text: &clause.text,
        }
    }
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.sound_terms(args.scenario.as_deref())?;
    let (on, known) = day_and_known(&terms, args.at, args.known, workspace.now)?;
    let in_force = terms.in_force(on, known);
    let rows: Vec<_> = in_force.clauses.iter().map(|clause| Row::of(&in_force, clause)).collect();
    if json {
        term::json(&rows)?;
        return Ok(Answer::Yes);
    }
    say!("{} in force on {on}", term::count(rows.len(), "clause"));
    for row in rows {
        print(&row, args.brief);
    }
    Ok(Answer::Yes)
}

fn print(row: &Row<'_>, brief: bool) {
    say!("");
    say!("{}  {}", term::bold(&row.clause), term::dim(format!("{}:{}", row.document, row.line)));
    let from = row.from.as_deref().unwrap_or("its condition");
    let until = row.until.as_ref().map_or(String::new(), |until| format!(" until {until}"));
    say!("  {} → {}, from {from}{until}", row.grantor, row.holder);
    let silent = |parameter: &&&Parameter| parameter.basis == Basis::Default;
    let defaults = row.provisions.iter().filter(silent).count();
    for parameter in row.provisions.iter().filter(|parameter| !brief || !silent(parameter)) {
        let basis = match &parameter.basis {
            Basis::Stated => String::new(),
            Basis::Default => " (default)".to_string(),
            Basis::Assumed(why) => format!(" (assumed: {why})"),
        };
        term::item("    ", "      ", &format!("{parameter}{basis}"));
    }
    if brief && defaults > 0 {
        say!("    {}", term::dim(format!("… and {}", term::count(defaults, "default"))));
    }
    term::prose("  │ ", row.text);
}
