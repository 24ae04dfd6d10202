//! A lab and a cloud, where a token costs a dollar.
#![allow(dead_code)] // Each test file uses a part of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use settlement::{
    Amount, Capacity, Earlier, Exact, Figure, FigureKind, Input, Month, Statement, Transaction,
    Usage, settle,
};
use terms::{Document, Known, Money, Name, Severity, Source, Terms};

/// The terms of an agreement with these clauses.
pub fn agreement(clauses: &str) -> Terms {
    compiled(&[("agreement.md", &founding(clauses))])
}

/// The terms of an agreement with these clauses, and of what amends it from a day on.
pub fn amended(clauses: &str, from: &str, amendment: &str) -> Terms {
    let amendment = format!(
        "\n```hcl\namendment \"later\" {{\n  amends = lab-cloud\n  signed = \"{from}\"\n}}\n{amendment}\n```\n"
    );
    compiled(&[("agreement.md", &founding(clauses)), ("amendment.md", &amendment)])
}

/// The text of an agreement with these clauses.
fn founding(clauses: &str) -> String {
    format!(
        r#"
```hcl
party "lab" {{}}
party "cloud" {{}}
cloud "cloud-one" {{ operator = cloud }}
service "api" {{ owner = lab }}
channel "direct" {{
  seller  = lab
  service = api
}}
channel "resale" {{
  seller  = cloud
  service = api
}}
model "gpt" {{ owner = lab }}
model "o" {{ owner = lab }}
product "api" {{ owner = lab }}
price_list "list" {{
  channels = [direct, resale]
  from     = "2025-01-01"
  price "gpt" {{
    input  = "USD 1_000_000"
    output = "USD 1_000_000"
  }}
}}
agreement "lab-cloud" {{
  parties = [lab, cloud]
  signed  = "2025-01-01"
}}
{clauses}
```
"#
    )
}

fn compiled(documents: &[(&str, &str)]) -> Terms {
    let source = |(name, text): &(&str, &str)| Source {
        document: Arc::new(Document::new(*name, *text)),
        known: None,
    };
    let (terms, findings) = terms::compile(&documents.iter().map(source).collect::<Vec<_>>());
    let errors: Vec<_> = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    terms
}

/// What a month is settled from once it is over, when nothing happened in it.
pub fn input<'a>(terms: &'a Terms, month: &str) -> Input<'a> {
    let month: Month = month.parse().unwrap();
    Input {
        terms,
        known: Known::Everything,
        month,
        today: month.end(),
        usage: &[],
        unmetered: &[],
        capacity: &[],
        undelivered: &[],
        damages: &[],
        figures: &[],
        earlier: &[],
        closed: &[],
    }
}

/// The statement of March 2025.
pub fn of_march(terms: &Terms, usage: &[Usage]) -> Statement {
    settle(&Input { usage, ..input(terms, "2025-03") }).unwrap()
}

/// Settles month after month, each on what those before came to.
pub fn settled(
    terms: &Terms,
    months: &[&str],
    usage: &[Usage],
    capacity: &[Capacity],
    figures: &[Figure],
) -> Vec<Statement> {
    let mut earlier: Vec<Earlier> = Vec::new();
    let settled = months.iter().map(|month| {
        let input = input(terms, month);
        let usage = usage.iter().filter(|group| Month::of(group.day) == input.month);
        let capacity = capacity.iter().filter(|had| Month::of(had.day) == input.month);
        let (usage, capacity): (Vec<_>, Vec<_>) =
            (usage.cloned().collect(), capacity.cloned().collect());
        let input =
            Input { usage: &usage, capacity: &capacity, figures, earlier: &earlier, ..input };
        let (statement, month) = (settle(&input).unwrap(), input.month);
        assert!(statement.transactions.iter().all(Transaction::is_balanced));
        earlier.extend(statement.lines.iter().map(|line| Earlier::of(month, line)));
        statement
    });
    settled.collect()
}

/// A quarter of what the lab sells for the cloud, and a fifth of what the cloud sells for the lab.
pub const TWO_WAY: &str = r#"
revenue_share "to-cloud" {
  payer = lab
  payee = cloud
  base  = gross
  rate  = "25%"
}
revenue_share "to-lab" {
  payer = cloud
  payee = lab
  base  = gross
  rate  = "20%"
}
"#;

/// A figure of a party's: money where it begins with a currency, or else a number.
pub fn figure(party: &str, of: FigureKind, id: &str, on: Date, amount: &str) -> Figure {
    let amount = match amount.split_once(" -") {
        // No document writes money below nothing.
        Some((currency, loss)) => {
            let money = money(&format!("{currency} {loss}"));
            Amount::Money(Money { amount: -money.amount, ..money })
        }
        None if amount.contains(' ') => Amount::Money(money(amount)),
        None => Amount::Number(amount.parse().unwrap()),
    };
    Figure {
        id: id.to_string(),
        of,
        party: Name::new(party),
        to: None,
        on,
        amount,
        clause: None,
        about: BTreeMap::new(),
        name: None,
        announced: None,
        note: None,
    }
}

/// So many accelerator-hours of the cloud's that the lab had on a day.
pub fn hours(day: Date, hours: u64, price: &str) -> Capacity {
    Capacity {
        day,
        lot: "hall lot 1".to_string(),
        supplier: Name::new("cloud"),
        customer: Name::new("lab"),
        accelerator_hours: hours,
        price: money(price),
        clause: None,
    }
}

/// Calls with so many input tokens, on a day of March 2025.
pub fn gpt(channel: &str, day: i8, tokens: u128) -> Usage {
    Usage {
        day: date(2025, 3, day),
        channel: channel.to_string(),
        product: "api".to_string(),
        model: "gpt".to_string(),
        host: "cloud-one".to_string(),
        tier: usage::STANDARD.to_string(),
        events: 1,
        calls: 1,
        tokens: usage::Tokens { input: tokens, ..usage::Tokens::default() },
    }
}

/// An exact number.
pub fn usd(amount: &str) -> Exact {
    Decimal::from_str_exact(amount).unwrap().into()
}

/// Money, as a document writes it.
pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}
