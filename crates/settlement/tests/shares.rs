//! What revenue shares and profit participations come to, against the oracles of the domain rules
//! (§4.3) and some laws (§2.8). A token costs a dollar here, so that a call of so many tokens is a sale
//! of so many dollars.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use std::fmt::Write;

use common::{TWO_WAY, agreement, gpt, usd};
use proptest::prelude::*;
use settlement::{Exact, Figure, Line, LineKind, Month, Statement, Usage};
use terms::Terms;

/// Sales of so many dollars on a channel, in the middle of a month.
fn sales(channel: &str, month: &str, dollars: u128) -> Usage {
    let first = month.parse::<Month>().unwrap().first();
    Usage { day: first.with().day(15).build().unwrap(), ..gpt(channel, 1, dollars) }
}

/// A figure of a party's, in the middle of a month: `lab taxes 2025-03 80000`, and the channel it is
/// about if one is named.
fn figure(text: &str) -> Figure {
    let words: Vec<&str> = text.split(' ').collect();
    let [party, kind, month, amount, about @ ..] = &words[..] else { panic!("{text}") };
    let first = month.parse::<Month>().unwrap().first();
    let amount = match *kind {
        "units" => amount.to_string(),
        _ => format!("USD {amount}"),
    };
    let on = first.with().day(20).build().unwrap();
    let kind = kind.parse().unwrap();
    Figure {
        about: about.iter().map(|name| (terms::Attribute::Channel, name.to_string())).collect(),
        ..common::figure(party, kind, &format!("{kind}-{month}"), on, &amount)
    }
}

/// The statements of months with sales and figures.
fn settled(terms: &Terms, months: &[&str], usage: &[Usage], figures: &[Figure]) -> Vec<Statement> {
    common::settled(terms, months, usage, &[], figures)
}

/// The lines of clauses as an accountant reads them, stage by stage.
fn read(statements: &[Statement]) -> String {
    let mut text = String::new();
    for statement in statements {
        let lines = statement.lines.iter().filter(|line| line.kind != LineKind::Revenue);
        for line in lines {
            writeln!(text, "{}  {}: {}", statement.month, line.title, line.amount).unwrap();
            for step in &line.steps {
                let stage = step.stage.map_or("", |stage| stage.title());
                writeln!(text, "  {stage:<12} {:<60} {:>16}", step.name, step.value).unwrap();
            }
            for balance in &line.balances {
                let sums = format!("{} → {}", balance.brought, balance.carried);
                writeln!(text, "  {:<12} {:<60} {sums:>16}", "carried", balance.name).unwrap();
            }
            if let Some(payable) = line.payable {
                writeln!(text, "  payable on {payable}").unwrap();
            }
        }
        for open in &statement.open {
            writeln!(text, "{}  open: {open}", statement.month).unwrap();
        }
    }
    text
}

/// A share of what the lab sells directly, to the cloud.
fn share(terms: &str) -> Terms {
    agreement(&format!(
        "revenue_share \"s\" {{\n payer = lab\n payee = cloud\n scope {{ channel = direct }}\n {terms}\n}}"
    ))
}

/// The share lines' amounts, in dollars.
fn due(statements: &[Statement]) -> Vec<String> {
    let lines = statements.iter().flat_map(|statement| &statement.lines);
    let shares = lines
        .filter(|line| matches!(line.kind, LineKind::RevenueShare | LineKind::ProfitParticipation));
    shares.map(|line| line.exact.clone()).collect()
}

const MONTH: &[&str] = &["2025-03"];
const QUARTERS: &[&str] = &["2025-01", "2025-04", "2025-07", "2025-10"];

const R1: &str = r#"base = gross
    tier {
      up_to = "USD 25_000_000"
      rate  = "1.75%"
    }
    tier {
      up_to = "USD 50_000_000"
      rate  = "2.25%"
    }
    tier { rate = "2.5%" }"#;

const R2: &str = r#"base = gross
    tier {
      up_to = "USD 500_000"
      rate  = "82.5%"
    }
    tier { rate = "80%" }"#;

#[test]
fn r1_r2_tiers() {
    let whole = format!("tier_mode = whole\n{R1}");
    for (oracle, terms, base, expected) in [
        ("R1 marginal", R1, 80_000_000, "1750000"),
        ("R1 whole", &whole, 80_000_000, "2000000"),
        ("R1 marginal, just over the step", R1, 25_000_001, "437500.0225"),
        ("R1 whole, just over the step", &whole, 25_000_001, "562500.0225"),
        ("R1 whole, on the step", &whole, 25_000_000, "437500"),
        ("R2", R2, 750_000, "612500"),
        ("no revenue", R1, 0, "0"),
    ] {
        let statements = settled(&share(terms), MONTH, &[sales("direct", "2025-03", base)], &[]);
        assert_eq!(due(&statements), [expected], "{oracle}");
        if oracle == "R1 marginal" {
            insta::assert_snapshot!(oracle, read(&statements));
        }
    }
}

#[test]
fn r3_deductions() {
    let terms = share("rate = \"25%\"");
    let figures =
        ["lab taxes 2025-03 80000", "lab refunds 2025-03 30000", "lab processing 2025-03 25000"]
            .map(figure);
    let usage = [sales("direct", "2025-03", 1_000_000)];
    let statements = settled(&terms, MONTH, &usage, &figures);
    assert_eq!(due(&statements), ["216250"]);
    insta::assert_snapshot!("R3", read(&statements));
    // What the clause does not deduct is not taken off, and no more than it lets be taken off.
    let terms = share("rate = \"25%\"\n deductions = [taxes, refunds]\n deductions_cap = \"10%\"");
    assert_eq!(due(&settled(&terms, MONTH, &usage, &figures)), ["225000"]);
}

#[test]
fn r4_a_yearly_cap() {
    let terms = share("base = gross\n rate = \"25%\"\n cap_per_year = \"USD 400_000\"");
    let usage: Vec<_> = QUARTERS
        .iter()
        .zip([300_000, 400_000, 500_000, 600_000])
        .map(|(month, dollars)| sales("direct", month, dollars))
        .collect();
    let statements = settled(&terms, QUARTERS, &usage, &[]);
    assert_eq!(due(&statements), ["75000", "100000", "125000", "100000"]);
    insta::assert_snapshot!("R4", read(&statements[3..]));
}

#[test]
fn r5_an_escalating_guarantee() {
    // Five years at one sum, then 3 % more from year to year.
    let terms = share(
        r#"base = gross
        rate = "25%"
        minimum_guarantee {
          amount    = "USD 1_250_000"
          escalator = "3%"
        }"#,
    );
    let months: Vec<String> = (2025..2029)
        .flat_map(|year| (1..=12).map(move |month| format!("{year}-{month:02}")))
        .collect();
    let months: Vec<&str> = months.iter().map(String::as_str).collect();
    // What is earned in the first year counts against its guarantee, and only that.
    let usage = [sales("direct", "2025-03", 1_000_000)];
    let statements = settled(&terms, &months, &usage, &[]);
    let due: Vec<_> = due(&statements).into_iter().filter(|due| due != "0").collect();
    assert_eq!(due, ["250000", "1000000", "1287500", "1326125", "1365908.75"]);
    insta::assert_snapshot!("R5", read(&statements[11..12]));
}

#[test]
fn r6_a_recoupable_advance() {
    let terms = share("base = gross\n rate = \"100%\"\n advance { amount = \"USD 500_000\" }");
    let usage: Vec<_> = QUARTERS
        .iter()
        .zip([120_000, 200_000, 250_000, 100_000])
        .map(|(month, dollars)| sales("direct", month, dollars))
        .collect();
    let statements = settled(&terms, QUARTERS, &usage, &[]);
    assert_eq!(due(&statements), ["0", "0", "70000", "100000"]);
    let advances = statements.iter().flat_map(|statement| &statement.lines);
    let advances = advances.filter(|line| line.kind == LineKind::Advance);
    let paid: Vec<_> = advances.map(|line| (line.exact.as_str(), line.payable)).collect();
    assert_eq!(paid, [("500000", Some("2025-01-01".parse().unwrap()))]);
    insta::assert_snapshot!("R6", read(&statements));
}

#[test]
fn r7_two_ways() {
    let usage = [sales("direct", "2025-03", 400_000_000), sales("resale", "2025-03", 60_000_000)];
    let nets = |statements: &[Statement]| -> Vec<String> {
        let lines = statements.iter().flat_map(|statement| &statement.lines);
        let nets = lines.filter(|line| line.kind == LineKind::Net);
        nets.map(|line| line.amount.amount.to_string()).collect()
    };
    let statements = settled(&agreement(TWO_WAY), MONTH, &usage, &[]);
    assert_eq!(nets(&statements), ["88000000.00"]);
    // Each base counts what it receives from the other: 103 / 0.95 and 32 / 0.95 million.
    let included = TWO_WAY.replace("base  = gross", "base = gross\n intercompany = included");
    let statements = settled(&agreement(&included), MONTH, &usage, &[]);
    let shown: Vec<_> = statements[0]
        .lines
        .iter()
        .filter(|line| line.kind == LineKind::RevenueShare)
        .map(|line| line.amount.amount.to_string())
        .collect();
    assert_eq!(shown, ["108421052.63", "33684210.53"]);
    assert_eq!(nets(&statements), ["74736842.10"]);
    insta::assert_snapshot!("R7 included", read(&statements));
    // Shares that may not be set off stay apart.
    let apart = TWO_WAY.replace("base  = gross", "base = gross\n netting = false");
    assert!(nets(&settled(&agreement(&apart), MONTH, &usage, &[])).is_empty());
}

#[test]
fn r8_all_at_once() {
    let terms = |test: &str| {
        share(&format!(
            r#"tier {{
              up_to = "USD 5_000_000"
              rate  = "20%"
            }}
            tier {{ rate = "25%" }}
            third_party_credit = "50%"
            reduction_floor    = "70%"
            advance {{ amount = "USD 500_000" }}
            cap_per_period     = "USD 1_600_000"
            period             = "1 month"
            minimum_guarantee {{
              amount = "USD 1_250_000"
              period = "1 month"
              test   = {test}
            }}"#
        ))
    };
    let usage = [sales("direct", "2025-01", 10_000_000)];
    let figures =
        ["lab taxes 2025-01 600000", "lab third_party_royalties 2025-01 800000"].map(figure);
    for (test, expected) in [("earned", "1200000"), ("paid", "1250000")] {
        let statements = settled(&terms(test), &["2025-01"], &usage, &figures);
        assert_eq!(due(&statements), [expected], "{test}");
        insta::assert_snapshot!(format!("R8 {test}"), read(&statements));
    }
}

#[test]
fn r9_a_floor_and_what_is_carried_over() {
    let terms = share(
        "base = gross\n rate = \"10%\"\n third_party_credit = \"50%\"\n reduction_floor = \"50%\"\n \
         credit_carry_over = true\n period = \"1 month\"",
    );
    let usage = [sales("direct", "2025-03", 1_000_000), sales("direct", "2025-04", 1_000_000)];
    let figures = [figure("lab third_party_royalties 2025-03 160000")];
    let statements = settled(&terms, &["2025-03", "2025-04"], &usage, &figures);
    // 30 thousand are carried, and used.
    assert_eq!(due(&statements), ["50000", "70000"]);
    insta::assert_snapshot!("R9", read(&statements));
}

#[test]
fn r10_profit_participation() {
    let participation = |terms: &str| {
        agreement(&format!(
            "profit_participation \"p\" {{\n grantor = lab\n holder = cloud\n share = \"50%\"\n \
             profit = ebit\n period = \"12 months\"\n {terms}\n}}"
        ))
    };
    let threshold = "threshold = \"USD 40_000_000\"";
    let years = &["2025-12", "2026-12"];
    let ninety = figure("lab ebit 2026-12 90000000");
    let loss = figure("lab ebit 2025-12 -30000000");
    let none = figure("lab ebit 2025-12 0");
    for (oracle, terms, before, expected) in [
        ("R10 over a threshold", threshold, &none, ["0", "25000000"]),
        ("R10 of all", "", &none, ["0", "45000000"]),
        ("R10 with a loss", threshold, &loss, ["0", "10000000"]),
        ("R10 losses too", "losses = true", &loss, ["15000000", "45000000"]),
        ("R10 no carry-forward", "loss_carry_forward = false", &loss, ["0", "45000000"]),
    ] {
        let figures = [before.clone(), ninety.clone()];
        let statements = settled(&participation(terms), years, &[], &figures);
        assert_eq!(due(&statements), expected, "{oracle}");
        if oracle == "R10 with a loss" {
            insta::assert_snapshot!(oracle, read(&statements));
        }
        if oracle == "R10 losses too" {
            let line = &statements[0].lines[0];
            assert_eq!((line.from.as_str(), line.to.as_str()), ("cloud", "lab"));
        }
    }
    // Most that is due is a multiple of what was invested.
    let invested = "cap_multiple = \"120%\"\n}\ninvestment \"i\" {\n investor = cloud\n issuer = lab\n \
                    amount = \"USD 50_000_000\"";
    let figures = [figure("lab ebit 2025-12 80000000"), ninety];
    let statements = settled(&participation(invested), years, &[], &figures);
    assert_eq!(due(&statements), ["40000000", "20000000"]);
}

#[test]
fn what_nobody_reported_keeps_a_statement_open() {
    let of_profit = share("base = ebit\n rate = \"25%\"");
    let months = &["2025-01", "2025-02", "2025-03"];
    let statements = settled(&of_profit, months, &[], &[]);
    let open: Vec<_> = statements.iter().map(|statement| statement.open.join("; ")).collect();
    let needed = "`revenue_share.s` needs `ebit` of lab for 2025-Q1, and nobody reported it";
    assert_eq!(open, ["", "", needed]);
    let reported = settled(&of_profit, months, &[], &[figure("lab ebit 2025-02 400")]);
    assert_eq!(due(&reported), ["0", "100", "0"]);
    assert!(reported.iter().all(|statement| statement.is_final));

    let margin = share("base = gross_margin\n rate = \"25%\"");
    let usage = [sales("direct", "2025-03", 1_000)];
    let statements = settled(&margin, MONTH, &usage, &[]);
    assert_eq!(
        statements[0].open,
        ["`revenue_share.s` needs `cost_of_sales` of lab for 2025-03, and nobody reported it"]
    );
    let cost = figure("lab cost_of_sales 2025-03 600");
    assert_eq!(due(&settled(&margin, MONTH, &usage, &[cost])), ["100"]);
}

#[test]
fn a_participation_nobody_reports_for_is_named_and_then_waited_for() {
    let terms = agreement(
        "profit_participation \"p\" {\n grantor = lab\n holder = cloud\n share = \"50%\"\n}",
    );
    let months = &["2025-03", "2025-06"];
    let unused = settled(&terms, months, &[], &[]);
    assert_eq!(unused[1].not_computed, ["profit_participation.p (agreement.md)"]);
    assert!(unused[1].is_final && due(&unused).is_empty());
    let used = settled(&terms, months, &[], &[figure("lab profit 2025-02 400")]);
    assert_eq!((due(&used), used[0].not_computed.len()), (vec!["200".to_string()], 0));
    assert_eq!(
        used[1].open,
        ["`profit_participation.p` needs `profit` of lab for 2025-Q2, and nobody reported it"]
    );
}

#[test]
fn nothing_is_deducted_twice_and_nobody_guesses_whose_it_is() {
    let clause = |name: &str, scope: &str| {
        format!(
            "revenue_share \"{name}\" {{\n payer = lab\n payee = cloud\n rate = \"10%\"\n {scope}\n}}\n"
        )
    };
    // The lab sells on two channels.
    let lists = "channel \"web\" {\n seller = lab\n service = api\n}\n\
                 price_list \"web\" {\n channels = [web]\n from = \"2025-01-01\"\n \
                 price \"gpt\" {\n input = \"USD 1_000_000\"\n output = \"USD 1_000_000\"\n }\n}\n";
    let direct = clause("direct", "scope { channel = direct }");
    let web = clause("web", "scope { channel = web }");
    let usage = [sales("direct", "2025-03", 1_000), sales("web", "2025-03", 1_000)];
    let both = agreement(&format!("{lists}{direct}{web}"));
    let open = settled(&both, MONTH, &usage, &[figure("lab refunds 2025-03 100")]);
    assert_eq!(due(&open), ["100", "100"]);
    insta::assert_snapshot!("a refund without a channel", open[0].open.join("\n"));
    // Said of one channel it counts there, and once.
    let said = settled(&both, MONTH, &usage, &[figure("lab refunds 2025-03 100 web")]);
    assert_eq!((due(&said), said[0].is_final), (vec!["100".to_string(), "90".to_string()], true));
    // Two shares of the same revenue each take it off.
    let same = clause("one", "") + &clause("two", "");
    let same = agreement(&format!("{lists}{same}"));
    let same = settled(&same, MONTH, &usage, &[figure("lab refunds 2025-03 100")]);
    assert_eq!((due(&same), same[0].is_final), (vec!["190".to_string(), "190".to_string()], true));
}

#[test]
fn a_share_of_a_share_and_sums_for_units() {
    let terms = agreement(
        r#"
revenue_share "subscriptions" {
  payer    = lab
  payee    = cloud
  per_unit = "USD 20"
  unit     = "subscription"
}
revenue_share "onward" {
  payer = cloud
  payee = lab
  of    = revenue_share.subscriptions
  rate  = "50%"
}
"#,
    );
    let statements = settled(&terms, MONTH, &[], &[figure("lab units 2025-03 7")]);
    assert_eq!(due(&statements), ["140", "70"]);
    insta::assert_snapshot!("a share of a share", read(&statements));
}

#[test]
fn tiers_reductions_and_baselines_over_a_year() {
    let usage = [("2025-01", 400), ("2025-02", 400), ("2025-03", 400), ("2026-01", 400)];
    let months: Vec<&str> = usage.iter().map(|(month, _)| *month).collect();
    let usage = usage.map(|(month, dollars)| sales("direct", month, dollars));
    let tiers = "tier {\n up_to = \"USD 600\"\n rate = \"10%\"\n }\n tier { rate = \"20%\" }";
    for (terms, expected) in [
        (format!("tier_measure = year\n {tiers}"), ["40", "60", "80", "40"]),
        (format!("tier_measure = cumulative\n {tiers}"), ["40", "60", "80", "80"]),
        (format!("tier_measure = month\n {tiers}"), ["40", "40", "40", "40"]),
        (format!("tier_measure = year\n tier_mode = whole\n {tiers}"), ["40", "120", "80", "40"]),
        (
            "tier_measure = year\n baseline = \"USD 500\"\n rate = \"10%\"".into(),
            ["0", "30", "40", "0"],
        ),
        // Half the rate once 60 dollars were paid for the year.
        (
            "rate = \"10%\"\n reduction {\n by = \"50%\"\n once_paid = \"USD 60\"\n }".into(),
            ["40", "30", "20", "40"],
        ),
        // An event lowers the rate from its day on, and the floor holds over each quarter.
        (
            "rate = \"10%\"\n reduction_floor = \"60%\"\n \
             reduction {\n by = \"50%\"\n event = \"2025-02-10\"\n }"
                .into(),
            ["40", "20", "20", "24"],
        ),
        // So many days after it, on the day itself.
        (
            "rate = \"10%\"\n \
             reduction {\n by = \"50%\"\n event = \"2025-01-16\"\n delay = \"30 days\"\n }"
                .into(),
            ["40", "20", "20", "20"],
        ),
        ("rate = \"10%\"\n cap_total = \"USD 100\"".into(), ["40", "40", "20", "0"]),
        ("rate = \"10%\"\n cap_per_period = \"USD 70\"".into(), ["40", "30", "0", "40"]),
        ("rate = \"10%\"\n cap_of_price = \"5%\"".into(), ["20", "20", "20", "20"]),
    ] {
        let terms = share(&format!("base = gross\n {terms}"));
        let statements = settled(&terms, &months, &usage, &[]);
        assert_eq!(due(&statements), expected, "{:?}", terms.clauses[0].parameters);
        assert_eq!(statements[0].not_computed, Vec::<String>::new());
    }
}

#[test]
fn what_an_affiliate_sells_counts_unless_the_clause_leaves_it_out() {
    let unit = "party \"unit\" { affiliate_of = lab }\nchannel \"shop\" {\n seller = unit\n service = api\n}\n\
                price_list \"shop\" {\n channels = [shop]\n from = \"2025-01-01\"\n \
                price \"gpt\" {\n input = \"USD 1_000_000\"\n output = \"USD 1_000_000\"\n }\n}\n";
    let usage = [sales("direct", "2025-03", 100), sales("shop", "2025-03", 50)];
    for (sellers, expected) in [("", "15"), ("sellers = []", "10")] {
        let terms = agreement(&format!(
            "{unit}revenue_share \"s\" {{\n payer = lab\n payee = cloud\n base = gross\n \
             rate = \"10%\"\n {sellers}\n}}"
        ));
        assert_eq!(due(&settled(&terms, MONTH, &usage, &[])), [expected], "{sellers}");
    }
}

#[test]
fn a_refund_takes_back_what_the_period_had_too_much() {
    let terms = share("rate = \"10%\"");
    let usage = [sales("direct", "2025-01", 1_000)];
    // More than was sold cannot be refunded; the next period begins anew.
    let figures = ["lab refunds 2025-02 300", "lab refunds 2025-03 900", "lab refunds 2025-04 50"];
    let months = &["2025-01", "2025-02", "2025-03", "2025-04"];
    let statements = settled(&terms, months, &usage, &figures.map(figure));
    assert_eq!(due(&statements), ["100", "-30", "-70", "0"]);
    insta::assert_snapshot!("a refund", read(&statements[1..3]));
}

#[test]
fn what_is_counted_one_by_one_has_its_own_tiers() {
    let tiers = "tier {\n up_to = \"USD 600\"\n rate = \"10%\"\n }\n tier { rate = \"20%\" }";
    let lists = "product \"chat\" { owner = lab }\n";
    let usage = ["api", "chat"]
        .map(|product| Usage { product: product.to_string(), ..sales("direct", "2025-03", 800) });
    for (separately, expected) in [("", "260"), ("separately = [product]", "200")] {
        let share = format!(
            "{lists}revenue_share \"s\" {{\n payer = lab\n payee = cloud\n base = gross\n \
             tier_measure = year\n {separately}\n {tiers}\n}}"
        );
        let statements = settled(&agreement(&share), &["2025-03", "2025-04"], &usage, &[]);
        assert_eq!(due(&statements), [expected, "0"]);
        if !separately.is_empty() {
            insta::assert_snapshot!("one by one", read(&statements));
        }
    }
}

#[test]
fn an_advance_is_recouped_from_all_that_is_counted_one_by_one() {
    let share = "product \"chat\" { owner = lab }\nrevenue_share \"s\" {\n payer = lab\n payee = cloud\n \
                 base = gross\n rate = \"10%\"\n separately = [product]\n \
                 advance {\n amount = \"USD 100\"\n interest = \"12%\"\n }\n}";
    let usage = [("api", "2025-01", 800), ("chat", "2025-01", 100), ("chat", "2025-02", 400)].map(
        |(product, month, dollars)| Usage {
            product: product.to_string(),
            ..sales("direct", month, dollars)
        },
    );
    let statements = settled(&agreement(share), &["2025-01", "2025-02"], &usage, &[]);
    // A hundred bears one in January and eleven hundredths of it in February.
    assert_eq!(due(&statements), ["0", "28.89"]);
    insta::assert_snapshot!("one advance", read(&statements));
}

#[test]
fn revenue_reported_for_a_share_of_a_share_counts() {
    let terms = agreement(
        "revenue_share \"one\" {\n payer = lab\n payee = cloud\n base = gross\n rate = \"10%\"\n}\n\
         revenue_share \"two\" {\n payer = cloud\n payee = lab\n base = gross\n \
         of = revenue_share.one\n rate = \"50%\"\n}",
    );
    let beside = Figure {
        clause: Some("revenue_share.two".to_string()),
        ..figure("cloud revenue 2025-03 30")
    };
    let statements = settled(&terms, MONTH, &[sales("direct", "2025-03", 100)], &[beside]);
    assert_eq!(due(&statements), ["10", "20"]);
}

#[test]
fn shares_without_an_answer_are_left_out_and_said() {
    // Above a hundred of what is received the whole rate falls, and with it what is received.
    let one = "base = gross\n intercompany = included\n tier_mode = whole\n \
               tier {\n up_to = \"USD 140\"\n rate = \"50%\"\n }\n tier { rate = \"10%\" }";
    let other = "base = gross\n intercompany = included\n rate = \"60%\"";
    let terms = agreement(&format!(
        "revenue_share \"one\" {{\n payer = lab\n payee = cloud\n {one}\n}}\n\
         revenue_share \"other\" {{\n payer = cloud\n payee = lab\n {other}\n}}"
    ));
    let usage = [sales("direct", "2025-03", 100), sales("resale", "2025-03", 20)];
    let statements = settled(&terms, MONTH, &usage, &[]);
    assert_eq!(
        statements[0].open,
        [
            "`revenue_share.one`, `revenue_share.other` rest on each other, and no amounts fit them all"
        ]
    );
    assert!(due(&statements).is_empty());
}

/// The sum of the steps of a name.
fn sum(line: &Line, name: &str) -> Exact {
    let steps = line.steps.iter().filter(|step| step.name.starts_with(name));
    steps.map(|step| step.value.parse::<Exact>().unwrap()).sum()
}

/// A clause with all the stages.
const EVERYTHING: &str = r#"tier_measure = year
    tier {
      up_to = "USD 5_000"
      rate  = "20%"
    }
    tier { rate = "30%" }
    third_party_credit = "50%"
    reduction_floor    = "60%"
    credit_carry_over  = true
    cap_per_period     = "USD 1_500"
    cap_total          = "USD 4_000"
    minimum_guarantee {
      amount = "USD 200"
      period = "3 months"
    }
    advance {
      amount     = "USD 700"
      recoupment = "50%"
    }"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Invariant 22: what is earned, with what a guarantee adds, is paid, recouped, credited or capped
    /// off, to the cent; lifetime paid is no more than the lifetime cap; what is paid for a period is
    /// never below nothing.
    #[test]
    fn nothing_is_lost(months in prop::collection::vec((0u32..9_000, 0u32..900, 0u32..3_000), 6)) {
        let terms = share(EVERYTHING);
        let names = ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06"];
        let mut usage = Vec::new();
        let mut figures = Vec::new();
        for (month, (sold, refunded, royalties)) in names.iter().zip(&months) {
            usage.push(sales("direct", month, (*sold).into()));
            figures.push(figure(&format!("lab refunds {month} {refunded}.37")));
            figures.push(figure(&format!("lab third_party_royalties {month} {royalties}.01")));
        }
        let statements = settled(&terms, &names, &usage, &figures);
        let lines = statements.iter().flat_map(|statement| &statement.lines);
        let lines: Vec<_> = lines.filter(|line| line.kind == LineKind::RevenueShare).collect();
        let mut paid = Exact::zero();
        let mut of_period = Exact::zero();
        for (at, line) in lines.iter().enumerate() {
            let earned = line.steps.iter()
                .filter(|step| step.stage == Some(settlement::Stage::Tiers))
                .filter(|step| !step.name.starts_with("base of"))
                .map(|step| step.value.parse::<Exact>().unwrap())
                .sum::<Exact>();
            let gone = sum(line, "credited") + sum(line, "recouped,") + sum(line, "capped off");
            let due = line.exact.parse::<Exact>().unwrap();
            prop_assert_eq!(earned + sum(line, "true-up"), gone + due, "{}", read(&statements));
            let amount = Exact::from(line.amount.amount);
            paid = paid + amount.clone();
            of_period = of_period + amount;
            prop_assert!(paid <= usd("4000"));
            if at % 3 == 2 {
                // Each month is rounded: three halves of a cent may be missing.
                prop_assert!(of_period >= usd("-0.015"), "{}", read(&statements));
                prop_assert!(of_period <= usd("1500"));
                of_period = Exact::zero();
            }
        }
    }

    /// Splitting a month's sales and figures into two months of the same period changes nothing over
    /// the period.
    #[test]
    fn a_period_comes_to_the_same_however_it_is_split(
        first in (0u32..9_000, 0u32..900, 0u32..3_000),
        second in (0u32..9_000, 0u32..900, 0u32..3_000),
    ) {
        let terms = share(EVERYTHING);
        let of = |month: &str, (sold, refunded, royalties): (u32, u32, u32)| {
            let figures = [
                figure(&format!("lab refunds {month} {refunded}")),
                figure(&format!("lab third_party_royalties {month} {royalties}")),
            ];
            (sales("direct", month, sold.into()), figures)
        };
        let names = ["2025-01", "2025-02", "2025-03"];
        let sums = (first.0 + second.0, first.1 + second.1, first.2 + second.2);
        let (one, [a, b]) = of("2025-01", first);
        let (two, [c, d]) = of("2025-02", second);
        let split = settled(&terms, &names, &[one, two], &[a, b, c, d]);
        let (one, figures) = of("2025-02", sums);
        let whole = settled(&terms, &names, &[one], &figures);
        let total = |statements: &[Statement]| -> Exact {
            due(statements).iter().map(|due| due.parse::<Exact>().unwrap()).sum()
        };
        prop_assert_eq!(total(&split), total(&whole), "{}\n{}", read(&split), read(&whole));
    }

    /// Marginal tiers never pay less for more, and never more than the highest rate on the whole.
    #[test]
    fn marginal_tiers_rise(base in 0u32..200_000_000, more in 0u32..1_000_000) {
        let terms = share(R1);
        let due = |base: u32| {
            let statements =
                settled(&terms, MONTH, &[sales("direct", "2025-03", base.into())], &[]);
            due(&statements)[0].parse::<Exact>().unwrap()
        };
        prop_assert!(due(base) <= due(base + more));
        prop_assert!(due(base) <= Exact::whole(base) * usd("0.025"));
    }

    /// Shares that count each other come to a point at which each is what it says of the other.
    #[test]
    fn a_circle_closes(there in 0u32..100_000, back in 0u32..100_000, rate in 1u8..90) {
        let tiers = "tier {\n up_to = \"USD 40_000\"\n rate = \"50%\"\n }\n tier { rate = \"20%\" }";
        let terms = agreement(&format!(
            "revenue_share \"one\" {{\n payer = lab\n payee = cloud\n base = gross\n \
             intercompany = included\n {tiers}\n}}\n\
             revenue_share \"other\" {{\n payer = cloud\n payee = lab\n base = gross\n \
             intercompany = included\n rate = \"{rate}%\"\n}}"
        ));
        let usage =
            [sales("direct", "2025-03", there.into()), sales("resale", "2025-03", back.into())];
        let dues = due(&settled(&terms, MONTH, &usage, &[]));
        let dues: Vec<Exact> = dues.iter().map(|due| due.parse().unwrap()).collect();
        let base = Exact::whole(there) + dues[1].clone();
        let low = base.clone().min(usd("40000"));
        let one = low.clone() * usd("0.5") + (base - low) * usd("0.2");
        let other = (Exact::whole(back) + dues[0].clone()) * Exact::whole(rate).per(100);
        prop_assert_eq!(dues, [one, other]);
    }
}
