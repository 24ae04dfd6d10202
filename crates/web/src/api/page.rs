//! What the API is, for people: every verb with its parameters and a request to begin with.

use axum::response::Html;
use maud::{Markup, html};
use serde_json::{Map, Value};
use shell::cli::Verb;
use shell::commands::effect::Effect;

use super::methods;
use super::openapi::{example, offered, path, served};
use super::problem::Kind;
use crate::frame::document;

pub async fn page() -> Html<String> {
    let body = html! {
        main #main {
            h1 { "The HTTP API" }
            p {
                "Every command of " code { "charter" } " under its own name. What reads is asked for by GET, what changes \
                 something is sent by POST, as JSON or as a form with files. Send a token as "
                code { "Authorization: Bearer charter_…" } ". For programs: "
                a href="/api/v1/openapi.json" { "openapi.json" } "."
            }
            h2 { "Verbs" }
            ul { @for verb in served() { li { a href={ "#" (anchor(verb)) } { (verb.words) } " · " (verb.about) } } }
            h2 { "What follows what happens" }
            pre { code { "curl -N -H \"Authorization: Bearer $TOKEN\" -H 'Accept: text/event-stream' $SERVER/api/v1/events" } }
            p {
                "The journal's events as far as you may see them; without " code { "Accept" } " as lines of JSON. "
                code { "after" } " and " code { "Last-Event-ID" } " go on where you were."
            }
            h2 { "What can go wrong" }
            dl {
                @for kind in Kind::ALL {
                    dt id=(kind.word()) { (kind.status()) " " (kind.word()) }
                    dd { (kind.title()) }
                }
            }
            @for verb in served() { (section(verb)) }
        }
    };
    Html(document("The HTTP API", &body).into_string())
}

fn anchor(verb: &Verb) -> String {
    format!("verb-{}", verb.words.replace(' ', "-"))
}

fn section(verb: &Verb) -> Markup {
    let how = methods(verb).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    html! {
        section {
            h2 id=(anchor(verb)) { (verb.words) }
            p { (verb.about) "." }
            p { code { (how) " " (path(verb)) } }
            @if offered(verb).next().is_some() {
                table {
                    thead { tr { th { "parameter" } th { "what it is" } } }
                    tbody {
                        @for argument in offered(verb) {
                            tr {
                                td { code { (argument.name) } @if argument.required { " (required)" } }
                                td {
                                    (argument.help)
                                    @if !argument.values.is_empty() { " (" (argument.values.join(", ")) ")" }
                                }
                            }
                        }
                    }
                }
            }
            pre { code { (request(verb)) } }
        }
    }
}

/// A request that can be copied, with what must be given.
fn request(verb: &Verb) -> String {
    let required = || offered(verb).filter(|argument| argument.required);
    let token = "-H \"Authorization: Bearer $TOKEN\"";
    if matches!(verb.effect, Effect::Reads | Effect::ChangesWith(_)) {
        let pairs = required().map(|argument| {
            let value = match example(argument) {
                Value::Array(values) => values.into_iter().next().unwrap_or_default(),
                value => value,
            };
            format!("  --data-urlencode {}={} \\\n", argument.name, value.as_str().unwrap_or("…"))
        });
        let pairs: String = pairs.collect();
        return format!("curl -G {token} \\\n{pairs}  $SERVER{}", path(verb));
    }
    let body: Map<_, _> =
        required().map(|argument| (argument.name.clone(), example(argument))).collect();
    format!(
        "curl {token} -H \"Idempotency-Key: $(uuidgen)\" \\\n  --json '{}' \\\n  $SERVER{}",
        Value::Object(body),
        path(verb)
    )
}
