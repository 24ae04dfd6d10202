//! Offers side by side, and which one serves best.

use evaluation::{Comparison, Row, Standing};
use jiff::Timestamp;
use serde::Serialize;
use sourcing::offer::BidStatus;
use sourcing::{Bid, Book, Case, Contest, Guard, Refused};
use terms::Terms;

use super::Ground;
use super::ground::case;
use crate::commands::telling::{Shown, not_seen, shown};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Shows offers side by side, the best first, by the method of the case's tender; by levelised price
/// where there is none.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter compare halls
  charter compare halls --json

It compares the offers that stand for each part of the need that is left, and says what `charter award
--best --part N` would do about it now; once nothing is left, all of the need and the offers that were
signed.")]
pub struct Args {
    /// The case
    #[arg(value_name = "CASE")]
    case: String,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let fold = workspace.fold()?;
    // Offers are compared with each other, so whoever may not see one of them sees no comparison.
    if !matches!(shown(workspace, &terms, &args.case)?, Shown::Whole) {
        return Err(not_seen(&args.case));
    }
    let case = case(&fold.book, &args.case)?;
    let compared = compared(&terms, &fold.book, &args.case, case, workspace.now);
    let compared = compared.map_err(|refused| cannot(&args.case, refused))?;
    if json {
        term::json(&compared)?;
        return Ok(Answer::Yes);
    }
    if compared.iter().all(|compared| compared.comparison.rows.is_empty()) {
        say!("no offer stands; suppliers make one with `charter bid {}`", args.case);
        return Ok(Answer::Yes);
    }
    for (at, compared) in compared.iter().enumerate() {
        if at > 0 {
            say!("");
        }
        compared.print();
    }
    Ok(Answer::Yes)
}

/// The offers for a part, or for all where nothing is left.
#[derive(Debug, Serialize)]
struct Compared {
    /// The part's number, from 1; none where all is looked back on.
    part: Option<usize>,
    #[serde(flatten)]
    comparison: Comparison,
    /// What `award --best` would do about the part.
    award: Option<Award>,
}

/// What `award --best` would do.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Award {
    Made { bid: usize, quantity: u64 },
    Refused { refused: Guard, found: String, help: String },
}

/// Shows the offers of a case side by side, if there are several that can be compared.
pub fn show(ground: &Ground<'_>, name: &str, case: &Case, now: Timestamp) {
    let Ok(compared) = compared(ground.terms, ground.book, name, case, now) else { return };
    for compared in compared.iter().filter(|compared| compared.comparison.rows.len() > 1) {
        say!("");
        compared.print();
    }
}

/// What is left, part by part, and what stands; all of it and what was signed, where nothing is left or
/// stands.
fn compared(
    terms: &Terms,
    book: &Book,
    name: &str,
    case: &Case,
    now: Timestamp,
) -> Result<Vec<Compared>, Refused> {
    let contests = sourcing::contests(terms, book, name, now)?;
    if contests.iter().any(|contest| !contest.comparison.rows.is_empty()) {
        return Ok(contests.into_iter().map(Compared::of).collect());
    }
    let was_there = |bid: &Bid| !matches!(bid.status, BidStatus::Sealed { .. } | BidStatus::Gone);
    let all = case.requirement.quantity.count;
    let comparison = sourcing::comparison(terms, case, all, was_there)?;
    Ok(vec![Compared { part: None, comparison, award: None }])
}

impl Compared {
    fn of(contest: Contest) -> Compared {
        let award = match contest.award {
            Ok((bid, quantity)) => Award::Made { bid, quantity },
            Err(Refused { guard, found, help, .. }) => {
                Award::Refused { refused: guard, found, help }
            }
        };
        let (part, comparison) = (Some(contest.part + 1), contest.comparison);
        Compared { part, comparison, award: Some(award) }
    }

    fn print(&self) {
        if let Some(part) = self.part {
            say!("part {part}");
        }
        print(&self.comparison);
        match &self.award {
            Some(Award::Made { bid, quantity }) => {
                say!("`award --best` takes {quantity} of offer {bid}");
            }
            Some(Award::Refused { found, help, .. }) => {
                say!("`award --best` would be refused: {found}");
                term::item("  ", "  ", help);
            }
            None => {}
        }
    }
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
    for numbers in &comparison.lotteries {
        let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        let found = format!("offers {} are equal: the lottery decides", numbers.join(" and "));
        term::item(&format!("  {} ", term::yellow("note:")), "    ", &found);
    }
    for warning in &comparison.warnings {
        term::item(&format!("  {} ", term::yellow("note:")), "    ", &warning.to_string());
    }
}
