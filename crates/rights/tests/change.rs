//! Acts whose verdict changes: each is confirmed by `decide`, and none is missed.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use common::example;
use jiff::civil::Date;
use proptest::prelude::*;
use rights::{Decision, VerdictChange, changes, decide};
use terms::{Act, Document, InForce, Known, Name, Source, Terms, Verb};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn on<'a>(terms: &'a Terms, text: &str) -> InForce<'a> {
    terms.in_force(day(text), Known::Everything)
}

fn clauses(decision: &Decision) -> String {
    let clauses: Vec<_> = decision.because.iter().map(|reason| reason.clause.as_str()).collect();
    if clauses.is_empty() { "no clause".to_string() } else { clauses.join(", ") }
}

fn shown(changes: &[VerdictChange]) -> String {
    let mut text = String::new();
    for VerdictChange { before, after } in changes {
        writeln!(
            text,
            "{}\n    {} by {}\n    {} by {}",
            after.act,
            before.verdict.word(),
            clauses(before),
            after.verdict.word(),
            clauses(after)
        )
        .unwrap();
    }
    text
}

/// The acts of a pair of days, each of them asked for as anybody would: in words, on both days.
fn confirmed(terms: &Terms, from: &str, to: &str) -> Vec<VerdictChange> {
    let (before, after) = (on(terms, from), on(terms, to));
    let changes = changes(&before, &after);
    for change in &changes {
        let words = change.after.act.to_string();
        let mut words = words.split(' ').map(str::to_string);
        let verb = words.next().unwrap();
        let act = Act::parse(&verb, &words.collect::<Vec<_>>(), &terms.registry).unwrap();
        assert_eq!(decide(&before, &act).verdict, change.before.verdict, "{act} on {from}");
        assert_eq!(decide(&after, &act).verdict, change.after.verdict, "{act} on {to}");
        assert_ne!(change.before.verdict, change.after.verdict, "{act}");
    }
    changes
}

#[test]
fn each_amendment_changes_what_one_may_do() {
    let terms = example();
    for (name, from, to) in [
        ("agreement of 2019", "2019-07-21", "2019-07-22"),
        ("amendment of January 2025", "2025-01-20", "2025-01-21"),
        ("amendment of October 2025", "2025-10-27", "2025-10-28"),
        ("amendment of April 2026", "2026-04-26", "2026-04-27"),
        ("end of 2030", "2030-12-31", "2031-01-01"),
        ("end of 2032", "2032-12-31", "2033-01-01"),
        ("everything until today", "2019-07-21", "2026-11-01"),
    ] {
        let text = format!("{name}: {from} to {to}\n{}", shown(&confirmed(&terms, from, to)));
        insta::assert_snapshot!(name.replace(' ', "_"), text);
    }
}

#[test]
fn nothing_changes_between_two_days_of_one_text() {
    let terms = example();
    assert!(confirmed(&terms, "2025-02-01", "2025-10-27").is_empty());
}

fn terms(text: &str) -> Terms {
    let document = Arc::new(Document::new("a.md", text));
    let (terms, findings) = terms::compile(&[Source { document, known: None }]);
    let errors: Vec<_> = findings.iter().filter(|f| f.severity == terms::Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    terms
}

/// Clauses that only acts at an edge tell apart: a range of counts, a region, an affiliate, a
/// consent for a part of what is forbidden, a licence for one party's products.
const EDGES: &str = r#"
```hcl
party "lab" {}
party "unit" { affiliate_of = lab }
party "host" {}
party "other" {}
cloud "sky" { operator = host }
cloud "sea" { operator = other }
asset "weights" { owner = host }
product "app" { owner = lab }
product "tool" { owner = unit }

agreement "a" {
  parties   = [lab, host]
  signed    = "2024-01-01"
  effective = "2024-01-01"
}

exclusivity "large" {
  grantor = lab
  holder  = host
  scope {
    act      = contract
    quantity = "1_000.."
  }
}
```

The exception.

```hcl
consent "north" {
  grantor = host
  holder  = lab
  from    = "2025-01-01"
  scope {
    act      = contract
    region   = north
    quantity = "1_000..2_000"
  }
}

licence "weights" {
  grantor    = host
  holder     = lab
  affiliates = false
  from       = "2026-01-01"
  scope { asset = weights }
}

right_of_first_offer "unit" {
  grantor = unit
  holder  = host
  from    = "2027-01-01"
  scope { act = contract }
}
```
"#;

#[test]
fn an_act_at_the_edge_is_found() {
    let terms = terms(EDGES);
    for (name, from, to) in [
        ("consent", "2024-12-31", "2025-01-01"),
        ("licence", "2025-12-31", "2026-01-01"),
        ("first offer", "2026-12-31", "2027-01-01"),
    ] {
        insta::assert_snapshot!(name.replace(' ', "_"), shown(&confirmed(&terms, from, to)));
    }
}

/// Each purpose was licensed before; only now does one licence hold them all.
const IN_PARTS: &str = r#"
```hcl
party "lab" {}
party "host" {}
asset "weights" { owner = host }
product "app" { owner = lab }

agreement "a" {
  parties   = [lab, host]
  signed    = "2024-01-01"
  effective = "2024-01-01"
}

licence "research" {
  grantor = host
  holder  = lab
  scope { purpose = research }
}

licence "products" {
  grantor = host
  holder  = lab
  scope { purpose = [training, inference] }
}

licence "all" {
  grantor = host
  holder  = lab
  from    = "2025-01-01"
}
```
"#;

#[test]
fn an_act_that_leaves_something_open_is_found_where_no_other_shows_the_change() {
    let terms = terms(IN_PARTS);
    insta::assert_snapshot!("open", shown(&confirmed(&terms, "2024-12-31", "2025-01-01")));
}

const DAYS: [&str; 8] = [
    "2019-07-21",
    "2019-07-22",
    "2025-01-20",
    "2025-01-21",
    "2025-10-28",
    "2026-04-27",
    "2031-01-01",
    "2033-01-01",
];

/// A quarter of the cases asked for: each compares two days.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { failure_persistence: None, cases: asked.cases.div_ceil(4), ..asked }
}

proptest! {
    #![proptest_config(config())]

    /// Any act that changes its verdict has one among those found that goes the same way.
    #[test]
    fn no_change_is_missed(
        from in 0..DAYS.len(),
        to in 0..DAYS.len(),
        by in prop::sample::select(vec!["openai", "microsoft", "oracle"]),
        verb in prop::sample::select(Verb::WORDS.to_vec()),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let (from, to) = (DAYS[from.min(to)], DAYS[from.max(to)]);
        let terms = example();
        let found: BTreeSet<_> = confirmed(&terms, from, to)
            .iter()
            .map(|change| (change.after.act.verb, change.before.verdict, change.after.verdict))
            .collect();
        let verb = Verb::from_word(verb).unwrap();
        let mut stated = Vec::new();
        for (attribute, pick) in verb.attributes().iter().zip(picks) {
            let values = attribute.known_values(&terms.registry);
            if let Some(value) = values.get(pick.index(values.len() + 1)) {
                stated.push((*attribute, value.clone()));
            }
        }
        let act = Act::new(verb, Name::new(by), stated.into_iter().collect());
        let act = act.completed(&terms.registry);
        let (before, after) =
            (decide(&on(&terms, from), &act).verdict, decide(&on(&terms, to), &act).verdict);
        prop_assert!(
            before == after || found.contains(&(verb, before, after)),
            "{} from {:?} to {:?} is not among {:?}", act, before, after, found
        );
    }
}
