//! Formulas of the parties' own: what they come to, and what is said of those that cannot be read.
#![allow(clippy::unwrap_used)]

mod common;

use common::{buyer, decimal, seller, x, xyz, z};
use evaluation::{Formula, Method, Objective, Quantity, Standing, Unscored, compare};
use proptest::prelude::*;

fn value(text: &str) -> Standing {
    let formula: Formula = text.parse().unwrap();
    buyer(Method::Formula(formula)).evaluate(&z()).unwrap().standing
}

#[test]
fn arithmetic_is_what_it_looks_like() {
    for (text, expected) in [
        ("minimise 1 + 2 * 3", "7"),
        ("minimise (1 + 2) * 3", "9"),
        ("minimise 10 - 2 - 3", "5"),
        ("minimise 12 / 2 / 3", "2"),
        ("minimise 1 / 3 * 3", "1"),
        ("minimise -2 * -3", "6"),
        ("minimise --2 - -1", "3"),
        ("maximise min(3, 1, 2) + max(3, 1 + 4)", "6"),
        ("minimise 0.000001 + 0", "0.000001"),
        ("  minimise\n  up_front / months ", "41666.666667"),
        ("minimise months + accelerators * effectiveness", "1012"),
        ("minimise min(money, 1) - (present_hours - present_hours)", "1"),
        ("minimise needed_hours - hours - short_hours", "0"),
        ("minimise needed_present_hours - present_hours - present_short_hours", "0"),
        ("minimise cover_cost / present_short_hours", "3"),
    ] {
        let Standing::Scored(score) = value(text) else { panic!("{text}") };
        assert_eq!(score.value, decimal(expected), "{text}");
    }
    assert_eq!(value("minimise 1 / (hours - hours)"), Standing::Unscored(Unscored::DividesByZero));
}

#[test]
fn a_formula_can_say_what_the_methods_say() {
    let formula = "minimise (present_value + cover_cost) / needed_present_hours";
    let own = buyer(Method::Formula(formula.parse().unwrap()));
    for (offer, tried) in xyz().iter().zip(own.test(&[x(), common::y(), z()])) {
        let posted = buyer(Method::CostToCover).evaluate(&offer.economics).unwrap();
        assert_eq!(tried.unwrap(), posted);
    }
}

#[test]
fn the_formula_says_what_is_better_whatever_the_side() {
    let offers = xyz();
    let first = |text: &str| {
        let basis = seller(Method::Formula(text.parse().unwrap()), 12);
        let compared = compare(&basis, &offers, &[], &[0; 32]).unwrap();
        (compared.objective, compared.rows[0].number)
    };
    assert_eq!(first("minimise hours"), (Objective::Minimise, 2));
    assert_eq!(first("maximise hours"), (Objective::Maximise, 1));
}

#[test]
fn what_cannot_be_read_is_shown_with_what_was_expected() {
    let nested = format!("minimise {}1{}", "(".repeat(33), ")".repeat(33));
    let long = format!("minimise {}1", "1+".repeat(300));
    for (text, at, found, expected) in [
        ("", 0, "the formula ends", "`minimise` or `maximise`"),
        ("money", 0, "`money`", "`minimise` or `maximise`"),
        ("minimise", 8, "the formula ends", "a number, a quantity, `min(`, `max(` or `(`"),
        ("minimise money +", 16, "the formula ends", "a number, a quantity, `min(`, `max(` or `(`"),
        ("minimise * money", 9, "`*`", "a number, a quantity, `min(`, `max(` or `(`"),
        ("minimise money hours", 15, "`hours`", "an operator or the end"),
        ("minimise money)", 14, "`)`", "an operator or the end"),
        ("minimise (money", 15, "the formula ends", "an operator or `)`"),
        ("minimise (money hours)", 16, "`hours`", "an operator or `)`"),
        ("minimise min money", 13, "`money`", "`(`"),
        ("minimise min(money)", 18, "`)`", "`,` and a second value"),
        ("minimise max(1, 2", 17, "the formula ends", "`,` or `)`"),
        ("minimise 1.2.3", 9, "`1`", "a number of at most 28 digits, as `0.25`"),
        ("minimise 5.", 9, "`5`", "a number of at most 28 digits, as `0.25`"),
        (&nested, 41, "`(`", "at most 32 parentheses inside each other"),
        (&long, 500, "`+`", "at most 500 characters"),
        ("minimise µ", 9, "`µ`", "one of"),
        ("minimise money * prize", 17, "`prize`", "one of"),
    ] {
        let error = text.parse::<Formula>().unwrap_err();
        assert_eq!((error.at, error.found.as_str()), (at, found), "{text}");
        assert!(error.expected.starts_with(expected), "{text}: {}", error.expected);
    }
    let error = "minimise money * prize".parse::<Formula>().unwrap_err();
    for (name, _) in Quantity::ALL {
        assert!(error.expected.contains(&format!("`{name}`")), "{name}");
    }
    let error = "minimise money hours".parse::<Formula>().unwrap_err().to_string();
    assert_eq!(
        error,
        "`minimise money hours`, character 16: `hours`, where an operator or the end was expected"
    );
}

#[test]
fn a_basis_is_read_back_as_it_was_posted() {
    let formula = "maximise hours - 2 * short_hours";
    for method in [Method::LevelisedPrice, Method::Formula(formula.parse().unwrap())] {
        let basis = buyer(method);
        let text = serde_json::to_string(&basis).unwrap();
        let read: evaluation::Basis = serde_json::from_str(&text).unwrap();
        assert_eq!(read, basis);
        let compared = compare(&basis, &xyz(), &evaluation::TieBreak::ALL, &[1; 32]).unwrap();
        let text = serde_json::to_string(&compared).unwrap();
        assert_eq!(serde_json::from_str::<evaluation::Comparison>(&text).unwrap(), compared);
    }
    let refused = serde_json::from_str::<Method>(r#"{"formula": "minimise"}"#).unwrap_err();
    assert!(refused.to_string().contains("character 9"), "{refused}");
    assert!(x().effectiveness == decimal("1"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(minimise )?[-a-z0-9.,+*/() _µ]{0,80}") {
        if let Ok(formula) = text.parse::<Formula>() {
            let _ = buyer(Method::Formula(formula)).evaluate(&x());
        }
    }

    #[test]
    fn sums_are_exact(a in -1_000_000i64..1_000_000, b in 1i64..1_000, c in -1_000i64..1_000) {
        let text = format!("minimise ({a} / {b} + {c}) * {b} - {a} - {c} * {b}");
        let Standing::Scored(score) = value(&text) else { panic!("{text}") };
        prop_assert!(score.value.is_zero());
    }
}
