//! Whatever text stands in documents: reading it ends, every finding can be shown and lies in its
//! document, and formatting changes nothing but the looks, once.

#![no_main]

use std::sync::Arc;

use jiff::civil::{Date, date};
use libfuzzer_sys::{Corpus, fuzz_target};
use miette::{GraphicalReportHandler, GraphicalTheme};
use terms::{ClauseId, Document, Finding, Known, Parameter, Source, Terms, compile, diff, format};

/// Between the documents of one input, so that amendments can be found too.
const NEXT_DOCUMENT: char = '\u{c}';
const DOCUMENTS_MAX: usize = 3;
/// Findings are shown like this many at most: showing is slower than reading.
const SHOWN_MAX: usize = 4;

fuzz_target!(|text: &str| -> Corpus {
    let documents: Vec<_> = text
        .split(NEXT_DOCUMENT)
        .enumerate()
        .map(|(at, text)| Arc::new(Document::new(format!("{at}.md"), text)))
        .collect();
    if documents.len() > DOCUMENTS_MAX {
        return Corpus::Reject;
    }
    let (terms, findings) = compiled(&documents);
    findings.iter().for_each(in_its_document);
    show(&findings);
    in_force(&terms);
    formatting_keeps_the_meaning(&documents, &terms, &findings);
    Corpus::Keep
});

fn compiled(documents: &[Arc<Document>]) -> (Terms, Vec<Finding>) {
    let source = |document: &Arc<Document>| Source { document: document.clone(), known: None };
    compile(&documents.iter().map(source).collect::<Vec<_>>())
}

fn in_its_document(finding: &Finding) {
    for place in finding.everywhere() {
        let text = &place.document.text;
        let span = place.span.clone();
        assert!(text.get(span.clone()).is_some(), "{}: {span:?}", finding.message);
        let (line, column) = place.document.position(span.start);
        assert!(line <= text.matches('\n').count() + 1 && column <= text.len() + 1);
    }
    let _ = format!("{:?}", finding.record());
}

fn show(findings: &[Finding]) {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    for finding in findings.iter().take(SHOWN_MAX) {
        let mut shown = String::new();
        handler.render_report(&mut shown, finding).expect("every finding can be shown");
    }
}

fn in_force(terms: &Terms) {
    let days: [Date; 3] = [Date::MIN, date(2025, 2, 1), Date::MAX];
    let held = days.map(|day| terms.in_force(day, Known::Everything));
    diff::diff(&held[0], &held[1]);
    diff::diff(&held[1], &held[2]);
    for day in days {
        let next = terms.next_change(day, Known::Everything);
        assert!(next.is_none_or(|next| next > day), "the change after {day} is on {next:?}");
    }
    for clause in &terms.clauses {
        terms.starts(clause, Known::Everything);
        terms.ends(clause, Known::Everything);
    }
}

fn formatting_keeps_the_meaning(documents: &[Arc<Document>], terms: &Terms, findings: &[Finding]) {
    let mut formatted = documents.to_vec();
    for document in &mut formatted {
        let Ok(text) = format(document) else { continue };
        let again = Arc::new(Document::new(document.name.clone(), text.clone()));
        assert_eq!(format(&again).as_deref().ok(), Some(text.as_str()), "formatted twice");
        *document = again;
    }
    if formatted == documents {
        return;
    }
    let (terms_formatted, findings_formatted) = compiled(&formatted);
    assert_eq!(meaning(&terms_formatted), meaning(terms));
    assert_eq!(codes(&findings_formatted), codes(findings));
}

fn meaning(terms: &Terms) -> Vec<(&ClauseId, &[Parameter], &str)> {
    let clauses = terms.clauses.iter();
    clauses.map(|clause| (&clause.id, &*clause.parameters, clause.text.as_str())).collect()
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}
