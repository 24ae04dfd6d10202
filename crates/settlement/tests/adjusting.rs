//! What closed months come to today is booked in an open one, and paid with what that one comes to.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::{TWO_WAY, agreement, gpt, input};
use jiff::civil::{Date, date};
use settlement::{Input, Line, LineKind, Restated, Statement, Usage, settle};
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
