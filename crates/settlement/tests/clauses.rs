//! What clauses come to, against the oracles of the domain rules (§4.3, §4.4) and some laws.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::{TWO_WAY, agreement, gpt, hours, input, money, of_march, usd};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;
use settlement::drawdown::draw;
use settlement::{Earlier, Exact, Input, LineKind, Month, Statement, settle};

#[test]
fn commitments_are_drawn_down_to_nothing_and_no_further() {
    for (committed, before, spending, drawn, left, spending_left) in [
        ("100", "0", "30", "30", "70", "0"),
        ("100", "90", "30", "10", "0", "20"),
        ("100", "100", "30", "0", "0", "30"),
        ("100", "120", "30", "0", "0", "30"),
    ] {
        let drawdown = draw(usd(committed), usd(before), usd(spending));
        let seen = [&drawdown.drawn, &drawdown.left, &drawdown.spending_left];
        assert_eq!(seen.map(ToString::to_string), [drawn, left, spending_left]);
    }
}

#[test]
fn shares_both_ways_are_set_off() {
    // R7: 25 % of 400 million against 20 % of 60 million. A token costs a dollar here.
    let terms = agreement(TWO_WAY);
    let usage = [gpt("direct", 3, 400_000_000), gpt("resale", 3, 60_000_000)];
    let statement = of_march(&terms, &usage);
    let due: Vec<_> = statement
        .lines
        .iter()
        .filter(|line| matches!(line.kind, LineKind::RevenueShare | LineKind::Net))
        .map(|line| (line.from.as_str(), line.to.as_str(), line.amount.to_string()))
        .collect();
    assert_eq!(
        due,
        [
            ("lab", "cloud", "USD 100_000_000.00".to_string()),
            ("cloud", "lab", "USD 12_000_000.00".to_string()),
            ("lab", "cloud", "USD 88_000_000.00".to_string()),
        ]
    );
    assert!(statement.is_final);
    assert_eq!(owed(&statement), [-88_000_000, 0, 88_000_000, 0]);
}

#[test]
fn shares_that_cancel_leave_nothing_owed() {
    let terms = agreement(&TWO_WAY.replace("20%", "25%"));
    let usage = [gpt("direct", 3, 40), gpt("resale", 3, 40)];
    assert_eq!(owed(&of_march(&terms, &usage)), [0, 0, 0, 0]);
}

/// What the books of both say they owe each other, in whole dollars: the lab's debt and claim, the
/// cloud's claim and debt.
fn owed(statement: &Statement) -> [i64; 4] {
    let accounts =
        ["lab:liabilities:cloud", "lab:assets:cloud", "cloud:assets:lab", "cloud:liabilities:lab"];
    accounts.map(|account| {
        let postings = statement.transactions.iter().flat_map(|posted| &posted.postings);
        let of_account = postings.filter(|posting| posting.account == account);
        let balance: Decimal = of_account.map(|posting| posting.amount.amount).sum();
        balance.try_into().unwrap()
    })
}

#[test]
fn a_commitment_is_drawn_down_on_its_own_days() {
    let terms = agreement(
        r#"
commitment "later" {
  customer = lab
  supplier = cloud
  amount   = "USD 1_000"
  from     = "2025-03-03"
}
commitment "sooner" {
  customer = lab
  supplier = cloud
  amount   = "USD 1_000"
  until    = "2025-03-03"
}
"#,
    );
    let capacity = [1, 2, 3, 4].map(|day| hours(date(2025, 3, day), 24, "USD 1"));
    let statement = settle(&Input { capacity: &capacity, ..input(&terms, "2025-03") }).unwrap();
    let seen: Vec<_> =
        statement.lines.iter().map(|line| (line.clause.as_str(), line.exact.as_str())).collect();
    // What is left of the one that ends is due.
    let due = ("commitment.sooner", "952");
    assert_eq!(seen, [("", "96"), ("commitment.sooner", "48"), ("commitment.later", "48"), due]);
    // What names no clause has none in the books either.
    assert_eq!(statement.transactions[0].clause, None);
}

#[test]
fn a_share_counts_only_the_days_it_holds() {
    let terms = agreement(
        "revenue_share \"s\" {\n payer = lab\n payee = cloud\n base = gross\n rate = \"25%\"\n \
         from = \"2025-03-10\"\n until = \"2025-03-12\"\n}",
    );
    let usage = [9, 10, 11, 12].map(|day| gpt("direct", day, 100));
    let statement = of_march(&terms, &usage);
    let line = statement.lines.iter().find(|line| line.kind == LineKind::RevenueShare).unwrap();
    assert_eq!(line.amount, money("USD 50"));
    assert_eq!(line.days.iter().map(|day| day.day.day()).collect::<Vec<_>>(), [10, 11]);
}

#[test]
fn what_has_no_price_is_listed_and_keeps_the_statement_from_being_final() {
    let terms = agreement(TWO_WAY);
    let mut unknown = gpt("direct", 4, 7);
    unknown.model = "gtp".to_string();
    let mut unpriced = gpt("direct", 4, 7);
    unpriced.model = "o".to_string();
    let mut elsewhere = gpt("direct", 4, 7);
    elsewhere.host = "cloud-two".to_string();
    let mut nowhere = gpt("direct", 4, 7);
    nowhere.channel = "web".to_string();
    let statement =
        of_march(&terms, &[gpt("direct", 3, 100), elsewhere, unknown, unpriced, nowhere]);
    assert!(!statement.is_final);
    assert!(statement.transactions.is_empty(), "nothing is posted");
    let reasons: Vec<_> = statement.unrated.iter().map(|unrated| unrated.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "no cloud is called `cloud-two`",
            "no model is called `gtp`",
            "no price list has `o` on `direct` that day",
            "no channel is called `web`",
        ]
    );
}

#[test]
fn capacity_draws_the_oldest_commitment_down_first() {
    let terms = agreement(
        r#"
commitment "first" {
  customer = lab
  supplier = cloud
  amount   = "USD 100"
}
commitment "second" {
  customer = lab
  supplier = cloud
  amount   = "USD 1_000"
  scope { provider = cloud-one }
}
"#,
    );
    let capacity = [hours(date(2025, 3, 7), 100, "USD 1.50")];
    let earlier = [Earlier {
        month: "2025-02".parse().unwrap(),
        kind: LineKind::Drawdown,
        clause: "commitment.first".to_string(),
        document: "agreement.md".to_string(),
        amount: money("USD 60"),
        balances: Vec::new(),
    }];
    let input = Input {
        today: date(2025, 3, 1),
        capacity: &capacity,
        earlier: &earlier,
        ..input(&terms, "2025-03")
    };
    let statement = settle(&input).unwrap();
    assert_eq!(statement.open, ["the month is not over before 2025-04-01"]);
    assert!(statement.transactions.is_empty(), "what is not final posts nothing");
    let drawn: Vec<_> = statement
        .lines
        .into_iter()
        .filter(|line| line.kind == LineKind::Drawdown)
        .map(|line| (line.clause, line.amount))
        .collect();
    assert_eq!(
        drawn,
        [
            ("commitment.first".to_string(), money("USD 40.00")),
            ("commitment.second".to_string(), money("USD 110.00")),
        ]
    );
}

#[test]
fn what_spending_alone_does_not_draw_down_is_no_drawdown() {
    // Each commits to more, or to something else, than one amount over its whole time; with what is
    // not computed of it.
    let clauses = [
        ("quantity = \"12_000 H100\"", Some("what is taken was not reported")),
        ("share = \"80%\"\n of = requirements", Some("share")),
        ("amount = \"USD 100\"\n per = quarter", None),
        ("amount = \"USD 100\"\n per = week", Some("per = week")),
        ("amount = \"USD 100\"\n measure = payments", None),
        ("amount = \"USD 100\"\n measure = orders", Some("measure")),
        ("amount = \"USD 100\"\n credit { amount = \"USD 10\" }", None),
        ("amount = \"USD 100\"\n escalator { rate = \"3%\" }", Some("escalator")),
        ("step { amount = \"USD 100\" }", Some("steps over other times")),
    ];
    for (clause, named) in clauses {
        let terms = agreement(&format!(
            "commitment \"c\" {{\n customer = lab\n supplier = cloud\n {clause}\n}}"
        ));
        let capacity = [hours(date(2025, 3, 7), 10, "USD 1.50")];
        let input = Input { capacity: &capacity, ..input(&terms, "2025-03") };
        let statement = settle(&input).unwrap();
        let named = named.map(|named| format!("commitment.c (agreement.md): {named}"));
        assert_eq!(statement.not_computed, Vec::from_iter(named), "{clause}");
        let drawn = statement.lines.iter().any(|line| line.kind == LineKind::Drawdown);
        assert!(!drawn, "{clause}");
    }
}

#[test]
fn what_a_drawdown_does_not_follow_is_named() {
    for says in [
        "multiple_of = \"8 H100\"",
        "buy_down = \"USD 5\"",
        "security = \"USD 5\"",
        "free_of_deductions = true",
        "accelerates = true",
        "in_advance = true",
    ] {
        let terms = agreement(&format!(
            "commitment \"c\" {{\n customer = lab\n supplier = cloud\n amount = \"USD 100\"\n {says}\n}}"
        ));
        let word = says.split(' ').next().unwrap();
        let named = of_march(&terms, &[]).not_computed;
        assert_eq!(named, [format!("commitment.c (agreement.md): {word}")]);
    }
}

/// What a share says beyond what its line follows is named, by its parameters and values.
#[test]
fn what_a_line_leaves_out_is_named() {
    let plain = agreement(TWO_WAY);
    assert!(of_march(&plain, &[]).not_computed.is_empty(), "defaults are followed");
    for (terms, named) in [
        ("rate = \"25%\"\n rate_set_by = payer", "rate_set_by = payer"),
        ("rate = \"25%\"\n separately = [customer]", "separately = customer"),
        (
            "pool {\n amount = \"USD 5\"\n among = \"all\"\n }",
            "pool.amount = USD 5, pool.divided_by = revenue, pool.among = all",
        ),
        (
            "rate = \"25%\"\n reduction {\n by = \"50%\"\n sales_at_most = \"70%\"\n }",
            "reduction.sales_at_most = 70%",
        ),
    ] {
        let terms = agreement(&format!(
            "revenue_share \"s\" {{\n payer = lab\n payee = cloud\n {terms}\n}}"
        ));
        let statement = of_march(&terms, &[gpt("direct", 3, 100)]);
        assert_eq!(statement.not_computed, [format!("revenue_share.s (agreement.md): {named}")],);
    }
    // A line is of a month whatever the period, and follows caps and tiers.
    let terms = agreement(
        "revenue_share \"s\" {\n payer = lab\n payee = cloud\n period = \"12 months\"\n \
         deductions = [taxes, refunds, processing]\n cap_total = \"USD 5\"\n \
         tier {\n up_to = \"USD 1\"\n rate = \"20%\"\n }\n tier { rate = \"10%\" }\n}",
    );
    assert!(of_march(&terms, &[]).not_computed.is_empty());
}

#[test]
fn a_tranche_falls_due_on_its_day() {
    let due = |due: &str| {
        let terms = agreement(&format!(
            "funding \"halls\" {{\n funder = cloud\n recipient = lab\n project = \"halls\"\n \
             tranche {{\n amount = \"USD 5\"\n due = \"{due}\"\n }}\n}}"
        ));
        let statement = of_march(&terms, &[]);
        assert!(statement.not_computed.is_empty());
        statement.lines.into_iter().map(|line| line.amount).collect::<Vec<_>>()
    };
    assert_eq!(due("2025-03-31"), [money("USD 5.00")]);
    assert!(due("2025-04-01").is_empty());
}

proptest! {
    /// Whatever was called and whatever it cost: every transaction balances, what is due is the
    /// share of what was charged, and a statement can be computed again.
    #[test]
    fn books_balance(calls in prop::collection::vec((1i8..=31, any::<u32>(), any::<bool>()), 0..20)) {
        let terms = agreement(TWO_WAY);
        let usage: Vec<_> = calls
            .iter()
            .map(|(day, tokens, direct)| {
                gpt(if *direct { "direct" } else { "resale" }, *day, (*tokens).into())
            })
            .collect();
        let statement = of_march(&terms, &usage);
        prop_assert!(statement.transactions.iter().all(settlement::Transaction::is_balanced));
        prop_assert_eq!(&of_march(&terms, &usage), &statement);
        let charged: u128 = usage
            .iter()
            .filter(|group| group.channel == "direct")
            .map(|group| group.tokens.input)
            .sum();
        let line = statement.lines.iter().find(|line| line.clause == "revenue_share.to-cloud");
        let quarter = Exact::whole(charged) * usd("0.25");
        prop_assert_eq!(&line.unwrap().exact, &quarter.to_string());
    }
}

#[test]
fn months_are_read_and_refused() {
    let month: Month = "2024-02".parse().unwrap();
    assert_eq!((month.first(), month.end()), (date(2024, 2, 1), date(2024, 3, 1)));
    assert_eq!(month.days().count(), 29);
    assert_eq!("2023-12".parse::<Month>().unwrap().end(), date(2024, 1, 1));
    for wrong in
        ["2023-13", "2023-+1", "2023", "2023-1", "23-01", "2023-11-01", "november", "", "9999-12"]
    {
        assert!(wrong.parse::<Month>().is_err(), "{wrong}");
    }
}
