//! Whether what is allowed primarily for a purpose is. Figures: domain rules §4.4, Q1.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use jiff::civil::date;
use sourcing::measured::{Measured, Metered, TestOutcome};
use terms::{Name, Terms};

/// "The lab may build for itself, primarily for research and training."
fn own_build(primarily: &str) -> Terms {
    agreement(&format!(
        r#"consent "own-build" {{
  grantor = meridian
  holder  = lab
  scope {{
    act     = build
    purpose = [research, training]
  }}
  primarily {{
    {primarily}
  }}
}}"#
    ))
}

/// 5.2 of training, 1.1 of research and 4.0 of inference, in millions, in the second quarter.
fn q1() -> Measured {
    metered(&[
        ("2025-05-15", "training", 5_200_000),
        ("2025-06-01", "research", 1_100_000),
        ("2025-06-30", "inference", 4_000_000),
    ])
}

fn metered(rows: &[(&str, &str, u64)]) -> Measured {
    let mut measured = Measured::default();
    for (on, purpose, amount) in rows {
        let (clause, by) = ("consent.own-build".to_string(), Name::new(LAB));
        let (on, purpose, amount) = (on.parse().unwrap(), purpose.to_string(), *amount);
        measured.meter(Metered { clause, by, on, purpose, amount });
    }
    measured
}

fn outcomes(terms: &Terms, measured: &Measured, now: &str) -> Vec<String> {
    let due = measured.due(terms, at(now)).unwrap();
    let show = |(when, tested): &(jiff::Timestamp, sourcing::measured::Tested)| {
        let outcome = match &tested.outcome {
            TestOutcome::Passed => "passed".to_string(),
            TestOutcome::Failed { cure_by } => format!("failed, cure by {}", local(*cure_by)),
            TestOutcome::Cured => "cured".to_string(),
            TestOutcome::NotCured { follows, excess } => format!("{follows:?} of {excess}"),
        };
        format!("{} {} {}/{} {outcome}", local(*when), tested.on, tested.part, tested.whole)
    };
    due.iter().map(show).collect()
}

#[test]
fn q1_more_than_half_is_tested_once_the_quarter_is_over() {
    let half = own_build("threshold = \"> 50%\"");
    assert!(outcomes(&half, &q1(), "2025-06-30 23:59").is_empty());
    let passed = ["2025-07-01 00:00 2025-06-30 6300000/10300000 passed"];
    assert_eq!(outcomes(&half, &q1(), "2025-07-01 00:00"), passed);
    let two_thirds = own_build("threshold = \">= 2/3\"");
    let failed = ["2025-07-01 00:00 2025-06-30 6300000/10300000 failed, cure by 2025-08-30 17:00"];
    assert_eq!(outcomes(&two_thirds, &q1(), "2025-07-01 00:00"), failed);
}

#[test]
fn exactly_half_is_more_than_nothing_but_not_more_than_half() {
    let rows = [("2025-06-01", "training", 50), ("2025-06-02", "inference", 50)];
    let above = own_build("threshold = \"> 50%\"\n on_fail = breach");
    let at_least = own_build("threshold = \">= 50%\"");
    assert!(outcomes(&above, &metered(&rows), "2025-07-02")[0].contains("failed"));
    assert!(outcomes(&at_least, &metered(&rows), "2025-07-02")[0].contains("passed"));
    // One hour of inference less would have passed.
    let late = outcomes(&above, &metered(&rows), "2025-09-01");
    assert_eq!(late[1], "2025-08-30 17:00 2025-08-30 50/100 Breach of 1");
}

#[test]
fn a_failed_test_may_be_cured_and_is_taken_again() {
    let terms = own_build("threshold = \">= 2/3\"");
    let mut measured = q1();
    let (_, failed) = measured.due(&terms, at("2025-07-01 12:00")).unwrap().remove(0);
    measured.test(failed);
    assert!(measured.due(&terms, at("2025-08-30 17:00")).unwrap().is_empty());
    let excess = ["2025-08-30 17:00 2025-08-30 6300000/10300000 ExcessInScope of 850000"];
    assert_eq!(outcomes(&terms, &measured, "2025-08-30 17:00:01"), excess);
    let training = ("2025-08-01", "training", 1_700_000);
    measured.meter(Metered {
        clause: "consent.own-build".to_string(),
        by: Name::new(LAB),
        on: training.0.parse().unwrap(),
        purpose: training.1.to_string(),
        amount: training.2,
    });
    let cured = ["2025-08-30 17:00 2025-08-30 8000000/12000000 cured"];
    assert_eq!(outcomes(&terms, &measured, "2025-08-30 17:00:01"), cured);
}

/// What lies more than twelve months back no longer counts.
#[test]
fn the_time_trails() {
    let terms = own_build("threshold = \"> 50%\"");
    let rows = [("2024-06-30", "inference", 100), ("2024-07-01", "training", 10)];
    let all = outcomes(&terms, &metered(&rows), "2025-07-01 00:00");
    assert_eq!(all.last().unwrap(), "2025-07-01 00:00 2025-06-30 10/10 passed");
    assert_eq!(date(2024, 6, 30).last_of_month(), date(2024, 6, 30));
}

#[test]
fn nothing_metered_is_not_tested() {
    let terms = own_build("threshold = \"> 50%\"");
    assert!(outcomes(&terms, &Measured::default(), "2026-01-01").is_empty());
}
