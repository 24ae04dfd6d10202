//! A call from its first byte to the head of its answer.

mod attempts;
pub(crate) mod choose;
mod homes;
mod later;
mod session;

use std::borrow::Cow;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde::Serialize;

use crate::attempt::{Attempt, Call};
use crate::body::{self, form, peek, peek::Peek};
use crate::config::{Candidate, ModelRoute};
use crate::dialect;
use crate::keys::{AllLeft, Key, Reservation, Spent};
use crate::later::Deferral;
use crate::meter::Outcome;
use crate::realtime;
use crate::refusal::Problem;
use crate::relay::Answer;
use crate::route::{Endpoint, Route, Store};
use crate::seen::{Watch, readiness};
use crate::worker::Worker;
use crate::world::{World, millis};

/// What identifies the decision an answer rests on.
const DECISION: HeaderName = HeaderName::from_static("x-charter-decision");

/// What a call's rows name as their request.
const REQUEST: HeaderName = HeaderName::from_static("x-charter-request");

/// What is sent to an upstream.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// All of it is here, so it can be sent again.
    Whole(Bytes),
    /// It passes as it comes, once.
    Passing(Incoming),
}

/// What a client asks for, once it is known.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    parts: &'a Parts,
    route: Route<'a>,
    /// The model that the body names.
    model: Option<Cow<'a, str>>,
    /// Whether usage was asked for that the client did not ask for.
    hide: bool,
}

/// Carries a call.
pub async fn carry(worker: Arc<Worker>, request: Request<Incoming>) -> Response<Answer> {
    let began = Instant::now();
    match request.uri().path() {
        "/healthz" => return plain(StatusCode::OK),
        // What is not ready is said to operators alone.
        "/readyz" => {
            return plain(match readiness(&worker.shared, began).is_ready() {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            });
        }
        _ => {}
    }
    let now = (worker.shared.clock)();
    let world = worker.shared.world(now);
    let (mut parts, body) = request.into_parts();
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let mut watch = Watch::begin(&worker, &world, now, began);
    let answered = match admit(&worker, &world, &parts, now) {
        Ok((route, key)) => {
            watch.admit(&key, route.endpoint, &parts.headers);
            let (worker, world, watch) = (worker.clone(), world.clone(), &mut watch);
            let caller = Caller { worker, world, key, now, began, upgrade, watch };
            caller.carry(&parts, route, body).await
        }
        Err(problem) => Err(problem),
    };
    match answered {
        Ok(answer) => {
            let is_own = matches!(answer.body(), Answer::Own(_));
            match is_own && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
                true => watch.answer(answer.status().as_u16()),
                false => watch.pass_on(),
            }
            answer
        }
        Err(problem) => {
            watch.refuse(&problem);
            own(&problem)
        }
    }
}

/// What can be said of a call before its body is read.
fn admit<'a>(
    worker: &Worker,
    world: &World,
    parts: &'a Parts,
    now: Timestamp,
) -> Result<(Route<'a>, Arc<Key>), Problem> {
    let route = Route::of(&parts.method, parts.uri.path()).ok_or(Problem::NoSuchPath)?;
    let shown = dialect::shown_key(&parts.headers).ok_or(Problem::NoKey)?;
    let key = world.wired.ring.find(shown, now).ok_or(Problem::NoKey)?;
    if !worker.shared.log.is_sound() {
        return Err(Problem::NoRecord);
    }
    Ok((route, key.clone()))
}

/// Who is calling, and when.
struct Caller<'a, 'b> {
    worker: Arc<Worker>,
    world: Arc<World>,
    key: Arc<Key>,
    now: Timestamp,
    began: Instant,
    /// What the connection becomes if the client asks for it.
    upgrade: Option<OnUpgrade>,
    watch: &'a mut Watch<'b>,
}

impl Caller<'_, '_> {
    async fn carry(
        mut self,
        parts: &Parts,
        route: Route<'_>,
        body: Incoming,
    ) -> Result<Response<Answer>, Problem> {
        let endpoint = route.endpoint;
        if endpoint == Endpoint::Stored(Store::Models) && parts.method == Method::GET {
            return self.models(route);
        }
        if endpoint == Endpoint::Realtime && is_websocket(&parts.headers) {
            return self.session(parts, route).await;
        }
        if let Some(begins) = later::Begins::of(route, parts) {
            return self.begin(parts, route, begins, body).await;
        }
        if !endpoint.names_model() {
            return self.carry_bare(parts, route, body).await;
        }
        let limits = &self.world.wired.limits;
        let asked_at = Instant::now();
        let is_form = form::is_form(&parts.headers);
        let most = match is_form {
            true => ("limits.form_bytes", limits.form_bytes),
            false => ("limits.body_bytes", limits.body_bytes),
        };
        let bytes = body::collect(body, most, millis(limits.body_gap_ms)).await?;
        self.watch.has_body(&bytes, asked_at.elapsed());
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            let problem =
                "a body that is packed cannot be read; send it without `content-encoding`";
            return Err(Problem::BadRequest(problem.to_string()));
        }
        let peek = match is_form {
            true => Peek::default(),
            false => Peek::read(&bytes).map_err(|error| Problem::BadRequest(error.to_string()))?,
        };
        let in_form = if is_form { form::model(&parts.headers, &bytes)? } else { None };
        let in_body = in_form.map(Cow::from).or_else(|| peek.model());
        // The path names the deployment where there is one; Azure ignores the body's model then.
        let name = match route.deployment {
            Some(deployment) => deployment,
            None => in_body.as_deref().ok_or_else(|| {
                Problem::BadRequest("you must provide a `model` parameter".to_string())
            })?,
        };
        let known = self.watch.world().wired.wiring.routes.get(name);
        let model_route = known
            .filter(|_| self.key.may_ask_for(name))
            .ok_or_else(|| Problem::NoSuchModel(name.to_string()))?;
        self.watch.takes(model_route.number);

        let deferral = (peek.background == Some(true)).then(|| later::background(parts));
        let (call, left) = self.call(endpoint, &bytes, &peek, deferral)?;
        let mut candidates = choose::order(model_route, &call, peek.max_tokens());
        if candidates.is_empty() {
            return Err(refuse(&call, model_route));
        }
        for object in peek.rests_on() {
            let Some(home) = homes::of(&call, &object)? else { continue };
            candidates.retain(|candidate| candidate.upstream == home);
            if candidates.is_empty() {
                return Err(Problem::NoSuchObject(object.into_owned()));
            }
        }
        if let Some(unmetered) = unmetered(&call, &peek) {
            return Err(refuse_as(&call, &candidates[0], unmetered));
        }
        let reservation = reserve(&call, &candidates, &peek)
            .map_err(|problem| refuse_as(&call, &candidates[0], problem))?;
        let streams = peek.stream == Some(true);
        let asks = streams && endpoint.must_ask_usage() && !peek.asks_usage();
        let asked_body = asks.then(|| peek::with_usage(&bytes, &peek)).flatten();
        let asked = Asked { parts, route, hide: asked_body.is_some(), model: in_body.clone() };
        let body = asked_body.map_or_else(|| bytes.clone(), Bytes::from);
        let tries = attempts::Tries {
            call: &call,
            asked: &asked,
            candidates: &candidates,
            // Two orders would both be carried out.
            hedge: model_route.hedge.filter(|_| peek.background != Some(true)),
            body,
            is_form,
        };
        let mut answer = attempts::run(&tries, reservation).await?;
        show_left(answer.headers_mut(), &left);
        Ok(answer)
    }

    /// Carries a session, whose model the query names.
    async fn session(
        mut self,
        parts: &Parts,
        route: Route<'_>,
    ) -> Result<Response<Answer>, Problem> {
        let pairs = parts.uri.query().unwrap_or_default().split('&');
        let mut names = pairs.filter_map(|pair| {
            pair.strip_prefix("model=").or_else(|| pair.strip_prefix("deployment="))
        });
        let missing = || Problem::BadRequest("you must provide one `model` parameter".to_string());
        let name = names.next().filter(|_| names.next().is_none()).ok_or_else(missing)?;
        let known = self.watch.world().wired.wiring.routes.get(name);
        let model_route = known
            .filter(|_| self.key.may_ask_for(name))
            .ok_or_else(|| Problem::NoSuchModel(name.to_string()))?;
        self.watch.takes(model_route.number);
        let upgrade = self.upgrade.take().ok_or_else(missing)?;
        let (call, _) = self.call(route.endpoint, &Bytes::new(), &Peek::default(), None)?;
        let candidates = choose::order(model_route, &call, None);
        let Some(candidate) = candidates.first() else {
            return Err(refuse(&call, model_route));
        };
        if let Some(budget) = &call.key.budget
            && !realtime::may_spend(&call)
        {
            return Err(refuse_as(&call, candidate, Problem::OverBudget(budget.period())));
        }
        session::run(&call, parts, route, &candidates, upgrade).await
    }

    /// Carries a call that names no model.
    async fn carry_bare(
        mut self,
        parts: &Parts,
        route: Route<'_>,
        body: Incoming,
    ) -> Result<Response<Answer>, Problem> {
        let endpoint = route.endpoint;
        let deferral = later::upload(route, parts);
        let (call, left) = self.call(endpoint, &Bytes::new(), &Peek::default(), deferral)?;
        let standing = &call.world.standing;
        let wired = &call.world.wired;
        let permitted = |upstream: &usize| {
            let target = wired.bare_target(*upstream);
            standing.verdict(call.key.subject, target) == rights::Verdict::Permitted
        };
        let home = match route.object() {
            Some(id) => homes::of(&call, id)?,
            None => homes::may_list(&call, parts).map(|()| None)?,
        };
        if let (&Method::DELETE, Some(id)) = (&parts.method, route.object())
            && call.worker.shared.later.is_waited_for(id)
        {
            return Err(Problem::NotYetMetered(id.to_string()));
        }
        let upstreams = match home {
            Some(home) => home..home + 1,
            None => 0..wired.wiring.upstreams.len(),
        };
        let Some(upstream) = upstreams.clone().find(permitted) else {
            if upstreams.is_empty() {
                return Err(Problem::Unavailable);
            }
            let first = upstreams.start;
            let refusal = standing.refusal(call.key.subject, wired.bare_target(first));
            Attempt::begin(&call, first, None, 0, None).close_unused(Outcome::Refused);
            return Err(Problem::Refused(refusal));
        };
        if !endpoint.is_free() && standing.bills(call.key.subject) {
            Attempt::begin(&call, upstream, None, 0, None).close_unused(Outcome::Refused);
            return Err(Problem::Unmetered(format!("{} {}", parts.method, parts.uri.path())));
        }
        let asked = Asked { parts, route, hide: false, model: None };
        let outgoing = match body.is_end_stream() {
            true => Outgoing::Whole(Bytes::new()),
            false => Outgoing::Passing(body),
        };
        let mut answer = attempts::run_bare(&call, &asked, upstream, None, outgoing).await?;
        show_left(answer.headers_mut(), &left);
        Ok(answer)
    }

    /// Counts the call against its key's pace.
    fn call(
        &mut self,
        endpoint: Endpoint,
        body: &Bytes,
        peek: &Peek<'_>,
        later: Option<Deferral>,
    ) -> Result<(Arc<Call>, AllLeft), Problem> {
        // English text has about four bytes a token.
        let input_about = body.len() as u64 / 4;
        let paced = match self.key.pace.counts_tokens() {
            true => input_about + peek.max_tokens().unwrap_or(0),
            false => 0,
        };
        let left = self.key.pace.take(paced);
        let left = left.map_err(|slower| Problem::RateLimited {
            what: slower.what,
            wait_ms: slower.wait_ms,
        })?;
        let request = self.worker.shared.ids.next();
        let call = Call {
            worker: self.worker.clone(),
            world: self.world.clone(),
            key: self.key.clone(),
            endpoint,
            makes_object: endpoint.makes_objects() && peek.store != Some(false),
            later: later.map(|later| OnceLock::from(Box::new(later))).unwrap_or_default(),
            request,
            at: self.now,
            began: self.began,
            seen: self.watch.goes_on(request),
            input_about,
            paced,
            heard: AtomicU16::new(0),
        };
        Ok((Arc::new(call), left))
    }

    /// The names this key may ask for and somebody may answer.
    fn models(&self, route: Route<'_>) -> Result<Response<Answer>, Problem> {
        let standing = &self.world.standing;
        let permitted = |model: &ModelRoute| {
            model.candidates.iter().any(|candidate| {
                standing.verdict(self.key.subject, candidate.number) == rights::Verdict::Permitted
            })
        };
        let routes = self.world.wired.wiring.routes.iter();
        let mut names: Vec<&str> = routes
            .filter(|(name, model)| self.key.may_ask_for(name) && permitted(model))
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_unstable();
        let model = |id| Model { id, object: "model", created: 0, owned_by: "charter" };
        let body = match route.rest.strip_prefix("models/") {
            None => {
                let data = names.into_iter().map(model).collect();
                serde_json::to_vec(&Models { object: "list", data })
            }
            Some(name) if names.contains(&name) => serde_json::to_vec(&model(name)),
            Some(name) => return Err(Problem::NoSuchModel(name.to_string())),
        };
        let body = body.map_err(|error| Problem::BadRequest(error.to_string()))?;
        let mut answer = Response::new(Answer::Own(Some(body.into())));
        let json = HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        Ok(answer)
    }
}

#[derive(Serialize)]
struct Models<'a> {
    object: &'static str,
    data: Vec<Model<'a>>,
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

/// The agreement lets no candidate answer: the decision on the one that is preferred says why.
fn refuse(call: &Arc<Call>, route: &ModelRoute) -> Problem {
    let Some(first) = route.candidates.first() else { return Problem::Unavailable };
    if choose::any_allowed(route, call) {
        return refuse_as(call, first, Problem::OutOfLimits);
    }
    let refusal = call.world.standing.refusal(call.key.subject, first.number);
    refuse_as(call, first, Problem::Refused(refusal))
}

fn refuse_as(call: &Arc<Call>, candidate: &Arc<Candidate>, problem: Problem) -> Problem {
    Attempt::begin(call, candidate.upstream, Some(candidate.clone()), 0, None)
        .close_unused(Outcome::Refused);
    problem
}

/// Why a call that names a model cannot be metered, where it is billed.
fn unmetered(call: &Call, peek: &Peek<'_>) -> Option<Problem> {
    let what = match call.endpoint {
        Endpoint::Speech if peek.stream_format.as_deref() == Some("sse") => return None,
        Endpoint::Speech => "speech without `stream_format: sse`",
        _ => return None,
    };
    call.world.standing.bills(call.key.subject).then(|| Problem::Unmetered(what.to_string()))
}

/// Keeps as much of the key's budget as the call can cost at most.
fn reserve(
    call: &Call,
    candidates: &[Arc<Candidate>],
    peek: &Peek<'_>,
) -> Result<Option<Reservation>, Problem> {
    /// What a model writes at most where the request does not say.
    const WRITTEN_MAX: u64 = 16_384;
    let Some(budget) = &call.key.budget else { return Ok(None) };
    let (read, written) = (call.input_about * 4, peek.max_tokens().unwrap_or(WRITTEN_MAX));
    let mut money = 0;
    if budget.is_in_money() {
        for candidate in candidates {
            let rate = call.world.standing.rate(call.key.subject, candidate.number);
            let rate = rate.ok_or_else(|| Problem::NoPrice(candidate.model.to_string()))?;
            money = rate.cost_max(read, written).max(money);
        }
    }
    let most = Spent { tokens: read.saturating_add(written), money };
    match budget.reserve(call.world.day, most) {
        Some(reservation) => Ok(Some(reservation)),
        None => Err(Problem::OverBudget(budget.period())),
    }
}

fn is_websocket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).map(HeaderValue::as_bytes);
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case(b"websocket"))
}

/// Headers that say which decision and which request an answer belongs to.
fn identify(headers: &mut HeaderMap, call: &Call, target: usize) {
    let decision = call.world.standing.decision_id(call.key.subject, target);
    headers.insert(DECISION, decision.clone());
    if let Ok(request) = HeaderValue::from_str(&call.request.to_string()) {
        headers.insert(REQUEST, request);
    }
}

/// What is left of the key's limits, in OpenAI's headers.
fn show_left(headers: &mut HeaderMap, left: &AllLeft) {
    for (left, [limit, remaining, reset]) in [(left.requests, &REQUESTS), (left.tokens, &TOKENS)] {
        let Some(left) = left else { continue };
        headers.insert(limit, left.limit.into());
        headers.insert(remaining, left.remaining.into());
        if let Ok(value) = HeaderValue::from_str(&format!("{}ms", left.reset_ms)) {
            headers.insert(reset, value);
        }
    }
}

/// How many there are, how many are left, and when all are there again.
const REQUESTS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];
const TOKENS: [HeaderName; 3] = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];

fn own(problem: &Problem) -> Response<Answer> {
    let answer = problem.answer();
    let mut response = Response::new(Answer::Own(Some(answer.body.clone().into())));
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.headers());
    response
}

fn plain(status: StatusCode) -> Response<Answer> {
    let mut response = Response::new(Answer::Own(None));
    *response.status_mut() = status;
    response
}
