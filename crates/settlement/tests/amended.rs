//! A clause that takes the place of another goes on with what that one carried, also within a month.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::{amended, figure, gpt, hours, settled};
use jiff::civil::{Date, date};
use settlement::figure::Other;
use settlement::position::position;
use settlement::{Figure, LineKind, Statement, Usage};
use terms::{Known, Terms};

/// A clause as it is agreed, and as an amendment restates it from a day on.
fn restated(kind: &str, before: &str, from: &str, after: &str) -> Terms {
    let roles = match kind {
        "revenue_share" => "payer = lab\n payee = cloud\n base = gross",
        "commitment" => "customer = lab\n supplier = cloud",
        "funding" => "funder = cloud\n recipient = lab\n project = \"halls\"",
        "profit_participation" => "grantor = lab\n holder = cloud",
        _ => "grantor = cloud\n holder = lab",
    };
    let clause = |says: &str| format!("{kind} \"c\" {{\n {roles}\n {says}\n}}");
    amended(&clause(before), from, &clause(&format!("replaces = {kind}.c\n {after}")))
}

fn sales(day: Date, dollars: u128) -> Usage {
    Usage { day, ..gpt("direct", 1, dollars) }
}

/// What the lines of a kind come to, month by month.
fn exact(statements: &[Statement], kind: LineKind) -> Vec<Vec<&str>> {
    let months = statements.iter().map(|statement| {
        let lines = statement.lines.iter().filter(|line| line.kind == kind);
        lines.map(|line| line.exact.as_str()).collect()
    });
    months.collect()
}

#[test]
fn caps_and_tiers_count_what_the_version_before_came_to() {
    let usage = [
        sales(date(2025, 11, 3), 800),
        sales(date(2025, 12, 10), 100),
        sales(date(2025, 12, 20), 100),
        sales(date(2026, 1, 5), 100),
    ];
    let months = ["2025-11", "2025-12", "2026-01"];
    let tiers = |high: &str| {
        format!(
            "tier_measure = year\n tier {{\n up_to = \"USD 900\"\n rate = \"10%\"\n }}\n \
             tier {{ rate = \"{high}\" }}"
        )
    };
    for (before, after, due) in [
        // Ninety of a hundred are paid when the rate doubles; the other ten are all there is.
        (
            "rate = \"10%\"\n cap_total = \"USD 100\"".to_string(),
            "rate = \"20%\"\n cap_total = \"USD 100\"".to_string(),
            [vec!["80"], vec!["10", "10"], vec!["0"]],
        ),
        // What was paid above a lower cap is not taken back.
        (
            "rate = \"10%\"\n cap_total = \"USD 100\"".to_string(),
            "rate = \"20%\"\n cap_total = \"USD 50\"".to_string(),
            [vec!["80"], vec!["10", "0"], vec!["0"]],
        ),
        // So it is for a year that ends with the month of the amendment.
        (
            "rate = \"10%\"\n cap_per_year = \"USD 100\"".to_string(),
            "rate = \"20%\"\n cap_per_year = \"USD 100\"".to_string(),
            [vec!["80"], vec!["10", "10"], vec!["20"]],
        ),
        (tiers("20%"), tiers("50%"), [vec!["80"], vec!["10", "50"], vec!["10"]]),
        // A guarantee for the year is topped up once, by the last version.
        (
            "rate = \"10%\"\n minimum_guarantee { amount = \"USD 150\" }".to_string(),
            "rate = \"20%\"\n minimum_guarantee { amount = \"USD 150\" }".to_string(),
            [vec!["80"], vec!["10", "60"], vec!["20"]],
        ),
    ] {
        let terms = restated("revenue_share", &before, "2025-12-15", &after);
        let statements = settled(&terms, &months, &usage, &[], &[]);
        assert_eq!(exact(&statements, LineKind::RevenueShare), due, "{after}");
    }
}

#[test]
fn what_several_clauses_take_the_place_of_goes_on_in_none() {
    let clause = |label: &str, says: &str| {
        format!(
            "revenue_share \"{label}\" {{\n payer = lab\n payee = cloud\n base = gross\n \
             rate = \"10%\"\n cap_total = \"USD 100\"\n {says}\n}}\n"
        )
    };
    let one = clause("one", "replaces = revenue_share.c\n scope { product = api }");
    let other = clause("other", "replaces = revenue_share.c\n scope { product = none }");
    let none = "product \"none\" { owner = lab }\n";
    let before = format!("{none}{}", clause("c", ""));
    let terms = amended(&before, "2025-12-01", &format!("{one}{other}"));
    let usage = [sales(date(2025, 11, 3), 800), sales(date(2025, 12, 3), 300)];
    let statements = settled(&terms, &["2025-11", "2025-12"], &usage, &[], &[]);
    let due = exact(&statements, LineKind::RevenueShare);
    assert_eq!(due, [vec!["80"], vec!["30", "0"]]);
}

#[test]
fn an_advance_is_paid_once_and_recouped_on() {
    let advance = "advance { amount = \"USD 100\" }";
    let terms = restated(
        "revenue_share",
        &format!("rate = \"10%\"\n {advance}"),
        "2025-02-15",
        &format!("rate = \"20%\"\n {advance}"),
    );
    let usage = [
        sales(date(2025, 1, 5), 300),
        sales(date(2025, 2, 10), 300),
        sales(date(2025, 2, 20), 300),
        sales(date(2025, 3, 1), 100),
    ];
    let months = ["2025-01", "2025-02", "2025-03"];
    let statements = settled(&terms, &months, &usage, &[], &[]);
    assert_eq!(exact(&statements, LineKind::Advance), [vec!["100"], vec![], vec![]]);
    assert_eq!(exact(&statements, LineKind::Recoupment), [vec!["30"], vec!["30", "40"], vec![]]);
    let due = exact(&statements, LineKind::RevenueShare);
    assert_eq!(due, [vec!["0"], vec!["0", "20"], vec!["20"]]);
}

#[test]
fn a_profit_is_shared_once_by_the_terms_at_the_end_of_its_period() {
    let terms = restated(
        "profit_participation",
        "share = \"10%\"\n profit = ebit",
        "2025-06-15",
        "share = \"20%\"\n profit = ebit",
    );
    let months = ["2025-03", "2025-06"];
    let ebit = [
        (date(2025, 3, 31), "USD 500"),
        (date(2025, 5, 31), "USD 300"),
        (date(2025, 6, 30), "USD 200"),
    ]
    .map(|(on, amount)| figure("lab", Other::Ebit.into(), &on.to_string(), on, amount));
    let statements = settled(&terms, &months, &[], &[], &ebit);
    assert_eq!(exact(&statements, LineKind::ProfitParticipation), [vec!["50"], vec!["100"]]);
}

#[test]
fn a_commitment_is_drawn_down_on_from_where_it_stood() {
    let terms =
        restated("commitment", "amount = \"USD 1_000\"", "2025-02-15", "amount = \"USD 1_500\"");
    let capacity = [
        hours(date(2025, 1, 5), 300, "USD 1"),
        hours(date(2025, 2, 10), 100, "USD 1"),
        hours(date(2025, 2, 20), 200, "USD 1"),
    ];
    let statements = settled(&terms, &["2025-01", "2025-02", "2025-03"], &[], &capacity, &[]);
    let left: Vec<_> = statements
        .iter()
        .flat_map(|statement| &statement.lines)
        .filter(|line| line.kind == LineKind::Drawdown)
        .map(|line| (line.steps[1].value.as_str(), line.steps[3].value.as_str()))
        .collect();
    assert_eq!(left, [("0", "700"), ("300", "600"), ("400", "900"), ("600", "900")]);
    assert!(statements.iter().all(|statement| statement.not_computed.is_empty()));
    let position = position(&terms, Known::Everything, date(2025, 3, 31), &[], &statements);
    assert_eq!(position.commitments[0].left.as_deref(), Some("900"));
}

#[test]
fn a_year_goes_on_and_is_trued_up_by_the_terms_at_its_end() {
    let terms = restated(
        "commitment",
        "amount = \"USD 1_000\"\n per = calendar_year",
        "2025-12-15",
        "amount = \"USD 1_200\"\n per = calendar_year",
    );
    let capacity = [
        hours(date(2025, 11, 5), 300, "USD 1"),
        hours(date(2025, 12, 10), 100, "USD 1"),
        hours(date(2025, 12, 20), 200, "USD 1"),
    ];
    let statements = settled(&terms, &["2025-11", "2025-12"], &[], &capacity, &[]);
    assert_eq!(exact(&statements, LineKind::TakeOrPay), [vec!["0"], vec!["0", "600"]]);
    assert!(statements.iter().all(|statement| statement.not_computed.is_empty()));
}

#[test]
fn a_volume_is_counted_on() {
    let tiers = |high: &str| {
        format!(
            "per = calendar_year\n tier {{\n up_to = \"1_000\"\n price = \"USD 2\"\n }}\n \
             tier {{ price = \"{high}\" }}"
        )
    };
    let terms = restated("volume_tier", &tiers("USD 1.50"), "2025-02-15", &tiers("USD 1"));
    let capacity = [
        hours(date(2025, 1, 5), 800, "USD 2"),
        hours(date(2025, 2, 10), 200, "USD 2"),
        hours(date(2025, 2, 20), 100, "USD 2"),
    ];
    let statements = settled(&terms, &["2025-01", "2025-02"], &[], &capacity, &[]);
    // Nothing is given back of the first thousand, and a dollar of each hour above it.
    let back = exact(&statements, LineKind::Credit);
    assert_eq!(back, [Vec::<&str>::new(), vec!["100"]]);
}

#[test]
fn what_falls_due_in_the_month_of_an_amendment_falls_due_once() {
    // Before the amendment, and after it.
    for day in [10, 20] {
        let funding = format!(
            "amount = \"USD 100\"\n tranche {{\n amount = \"USD 100\"\n due = \"2025-02-{day}\"\n }}"
        );
        let terms = restated("funding", &funding, "2025-02-15", &funding);
        let statements = settled(&terms, &["2025-02"], &[], &[], &[]);
        assert_eq!(exact(&statements, LineKind::Funding), [vec!["100"]]);
    }
    // What is paid at once is paid when it is agreed, and not again.
    let terms = restated("funding", "amount = \"USD 100\"", "2025-02-15", "amount = \"USD 100\"");
    let statements = settled(&terms, &["2025-01", "2025-02"], &[], &[], &[]);
    assert_eq!(exact(&statements, LineKind::Funding), [vec!["100"], vec![]]);

    let damages = "trigger = breach\n rate = \"USD 5\"\n counted = time";
    let terms = restated("liquidated_damages", damages, "2025-02-15", damages);
    let days = Figure {
        clause: Some("liquidated_damages.c".to_string()),
        ..figure("cloud", Other::DamagesCount.into(), "days", date(2025, 2, 20), "3")
    };
    let statements = settled(&terms, &["2025-02"], &[], &[], &[days]);
    assert_eq!(exact(&statements, LineKind::Damages), [vec!["15"]]);
}
