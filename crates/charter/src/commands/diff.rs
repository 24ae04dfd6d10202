use std::path::PathBuf;

use serde::Serialize;
use terms::Clause;
use terms::diff::{Change, diff};

use super::time::When;
use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// Says what changed between two days, clause by clause.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter diff --from 2025-01-01 --to 2025-02-01
  charter diff --from 2025-10-01 --to 2026-05-01 --json")]
pub struct Args {
    /// The earlier day
    #[arg(long, value_name = "DATE")]
    from: When,
    /// The later day; today if not given
    #[arg(long, value_name = "DATE")]
    to: Option<When>,
    /// Only what was known by then; everything at hand if not given
    #[arg(long, value_name = "DATE")]
    known: Option<When>,
    /// Suppose what this document says
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

/// A change as `--json` shows it.
#[derive(Serialize)]
struct Row {
    change: &'static str,
    clause: String,
    document: String,
    line: usize,
    replaces: Option<String>,
    ended_by: Option<String>,
    differing: Vec<Differing>,
    text: String,
}

#[derive(Serialize)]
struct Differing {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

impl Row {
    fn new(change: &'static str, clause: &Clause) -> Row {
        Row {
            change,
            clause: clause.id.to_string(),
            document: clause.origin.document.name.clone(),
            line: clause.origin.line(),
            replaces: None,
            ended_by: None,
            differing: Vec::new(),
            text: clause.text.clone(),
        }
    }

    fn of(change: Change<'_>) -> Row {
        match change {
            Change::Began(clause) => Row::new("began", clause),
            Change::Ended(lapsed) => {
                let ended_by = Some(format!("{} on {}", lapsed.by.describe(), lapsed.ended));
                Row { ended_by, ..Row::new("ended", lapsed.clause) }
            }
            Change::Replaced { before, after, differing } => Row {
                replaces: Some(before.id.to_string()),
                differing: differing
                    .into_iter()
                    .map(|(name, before, after)| Differing {
                        name,
                        before: before.map(|parameter| parameter.value),
                        after: after.map(|parameter| parameter.value),
                    })
                    .collect(),
                ..Row::new("replaced", after)
            },
        }
    }
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.sound_terms(args.scenario.as_deref())?;
    let zone = terms.time_zone();
    let from = args.from.day(&zone);
    let to = args.to.unwrap_or(When::Instant(workspace.now)).day(&zone);
    if to < from {
        let message = format!("{to} is before {from}");
        return Err(Failure::wrong_use(message, "give the earlier day with `--from`"));
    }
    let known = args.known.map_or(Ok(terms::Known::Everything), |known| known.known(&zone))?;
    let changes = diff(&terms.in_force(from, known), &terms.in_force(to, known));
    let rows: Vec<_> = changes.into_iter().map(Row::of).collect();
    if json {
        term::json(&rows)?;
        return Ok(Answer::Yes);
    }
    say!("{} from {from} to {to}", term::count(rows.len(), "change"));
    for row in rows {
        print(&row);
    }
    Ok(Answer::Yes)
}

fn print(row: &Row) {
    let mark = match row.change {
        "began" => term::green("+"),
        "ended" => term::red("-"),
        _ => term::yellow("~"),
    };
    let replaces = row.replaces.as_ref().filter(|replaces| **replaces != row.clause);
    let replaces = replaces.map_or(String::new(), |old| format!(", in place of {old}"));
    say!("");
    say!(
        "{mark} {} {}{replaces}  {}",
        term::bold(&row.clause),
        row.change,
        term::dim(format!("{}:{}", row.document, row.line))
    );
    if let Some(by) = &row.ended_by {
        say!("    by {by}");
    }
    for differing in &row.differing {
        let none = || "—".to_string();
        let before = differing.before.clone().unwrap_or_else(none);
        let after = differing.after.clone().unwrap_or_else(none);
        term::item("    ", "      ", &format!("{}: {before} → {after}", differing.name));
    }
    if row.change == "replaced" && row.differing.is_empty() {
        say!("    on the same terms");
    }
    if row.change != "ended" {
        term::prose("    │ ", &row.text);
    }
}
