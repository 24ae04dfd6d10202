//! A form for every command that changes something: what can be typed can be filled in.
//!
//! The fields are the command's own arguments, so there is no second list of them. What is sent takes the way
//! of the HTTP API: the same check of who may, the same command, the same answer.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use shell::cli::{Argument, Path as FilePath, Verb};
use shell::commands::effect::Effect;

use crate::api::{self, Answered, Api, Problem};
use crate::entrance::{FORM_TOKEN, wall};
use crate::frame::Page;
use crate::viewer::Viewer;
use crate::words;

type Pairs = Vec<(String, String)>;

/// The form, filled in as far as the address says; where the policies refuse it, they do so before anything is
/// filled in.
pub async fn form(
    State(api): State<Api>,
    viewer: Viewer,
    Path(verb): Path<String>,
    Query(filled): Query<Pairs>,
    parts: Parts,
) -> Result<Response, Problem> {
    let verb = known(&verb)?;
    let case = filled.iter().find(|(name, _)| name == "case").map(|(_, case)| case.clone());
    match api::forbidden(&api, &parts, &viewer, verb, case).await? {
        None => Ok(page(verb, &viewer, &filled, None)),
        Some(problem) => {
            let body = html! { h1 { (verb.about) } (refusal(verb, &problem, &filled)) };
            let mut answer = Page::still("home", verb.about.clone(), body).shown_to(&viewer);
            *answer.status_mut() = StatusCode::FORBIDDEN;
            Ok(answer)
        }
    }
}

/// Every form there is for what may be entered, as far as the policies let the viewer.
pub async fn all(
    State(api): State<Api>,
    viewer: Viewer,
    parts: Parts,
) -> Result<Response, Problem> {
    let mut open = Vec::new();
    for verb in api::changing() {
        if api::forbidden(&api, &parts, &viewer, verb, None).await?.is_none() {
            open.push(verb);
        }
    }
    let body = html! {
        h1 { "What you may enter" }
        @if open.is_empty() { p { "Nothing: you look, and do not change anything." } }
        @else {
            p.quiet { "What can be typed can be filled in. What is about a round has its form on the round's page, too." }
            div.scroll tabindex="0" { table {
                thead { tr { th { "Command" } th { "What it does" } } }
                tbody { @for verb in &open { tr {
                    td { a href=(form_of(verb)) { (words::title(&verb.words)) } }
                    td { (verb.about) }
                } } }
            } }
        }
    };
    Ok(Page::still("home", "What you may enter", body).shown_to(&viewer))
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
        Ok(answered) => Ok(match (kept(&answered), leads_to(verb, &filled)) {
            (Some(secrets), place) => to_keep(&secrets, place.as_deref()).shown_to(&viewer),
            (None, Some(place)) => Redirect::to(&place).into_response(),
            (None, None) => done(verb, &String::from_utf8_lossy(&answered.body)).shown_to(&viewer),
        }),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let mut answer = page(verb, &viewer, &filled, Some(&problem));
            *answer.status_mut() = status;
            Ok(answer)
        }
    }
}

/// The secrets that an answer hands over, by the argument that asked for each.
fn kept(answered: &Answered) -> Option<Vec<(String, String)>> {
    let answer = answered.json()?;
    let kept = answer.get("kept")?.as_object()?;
    let secrets = kept.iter().map(|(name, secret)| (name.clone(), format!("{secret:#}")));
    Some(secrets.collect()).filter(|secrets: &Vec<_>| !secrets.is_empty())
}

/// Secrets are shown where they came to be, and nowhere again: nobody has kept them.
fn to_keep(secrets: &[(String, String)], place: Option<&str>) -> Page {
    let body = html! {
        h1 { "Keep this" }
        p role="status" { "It is entered. What follows is shown this once: nobody has it but you, and nothing is revealed without it. Save it in a file before you go on." }
        @for (name, secret) in secrets {
            h2 { (words::title(name)) }
            pre tabindex="0" { (secret) }
        }
        @if let Some(place) = place { p { a.button href=(place) { "I have saved it: go on" } } }
    };
    Page::still("sourcing", "Keep this", body)
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
    // So is that without which the command only looks.
    let comes_first = |of: &&Argument| {
        let decides = matches!(verb.effect, Effect::ChangesWith(name) if name == of.name);
        of.required || decides || value(&of.name).is_some()
    };
    fields.sort_by_key(|of| !comes_first(of));
    let (first, rest): (Vec<_>, Vec<_>) = fields.into_iter().partition(comes_first);
    let body = html! {
        h1 { (verb.about) }
        @if let Some(problem) = problem { (refusal(verb, problem, filled)) }
        form.tall method="post" action=(form_of(verb)) {
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
            p { button { (words::title(&verb.words)) } }
        }
        details #help { summary { "How it is typed" } pre tabindex="0" { (verb.notes) } }
    };
    Page::still("sourcing", verb.about.clone(), body).shown_to(viewer)
}

fn refusal(verb: &Verb, problem: &Problem, filled: &Pairs) -> Markup {
    html! {
        div.note.bad-note role="alert" {
            p { strong { (problem.kind.title()) } @if let Some(detail) = &problem.detail { ": " (words::told(detail)) } }
            @if let Some(clause) = &problem.because.clause { p { "Under " (words::clause(clause)) } }
            @if let Some(help) = &problem.help {
                p { "To get there: " (words::told(help)) }
                @if let Some(other) = named(help).filter(|other| other.words != verb.words) {
                    p { a href=(form_about(other, filled)) { (words::title(&other.words)) } }
                }
            }
        }
    }
}

/// The command that somebody is told to run, if it has a form.
fn named(help: &str) -> Option<&'static Verb> {
    let typed =
        help.split('`').skip(1).step_by(2).find_map(|code| code.strip_prefix("charter "))?;
    let is_it = |verb: &&'static Verb| {
        typed
            .strip_prefix(&*verb.words)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    api::changing().filter(is_it).max_by_key(|verb| verb.words.len())
}

/// Where a command's form stands.
fn form_of(verb: &Verb) -> String {
    format!("/do/{}", verb.words.replace(' ', "-"))
}

/// Where it stands about the case that another was about.
fn form_about(verb: &Verb, filled: &Pairs) -> String {
    let case = filled.iter().find(|(name, _)| name == "case" && verb.argument(name).is_some());
    let asked = case.map(|(name, case)| format!("?{}", wall::query(name, case)));
    form_of(verb) + &asked.unwrap_or_default()
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
            label for=(id) { (words::title(name)) @if !argument.required { span.quiet { " (may be left out)" } } }
            span.small.quiet id={ (id) "-help" } { (words::told(&argument.help)) }
            br;
            @if argument.boolean || argument.path == Some(FilePath::Kept) {
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
