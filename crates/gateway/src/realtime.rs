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
        let first = Some(attempt);
        let mut meter = Meter { call: call.clone(), candidate, first, open: 0, transcriber: None };
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

/// Writes rows: the first is that of the attempt, and each further response, and each time somebody's
/// words are written down, has one like it.
struct Meter {
    call: Arc<Call>,
    candidate: Arc<Candidate>,
    first: Option<Attempt>,
    /// How many responses have begun and are not done.
    open: u32,
    /// What writes down what is said; none where nobody knows the model.
    transcriber: Option<Arc<Candidate>>,
}

impl Meter {
    /// Takes note of a message of the upstream's; whether the session may go on.
    fn message(&mut self, message: &Message) -> bool {
        let kind = message.kind().unwrap_or_default().trim_ascii_start();
        match kind.strip_prefix(b"\"").and_then(|kind| kind.strip_suffix(b"\"")) {
            Some(b"response.created") => {
                self.open += 1;
                true
            }
            Some(b"response.done") => {
                self.open = self.open.saturating_sub(1);
                self.used(Some(self.candidate.clone()), message)
            }
            Some(b"conversation.item.input_audio_transcription.completed") => {
                self.used(self.transcriber.clone(), message)
            }
            Some(b"session.created" | b"session.updated") => match message.transcriber() {
                Some(model) => self.may_transcribe(&model),
                None => true,
            },
            _ => true,
        }
    }

    /// Writes the row of what a message says was used; whether the key's budget lets the session go on.
    fn used(&mut self, by: Option<Arc<Candidate>>, message: &Message) -> bool {
        let (measure, tokens) = match message.usage().and_then(tokens::reported) {
            Some(tokens) => (Measure::Reported, tokens),
            None => (Measure::Unknown, Tokens::default()),
        };
        self.attempt(by).close_with(Outcome::Complete, measure, tokens);
        may_spend(&self.call)
    }

    fn attempt(&mut self, by: Option<Arc<Candidate>>) -> Attempt {
        let is_own = by.as_ref().is_some_and(|by| Arc::ptr_eq(by, &self.candidate));
        if is_own && let Some(first) = self.first.take() {
            return first;
        }
        let mut attempt = Attempt::begin(&self.call, self.candidate.upstream, by, 1, None);
        attempt.status = 101;
        attempt
    }

    /// Whether a model may write down what is said here: it is asked for as any other.
    fn may_transcribe(&mut self, name: &str) -> bool {
        let world = &self.call.world;
        let may = |route: &str| self.call.key.may_ask_for(route);
        let named = world.wired.wiring.named(self.candidate.upstream, name, may);
        self.transcriber = named.cloned();
        self.transcriber.as_ref().is_some_and(|candidate| {
            let verdict = world.standing.verdict(self.call.key.subject, candidate.number);
            verdict == rights::Verdict::Permitted
        })
    }

    /// What had begun when the session ended was used, and nobody knows how much.
    fn end(mut self, outcome: Outcome) {
        if self.open > 0 {
            let attempt = self.attempt(Some(self.candidate.clone()));
            return attempt.close_with(outcome, Measure::Unknown, Tokens::default());
        }
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
