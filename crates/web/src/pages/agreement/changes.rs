//! What changed between two days, or between what was known by two days: clauses, and acts whose verdict changed.

use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use maud::{Markup, html};
use rights::{Decision, Verdict, VerdictChange};
use serde::Deserialize;
use terms::diff::{Change, diff};
use terms::{Clause, InForce, Parameter};
use url::form_urlencoded;

use super::super::date::{Chosen, Dates};
use super::super::shown;
use super::today;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// Between which days changes are asked for, and what was known on either side; all, where that is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Between {
    from: String,
    from_known: String,
    to: String,
    to_known: String,
}

/// What changed, clause by clause and act by act.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Query(between): Query<Between>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "agreement", move |room, viewer| {
        let terms = room.terms_for(viewer, "agreement")?;
        let today = today(room.workspace.now, &terms);
        let of = |at: String, known: String| Dates { at, known };
        let to = of(between.to, between.to_known).chosen(&terms, today)?;
        let year_before = to.on.saturating_sub(jiff::Span::new().years(1));
        let from = of(between.from, between.from_known).chosen(&terms, year_before)?;
        let (before, after) =
            (terms.in_force(from.on, from.known), terms.in_force(to.on, to.known));
        let clauses = clauses(&before, &after);
        let acts = rights::changes(&before, &after);
        let body = html! {
            h1 { "What changed from " (side(&from)) " to " (side(&to)) }
            (form(&from, &to))
            h2 { "Clauses" }
            @if clauses.is_empty() { p { "The same clauses hold on both sides." } }
            @else { (table(&clauses)) }
            h2 { "Acts whose verdict changes" }
            @if acts.is_empty() { p { "No act has another verdict." } }
            @else { (verdicts(&acts, &from, &to)) }
        };
        Ok(Page::still("agreement", "What changed", body))
    })
    .await
}

fn side(chosen: &Chosen) -> Markup {
    html! { (chosen.on) @if let Some(known) = chosen.known_on { " as known by " (known) } }
}

fn form(from: &Chosen, to: &Chosen) -> Markup {
    let field = |name: &str, label: &str, day: Option<Date>, required: bool| {
        html! { label {
            (label) @if !required { span.quiet { " (all, if empty)" } } br;
            input type="date" name=(name) value=[day] required[required];
        } }
    };
    html! { form.inline method="get" {
        (field("from", "From", Some(from.on), true)) (field("from_known", "known by", from.known_on, false))
        (field("to", "To", Some(to.on), true)) (field("to_known", "known by", to.known_on, false))
        button { "Compare" }
    } }
}

/// A clause that holds on one side only, or holds otherwise.
struct Changed<'a> {
    clause: &'a Clause,
    word: &'static str,
    /// The clause whose place it took.
    before: Option<&'a Clause>,
    differing: Vec<(String, Option<Parameter>, Option<Parameter>)>,
    ended_by: Option<String>,
}

impl<'a> Changed<'a> {
    fn new(clause: &'a Clause, word: &'static str) -> Changed<'a> {
        Changed { clause, word, before: None, differing: Vec::new(), ended_by: None }
    }
}

fn clauses<'a>(before: &InForce<'a>, after: &InForce<'a>) -> Vec<Changed<'a>> {
    let changes = diff(before, after).into_iter().map(|change| match change {
        Change::Began(clause) => Changed::new(clause, "begins"),
        Change::Ended(lapsed) => Changed {
            ended_by: Some(format!("{} on {}", lapsed.by.describe(), lapsed.ended)),
            ..Changed::new(lapsed.clause, "ends")
        },
        Change::Replaced { before, after, differing } => {
            Changed { before: Some(before), differing, ..Changed::new(after, "is replaced") }
        }
    });
    let mut changes: Vec<_> = changes.collect();
    // Of what was known less of, a clause may not hold yet on the other side: nothing has ended it.
    let is = |one: &Clause, other: &Clause| std::ptr::eq(one, other);
    let not_yet = before.clauses.iter().copied().filter(|clause| {
        !after.clauses.iter().any(|other| is(other, clause))
            && !changes
                .iter()
                .any(|of| is(of.clause, clause) || of.before.is_some_and(|of| is(of, clause)))
    });
    let not_yet: Vec<_> = not_yet.map(|clause| Changed::new(clause, "does not hold yet")).collect();
    changes.extend(not_yet);
    changes
}

fn table(changes: &[Changed<'_>]) -> Markup {
    html! {
        div.scroll tabindex="0" { table {
            thead { tr { th { "Clause" } th { "What happened" } th { "Its text" } } }
            tbody { @for of in changes { tr {
                td { (words::clause(&of.clause.id.to_string())) br; span.quiet.small { (of.clause.origin.document.name) } }
                td {
                    @match of.word {
                        "begins" => span.tag.good { "begins" },
                        "is replaced" => span.tag.wait { "is replaced" },
                        word => span.tag.bad { (word) },
                    }
                    @if let Some(by) = &of.ended_by { p.small { "by " (by) } }
                    @for (name, before, after) in &of.differing {
                        p.small { (name) ": " @if let Some(before) = before { del { (before.value) } } " " @if let Some(after) = after { ins { (after.value) } } }
                    }
                }
                td { (texts(of)) }
            } } }
        } }
    }
}

fn texts(of: &Changed<'_>) -> Markup {
    html! {
        @match (of.before, of.word) {
            (Some(before), _) if before.text == of.clause.text => p { (of.clause.text) },
            (Some(before), _) => { p { del { (before.text) } } p { ins { (of.clause.text) } } },
            (None, "begins") => p { ins { (of.clause.text) } },
            (None, _) => p { del { (of.clause.text) } },
        }
    }
}

/// Who does what, and what was said of it on either side, under which clauses.
fn verdicts(acts: &[VerdictChange], from: &Chosen, to: &Chosen) -> Markup {
    html! {
        p.quiet.small { "For each clause that began or ended, an act that shows it; one may stand for several." }
        div.scroll tabindex="0" { table {
            thead { tr { th { "Act" } th { (side(from)) } th { (side(to)) } } }
            tbody { @for change in acts { tr {
                td { code { (change.after.act) } }
                td { (verdict(&change.before, from)) }
                td { (verdict(&change.after, to)) }
            } } }
        } }
    }
}

fn verdict(decision: &Decision, on: &Chosen) -> Markup {
    html! {
        ul.plain {
            li { a href=(question(decision, on)) title="Ask" { (words::verdict(decision.verdict)) } }
            @for because in &decision.because { li { (words::clause(&because.clause)) } }
            @if decision.because.is_empty() {
                li.quiet.small { @match decision.verdict {
                    Verdict::Permitted => "no clause stands against it",
                    _ => "no licence holds it",
                } }
            }
        }
    }
}

/// The page that asks the same question.
fn question(decision: &Decision, on: &Chosen) -> String {
    let act = &decision.act;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("act", act.verb.word()).append_pair("by", act.by.as_str());
    for (attribute, value) in &act.stated {
        if act.verb.attributes().contains(attribute) {
            query.append_pair(attribute.word(), value);
        }
    }
    query.append_pair("at", &on.on.to_string());
    if let Some(known) = on.known_on {
        query.append_pair("known", &known.to_string());
    }
    format!("/ask?{}", query.finish())
}
