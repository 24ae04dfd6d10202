//! Attempts at upstreams until one answers, or none is left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::header;
use hyper::{Response, StatusCode};

use super::{Asked, Outgoing, identify};
use crate::attempt::{Attempt, Call};
use crate::body::{self, peek, peek::Peek};
use crate::config::Candidate;
use crate::dialect;
use crate::keys::Reservation;
use crate::meter::Outcome;
use crate::refusal::Problem;
use crate::relay::{Answer, Relay};
use crate::seen;
use crate::upstream::health::Place;
use crate::upstream::wire::{Head, HeadWriter};
use crate::upstream::{Connection, ExchangeError};
use crate::world::millis;

/// The first wait before a host is asked again; each further one is twice as long.
const BACKOFF: Duration = Duration::from_millis(100);

/// How an attempt ended before a byte went to the client.
enum Ended {
    /// With an answer, whose body is to come.
    Answered(Head, Box<Relay>),
    /// Without one, or with one that is worth another attempt; it has its row.
    Failed(Failure),
}

struct Failure {
    problem: Problem,
    reservation: Option<Reservation>,
}

/// Asks candidates one after the other, until one answers with something that asking again would not
/// change.
pub(super) async fn run(
    call: &Arc<Call>,
    asked: &Asked<'_>,
    candidates: &[Arc<Candidate>],
    body: Bytes,
    is_form: bool,
    mut reservation: Option<Reservation>,
) -> Result<Response<Answer>, Problem> {
    let limits = &call.world.wired.limits;
    let deadline = call.began + millis(limits.retry_ms);
    let mut problem = Problem::Unavailable;
    let most = u16::try_from(limits.attempts.max(1)).unwrap_or(u16::MAX);
    for number in 1..=most {
        let at = usize::from(number - 1);
        let candidate = &candidates[at % candidates.len()];
        let upstream = &call.world.wired.wiring.upstreams[candidate.upstream];
        let deployment = &*candidate.deployment;
        let target =
            dialect::target(&asked.route, asked.parts.uri.query(), upstream, Some(deployment))?;
        let body = for_upstream(call, asked, candidate, &body, is_form)?;
        let outgoing = Outgoing::Whole(body);
        let begun =
            Attempt::begin(call, candidate.upstream, Some(candidate.clone()), number, reservation);
        let may_retry = number < most;
        match one(asked, begun, &target, outgoing).await {
            Ended::Answered(head, relay) => {
                let wait = retry_after(&head).unwrap_or_else(|| backoff(at / candidates.len()));
                let others = candidates.len() > 1 && (at + 1) % candidates.len() != 0;
                let wait = if others { Duration::ZERO } else { wait };
                let in_time = Instant::now() + wait < deadline;
                if !(may_retry && in_time && is_passing(head.status)) {
                    return Ok(respond(call, candidate.number, head, relay));
                }
                reservation =
                    relay.give_up().and_then(|(attempt, _)| attempt.close_unused(Outcome::Failed));
                wait_for(wait).await;
            }
            Ended::Failed(failure) => {
                problem = failure.problem;
                reservation = failure.reservation;
                let round_is_over = (at + 1) % candidates.len() == 0;
                let wait =
                    if round_is_over { backoff(at / candidates.len()) } else { Duration::ZERO };
                if !may_retry || Instant::now() + wait >= deadline {
                    return Err(problem);
                }
                wait_for(wait).await;
            }
        }
    }
    Err(problem)
}

/// Asks one upstream once, and passes the body on as it comes.
pub(super) async fn run_bare(
    call: &Arc<Call>,
    asked: &Asked<'_>,
    upstream: usize,
    body: Incoming,
) -> Result<Response<Answer>, Problem> {
    let settings = &call.world.wired.wiring.upstreams[upstream];
    let target = dialect::target(&asked.route, asked.parts.uri.query(), settings, None)?;
    let outgoing = match body.is_end_stream() {
        true => Outgoing::Whole(Bytes::new()),
        false => Outgoing::Passing(body),
    };
    match one(asked, Attempt::begin(call, upstream, None, 1, None), &target, outgoing).await {
        Ended::Answered(head, relay) => {
            Ok(respond(call, call.world.wired.bare_target(upstream), head, relay))
        }
        Ended::Failed(failure) => Err(failure.problem),
    }
}

/// The body as a candidate's upstream wants it: mostly the client's own bytes.
fn for_upstream(
    call: &Call,
    asked: &Asked<'_>,
    candidate: &Candidate,
    body: &Bytes,
    is_form: bool,
) -> Result<Bytes, Problem> {
    let upstream = &call.world.wired.wiring.upstreams[candidate.upstream];
    let endpoint = asked.route.endpoint;
    let Some(wanted) = dialect::model_in_body(endpoint, upstream, &candidate.deployment) else {
        return Ok(body.clone());
    };
    if asked.model.as_deref() == Some(wanted) {
        return Ok(body.clone());
    }
    if is_form {
        return Err(dialect::NotCarried {
            parameter: "model".to_string(),
            why: "a form cannot be made to name the model as it is called there",
        }
        .into());
    }
    let peek = Peek::read(body).map_err(|error| Problem::BadRequest(error.to_string()))?;
    Ok(peek::with_model(body, &peek, wanted).into())
}

async fn one(asked: &Asked<'_>, attempt: Attempt, target: &str, outgoing: Outgoing) -> Ended {
    let call = attempt.call.clone();
    let wired = &call.world.wired;
    let number = attempt.upstream;
    let upstream = &wired.wiring.upstreams[number];
    let health = &wired.health[number];
    let Some(place) = health.enter(upstream.concurrency_max) else {
        return failed(attempt, Problem::Unavailable);
    };
    let mut place = Some(place);
    let mut attempt = Some(attempt);
    let mut outgoing = Some(outgoing);
    // At most one pooled connection can turn out to be closed: the second round makes a new one.
    loop {
        let (Some(begun), Some(taken), Some(sent)) =
            (attempt.take(), place.take(), outgoing.take())
        else {
            unreachable!("each round puts back what it took");
        };
        let again = match &sent {
            Outgoing::Whole(bytes) => Some(Outgoing::Whole(bytes.clone())),
            Outgoing::Passing(_) => None,
        };
        // What cannot be sent twice is not sent on a connection that may be closed already.
        let pooled =
            again.as_ref().and_then(|_| call.worker.pool(&call.world).take(number, begun.began));
        let connect = call.worker.shared.connector.connect(upstream);
        let connection = match pooled {
            Some(connection) => connection,
            None => match tokio::time::timeout(millis(wired.limits.connect_ms), connect).await {
                Ok(Ok(connection)) => connection,
                Ok(Err(_)) => {
                    health.failed(Instant::now());
                    return failed(begun, Problem::Unavailable);
                }
                Err(_) => {
                    health.failed(Instant::now());
                    return failed(begun, Problem::Timeout);
                }
            },
        };
        match exchange(asked, connection, target, sent, begun, taken).await {
            Exchanged::Answered(head, relay) => {
                if is_passing(head.status) && head.status != StatusCode::TOO_MANY_REQUESTS {
                    health.failed(Instant::now());
                } else {
                    health.answered(Instant::now(), relay.first_byte());
                }
                return Ended::Answered(head, relay);
            }
            Exchanged::Stale(back, room) if again.is_some() => {
                (attempt, place, outgoing) = (Some(back), Some(room), again);
            }
            Exchanged::Stale(back, _) => return failed(back, Problem::Unavailable),
            Exchanged::Broken(back, problem) => {
                health.failed(Instant::now());
                return failed(back, problem);
            }
            Exchanged::Client(back, problem) => return failed(back, problem),
        }
    }
}

enum Exchanged {
    Answered(Head, Box<Relay>),
    /// The connection had been closed while nobody looked.
    Stale(Attempt, Place),
    /// The upstream failed, or did not answer in time.
    Broken(Attempt, Problem),
    /// The client's body did not come.
    Client(Attempt, Problem),
}

/// Sends a request and reads the answer's head.
async fn exchange(
    asked: &Asked<'_>,
    mut connection: Connection,
    target: &str,
    outgoing: Outgoing,
    attempt: Attempt,
    place: Place,
) -> Exchanged {
    let method = &asked.parts.method;
    let wired = &attempt.call.world.wired;
    let upstream = &wired.wiring.upstreams[attempt.upstream];
    let mut head = HeadWriter::new(method, target);
    // What is packed could not be taken out of a stream.
    let packed = !asked.hide;
    dialect::to_upstream(&asked.parts.headers, upstream, packed, |name, value| {
        if !seen::is_context(name) {
            head.put(name, value);
        }
    });
    seen::put_context(&attempt, &asked.parts.headers, |name, value| head.put(name, value));
    let length = match &outgoing {
        Outgoing::Whole(bytes) => Some(bytes.len() as u64),
        Outgoing::Passing(body) => body.size_hint().exact(),
    };
    let head = head.end(method, length);
    let limits = &wired.limits;
    let (gap, bound) = (millis(limits.body_gap_ms), millis(limits.first_byte_ms));
    let sent = match outgoing {
        Outgoing::Whole(bytes) => {
            let sent = tokio::time::timeout(bound, connection.write(&head, &bytes)).await;
            sent.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())).map_err(Into::into)
        }
        Outgoing::Passing(body) => pass(&mut connection, &head, body, length.is_none(), gap).await,
    };
    if let Err(NotSent::Client(problem)) = sent {
        return Exchanged::Client(attempt, problem);
    }
    // An upstream may answer and close before it has read everything: what it says counts.
    let mut relay = Box::new(Relay::new(connection, method.clone(), attempt, place, asked.hide));
    let (error, problem) = match tokio::time::timeout(bound, relay.head()).await {
        Ok(Ok(head)) => return Exchanged::Answered(head, relay),
        Ok(Err(error)) => (Some(error), Problem::Unavailable),
        Err(_) => (None, Problem::Timeout),
    };
    let closed = matches!(error, Some(ExchangeError::Closed | ExchangeError::Io(_)));
    let stale = closed && relay.is_stale();
    match (relay.give_up(), stale) {
        (Some((attempt, Some(place))), true) => Exchanged::Stale(attempt, place),
        (Some((attempt, _)), _) => Exchanged::Broken(attempt, problem),
        (None, _) => unreachable!("an exchange without an answer has no row"),
    }
}

enum NotSent {
    Client(Problem),
    Upstream,
}

impl From<std::io::Error> for NotSent {
    fn from(_: std::io::Error) -> Self {
        NotSent::Upstream
    }
}

/// Sends a body as it comes, until it has ended or the upstream answers.
async fn pass(
    connection: &mut Connection,
    head: &[u8],
    mut body: Incoming,
    chunked: bool,
    gap: Duration,
) -> Result<(), NotSent> {
    connection.write(head, b"").await?;
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = body::next(&mut body, gap) => chunk.map_err(NotSent::Client)?,
            () = connection.readable() => return Ok(()),
        };
        match chunk {
            None if chunked => return Ok(connection.write(b"0\r\n\r\n", b"").await?),
            None => return Ok(()),
            Some(chunk) if chunk.is_empty() => {}
            Some(chunk) if chunked => {
                connection.write(format!("{:x}\r\n", chunk.len()).as_bytes(), &chunk).await?;
                connection.write(b"\r\n", b"").await?;
            }
            Some(chunk) => connection.write(&chunk, b"").await?,
        }
    }
}

fn failed(attempt: Attempt, problem: Problem) -> Ended {
    let reservation = attempt.close_unused(Outcome::Failed);
    Ended::Failed(Failure { problem, reservation })
}

/// Whether asking again may be answered otherwise.
fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS
        || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
}

/// What an answer says about when to ask again.
fn retry_after(head: &Head) -> Option<Duration> {
    let number = |name: &str| {
        let value = head.headers.get(name)?.to_str().ok()?;
        value.trim().parse::<u64>().ok()
    };
    let millis = number("retry-after-ms").map(Duration::from_millis);
    millis.or_else(|| number("retry-after").map(Duration::from_secs))
}

fn backoff(rounds: usize) -> Duration {
    BACKOFF.saturating_mul(1 << rounds.min(6))
}

async fn wait_for(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// The head of the client's answer, in front of the upstream's body.
pub(super) fn respond(
    call: &Call,
    target: usize,
    head: Head,
    mut relay: Box<Relay>,
) -> Response<Answer> {
    let mut headers = head.headers;
    dialect::strip_hop_by_hop(&mut headers);
    if !relay.is_as_stated() {
        headers.remove(header::CONTENT_LENGTH);
    }
    identify(&mut headers, call, target);
    call.seen.is_answered_by(relay.number());
    relay.end_if_empty();
    let mut answer = Response::new(Answer::Relayed(relay));
    *answer.status_mut() = head.status;
    *answer.headers_mut() = headers;
    answer
}
