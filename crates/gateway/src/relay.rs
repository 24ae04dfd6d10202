//! An answer on its way from an upstream to a client.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Method;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{self, HeaderMap};
use tokio::runtime::Handle;
use tokio::time::Sleep;

use crate::attempt::{Attempt, Call};
use crate::body::inspect::{Coding, Inspector};
use crate::config::Departure;
use crate::later::{Deferral, ask};
use crate::meter::{Measure, Outcome, Tokens};
use crate::seen::Of;
use crate::upstream::health::Place;
use crate::upstream::wire::{Framing, Head};
use crate::upstream::{Connection, ExchangeError};
use crate::world::millis;

/// What a client gets.
#[derive(Debug)]
pub enum Answer {
    /// An answer of the gateway's own.
    Own(Option<Bytes>),
    /// An upstream's answer, as it comes.
    Relayed(Box<Relay>),
}

/// An exchange with an upstream, from the moment the request is sent. When it is dropped before its
/// end, the client has left: then it is read on or cancelled, and has its row in either case.
#[derive(Debug)]
pub struct Relay {
    call: Arc<Call>,
    upstream: usize,
    method: Method,
    /// Whether the client did not ask for the usage that its stream will report.
    hide: bool,
    /// None once the exchange has ended.
    connection: Option<Connection>,
    framing: Framing,
    keep_alive: bool,
    /// Whether the answer's head has come.
    has_head: bool,
    inspector: Inspector,
    /// None once it has its row.
    attempt: Option<Attempt>,
    place: Option<Place>,
    /// When something came last, and what ends the waiting for more.
    last: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the client has left.
    left: bool,
    /// Whether what the attempt uses is metered later.
    is_later: bool,
    /// Held while a stream of events comes.
    streaming: Option<Of>,
    /// What ended the exchange too early, while the client is given what came before.
    broken: Option<ExchangeError>,
}

impl Relay {
    /// An exchange whose request has been sent.
    pub fn new(
        connection: Connection,
        method: Method,
        attempt: Attempt,
        place: Place,
        hide: bool,
    ) -> Relay {
        Relay {
            call: attempt.call.clone(),
            upstream: attempt.upstream,
            method,
            hide,
            connection: Some(connection),
            framing: Framing::Length(0),
            keep_alive: false,
            has_head: false,
            inspector: Inspector::Opaque,
            last: Instant::now(),
            attempt: Some(attempt),
            place: Some(place),
            timer: None,
            left: false,
            is_later: false,
            streaming: None,
            broken: None,
        }
    }

    /// Reads the answer's head.
    ///
    /// # Errors
    /// The upstream closed, failed, or speaks something else.
    pub async fn head(&mut self) -> Result<Head, ExchangeError> {
        let connection = self.connection.as_mut().ok_or(ExchangeError::Closed)?;
        let head = connection.head(&self.method).await?;
        self.answered(&head);
        Ok(head)
    }

    /// Takes note of an answer's head.
    pub fn answered(&mut self, head: &Head) {
        self.framing = head.framing;
        self.keep_alive = head.keep_alive;
        self.has_head = true;
        self.last = Instant::now();
        if let Some(attempt) = &mut self.attempt {
            attempt.status = head.status.as_u16();
            attempt.first_byte = Some(self.last);
        }
        if head.status.is_success() {
            let coding = coding(&head.headers);
            let endpoint = self.call.endpoint;
            self.inspector = if is_of_kind(&head.headers, "text/event-stream") {
                self.streaming = Some(Of::new(&self.call.worker, |gauges| &gauges.streams));
                match coding {
                    Coding::Identity => Inspector::events(endpoint, self.hide),
                    _ => Inspector::Opaque,
                }
            } else if is_of_kind(&head.headers, "application/json") {
                Inspector::json(endpoint, coding)
            } else {
                Inspector::Opaque
            };
        }
    }

    /// Takes the attempt out of an exchange whose answer is not to go to the client, and closes the
    /// connection.
    pub fn give_up(mut self) -> Option<(Attempt, Option<Place>)> {
        self.connection = None;
        Some((self.attempt.take()?, self.place.take()))
    }

    /// Which attempt of its call it is; 0 once that has its row.
    pub fn number(&self) -> u16 {
        self.attempt.as_ref().map_or(0, |attempt| attempt.number)
    }

    /// How long the answer's first byte took.
    pub fn first_byte(&self) -> Duration {
        let attempt = self.attempt.as_ref();
        let taken = attempt.and_then(|attempt| Some(attempt.first_byte? - attempt.began));
        taken.unwrap_or_default()
    }

    /// Whether nothing of an answer has come on a connection that had been used before: then the
    /// upstream may have closed it while nobody looked.
    pub fn is_stale(&self) -> bool {
        let unanswered = |connection: &Connection| connection.is_reused() && !connection.has_read();
        !self.has_head && self.connection.as_ref().is_some_and(unanswered)
    }

    /// Whether the body is as long as the head states: not if part of it is hidden.
    pub fn is_as_stated(&self) -> bool {
        !(self.hide && matches!(self.inspector, Inspector::Events(_)))
    }

    /// Ends an exchange whose answer has no body.
    pub fn end_if_empty(&mut self) {
        if self.framing.is_done() {
            self.finish();
        }
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ExchangeError>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        loop {
            let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
            match connection.poll_body(cx, &mut self.framing) {
                Poll::Ready(Ok(piece)) => {
                    self.last = Instant::now();
                    let mut shown = self.inspector.push(piece.bytes);
                    if piece.last {
                        let rest = self.inspector.rest();
                        if !rest.is_empty() {
                            shown = [shown, rest].concat().into();
                        }
                        self.finish();
                    } else if self.inspector.is_terminal() {
                        self.close(Outcome::Complete);
                    } else if self.call.later.get().is_some() {
                        // Before the client has the id, and before it can be missed.
                        self.remember();
                    }
                    if !shown.is_empty() {
                        return Poll::Ready(Some(Ok(shown)));
                    }
                }
                Poll::Ready(Err(error)) => return self.break_off(cx, error),
                Poll::Pending if self.poll_gap(cx).is_pending() => return Poll::Pending,
                Poll::Pending => {
                    let silence = std::io::Error::from(std::io::ErrorKind::TimedOut);
                    return self.break_off(cx, silence.into());
                }
            }
        }
    }

    /// Ready once nothing has come for too long. The timer is moved when it goes off, not with each
    /// piece that comes.
    fn poll_gap(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let gap = millis(self.call.world.wired.limits.gap_ms);
        loop {
            let due = self.last + gap;
            let timer =
                self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due.into())));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(due.into());
        }
    }

    /// The answer has come to its end.
    // INVARIANT: the row is written before the client can have the whole answer.
    fn finish(&mut self) {
        let ok = self.attempt.as_ref().is_none_or(|attempt| (200..300).contains(&attempt.status));
        let whole = self.inspector.is_whole() || !ok;
        if let (true, Inspector::Events(_), Some(attempt)) = (whole, &self.inspector, &self.attempt)
            && let (Some(first), Some(tokens)) = (attempt.first_byte, self.inspector.usage())
        {
            let took = self.last.saturating_duration_since(first);
            self.call.world.wired.health[self.upstream].streamed(tokens.written(), took);
        }
        self.close(if whole { Outcome::Complete } else { Outcome::CutByUpstream });
        self.timer = None;
        self.streaming = None;
        self.place = None;
        if let (Some(connection), true) = (self.connection.take(), self.keep_alive) {
            self.call.worker.pool(&self.call.world).give(self.upstream, connection, self.last);
        }
    }

    /// The answer breaks off, and so does the client's: an end that nobody sent is not made up. Its
    /// connection drops what it has not sent yet once it sees an error, so it gets a turn to send it.
    fn break_off<T>(&mut self, cx: &mut Context<'_>, error: ExchangeError) -> Poll<T> {
        self.connection = None;
        self.close(Outcome::CutByUpstream);
        self.broken = Some(error);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes the attempt's row, if it has none.
    fn close(&mut self, outcome: Outcome) {
        let Some(attempt) = self.attempt.take() else { return };
        let outcome = match outcome {
            Outcome::Complete if attempt.status >= 400 => Outcome::Failed,
            Outcome::Complete if self.left => Outcome::ClientGone,
            outcome => outcome,
        };
        if self.call.makes_object
            && matches!(outcome, Outcome::Complete | Outcome::ClientGone)
            && let Some(id) = self.inspector.id()
        {
            self.learn(&id);
        }
        if let Some(state) = self.inspector.state() {
            state.files.iter().for_each(|file| self.learn(file));
            let is_done = ask::is_final(&state.status);
            self.call.worker.shared.later.heard(&state.id, is_done, &state.files);
        }
        if self.call.later.get().is_some() {
            self.attempt = Some(attempt);
            self.remember();
            let Some(attempt) = self.attempt.take() else { return };
            match self.is_later {
                true => attempt.close_with(outcome, Measure::Nothing, Tokens::default()),
                false => attempt.close(outcome, &mut self.inspector),
            }
            return;
        }
        attempt.close(outcome, &mut self.inspector);
    }

    /// Remembers whose an object is.
    fn learn(&self, id: &str) {
        let shared = &self.call.worker.shared;
        let upstream = &self.call.world.wired.wiring.upstreams[self.upstream].name;
        let (kind, customer) = (self.call.endpoint.kind(), &self.call.key.customer);
        // What cannot be written down is remembered until the next start.
        let _ = shared.homes.learn(id, kind, upstream, customer, self.call.at);
    }

    /// Remembers what has begun, once its id is known. What has come to its end already says itself
    /// what it used.
    fn remember(&mut self) {
        let (Some(later), Some(attempt)) = (self.call.later.get(), &self.attempt) else { return };
        let ok = (200..300).contains(&attempt.status);
        if self.is_later || !ok || self.inspector.usage().is_some() {
            return;
        }
        let Some(id) = self.inspector.id() else { return };
        let shared = &self.call.worker.shared;
        match &**later {
            // What else a file may be for is nothing to be metered.
            Deferral::Upload(upload) => {
                let mut upload = upload.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(models) = upload.finish() {
                    // What cannot be written down is remembered until the next start.
                    let _ = shared.later.uploaded(&id, models, self.call.at);
                }
            }
            Deferral::Begins { kind, models, version } => {
                let begun = shared.later.begin(attempt, *kind, models, &id, version.as_deref());
                self.is_later = begun.is_ok();
            }
        }
    }

    /// Reads to the end for nobody, to learn what was used.
    async fn drain(mut self) {
        let bound = millis(self.call.world.wired.limits.drain_ms);
        let read = async {
            if !self.has_head && self.head().await.is_err() {
                return;
            }
            while let Some(Ok(_)) = poll_fn(|cx| self.poll_chunk(cx)).await {}
        };
        // Whatever is left without a row has one when it is dropped.
        let _ = tokio::time::timeout(bound, read).await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.attempt.is_none() {
            return;
        }
        // Of what is free there is nothing to learn.
        let is_metered = !self.call.endpoint.is_free();
        let drains = self.call.key.departure == Departure::Drain || self.call.later.get().is_some();
        let drains = is_metered && !self.left && drains;
        let (true, Some(connection), Ok(runtime)) =
            (drains, self.connection.take(), Handle::try_current())
        else {
            self.left = true;
            return self.close(Outcome::ClientGone);
        };
        let rest = Relay {
            call: self.call.clone(),
            upstream: self.upstream,
            method: self.method.clone(),
            hide: false,
            connection: Some(connection),
            framing: self.framing,
            keep_alive: self.keep_alive,
            has_head: self.has_head,
            inspector: std::mem::replace(&mut self.inspector, Inspector::Opaque),
            attempt: self.attempt.take(),
            place: self.place.take(),
            last: self.last,
            timer: None,
            left: true,
            is_later: self.is_later,
            streaming: self.streaming.take(),
            broken: None,
        };
        let busy = self.call.worker.busy();
        runtime.spawn(async move {
            rest.drain().await;
            drop(busy);
        });
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = ExchangeError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ExchangeError>>> {
        match self.get_mut() {
            Answer::Own(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Answer::Relayed(relay) => {
                relay.poll_chunk(cx).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Answer::Own(bytes) => bytes.is_none(),
            Answer::Relayed(relay) => relay.connection.is_none() && relay.broken.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Answer::Own(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Answer::Relayed(relay) => match relay.framing {
                Framing::Length(left) if relay.is_as_stated() => SizeHint::with_exact(left),
                _ => SizeHint::default(),
            },
        }
    }
}

fn is_of_kind(headers: &HeaderMap, kind: &str) -> bool {
    let stated = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    let stated = stated.and_then(|stated| stated.get(..kind.len()));
    stated.is_some_and(|stated| stated.eq_ignore_ascii_case(kind.as_bytes()))
}

fn coding(headers: &HeaderMap) -> Coding {
    let Some(coding) = headers.get(header::CONTENT_ENCODING) else { return Coding::Identity };
    let is = |word: &str| coding.as_bytes().eq_ignore_ascii_case(word.as_bytes());
    if is("identity") {
        Coding::Identity
    } else if is("gzip") || is("x-gzip") {
        Coding::Gzip
    } else if is("deflate") {
        Coding::Deflate
    } else {
        Coding::Unreadable
    }
}
