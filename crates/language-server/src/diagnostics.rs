//! What is wrong, where an editor can show it.

use std::collections::BTreeMap;
use std::sync::Arc;

use terms::{Document, Finding, Place, Severity};
use tower_lsp_server::ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Uri,
};

use crate::position::{Encoding, Positions};

/// Findings by the document of their first place; the other places are related to it.
pub(crate) fn by_document(
    findings: &[Finding],
    encoding: Encoding,
    uri: impl Fn(&Document) -> Option<Uri>,
) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut lines: BTreeMap<*const Document, Positions<'_>> = BTreeMap::new();
    let mut by_document: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for finding in findings {
        let mut ranges = finding.everywhere().map(|place| {
            let document = &place.document;
            let lines = lines
                .entry(Arc::as_ptr(document))
                .or_insert_with(|| Positions::new(&document.text, encoding));
            (place, lines.range(&place.span))
        });
        let Some((first, range)) = ranges.next() else { continue };
        let related = ranges.filter_map(|(Place { document, label, .. }, range)| {
            let location = Location { uri: uri(document)?, range };
            Some(DiagnosticRelatedInformation { location, message: label.clone() })
        });
        let related: Vec<_> = related.collect();
        by_document.entry(first.document.name.clone()).or_default().push(Diagnostic {
            range,
            severity: Some(severity(finding.severity)),
            code: Some(NumberOrString::String(finding.code.to_string())),
            source: Some("charter".to_string()),
            message: message(finding),
            related_information: (!related.is_empty()).then_some(related),
            ..Diagnostic::default()
        });
    }
    by_document
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    }
}

/// The protocol has no place of its own for how to mend it.
fn message(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}
