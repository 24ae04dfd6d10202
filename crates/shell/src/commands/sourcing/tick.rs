//! Letting time pass: what is due happens.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sourcing::measured::Tested;
use sourcing::{Dated, Does, Refused};
use terms::Terms;

use super::When;
use super::act::{TRIES, counts_at, report, too_fast};
use super::measured::detail;
use crate::commands::telling::Post;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::Workspace;

/// Lets time pass: what is due happens, in every case, and shares are tested.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  charter tick --at 2025-02-21T12:00:00-08:00")]
pub struct Args {
    /// Up to when; now if not given
    #[arg(long, value_name = "INSTANT")]
    at: Option<When>,
}

/// What happened by itself.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Ticked {
    /// In a case.
    Case {
        /// The case.
        case: String,
        /// What.
        happened: Vec<Dated>,
    },
    /// A share was tested.
    Test {
        /// When that was due.
        at: Timestamp,
        /// What it found.
        tested: Tested,
    },
}

/// What became of everything that was due.
#[derive(Default)]
pub struct Passed {
    /// What happened: in the cases, in the order it was due, and then the tests.
    pub ticked: Vec<Ticked>,
    /// Where it could not, and why.
    pub refused: Vec<(String, Refused)>,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let zone = workspace.adopted_terms()?.time_zone();
    let at = counts_at(workspace, args.at, &zone)?;
    let passed = let_pass(workspace, at)?;
    if json {
        term::json(&passed.ticked)?;
    } else {
        if passed.ticked.is_empty() {
            say!("nothing is due");
        }
        tell(&passed, &zone);
    }
    workspace.save_snapshot()?;
    Ok(Answer::of(passed.refused.is_empty()))
}

/// Tells what happened, and what could not.
pub fn tell(passed: &Passed, zone: &TimeZone) {
    for ticked in &passed.ticked {
        match ticked {
            Ticked::Case { case, happened } => report(case, happened, zone),
            Ticked::Test { tested, .. } => {
                say!("{}  {}  {}", term::cyan(&tested.clause), tested.on, detail(tested, zone));
            }
        }
    }
    for (name, error) in &passed.refused {
        complain!("{name}  {}  {error}; {}", term::red("refused"), error.help);
    }
}

/// Lets everything happen that is due by an instant, the earliest first. Costs what is due.
pub fn let_pass(workspace: &Workspace, at: Timestamp) -> Result<Passed, Failure> {
    Post::begin(workspace)?;
    let terms = workspace.adopted_terms()?;
    let mut passed = Passed::default();
    let_cases(workspace, &terms, at, &mut passed)?;
    test_shares(workspace, &terms, at, &mut passed)?;
    Ok(passed)
}

fn let_cases(
    workspace: &Workspace,
    terms: &Terms,
    at: Timestamp,
    passed: &mut Passed,
) -> Result<(), Failure> {
    let command = sourcing::Command::new("clock", Does::Tick);
    // Cases looked at: what is due in them now waits for its instant to be over, or cannot happen.
    let mut seen = BTreeSet::new();
    let mut tries = TRIES;
    loop {
        let fold = workspace.fold()?;
        let due = fold.book.due(at).find(|(_, name)| !seen.contains(*name));
        let Some((_, name)) = due else { return Ok(()) };
        let name = name.to_string();
        // A case whose last event is later than this has nothing due before it.
        if fold.book.case(&name).is_some_and(|case| at < case.latest) {
            seen.insert(name);
            continue;
        }
        match sourcing::decide(terms, &fold.book, &name, &command, at) {
            Ok(happened) if happened.is_empty() => {
                seen.insert(name);
            }
            Ok(happened) => {
                let unchanged = fold.unchanged();
                drop(fold);
                if workspace.append_case(unchanged, &name, None, &happened)? {
                    passed.ticked.push(Ticked::Case { case: name.clone(), happened });
                    seen.insert(name);
                    tries = TRIES;
                } else {
                    // Somebody else was faster: perhaps by letting this very time pass.
                    tries -= 1;
                    if tries == 0 {
                        return Err(too_fast());
                    }
                }
            }
            // One case whose calendar is too short must not hold up the others.
            Err(error) => {
                passed.refused.push((name.clone(), error));
                seen.insert(name);
            }
        }
    }
}

/// Makes the tests of shares that are due by an instant.
fn test_shares(
    workspace: &Workspace,
    terms: &Terms,
    at: Timestamp,
    passed: &mut Passed,
) -> Result<(), Failure> {
    let mut tries = TRIES;
    loop {
        let fold = workspace.fold()?;
        let Some((due, tested)) = fold.measured.due(terms, at)?.into_iter().next() else {
            return Ok(());
        };
        let unmeasured = fold.unmeasured();
        drop(fold);
        if workspace.append_tested(unmeasured, &tested, due)? {
            passed.ticked.push(Ticked::Test { at: due, tested });
            tries = TRIES;
            continue;
        }
        tries -= 1;
        if tries == 0 {
            return Err(too_fast());
        }
    }
}
