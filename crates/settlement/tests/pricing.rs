//! What calls cost, by class, processing and host; and what that is worth in another currency.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::{agreement, gpt, of_march, usd};
use jiff::civil::date;
use proptest::prelude::*;
use settlement::exchange::convert;
use settlement::rating::rate;
use settlement::{Exact, LineKind, Usage};
use usage::Tokens;

/// Beside the list of `common`, which prices `gpt` for all: a list for `o`, one for `o` on one host, and
/// one in euros.
const LISTS: &str = r#"
cloud "cloud-two" { operator = cloud }
price_list "classes" {
  channels = [direct]
  from     = "2025-01-01"
  price "o" {
    input        = "USD 2"
    cached_input = "USD 0.50"
    cache_write  = "USD 2.50"
    audio_input  = "USD 40"
    output       = "USD 8"
    audio_output = "USD 80"
    call         = "USD 0.01"
    batch { discount = "25%" }
    flex {
      input  = "USD 1"
      output = "USD 5"
    }
    training {
      input  = "USD 25"
      output = "USD 0"
    }
  }
}
price_list "on-two" {
  channels = [direct]
  hosts    = [cloud-two]
  from     = "2024-01-01"
  price "o" {
    input  = "USD 3"
    output = "USD 9"
  }
}
price_list "in-euros" {
  channels = [resale]
  from     = "2025-01-01"
  price "o" {
    input  = "EUR 10"
    output = "EUR 20"
  }
}
exchange_rate "of-the-bank" {
  currency  = EUR
  holds_for = "3 days"
  rates = {
    "2025-03-03" = "USD 1.05"
    "2025-03-04" = "USD 1.06"
    "2025-03-20" = "USD 1.09"
  }
}
"#;

/// Calls of `o` on a day of March 2025.
fn o(tier: &str, host: &str, calls: u64, tokens: Tokens<u128>) -> Usage {
    let (model, tier, host) = ("o".to_string(), tier.to_string(), host.to_string());
    Usage { model, tier, host, calls, tokens, ..gpt("direct", 4, 0) }
}

/// A million tokens of one class.
fn million(class: usize) -> Tokens<u128> {
    Tokens::of_classes(std::array::from_fn(|at| if at == class { 1_000_000 } else { 0 }))
}

#[test]
fn each_class_has_its_price_or_that_of_the_class_it_is_part_of() {
    let terms = agreement(LISTS);
    for (tier, host, prices) in [
        ("standard", "cloud-one", ["2", "0.5", "2.5", "40", "2", "8", "8", "80", "8"]),
        ("batch", "cloud-one", ["1.5", "0.375", "1.875", "30", "1.5", "6", "6", "60", "6"]),
        ("flex", "cloud-one", ["1", "1", "1", "1", "1", "5", "5", "5", "5"]),
        // What a list does not price of its own is priced as all calls are.
        ("priority", "cloud-one", ["2", "0.5", "2.5", "40", "2", "8", "8", "80", "8"]),
        ("training", "cloud-one", ["25", "25", "25", "25", "25", "0", "0", "0", "0"]),
        // A list that names the host goes before a later one for all.
        ("standard", "cloud-two", ["3", "3", "3", "3", "3", "9", "9", "9", "9"]),
    ] {
        for (class, price) in prices.into_iter().enumerate() {
            let usage = [o(tier, host, 0, million(class))];
            let (rated, unrated) = rate(&terms.registry, &usage);
            assert_eq!(unrated, []);
            assert_eq!(rated[0].amount, usd(price), "{tier} on {host}: class {class}");
        }
    }
}

#[test]
fn a_call_has_a_price_of_its_own() {
    let terms = agreement(LISTS);
    for (tier, calls, charged) in
        [("standard", 3, "0.03"), ("batch", 3, "0.0225"), ("flex", 3, "0"), ("standard", 0, "0")]
    {
        let usage = [o(tier, "cloud-one", calls, Tokens::default())];
        let (rated, _) = rate(&terms.registry, &usage);
        assert_eq!(rated[0].amount, usd(charged), "{calls} calls, {tier}");
    }
}

#[test]
fn a_list_no_longer_holds_on_the_day_it_ends() {
    let terms = agreement(
        "price_list \"short\" {\n channels = [direct]\n from = \"2025-01-01\"\n until = \"2025-03-04\"\n \
         price \"o\" {\n input = \"USD 2\"\n output = \"USD 2\"\n }\n}",
    );
    let on = |day| Usage { day: date(2025, 3, day), ..o("standard", "cloud-one", 1, million(0)) };
    let usage = [on(3), on(4)];
    let (rated, unrated) = rate(&terms.registry, &usage);
    assert_eq!((rated.len(), rated[0].usage.day), (1, date(2025, 3, 3)));
    assert_eq!(unrated[0].first_day, date(2025, 3, 4));
}

#[test]
fn what_no_list_prices_is_told_with_its_reason() {
    let terms = agreement(&format!(
        "{LISTS}\nprice_list \"two-alone\" {{\n channels = [resale]\n hosts = [cloud-two]\n from = \
         \"2025-01-01\"\n price \"gpt-5\" {{\n input = \"USD 1\"\n output = \"USD 1\"\n }}\n}}\n\
         model \"gpt-5\" {{ owner = lab }}\n"
    ));
    let on_resale = |model: &str, tier: &str| Usage {
        channel: "resale".to_string(),
        model: model.to_string(),
        ..o(tier, "cloud-one", 7, million(0))
    };
    for (usage, reason) in [
        (on_resale("o", "training"), "price list `in-euros` has no price of `o` for training"),
        (
            on_resale("gpt-5", "standard"),
            "price list `two-alone` has `gpt-5` on `resale`, but not on `cloud-one`",
        ),
        (
            o("turbo", "cloud-one", 7, million(0)),
            "`turbo` is no way of processing calls; known: standard, batch, flex, priority, training",
        ),
    ] {
        let usage = [usage];
        let (rated, unrated) = rate(&terms.registry, &usage);
        assert!(rated.is_empty());
        assert_eq!((unrated[0].reason.as_str(), unrated[0].events), (reason, 7));
    }
}

#[test]
fn the_rate_of_the_day_counts_or_the_last_before_it_while_it_holds() {
    let terms = agreement(LISTS);
    let (eur, usd_) = ("EUR".parse().unwrap(), "USD".parse().unwrap());
    let hundred = Exact::whole(100);
    for (day, expected) in [
        (2, Err("no exchange rate says what EUR was worth in USD on 2025-03-02")),
        (3, Ok(("105", date(2025, 3, 3)))),
        (4, Ok(("106", date(2025, 3, 4)))),
        (7, Ok(("106", date(2025, 3, 4)))),
        (8, Err("no exchange rate says what EUR was worth in USD on 2025-03-08")),
        (20, Ok(("109", date(2025, 3, 20)))),
    ] {
        let converted = convert(&terms.registry, &hundred, eur, usd_, date(2025, 3, day));
        let found = converted.map(|(amount, used)| (amount, used.unwrap().of));
        let expected = expected.map(|(amount, of)| (usd(amount), of));
        assert_eq!(found, expected.map_err(str::to_string), "on the {day}th");
    }
    // The other way round, exactly; and what is in the currency already needs no rate.
    let back = convert(&terms.registry, &usd("106"), usd_, eur, date(2025, 3, 4)).unwrap().0;
    assert_eq!(back, hundred);
    let (same, used) = convert(&terms.registry, &hundred, eur, eur, date(2025, 1, 1)).unwrap();
    assert_eq!((same, used), (hundred, None));
}

/// A share of what is sold in euros, which counts in dollars.
fn capped() -> String {
    format!(
        "{LISTS}\nrevenue_share \"s\" {{\n payer = cloud\n payee = lab\n base = gross\n rate = \"10%\"\n \
         cap_total = \"USD 1_000\"\n scope {{ channel = resale }}\n}}\n"
    )
}

/// A million input tokens of `o`, sold in euros on a day of March.
fn in_euros(day: i8) -> Usage {
    let channel = "resale".to_string();
    Usage { channel, day: date(2025, 3, day), ..o("standard", "cloud-one", 1, million(0)) }
}

#[test]
fn a_share_that_counts_in_another_currency_converts_its_base_day_by_day() {
    let terms = agreement(&capped());
    let statement = of_march(&terms, &[in_euros(3), in_euros(4), in_euros(20)]);
    assert_eq!(statement.open, [""; 0]);
    let line = |kind| statement.lines.iter().find(|line| line.kind == kind).unwrap();
    // A line stays in the currency of its list; the share's is that of its cap.
    assert_eq!(line(LineKind::Revenue).amount.to_string(), "EUR 30.00");
    let share = line(LineKind::RevenueShare);
    // 10 % of EUR 10 at 1.05, 1.06 and 1.09.
    assert_eq!(share.amount.to_string(), "USD 3.20");
    assert_eq!(share.exact, "3.2");
    assert_eq!(
        (share.steps[0].name.as_str(), share.steps[0].value.as_str()),
        ("charged in EUR, converted to USD day by day", "30")
    );
    let days: Vec<_> = share.days.iter().map(|day| day.amount.as_str()).collect();
    assert_eq!(days, ["10.5", "10.6", "10.9"]);
}

#[test]
fn a_day_without_a_rate_keeps_the_statement_from_being_final() {
    let terms = agreement(&capped());
    let statement = of_march(&terms, &[in_euros(4), in_euros(9), in_euros(10)]);
    assert_eq!(
        statement.open,
        [
            "`revenue_share.s` leaves out `resale o` of 2 days: no exchange rate says what EUR was worth in \
             USD on 2025-03-09"
        ]
    );
    assert!(statement.transactions.is_empty(), "nothing is posted");
    // What has a rate counts: 10 % of EUR 10 at 1.06.
    let share = statement.lines.iter().find(|line| line.kind == LineKind::RevenueShare);
    assert_eq!(share.unwrap().exact, "1.06");
}

#[test]
fn a_line_says_what_was_counted_at_which_price() {
    let terms = agreement(LISTS);
    let tokens = Tokens { input: 10, cached: 20, output: 30, ..Tokens::default() };
    let usage = [o("standard", "cloud-one", 2, tokens), o("batch", "cloud-one", 1, tokens)];
    let statement = of_march(&terms, &usage);
    let line = &statement.lines[0];
    assert_eq!((line.exact.as_str(), line.amount.to_string().as_str()), ("0.0279725", "USD 0.03"));
    let steps: Vec<_> =
        line.steps.iter().map(|step| format!("{}: {}", step.name, step.value)).collect();
    assert_eq!(
        steps,
        [
            "calls at USD 0.01: 2",
            "input tokens at USD 2 a million: 10",
            "cached input tokens at USD 0.50 a million: 20",
            "output tokens at USD 8 a million: 30",
            "batch: calls at USD 0.0075: 1",
            "batch: input tokens at USD 1.5 a million: 10",
            "batch: cached input tokens at USD 0.375 a million: 20",
            "batch: output tokens at USD 6 a million: 30",
        ]
    );
}

/// One call that each field of a group can come from.
fn any_call() -> impl Strategy<Value = Usage> {
    let tier = prop_oneof!["standard", "batch", "flex", "priority", "training"];
    let host = prop_oneof![Just("cloud-one"), Just("cloud-two")];
    let tokens = proptest::array::uniform9(0u128..u128::from(u32::MAX));
    (tier, host, tokens)
        .prop_map(|(tier, host, tokens)| o(&tier, host, 1, Tokens::of_classes(tokens)))
}

proptest! {
    /// A price depends on nothing finer than a group, so the price of a sum is the sum of the prices.
    #[test]
    fn rating_a_sum_is_rating_each_of_its_calls(calls in proptest::collection::vec(any_call(), 1..20)) {
        let terms = agreement(LISTS);
        let mut groups: Vec<Usage> = Vec::new();
        for call in &calls {
            let same = |group: &&mut Usage| (&group.tier, &group.host) == (&call.tier, &call.host);
            match groups.iter_mut().find(same) {
                None => groups.push(call.clone()),
                Some(group) => {
                    let (sum, more) = (group.tokens.by_class(), call.tokens.by_class());
                    group.tokens = Tokens::of_classes(std::array::from_fn(|at| sum[at] + more[at]));
                    group.calls += call.calls;
                }
            }
        }
        let total = |usage: &[Usage]| -> (Exact, u64) {
            let (rated, unrated) = rate(&terms.registry, usage);
            let calls = unrated.iter().map(|unrated| unrated.events).sum();
            (rated.into_iter().map(|group| group.amount).sum(), calls)
        };
        prop_assert_eq!(total(&groups), total(&calls));
    }

    /// Converting a sum is converting each part, and there and back is where it began.
    #[test]
    fn converting_loses_nothing(parts in proptest::collection::vec(-1_000_000i64..1_000_000, 1..10)) {
        let terms = agreement(LISTS);
        let (eur, usd_) = ("EUR".parse().unwrap(), "USD".parse().unwrap());
        let there = |amount: &Exact| {
            convert(&terms.registry, amount, eur, usd_, date(2025, 3, 4)).unwrap().0
        };
        let parts: Vec<Exact> = parts.into_iter().map(|part| Exact::whole(part).per(7)).collect();
        let sum: Exact = parts.iter().cloned().sum();
        prop_assert_eq!(parts.iter().map(there).sum::<Exact>(), there(&sum));
        let back = convert(&terms.registry, &there(&sum), usd_, eur, date(2025, 3, 4)).unwrap().0;
        prop_assert_eq!(back, sum);
    }
}
