use jiff::civil::Date;
use settlement::position::{Favoured, Held, Position, position};
use settlement::{Month, Statement};
use terms::{Known, Terms};

use super::settle::{Desk, capacity_on};
use super::time::{When, day_and_known};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Shows what parties hold of each other on a day: stakes, what is left of commitments, what is funded, licences.
///
/// What is left of a commitment follows from the months that are settled and final.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter position
  charter position --at 2025-12-31
  charter position --json | jq '.stakes[] | {holder, grantor, stake, worth}'")]
pub struct Args {
    /// The day; today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<When>,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let (on, known) = day_and_known(&terms, args.at, None, workspace.now)?;
    let position = self::on(workspace, &terms, &restated(workspace, &terms)?, on, known)?;
    if json {
        term::json(&position)?;
    } else {
        print(&position);
    }
    Ok(Answer::Yes)
}

/// The statement of every settled month. A closed month counts with what it comes to today, as for the months
/// after it.
pub fn restated(workspace: &Workspace, terms: &Terms) -> Result<Vec<Statement>, Failure> {
    let (months, ever) = (workspace.months()?, Month::of(Date::MAX));
    let restated = Desk::new(workspace, terms)?.restated(&months, ever)?;
    Ok(restated.into_iter().map(|(_, today)| today.statement).collect())
}

/// What parties hold of each other on a day, after the months that are settled and final.
pub fn on(
    workspace: &Workspace,
    terms: &Terms,
    restated: &[Statement],
    on: Date,
    known: Known,
) -> Result<Position, Failure> {
    Ok(position(terms, known, on, &workspace.figures()?, restated))
}

/// What most favoured terms come to on a day, by the figures reported up to then and the capacity that stood.
pub fn favoured(
    workspace: &Workspace,
    terms: &Terms,
    on: Date,
    known: Known,
) -> Result<Vec<Favoured>, Failure> {
    let capacity = capacity_on(&workspace.fold()?.book, on)?;
    Ok(settlement::position::favoured(terms, known, on, &workspace.figures()?, &capacity))
}

fn print(position: &Position) {
    let Position { on, stakes, commitments, funding, licences } = position;
    say!("position on {}", term::bold(on));
    for stake in stakes {
        let mut text = sides(&stake.held, "in", &stake.instrument);
        let amount = stake.amount.map(|amount| format!("{amount} put in"));
        let part = stake.stake.map(|part| format!("{part} held"));
        let worth = stake.worth.as_ref().map(|worth| match worth.on {
            Some(on) => format!("worth {} on {on}", worth.amount),
            None => format!("worth {} as stated", worth.amount),
        });
        for said in [part, amount, worth].into_iter().flatten() {
            text = format!("{text}, {said}");
        }
        term::item("  ", "    ", &text);
    }
    for commitment in commitments {
        let text = sides_of_commitment(&commitment.held);
        let rest = match (&commitment.left, commitment.committed) {
            (Some(left), Some(committed)) => format!("{left} left of {committed}"),
            _ => {
                let balances = commitment.balances.iter();
                let carried = balances.map(|of| format!("{} {}", of.name, of.carried));
                carried.collect::<Vec<_>>().join(", ")
            }
        };
        let text = if rest.is_empty() { text } else { format!("{text}, {rest}") };
        term::item("  ", "    ", &text);
    }
    for funded in funding {
        let mut text = format!("{}, for {}", sides_of_commitment(&funded.held), funded.project);
        let amount = funded.amount.map(|amount| format!("{amount} in all"));
        let so_far = funded.balances.iter().map(|of| format!("{} {}", of.name, of.carried));
        let next = funded.next.as_ref().map(|due| format!("{} due on {}", due.amount, due.on));
        for said in amount.into_iter().chain(so_far).chain(next) {
            text = format!("{text}, {said}");
        }
        term::item("  ", "    ", &text);
    }
    for licence in licences {
        let ends = match licence.held.until {
            Some(until) => format!("until {until}"),
            None if licence.perpetual => "without end".to_string(),
            None => "no end known".to_string(),
        };
        let Held { clause, grantor, holder, .. } = &licence.held;
        term::item("  ", "    ", &format!("{clause}: {grantor} to {holder}, {ends}"));
    }
}

fn sides(held: &Held, word: &str, what: &str) -> String {
    let Held { clause, grantor, holder, .. } = held;
    format!("{clause}: {holder} {word} {grantor}, {what}")
}

fn sides_of_commitment(held: &Held) -> String {
    let Held { clause, grantor, holder, until } = held;
    let until = until.map_or(String::new(), |until| format!(" until {until}"));
    format!("{clause}: {grantor} to {holder}{until}")
}
