//! A WebSocket at the first candidate that agrees to one.

use std::sync::Arc;
use std::time::Instant;

use hyper::header;
use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper::{Response, StatusCode};

use super::identify;
use crate::attempt::{Attempt, Call};
use crate::config::Candidate;
use crate::dialect;
use crate::meter::Outcome;
use crate::realtime::Session;
use crate::refusal::Problem;
use crate::relay::{Answer, Relay};
use crate::route::Route;
use crate::seen;
use crate::upstream::Connection;
use crate::upstream::health::Place;
use crate::upstream::wire::{Head, HeadWriter};
use crate::world::millis;

/// Asks candidates one after the other. What one answers that is no agreement goes to the client.
pub(super) async fn run(
    call: &Arc<Call>,
    parts: &Parts,
    route: Route<'_>,
    candidates: &[Arc<Candidate>],
    upgrade: OnUpgrade,
) -> Result<Response<Answer>, Problem> {
    let mut problem = Problem::Unavailable;
    for (number, candidate) in (1..).zip(candidates) {
        let upstream = &call.world.wired.wiring.upstreams[candidate.upstream];
        let (query, name) = (parts.uri.query(), Some(&*candidate.deployment));
        let target = dialect::target(&route, query, upstream, name)?;
        let asked = Attempt::begin(call, candidate.upstream, Some(candidate.clone()), number, None);
        let (head, connection, attempt, place) = match ask(asked, parts, &target).await {
            Ok(answered) => answered,
            Err(failed) => {
                problem = failed;
                continue;
            }
        };
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            let mut relay = Relay::new(connection, parts.method.clone(), attempt, place, false);
            relay.answered(&head);
            return Ok(super::attempts::respond(call, candidate.number, head, Box::new(relay)));
        }
        let session = Session {
            call: call.clone(),
            candidate: candidate.clone(),
            attempt,
            place,
            upstream: connection,
        };
        call.seen.answers_with(number);
        let busy = call.worker.busy();
        tokio::spawn(async move {
            session.run(upgrade).await;
            drop(busy);
        });
        let mut headers = head.headers;
        identify(&mut headers, call, candidate.number);
        headers.remove(header::SEC_WEBSOCKET_EXTENSIONS);
        let mut answer = Response::new(Answer::Own(None));
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *answer.headers_mut() = headers;
        return Ok(answer);
    }
    Err(problem)
}

async fn ask(
    mut attempt: Attempt,
    parts: &Parts,
    target: &str,
) -> Result<(Head, Connection, Attempt, Place), Problem> {
    let call = attempt.call.clone();
    let wired = &call.world.wired;
    let upstream = &wired.wiring.upstreams[attempt.upstream];
    let health = &wired.health[attempt.upstream];
    let Some(place) = health.enter(upstream.concurrency_max) else {
        attempt.close_unused(Outcome::Failed);
        return Err(Problem::Unavailable);
    };
    let asking = async {
        let mut connection = call.worker.shared.connector.connect(upstream).await.ok()?;
        let mut head = HeadWriter::new(&parts.method, target);
        dialect::to_websocket(&parts.headers, upstream, |name, value| {
            if !seen::is_context(name) {
                head.put(name, value);
            }
        });
        seen::put_context(&attempt, &parts.headers, |name, value| head.put(name, value));
        connection.write(&head.end(&parts.method, Some(0)), b"").await.ok()?;
        let head = connection.head(&parts.method).await.ok()?;
        Some((head, connection))
    };
    let bound = millis(wired.limits.connect_ms.saturating_add(wired.limits.first_byte_ms));
    let problem = match tokio::time::timeout(bound, asking).await {
        Ok(Some((head, connection))) => {
            attempt.status = head.status.as_u16();
            attempt.first_byte = Some(Instant::now());
            return Ok((head, connection, attempt, place));
        }
        Ok(None) => Problem::Unavailable,
        Err(_) => Problem::Timeout,
    };
    health.failed(Instant::now());
    attempt.close_unused(Outcome::Failed);
    Err(problem)
}
