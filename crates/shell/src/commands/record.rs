use terms::{Known, Name};

use super::time::When;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Occurred, Workspace};

/// Enters into the journal that a condition has occurred. Clauses that begin or end on it follow; what
/// was known before stays as it was.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter record agi-verified --on 2029-03-01
  charter record agi-verified --on 2029-03-02 --correct    the day was recorded wrongly")]
pub struct Args {
    /// The condition, by the name a document gives it
    #[arg(value_name = "CONDITION")]
    condition: String,
    /// The day it occurred
    #[arg(long, value_name = "DATE")]
    on: When,
    /// Take the place of the day that was recorded or stated before
    #[arg(long)]
    correct: bool,
    /// Who records it
    #[arg(long, value_name = "WHO", default_value = "operator")]
    by: String,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let head = workspace.head()?;
    let terms = workspace.adopted_terms()?;
    let name = args.condition.as_str();
    if !terms.conditions.contains_key(name) {
        let known: Vec<_> = terms.conditions.keys().map(Name::as_str).collect();
        return Err(Failure::wrong_use(
            format!("no adopted document names a condition `{name}`"),
            terms::finding::suggest(name, known),
        ));
    }
    let zone = terms.time_zone();
    let on = args.on.day(&zone);
    if When::Instant(workspace.now).day(&zone) < on {
        return Err(Failure::wrong_use(
            format!("{on} has not come"),
            "record the condition once it has occurred; a scenario can suppose it",
        ));
    }
    let before = terms.occurred(name, Known::Everything);
    match before {
        Some(day) if day == on => {}
        Some(day) if !args.correct => {
            return Err(Failure::failed(
                format!("`{name}` is recorded to have occurred on {day}"),
                "if that day is wrong, give the right one with `--correct`",
            ));
        }
        None if args.correct => {
            return Err(Failure::wrong_use(
                format!(
                    "`{name}` is not recorded to have occurred, so there is nothing to correct"
                ),
                "leave `--correct` out",
            ));
        }
        corrects => {
            let occurred = Occurred { condition: Name::new(name), on, corrects };
            let at = When::Day(on).instant(&zone)?;
            workspace.append_occurred(head.position, &occurred, &args.by, at)?;
        }
    }
    let recorded = before != Some(on);
    let corrects = before.filter(|_| recorded);
    if json {
        term::json(&serde_json::json!({
            "condition": name, "on": on, "recorded": recorded, "corrects": corrects,
        }))?;
        return Ok(Answer::Yes);
    }
    let what = if recorded { term::green("recorded") } else { term::dim("unchanged") };
    let instead = corrects.map_or(String::new(), |day| format!(", not on {day}"));
    say!("{what}  condition.{name} occurred on {on}{instead}");
    Ok(Answer::Yes)
}
