//! What only the whole set of documents can tell: dangling names, duplicates, dates out of order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Frame, Terms};
use crate::fields::Collected;
use crate::finding::suggest;
use crate::{Bound, Clause, ClauseId, Finding, Name};

pub(super) fn resolve(terms: &Terms, into: &mut Collected) {
    dangling_names(terms, into);
    unframed(terms, into);
    frames_named_alike(terms, into);
    amendments(terms, into);
    duplicates(terms, into);
    amended_clauses(terms, into);
    conditions(terms, into);
    clauses_spoken_of(terms, into);
    dates(terms, into);
}

fn dangling_names(terms: &Terms, into: &mut Collected) {
    for reference in std::mem::take(&mut into.references) {
        let name = reference.name.as_str();
        let known = reference.entries.iter().any(|entry| terms.registry.knows(*entry, name));
        if known || into.unread.labels.contains(name) {
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
        if terms.documents[clause.document].frame.is_none()
            && !into.unread.frames.contains(&clause.document)
        {
            let place = clause.origin.label("of no agreement");
            let message = format!(
                "`{}` stands in a document that is no agreement and amends none",
                clause.id
            );
            into.findings.push(
                Finding::error("charter::frame::missing", message, place)
                    .help("begin the document with an `amendment` block that says what it `amends`, or with an `agreement` block"),
            );
        }
    }
}

/// The name of an agreement or amendment is its own.
fn frames_named_alike(terms: &Terms, into: &mut Collected) {
    let mut first: BTreeMap<&Name, &Frame> = BTreeMap::new();
    for frame in terms.documents.iter().filter_map(|framed| framed.frame.as_ref()) {
        let Some(other) = first.insert(&frame.name, frame) else { continue };
        let message = format!("two documents are called `{}`", frame.name);
        let finding =
            Finding::error("charter::name::twice", message, frame.origin.label("here again"));
        into.findings.push(
            finding.and(other.origin.label("first here")).help("give one of them another name"),
        );
    }
}

/// An amendment is of an agreement, and takes effect no earlier than that.
fn amendments(terms: &Terms, into: &mut Collected) {
    let frames = || terms.documents.iter().filter_map(|framed| framed.frame.as_ref());
    let founding: BTreeMap<_, _> =
        frames().filter(|frame| frame.founds.is_some()).map(|frame| (&frame.name, frame)).collect();
    let amending: BTreeMap<_, _> =
        frames().filter(|frame| frame.founds.is_none()).map(|frame| (&frame.name, frame)).collect();
    let known: Vec<_> = founding.keys().map(|name| name.as_str()).collect();
    let mut told = BTreeSet::new();
    for frame in frames() {
        let Some(founding) = founding.get(&frame.agreement) else {
            if told.contains(&frame.name) || into.unread.labels.contains(frame.agreement.as_str()) {
                continue;
            }
            let finding = if let Some(circle) = circle(frame, &amending) {
                told.extend(circle.iter().map(|frame| &frame.name));
                amends_in_a_circle(&circle)
            } else if let Some(other) = amending.get(&frame.agreement) {
                amends_an_amendment(frame, other)
            } else {
                let (name, verb) = (&frame.name, verb(frame));
                let message =
                    format!("`{name}` {verb} `{}`, which is no agreement", frame.agreement);
                let place = frame.origin.label(format!("{verb} nothing"));
                let finding = Finding::error("charter::amendment::of-nothing", message, place);
                finding.help(suggest(frame.agreement.as_str(), known.clone()))
            };
            into.findings.push(finding);
            continue;
        };
        if frame.effective < founding.effective {
            let message = format!(
                "`{}` takes effect on {}, before the agreement does on {}",
                frame.name, frame.effective, founding.effective
            );
            let finding = Finding::error(
                "charter::date::order",
                message,
                frame.origin.label("takes effect too early"),
            );
            into.findings.push(
                finding
                    .and(founding.origin.label("the agreement"))
                    .help("an amendment takes effect with its agreement or after it"),
            );
        }
    }
}

fn verb(frame: &Frame) -> &'static str {
    if frame.supposed { "is of" } else { "amends" }
}

/// The amendments that amend each other in a circle which begins with this one.
fn circle<'a>(frame: &'a Frame, amending: &BTreeMap<&Name, &'a Frame>) -> Option<Vec<&'a Frame>> {
    let mut circle = vec![frame];
    let mut at = frame;
    // A way longer than there are amendments goes round somewhere else.
    while circle.len() <= amending.len() {
        at = amending.get(&at.agreement)?;
        if at.name == frame.name {
            return Some(circle);
        }
        circle.push(at);
    }
    None
}

fn amends_in_a_circle(circle: &[&Frame]) -> Finding {
    let first = circle[0];
    let place = |frame: &Frame| frame.origin.label(format!("amends `{}`", frame.agreement));
    let message = match circle {
        [_] => format!("`{}` amends itself", first.name),
        _ => {
            let rest = circle[1..].iter().map(|frame| format!("amends `{}`, which ", frame.name));
            let rest: String = rest.collect();
            format!("`{}` {rest}amends `{}`", first.name, first.name)
        }
    };
    let finding = Finding::error("charter::amendment::cycle", message, place(first));
    circle[1..]
        .iter()
        .fold(finding, |finding, frame| finding.and(place(frame)))
        .help("name the agreement in `amends`")
}

fn amends_an_amendment(frame: &Frame, other: &Frame) -> Finding {
    let (name, verb) = (&frame.name, verb(frame));
    let message = format!("`{name}` {verb} `{}`, which is an amendment itself", other.name);
    let place = frame.origin.label(format!("{verb} an amendment"));
    Finding::error("charter::amendment::of-amendment", message, place)
        .and(other.origin.label("no agreement"))
        .help("name the agreement: what earlier amendments say can be ended and replaced as well")
}

/// One id may come again only in a later document, where the clause says that it replaces the other.
fn duplicates(terms: &Terms, into: &mut Collected) {
    let mut first: BTreeMap<&ClauseId, &Clause> = BTreeMap::new();
    let mut made: Vec<&Clause> = terms.clauses.iter().collect();
    made.sort_by_key(|clause| terms.made(clause.document));
    for clause in made {
        let Some(earlier) = first.insert(&clause.id, clause) else { continue };
        let replaces = clause.replaces.as_ref().is_some_and(|(id, _)| *id == clause.id);
        if clause.document != earlier.document && replaces {
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
        let earlier = |clause: &&Clause| terms.is_later(document, clause.document);
        if terms.versions(id).any(|clause| earlier(&clause))
            || terms.documents[document].frame.is_none()
            || into.unread.labels.contains(&id.label)
        {
            continue;
        }
        let message = format!("the amendment {verb} `{id}`, which no earlier document has");
        let finding =
            Finding::error("charter::amendment::of-nothing", message, origin.label("not there"));
        let known: Vec<_> =
            terms.clauses.iter().filter(earlier).map(|clause| clause.id.to_string()).collect();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        into.findings.push(finding.help(suggest(&id.to_string(), known)));
    }
}

fn conditions(terms: &Terms, into: &mut Collected) {
    for (name, origin) in std::mem::take(&mut into.conditions) {
        if terms.conditions.contains_key(&name) || into.unread.labels.contains(name.as_str()) {
            continue;
        }
        let known: Vec<_> = terms.conditions.keys().map(|name| name.as_str()).collect();
        let finding = Finding::error(
            "charter::name::unknown",
            format!("no condition is called `{name}`"),
            origin.label("not defined in any document"),
        );
        into.findings.push(finding.help(suggest(name.as_str(), known)));
    }
    for (name, said) in &terms.conditions {
        let mut days = said.iter().filter_map(|condition| Some((condition.occurred?, condition)));
        let Some((day, first)) = days.next() else { continue };
        if let Some((other, again)) = days.find(|(other, _)| *other != day) {
            let message = format!("condition `{name}` occurred on {day} and on {other}");
            let finding = Finding::warning(
                "charter::condition::twice",
                message,
                again.origin.label(format!("on {other}")),
            );
            into.findings.push(
                finding.and(first.origin.label(format!("on {day}"))).help("the earlier day counts"),
            );
        }
    }
}

/// A clause that another speaks of must be there, in whichever document.
fn clauses_spoken_of(terms: &Terms, into: &mut Collected) {
    for (id, origin) in std::mem::take(&mut into.clauses) {
        let known = terms.versions(&id).next().is_some();
        if known || into.unread.labels.contains(&id.label) {
            continue;
        }
        let known: Vec<_> = terms.clauses.iter().map(|clause| clause.id.to_string()).collect();
        let finding = Finding::error(
            "charter::name::unknown",
            format!("there is no clause `{id}`"),
            origin.label("not in any document"),
        );
        into.findings
            .push(finding.help(suggest(&id.to_string(), known.iter().map(String::as_str))));
    }
}

/// An amendment, and a clause, must begin before it ends.
fn dates(terms: &Terms, into: &mut Collected) {
    const HELP: &str = "`until` is the first day on which it no longer holds";
    for frame in terms.documents.iter().filter_map(|framed| framed.frame.as_ref()) {
        if let Some(ends) = ends_by(&frame.until, frame.effective) {
            let message =
                format!("`{}` ends on {ends} and takes effect on {}", frame.name, frame.effective);
            let place = frame.origin.label("here");
            into.findings.push(Finding::error("charter::date::order", message, place).help(HELP));
        }
    }
    for clause in &terms.clauses {
        // Where a document ends before it begins, that is said once and not for each clause.
        let Some(begins) = terms.begins(clause) else { continue };
        if clause.from.is_none() && clause.until.is_empty() {
            continue;
        }
        if let Some(ends) = ends_by(terms.until(clause), begins) {
            let message = format!("`{}` ends on {ends} and begins on {begins}", clause.id);
            let place = clause.origin.label("here");
            into.findings.push(Finding::error("charter::date::order", message, place).help(HELP));
        }
    }
}

/// The first of the dates among `until` that does not come after `begins`.
fn ends_by(until: &[Bound], begins: Date) -> Option<Date> {
    until.iter().find_map(|bound| match bound {
        Bound::On(ends) if *ends <= begins => Some(*ends),
        _ => None,
    })
}
