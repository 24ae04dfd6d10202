//! The HTTP API: every command under its own name, for programs.
//!
//! In comes a request of somebody who has shown who they are; out goes what the command prints, as JSON. There is
//! no second way to do anything here: a request becomes words of the command line, and the answer is the command's.
//! What may be asked for, by whom, and how it is written all follow from `shell`'s own tables.
//!
//! Read in this order: [`given`] (what a request says), [`words`](self::words()) (what is typed for it), `run` (what
//! comes of it), `kept` (answers that are given again), [`openapi`] and `page` (what others read of all this).

pub mod gate;
pub mod given;
pub mod openapi;
pub mod problem;

mod answer;
mod body;
mod events;
mod kept;
mod list;
mod page;
mod received;
mod run;
mod tag;
mod words;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use shell::cli::{Argument, Verb, verbs};
use shell::commands::effect::Effect;
use shell::commands::holds::{self, Holds};
use shell::workspace::Asker;
use terms::Name;

use crate::entrance::FORM_TOKEN_HEADER;
use crate::server::App;
use crate::viewer::Viewer;
use given::{Given, Item};
use problem::{Because, Kind};

pub use answer::Answered;
pub use problem::Problem;
pub use words::{Words, is_hidden, words};

/// The commands, read from the command line's tree once.
static VERBS: LazyLock<Vec<Verb>> = LazyLock::new(verbs);

/// The header under which a request may be sent again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Says who may run what. It is asked before anything is done, and whatever it does not allow is refused.
pub trait Gate: Send + Sync + 'static {
    /// Whether whoever sent a request may run a command, by its words. `by` is the party it is run for.
    fn may(
        &self,
        request: &Parts,
        viewer: &Viewer,
        words: &str,
        about: &About,
        by: Option<&str>,
    ) -> Verdict;
}

/// Which agreements a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// That of the case it names.
    Agreement(String),
    /// Any of these in which the viewer has a part: what is shown is of those alone.
    Any(Vec<String>),
    /// All of these.
    All(Vec<String>),
}

/// What a gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be run.
    pub allowed: bool,
    /// The policies that the answer rests on, by name; none where nothing permits it.
    pub policies: Vec<String>,
    /// What those policies say.
    pub says: Vec<String>,
}

/// What every handler has.
#[derive(Clone)]
pub struct Api {
    /// Where work is done.
    pub app: App,
    /// Who says whether it may be.
    pub gate: Arc<dyn Gate>,
}

/// The API, without the door: whoever hands a request on has put a [`Viewer`] into it, if anybody known asks.
pub fn routes(app: App, gate: Arc<dyn Gate>) -> Router {
    Router::new()
        .route("/api/v1/events", any(events::events))
        .route("/api/v1/cloudevents", any(received::cloudevents))
        .route("/api/v1/{*verb}", any(verb))
        .with_state(Api { app, gate })
}

/// What the API says of itself, which is for everybody.
pub fn open() -> Router {
    Router::new()
        .route("/api", get(page::page))
        .route("/api/v1/openapi.json", get(openapi::document))
}

/// A verb that can be asked for here, by its words.
///
/// # Errors
/// A [`Problem`] if there is none, or it is for a terminal alone.
pub fn known(words: &str) -> Result<&'static Verb, Problem> {
    let verb = VERBS.iter().find(|verb| verb.words == words);
    let verb = verb.ok_or_else(|| {
        Problem::of(Kind::NotFound)
            .saying(format!("no command is called `{words}`"))
            .helping("/api lists them")
    })?;
    match verb.effect {
        Effect::Local(why) => Err(Problem::of(Kind::NotFound)
            .saying(format!("`charter {words}` is for a terminal: {why}"))
            .helping("run it where the workspace is")),
        _ => Ok(verb),
    }
}

/// The methods by which a verb is asked for.
fn methods(verb: &Verb) -> Vec<Method> {
    let takes_file = verb.arguments.iter().any(|argument| {
        argument.path == Some(shell::cli::Path::Read) && !is_hidden(verb, argument)
    });
    let reads = matches!(verb.effect, Effect::Reads | Effect::ChangesWith(_));
    // What holds a file is sent, also where it only asks.
    let sent = verb.effect != Effect::Reads || takes_file;
    let methods = [(reads, Method::GET), (reads, Method::HEAD), (sent, Method::POST)];
    methods.into_iter().filter(|(by, _)| *by).map(|(_, method)| method).collect()
}

async fn verb(State(api): State<Api>, Path(path): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let instance = parts.uri.path().to_string();
    let tagged = matches!(parts.method, Method::GET | Method::HEAD);
    let answer = match known(&path.replace('/', " ")) {
        Err(problem) => Err(problem),
        Ok(verb) if !methods(verb).contains(&parts.method) => {
            return not_so(&methods(verb), instance);
        }
        Ok(verb) => asked(&api, verb, &parts, body).await,
    };
    match answer {
        Ok(answered) if tagged => tag::tagged(answered.into_response(), &parts.headers).await,
        Ok(answered) => answered.into_response(),
        Err(problem) => refused(problem, instance),
    }
}

/// A request by another method than these.
fn not_so(methods: &[Method], instance: String) -> Response {
    let names: Vec<_> = methods.iter().map(ToString::to_string).collect();
    let names = names.join(", ");
    let problem = Problem::of(Kind::Method).saying(format!("ask for it by {names}"));
    let mut answer = refused(problem, instance);
    answer.headers_mut().extend(HeaderValue::from_str(&names).map(|names| (header::ALLOW, names)));
    answer
}

fn refused(problem: Problem, instance: String) -> Response {
    Problem { instance: Some(instance), ..problem }.into_response()
}

/// Whoever sent a request, if anybody known did.
fn viewer(parts: &Parts) -> Result<&Viewer, Problem> {
    parts.extensions.get::<Viewer>().ok_or_else(|| {
        Problem::of(Kind::Unauthenticated)
            .saying("the request shows nobody that is known here")
            .helping("send a token that is still good, as `Authorization: Bearer charter_…`")
    })
}

async fn asked(
    api: &Api,
    verb: &'static Verb,
    parts: &Parts,
    body: axum::body::Body,
) -> Result<Answered, Problem> {
    let viewer = viewer(parts)?;
    if parts.method == Method::POST {
        is_of_ours(viewer, &parts.headers)?;
    }
    let mut given = match parts.method {
        Method::POST => body::sent(parts, body).await?,
        _ => body::queried(parts)?,
    };
    let is_sent = parts.method == Method::POST;
    let window = (!is_sent).then(|| list::Window::take(verb, &mut given)).transpose()?;
    if !is_sent && verb.effect.changes(given.keys().map(String::as_str)) {
        return Err(Problem::of(Kind::WrongUse).saying("this changes something; send it by POST"));
    }
    let answered = carried(api, verb, parts, given).await?;
    Ok(match window {
        Some(window) => window.of(answered, parts.uri.path(), parts.uri.query()),
        None => answered,
    })
}

/// Carries out what was given to a verb, if whoever sent the request may.
///
/// # Errors
/// A [`Problem`] that says why not.
pub async fn carried(
    api: &Api,
    verb: &'static Verb,
    parts: &Parts,
    mut given: Given,
) -> Result<Answered, Problem> {
    let viewer = viewer(parts)?;
    let changes = verb.effect.changes(given.keys().map(String::as_str));
    let by = speaks(verb, viewer, &mut given)?;
    // The command line takes it from the key of whoever types, and nobody does here.
    if verb.words == "keys register" && !given.contains_key("public") {
        return Err(Problem::of(Kind::WrongUse).saying("the key must be given").about("public"));
    }
    let about = about(api, verb, text(&given, "case")).await?;
    let verdict = api.gate.may(parts, viewer, &verb.words, &about, by.as_deref());
    let asker = shown_to(verb, viewer, &verdict)?;
    let key = match parts.headers.get(IDEMPOTENCY_KEY) {
        Some(key) if changes => Some(kept::Key::of(&viewer.name, key, verb, &given)?),
        _ => None,
    };
    if let Some(key) = &key {
        // Sourcing has ids of its own, under which a command counts once for ever.
        let takes_id = verb.argument("by").is_some() && verb.argument("id").is_some();
        if takes_id && !given.contains_key("id") {
            given.insert("id".to_string(), vec![Item::Text(key.id())]);
        }
    }
    run::run(&api.app.desk, verb, given, asker, changes, key).await
}

/// Whether whoever sent a request may run a command for the whole workspace, so that a page offers it.
pub async fn may(api: &Api, parts: &Parts, viewer: &Viewer, words: &str) -> bool {
    let Ok(verb) = known(words) else { return false };
    matches!(forbidden(api, parts, viewer, verb, None).await, Ok(None))
}

/// Why whoever sent a request may not run a command, if they may not: about a case, or for the whole workspace.
pub async fn forbidden(
    api: &Api,
    parts: &Parts,
    viewer: &Viewer,
    verb: &Verb,
    case: Option<String>,
) -> Result<Option<Problem>, Problem> {
    let about = about(api, verb, case).await?;
    // Where a party is said, it is mostly the viewer's own.
    let by = verb.argument("by").filter(|by| !is_who(by)).and(viewer.party.as_ref());
    let verdict = api.gate.may(parts, viewer, &verb.words, &about, by.map(Name::as_str));
    Ok((!verdict.allowed).then(|| refusal(&verdict)))
}

/// The commands by which something is entered here.
pub fn changing() -> impl Iterator<Item = &'static Verb> {
    let changes = |effect| matches!(effect, Effect::Changes | Effect::ChangesWith(_));
    VERBS.iter().filter(move |verb| changes(verb.effect))
}

/// A request that a browser sends by itself has the cookie, but not what our pages know.
fn is_of_ours(viewer: &Viewer, headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Ok(());
    }
    let shown = headers.get(FORM_TOKEN_HEADER).and_then(|shown| shown.to_str().ok());
    match people::are_of_one(&viewer.form_token, shown.unwrap_or_default()) {
        true => Ok(()),
        false => Err(Problem::of(Kind::Forbidden)
            .saying("the request does not show that it comes from a page of this server")
            .helping(format!(
                "send a token as `Authorization`, or the form's as `{FORM_TOKEN_HEADER}`"
            ))),
    }
}

/// The party that a command is run for: said, or the viewer's own. Who enters something is never said, but who
/// asks.
fn speaks(verb: &Verb, viewer: &Viewer, given: &mut Given) -> Result<Option<String>, Problem> {
    match verb.argument("by") {
        Some(who) if is_who(who) => {
            let said = given.insert("by".to_string(), vec![Item::Text(viewer.name.clone())]);
            let wrong = Problem::of(Kind::WrongUse).saying("who enters this is whoever sends it");
            said.map_or(Ok(()), |_| Err(wrong.about("by")))?;
        }
        Some(_) => {
            if let (false, Some(party)) = (given.contains_key("by"), &viewer.party) {
                given.insert("by".to_string(), vec![Item::Text(party.to_string())]);
            }
            return Ok(text(given, "by"));
        }
        None => {}
    }
    // Keys are of a party, whoever enters them.
    Ok(match verb.words.starts_with("keys ") {
        true => text(given, "party"),
        false => None,
    })
}

/// What is given once, as a text.
fn text(given: &Given, name: &str) -> Option<String> {
    match given.get(name).map(Vec::as_slice) {
        Some([Item::Text(text)]) => Some(text.clone()),
        _ => None,
    }
}

/// Which agreements a command is about, by the case it names.
async fn about(api: &Api, verb: &Verb, case: Option<String>) -> Result<About, Problem> {
    let own = holds::of(&verb.words) == Holds::Own && !verb.effect.changes(["by"].into_iter());
    let found = api.app.desk.read(Asker::Machine, move |room| {
        let fold = room.workspace.fold()?;
        let of_case = case.and_then(|case| Some(fold.book.case(&case)?.agreement.to_string()));
        let nothing = room.workspace.adoptions()?.is_empty();
        let terms = if nothing { None } else { Some(room.terms()?) };
        let all = terms.iter().flat_map(|terms| terms.agreements());
        let all: Vec<_> = all.map(|agreement| agreement.name.to_string()).collect();
        Ok(match of_case {
            Some(agreement) => About::Agreement(agreement),
            None if own => About::Any(all),
            None => About::All(all),
        })
    });
    found.await.map_err(|failure| answer::failed(&failure, false, &[]))
}

/// Whether an argument says who enters something, as against the party it is entered for.
pub fn is_who(argument: &Argument) -> bool {
    argument.name == "by" && argument.value_name == "WHO"
}

/// What policies refuse, in their own words.
fn refusal(verdict: &Verdict) -> Problem {
    let by = match verdict.policies.is_empty() {
        true => "no role of yours allows it".to_string(),
        false => verdict.says.join(" "),
    };
    let problem = Problem::of(Kind::Forbidden).saying(by).helping("/access shows who may do what");
    let policies = verdict.policies.clone();
    Problem { because: Box::new(Because { policies, ..Because::default() }), ..problem }
}

/// For whom a command shows what it shows.
fn shown_to(verb: &Verb, viewer: &Viewer, verdict: &Verdict) -> Result<Asker, Problem> {
    if !verdict.allowed {
        return Err(refusal(verdict));
    }
    match holds::of(&verb.words) {
        Holds::Books if viewer.sees_books => Ok(Asker::Everything),
        Holds::Books | Holds::Everything if !viewer.sees_all => Err(Problem::of(Kind::Forbidden)
            .saying("its answer holds what is others' too, and cannot be shown in part")),
        _ => Ok(viewer.asker()),
    }
}
