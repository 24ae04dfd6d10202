//! What the tests of agreements share: a registry, a frame, and findings as people see them.
#![allow(dead_code, missing_docs)] // Each test file uses a part of it.

use std::sync::Arc;

use jiff::civil::Date;
use miette::{GraphicalReportHandler, GraphicalTheme};
use terms::{Document, Finding, Source, Terms};

/// Who and what the agreements of these tests are about.
pub const REGISTRY: &str = r#"
```hcl
party "lab"     { title = "The laboratory" }
party "cloud"   { title = "The cloud company" }
party "borealis" { title = "Borealis" }
cloud "nimbus"  { operator = cloud }
cloud "polar"   { operator = borealis }
asset "models"  { owner = lab }
model "gpt-4.1" {
  owner = lab
  asset = models
}
service "api"   { owner = lab }
channel "direct" {
  seller  = lab
  service = api
}
```
"#;

/// An agreement of one block after its frame. The block begins on line 6.
pub fn agreement(clauses: &str) -> String {
    format!(
        "```hcl\nagreement \"lab-cloud\" {{\n  parties = [lab, cloud]\n  signed  = \"2025-01-01\"\n}}\n{clauses}\n```\n"
    )
}

/// An amendment of it. The block begins on line 6.
pub fn amendment(name: &str, signed: &str, clauses: &str) -> String {
    format!(
        "```hcl\namendment \"{name}\" {{\n  amends = lab-cloud\n  signed = \"{signed}\"\n}}\n{clauses}\n```\n"
    )
}

/// Compiles documents, each a name and a text.
pub fn compile(documents: &[(&str, &str)]) -> (Terms, Vec<Finding>) {
    let source = |(name, text): &(&str, &str)| Source {
        document: Arc::new(Document::new(*name, *text)),
        known: None,
    };
    terms::compile(&documents.iter().map(source).collect::<Vec<_>>())
}

/// Compiles documents in which nothing is wrong.
pub fn sound(documents: &[(&str, &str)]) -> Terms {
    let (terms, findings) = compile(documents);
    assert!(findings.is_empty(), "{}", shown(&findings));
    terms
}

/// Findings as a terminal shows them, without colour and 100 columns wide.
pub fn shown(findings: &[Finding]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .with_links(false);
    let mut text = String::new();
    for finding in findings {
        handler.render_report(&mut text, finding).expect("every finding can be shown");
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Where a finding's first place is: document, line and column, both from 1.
pub fn position(finding: &Finding) -> (String, usize, usize) {
    let place = &finding.places[0];
    let (line, column) = place.document.position(place.span.start);
    (place.document.name.clone(), line, column)
}

pub fn day(text: &str) -> Date {
    text.parse().expect("a date")
}
