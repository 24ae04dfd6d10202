//! A WebSocket between a client and an upstream: bytes pass both ways as they come, and each response
//! of the model has a row as soon as it is done.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::attempt::{Attempt, Call};
use crate::config::Candidate;
use crate::keys::Spent;
use crate::meter::{Measure, Outcome, Tokens, tokens};
use crate::upstream::health::Place;
use crate::upstream::{Connection, Io};
use crate::websocket::{Frames, Message};
use crate::world::millis;

/// How much is read at once.
const READ_BYTES: usize = 16 << 10;

/// A session that both sides have agreed to.
pub struct Session {
    /// The call that began it.
    pub call: Arc<Call>,
    /// Which model, where.
    pub candidate: Arc<Candidate>,
    /// The attempt that the upstream agreed to.
    pub attempt: Attempt,
    /// Its place among the calls of its upstream.
    pub place: Place,
    /// The connection to the upstream, on which HTTP has ended.
    pub upstream: Connection,
}

impl Session {
    /// Passes bytes until either side ends it, or neither has said anything for too long.
    pub async fn run(self, client: OnUpgrade) {
        let Session { call, candidate, attempt, place, upstream } = self;
        let mut meter = Meter { call: call.clone(), candidate, first: Some(attempt) };
        let (io, early) = upstream.into_parts();
        let outcome = match client.await {
            Ok(client) => {
                let gap = millis(call.world.wired.limits.gap_ms);
                let client = TokioIo::new(client);
                match io {
                    Io::Plain(stream) => pass(client, stream, early, gap, &mut meter).await,
                    Io::Tls(stream) => pass(client, *stream, early, gap, &mut meter).await,
                }
            }
            Err(_) => Outcome::ClientGone,
        };
        meter.end(outcome);
        drop(place);
    }
}

async fn pass(
    client: TokioIo<Upgraded>,
    upstream: impl AsyncRead + AsyncWrite,
    early: BytesMut,
    gap: Duration,
    meter: &mut Meter,
) -> Outcome {
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_upstream, mut to_upstream) = tokio::io::split(upstream);
    let mut frames = Frames::default();
    let (mut up, mut down) = (vec![0; READ_BYTES], early);
    loop {
        if !down.is_empty() {
            let mut may_go_on = true;
            frames.push(&down, |message| may_go_on &= meter.message(message));
            if to_client.write_all(&down).await.is_err() || to_client.flush().await.is_err() {
                return Outcome::ClientGone;
            }
            down.clear();
            if !may_go_on {
                return Outcome::Refused;
            }
        }
        down.reserve(READ_BYTES);
        tokio::select! {
            read = from_upstream.read_buf(&mut down) => match read {
                Ok(1..) => {}
                _ => {
                    let _ = to_client.shutdown().await;
                    return Outcome::Complete;
                }
            },
            read = from_client.read(&mut up) => match read {
                Ok(count @ 1..) => {
                    let sent = to_upstream.write_all(&up[..count]).await;
                    if sent.is_err() || to_upstream.flush().await.is_err() {
                        return Outcome::CutByUpstream;
                    }
                }
                _ => {
                    let _ = to_upstream.shutdown().await;
                    return Outcome::ClientGone;
                }
            },
            () = tokio::time::sleep(gap) => return Outcome::CutByUpstream,
        }
    }
}

/// Writes rows: the first is that of the attempt, and each further response has one like it.
struct Meter {
    call: Arc<Call>,
    candidate: Arc<Candidate>,
    first: Option<Attempt>,
}

impl Meter {
    /// Takes note of a message of the upstream's; whether the key's budget lets the session go on.
    fn message(&mut self, message: &Message) -> bool {
        if message.kind() != Some(b"\"response.done\"") {
            return true;
        }
        let used = message.usage().and_then(tokens::reported);
        let (measure, tokens) = match used {
            Some(tokens) => (Measure::Reported, tokens),
            None => (Measure::Unknown, Tokens::default()),
        };
        let attempt = self.first.take().unwrap_or_else(|| {
            let candidate = self.candidate.clone();
            let mut attempt =
                Attempt::begin(&self.call, candidate.upstream, Some(candidate), 1, None);
            attempt.status = 101;
            attempt
        });
        attempt.close_with(Outcome::Complete, measure, tokens);
        may_spend(&self.call)
    }

    fn end(mut self, outcome: Outcome) {
        if let Some(attempt) = self.first.take() {
            attempt.close_with(outcome, Measure::Nothing, Tokens::default());
        }
    }
}

/// Whether anything is left of a key's budget. What a session will use cannot be reserved, as nobody
/// knows how long it goes on.
pub(crate) fn may_spend(call: &Call) -> bool {
    let Some(budget) = &call.key.budget else { return true };
    budget.reserve(call.world.day, Spent { tokens: 1, money: 1 }).is_some()
}
