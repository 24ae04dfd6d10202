//! Decisions made beforehand, on the worked example.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use gateway::meter::Tokens;
use gateway::refusal::Problem;
use gateway::standing::{Standing, Subject, Target};
use rights::Verdict;
use terms::registry::Processing;
use terms::{Document, Known, Source, Terms};

const DOCUMENTS: [(&str, &str); 6] = [
    ("registry.md", include_str!("../../../examples/microsoft-openai/registry.md")),
    ("prices.md", include_str!("../../../examples/microsoft-openai/prices.md")),
    ("2019.md", include_str!("../../../examples/microsoft-openai/2019-partnership.md")),
    ("2025-01.md", include_str!("../../../examples/microsoft-openai/2025-01-first-refusal.md")),
    ("2025-10.md", include_str!("../../../examples/microsoft-openai/2025-10-recapitalisation.md")),
    ("2026-04.md", include_str!("../../../examples/microsoft-openai/2026-04-open-clouds.md")),
];

fn terms(documents: &[(&str, &str)]) -> Arc<Terms> {
    let source = |(name, text): &(&str, &str)| Source {
        document: Arc::new(Document::new(*name, *text)),
        known: None,
    };
    Arc::new(terms::compile(&documents.iter().map(source).collect::<Vec<_>>()).0)
}

fn subject(channel: &str, product: &str) -> Subject {
    Subject { channel: channel.to_string(), product: product.to_string() }
}

fn target(model: &str, host: &str) -> Target {
    Target { model: Some(model.to_string()), host: host.to_string(), region: None }
}

fn standing(terms: Arc<Terms>, at: &str) -> Standing {
    let subjects = vec![
        subject("direct", "api"),
        subject("azure-openai-service", "copilot"),
        subject("direct", "unheard-of"),
    ];
    let targets =
        vec![target("gpt-4o", "azure"), target("gpt-4o", "oci"), target("phi-3", "azure")];
    Standing::compile(terms, Known::Everything, at.parse().unwrap(), subjects, targets)
}

#[test]
fn a_call_is_allowed_where_its_acts_are() {
    use Verdict::{Forbidden, Permitted};
    for (at, expected) in [
        ("2025-02-01T12:00:00Z", [[Permitted, Forbidden, Forbidden], [Permitted; 3]]),
        ("2026-05-01T12:00:00Z", [[Permitted, Permitted, Forbidden], [Permitted; 3]]),
    ] {
        let standing = standing(terms(&DOCUMENTS), at);
        let found = [0, 1].map(|subject| [0, 1, 2].map(|target| standing.verdict(subject, target)));
        assert_eq!(found, expected, "{at}");
        assert_eq!(standing.verdict(2, 0), Forbidden, "an unknown product");
    }
}

#[test]
fn a_refusal_cites_the_clause() {
    let standing = standing(terms(&DOCUMENTS), "2025-02-01T12:00:00Z");
    let answer = Problem::Refused(standing.refusal(0, 1)).answer();
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer.status, 403);
    assert_eq!(body["error"]["code"], "refused_by_agreement");
    let cited = &body["error"]["charter"];
    assert_eq!(cited["clauses"][0]["clause"], "exclusivity.api-hosting");
    assert_eq!(cited["clauses"][0]["text"], "The API runs on Azure and nowhere else.");
    assert!(cited["allowed"].as_str().unwrap().contains("microsoft"));
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("The API runs on Azure and nowhere else."), "{message}");

    let unknown = Problem::Refused(standing.refusal(2, 0)).answer();
    let body: serde_json::Value = serde_json::from_slice(&unknown.body).unwrap();
    assert!(body["error"]["message"].as_str().unwrap().contains("no product `unheard-of`"));
}

/// A day on which a clause ends is the first on which the next standing must be used.
#[test]
fn it_holds_until_a_clause_or_a_price_changes() {
    let before = standing(terms(&DOCUMENTS), "2026-04-26T12:00:00Z");
    assert_eq!(before.verdict(0, 1), Verdict::Forbidden);
    let mut at = before;
    let mut steps = 0;
    while at.verdict(0, 1) == Verdict::Forbidden {
        let until = at.until().unwrap();
        at = at.at(until);
        steps += 1;
        assert!(steps < 4, "the ban should have ended by {until}");
    }
}

#[test]
fn a_decision_is_known_by_what_it_rests_on() {
    let ids = |standing: &Standing| {
        [(0, 0), (0, 1), (1, 0)].map(|(s, t)| standing.decision_id(s, t).clone())
    };
    let one = standing(terms(&DOCUMENTS), "2026-05-01T12:00:00Z");
    let same = standing(terms(&DOCUMENTS), "2026-05-01T13:00:00Z");
    let other = standing(terms(&DOCUMENTS[..5]), "2026-05-01T12:00:00Z");
    assert_eq!(ids(&one), ids(&same));
    assert_ne!(ids(&one)[0], ids(&other)[0]);
    assert_ne!(ids(&one)[0], ids(&one)[1]);
}

#[test]
fn prices_are_exact() {
    let standing = standing(terms(&DOCUMENTS), "2025-02-01T12:00:00Z");
    assert!(standing.bills(0));
    let rate = standing.rate(0, 0).unwrap();
    assert!(rate.output > rate.input && rate.input >= rate.cached && rate.cached > 0);
    assert_eq!(standing.rate(0, 2), None, "nobody sells phi-3 directly");
    // What the list does not state costs what is read, or written; no call costs more than the dearest.
    let tokens =
        Tokens { input: 10, cached: 20, cache_write: 30, reasoning: 40, ..Tokens::default() };
    let cost = 40 * rate.input + 20 * rate.cached + 40 * rate.output;
    assert_eq!(rate.cost(&tokens), Some(cost));
    assert_eq!(
        rate.cost_max(60, 40),
        u128::from(60 * rate.input.max(rate.cached)) + u128::from(40 * rate.output)
    );
    assert_eq!(standing.rate_otherwise(0, 0, Processing::Batch), Some(rate));
    assert_eq!(standing.rate_otherwise(0, 0, Processing::Training), None, "no price of training");
}
