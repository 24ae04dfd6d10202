//! One attempt at an upstream, from its beginning to its row.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use jiff::Timestamp;

use crate::body::inspect::Inspector;
use crate::config::Candidate;
use crate::keys::{Key, Reservation, Spent};
use crate::later::Deferral;
use crate::meter::{Measure, Outcome, Row, RowId, Tier, Tokens};
use crate::route::Endpoint;
use crate::seen::Seen;
use crate::standing::Rate;
use crate::worker::Worker;
use crate::world::{World, micros};

/// What is known of a call before anybody answers it.
#[derive(Debug)]
pub struct Call {
    /// The worker that carries it.
    pub worker: Arc<Worker>,
    /// All that it was decided by.
    pub world: Arc<World>,
    /// Who is calling.
    pub key: Arc<Key>,
    /// What is called.
    pub endpoint: Endpoint,
    /// Whether its answer may be about an object that lives on at its upstream.
    pub makes_object: bool,
    /// What it has to do with what is done later.
    pub(crate) later: OnceLock<Box<Deferral>>,
    /// What its rows name as their request.
    pub request: RowId,
    /// When it came.
    pub at: Timestamp,
    /// When it came, to measure by.
    pub began: Instant,
    /// What is seen of it.
    pub seen: Seen,
    /// About how many tokens it gives the model to read.
    pub input_about: u64,
    /// How many tokens were counted against the key's pace beforehand.
    pub paced: u64,
    /// Which of two attempts made beside each other was answered first; 0 where there was one alone.
    pub heard: AtomicU16,
}

/// An attempt. If nobody closes it, its client has left before the request was sent.
#[derive(Debug)]
pub struct Attempt {
    /// The call.
    pub call: Arc<Call>,
    /// Which upstream.
    pub upstream: usize,
    /// Which model there; none where no model is asked for.
    pub candidate: Option<Arc<Candidate>>,
    /// Which attempt of the call, from 1; 0 where none was made.
    pub number: u16,
    /// When it began.
    pub began: Instant,
    /// The status that came, or 0.
    pub status: u16,
    /// When the first byte came.
    pub first_byte: Option<Instant>,
    /// What is kept of the key's budget for it.
    pub reservation: Option<Reservation>,
    /// What its span is known by, if its call has one.
    pub(crate) span: Option<[u8; 8]>,
    closed: bool,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.closed {
            self.write(Outcome::ClientGone, Measure::Nothing, Tokens::default());
        }
    }
}

impl Call {
    /// Says what it has to do with what is done later, once that is known.
    pub(crate) fn defer(&self, deferral: Deferral) {
        // INVARIANT: nothing was said of it before.
        let _ = self.later.set(Box::new(deferral));
    }
}

impl Attempt {
    /// An attempt that begins now.
    pub fn begin(
        call: &Arc<Call>,
        upstream: usize,
        candidate: Option<Arc<Candidate>>,
        number: u16,
        reservation: Option<Reservation>,
    ) -> Attempt {
        let began = Instant::now();
        Attempt {
            span: Attempt::see_begin(call, number, began),
            call: call.clone(),
            upstream,
            candidate,
            number,
            began,
            status: 0,
            first_byte: None,
            reservation,
            closed: false,
        }
    }

    /// The place among targets of what was decided for it.
    fn target(&self) -> usize {
        match &self.candidate {
            Some(candidate) => candidate.number,
            None => self.call.world.wired.bare_target(self.upstream),
        }
    }

    /// Writes the row of an attempt that used nothing; what was reserved goes on to the next.
    pub fn close_unused(mut self, outcome: Outcome) -> Option<Reservation> {
        self.write(outcome, Measure::Nothing, Tokens::default());
        self.reservation.take()
    }

    /// Writes the row of an attempt whose answer was read by `inspector` up to where it ended.
    pub fn close(self, outcome: Outcome, inspector: &mut Inspector) {
        // Nobody waited for the answer to a request that was sent: it may well be billed.
        let is_awaited = self.status == 0 && outcome == Outcome::ClientGone;
        let ok = is_awaited || (200..300).contains(&self.status);
        let free = self.call.endpoint.is_free();
        let (measure, tokens) = match inspector.usage() {
            // What is looked at again was metered when it was made.
            _ if free => (Measure::Nothing, Tokens::default()),
            Some(tokens) => (Measure::Reported, tokens),
            None if !ok => (Measure::Nothing, Tokens::default()),
            // What goes on while nobody waits is not judged by what was said of it.
            None if outcome == Outcome::Complete || self.call.later.get().is_some() => {
                (Measure::Unknown, Tokens::default())
            }
            None => {
                let (spoken, about) = (inspector.take_spoken(), inspector.written_about());
                let shared = self.call.worker.shared.clone();
                return shared.estimator.close(self, outcome, spoken, about);
            }
        };
        self.close_with(outcome, measure, tokens);
    }

    /// Writes the row of an attempt that used this much.
    pub fn close_with(mut self, outcome: Outcome, measure: Measure, tokens: Tokens) {
        self.write(outcome, measure, tokens);
        let call = &self.call;
        let rate = call.world.standing.rate(call.key.subject, self.target());
        let money = rate.and_then(|rate| rate.cost(&tokens)).unwrap_or(0);
        call.key.pace.add_tokens(tokens.total().saturating_sub(call.paced));
        let spent = Spent { tokens: tokens.total(), money: money.into() };
        match (self.reservation.take(), &call.key.budget) {
            (Some(reservation), _) => reservation.settle(spent),
            (None, Some(budget)) => budget.recover(call.world.day, spent),
            (None, None) => {}
        }
    }

    fn write(&mut self, outcome: Outcome, measure: Measure, tokens: Tokens) {
        self.closed = true;
        let call = &*self.call;
        let heard = call.heard.load(Ordering::Relaxed);
        let outcome = match outcome {
            Outcome::ClientGone if heard != 0 && heard != self.number => Outcome::Outrun,
            outcome => outcome,
        };
        let wired = &call.world.wired;
        let standing = &call.world.standing;
        let target = self.target();
        let upstream = &wired.wiring.upstreams[self.upstream];
        let now = Instant::now();
        let since_begun = |at: Instant| micros(at.saturating_duration_since(self.began));
        let (model, deployment) = match &self.candidate {
            Some(candidate) => (&*candidate.model, &*candidate.deployment),
            None => ("", ""),
        };
        let into_call = self.began.saturating_duration_since(call.began).as_nanos();
        let at_ns = call.at.as_nanosecond().saturating_add_unsigned(into_call);
        let rate = standing.rate(call.key.subject, target);
        let row = Row {
            id: call.worker.shared.ids.next(),
            request: call.request,
            attempt: self.number,
            at_ns: i64::try_from(at_ns).unwrap_or(i64::MAX),
            key: &*call.key.name,
            customer: &*call.key.customer,
            product: &*call.key.product,
            channel: &*call.key.channel,
            endpoint: call.endpoint.word(),
            model,
            deployment,
            upstream: if self.number == 0 { "" } else { &*upstream.name },
            host: &*upstream.host,
            decision: standing.decision_id(call.key.subject, target).to_str().unwrap_or_default(),
            outcome,
            status: self.status,
            measure,
            tokens,
            cost: rate.and_then(|rate| rate.cost(&tokens)),
            first_byte_us: self.first_byte.map_or(0, |at| since_begun(at).max(1)),
            took_us: since_begun(now),
            tier: Tier::Standard,
        };
        let at = Timestamp::from_nanosecond(at_ns).unwrap_or(call.at);
        self.see_end(target, &row, at);
        // A row that cannot be written makes the log unsound, and then no call is carried.
        let _ = call.worker.rows.write(&row);
    }
}

impl Rate {
    /// What a call with these tokens costs, in 10⁻¹² of the price list's currency; `None` if that is
    /// beyond all bounds.
    pub fn cost(&self, tokens: &Tokens) -> Option<u64> {
        let parts = [
            (tokens.input, self.input),
            (tokens.cached, self.cached),
            (tokens.cache_write, self.cache_write),
            (tokens.audio_input, self.audio_input),
            (tokens.image_input, self.image_input),
            (tokens.output, self.output),
            (tokens.reasoning, self.reasoning),
            (tokens.audio_output, self.audio_output),
            (tokens.image_output, self.image_output),
        ];
        parts
            .into_iter()
            .try_fold(self.call, |sum, (count, price)| sum.checked_add(count.checked_mul(price)?))
    }

    /// The most that a call can cost which reads and writes so many tokens, of whichever class.
    pub fn cost_max(&self, read: u64, written: u64) -> u128 {
        let dearest = |first: u64, others: &[u64]| others.iter().copied().fold(first, u64::max);
        let read_price = dearest(
            self.input,
            &[self.cached, self.cache_write, self.audio_input, self.image_input],
        );
        let written_price =
            dearest(self.output, &[self.reasoning, self.audio_output, self.image_output]);
        u128::from(self.call)
            + u128::from(read) * u128::from(read_price)
            + u128::from(written) * u128::from(written_price)
    }
}
