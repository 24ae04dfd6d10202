//! A form for every command that changes something: what can be typed can be filled in.
//!
//! The fields are the command's own arguments, so there is no second list of them. What is sent takes the way
//! of the HTTP API: the same check of who may, the same command, the same answer.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use shell::cli::{Argument, Verb};

use crate::api::{self, Api, Problem};
use crate::entrance::FORM_TOKEN;
use crate::frame::Page;
use crate::viewer::Viewer;

type Pairs = Vec<(String, String)>;

/// The form, filled in as far as the address says.
pub async fn form(
    viewer: Viewer,
    Path(verb): Path<String>,
    Query(filled): Query<Pairs>,
) -> Result<Response, Problem> {
    let verb = known(&verb)?;
    Ok(page(verb, &viewer, &filled, None))
}

/// Does what the form says. What is about a case or a month leads there; everything else shows its answer.
pub async fn send(
    State(api): State<Api>,
    viewer: Viewer,
    Path(verb): Path<String>,
    parts: Parts,
    Form(mut filled): Form<Pairs>,
) -> Result<Response, Problem> {
    let verb = known(&verb)?;
    filled.retain(|(name, value)| name != FORM_TOKEN && !value.trim().is_empty());
    let given = api::given::of_pairs(filled.clone());
    match api::carried(&api, verb, &parts, given).await {
        Ok(answered) => Ok(match leads_to(verb, &filled) {
            Some(place) => Redirect::to(&place).into_response(),
            None => done(verb, &String::from_utf8_lossy(&answered.body)).shown_to(&viewer),
        }),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let mut answer = page(verb, &viewer, &filled, Some(&problem));
            *answer.status_mut() = status;
            Ok(answer)
        }
    }
}

/// Where that stands which was just done, if it has a page.
fn leads_to(verb: &Verb, filled: &Pairs) -> Option<String> {
    let given = |name| filled.iter().find(|(of, _)| of == name).map(|(_, value)| value);
    let case = || given("case").map(|case| format!("/sourcing/{case}"));
    let month = || given("month").map(|month| format!("/statements/{month}"));
    match verb.words.as_str() {
        // A scenario enters nothing, so only the answer has it.
        "settle" if given("scenario").is_some() => None,
        "settle" | "close" => month(),
        _ => case(),
    }
}

/// A command that changes something, by the words of an address: `journal-log` is `journal log`.
fn known(words: &str) -> Result<&'static Verb, Problem> {
    let direct = api::known(words);
    let verb = direct.or_else(|_| api::known(&words.replace('-', " ")))?;
    Ok(verb)
}

fn done(verb: &Verb, answer: &str) -> Page {
    let body = html! {
        h1 { "Done: " (verb.words) }
        p role="status" { "It is entered. This is what came of it:" }
        pre tabindex="0" { (answer) }
        p { a href="/journal" { "See it in the journal" } }
    };
    Page::still("home", format!("Done: {}", verb.words), body)
}

fn page(verb: &Verb, viewer: &Viewer, filled: &Pairs, problem: Option<&Problem>) -> Response {
    let value = |name: &str| filled.iter().find(|(of, _)| of == name).map(|(_, value)| &**value);
    // What must be given comes first; the party is the viewer's own.
    let mut fields: Vec<_> = verb.arguments.iter().filter(|of| !api::is_hidden(verb, of)).collect();
    // Who enters something is whoever sends the form; the party it is entered for may be said.
    let speaks = verb.argument("by").is_some_and(|by| !api::is_who(by));
    fields
        .retain(|of| !(of.name == "by" && (viewer.party.is_some() || !speaks)) && of.name != "id");
    fields.sort_by_key(|of| !(of.required || value(&of.name).is_some()));
    let (first, rest): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|of| of.required || value(&of.name).is_some());
    let body = html! {
        h1 { (verb.about) }
        @if let Some(problem) = problem { (refusal(problem)) }
        form.tall method="post" action={ "/do/" (verb.words.replace(' ', "-")) } {
            input type="hidden" name=(FORM_TOKEN) value=(viewer.form_token);
            @if speaks && let Some(party) = &viewer.party {
                p { "For " strong { (party) } }
                input type="hidden" name="by" value=(party);
            }
            @for argument in first { (field(argument, value(&argument.name), problem)) }
            @if !rest.is_empty() {
                details #more open[problem.is_some()] {
                    summary { "More that can be said" }
                    @for argument in rest { (field(argument, None, problem)) }
                }
            }
            p { button { (title(&verb.words)) } }
        }
        details #help { summary { "How it is typed" } pre tabindex="0" { (verb.notes) } }
    };
    Page::still("sourcing", verb.about.clone(), body).shown_to(viewer)
}

fn title(words: &str) -> String {
    let mut letters = words.replace('-', " ");
    if let Some(first) = letters.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    letters
}

fn refusal(problem: &Problem) -> Markup {
    html! {
        div.note.bad-note role="alert" {
            p { strong { (problem.kind.title()) } @if let Some(detail) = &problem.detail { ": " (detail) } }
            @if let Some(clause) = &problem.because.clause { p { "Under " (crate::words::clause(clause)) } }
            @if let Some(help) = &problem.help { p { "To get there: " (help) } }
        }
    }
}

fn field(argument: &Argument, value: Option<&str>, problem: Option<&Problem>) -> Markup {
    let name = &argument.name;
    let id = format!("field-{name}");
    let is_wrong = problem.is_some_and(|of| of.parameter.as_deref() == Some(name.as_str()));
    let kind = match argument.value_name.as_str() {
        "DATE" => "date",
        "N" | "COUNT" | "NUMBER" => "number",
        _ => "text",
    };
    html! {
        p {
            label for=(id) { (title(name)) @if !argument.required { span.quiet { " (may be left out)" } } }
            span.small.quiet id={ (id) "-help" } { (argument.help) }
            br;
            @if argument.boolean {
                input id=(id) type="checkbox" name=(name) value="true" checked[value.is_some()] aria-describedby={ (id) "-help" };
            } @else if !argument.values.is_empty() {
                select id=(id) name=(name) required[argument.required] aria-describedby={ (id) "-help" } {
                    @if !argument.required { option value="" { "" } }
                    @for one in &argument.values { option selected[value == Some(one.as_str())] { (one) } }
                }
            } @else if argument.path.is_some() {
                textarea id=(id) name=(name) rows="8" required[argument.required] aria-describedby={ (id) "-help" } { (value.unwrap_or_default()) }
            } @else {
                input id=(id) type=(kind) name=(name) value=[value.or(argument.default.as_deref())]
                    required[argument.required] aria-invalid=[is_wrong.then_some("true")] aria-describedby={ (id) "-help" };
            }
        }
    }
}
