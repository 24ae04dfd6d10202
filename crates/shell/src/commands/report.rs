use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use settlement::figure::Other;
use settlement::{Amount, Figure, FigureKind};
use terms::finding::suggest;
use terms::registry::Entry;
use terms::{Attribute, Money, Name, Terms};

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Enters a figure that nobody meters: a refund, a cost, an index, what a stake is worth, a payment.
///
/// Settlement computes with it and cites it. A figure for a month whose books are closed is booked as an
/// adjustment in the next one.
#[derive(clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// What it is a figure of; see below
    #[arg(value_name = "FIGURE")]
    of: FigureKind,
    /// by=PARTY amount=AMOUNT and whatever else is to be said of it
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// The UTC day it counts on; for a month's figure, a day of the month
    #[arg(long, value_name = "DATE")]
    on: Date,
    /// What it is cited by; made of figure, party and day if not given
    #[arg(long)]
    id: Option<String>,
    /// Take the place of what was reported under this id before
    #[arg(long)]
    correct: bool,
    /// The day it was announced, of a price that rises
    #[arg(long, value_name = "DATE")]
    announced: Option<Date>,
    /// Where it comes from
    #[arg(long)]
    note: Option<String>,
}

fn after_help() -> String {
    let figures = FigureKind::all().map(|(word, meaning)| format!("  {word:<22} {meaning}\n"));
    format!(
        "\
Figures:
{}Keys: by=PARTY, amount=\"USD 30_000\" or amount=312.5, to=PARTY, clause=CLAUSE, name=NAME, and what it is
about: channel=, product=, model=, service= and the other attributes of scopes.

Examples:
  charter report refunds by=openai amount=\"USD 30_000\" channel=direct --on 2025-03-31
  charter report ebit by=openai amount=\"USD 90_000_000\" --on 2025-12-31
  charter report index by=openai name=CPI amount=312 --on 2025-10-15 --note \"statistics office\"
  charter report paid by=openai to=microsoft amount=\"USD 1_000\" --on 2025-04-30
  charter report refunds by=openai amount=\"USD 25_000\" channel=direct --on 2025-03-31 --correct",
        figures.collect::<String>()
    )
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let head = workspace.head()?;
    let terms = workspace.adopted_terms()?;
    let figure = read(&terms, args)?;
    let before = workspace.figures()?.into_iter().find(|known| known.id == figure.id);
    let unchanged = before.as_ref() == Some(&figure);
    match &before {
        _ if unchanged => {}
        Some(known) if !args.correct => {
            return Err(Failure::failed(
                format!("`{}` is reported already: {}", known.id, known.amount),
                "if it was wrong, give the right one with `--correct`; if this is another one, give it \
                 an id of its own with `--id`",
            ));
        }
        None if args.correct => {
            return Err(Failure::wrong_use(
                format!("nothing is reported as `{}`, so there is nothing to correct", figure.id),
                "leave `--correct` out, or name what is meant with `--id`",
            ));
        }
        _ => workspace.append_figure(head.position, &figure, figure.party.as_str())?,
    }
    if json {
        term::json(&figure)?;
        return Ok(Answer::Yes);
    }
    let what = if unchanged { term::dim("unchanged") } else { term::green("reported") };
    say!("{what}  {}  {} on {}", term::bold(&figure.id), figure.amount, figure.on);
    if let Some(known) = before.filter(|_| !unchanged) {
        say!("  in the place of {} on {}", known.amount, known.on);
    }
    Ok(Answer::Yes)
}

/// The figure the arguments say, if what they name is there.
fn read(terms: &Terms, args: &Args) -> Result<Figure, Failure> {
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    for pair in &args.pairs {
        let (key, value) =
            pair.split_once('=').filter(|(_, value)| !value.is_empty()).ok_or_else(|| {
                wrong(format!("`{pair}` is no KEY=VALUE"), "as by=openai or amount=\"USD 30_000\"")
            })?;
        if said.insert(key, value).is_some() {
            return Err(wrong(format!("`{key}` is given twice"), "give it once"));
        }
    }
    let party = |name: &str| match terms.registry.parties.contains_key(name) {
        true => Ok(Name::new(name)),
        false => Err(unknown(terms, Entry::Party, name)),
    };
    let by = said.remove("by").ok_or_else(|| {
        wrong("nobody reports it: `by` is missing", "add by=PARTY, the party whose figure it is")
    })?;
    let amount = said.remove("amount").ok_or_else(|| {
        wrong(
            "`amount` is missing",
            "add amount=\"USD 30_000\", or amount=312.5 of what is no money",
        )
    })?;
    let by = party(by)?;
    let to = said.remove("to").map(party).transpose()?;
    let clause = said.remove("clause").map(|id| clause(terms, id)).transpose()?;
    let name = said.remove("name").map(str::to_string);
    let about = said.into_iter().map(|(key, value)| about(terms, key, value));
    let id = args.id.clone().unwrap_or_else(|| {
        let name = name.as_ref().map_or(String::new(), |name| format!(".{name}"));
        format!("{}{name}.{by}.{}", args.of, args.on)
    });
    let figure = Figure {
        id,
        of: args.of,
        party: by,
        to,
        on: args.on,
        amount: read_amount(args.of, amount)?,
        clause,
        about: about.collect::<Result<_, _>>()?,
        name,
        announced: args.announced,
        note: args.note.clone(),
    };
    let FigureKind::Other(of) = figure.of else { return Ok(figure) };
    // Without the clause nobody could say what it counts for.
    let is_of_clause =
        [Other::Drawn, Other::Valuation, Other::DamagesBase, Other::DamagesCount].contains(&of);
    match of {
        _ if is_of_clause && figure.clause.is_none() => Err(wrong(
            format!("`{}` is of a clause, and none is named", figure.of),
            "add clause=CLAUSE, as `charter terms` names it",
        )),
        Other::Paid if figure.to.is_none() => {
            Err(wrong("a payment needs who got it", "add to=PARTY"))
        }
        Other::Index if figure.name.is_none() => {
            Err(wrong("an index needs its name", "add name=NAME, as the clause gives it"))
        }
        _ => Ok(figure),
    }
}

fn read_amount(of: FigureKind, text: &str) -> Result<Amount, Failure> {
    // Units, an index, counts and quantities are numbers; everything else is money.
    let counts = [Other::Index, Other::Units, Other::DamagesCount].map(FigureKind::from);
    let is_number = counts.contains(&of);
    let may_be_number = matches!(of, FigureKind::Other(Other::Purchased | Other::Undeliverable));
    let number = || {
        let number = Decimal::from_str_exact(&text.replace('_', ""));
        number.map(Amount::Number).map_err(|error| error.to_string())
    };
    // Money is never negative in a document, and a loss is.
    let (positive, is_loss) = match text.split_once(" -") {
        Some((currency, amount)) => (format!("{currency} {amount}"), true),
        None => (text.to_string(), false),
    };
    let money = positive.parse::<Money>().map(|money| match is_loss {
        true => Money { amount: -money.amount, ..money },
        false => money,
    });
    let amount = match money {
        Ok(money) if !is_number => Ok(Amount::Money(money)),
        Ok(_) => Err("it is no sum of money".to_string()),
        Err(_) if is_number || may_be_number => number(),
        Err(why) => Err(why),
    };
    let amount = amount.map_err(|why| {
        let expected = if is_number { "a number, as 312.5" } else { "money, as \"USD 30_000\"" };
        wrong(format!("amount=`{text}`: {why}"), format!("expected {expected}"))
    })?;
    let may_be_negative =
        matches!(of, FigureKind::Other(Other::Ebit | Other::Ebitda | Other::Profit));
    if amount.number() < Decimal::ZERO && !may_be_negative {
        return Err(wrong(
            format!("amount=`{text}` is less than nothing"),
            "what takes something back is said by `--correct`, or as a figure of its own kind",
        ));
    }
    Ok(amount)
}

fn clause(terms: &Terms, id: &str) -> Result<String, Failure> {
    let known: Vec<_> = terms.clauses.iter().map(|clause| clause.id.to_string()).collect();
    if known.iter().any(|known| known == id) {
        return Ok(id.to_string());
    }
    Err(wrong(format!("no clause is called `{id}`"), suggest(id, known.iter().map(String::as_str))))
}

/// What a figure is about; what names something must name what is there.
fn about(terms: &Terms, key: &str, value: &str) -> Result<(Attribute, String), Failure> {
    let Some(attribute) = Attribute::from_word(key) else {
        let known = ["by", "amount", "to", "clause", "name"];
        let known = known.into_iter().chain(Attribute::WORDS.iter().copied());
        return Err(wrong(format!("nothing is said of a figure by `{key}`"), suggest(key, known)));
    };
    let entry = match attribute {
        Attribute::Channel => Some(Entry::Channel),
        Attribute::Product => Some(Entry::Product),
        Attribute::Model => Some(Entry::Model),
        Attribute::Service => Some(Entry::Service),
        Attribute::Host => Some(Entry::Cloud),
        _ => None,
    };
    match entry {
        Some(entry) if !terms.registry.knows(entry, value) => Err(unknown(terms, entry, value)),
        _ => Ok((attribute, value.to_string())),
    }
}

fn unknown(terms: &Terms, entry: Entry, name: &str) -> Failure {
    let names = terms.registry.names(entry);
    wrong(format!("no {entry} is called `{name}`"), suggest(name, names))
}

fn wrong(message: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure::wrong_use(message, help)
}
