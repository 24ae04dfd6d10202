//! What closed months come to today is booked in an open one, and paid with what that one comes to.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::{TWO_WAY, agreement, gpt, hours, input};
use jiff::civil::{Date, date};
use settlement::{Capacity, Input, Line, LineKind, Restated, Statement, Usage, settle};
use terms::Terms;

fn sales(channel: &str, day: Date, dollars: u128) -> Usage {
    Usage { day, ..gpt(channel, 1, dollars) }
}

fn settled(terms: &Terms, month: &str, usage: &[Usage], closed: &[Restated<'_>]) -> Statement {
    settle(&Input { usage, closed, ..input(terms, month) }).unwrap()
}

#[test]
fn an_adjusted_share_is_set_off_with_those_that_are_paid_on_its_day() {
    let terms = agreement(TWO_WAY);
    let january = [sales("direct", date(2025, 1, 5), 400), sales("resale", date(2025, 1, 5), 100)];
    let late = [sales("direct", date(2025, 1, 9), 40), sales("resale", date(2025, 1, 9), 100)];
    let original = settled(&terms, "2025-01", &january, &[]);
    let today = settled(&terms, "2025-01", &[january, late].concat(), &[]);
    let restated = || Restated { original: &original, since: Vec::new(), today: &today };
    for (month, day, nets) in [
        // A quarter is paid on one day, and what is adjusted of it with the rest.
        ("2025-02", date(2025, 2, 5), vec![("lab", "65.00", "2025-05-15")]),
        // In April the day of the first quarter is still ahead.
        (
            "2025-04",
            date(2025, 4, 5),
            vec![("lab", "75.00", "2025-08-14"), ("cloud", "10.00", "2025-05-15")],
        ),
        // In June it is over: the adjustment is paid with the second quarter.
        ("2025-06", date(2025, 6, 5), vec![("lab", "65.00", "2025-08-14")]),
    ] {
        let usage = [sales("direct", day, 380), sales("resale", day, 100)];
        let statement = settled(&terms, month, &usage, &[restated()]);
        let net = statement.lines.iter().filter(|line| line.kind == LineKind::Net);
        let shown = |line: &Line| {
            let payable = line.payable.unwrap().to_string();
            (line.from.to_string(), line.amount.amount.to_string(), payable)
        };
        let nets = nets.into_iter().map(|(from, amount, payable)| {
            (from.to_string(), amount.to_string(), payable.to_string())
        });
        assert_eq!(net.map(shown).collect::<Vec<_>>(), nets.collect::<Vec<_>>(), "{month}");
    }
}

#[test]
fn the_day_after_the_month_is_still_ahead() {
    // Thirty-one days after the first quarter is the first of May.
    let terms = agreement(&TWO_WAY.replace("\"\n}", "\"\n payment_delay = \"31 days\"\n}"));
    let january = [sales("direct", date(2025, 1, 5), 400)];
    let late = [sales("direct", date(2025, 1, 9), 40)];
    let original = settled(&terms, "2025-01", &january, &[]);
    let today = settled(&terms, "2025-01", &[january, late].concat(), &[]);
    let restated = Restated { original: &original, since: Vec::new(), today: &today };
    let statement = settled(&terms, "2025-04", &[], &[restated]);
    let adjusted = statement.lines.iter().filter(|line| line.adjusts.is_some());
    let payable: Vec<_> = adjusted.filter_map(|line| line.payable).collect();
    assert_eq!(payable, [date(2025, 5, 1)]);
}

#[test]
fn what_moves_no_money_is_not_adjusted_and_what_was_adjusted_is_not_adjusted_again() {
    let terms = agreement(
        "commitment \"c\" {\n customer = lab\n supplier = cloud\n amount = \"USD 1_000\"\n}",
    );
    let month = |hours: &[Capacity]| {
        settle(&Input { capacity: hours, ..input(&terms, "2025-01") }).unwrap()
    };
    let [less, more] = [100, 130].map(|count| month(&[hours(date(2025, 1, 5), count, "USD 1")]));
    let restated = |since| Restated { original: &less, since, today: &more };
    let february = settled(&terms, "2025-02", &[], &[restated(Vec::new())]);
    let adjusted = |statement: &Statement| -> Vec<Line> {
        let lines = statement.lines.iter().filter(|line| line.adjusts.is_some());
        lines.cloned().collect()
    };
    let booked = adjusted(&february);
    let [line] = &booked[..] else { panic!("{booked:?}") };
    assert_eq!((line.kind, line.exact.as_str()), (LineKind::Capacity, "30.00"));
    let march = settled(&terms, "2025-03", &[], &[restated(vec![line])]);
    assert_eq!(adjusted(&march), []);
}
