//! What the server does, for those who keep it going: figures, spans and lines of its requests.
//!
//! A request is known by its route as the router has it, `/sourcing/{case}`: what stands in the place of
//! `{case}`, or behind a question mark, may be a party's business or a secret, and so is in no figure, span or
//! line. Nor is anybody's name or address: who did what is in the journal, and among people.
//!
//! [`Seen::around`] watches every request. Whoever works for one ([`crate::desk`], the login) says so by the
//! functions below, which find it by the task they are called in; outside of a request they do nothing.

mod count;
mod figures;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use gateway::seen::{Seeing, SpanIds, hex, random};
use jiff::Timestamp;
use shell::workspace::Clock;
use telemetry::otlp::Noted;

use crate::live::News;
use count::Counts;

/// The header by which an answer and its line in the log are known.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Most spans that wait for somebody to take them.
const NOTED_MAX: usize = 4096;

/// What no route is for.
const NO_ROUTE: &str = "none";

/// Routes that machines ask for again and again: their lines are details.
const QUIET: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/assets/{name}"];

tokio::task_local! {
    /// The request that a task answers.
    static ANSWERED: Answered;
}

/// Everything that is seen of a server.
pub struct Seen {
    clock: Clock,
    news: Arc<News>,
    seeing: Seeing,
    requests: AtomicU64,
    /// Where the journal ends, and where it ended when the server began.
    head: AtomicU64,
    began_at: u64,
    counts: Mutex<Counts>,
    noted: Mutex<VecDeque<Noted>>,
}

/// A request that is being answered.
#[derive(Clone)]
struct Answered {
    seen: Arc<Seen>,
    ids: Option<SpanIds>,
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Login {
    /// Somebody was let in.
    LetIn,
    /// Somebody was not.
    Refused,
}

impl Seen {
    /// Sees from now on. `seeing` says of which requests there are to be spans, and `head` where the journal ends.
    pub fn new(clock: Clock, news: Arc<News>, seeing: Seeing, head: u64) -> Arc<Seen> {
        Arc::new(Seen {
            clock,
            news,
            seeing,
            requests: AtomicU64::new(0),
            head: AtomicU64::new(head),
            began_at: head,
            counts: Mutex::default(),
            noted: Mutex::default(),
        })
    }

    /// Watches all that is asked of a router.
    pub fn around(self: Arc<Seen>, router: Router) -> Router {
        router.layer(from_fn_with_state(self, watch))
    }

    /// The journal goes on up to here.
    pub fn heard(&self, head: u64) {
        self.head.fetch_max(head, Ordering::Relaxed);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Whoever panicked had counted, or had not.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, noted: Noted) {
        let mut all = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < NOTED_MAX {
            all.push_back(noted);
        }
    }
}

/// What is seen of the server that the task answers for, if anybody looks.
pub fn now() -> Option<Arc<Seen>> {
    ANSWERED.try_with(|answered| answered.seen.clone()).ok()
}

/// Counts how a login ended.
pub fn login(ended: Login) {
    if let Some(seen) = now() {
        seen.counts().login(ended);
    }
}

/// Work for a request that waits in a queue from now on.
pub struct Waiting {
    answered: Option<Answered>,
    lane: &'static str,
    since: Instant,
    at: Option<Timestamp>,
}

/// Work for the request that the task answers, which waits in a queue from now on.
pub fn waits(lane: &'static str) -> Waiting {
    let answered = ANSWERED.try_with(Clone::clone).ok();
    let spanned = answered.as_ref().filter(|answered| answered.ids.is_some());
    let at = spanned.map(|answered| answered.seen.clock.read());
    Waiting { lane, since: Instant::now(), at, answered }
}

/// Work for a request that is being done, until this is dropped.
pub struct Working {
    waiting: Waiting,
    waited: Duration,
}

impl Waiting {
    /// The work begins.
    pub fn begins(self) -> Working {
        let waited = self.since.elapsed();
        if let Some(answered) = &self.answered {
            answered.seen.counts().waited(self.lane, waited);
        }
        Working { waiting: self, waited }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let Waiting { answered, lane, since, at } = &self.waiting;
        let (Some(Answered { seen, ids: Some(ids) }), Some(at)) = (answered, at) else { return };
        let Some(span) = random() else { return };
        seen.note(Noted {
            ids: SpanIds { span, parent: Some(ids.span), ..*ids },
            is_answer: false,
            name: format!("desk {lane}"),
            at: *at,
            took_us: micros(since.elapsed()),
            failed: std::thread::panicking(),
            texts: vec![("charter.lane", (*lane).to_string())],
            numbers: vec![(
                "charter.waited_us",
                micros(self.waited).try_into().unwrap_or(i64::MAX),
            )],
        });
    }
}

async fn watch(State(seen): State<Arc<Seen>>, request: Request, next: Next) -> Response {
    let (at, began) = (seen.clock.read(), Instant::now());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or(NO_ROUTE, MatchedPath::as_str).to_string();
    let method = method(request.method());
    let nth = seen.requests.fetch_add(1, Ordering::Relaxed);
    let ids = seen.seeing.trace(request.headers(), nth);
    let id = random().map(|id| hex(&id)).unwrap_or_default();
    let answered = Answered { seen: seen.clone(), ids };
    let mut answer = ANSWERED.scope(answered, next.run(request)).await;
    let (status, took) = (answer.status(), began.elapsed());
    seen.counts().answered(&route, method, class(status), took);
    line(&id, method, &route, status, took, ids);
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    if let Some(ids) = ids {
        seen.note(Noted {
            ids,
            is_answer: true,
            name: format!("{method} {route}"),
            at,
            took_us: micros(took),
            failed: status.is_server_error(),
            texts: vec![
                ("http.request.method", method.to_string()),
                ("http.route", route),
                ("charter.request_id", id),
            ],
            numbers: vec![("http.response.status_code", status.as_u16().into())],
        });
    }
    answer
}

fn line(
    request: &str,
    method: &str,
    route: &str,
    status: StatusCode,
    took: Duration,
    ids: Option<SpanIds>,
) {
    /// `tracing` wants the level of a line when it is built.
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                event = "request",
                request,
                method,
                route,
                status = status.as_u16(),
                took_ms = micros(took) as f64 / 1e3,
                trace = ids.map(|ids| hex(&ids.trace)),
            )
        };
    }
    match QUIET.contains(&route) {
        true => line!(debug),
        false => line!(info),
    }
}

/// A method, as long as it is one that somebody thought of: it is a word of the caller's.
fn method(of: &Method) -> &'static str {
    match *of {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
