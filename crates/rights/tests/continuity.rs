//! What goes on without a party: table by table, and every act confirmed by `decide`.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use std::fmt::Write;
use std::sync::Arc;

use common::example;
use jiff::civil::Date;
use rights::{Cause, Continuity, Outcome, Verdict, continuity, decide};
use terms::{Document, Known, Name, Source, Terms};

fn without(terms: &Terms, party: &str, on: &str, cause: Cause) -> Continuity {
    let day: Date = on.parse().unwrap();
    let in_force = terms.in_force(day, Known::Everything);
    let found = continuity(&in_force, &Name::new(party), cause);
    for act in found.dependents.iter().flat_map(|dependent| &dependent.acts) {
        let verdict = decide(&in_force, &act.act).verdict;
        assert_eq!(verdict, Verdict::Permitted, "{} is not lost", act.act);
    }
    found
}

fn shown(found: &Continuity) -> String {
    let mut text = String::new();
    for row in &found.dependents {
        let outcome = row.outcome.word();
        writeln!(text, "{} {} of {}: {outcome}, {}", row.kind, row.name, row.of, row.why).unwrap();
        for act in &row.acts {
            let until = act.survives.map_or("stops".to_string(), |end| end.to_string());
            writeln!(text, "    {until}: {} ({})", act.act, act.why).unwrap();
        }
        for act in &row.instead {
            let clauses: Vec<_> = act.because.iter().map(|reason| &*reason.clause).collect();
            let from = act.from.map_or(String::new(), |end| format!(" closed {end}"));
            let clauses = clauses.join(", ");
            writeln!(text, "    instead: {}{from} ({}; {clauses})", act.act, act.why).unwrap();
        }
    }
    for clause in &found.clauses {
        let until = clause.survives.map_or("ends".to_string(), |end| end.to_string());
        writeln!(text, "{}: {until}", clause.clause).unwrap();
    }
    text
}

#[test]
fn each_partner_without_the_other() {
    let terms = example();
    for (party, on) in [
        ("openai", "2025-02-01"),
        ("openai", "2026-06-01"),
        ("microsoft", "2025-02-01"),
        ("microsoft", "2026-06-01"),
    ] {
        let found = without(&terms, party, on, Cause::Termination);
        insta::assert_snapshot!(format!("without_{party}_on_{on}"), shown(&found));
    }
}

#[test]
fn nobody_depends_on_a_party_that_no_clause_binds() {
    let found = without(&example(), "softbank", "2026-06-01", Cause::Insolvency);
    assert!(found.clauses.is_empty());
    assert!(found.dependents.iter().all(|dependent| dependent.outcome == Outcome::GoesOn));
}

/// One licence for each way of ending, and a right that keeps a cloud closed for half a year.
const WAYS: &str = r#"
```hcl
party "lab"   { title = "Lab" }
party "arm"   { affiliate_of = lab }
party "maker" {}
party "host"  {}
party "other" {}
cloud "sky" { operator = arm }
cloud "sea" { operator = other }
asset "weights" { owner = lab }
asset "tools"   { owner = arm }
asset "chips"   { owner = lab }
model "large" {
  owner = lab
  asset = weights
}
model "own"  { owner = maker }
model "bare" { owner = lab }
model "free" { owner = other }
service "api" { owner = maker }
channel "shop" {
  seller  = maker
  service = api
}
stream "fees" {
  recipient = maker
  channel   = shop
}
product "app" { owner = maker }

agreement "a" {
  parties   = [lab, maker]
  signed    = "2024-01-01"
  effective = "2024-01-01"
}

licence "weights" {
  grantor  = lab
  holder   = maker
  survives = [insolvency, termination]
  until    = "2030-01-01"
  scope { asset = weights }
}

licence "tools" {
  grantor  = arm
  holder   = maker
  survival = "6 months"
  scope { asset = tools }
}

licence "chips" {
  grantor     = lab
  holder      = maker
  irrevocable = true
  scope { asset = chips }
}

licence "bare" {
  grantor   = lab
  holder    = maker
  perpetual = true
  scope { model = bare }
}

licence "of-another" {
  grantor = other
  holder  = maker
  until   = "2026-01-01"
  scope { model = free }
}

exclusivity "hosting" {
  grantor  = maker
  holder   = lab
  survival = "30 days"
  scope { act = serve }
}
```
"#;

#[test]
fn what_survives_depends_on_how_the_party_falls_away() {
    let document = Arc::new(Document::new("a.md", WAYS));
    let (terms, findings) = terms::compile(&[Source { document, known: None }]);
    assert!(findings.iter().all(|f| f.severity < terms::Severity::Error), "{findings:?}");
    for cause in [Cause::Termination, Cause::Expiry, Cause::Insolvency] {
        let found = without(&terms, "lab", "2025-01-15", cause);
        insta::assert_snapshot!(format!("by_{}", cause.word()), shown(&found));
    }
}
