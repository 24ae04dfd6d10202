//! One call as it is seen, from its first byte to its answer's last.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hyper::HeaderMap;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::board::{NONE, locked, provider};
use super::count::Count;
use super::fact::{AttemptFact, CallFact, Fact, SpanIds};
use super::snapshot::OUTCOMES;
use super::trace::random;
use crate::attempt::{Attempt, Call};
use crate::keys::Key;
use crate::meter::{Measure, Outcome, Row, RowId};
use crate::refusal::Problem;
use crate::route::Endpoint;
use crate::standing::Refusal;
use crate::worker::Worker;
use crate::world::{World, micros};

/// What one worker has going on at the moment, and how much it has begun.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// Calls, from their first byte to their answers' last.
    pub calls: AtomicUsize,
    /// Answers that are streams of events.
    pub streams: AtomicUsize,
    /// Connections of clients.
    pub connections: AtomicUsize,
    admitted: Count,
    rows: Count,
}

/// One more of something while it lives.
#[derive(Debug)]
pub(crate) struct Of(Arc<Worker>, fn(&Gauges) -> &AtomicUsize);

/// A call until somebody else is to say how it ended: whoever passes its answer on. If it is dropped
/// before, its client has left.
pub(crate) struct Watch<'a> {
    worker: &'a Arc<Worker>,
    world: &'a World,
    at: Timestamp,
    began: Instant,
    key: usize,
    route: usize,
    endpoint: Endpoint,
    request: Option<RowId>,
    ids: Option<SpanIds>,
    prompt: Option<Arc<[u8]>>,
    /// How long the client's body was waited for.
    waited: Duration,
    running: Option<Of>,
    is_open: bool,
}

/// What a call takes along to say how it ended.
#[derive(Debug)]
pub struct Seen {
    route: usize,
    ids: Option<SpanIds>,
    prompt: Option<Arc<[u8]>>,
    waited: Duration,
    /// Held as long as the call runs.
    _running: Option<Of>,
    ended: AtomicU8,
    status: AtomicU16,
    first_byte_us: AtomicU64,
    /// Which attempt's answer goes to the client; 0 while none does.
    answered: AtomicU16,
}

/// What a span of an attempt is known by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttemptIds {
    pub trace: [u8; 16],
    pub span: [u8; 8],
    pub follows_caller: bool,
}

/// How a call or an attempt ended.
struct End {
    at: Timestamp,
    took: Duration,
    first_byte_us: u64,
    outcome: Outcome,
    status: u16,
}

/// What a call is of.
struct About<'a> {
    worker: &'a Worker,
    world: &'a World,
    key: usize,
    route: usize,
    endpoint: Endpoint,
    request: Option<RowId>,
    ids: Option<SpanIds>,
    prompt: Option<&'a Arc<[u8]>>,
}

impl Gauges {
    /// How many rows were written.
    pub fn rows(&self) -> u64 {
        self.rows.get()
    }
}

impl Of {
    /// One more of what `which` counts.
    pub fn new(worker: &Arc<Worker>, which: fn(&Gauges) -> &AtomicUsize) -> Of {
        which(&worker.gauges).fetch_add(1, Ordering::Relaxed);
        Of(worker.clone(), which)
    }
}

impl Drop for Of {
    fn drop(&mut self) {
        (self.1)(&self.0.gauges).fetch_sub(1, Ordering::Relaxed);
    }
}

impl<'a> Watch<'a> {
    /// A call that has come.
    pub fn begin(
        worker: &'a Arc<Worker>,
        world: &'a World,
        at: Timestamp,
        began: Instant,
    ) -> Watch<'a> {
        Watch {
            worker,
            world,
            at,
            began,
            key: NONE,
            route: NONE,
            endpoint: Endpoint::Unknown,
            request: None,
            ids: None,
            prompt: None,
            waited: Duration::ZERO,
            running: Some(Of::new(worker, |gauges| &gauges.calls)),
            is_open: true,
        }
    }

    /// What it is decided by.
    pub fn world(&self) -> &'a World {
        self.world
    }

    /// It is known who calls what. Calls of nobody are counted, and not followed.
    pub fn admit(&mut self, key: &Key, endpoint: Endpoint, headers: &HeaderMap) {
        (self.key, self.endpoint) = (key.number, endpoint);
        let admitted = &self.worker.gauges.admitted;
        self.ids = self.world.wired.seeing.trace(headers, admitted.get());
        admitted.add(1);
    }

    /// It is known which route it takes.
    pub fn takes(&mut self, route: usize) {
        self.route = route;
    }

    /// Its body has come.
    pub fn has_body(&mut self, body: &[u8], waited: Duration) {
        self.waited = waited;
        if let Some(most) = self.world.wired.seeing.prompt_bytes {
            self.prompt = Some(body[..body.len().min(most)].into());
        }
    }

    /// What the call takes along.
    pub fn goes_on(&mut self, request: RowId) -> Seen {
        self.request = Some(request);
        Seen {
            route: self.route,
            ids: self.ids,
            prompt: self.prompt.clone(),
            waited: self.waited,
            _running: self.running.take(),
            ended: AtomicU8::new(Outcome::ClientGone as u8),
            status: AtomicU16::new(0),
            first_byte_us: AtomicU64::new(0),
            answered: AtomicU16::new(0),
        }
    }

    /// From now on the call itself knows how it ends.
    pub fn pass_on(mut self) {
        self.is_open = false;
    }

    /// The gateway has answered by itself.
    pub fn answer(mut self, status: u16) {
        self.end(Outcome::Complete, status, None);
    }

    /// The gateway did not carry it, or nobody answered.
    pub fn refuse(mut self, problem: &Problem) {
        let (status, _, code) = problem.kind();
        let outcome = if status >= 500 { Outcome::Failed } else { Outcome::Refused };
        self.end(outcome, status, Some((code, problem)));
    }

    fn end(&mut self, outcome: Outcome, status: u16, refused: Option<(&'static str, &Problem)>) {
        self.is_open = false;
        let about = About {
            worker: self.worker,
            world: self.world,
            key: self.key,
            route: self.route,
            endpoint: self.endpoint,
            request: self.request,
            ids: self.ids,
            prompt: self.prompt.as_ref(),
        };
        let clauses = match refused {
            Some((_, Problem::Refused(refusal))) => cited(refusal),
            _ => Vec::new(),
        };
        if let Some((code, _)) = refused {
            about.count_refusal(code, &clauses);
        }
        let end =
            End { at: self.at, took: self.began.elapsed(), first_byte_us: 0, outcome, status };
        about.write(&end, refused.map(|(code, _)| code), clauses);
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.end(Outcome::ClientGone, 0, None);
        }
    }
}

impl About<'_> {
    fn count_refusal(&self, code: &'static str, clauses: &[String]) {
        let board = &self.world.wired.board;
        let Some(refusals) = board.refusals.get(self.worker.number) else { return };
        let key = self.world.wired.ring.by_number(self.key);
        let key = key.map_or_else(|| Arc::from(""), |key| key.name.clone());
        let mut refusals = locked(refusals);
        *refusals.by_reason.entry((key, code)).or_default() += 1;
        for clause in clauses {
            match refusals.by_clause.get_mut(clause) {
                Some(count) => *count += 1,
                None => drop(refusals.by_clause.insert(clause.clone(), 1)),
            }
        }
    }

    fn write(&self, end: &End, reason: Option<&'static str>, clauses: Vec<String>) {
        let wired = &self.world.wired;
        let (worker, of) = (self.worker.number, (self.key, self.route));
        let (calls, route) = wired.desks[worker].calls(wired, worker, of, self.endpoint);
        calls.ends.add(end.outcome, end.status);
        if reason.is_none() {
            route.duration.add(micros(end.took));
            if end.first_byte_us > 0 && end.outcome == Outcome::Complete {
                route.first_byte.add(end.first_byte_us);
            }
        }
        let seeing = &wired.seeing;
        let is_logged = seeing.calls || seeing.refusals && reason.is_some();
        if !is_logged && self.ids.is_none() {
            return;
        }
        let key = wired.ring.by_number(self.key);
        let name =
            |of: fn(&Key) -> &Arc<str>| key.map_or_else(|| Arc::from(""), |key| of(key).clone());
        let route = wired.wiring.route_names.get(self.route).cloned();
        self.worker.facts.push(Fact::Call(Box::new(CallFact {
            ids: self.ids,
            at: end.at,
            took_us: micros(end.took),
            first_byte_us: end.first_byte_us,
            request: self.request,
            key: name(|key| &key.name),
            product: name(|key| &key.product),
            channel: name(|key| &key.channel),
            route: route.unwrap_or_else(|| "".into()),
            operation: self.endpoint.word(),
            outcome: end.outcome,
            status: end.status,
            reason,
            clauses,
            prompt: self.prompt.cloned(),
            is_logged,
        })));
    }
}

impl Seen {
    /// The answer to an attempt goes to the client: as that ends, the call does.
    pub fn answers_with(&self, attempt: u16) {
        self.answered.store(attempt, Ordering::Relaxed);
    }
}

impl Drop for Call {
    /// Nobody is at it any more: neither an attempt nor an answer.
    fn drop(&mut self) {
        let seen = &self.seen;
        if seen.answered.load(Ordering::Relaxed) == 0 {
            return;
        }
        let about = About {
            worker: &self.worker,
            world: &self.world,
            key: self.key.number,
            route: seen.route,
            endpoint: self.endpoint,
            request: Some(self.request),
            ids: seen.ids,
            prompt: seen.prompt.as_ref(),
        };
        let end = End {
            at: self.at,
            took: self.began.elapsed(),
            first_byte_us: seen.first_byte_us.load(Ordering::Relaxed),
            outcome: OUTCOMES[usize::from(seen.ended.load(Ordering::Relaxed))],
            status: seen.status.load(Ordering::Relaxed),
        };
        about.write(&end, None, Vec::new());
    }
}

impl Attempt {
    /// What its span is known by, if it has one.
    pub(crate) fn ids(&self) -> Option<AttemptIds> {
        let ids = self.call.seen.ids?;
        let span = self.span?;
        Some(AttemptIds { trace: ids.trace, span, follows_caller: ids.parent.is_some() })
    }

    /// A span id for an attempt that begins, if its call has a span. What the gateway took until the
    /// first attempt began is its own doing.
    pub(crate) fn see_begin(call: &Call, number: u16, began: Instant) -> Option<[u8; 8]> {
        if number == 1 {
            let wired = &call.world.wired;
            let (worker, of) = (call.worker.number, (call.key.number, call.seen.route));
            let (_, route) = wired.desks[worker].calls(wired, worker, of, call.endpoint);
            let since = began.saturating_duration_since(call.began);
            route.added.add(micros(since.saturating_sub(call.seen.waited)));
        }
        call.seen.ids.and_then(|_| random())
    }

    /// Counts what its row says.
    pub(crate) fn see_end(&self, target: usize, row: &Row<&str>, at: Timestamp) {
        let call = &*self.call;
        call.worker.gauges.rows.add(1);
        if self.number == 0 {
            return;
        }
        let since_call = self.began.saturating_duration_since(call.began);
        let seen = &call.seen;
        if seen.answered.load(Ordering::Relaxed) == self.number {
            seen.ended.store(row.outcome as u8, Ordering::Relaxed);
            seen.status.store(row.status, Ordering::Relaxed);
            let first_byte_us = match row.first_byte_us {
                0 => 0,
                after => after.saturating_add(micros(since_call)),
            };
            seen.first_byte_us.store(first_byte_us, Ordering::Relaxed);
        }

        let wired = &call.world.wired;
        let (worker, of) = (call.worker.number, (call.key.number, seen.route));
        let to = (self.upstream, target);
        let (attempts, at_target) =
            wired.desks[worker].attempts(wired, worker, of, to, call.endpoint);
        attempts.ends.add(row.outcome, row.status);
        at_target.duration[row.outcome as usize].add(row.took_us);
        if row.first_byte_us > 0 && row.status < 400 {
            at_target.first_byte.add(row.first_byte_us);
        }
        if row.measure == Measure::Unknown {
            attempts.unknown.add(1);
        }
        if row.tokens.total() > 0 {
            let counts = attempts.tokens.iter().zip(row.tokens.by_class());
            counts.filter(|(_, count)| *count > 0).for_each(|(cell, count)| cell.add(count));
            at_target.read.add(row.tokens.read());
            at_target.written.add(row.tokens.written());
        }
        if let Some(cost) = row.cost.filter(|cost| *cost > 0) {
            attempts.cost.add(cost);
            attempts.cost_of_hour.add(hour(at), cost);
        }
        if let Some(ids) = self.ids() {
            call.worker.facts.push(Fact::Attempt(Box::new(self.fact(ids, row, at))));
        }
    }

    fn fact(&self, ids: AttemptIds, row: &Row<&str>, at: Timestamp) -> AttemptFact {
        let wired = &self.call.world.wired;
        let upstream = &wired.wiring.upstreams[self.upstream];
        let route = wired.wiring.route_names.get(self.call.seen.route).cloned();
        AttemptFact {
            ids: SpanIds {
                trace: ids.trace,
                span: ids.span,
                parent: self.call.seen.ids.map(|call| call.span),
            },
            at,
            took_us: row.took_us,
            first_byte_us: row.first_byte_us,
            request: row.request,
            number: row.attempt,
            route: route.unwrap_or_else(|| "".into()),
            operation: self.call.endpoint.word(),
            upstream: upstream.name.clone(),
            host: upstream.host.clone(),
            provider: provider(upstream.dialect),
            address: upstream.authority.host().into(),
            port: upstream.port(),
            model: row.model.into(),
            deployment: row.deployment.into(),
            decision: row.decision.to_string(),
            outcome: row.outcome,
            status: row.status,
            measure: row.measure,
            tokens: row.tokens,
            cost: row.cost.map(|cost| Decimal::from_i128_with_scale(cost.into(), 12).normalize()),
        }
    }
}

/// The clauses that a refusal cites.
fn cited(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::Decided(decision) => {
            decision.because.iter().map(|reason| reason.clause.to_string()).collect()
        }
        Refusal::Unregistered { .. } => Vec::new(),
    }
}

/// Which hour an instant is in, counted from 1970.
pub(super) fn hour(at: Timestamp) -> u64 {
    u64::try_from(at.as_second() / 3600).unwrap_or(0)
}
