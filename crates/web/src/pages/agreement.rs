//! The agreement: its documents as prose, and beside each clause how it stands on a day.

pub mod changes;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use terms::{Basis, Bound, Clause, Document, Finding, InForce, Terms};

use super::date::Dates;
use super::shown;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// The documents on a day.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Query(dates): Query<Dates>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "agreement", move |room, viewer| {
        let terms = room.terms_for(viewer, "agreement")?;
        let chosen = dates.chosen(&terms, today(room.workspace.now, &terms))?;
        let findings = room.findings()?;
        let in_force = terms.in_force(chosen.on, chosen.known);
        let body = html! {
            h1 { "The agreement on " (chosen.on) }
            (chosen.form("/agreement", &terms))
            p {
                (words::count(in_force.clauses.len(), "clause")) " in force, "
                (in_force.lapsed.len()) " ended, " (in_force.upcoming.len()) " not begun. "
                a href={ "/agreement/changes?to=" (chosen.on) } { "What changed?" }
            }
            nav aria-label="Documents" {
                @for framed in &terms.documents {
                    a href={ "#" (words::anchor(&framed.document.name)) } { (framed.document.name) }
                }
            }
            @for (place, framed) in terms.documents.iter().enumerate() {
                article #(words::anchor(&framed.document.name)) {
                    p.quiet.small {
                        code { (framed.document.name) }
                        @if !terms.knows(place, chosen.known) { ", not known then" }
                        @else if let Some(adopted) = framed.adopted {
                            ", adopted " (words::instant(adopted, &terms.time_zone()))
                        }
                    }
                    (document(&framed.document, &in_force, &findings))
                }
            }
        };
        Ok(Page::live("agreement", "Agreement", body))
    })
    .await
}

/// The day it is in the zone of the agreement.
pub fn today(now: jiff::Timestamp, terms: &Terms) -> Date {
    now.to_zoned(terms.time_zone()).date()
}

/// A document: what stands between two blocks of terms on the left, how their clauses stand on the right.
fn document(document: &Arc<Document>, in_force: &InForce<'_>, findings: &[Finding]) -> Markup {
    let mut rows = Vec::new();
    let mut prose = Vec::new();
    let mut code: Option<String> = None;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(&document.text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(what))) if what.trim() == "hcl" => {
                code = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) if code.is_some() => {
                let clauses = in_force.terms.clauses.iter().filter(|clause| {
                    clause.origin.document.name == document.name
                        && range.contains(&clause.origin.span.start)
                });
                let found = findings.iter().filter(|finding| {
                    finding.everywhere().any(|place| {
                        place.document.name == document.name && range.contains(&place.span.start)
                    })
                });
                let lists = &in_force.terms.registry.price_lists;
                let lists = lists.iter().filter(|(_, list)| {
                    list.origin.document.name == document.name
                        && range.contains(&list.origin.span.start)
                });
                let text = rendered(prose.drain(..));
                // What a line of a statement cites must be found: a list of prices is no clause.
                let prose = html! {
                    @for (name, _) in lists { a id=(words::anchor(&format!("price_list.{name}"))) {} }
                    (text)
                };
                let terms = code.take().unwrap_or_default();
                rows.push(row(&prose, &terms, clauses, found, in_force));
            }
            Event::Text(text) if code.is_some() => {
                if let Some(code) = &mut code {
                    code.push_str(&text);
                }
            }
            // What looks like HTML in a document is text: nobody writes pages through an agreement.
            Event::Html(text) | Event::InlineHtml(text) => prose.push(Event::Text(text)),
            Event::Start(Tag::Link { dest_url, .. }) if !is_safe(&dest_url) => {}
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            event => prose.push(event),
        }
    }
    html! {
        @for row in rows { (row) }
        (rendered(prose.drain(..)))
    }
}

/// A link that leads to another page and runs nothing.
fn is_safe(address: &str) -> bool {
    ["https://", "http://", "mailto:", "#"].iter().any(|begins| address.starts_with(begins))
}

fn rendered<'a>(events: impl Iterator<Item = Event<'a>>) -> Markup {
    // A heading of a document stands below that of the page.
    let lower = |level| match level {
        pulldown_cmark::HeadingLevel::H1 => pulldown_cmark::HeadingLevel::H2,
        _ => pulldown_cmark::HeadingLevel::H3,
    };
    let events = events.map(|event| match event {
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        event => event,
    });
    let mut text = String::new();
    pulldown_cmark::html::push_html(&mut text, events);
    PreEscaped(text)
}

fn row<'a>(
    prose: &Markup,
    code: &str,
    clauses: impl Iterator<Item = &'a Clause>,
    findings: impl Iterator<Item = &'a Finding>,
    in_force: &InForce<'_>,
) -> Markup {
    let clauses: Vec<_> = clauses.collect();
    html! {
        div.clause {
            div {
                (prose)
                details { summary { "The terms, as they are executed" } pre tabindex="0" { code { (code) } } }
                @for finding in findings {
                    div.note {
                        strong { (words::told(finding)) }
                        @if let Some(witness) = &finding.witness { p { "For example: " (words::told(witness)) } }
                    }
                }
            }
            @if clauses.is_empty() {
                div {}
            } @else {
                div { @for clause in clauses { (aside(clause, in_force)) } }
            }
        }
    }
}

/// How a clause stands.
fn aside(clause: &Clause, in_force: &InForce<'_>) -> Markup {
    let (terms, known) = (in_force.terms, in_force.known);
    let is = |other: &&Clause| std::ptr::eq(*other, clause);
    let lapsed = in_force.lapsed.iter().find(|lapsed| std::ptr::eq(lapsed.clause, clause));
    let waits = |bound: &Bound| match bound {
        Bound::When(condition) => Some(condition.clone()),
        Bound::On(_) => None,
    };
    let waits_for = clause.from.as_ref().and_then(waits);
    let holds = in_force.clauses.iter().any(is);
    let (class, word) = match (holds, lapsed) {
        (true, _) => ("in-force", "in force"),
        (_, Some(_)) => ("ended", "ended"),
        _ if waits_for.is_some() => ("conditional", "conditional"),
        _ => ("conditional", "not begun"),
    };
    let tag = if holds {
        "good"
    } else if lapsed.is_some() {
        "bad"
    } else {
        "wait"
    };
    // The versions of a clause share its name; an address leads to the one that holds, or the last.
    let id = clause.id.to_string();
    let versions = || terms.clauses.iter().filter(|other| other.id == clause.id);
    let holding = in_force.clauses.iter().copied().find(|other| other.id == clause.id);
    let is_first =
        holding.or(versions().next_back()).is_some_and(|other| std::ptr::eq(other, clause));
    let assumed = clause.parameters.iter().filter(|of| matches!(of.basis, Basis::Assumed(_)));
    let assumed: Vec<_> = assumed.collect();
    html! {
        aside id=[is_first.then(|| words::anchor(&id))] class=(class) aria-label={ (clause.id) ", " (clause.origin.document.name) } {
            p { code { (clause.id) } }
            p { span class={ "tag " (tag) } { (word) } }
            p { (clause.grantor) " → " (clause.holder) }
            @if let Some(begins) = terms.starts(clause, known) { p { "from " (begins) } }
            @else if let Some(condition) = waits_for { p { "once " code { (condition) } " occurs" } }
            @if let Some(lapsed) = lapsed { p { "ended " (lapsed.ended) } }
            @else if let Some(ends) = terms.ends(clause, known) { p { "until " (ends) } }
            @if !assumed.is_empty() { details {
                summary { (words::count(assumed.len(), "value")) " assumed" }
                @for parameter in assumed { p { (parameter) (words::basis(parameter)) } }
            } }
        }
    }
}
