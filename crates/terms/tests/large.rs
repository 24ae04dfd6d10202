//! Documents that are large, deep or strange: reading them ends soon, and says what is wrong.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{REGISTRY, agreement, amendment, compile, position, shown};
use terms::{Document, Severity, format};

/// Far more than it takes without optimisation on a busy machine, far less than if time grew with
/// the square of the text.
const SOON: Duration = Duration::from_secs(60);

/// Clauses in blocks of their own, with prose in between.
fn long_agreement(bytes: usize) -> (String, usize) {
    let mut text = agreement("");
    let mut clauses = 0;
    while text.len() < bytes {
        clauses += 1;
        let prose = "The lab takes what it needs from the cloud, and pays what is due. ".repeat(40);
        write!(
            text,
            "\n## Clause {clauses}\n\n{prose}\n\n```hcl\ncommitment \"c-{clauses}\" {{\n  customer = lab\n  \
             supplier = cloud\n  amount = \"USD {clauses}\"\n}}\n```\n"
        )
        .unwrap();
    }
    (text, clauses)
}

#[test]
fn ten_megabytes_are_read() {
    let begun = Instant::now();
    let (text, clauses) = long_agreement(10_000_000);
    let (terms, findings) = compile(&[("r.md", REGISTRY), ("a.md", &text)]);
    assert!(findings.is_empty(), "{}", shown(&findings[..1]));
    assert_eq!(terms.clauses.len(), clauses);
    // Each block is kept once, whatever the length of the document before it.
    let kept: usize = terms.documents[1].document.blocks.iter().map(|b| b.masked.len()).sum();
    assert!(kept < text.len(), "{kept} bytes of masks for {}", text.len());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn ten_megabytes_of_mistakes_are_told() {
    let begun = Instant::now();
    let (text, clauses) = long_agreement(10_000_000);
    let text = text.replace("supplier", "suplier");
    let (_, findings) = compile(&[("r.md", REGISTRY), ("a.md", &text)]);
    // Each lacks the one attribute and has the other.
    assert_eq!(findings.len(), 2 * clauses);
    let last = findings.iter().map(position).max().unwrap();
    assert!(last.1 > clauses, "{last:?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn ten_megabytes_in_one_block_that_is_never_closed() {
    let begun = Instant::now();
    let line = "  amount = \"USD 1\" # and so on\n";
    let text = format!("```hcl\ncommitment \"c\" {{\n{}", line.repeat(10_000_000 / line.len()));
    let (terms, findings) = compile(&[("a.md", &text)]);
    assert_eq!((terms.clauses.len(), findings.len()), (0, 1), "{}", findings.len());
    assert_eq!(findings[0].code, "charter::syntax");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn deep_nesting_is_told_where_it_is_too_deep() {
    let begun = Instant::now();
    for deep in [100, 100_000] {
        for (open, close) in [("[", "]"), ("(", ")"), ("scope {\n", "}\n")] {
            let attribute = if open == "scope {\n" { "" } else { "x = " };
            let code = format!(
                "exclusivity \"e\" {{\n{attribute}{}{}\n}}",
                open.repeat(deep),
                close.repeat(deep)
            );
            let (_, findings) = compile(&[("r.md", REGISTRY), ("a.md", &agreement(&code))]);
            assert_eq!(findings.len(), 1, "{open:?} {deep}");
            assert_eq!(findings[0].code, "charter::syntax");
            assert!(findings[0].message.contains("60 deep"), "{}", findings[0]);
        }
        // Quotations in quotations, and lists in lists, are only prose.
        let markdown =
            format!("{}words\n\n{}words\n", "> ".repeat(deep), "- ".repeat(deep.min(2_000)));
        assert_eq!(compile(&[("a.md", &markdown)]).1.len(), 0);
    }
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn windows_line_ends_mean_the_same_and_stay() {
    let unix = agreement("exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n}");
    let windows = unix.replace('\n', "\r\n");
    let (terms, findings) = compile(&[("r.md", REGISTRY), ("a.md", &windows)]);
    assert!(findings.is_empty(), "{}", shown(&findings));
    assert_eq!(terms.clauses.len(), 1);
    // A finding is on the same line and column.
    let wrong = |text: &str| {
        let text = text.replace("cloud\n}", "clowd\n}").replace("cloud\r\n}", "clowd\r\n}");
        position(&compile(&[("r.md", REGISTRY), ("a.md", &text)]).1[0])
    };
    assert_eq!(wrong(&unix), wrong(&windows));
    // Formatting keeps the line ends, and gives the same otherwise.
    let formatted = |text: &str| format(&Arc::new(Document::new("a.md", text))).unwrap();
    assert_eq!(formatted(&unix).replace('\n', "\r\n"), formatted(&windows));
    assert_eq!(formatted(&formatted(&windows)), formatted(&windows));
}

#[test]
fn one_name_in_two_documents_is_told_with_both_places() {
    let other = "```hcl\nasset \"models\" { owner = cloud }\n```\n";
    let (terms, findings) = compile(&[("one.md", REGISTRY), ("two.md", other)]);
    assert_eq!(findings.len(), 1, "{}", shown(&findings));
    assert_eq!(findings[0].code, "charter::name::twice");
    insta::assert_snapshot!(shown(&findings));
    // The first holds.
    assert_eq!(terms.registry.assets["models"].owner.as_str(), "lab");
}

#[test]
fn amendments_in_a_circle_are_told_once_with_the_whole_circle() {
    let of =
        |name: &str, amends: &str| amendment(name, "2025-06-01", "").replace("lab-cloud", amends);
    let (a, b, c) = (of("a", "b"), of("b", "c"), of("c", "a"));
    let own = of("own", "own");
    let beside = of("beside", "a");
    let agreement = agreement("");
    let (_, findings) = compile(&[
        ("r.md", REGISTRY),
        ("agreement.md", &agreement),
        ("a.md", &a),
        ("b.md", &b),
        ("c.md", &c),
        ("own.md", &own),
        ("beside.md", &beside),
    ]);
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    let circle = "charter::amendment::cycle";
    assert_eq!(codes, [circle, circle, "charter::amendment::of-amendment"]);
    insta::assert_snapshot!(shown(&findings));
}

#[test]
fn a_very_long_chain_of_amendments_ends() {
    let begun = Instant::now();
    let texts: Vec<_> = (0..300)
        .map(|at| {
            amendment(&format!("a-{at}"), "2025-06-01", "")
                .replace("lab-cloud", &format!("a-{}", (at + 1) % 300))
        })
        .collect();
    let documents: Vec<_> = texts.iter().map(|text| ("a.md", text.as_str())).collect();
    let (_, findings) = compile(&documents);
    assert_eq!(findings.len(), 1, "{}", findings.len());
    assert_eq!(findings[0].severity, Severity::Error);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

/// Time must not grow with the square of the clauses that two parties have between them.
#[test]
fn thousands_of_clauses_between_two_parties_are_analysed() {
    const MANY: usize = 2_500;
    let begun = Instant::now();
    let of = |kind: &str, roles: [&str; 2], more: &dyn Fn(usize) -> String| {
        let clauses = (0..MANY).map(|at| {
            let [bound, holds] = roles;
            format!(
                "{kind} \"c-{at}\" {{\n  {bound} = cloud\n  {holds} = lab\n  {}\n}}\n",
                more(at)
            )
        });
        let rule = "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { act = contract }\n}\n\
                    right_of_first_offer \"r\" {\n  grantor = lab\n  holder = borealis\n  scope { act = contract }\n}\n\
                    consent \"all\" {\n  grantor = cloud\n  holder = lab\n  scope {\n    act = contract\n    provider = borealis\n  }\n}\n";
        agreement(&(rule.to_string() + &clauses.collect::<String>()))
    };
    let share = |_| "rate = \"0.001%\"\n  scope { channel = direct }".to_string();
    let consent = |at| format!("scope {{\n    act = contract\n    region = r-{at}\n  }}");
    for text in [
        of("revenue_share", ["payer", "payee"], &share),
        of("consent", ["grantor", "holder"], &consent),
    ] {
        let (terms, findings) = compile(&[("r.md", REGISTRY), ("a.md", &text)]);
        assert!(findings.is_empty(), "{}", shown(&findings[..1]));
        assert_eq!(terms.clauses.len(), MANY + 3);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
