use std::path::PathBuf;

use clap::ValueEnum;
use rights::{Affected, Cause, Continuity, Dependent, EndedClause, Takeover, continuity};
use terms::registry::Entry;
use terms::{InForce, Name};

use super::time::{When, day_and_known};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Says what stops, what goes on and what could take over if a party falls away: for every product,
/// channel and stream.
///
/// From that day on the party and those it controls do nothing any more, and clauses between them and
/// others end, except what survives by its terms.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter continuity --without openai
  charter continuity --without microsoft --at 2025-02-01
  charter continuity --without openai --cause insolvency --at 2026-06-01 --json

goes on      nothing it does depends on the party, or its licences outlive the day
winds down   what it needs outlives the day, for a time
can move     something it needs stops, and something else could take over
in part      it loses something that nothing known replaces, and may go on without
stops        something it needs stops, and nothing known could take over that day

Exits with 1 if a product, channel or stream of somebody else stops.")]
pub struct Args {
    /// The party that falls away
    #[arg(long, value_name = "PARTY")]
    without: String,
    /// The first day without it; today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<When>,
    /// How it falls away; terms may survive one and not another
    #[arg(long, value_enum, default_value = "termination")]
    cause: How,
    /// Only what was known by then; everything at hand if not given
    #[arg(long, value_name = "DATE")]
    known: Option<When>,
    /// Suppose what this document says
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum How {
    /// It ends its dealings
    Termination,
    /// Its agreements are not renewed
    Expiry,
    /// It is insolvent
    Insolvency,
}

impl From<How> for Cause {
    fn from(how: How) -> Cause {
        match how {
            How::Termination => Cause::Termination,
            How::Expiry => Cause::Expiry,
            How::Insolvency => Cause::Insolvency,
        }
    }
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.sound_terms(args.scenario.as_deref())?;
    if !terms.registry.knows(Entry::Party, &args.without) {
        let known: Vec<_> = terms.registry.names(Entry::Party).collect();
        return Err(Failure::wrong_use(
            format!("no party is called `{}`", args.without),
            terms::finding::suggest(&args.without, known),
        ));
    }
    let (on, known) = day_and_known(&terms, args.at, args.known, workspace.now)?;
    let in_force = terms.in_force(on, known);
    must_have_begun(&in_force)?;
    let without = Name::new(&args.without);
    let found = continuity(&in_force, &without, args.cause.into());
    if json {
        term::json(&found)?;
    } else {
        print(&found);
    }
    let is_others = |dependent: &&Dependent| {
        !terms.registry.is_affiliate(dependent.of.as_str(), without.as_str())
    };
    let mut others = found.dependents.iter().filter(is_others);
    Ok(Answer::of(!others.any(|dependent| dependent.outcome == rights::Outcome::Stops)))
}

/// Before there is an agreement nobody depends on anybody by its terms.
fn must_have_begun(in_force: &InForce<'_>) -> Result<(), Failure> {
    if !in_force.clauses.is_empty() || !in_force.lapsed.is_empty() {
        return Ok(());
    }
    let begins = in_force.upcoming.iter().filter_map(|clause| in_force.terms.begins(clause)).min();
    let help = match begins {
        Some(day) => {
            format!("the first clause begins on {day}; give that day or a later one with `--at`")
        }
        None => "give a later day with `--known`, or write an agreement".to_string(),
    };
    Err(Failure::wrong_use(format!("no clause has begun by {}", in_force.on), help))
}

fn print(found: &Continuity) {
    say!("without {} from {}, by {}", term::bold(&found.without), found.on, found.cause.word());
    let mut table = term::table(["", "of", "", ""]);
    for row in &found.dependents {
        let what = format!("{} {}", row.kind, row.name);
        table.add_row([what.as_str(), row.of.as_str(), row.outcome.word(), &row.why]);
    }
    say!("{}", table.trim_fmt());
    let affected = |row: &&Dependent| !row.acts.is_empty() || !row.money.is_empty();
    found.dependents.iter().filter(affected).for_each(print_dependent);
    say!("");
    if found.clauses.is_empty() {
        say!("no clause in force is between {} and others", found.without);
        return;
    }
    let mut table = term::table(["clause", "between", ""]);
    for row in &found.clauses {
        table.add_row([row.clause.clone(), format!("{} → {}", row.grantor, row.holder), fate(row)]);
    }
    term::keep_names(&mut table);
    say!("{}", table.trim_fmt());
}

fn print_dependent(row: &Dependent) {
    use rights::Outcome::*;
    let outcome = match row.outcome {
        GoesOn => term::green(row.outcome.word()),
        WindsDown | CanMove | InPart => term::yellow(row.outcome.word()),
        Stops => term::red(row.outcome.word()),
    };
    say!("");
    say!("{} {}  {outcome}", row.kind, term::bold(&row.name));
    row.acts.iter().for_each(print_affected);
    row.instead.iter().for_each(print_takeover);
    for clause in &row.money {
        say!("  {:<12}{}: {}", "money", term::bold(&clause.clause), fate(clause));
    }
}

fn print_affected(affected: &Affected) {
    let what = match affected.survives {
        None => "stops",
        Some(_) => "goes on",
    };
    let until = affected.survives.map_or(String::new(), |end| format!(" {end}"));
    say!("  {what:<12}{}{until}", affected.act);
    because(&affected.why, &affected.because);
}

fn print_takeover(takeover: &Takeover) {
    let from = takeover.from.map_or(String::new(), |end| format!(", closed {end}"));
    let until = takeover.until.map_or(String::new(), |day| format!(" until {day}"));
    say!("  {:<12}{}{until}{from}", "instead", takeover.act);
    because(&takeover.why, &takeover.because);
}

fn because(why: &str, because: &[rights::Reason]) {
    let indent = " ".repeat(14);
    term::item(&indent, &indent, why);
    because.iter().for_each(|reason| say!("{indent}{}", term::dim(term::place(reason))));
}

fn fate(clause: &EndedClause) -> String {
    match clause.survives {
        None => "ends".to_string(),
        Some(end) => format!("goes on {end}: {}", clause.why),
    }
}
