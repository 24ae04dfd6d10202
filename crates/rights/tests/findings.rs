//! Every page of `charter explain`: the wrong document has the finding, the right one has none, and
//! `decide` confirms each witness.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

use std::sync::Arc;

use jiff::civil::Date;
use rights::{Rule, Verdict, decide};
use terms::finding::Witness;
use terms::registry::{Processing, Sale, Unpriced};
use terms::{Document, Finding, Known, Severity, Source, Terms, compile, explain};

/// The frame of an example that brings none.
const FRAME: &str = "```hcl\nagreement \"example\" {\n  parties = [lab, cloud, rival, reseller]\n  \
                     signed  = \"2025-01-01\"\n  until   = \"2031-01-01\"\n}\n```\n";

/// The words above a block that begins a document of its own without a frame.
const ANOTHER: &str = "\nIn another document:\n";

/// The documents under a heading: a block with a frame begins a new one.
fn sources(page: &str, heading: &str) -> Vec<Source> {
    let section = page.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let mut documents: Vec<String> = Vec::new();
    let has_frame = |code: &str| {
        let frames = ["agreement \"", "amendment \"", "scenario \""];
        code.lines().any(|line| frames.iter().any(|frame| line.starts_with(frame)))
    };
    if !section.contains("\nagreement \"") {
        documents.push(FRAME.to_string());
    }
    let mut prose = String::new();
    for (at, piece) in section.split("```").enumerate() {
        if at % 2 == 0 {
            prose = piece.to_string();
            continue;
        }
        if documents.is_empty() || has_frame(piece) || prose.contains(ANOTHER) {
            documents.push(String::new());
        }
        let document = documents.last_mut().unwrap();
        document.push_str(&format!("{prose}```{piece}```\n"));
    }
    documents.last_mut().unwrap().push_str(&prose);
    documents.push(explain::REGISTRY.to_string());
    let source = |(at, text): (usize, String)| {
        let document = Arc::new(Document::new(format!("{}-{}.md", heading, at + 1), text));
        Source { document, known: None }
    };
    documents.into_iter().enumerate().map(source).collect()
}

fn compiled(page: &str, heading: &str) -> (Terms, Vec<Finding>) {
    let (terms, mut findings) = compile(&sources(page, heading));
    // The registry of the examples names more than each of them uses.
    findings.retain(|finding| {
        !finding.places[0].document.text.starts_with("# What the examples speak of")
    });
    (terms, findings)
}

fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}: {finding}", finding.code)).collect()
}

#[test]
fn every_planted_fault_is_found() {
    let mut missed = Vec::new();
    for (code, page) in explain::pages() {
        let (_, findings) = compiled(page, "Wrong");
        if !findings.iter().any(|finding| finding.code == code) {
            missed.push(format!("{code}: found {:?}", shown(&findings)));
        }
        let others: Vec<_> = findings.iter().filter(|finding| finding.code != code).collect();
        assert!(others.is_empty(), "{code} is not all that is wrong: {:?}", shown(&findings));
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn no_clean_twin_is_blamed() {
    for (code, page) in explain::pages() {
        let (_, findings) = compiled(page, "Right");
        assert!(findings.is_empty(), "{code}: {:?}", shown(&findings));
    }
}

#[test]
fn decide_confirms_every_witness() {
    for (code, page) in explain::pages() {
        let (terms, findings) = compiled(page, "Wrong");
        for finding in findings.iter().filter(|finding| finding.code == code) {
            let Some(Witness::Act { act, on }) = &finding.witness else { continue };
            let decision = decide(&terms.in_force(*on, Known::Everything), act);
            let clauses: Vec<_> = decision.because.iter().map(|r| r.clause.as_str()).collect();
            let confirmed = match code {
                // Both forbid it.
                "charter::exclusivity::overlap" => {
                    decision.verdict == Verdict::Forbidden && clauses.len() == 2
                }
                // The licence allows what is kept for another, or is forbidden to be given.
                "charter::exclusivity::licence" => {
                    let rule = decision.rule;
                    rule == Rule::Licensed || rule == Rule::Exclusivity
                }
                // What was licensed no longer is, though it was the day before.
                "charter::licence::ends-before" | "charter::channel::ends-before" => {
                    let before = on.yesterday().unwrap();
                    let before = decide(&terms.in_force(before, Known::Everything), act);
                    decision.rule == Rule::NoLicence && before.rule == Rule::Licensed
                }
                // Both make the same act conditional.
                "charter::clause::contradicts" => {
                    decision.verdict == Verdict::Conditional && clauses.len() == 2
                }
                // Exercising the right breaks the exclusivity, which the language lets go first.
                "charter::right::unranked" => decision.rule == Rule::Exclusivity,
                // The right is there, and the consent takes it away.
                "charter::consent::swallows" => {
                    decision.verdict == Verdict::Permitted && clauses[0].starts_with("consent.")
                }
                _ => panic!("{code} has a witness; say here what `decide` must answer to it"),
            };
            assert!(confirmed, "{code}: {act} on {on} is {:?} by {clauses:?}", decision.verdict);
        }
    }
}

/// Where a scope names somebody, the act that shows the fault is with neither holder, and no building
/// that the clauses let be.
#[test]
fn an_overlap_is_shown_by_an_act_that_both_forbid() {
    let exclusivity = |holder: &str, more: &str| {
        format!(
            "exclusivity \"of-{holder}\" {{\n  grantor = lab\n  holder = {holder}\n  {more}\n}}\n"
        )
    };
    let first =
        exclusivity("cloud", "scope {\n    act = contract\n    except { provider = lab }\n  }");
    for (one, more) in [
        (&*first, "scope { act = contract }"),
        ("", "binds_grantor_too = false\n  scope { act = [build, serve] }"),
        ("", "binds_grantor_too = false\n  scope { act = make }"),
    ] {
        let one = if one.is_empty() { exclusivity("cloud", more) } else { one.to_string() };
        let page = format!("\n## Wrong\n\n```hcl\n{one}{}```\n", exclusivity("rival", more));
        let (terms, findings) = compiled(&page, "Wrong");
        assert_eq!(findings.len(), 1, "{:?}", shown(&findings));
        assert_eq!(findings[0].code, "charter::exclusivity::overlap");
        let Some(Witness::Act { act, on }) = &findings[0].witness else { panic!("no act") };
        let decision = decide(&terms.in_force(*on, Known::Everything), act);
        assert_eq!(decision.because.len(), 2, "{act}: {:?}", decision.rule);
    }
}

/// Calls of the model of the examples on a day.
fn sale(day: Date) -> Sale<'static> {
    let (channel, host, model) = ("direct", "cloud-one", "frontier");
    Sale { channel, host, model, processing: Processing::Standard, day }
}

#[test]
fn the_clauses_in_force_confirm_every_day() {
    for (code, page) in explain::pages() {
        let (terms, findings) = compiled(page, "Wrong");
        for finding in findings.iter().filter(|finding| finding.code == code) {
            let Some(Witness::Day(on)) = finding.witness else { continue };
            let holding = terms.in_force(on, Known::Everything).clauses;
            let confirmed = match code {
                "charter::condition::never" | "charter::right::no-time" | "charter::time::gap" => {
                    holding.is_empty()
                }
                "charter::price::ends-before" => {
                    let (today, yesterday) = (sale(on), sale(on.yesterday().unwrap()));
                    matches!(terms.registry.price(&today), Err(Unpriced::NoList))
                        && terms.registry.price(&yesterday).is_ok()
                }
                "charter::price::tie" => {
                    matches!(terms.registry.price(&sale(on)), Err(Unpriced::Tie(..)))
                }
                "charter::exchange-rate::twice" => {
                    let tables = terms.registry.exchange_rates.values();
                    tables.filter(|table| table.rates.contains_key(&on)).count() == 2
                }
                "charter::time::overlap" => holding.len() == 2,
                _ => panic!("{code} has a day; say here what must be in force on it"),
            };
            assert!(confirmed, "{code}: {} clauses on {on}", holding.len());
        }
    }
}

/// A code has one page, which begins with it, and whatever is an error or warning has a witness or
/// is plain to see.
#[test]
fn every_page_is_about_its_code() {
    for (code, page) in explain::pages() {
        assert!(page.starts_with(&format!("# {code}\n\n")), "{code}");
        assert!(page.contains("\n## Wrong\n") && page.contains("\n## Right\n"), "{code}");
        let (_, findings) = compiled(page, "Wrong");
        let finding = findings.iter().find(|finding| finding.code == code);
        let way_out = finding.is_none_or(|f| f.severity == Severity::Note || f.help.is_some());
        assert!(way_out, "{code} names no way out");
    }
}

/// The worked example, alone and with each of its scenarios, has nothing wrong with it.
#[test]
fn the_worked_example_is_not_blamed() {
    let example =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/microsoft-openai");
    let read = |folder: &std::path::Path| {
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let pages = paths.filter(|path| path.extension().is_some_and(|end| end == "md"));
        let mut sources: Vec<_> = pages
            .map(|path| {
                let text = std::fs::read_to_string(&path).unwrap();
                let document = Document::new(path.display().to_string(), text);
                Source { document: Arc::new(document), known: None }
            })
            .collect();
        sources.sort_by(|one, other| one.document.name.cmp(&other.document.name));
        sources
    };
    let documents = read(&example);
    let alone = compile(&documents).1;
    assert!(alone.is_empty(), "{:?}", shown(&alone));
    for scenario in read(&example.join("scenarios")) {
        let findings = compile(&[documents.clone(), vec![scenario]].concat()).1;
        assert!(findings.is_empty(), "{:?}", shown(&findings));
    }
}
