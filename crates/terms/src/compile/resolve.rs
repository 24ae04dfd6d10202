//! What only the whole set of documents can tell: dangling names, duplicates, dates out of order.

use std::collections::BTreeMap;

use super::Terms;
use crate::fields::Collected;
use crate::finding::suggest;
use crate::{Bound, Clause, ClauseId, Finding};

pub(super) fn resolve(terms: &Terms, into: &mut Collected) {
    dangling_names(terms, into);
    unframed(terms, into);
    amendments(terms, into);
    duplicates(terms, into);
    amended_clauses(terms, into);
    conditions(terms, into);
    dates(terms, into);
}

fn dangling_names(terms: &Terms, into: &mut Collected) {
    for reference in std::mem::take(&mut into.references) {
        let name = reference.name.as_str();
        if reference.entries.iter().any(|entry| terms.registry.knows(*entry, name)) {
            continue;
        }
        let kinds: Vec<_> = reference.entries.iter().map(|entry| entry.word()).collect();
        let kinds = kinds.join(" or ");
        let known: Vec<_> =
            reference.entries.iter().flat_map(|entry| terms.registry.names(*entry)).collect();
        let finding = Finding::error(
            "charter::name::unknown",
            format!("no {kinds} is called `{name}`"),
            reference.origin.label("not defined in any document"),
        );
        into.findings.push(finding.help(suggest(name, known)));
    }
}

/// Clauses belong to an agreement.
fn unframed(terms: &Terms, into: &mut Collected) {
    for clause in &terms.clauses {
        if terms.documents[clause.document].frame.is_none() {
            let place = clause.origin.label("of no agreement");
            let message = format!("`{}` stands in a document without a frame", clause.id);
            into.findings.push(
                Finding::error("charter::frame::missing", message, place)
                    .help("begin the document with an `agreement` or `amendment` block"),
            );
        }
    }
}

fn amendments(terms: &Terms, into: &mut Collected) {
    let known: Vec<_> = terms.agreements().map(|agreement| agreement.name.as_str()).collect();
    for frame in terms.documents.iter().filter_map(|framed| framed.frame.as_ref()) {
        let founding = terms.documents.iter().filter_map(|framed| framed.frame.as_ref());
        let Some(founding) =
            founding.clone().find(|other| other.founds.is_some() && other.name == frame.agreement)
        else {
            let message =
                format!("`{}` amends `{}`, which is no agreement", frame.name, frame.agreement);
            let place = frame.origin.label("amends nothing");
            let finding = Finding::error("charter::amendment::of-nothing", message, place);
            into.findings.push(finding.help(suggest(frame.agreement.as_str(), known.clone())));
            continue;
        };
        if frame.effective < founding.effective {
            let message = format!(
                "`{}` takes effect on {}, before the agreement does on {}",
                frame.name, frame.effective, founding.effective
            );
            let finding =
                Finding::error("charter::date::order", message, frame.origin.label("amends"));
            into.findings.push(finding.and(founding.origin.label("the agreement")));
        }
    }
}

/// One id may come again only where the later clause says it replaces the earlier.
fn duplicates(terms: &Terms, into: &mut Collected) {
    let mut first: BTreeMap<&ClauseId, &Clause> = BTreeMap::new();
    for clause in &terms.clauses {
        let Some(earlier) = first.insert(&clause.id, clause) else { continue };
        let replaces =
            |clause: &Clause| clause.replaces.as_ref().is_some_and(|(id, _)| *id == clause.id);
        if clause.document != earlier.document && (replaces(clause) || replaces(earlier)) {
            continue;
        }
        let message = format!("`{}` is there twice", clause.id);
        let help = if clause.document == earlier.document {
            "give one of them another label".to_string()
        } else {
            format!("write `replaces = {}` in the later one, or give it another label", clause.id)
        };
        into.findings.push(
            Finding::error("charter::clause::twice", message, clause.origin.label("here again"))
                .and(earlier.origin.label("first here"))
                .help(help),
        );
    }
}

/// What an amendment ends or replaces must be there, in an earlier document.
fn amended_clauses(terms: &Terms, into: &mut Collected) {
    let replaced = terms.clauses.iter().filter_map(|clause| {
        let (id, origin) = clause.replaces.as_ref()?;
        Some((id, origin, clause.document, "replaces"))
    });
    let ended = terms
        .endings
        .iter()
        .map(|ending| (&ending.clause, &ending.origin, ending.document, "ends"));
    for (id, origin, document, verb) in replaced.chain(ended) {
        let target = |clause: &&Clause| clause.document != document && clause.id == *id;
        if terms.clauses.iter().any(|clause| target(&clause)) {
            continue;
        }
        let message = format!("the amendment {verb} `{id}`, which no other document has");
        let finding =
            Finding::error("charter::amendment::of-nothing", message, origin.label("not there"));
        let known: Vec<_> = terms
            .clauses
            .iter()
            .filter(|clause| clause.document != document)
            .map(|clause| clause.id.to_string())
            .collect();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        into.findings.push(finding.help(suggest(&id.to_string(), known)));
    }
}

fn conditions(terms: &Terms, into: &mut Collected) {
    for clause in &terms.clauses {
        for bound in clause.from.iter().chain(&clause.until) {
            let Bound::When(name) = bound else { continue };
            if terms.conditions.contains_key(name) {
                continue;
            }
            let known: Vec<_> = terms.conditions.keys().map(|name| name.as_str()).collect();
            let finding = Finding::error(
                "charter::name::unknown",
                format!("no condition is called `{name}`"),
                clause.origin.label("depends on it"),
            );
            into.findings.push(finding.help(suggest(name.as_str(), known)));
        }
    }
}

/// A clause must begin before it ends.
fn dates(terms: &Terms, into: &mut Collected) {
    for clause in &terms.clauses {
        let Some(begins) = terms.begins(clause) else { continue };
        for bound in &clause.until {
            if let Bound::On(ends) = bound
                && *ends <= begins
            {
                let message = format!("`{}` ends on {ends} and begins on {begins}", clause.id);
                into.findings.push(
                    Finding::error("charter::date::order", message, clause.origin.label("here"))
                        .help("`until` is the first day on which the clause no longer holds"),
                );
            }
        }
    }
}
