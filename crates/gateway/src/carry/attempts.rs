//! Attempts at upstreams until one answers, or none is left.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
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
use crate::later::Deferral;
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

/// What the attempts of one call have in common.
pub(super) struct Tries<'a> {
    pub call: &'a Arc<Call>,
    pub asked: &'a Asked<'a>,
    /// Whom to ask, the best first; never empty.
    pub candidates: &'a [Arc<Candidate>],
    /// How long the first may take before the second is asked as well.
    pub hedge: Option<Duration>,
    pub body: Bytes,
    pub is_form: bool,
}

/// Asks candidates one after the other, until one answers with something that asking again would not
/// change.
pub(super) async fn run(
    tries: &Tries<'_>,
    mut reservation: Option<Reservation>,
) -> Result<Response<Answer>, Problem> {
    let Tries { call, candidates, .. } = *tries;
    let limits = &call.world.wired.limits;
    let deadline = call.began + millis(limits.retry_ms);
    let most = u16::try_from(limits.attempts.max(1)).unwrap_or(u16::MAX);
    let mut made = 0;
    loop {
        let hedge = tries.hedge.filter(|_| made == 0 && most > 1 && candidates.len() > 1);
        let (number, ended) = match hedge {
            // Boxed, so that calls without it have no room for it.
            Some(after) => Box::pin(hedged(tries, after, reservation, &mut made)).await?,
            None => {
                made += 1;
                (made, tries.attempt(made, reservation).await?)
            }
        };
        let rounds = usize::from(made - 1) / candidates.len();
        let is_last_of_round = usize::from(made) % candidates.len() == 0;
        let wait = if is_last_of_round { backoff(rounds) } else { Duration::ZERO };
        let may_retry = |wait| made < most && Instant::now() + wait < deadline;
        match ended {
            Ended::Answered(head, relay) => {
                let wait = retry_after(&head).filter(|_| is_last_of_round).unwrap_or(wait);
                if !(is_passing(head.status) && may_retry(wait)) {
                    return Ok(respond(call, tries.candidate(number).number, head, relay));
                }
                reservation = give_up(relay);
                wait_for(wait).await;
            }
            Ended::Failed(failure) => {
                if !may_retry(wait) {
                    return Err(failure.problem);
                }
                reservation = failure.reservation;
                wait_for(wait).await;
            }
        }
    }
}

impl Tries<'_> {
    fn candidate(&self, number: u16) -> &Arc<Candidate> {
        &self.candidates[usize::from(number - 1) % self.candidates.len()]
    }

    /// Asks the candidate whose turn it is.
    async fn attempt(
        &self,
        number: u16,
        reservation: Option<Reservation>,
    ) -> Result<Ended, Problem> {
        let Tries { call, asked, .. } = *self;
        let candidate = self.candidate(number);
        let upstream = &call.world.wired.wiring.upstreams[candidate.upstream];
        let (query, deployment) = (asked.parts.uri.query(), &*candidate.deployment);
        let target = dialect::target(&asked.route, query, upstream, Some(deployment))?;
        let body = self.for_upstream(candidate)?;
        let begun =
            Attempt::begin(call, candidate.upstream, Some(candidate.clone()), number, reservation);
        Ok(one(asked, begun, &target, Outgoing::Whole(body)).await)
    }

    /// The body as a candidate's upstream wants it: mostly the client's own bytes.
    fn for_upstream(&self, candidate: &Candidate) -> Result<Bytes, Problem> {
        let Tries { call, asked, body, .. } = self;
        let upstream = &call.world.wired.wiring.upstreams[candidate.upstream];
        let endpoint = asked.route.endpoint;
        let Some(wanted) = dialect::model_in_body(endpoint, upstream, &candidate.deployment) else {
            return Ok(body.clone());
        };
        if asked.model.as_deref() == Some(wanted) {
            return Ok(body.clone());
        }
        if self.is_form {
            return Err(dialect::NotCarried {
                parameter: "model".to_string(),
                why: "a form cannot be made to name the model as it is called there",
            }
            .into());
        }
        let peek = Peek::read(body).map_err(|error| Problem::BadRequest(error.to_string()))?;
        Ok(peek::with_model(body, &peek, wanted).into())
    }
}

/// Asks the first candidate, and beside it the second if nothing has come after a while. The first that
/// answers is heard; dropped, the other is read on or cancelled as if its client had left, and has its
/// row. Says which of them ended, and how many were made.
async fn hedged(
    tries: &Tries<'_>,
    after: Duration,
    reservation: Option<Reservation>,
    made: &mut u16,
) -> Result<(u16, Ended), Problem> {
    *made = 1;
    let most = reservation.as_ref().map(Reservation::most);
    let mut first = pin!(tries.attempt(1, reservation));
    if let Ok(ended) = tokio::time::timeout(after, &mut first).await {
        return Ok((1, ended?));
    }
    let call = tries.call;
    let again = match (most, &call.key.budget) {
        (Some(most), Some(budget)) => match budget.reserve(call.world.day, most) {
            Some(reservation) => Some(reservation),
            // Where there is no room for both, the first goes on alone.
            None => return Ok((1, first.await?)),
        },
        _ => None,
    };
    let mut second = pin!(tries.attempt(2, again));
    *made = 2;
    let (number, ended) = tokio::select! {
        ended = &mut first => (1, ended),
        ended = &mut second => (2, ended),
    };
    match ended {
        Ok(Ended::Answered(head, relay)) if !is_passing(head.status) => {
            call.heard.store(number, Ordering::Relaxed);
            return Ok((number, Ended::Answered(head, relay)));
        }
        Ok(Ended::Answered(_, relay)) => drop(give_up(relay)),
        Ok(Ended::Failed(_)) | Err(_) => {}
    }
    match number {
        1 => Ok((2, second.await?)),
        _ => Ok((1, first.await?)),
    }
}

/// Closes an exchange whose answer is not passed on; what was reserved goes on to the next.
fn give_up(relay: Box<Relay>) -> Option<Reservation> {
    relay.give_up().and_then(|(attempt, _)| attempt.close_unused(Outcome::Failed))
}

/// Asks one upstream once, and passes the body on as it comes.
pub(super) async fn run_bare(
    call: &Arc<Call>,
    asked: &Asked<'_>,
    upstream: usize,
    candidate: Option<Arc<Candidate>>,
    outgoing: Outgoing,
) -> Result<Response<Answer>, Problem> {
    let settings = &call.world.wired.wiring.upstreams[upstream];
    let target = dialect::target(&asked.route, asked.parts.uri.query(), settings, None)?;
    let decided = match &candidate {
        Some(candidate) => candidate.number,
        None => call.world.wired.bare_target(upstream),
    };
    match one(asked, Attempt::begin(call, upstream, candidate, 1, None), &target, outgoing).await {
        Ended::Answered(head, relay) => Ok(respond(call, decided, head, relay)),
        Ended::Failed(failure) => Err(failure.problem),
    }
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
        // Boxed, so that calls on a pooled connection have no room for it.
        let connect = || Box::pin(call.worker.shared.connector.connect(upstream));
        let connection = match pooled {
            Some(connection) => connection,
            None => match tokio::time::timeout(millis(wired.limits.connect_ms), connect()).await {
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
        Outgoing::Passing(body) => {
            let later = attempt.call.later.get().map(|later| &**later);
            pass(&mut connection, &head, body, later, length.is_none(), gap).await
        }
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
    later: Option<&Deferral>,
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
        if let (Some(Deferral::Upload(upload)), Some(chunk)) = (later, &chunk) {
            upload.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
        }
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
    call.seen.answers_with(relay.number());
    relay.end_if_empty();
    let mut answer = Response::new(Answer::Relayed(relay));
    *answer.status_mut() = head.status;
    *answer.headers_mut() = headers;
    answer
}
