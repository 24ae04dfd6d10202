//! Calls that begin something nobody waits for, and uploads of what a batch asks for.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header;
use hyper::http::request::Parts;
use hyper::{Method, Response};
use serde::Deserialize;

use super::{Asked, Caller, Outgoing, attempts, homes, refuse_as, show_left};
use crate::attempt::{Attempt, Call};
use crate::body::{self, form::is_form, peek::Peek};
use crate::config::Candidate;
use crate::later::{Deferral, Kind, Upload};
use crate::meter::Outcome;
use crate::realtime::may_spend;
use crate::refusal::Problem;
use crate::relay::Answer;
use crate::route::{Endpoint, Route, Store};
use crate::world::millis;

/// What a call begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begins {
    Batch,
    Tuning,
}

impl Begins {
    /// What a call of this path begins, if anything.
    pub fn of(route: Route<'_>, parts: &Parts) -> Option<Begins> {
        match (&parts.method, route.endpoint) {
            (&Method::POST, Endpoint::Deferred(Store::Batches)) => Some(Begins::Batch),
            (&Method::POST, Endpoint::Deferred(Store::FineTuning)) => Some(Begins::Tuning),
            _ => None,
        }
    }
}

/// A response that is made in the background.
pub(super) fn background(parts: &Parts) -> Deferral {
    Deferral::Begins { kind: Kind::Response, models: Vec::new(), version: version(parts) }
}

/// An upload of a file, if a call is one that can be read.
pub(super) fn upload(route: Route<'_>, parts: &Parts) -> Option<Deferral> {
    let is_upload = parts.method == Method::POST
        && route.endpoint == Endpoint::Stored(Store::Files)
        && route.rest == "files";
    let is_plain = !parts.headers.contains_key(header::CONTENT_ENCODING);
    let kind = parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    (is_upload && is_plain && is_form(&parts.headers))
        .then(|| Deferral::Upload(Mutex::new(Upload::new(kind))))
}

fn version(parts: &Parts) -> Option<String> {
    let mut pairs = parts.uri.query().unwrap_or_default().split('&');
    pairs.find_map(|pair| pair.strip_prefix("api-version=")).map(str::to_string)
}

/// What is asked of a batch or a fine-tuning job. A member given twice is an error: the upstream might
/// read the other one.
#[derive(Deserialize)]
struct Wanted<'a> {
    #[serde(borrow, default, alias = "training_file")]
    input_file_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
}

impl Caller<'_, '_> {
    /// Carries a call that begins a batch or a fine-tuning job. It goes where its file is, and every
    /// model it asks for must be allowed there.
    pub(super) async fn begin(
        mut self,
        parts: &Parts,
        route: Route<'_>,
        begins: Begins,
        body: Incoming,
    ) -> Result<Response<Answer>, Problem> {
        let limits = &self.world.wired.limits;
        let most = ("limits.body_bytes", limits.body_bytes);
        let bytes = body::collect(body, most, millis(limits.body_gap_ms)).await?;
        let wanted: Wanted<'_> = serde_json::from_slice(&bytes).map_err(|_| {
            Problem::BadRequest("the body is not the JSON that is expected here".to_string())
        })?;
        let (name, kind) = match begins {
            Begins::Batch => ("input_file_id", Kind::Batch),
            Begins::Tuning => ("training_file", Kind::Tuning),
        };
        let missing = |name| Problem::BadRequest(format!("you must provide a `{name}` parameter"));
        let file = wanted.input_file_id.ok_or_else(|| missing(name))?;
        let (call, left) = self.call(route.endpoint, &Bytes::new(), &Peek::default(), None)?;
        let upstream = at(&call, &file)?;
        let bills = call.world.standing.bills(call.key.subject);
        let names: Vec<String> = match begins {
            Begins::Tuning => vec![wanted.model.ok_or_else(|| missing("model"))?.into_owned()],
            Begins::Batch => match call.worker.shared.later.asked_in(&file) {
                Some(models) if models.unclear > 0 => {
                    refused(&call, upstream);
                    let (file, count) = (file.into_owned(), models.unclear);
                    return Err(Problem::UnclearFile { file, count });
                }
                Some(models) if models.names.is_empty() => {
                    return Err(Problem::BadRequest(format!("there is no call in `{file}`")));
                }
                Some(models) => models.names.into_keys().collect(),
                None if bills => {
                    refused(&call, upstream);
                    return Err(Problem::UnseenFile(file.into_owned()));
                }
                None => Vec::new(),
            },
        };
        let mut models = Vec::with_capacity(names.len());
        for name in &names {
            models.push(allowed(&call, upstream, name)?);
        }
        if let (Some(budget), Some(model)) = (&call.key.budget, models.first())
            && !may_spend(&call)
        {
            return Err(refuse_as(&call, model, Problem::OverBudget(budget.period())));
        }
        let first = models.first().cloned();
        // Where nobody knows what is asked for, nobody is billed for it.
        if first.is_some() {
            call.defer(Deferral::Begins { kind, models, version: version(parts) });
        }
        let asked = Asked { parts, route, hide: false, model: None };
        let outgoing = Outgoing::Whole(bytes);
        let mut answer = attempts::run_bare(&call, &asked, upstream, first, outgoing).await?;
        show_left(answer.headers_mut(), &left);
        Ok(answer)
    }
}

/// The upstream at which a file is, if calls may go there.
fn at(call: &Arc<Call>, file: &str) -> Result<usize, Problem> {
    let (standing, wired) = (&call.world.standing, &call.world.wired);
    let permitted = |upstream: &usize| {
        let target = wired.bare_target(*upstream);
        standing.verdict(call.key.subject, target) == rights::Verdict::Permitted
    };
    let upstreams = match homes::of(call, file)? {
        Some(home) => home..home + 1,
        None => 0..wired.wiring.upstreams.len(),
    };
    if upstreams.is_empty() {
        return Err(Problem::Unavailable);
    }
    let first = upstreams.start;
    upstreams.clone().find(permitted).ok_or_else(|| {
        refused(call, first);
        Problem::Refused(standing.refusal(call.key.subject, wired.bare_target(first)))
    })
}

/// The model that an upstream takes a name for, if this key may ask for it and the agreement allows it.
fn allowed(call: &Arc<Call>, upstream: usize, name: &str) -> Result<Arc<Candidate>, Problem> {
    // The file is not changed, so the upstream sees the very name.
    let may = |route: &str| call.key.may_ask_for(route);
    let Some(candidate) = call.world.wired.wiring.named(upstream, name, may) else {
        refused(call, upstream);
        return Err(Problem::NoSuchModel(name.to_string()));
    };
    let standing = &call.world.standing;
    match standing.verdict(call.key.subject, candidate.number) {
        rights::Verdict::Permitted => Ok(candidate.clone()),
        _ => {
            let refusal = standing.refusal(call.key.subject, candidate.number);
            Err(refuse_as(call, candidate, Problem::Refused(refusal)))
        }
    }
}

/// Writes the row of a call that is not carried.
fn refused(call: &Arc<Call>, upstream: usize) {
    Attempt::begin(call, upstream, None, 0, None).close_unused(Outcome::Refused);
}
