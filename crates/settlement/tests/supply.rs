//! What clauses on supply come to, against the oracles of the domain rules (§4.4) and some laws. Each
//! snapshot reads as an accountant would check it.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;

use common::{agreement, hours, input, money, usd};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;
use settlement::damages::{self, Facts};
use settlement::favoured::{self, Against};
use settlement::figure::Other;
use settlement::period::Periods;
use settlement::position::{Position, position};
use settlement::price_increase::{Asked, allowed, growth};
use settlement::statement::Step;
use settlement::take_or_pay::{Account, Left, Taken, TrueUp, true_up};
use settlement::volume_price::charge;
use settlement::{
    Capacity, Damages, Earlier, Exact, Figure, Input, Line, LineKind, Month, Statement, settle,
};
use terms::clause::{Commitment, LiquidatedDamages, MostFavouredNation, PriceCap, VolumeTier};
use terms::{Known, Name, Provision, Terms};

fn name(text: &str) -> Name {
    Name::new(text)
}

/// The terms of one clause of the cloud's, or of the lab's where it commits itself.
fn one(kind: &str, terms: &str) -> Terms {
    let roles = match kind {
        "commitment" => "customer = lab\n supplier = cloud",
        "funding" => "funder = cloud\n recipient = lab",
        _ => "grantor = cloud\n holder = lab",
    };
    agreement(&format!("{kind} \"c\" {{\n {roles}\n {terms}\n}}"))
}

fn commitment(terms: &str) -> Commitment {
    match &one("commitment", terms).clauses[0].provision {
        Provision::Commitment(commitment) => (**commitment).clone(),
        other => panic!("{other:?}"),
    }
}

fn price_cap(terms: &str) -> PriceCap {
    match &one("price_cap", terms).clauses[0].provision {
        Provision::PriceCap(cap) => (**cap).clone(),
        other => panic!("{other:?}"),
    }
}

fn favoured(terms: &str) -> MostFavouredNation {
    match &one("most_favoured_nation", terms).clauses[0].provision {
        Provision::MostFavouredNation(favoured) => favoured.clone(),
        other => panic!("{other:?}"),
    }
}

fn volume_tier(terms: &str) -> VolumeTier {
    match &one("volume_tier", terms).clauses[0].provision {
        Provision::VolumeTier(tier) => tier.clone(),
        other => panic!("{other:?}"),
    }
}

fn liquidated(terms: &str) -> LiquidatedDamages {
    match &one("liquidated_damages", terms).clauses[0].provision {
        Provision::LiquidatedDamages(damages) => damages.clone(),
        other => panic!("{other:?}"),
    }
}

/// Steps as they are read: what each is, and what it comes to.
fn shown(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |mut text, step| {
        writeln!(text, "{:<60} {:>20}", step.name, step.value).unwrap();
        text
    })
}

/// Years in a row from the end of 2025, each with what was taken and what could not be supplied.
fn years(
    commitment: &Commitment,
    contracted: &[&str],
    years: &[(&str, &str)],
    price: &str,
) -> String {
    let mut account = Account::default();
    let mut text = String::new();
    for (at, (taken, undeliverable)) in years.iter().enumerate() {
        let contracted = contracted[at.min(contracted.len() - 1)];
        let period = Taken {
            ends: date(2026 + i16::try_from(at).unwrap(), 1, 1),
            contracted: usd(contracted),
            taken: usd(taken),
            undeliverable: usd(undeliverable),
            price: Some(usd(price)),
        };
        let TrueUp { payment, given_back, account: next, steps, .. } =
            true_up(commitment, account, &period);
        writeln!(text, "year {}", at + 1).unwrap();
        text.push_str(&shown(&steps));
        let billed = usd(taken) * usd(price) + payment.unwrap() - given_back.unwrap();
        let bank: Exact = next.bank.iter().map(|left| left.quantity.clone()).sum();
        let credit: Exact = next.credit.iter().map(|left| left.quantity.clone()).sum();
        writeln!(text, "= billed {billed}, bank {bank}, credit {credit}\n").unwrap();
        account = next;
    }
    text
}

const ACQ: &str = "quantity = \"10_000_000 accelerator-hours\"\n per = calendar_year\n \
                   take_or_pay = \"80%\"";

#[test]
fn p1_what_is_paid_for_and_not_taken_is_taken_later() {
    for threshold in ["take_or_pay", "annual_quantity"] {
        let terms = format!("{ACQ}\n make_up {{ threshold = {threshold} }}");
        let years =
            years(&commitment(&terms), &["10000000"], &[("7000000", "0"), ("9500000", "0")], "2");
        insta::assert_snapshot!(format!("p1_{threshold}"), years);
    }
}

#[test]
fn a_shortfall_is_tolerated_up_to_its_share_and_costs_no_more_than_its_cap() {
    for (says, taken, paid) in [
        ("tolerance = \"10%\"", "90", "0"),
        ("tolerance = \"10%\"", "89", "11"),
        ("shortfall_cap = \"USD 20\"", "85", "15"),
        ("shortfall_cap = \"USD 20\"", "70", "20"),
    ] {
        let terms = commitment(&format!("amount = \"USD 100\"\n per = year\n {says}"));
        let period = Taken {
            ends: date(2026, 1, 1),
            contracted: usd("100"),
            taken: usd(taken),
            undeliverable: usd("0"),
            price: Some(usd("1")),
        };
        let up = true_up(&terms, Account::default(), &period);
        assert_eq!(up.payment, Some(usd(paid)), "{says}, {taken} taken");
    }
}

#[test]
fn what_is_paid_for_is_taken_in_the_last_period_before_it_expires_and_in_none_after() {
    let terms = commitment(&format!("{ACQ}\n make_up {{ expires = \"1 year\" }}"));
    let year = |account, year: i16, taken: &str| {
        let period = Taken {
            ends: date(year + 1, 1, 1),
            contracted: usd("10000000"),
            taken: usd(taken),
            undeliverable: usd("0"),
            price: Some(usd("2")),
        };
        true_up(&terms, account, &period)
    };
    // A million is missing to the eight that are paid for anyway.
    let first = year(Account::default(), 2025, "7000000");
    assert_eq!(first.expired, usd("0"));
    let second = year(first.account, 2026, "8400000");
    assert_eq!((second.made_up, second.expired), (usd("400000"), usd("600000")));
    let third = year(second.account, 2027, "9000000");
    assert_eq!((third.made_up, third.expired), (usd("0"), usd("0")));
}

#[test]
fn p2_excess_counts_later_up_to_a_cap() {
    let terms = commitment(&format!("{ACQ}\n carry_forward {{}}"));
    insta::assert_snapshot!(years(
        &terms,
        &["10000000"],
        &[("12000000", "0"), ("6500000", "0")],
        "2"
    ));
}

#[test]
fn p3_what_could_not_be_supplied_is_not_missing() {
    insta::assert_snapshot!(years(&commitment(ACQ), &["10000000"], &[("7200000", "1300000")], "2"));
}

#[test]
fn p5_part_of_what_is_missing_is_paid() {
    let terms = commitment("amount = \"USD 5_000_000\"\n per = year\n shortfall_share = \"50%\"");
    insta::assert_snapshot!(years(&terms, &["5000000"], &[("3200000", "0")], "1"));
}

#[test]
fn p6_a_cumulative_minimum_is_of_the_sum() {
    let minimum = "amount = \"USD 30\"\n per = year\n cumulative = true";
    let spent = [("25", "0"), ("45", "0"), ("50", "0")];
    insta::assert_snapshot!("p6", years(&commitment(minimum), &["30", "35", "44"], &spent, "1"));
    let made_up = format!("{minimum}\n make_up {{}}");
    insta::assert_snapshot!(
        "p6_made_up",
        years(&commitment(&made_up), &["30", "35", "44"], &spent, "1")
    );
}

#[test]
fn p4_part_of_a_year_has_part_of_a_minimum() {
    let begins = date(2025, 8, 8);
    let periods = Periods::of(terms::clause::Per::CalendarYear, 1, begins, None).unwrap();
    let of_2025 = periods.overlapping(date(2025, 12, 1), date(2026, 1, 1));
    assert_eq!((usd("8000000") * of_2025[0].part()).to_string(), "3200000");
    let of_2026 = periods.overlapping(date(2026, 1, 1), date(2026, 2, 1));
    assert_eq!(of_2026[0].part().to_string(), "1");
}

#[test]
fn p7_tiers_price_a_volume() {
    let tiers =
        "tier {\n up_to = \"5_000_000\"\n price = \"USD 2.50\"\n }\n tier { price = \"USD 2.20\" }";
    let whole = format!("tier_mode = whole\n {tiers}");
    for (oracle, terms, units, expected) in [
        ("incremental", tiers, "8000000", "19100000"),
        ("all units", &*whole, "8000000", "17600000"),
        ("all units, on the step", &whole, "5000000", "12500000"),
        ("all units, just over the step", &whole, "5000001", "11000002.2"),
        ("nothing", tiers, "0", "0"),
    ] {
        assert_eq!(charge(&volume_tier(terms), &usd(units)).0.to_string(), expected, "{oracle}");
    }
}

#[test]
fn p8_a_price_rises_with_its_index_up_to_a_cap() {
    let index = |_: &str, on: Date| Some(usd(if on < date(2026, 1, 1) { "300" } else { "312" }));
    let terms = "increase_per_year = \"3%\"\n index = \"CPI\"\n adjusted_on = year_start";
    let cap = price_cap(terms);
    let begins = date(2025, 1, 1);
    let asked = |announced| {
        let price = |id: &str, from, price, announced| Asked {
            id: id.to_string(),
            from,
            price: usd(price),
            announced,
        };
        vec![
            price("price-2025", begins, "2.00", None),
            price("price-2026", date(2026, 1, 1), "2.10", Some(announced)),
        ]
    };
    let mut text = String::new();
    for (announced, on) in [
        (date(2025, 10, 1), date(2025, 12, 31)),
        (date(2025, 10, 1), date(2026, 1, 1)),
        // 78 days before the day it was to take effect.
        (date(2025, 10, 15), date(2026, 1, 1)),
        (date(2025, 10, 15), date(2026, 12, 31)),
        (date(2025, 10, 15), date(2027, 1, 1)),
    ] {
        let (price, steps) = allowed(&cap, begins, &asked(announced), on, &index).unwrap().unwrap();
        writeln!(text, "announced {announced}, on {on}: {price}\n{}", shown(&steps)).unwrap();
    }
    insta::assert_snapshot!(text);
    let missing = |_: &str, _: Date| None;
    let told = allowed(&cap, begins, &asked(date(2025, 10, 1)), date(2026, 1, 1), &missing);
    assert_eq!(told.unwrap_err().index, "CPI");
}

#[test]
fn an_amount_rises_by_its_escalator() {
    let commitment = commitment(
        "amount = \"USD 100\"\n per = year\n escalator {\n rate = \"3%\"\n after = \"2 years\"\n }",
    );
    let escalator = commitment.escalator.unwrap();
    let none = |_: &str, _: Date| None;
    for (on, factor) in [
        (date(2025, 1, 1), "1"),
        (date(2026, 12, 31), "1"),
        (date(2027, 1, 1), "1.03"),
        (date(2028, 1, 1), "1.0609"),
    ] {
        let risen = growth(&escalator, date(2025, 1, 1), on, &none).unwrap();
        assert_eq!(risen.to_string(), factor, "{on}");
    }
}

#[test]
fn p9_nobody_comparable_pays_less_unless_it_is_below_cost() {
    let terms = favoured("list_price_ceiling = true\n not_below_cost = true");
    let against = Against {
        comparable: vec![("acme".to_string(), usd("2.20"))],
        list: Some(usd("2.50")),
        cost: Some(usd("2.25")),
    };
    let (price, steps) = favoured::price(&terms, &usd("2.50"), &against);
    assert_eq!(price.to_string(), "2.25");
    assert_eq!(((usd("2.50") - price) * usd("730000")).to_string(), "182500");
    insta::assert_snapshot!(shown(&steps));
}

#[test]
fn l1_to_l3_damages_by_formula() {
    let days =
        |base: &str| Facts { base: Some(usd(base)), days: Some(usd("75")), ..Facts::default() };
    let left = |months: &str| Facts {
        base: Some(usd("50000")),
        months_left: Some(usd(months)),
        ..Facts::default()
    };
    let per_period = "trigger = breach\n rate = \"1%\"\n of = lot_value\n counted = time\n \
                      every = \"28 days\"";
    let in_part = format!("{per_period}\n whole_periods = false");
    let per_day = "trigger = breach\n rate = \"USD 5_000\"\n counted = time\n cap = \"3%\"";
    let fees = "trigger = early_termination\n rate = \"100%\"\n of = monthly_fee\n \
                counted = remaining_months\n at_most = 36";
    let mut text = String::new();
    for (oracle, terms, facts, expected) in [
        ("L1, whole periods", per_period, days("10000000"), "200000.00"),
        ("L1, in part", &in_part, days("10000000"), "267857.14"),
        ("L2", per_day, days("10000000"), "300000.00"),
        ("L3, capped months", fees, left("47"), "1800000.00"),
        ("L3", fees, left("20"), "1000000.00"),
    ] {
        let (due, steps) = damages::due(&liquidated(terms), &facts).unwrap();
        assert_eq!(due.round(2).unwrap().to_string(), expected, "{oracle}");
        writeln!(text, "{oracle}\n{}", shown(&steps)).unwrap();
    }
    insta::assert_snapshot!(text);
    let unknown = damages::due(&liquidated(fees), &Facts::default());
    assert_eq!(unknown.unwrap_err(), "how many months are left of the term");
}

proptest! {
    /// §2.8, invariant 19: what was paid and not taken is in the bank, has expired, or was taken later.
    #[test]
    fn what_is_paid_and_not_taken_is_accounted_for(
        taken in proptest::collection::vec((0u32..20, 0u32..5), 1..12),
        annual in any::<bool>(),
        cumulative in any::<bool>(),
        part in 1u32..=100,
        expires in 1u32..4,
    ) {
        let threshold = if annual { "annual_quantity" } else { "take_or_pay" };
        let terms = commitment(&format!(
            "quantity = \"10 accelerator-hours\"\n per = calendar_year\n take_or_pay = \"80%\"\n \
             shortfall_share = \"{part}%\"\n cumulative = {cumulative}\n make_up {{\n \
             threshold = {threshold}\n expires = \"{expires} years\"\n }}"
        ));
        let (mut account, mut expired) = (Account::default(), Exact::zero());
        for (at, (taken, undeliverable)) in taken.into_iter().enumerate() {
            let period = Taken {
                ends: date(2026 + i16::try_from(at).unwrap(), 1, 1),
                contracted: usd("10"),
                taken: Exact::whole(taken),
                undeliverable: Exact::whole(undeliverable),
                price: Some(usd("2")),
            };
            let up = true_up(&terms, account, &period);
            // Nothing is charged that the supplier failed to make available.
            if !cumulative {
                let most = (usd("8") - Exact::whole(undeliverable) - Exact::whole(taken)).max(Exact::zero());
                prop_assert!(up.payment.unwrap() <= most * usd("2"));
            }
            prop_assert!(up.made_up <= Exact::whole(taken));
            expired = expired + up.expired;
            account = up.account;
            let bank: Exact = account.bank.iter().map(|left: &Left| left.quantity.clone()).sum();
            prop_assert!(account.bank.iter().all(|left| Exact::zero() < left.quantity));
            prop_assert_eq!(
                account.before.paid.clone(),
                bank + expired.clone() + account.before.made_up.clone()
            );
        }
    }

    /// §2.8, invariant 21: the price is no more than the best of others, or is the floor.
    #[test]
    fn the_best_price_is_charged(
        charged in 100i64..400, comparable in proptest::collection::vec(100i64..400, 0..4),
        list in 100i64..400, cost in 100i64..400,
    ) {
        let terms = favoured("list_price_ceiling = true\n not_below_cost = true");
        let cents = |cents: i64| Exact::from(Decimal::new(cents, 2));
        let against = Against {
            comparable: comparable.iter().map(|price| ("other".to_string(), cents(*price))).collect(),
            list: Some(cents(list)),
            cost: Some(cents(cost)),
        };
        let (price, _) = favoured::price(&terms, &cents(charged), &against);
        let best = comparable.into_iter().chain([list]).min().unwrap();
        prop_assert!(price <= cents(best) || price == cents(cost) || price == cents(charged) && charged <= cost);
    }
}

/// A figure of the cloud's, unless it is of what the lab bought.
fn figure(kind: Other, id: &str, on: Date, amount: &str) -> Figure {
    let party = if kind == Other::Purchased { "lab" } else { "cloud" };
    common::figure(party, kind.into(), id, on, amount)
}

/// Settles all months from one to another.
fn months(
    terms: &Terms,
    (first, last): (&str, &str),
    capacity: &[Capacity],
    figures: &[Figure],
) -> Vec<Statement> {
    let last: Month = last.parse().unwrap();
    let next = |month: &Month| Some(Month::of(month.end())).filter(|month| *month <= last);
    let months = std::iter::successors(Some(first.parse().unwrap()), next);
    let months: Vec<String> = months.map(|month: Month| month.to_string()).collect();
    let months: Vec<&str> = months.iter().map(String::as_str).collect();
    common::settled(terms, &months, &[], capacity, figures)
}

/// A statement's lines as an accountant reads them.
fn read(statement: &Statement) -> String {
    let mut text = format!("{}\n", statement.month);
    for open in &statement.open {
        writeln!(text, "open: {open}").unwrap();
    }
    for line in &statement.lines {
        let Line { title, from, to, amount, .. } = line;
        writeln!(text, "{title}: {from} to {to}, {amount}").unwrap();
        text.push_str(&shown(&line.steps));
        for balance in &line.balances {
            writeln!(text, "| {}: {} -> {}", balance.name, balance.brought, balance.carried)
                .unwrap();
        }
        if let Some(payable) = line.payable {
            writeln!(text, "payable {payable}").unwrap();
        }
    }
    for clause in &statement.not_computed {
        writeln!(text, "not computed: {clause}").unwrap();
    }
    for transaction in &statement.transactions {
        for posting in &transaction.postings {
            writeln!(text, "  {:<44} {:>24}", posting.account, posting.amount.to_string()).unwrap();
        }
    }
    text
}

#[test]
fn a_commitment_is_trued_up_in_its_last_month() {
    let terms = one("commitment", &format!("{ACQ}\n make_up {{}}"));
    let capacity = [
        hours(date(2025, 3, 1), 3_000_000, "USD 2"),
        hours(date(2025, 12, 31), 3_500_000, "USD 2"),
        hours(date(2026, 1, 1), 9_000_000, "USD 2"),
    ];
    let bought = [
        figure(Other::Purchased, "beside", date(2025, 6, 1), "500000"),
        figure(Other::Purchased, "later", date(2026, 7, 1), "500000"),
        figure(Other::Price, "list", date(2025, 1, 1), "USD 2"),
    ];
    let statements = months(&terms, ("2025-01", "2026-12"), &capacity, &bought);
    let of = |month: &str| {
        let month = month.parse().unwrap();
        read(statements.iter().find(|statement| statement.month == month).unwrap())
    };
    insta::assert_snapshot!([of("2025-11"), of("2025-12"), of("2026-12")].join("\n"));
}

#[test]
fn what_is_paid_in_advance_is_set_off() {
    let terms = one(
        "commitment",
        "amount = \"USD 1_000\"\n per = quarter\n in_advance = true\n shortfall_share = \"50%\"",
    );
    let capacity = [hours(date(2025, 1, 5), 300, "USD 1"), hours(date(2025, 2, 5), 400, "USD 1")];
    let statements = months(&terms, ("2025-01", "2025-03"), &capacity, &[]);
    let shown: Vec<_> = statements.iter().map(read).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_drawdown_is_trued_up_when_the_commitment_ends() {
    let terms = one("commitment", "amount = \"USD 1_000\"\n until = \"2025-04-01\"");
    let capacity = [hours(date(2025, 2, 5), 300, "USD 1"), hours(date(2025, 3, 5), 400, "USD 1")];
    let statements = months(&terms, ("2025-02", "2025-03"), &capacity, &[]);
    let shown: Vec<_> = statements.iter().map(read).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn other_remedies_are_named_and_nothing_is_charged() {
    let terms = one(
        "commitment",
        "amount = \"USD 1_000\"\n per = quarter\n shortfall_remedy = [pay, terminate]\n with_interest = true",
    );
    let statements = months(&terms, ("2025-01", "2025-03"), &[], &[]);
    insta::assert_snapshot!(read(&statements[2]));
}

#[test]
fn clauses_on_prices_give_back_each_once() {
    let terms = agreement(
        r#"
volume_tier "tiers" {
  grantor = cloud
  holder  = lab
  tier {
    up_to = "1_000"
    price = "USD 2.50"
  }
  tier { price = "USD 2.40" }
}
price_cap "cap" {
  grantor = cloud
  holder  = lab
  ceiling = "USD 2.45"
}
most_favoured_nation "best" {
  grantor            = cloud
  holder             = lab
  not_below_cost     = true
  list_price_ceiling = true
}"#,
    );
    let capacity =
        [hours(date(2025, 1, 5), 800, "USD 2.60"), hours(date(2025, 2, 5), 400, "USD 2.60")];
    let comparable = figure(Other::ComparablePrice, "acme", date(2025, 2, 1), "USD 2.20");
    let spot = figure(Other::OtherPrice, "spot", date(2025, 1, 1), "USD 1.90");
    let cost = figure(Other::UnitCost, "cost", date(2025, 1, 1), "USD 2.25");
    let statements = months(&terms, ("2025-01", "2025-02"), &capacity, &[comparable, spot, cost]);
    let shown: Vec<_> = statements.iter().map(read).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn damages_are_set_off_by_what_is_reported() {
    let terms = one(
        "liquidated_damages",
        "trigger = early_termination\n rate = \"100%\"\n of = monthly_fee\n \
         counted = remaining_months\n at_most = 36\n payment_delay = \"30 days\"",
    );
    let of = |figure: Figure, name: &str| Figure {
        clause: Some("liquidated_damages.c".to_string()),
        name: Some(name.to_string()),
        ..figure
    };
    let fee = of(figure(Other::DamagesBase, "fee", date(2025, 3, 10), "USD 50_000"), "fee");
    let left = of(figure(Other::DamagesCount, "left", date(2025, 3, 10), "47"), "months_left");
    let statements = months(&terms, ("2025-02", "2025-03"), &[], &[fee.clone(), left]);
    insta::assert_snapshot!([read(&statements[0]), read(&statements[1])].join("\n"));
    let statements = months(&terms, ("2025-03", "2025-03"), &[], &[fee]);
    assert_eq!(
        statements[0].not_computed,
        [
            "liquidated_damages.c (agreement.md): how many months are left of the term was not reported"
        ]
    );
}

#[test]
fn damages_whose_facts_do_not_fit_are_named_and_not_computed() {
    let of = |kind: Other, id: &str, amount: &str, name: Option<&str>| Figure {
        clause: Some("liquidated_damages.c".to_string()),
        name: name.map(str::to_string),
        ..figure(kind, id, date(2025, 3, 10), amount)
    };
    let count = |id, amount, name| of(Other::DamagesCount, id, amount, name);
    let days = "trigger = breach\n rate = \"USD 5\"\n counted = time";
    let part = "trigger = performance\n rate = \"5%\"\n of = monthly_fee\n counted = once";
    for (terms, figures, why) in [
        (
            days,
            vec![count("one", "3", None), count("two", "4", Some("days"))],
            "`one` and `two` both say `days`",
        ),
        (days, vec![count("one", "3", Some("day"))], "`one` says `day`, which nothing counts by"),
        (
            "trigger = breach\n rate = \"USD 5\"\n counted = time\n cap = \"10%\"",
            vec![count("one", "3", None), of(Other::DamagesBase, "value", "EUR 50", None)],
            "they are in USD, and what they are a part of in EUR",
        ),
        (
            part,
            vec![of(Other::DamagesBase, "fee", "USD 50", None)],
            "the value the cap is a part of was not reported",
        ),
        (
            "trigger = breach\n minimum = \"USD 5\"\n maximum = \"USD 50\"",
            vec![count("one", "3", None)],
            "the amount that the holder sets was not reported",
        ),
    ] {
        let terms = one("liquidated_damages", terms);
        let statement = &months(&terms, ("2025-03", "2025-03"), &[], &figures)[0];
        let named = [format!("liquidated_damages.c (agreement.md): {why}")];
        assert_eq!((&statement.not_computed[..], statement.lines.len()), (&named[..], 0));
    }
    // What must not have happened has.
    let unless = format!("{days}\n unless = \"2025-03-05\"");
    let statement = &months(
        &one("liquidated_damages", &unless),
        ("2025-03", "2025-03"),
        &[],
        &[count("one", "3", None)],
    )[0];
    let why = "liquidated_damages.c (agreement.md): their conditions are not known to be met";
    assert_eq!((&statement.not_computed[..], statement.lines.len()), (&[why.to_string()][..], 0));
    // A tenth of the value is the most, and a twentieth of the fee is due.
    let figures = [
        of(Other::DamagesBase, "fee", "USD 50", None),
        of(Other::DamagesBase, "value", "USD 20", Some("value")),
    ];
    let statement =
        &months(&one("liquidated_damages", part), ("2025-03", "2025-03"), &[], &figures)[0];
    assert_eq!(statement.lines[0].amount, money("USD 2"));
}

#[test]
fn a_period_without_any_volume_begins_at_nothing() {
    let terms = one(
        "volume_tier",
        "per = calendar_year\n tier {\n up_to = \"1_000\"\n price = \"USD 2.50\"\n }\n \
         tier { price = \"USD 2\" }",
    );
    let capacity =
        [hours(date(2025, 12, 5), 800, "USD 2.50"), hours(date(2026, 2, 5), 600, "USD 2.50")];
    let statements = months(&terms, ("2025-12", "2026-02"), &capacity, &[]);
    let lines = statements.iter().flat_map(|statement| &statement.lines);
    assert!(lines.clone().all(|line| line.kind != LineKind::Credit), "{}", read(&statements[2]));
}

#[test]
fn somebody_elses_price_counts_for_as_long_as_the_clause_looks_back() {
    let terms = one("most_favoured_nation", "look_back = \"6 months\"");
    let capacity = [4, 5].map(|day| hours(date(2025, 3, day), 10, "USD 3"));
    let comparable = figure(Other::ComparablePrice, "acme", date(2024, 9, 5), "USD 1");
    let statement = &months(&terms, ("2025-03", "2025-03"), &capacity, &[comparable])[0];
    let credits = statement.lines.iter().filter(|line| line.kind == LineKind::Credit);
    // The fifth of March is six months later.
    assert_eq!(credits.map(|line| line.amount).collect::<Vec<_>>(), [money("USD 20")]);
}

#[test]
fn a_price_is_not_brought_below_its_floor() {
    let terms = one("price_cap", "floor = \"USD 2.20\"");
    let asked = [(date(2025, 1, 1), "USD 3"), (date(2025, 2, 1), "USD 2")]
        .map(|(on, price)| figure(Other::Price, price, on, price));
    let capacity = [hours(date(2025, 2, 5), 10, "USD 2.60")];
    let statement = &months(&terms, ("2025-02", "2025-02"), &capacity, &asked)[0];
    let credit = statement.lines.iter().find(|line| line.kind == LineKind::Credit).unwrap();
    assert_eq!(credit.amount, money("USD 4"));
}

#[test]
fn the_best_price_is_held_against_what_is_supplied_in_each_currency() {
    let terms = agreement(
        "party \"other\" {}\nmost_favoured_nation \"best\" {\n grantor = cloud\n holder = lab\n}",
    );
    let day = date(2025, 3, 5);
    let of_another =
        Capacity { lot: "another".to_string(), customer: name("other"), ..hours(day, 10, "EUR 9") };
    let comparable = ["USD 1", "EUR 1"]
        .map(|price| figure(Other::ComparablePrice, price, date(2025, 3, 1), price));
    let capacity = [
        of_another,
        hours(day, 10, "USD 3"),
        Capacity { lot: "in euros".to_string(), ..hours(day, 5, "EUR 2") },
    ];
    let statement = &months(&terms, ("2025-03", "2025-03"), &capacity, &comparable)[0];
    let credits = statement.lines.iter().filter(|line| line.kind == LineKind::Credit);
    let credits: Vec<_> = credits.map(|line| line.amount).collect();
    assert_eq!(credits, [money("EUR 5"), money("USD 20")]);
}

#[test]
fn damages_for_a_late_lot_stand_on_the_statement() {
    let terms = one("liquidated_damages", "rate = \"USD 12\"\n payment_delay = \"30 days\"");
    let statement = settle(&Input {
        // Oracle L4.
        damages: &[Damages {
            day: date(2025, 7, 16),
            lot: "hall lot 1".to_string(),
            supplier: name("cloud"),
            customer: name("lab"),
            clause: Some("liquidated_damages.c".to_string()),
            days: 30,
            amount: money("USD 72_000"),
            cap: Some(money("USD 420_480")),
            capped: false,
        }],
        ..input(&terms, "2025-07")
    })
    .unwrap();
    insta::assert_snapshot!(read(&statement));
}

#[test]
fn funding_is_paid_as_it_falls_due() {
    let terms = one(
        "funding",
        "project = \"halls\"\n amount = \"USD 10_000\"\n tranche {\n amount = \"USD 6_000\"\n \
         due = \"2025-02-10\"\n }\n tranche {\n amount = \"USD 4_000\"\n due = \"2025-03-10\"\n }",
    );
    let drawn = Figure {
        clause: Some("funding.c".to_string()),
        ..figure(Other::Drawn, "first draw", date(2025, 3, 12), "USD 1_500")
    };
    let statements = months(&terms, ("2025-01", "2025-03"), &[], &[drawn]);
    let shown: Vec<_> = statements.iter().map(read).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_is_paid_back_is_lent_and_no_cost() {
    let terms = one("funding", "project = \"halls\"\n amount = \"USD 5\"\n repayable = true");
    let statement = &months(&terms, ("2025-01", "2025-01"), &[], &[])[0];
    assert_eq!(statement.lines[0].kind, LineKind::Loan);
    let postings = statement.transactions.iter().flat_map(|posted| &posted.postings);
    let accounts: Vec<_> = postings.map(|posting| posting.account.as_str()).collect();
    assert!(accounts.contains(&"cloud:assets:loans:lab"), "{accounts:?}");
}

#[test]
fn what_is_missing_keeps_a_statement_open() {
    let terms = one("commitment", "quantity = \"10 unit\"\n per = month");
    let none = figure(Other::Purchased, "none", date(2025, 1, 31), "0");
    let statement = &months(&terms, ("2025-01", "2025-01"), &[], &[none])[0];
    assert!(!statement.is_final);
    assert_eq!(
        statement.open,
        ["`commitment.c` needs the price of a unit before 2025-02-01, which nobody reported"]
    );
    assert!(statement.lines.iter().all(|line| line.kind != LineKind::TakeOrPay));
}

#[test]
fn what_is_delivered_late_is_not_owed() {
    let terms = one("commitment", "quantity = \"1_000 accelerator-hours\"\n per = quarter");
    let (january, march) =
        (hours(date(2025, 1, 5), 500, "USD 2"), hours(date(2025, 3, 5), 200, "USD 2"));
    let late = hours(date(2025, 3, 1), 100, "USD 2");
    let settled = |month: &str, capacity: &[Capacity], late: &[Capacity], earlier: &[Earlier]| {
        settle(&Input { capacity, undelivered: late, earlier, ..input(&terms, month) }).unwrap()
    };
    let first = settled("2025-01", &[january], &[], &[]);
    let line = first.lines.iter().find(|line| line.kind == LineKind::TakeOrPay).unwrap();
    let earlier = Earlier::of(first.month, line);
    let last = settled("2025-03", &[march], &[late], &[earlier]);
    let line = last.lines.iter().find(|line| line.kind == LineKind::TakeOrPay).unwrap();
    // 1,000 less 100 that came late, less 700: 200 at the average price of what was taken.
    assert_eq!(line.amount, money("USD 400"));
}

#[test]
fn payments_count_where_the_clause_counts_them() {
    let terms = one("commitment", "amount = \"USD 1_000\"\n per = month\n measure = payments");
    let capacity = [hours(date(2025, 1, 5), 900, "USD 1")];
    let mut paid = figure(Other::Paid, "royalties", date(2025, 1, 31), "USD 400");
    paid.party = name("lab");
    // What the supplier pays back is no payment of the customer's.
    let mut back = figure(Other::Paid, "refund", date(2025, 1, 31), "USD 50");
    back.to = Some(name("lab"));
    let statement = &months(&terms, ("2025-01", "2025-01"), &capacity, &[paid, back])[0];
    let line = statement.lines.iter().find(|line| line.kind == LineKind::TakeOrPay).unwrap();
    assert_eq!(line.amount, money("USD 600"));
    // Whoever pays has less in the bank and owes less.
    let postings = statement.transactions.iter().flat_map(|posted| &posted.postings);
    let of_cloud = postings.filter(|posting| posting.account.starts_with("cloud:"));
    let of_cloud = of_cloud.map(|posting| (posting.account.as_str(), posting.amount.amount));
    let of_cloud: BTreeMap<_, _> = of_cloud.collect();
    assert_eq!(of_cloud["cloud:assets:bank"], Decimal::from(-50));
    assert_eq!(of_cloud["cloud:liabilities:lab"], Decimal::from(50));
}

#[test]
fn a_position_has_stakes_commitments_and_licences() {
    let terms = agreement(
        r#"
investment "stake" {
  investor = cloud
  issuer   = lab
  stake    = "27%"
  value    = "USD 135"
}
commitment "azure" {
  customer = lab
  supplier = cloud
  amount   = "USD 1_000"
}
licence "models" {
  grantor = lab
  holder  = cloud
  until   = "2032-01-01"
}"#,
    );
    let statements =
        months(&terms, ("2025-01", "2025-02"), &[hours(date(2025, 2, 5), 300, "USD 1")], &[]);
    let mark = Figure {
        clause: Some("investment.stake".to_string()),
        ..figure(Other::Valuation, "mark", date(2025, 2, 20), "USD 150")
    };
    let of = |on| position(&terms, Known::Everything, on, std::slice::from_ref(&mark), &statements);
    let (before, after) = (of(date(2025, 2, 15)), of(date(2025, 2, 28)));
    let worth = |position: &Position| position.stakes[0].worth.as_ref().unwrap().amount;
    assert_eq!([worth(&before), worth(&after)], [money("USD 135"), money("USD 150")]);
    let left = |position: &Position| position.commitments[0].left.clone().unwrap();
    assert_eq!([left(&before), left(&after)], ["1000", "700"]);
    assert_eq!(after.licences[0].held.until, Some(date(2032, 1, 1)));
    assert!(of(date(2032, 1, 1)).licences.is_empty());
}
