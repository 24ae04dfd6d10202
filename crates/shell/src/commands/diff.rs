mod acts;

use std::path::PathBuf;

use serde::Serialize;
use terms::diff::{Change, diff};
use terms::{Basis, Clause, Parameter};

use super::time::When;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;
use acts::ActRow;

/// Says what changed between two days: clause by clause, its text beside its terms, and acts whose
/// verdict changed.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter diff --from 2025-01-01 --to 2025-02-01
  charter diff --from 2025-10-01 --to 2026-05-01 --json

Where a change of clauses alters what one may do, acts show it; try each with the `charter ask` below
it. Defaults that came or went with a clause are only counted; `--json` lists them. Text and terms stand
side by side on a terminal of 100 columns or more.")]
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

/// What changed, as `--json` shows it.
#[derive(Serialize)]
struct Changes {
    from: jiff::civil::Date,
    to: jiff::civil::Date,
    clauses: Vec<ClauseRow>,
    acts: Vec<ActRow>,
}

/// A clause that changed.
#[derive(Serialize)]
struct ClauseRow {
    change: &'static str,
    clause: String,
    document: String,
    line: usize,
    replaces: Option<String>,
    ended_by: Option<String>,
    /// What differs; all of it if the clause began or ended.
    terms: Vec<Term>,
    text: String,
    /// The text of the clause it took the place of.
    text_before: Option<String>,
}

/// A parameter, before and after.
#[derive(Serialize)]
struct Term {
    name: String,
    before: Option<Parameter>,
    after: Option<Parameter>,
}

impl ClauseRow {
    fn new(change: &'static str, clause: &Clause, terms: Vec<Term>) -> ClauseRow {
        ClauseRow {
            change,
            clause: clause.id.to_string(),
            document: clause.origin.document.name.clone(),
            line: clause.origin.line(),
            replaces: None,
            ended_by: None,
            terms,
            text: clause.text.clone(),
            text_before: None,
        }
    }

    fn of(change: Change<'_>) -> ClauseRow {
        match change {
            Change::Began(clause) => {
                let terms = clause.provisions().cloned();
                let term =
                    |p: Parameter| Term { name: p.name.clone(), before: None, after: Some(p) };
                ClauseRow::new("began", clause, terms.map(term).collect())
            }
            Change::Ended(lapsed) => {
                let terms = lapsed.clause.provisions().cloned();
                let term =
                    |p: Parameter| Term { name: p.name.clone(), before: Some(p), after: None };
                let ended_by = Some(format!("{} on {}", lapsed.by.describe(), lapsed.ended));
                let row = ClauseRow::new("ended", lapsed.clause, terms.map(term).collect());
                ClauseRow { ended_by, ..row }
            }
            Change::Replaced { before, after, differing } => {
                let differing = differing.into_iter();
                let terms = differing.map(|(name, before, after)| Term { name, before, after });
                ClauseRow {
                    replaces: Some(before.id.to_string()),
                    text_before: Some(before.text.clone()),
                    ..ClauseRow::new("replaced", after, terms.collect())
                }
            }
        }
    }

    /// What the clause says, and what it said before if that was something else.
    fn texts(&self) -> Vec<(&'static str, &str)> {
        match &self.text_before {
            Some(before) if *before != self.text => {
                vec![("it said:", before), ("it says:", &self.text)]
            }
            _ => vec![("", &self.text)],
        }
    }

    /// Its terms as people read them, and what ended it.
    fn terms(&self) -> Vec<String> {
        let (defaults, said): (Vec<_>, Vec<_>) =
            self.terms.iter().partition(|term| term.is_default_alone());
        let shown = said.into_iter().map(|term| {
            let (before, after) = (term.before.as_ref(), term.after.as_ref());
            match &self.replaces {
                Some(_) => format!("{}: {} → {}", term.name, value(before), value(after)),
                None => format!("{}: {}", term.name, value(before.or(after))),
            }
        });
        let same = self.replaces.is_some() && self.terms.is_empty();
        let same = same.then(|| "on the same terms".to_string());
        let (came, gone): (Vec<_>, Vec<_>) =
            defaults.into_iter().partition(|term| term.after.is_some());
        let count = |terms: &[_]| term::count(terms.len(), "default");
        let came = (!came.is_empty())
            .then(|| format!("and {}, which `charter terms` shows", count(&came)));
        let gone = (self.replaces.is_some() && !gone.is_empty())
            .then(|| format!("and no longer {}", count(&gone)));
        let ended = self.ended_by.as_ref().map(|by| format!("ended by {by}"));
        shown.chain(same).chain(came).chain(gone).chain(ended).collect()
    }
}

impl Term {
    /// Whether it came or went with the clause, or with its kind, without anybody having said so. A
    /// default that takes the place of another value is a change.
    fn is_default_alone(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(alone), None) | (None, Some(alone)) => alone.basis == Basis::Default,
            _ => false,
        }
    }
}

fn value(parameter: Option<&Parameter>) -> String {
    let Some(parameter) = parameter else { return "—".to_string() };
    let basis = match parameter.basis {
        Basis::Stated => "",
        Basis::Default => " (default)",
        Basis::Assumed(_) => " (assumed)",
    };
    format!("{}{basis}", parameter.value)
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
    let (before, after) = (terms.in_force(from, known), terms.in_force(to, known));
    let clauses: Vec<_> = diff(&before, &after).into_iter().map(ClauseRow::of).collect();
    let acts: Vec<_> = rights::changes(&before, &after).into_iter().map(ActRow::of).collect();
    if json {
        term::json(&Changes { from, to, clauses, acts })?;
        return Ok(Answer::Yes);
    }
    say!("{} from {from} to {to}", term::count(clauses.len(), "change"));
    clauses.iter().for_each(|row| print(row, term::columns()));
    acts::print(&acts, &supposing(args));
    Ok(Answer::Yes)
}

/// The options under which an act gets the verdicts shown.
fn supposing(args: &Args) -> String {
    let known = args.known.map(|known| format!(" --known {known}"));
    let scenario = args.scenario.as_ref().map(|path| format!(" --scenario {}", path.display()));
    [known, scenario].into_iter().flatten().collect()
}

fn print(row: &ClauseRow, columns: Option<u16>) {
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
    match columns {
        Some(width) => say!("{}", beside(row, width)),
        None => stacked(row),
    }
}

/// The text on the left, the terms on the right.
fn beside(row: &ClauseRow, width: u16) -> String {
    let texts = row.texts().into_iter().map(|(when, text)| {
        let text = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
        let text = text.collect::<Vec<_>>().join("\n\n");
        if when.is_empty() { text } else { format!("{when}\n{text}") }
    });
    let texts: Vec<_> = texts.collect();
    term::side_by_side(&texts.join("\n\n"), &row.terms().join("\n"), width)
}

fn stacked(row: &ClauseRow) {
    row.terms().iter().for_each(|term| term::item("    ", "      ", term));
    for (when, text) in row.texts() {
        if !when.is_empty() {
            say!("    {}", term::dim(when));
        }
        term::prose("    │ ", text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_terms_stand_side_by_side() {
        let parameter = |value: &str, basis| Parameter {
            name: "until".to_string(),
            value: value.to_string(),
            basis,
        };
        let row = ClauseRow {
            change: "replaced",
            clause: "licence.ip".to_string(),
            document: "b.md".to_string(),
            line: 7,
            replaces: Some("licence.ip".to_string()),
            ended_by: None,
            terms: vec![Term {
                name: "until".to_string(),
                before: None,
                after: Some(parameter("2033-01-01", Basis::Assumed("read so".to_string()))),
            }],
            text: "The licence to models and products runs to 2032.\nNobody else\nhas one."
                .to_string(),
            text_before: Some("The licence runs as long as the agreement does.".to_string()),
        };
        insta::assert_snapshot!(beside(&row, 80), @r"
        it said:                              │ until: — → 2033-01-01 (assumed)
        The licence runs as long as the       │
        agreement does.                       │
                                              │
        it says:                              │
        The licence to models and products    │
        runs to 2032. Nobody else has one.    │
        ");
    }
}
