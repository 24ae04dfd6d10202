//! Offers side by side, and which one serves best.

use evaluation::{Comparison, Row, Standing};
use jiff::Timestamp;
use sourcing::offer::BidStatus;
use sourcing::{Bid, Case, Refused};
use terms::Terms;

use super::Ground;
use super::ground::case;
use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// Shows offers side by side, the best first, by the method of the case's tender; by levelised price
/// where there is none.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter compare halls
  charter compare halls --json

It compares what is left of the need and the offers that stand; once nothing is left, all of the need
and the offers that were signed.")]
pub struct Args {
    /// The case
    #[arg(value_name = "CASE")]
    case: String,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let fold = workspace.fold()?;
    let case = case(&fold.book, &args.case)?;
    let comparison = compared(&terms, case, workspace.now);
    let comparison = comparison.map_err(|refused| cannot(&args.case, refused))?;
    if json {
        term::json(&comparison)?;
        return Ok(Answer::Yes);
    }
    if comparison.rows.is_empty() {
        say!("no offer stands; suppliers make one with `charter bid {}`", args.case);
        return Ok(Answer::Yes);
    }
    print(&comparison);
    Ok(Answer::Yes)
}

/// Shows the offers of a case side by side, if there are several that can be compared.
pub fn show(ground: &Ground<'_>, case: &Case, now: Timestamp) {
    if let Ok(comparison) = compared(ground.terms, case, now)
        && comparison.rows.len() > 1
    {
        say!("");
        print(&comparison);
    }
}

/// What is left and what stands; all of it and what was signed, where nothing is left.
fn compared(terms: &Terms, case: &Case, now: Timestamp) -> Result<Comparison, Refused> {
    let left = wanted(case);
    let standing = |bid: &Bid| {
        bid.status == BidStatus::Standing && bid.valid_until.is_none_or(|until| now <= until)
    };
    if left > 0 && case.bids.iter().any(standing) {
        return sourcing::comparison(terms, case, left, standing);
    }
    let was_there = |bid: &Bid| !matches!(bid.status, BidStatus::Sealed { .. } | BidStatus::Gone);
    sourcing::comparison(terms, case, case.requirement.quantity.count, was_there)
}

/// How many accelerators are still to be placed.
fn wanted(case: &Case) -> u64 {
    case.parts.iter().filter(|part| part.state.is_wanted()).map(|part| part.quantity).sum()
}

fn cannot(name: &str, refused: Refused) -> Failure {
    Failure::failed(format!("the offers for `{name}` cannot be compared: {refused}"), refused.help)
}

fn print(comparison: &Comparison) {
    let header = ["offer", "of", "accelerators", "price", "present value", "levelised", "awarded"];
    let mut table = term::table(header);
    let shown = |price: Option<rust_decimal::Decimal>| {
        price.map_or("—".to_string(), |price| price.normalize().to_string())
    };
    for row in &comparison.rows {
        let Row { breakdown, .. } = row;
        table.add_row([
            row.number.to_string(),
            row.bidder.clone(),
            breakdown.accelerators.to_string(),
            shown(breakdown.unit_rate),
            breakdown.present_value.to_string(),
            shown(breakdown.levelised_price),
            row.awarded.to_string(),
        ]);
    }
    say!("compared by {} for {}", comparison.method, comparison.needed);
    say!("{table}");
    for row in &comparison.rows {
        let score = match &row.standing {
            Standing::Scored(score) => format!(", at {}", score.value.normalize()),
            Standing::Unscored(_) => String::new(),
        };
        let ties = match row.ties.is_empty() {
            true => String::new(),
            false => {
                let ties: Vec<_> = row.ties.iter().map(ToString::to_string).collect();
                format!("; parted from its equals: {}", ties.join(", "))
            }
        };
        term::item("  ", "    ", &format!("offer {}: {}{score}{ties}", row.number, row.reason));
    }
    for warning in &comparison.warnings {
        term::item(&format!("  {} ", term::yellow("note:")), "    ", &warning.to_string());
    }
}
