//! Ask: any act, and the decision with its clauses. The address holds the question, so it can be sent on.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use rights::{Decision, Reason};
use terms::{Act, Attribute, Registry, Terms, Verb};

use super::agreement::today;
use super::date::Dates;
use super::shown;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// The form, and the answer once there is a question.
pub async fn page(
    State(app): State<App>,
    viewer: Viewer,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Sorry> {
    shown(app, viewer, "ask", move |room, _| {
        let terms = room.terms()?;
        let said = |key: &str| asked.get(key).cloned().unwrap_or_default();
        let dates = Dates { at: said("at"), known: said("known") };
        let chosen = dates.chosen(&terms, today(room.workspace.now, &terms))?;
        let verb = Verb::from_word(&said("act")).unwrap_or(Verb::Contract);
        let pairs: Vec<_> = asked
            .iter()
            .filter(|(key, value)| {
                !matches!(key.as_str(), "act" | "at" | "known") && !value.is_empty()
            })
            .map(|(key, value)| format!("{key}={}", value.trim()))
            .collect();
        let answer = asked.contains_key("by").then(|| Act::parse(verb.word(), &pairs, &terms.registry));
        let body = html! {
            h1 { "May somebody do this?" }
            (choice(verb))
            (form(verb, &asked, &chosen.on.to_string(), &said("known"), &terms))
            @match answer {
                None => p.quiet { "What is left open counts against the act." },
                Some(Err(errors)) => div.note.bad-note role="alert" {
                    @for error in errors { p { (words::told(error)) } }
                },
                Some(Ok(act)) => (decision(&rights::decide(&terms.in_force(chosen.on, chosen.known), &act))),
            }
        };
        Ok(Page::still("ask", "Ask", body))
    })
    .await
}

/// Which act it is about: another act has other attributes, so it is chosen first.
fn choice(chosen: Verb) -> Markup {
    html! {
        form.inline method="get" {
            label {
                "Act" br;
                select name="act" {
                    @for word in Verb::WORDS { option value=(word) selected[*word == chosen.word()] { (word) } }
                }
            }
            button.plain { "Choose" }
        }
    }
}

fn form(
    verb: Verb,
    asked: &BTreeMap<String, String>,
    at: &str,
    known: &str,
    terms: &Terms,
) -> Markup {
    let value = |key: &str| asked.get(key).map_or("", String::as_str);
    html! {
        form.inline method="get" {
            input type="hidden" name="act" value=(verb.word());
            label {
                "by" br;
                select name="by" required {
                    option value="" { "" }
                    @for party in terms.registry.parties.keys() {
                        option selected[party.as_str() == value("by")] { (party) }
                    }
                }
            }
            @for attribute in verb.attributes() {
                label {
                    (attribute.word()) br;
                    input name=(attribute.word()) value=(value(attribute.word())) list={ "known-" (attribute.word()) };
                    datalist id={ "known-" (attribute.word()) } {
                        @for name in names(*attribute, &terms.registry) { option value=(name); }
                    }
                }
            }
            label { "on" br; input type="date" name="at" value=(at) required; }
            label { "known by " span.quiet { "(all, if empty)" } br; input type="date" name="known" value=(known); }
            button { "Ask" }
        }
    }
}

/// What an attribute may be, as far as the registry knows.
fn names(attribute: Attribute, registry: &Registry) -> Vec<String> {
    let all: Vec<&terms::Name> = match attribute {
        Attribute::Provider => registry.clouds.keys().chain(registry.parties.keys()).collect(),
        Attribute::Host => registry.clouds.keys().collect(),
        Attribute::Service => registry.services.keys().collect(),
        Attribute::Asset => registry.assets.keys().collect(),
        Attribute::Model => registry.models.keys().collect(),
        Attribute::Product => registry.products.keys().collect(),
        Attribute::Channel => registry.channels.keys().collect(),
        Attribute::With => registry.parties.keys().collect(),
        Attribute::Kind => return vec!["new".to_string(), "existing".to_string()],
        Attribute::Purpose => {
            return ["training", "inference", "research"].map(str::to_string).to_vec();
        }
        _ => Vec::new(),
    };
    all.into_iter().map(ToString::to_string).collect()
}

/// A decision, with every clause that had a part in it.
pub fn decision(decision: &Decision) -> Markup {
    html! {
        section aria-live="polite" {
            h2 { (words::verdict(decision.verdict)) " " code { (decision.act) } " on " (decision.on) }
            @if decision.because.is_empty() { p { "No clause stands against it, or none allows it." } }
            @for because in &decision.because { (reason(because)) }
            @if let Some(way_out) = &decision.way_out { p.note { strong { "To get there: " } (way_out) } }
            @if !decision.considered.is_empty() {
                h3 { "Considered" }
                ul { @for other in &decision.considered {
                    li { (words::clause(&other.clause)) ": " (other.why_not) }
                } }
            }
        }
    }
}

fn reason(reason: &Reason) -> Markup {
    html! {
        article.card {
            h3 { (words::clause(&reason.clause)) }
            p { (words::told(&reason.why)) @if let Some(window) = &reason.response_window { "; it has " (window) " to answer" } }
            blockquote { @for paragraph in reason.text.split("\n\n") { p { (paragraph) } } }
            @for parameter in &reason.assumed { p.small { (parameter) (words::basis(parameter)) } }
            p.quiet.small { (reason.document) ", line " (reason.line) }
        }
    }
}
