//! The oracles of the domain rules on supply (§4.4) as a statement has them: a row each, with what was
//! agreed, what happened and what is due, as an accountant would check it. The rules alone are tested in
//! `supply`, and the oracles on shares (§4.3) in `shares`, on statements too.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use std::collections::BTreeMap;

use common::{agreement, money};
use jiff::civil::Date;
use rust_decimal::Decimal;
use settlement::{
    Amount, Capacity, Earlier, Figure, Input, Line, LineKind, Month, Statement, Usage, settle,
};
use terms::{Attribute, Known, Name, Terms};

/// The terms of one clause: the cloud's to the lab, or the lab's where it commits itself.
fn clause(kind: &str, terms: &str) -> Terms {
    let roles = match kind {
        "commitment" => "customer = lab\n supplier = cloud",
        _ => "grantor = cloud\n holder = lab",
    };
    agreement(&format!("{kind} \"c\" {{\n {roles}\n {terms}\n}}"))
}

/// What happened: `2025-03-01 hours 300 at USD 2` stood, or a figure, `2025-03-01 index CPI 300`,
/// `2025-03-01 price USD 2`; and of it `for` whom, of which size, or when it was announced.
#[derive(Default)]
struct Facts {
    capacity: Vec<Capacity>,
    undelivered: Vec<Capacity>,
    figures: Vec<Figure>,
}

impl Facts {
    fn read(facts: &[&str]) -> Facts {
        let mut read = Facts::default();
        for fact in facts {
            let words: Vec<&str> = fact.split(' ').collect();
            let on: Date = words[0].parse().unwrap();
            match (words[1], &words[2..]) {
                ("hours", [count, "at", currency, price]) => {
                    read.capacity.push(hours(on, count, &format!("{currency} {price}")));
                }
                ("late", [count, "at", currency, price]) => {
                    read.undelivered.push(hours(on, count, &format!("{currency} {price}")));
                }
                (kind, rest) => read.figures.push(figure(on, kind, rest, fact)),
            }
        }
        read
    }
}

fn hours(day: Date, count: &str, price: &str) -> Capacity {
    Capacity {
        day,
        lot: "hall lot 1".to_string(),
        supplier: Name::new("cloud"),
        customer: Name::new("lab"),
        accelerator_hours: count.parse().unwrap(),
        price: money(price),
        clause: None,
    }
}

fn figure(on: Date, kind: &str, rest: &[&str], fact: &str) -> Figure {
    let mut figure = Figure {
        id: fact.to_string(),
        of: kind.parse().unwrap(),
        party: Name::new(if kind == "purchased" { "lab" } else { "cloud" }),
        to: None,
        on,
        amount: Amount::Number(Decimal::ZERO),
        clause: None,
        about: BTreeMap::new(),
        name: None,
        announced: None,
        note: None,
    };
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "for" => figure.clause = words.next().map(ToString::to_string),
            "announced" => figure.announced = words.next().map(|day| day.parse().unwrap()),
            "of" => {
                let size = words.next().unwrap().to_string();
                figure.about.insert(Attribute::Quantity, size);
            }
            "USD" => {
                figure.amount = Amount::Money(money(&format!("USD {}", words.next().unwrap())))
            }
            number if number.starts_with(|first: char| first.is_ascii_digit()) => {
                figure.amount = Amount::Number(Decimal::from_str_exact(number).unwrap());
            }
            name => figure.name = Some(name.to_string()),
        }
    }
    figure
}

/// The statements of all months from one to another, each on what those before came to.
fn settled(
    terms: &Terms,
    (first, last): (&str, &str),
    usage: &[Usage],
    facts: &Facts,
) -> Vec<Statement> {
    let (mut month, last): (Month, Month) = (first.parse().unwrap(), last.parse().unwrap());
    let mut statements: Vec<Statement> = Vec::new();
    let mut earlier: Vec<Earlier> = Vec::new();
    while month <= last {
        let of_month = |all: &[Capacity]| -> Vec<Capacity> {
            all.iter().filter(|one| Month::of(one.day) == month).cloned().collect()
        };
        let usage = usage.iter().filter(|group| Month::of(group.day) == month).cloned();
        let figures: Vec<_> =
            facts.figures.iter().filter(|figure| figure.on < month.end()).cloned().collect();
        let statement = settle(&Input {
            terms,
            known: Known::Everything,
            month,
            today: month.end(),
            usage: &usage.collect::<Vec<_>>(),
            unmetered: &[],
            capacity: &of_month(&facts.capacity),
            undelivered: &of_month(&facts.undelivered),
            damages: &[],
            figures: &figures,
            earlier: &earlier,
            closed: &[],
        })
        .unwrap();
        assert_eq!(statement.open, Vec::<String>::new(), "{month}");
        assert!(statement.transactions.iter().all(settlement::Transaction::is_balanced));
        earlier.extend(statement.lines.iter().map(|line| Earlier::of(month, line)));
        statements.push(statement);
        month = Month::of(month.end());
    }
    statements
}

/// The lines that move money beside the charges themselves: month, payer and amount.
fn due(statements: &[Statement]) -> Vec<String> {
    let is_charge = |line: &&Line| {
        matches!(line.kind, LineKind::Capacity | LineKind::Drawdown | LineKind::Revenue)
    };
    let lines = statements.iter().flat_map(|statement| {
        let lines = statement.lines.iter().filter(|line| !is_charge(line));
        lines.map(move |line| (statement.month, line))
    });
    let lines = lines.filter(|(_, line)| !line.amount.amount.is_zero());
    let shown = lines.map(|(month, line)| {
        let amount = line.amount.to_string().replace('_', ",");
        format!("{month} {} pays {amount}", line.from)
    });
    shown.collect()
}

const CONTRACTED: &str = "quantity = \"10_000_000 accelerator-hours\"\n per = calendar_year\n \
                          take_or_pay = \"80%\"";
const TIERS: &str =
    "tier {\n up_to = \"5_000_000\"\n price = \"USD 2.50\"\n }\n tier { price = \"USD 2.20\" }";
const CUMULATIVE: &str = "amount = \"USD 30\"\n per = calendar_year\n cumulative = true\n \
                          step {\n from = \"2026-01-01\"\n amount = \"USD 35\"\n per = calendar_year\n }\n \
                          step {\n from = \"2027-01-01\"\n amount = \"USD 44\"\n per = calendar_year\n }";
const CAPPED: &str = "increase_per_year = \"3%\"\n index = \"CPI\"\n adjusted_on = year_start";

/// One oracle: its name, the clause, what else the clause says, the months, the facts, what is due.
type Row<'a> = (&'a str, &'a str, String, (&'a str, &'a str), &'a [&'a str], &'a [&'a str]);

#[test]
#[rustfmt::skip]
fn supply_comes_to_the_oracles_on_statements() {
    let and = |terms: &str, more: &str| format!("{terms}\n {more}");
    let rows: Vec<Row<'_>> = vec![
        ("P1, taken later above what must be paid", "commitment", and(CONTRACTED, "make_up { threshold = take_or_pay }"), ("2025-01", "2026-12"),
            &["2025-05-01 hours 7000000 at USD 2", "2026-05-01 hours 9500000 at USD 2"],
            &["2025-12 lab pays USD 2,000,000.00", "2026-12 cloud pays USD 2,000,000.00"]),
        ("P1, taken later above what is contracted", "commitment", and(CONTRACTED, "make_up { threshold = annual_quantity }"), ("2025-01", "2026-12"),
            &["2025-05-01 hours 7000000 at USD 2", "2026-05-01 hours 9500000 at USD 2"],
            &["2025-12 lab pays USD 2,000,000.00"]),
        ("P2, excess is carried forward", "commitment", and(CONTRACTED, "carry_forward {}"), ("2025-01", "2026-12"),
            &["2025-05-01 hours 12000000 at USD 2", "2026-05-01 hours 6500000 at USD 2"],
            &["2026-12 lab pays USD 1,000,000.00"]),
        ("P3, what could not be supplied was reported", "commitment", and(CONTRACTED, ""), ("2025-01", "2025-12"),
            &["2025-05-01 hours 7200000 at USD 2", "2025-06-01 undeliverable 1300000"],
            &[]),
        ("P3, what could not be supplied came late", "commitment", and(CONTRACTED, ""), ("2025-01", "2025-12"),
            &["2025-05-01 hours 7200000 at USD 2", "2025-06-01 late 1300000 at USD 2"],
            &[]),
        ("P3, less could not be supplied than is missing", "commitment", and(CONTRACTED, ""), ("2025-01", "2025-12"),
            &["2025-05-01 hours 7200000 at USD 2", "2025-06-01 undeliverable 300000"],
            &["2025-12 lab pays USD 1,000,000.00"]),
        ("P4, 146 of 365 days", "commitment", and(CONTRACTED, "from = \"2025-08-08\""), ("2025-08", "2025-12"),
            &["2025-08-08 price USD 2", "2025-12-31 hours 1200000 at USD 2"],
            &["2025-12 lab pays USD 4,000,000.00"]),
        ("P5, half of what is missing", "commitment", "amount = \"USD 5_000_000\"\n per = calendar_year\n shortfall_share = \"50%\"".to_string(), ("2025-01", "2025-12"),
            &["2025-05-01 hours 1600000 at USD 2"],
            &["2025-12 lab pays USD 900,000.00"]),
        ("P6, cumulative", "commitment", CUMULATIVE.to_string(), ("2025-01", "2027-12"),
            &["2025-05-01 purchased USD 25", "2026-05-01 purchased USD 45", "2027-05-01 purchased USD 50"],
            &["2025-12 lab pays USD 5.00"]),
        ("P6, what was paid does not count as spent", "commitment", CUMULATIVE.to_string(), ("2025-01", "2026-12"),
            &["2025-05-01 purchased USD 25", "2026-05-01 purchased USD 37"],
            &["2025-12 lab pays USD 5.00", "2026-12 lab pays USD 3.00"]),
        ("P6, it does where it may be made up", "commitment", and(CUMULATIVE, "make_up {}"), ("2025-01", "2026-12"),
            &["2025-05-01 purchased USD 25", "2026-05-01 purchased USD 37"],
            &["2025-12 lab pays USD 5.00"]),
        ("P7, incremental: 20,000,000 charged, 19,100,000 due", "volume_tier", TIERS.to_string(), ("2025-01", "2025-02"),
            &["2025-01-05 hours 4000000 at USD 2.50", "2025-02-05 hours 4000000 at USD 2.50"],
            &["2025-02 cloud pays USD 900,000.00"]),
        ("P7, all units: 20,000,000 charged, 17,600,000 due", "volume_tier", and("tier_mode = whole", TIERS), ("2025-01", "2025-02"),
            &["2025-01-05 hours 4000000 at USD 2.50", "2025-02-05 hours 4000000 at USD 2.50"],
            &["2025-02 cloud pays USD 2,400,000.00"]),
        ("P7, all units, on the step", "volume_tier", and("tier_mode = whole", TIERS), ("2025-01", "2025-01"),
            &["2025-01-05 hours 5000000 at USD 2.50"],
            &[]),
        ("P7, all units, one more: 11,000,002.20 due", "volume_tier", and("tier_mode = whole", TIERS), ("2025-01", "2025-01"),
            &["2025-01-05 hours 5000001 at USD 2.50"],
            &["2025-01 cloud pays USD 1,500,000.30"]),
        ("P8, 2.06 of 2.10 asked", "price_cap", CAPPED.to_string(), ("2025-12", "2026-01"),
            &["2025-01-01 price USD 2.00", "2026-01-01 price USD 2.10 announced 2025-10-01", "2025-01-01 index CPI 300", "2026-01-01 index CPI 312",
              "2025-12-05 hours 1000 at USD 2.00", "2026-01-05 hours 1000 at USD 2.10"],
            &["2026-01 cloud pays USD 40.00"]),
        ("P8, announced 78 days before: 2.00 until 2027", "price_cap", CAPPED.to_string(), ("2026-01", "2027-01"),
            &["2025-01-01 price USD 2.00", "2026-01-01 price USD 2.10 announced 2025-10-15", "2025-01-01 index CPI 300", "2026-01-01 index CPI 312",
              "2026-12-31 hours 1000 at USD 2.10", "2027-01-01 hours 1000 at USD 2.10"],
            &["2026-12 cloud pays USD 100.00", "2027-01 cloud pays USD 40.00"]),
        ("P9, no less than cost", "most_favoured_nation", "list_price_ceiling = true\n not_below_cost = true".to_string(), ("2025-01", "2025-01"),
            &["2025-01-01 list_price USD 2.50", "2025-01-01 comparable_price acme USD 2.20", "2025-01-01 other_price spot USD 1.90", "2025-01-01 unit_cost USD 2.25",
              "2025-01-05 hours 730000 at USD 2.50"],
            &["2025-01 cloud pays USD 182,500.00"]),
        ("L1, whole periods", "liquidated_damages", "trigger = breach\n rate = \"1%\"\n of = lot_value\n counted = time\n every = \"28 days\"".to_string(), ("2025-03", "2025-03"),
            &["2025-03-10 damages_base USD 10_000_000 for liquidated_damages.c", "2025-03-10 damages_count days 75 for liquidated_damages.c"],
            &["2025-03 cloud pays USD 200,000.00"]),
        ("L1, in part", "liquidated_damages", "trigger = breach\n rate = \"1%\"\n of = lot_value\n counted = time\n every = \"28 days\"\n whole_periods = false".to_string(), ("2025-03", "2025-03"),
            &["2025-03-10 damages_base USD 10_000_000 for liquidated_damages.c", "2025-03-10 damages_count days 75 for liquidated_damages.c"],
            &["2025-03 cloud pays USD 267,857.14"]),
        ("L2, capped", "liquidated_damages", "trigger = breach\n rate = \"USD 5_000\"\n counted = time\n cap = \"3%\"".to_string(), ("2025-03", "2025-03"),
            &["2025-03-10 damages_base USD 10_000_000 for liquidated_damages.c", "2025-03-10 damages_count days 75 for liquidated_damages.c"],
            &["2025-03 cloud pays USD 300,000.00"]),
        ("L3, no more than 36 months", "liquidated_damages", LEFT.to_string(), ("2025-03", "2025-03"),
            &["2025-03-10 damages_base USD 50_000 for liquidated_damages.c", "2025-03-10 damages_count months_left 47 for liquidated_damages.c"],
            &["2025-03 cloud pays USD 1,800,000.00"]),
        ("L3", "liquidated_damages", LEFT.to_string(), ("2025-03", "2025-03"),
            &["2025-03-10 damages_base USD 50_000 for liquidated_damages.c", "2025-03-10 damages_count months_left 20 for liquidated_damages.c"],
            &["2025-03 cloud pays USD 1,000,000.00"]),
    ];
    for (oracle, kind, terms, months, facts, expected) in rows {
        let statements = settled(&clause(kind, &terms), months, &[], &Facts::read(facts));
        assert_eq!(due(&statements), expected, "{oracle}");
    }
}

const LEFT: &str = "trigger = early_termination\n rate = \"100%\"\n of = monthly_fee\n \
                    counted = remaining_months\n at_most = 36\n cap = none";

/// A quarter whose first month has no units begins at nothing all the same.
#[test]
fn a_period_of_tiers_begins_at_nothing_whatever_its_first_month_has() {
    let terms = clause(
        "volume_tier",
        "per = calendar_quarter\n tier {\n up_to = \"100\"\n price = \"USD 2\"\n }\n tier { price = \"USD 1\" }",
    );
    let facts = Facts::read(&[
        "2025-03-05 hours 150 at USD 2",
        "2025-05-05 hours 80 at USD 2",
        "2025-06-05 hours 40 at USD 2",
    ]);
    let statements = settled(&terms, ("2025-03", "2025-06"), &[], &facts);
    assert_eq!(due(&statements), ["2025-03 cloud pays USD 50.00", "2025-06 cloud pays USD 20.00"]);
}

/// What could not be supplied in any month of it lowers what is missing in the end.
#[test]
fn a_drawdown_remembers_what_could_not_be_supplied() {
    let stands = "amount = \"USD 1_000\"\n until = \"2025-04-01\"";
    for (terms, expected) in [
        (stands.to_string(), "2025-03 lab pays USD 300.00"),
        (format!("{stands}\n counts_undeliverable = false"), "2025-03 lab pays USD 700.00"),
    ] {
        let facts = Facts::read(&[
            "2025-01-05 late 100 at USD 2",
            "2025-02-05 hours 150 at USD 2",
            "2025-02-06 undeliverable USD 120",
            "2025-03-31 late 40 at USD 2",
        ]);
        let statements =
            settled(&clause("commitment", &terms), ("2025-01", "2025-03"), &[], &facts);
        assert_eq!(due(&statements), [expected], "{terms}");
    }
}

/// What was sold counts from the first month of the period on, though the first cost anybody ever
/// reported is reported in the last.
#[test]
fn gross_profit_is_of_the_whole_period_whenever_its_cost_is_reported() {
    let terms = agreement(
        "profit_participation \"p\" {\n grantor = lab\n holder = cloud\n share = \"10%\"\n \
         profit = gross_profit\n scope { channel = direct }\n}",
    );
    let sold = |month: i8, dollars| Usage {
        day: Date::new(2025, month, 15).unwrap(),
        ..common::gpt("direct", 1, dollars)
    };
    let usage = [sold(1, 1_000), sold(2, 2_000), sold(3, 4_000)];
    let mut cost = Facts::read(&["2025-03-31 cost_of_sales USD 5_000"]);
    cost.figures[0].party = Name::new("lab");
    let statements = settled(&terms, ("2025-01", "2025-03"), &usage, &cost);
    assert_eq!(due(&statements), ["2025-03 lab pays USD 200.00"]);
}
