//! How upstreams have been doing.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::world::micros;

/// How many failures one after the other open the circuit.
const FAILURES_MAX: u32 = 5;

/// How long an open circuit lets nothing through.
const OPEN: Duration = Duration::from_secs(5);

/// The part of a new measurement in the decayed mean, as a power of two: 1/8.
const DECAY_SHIFT: u32 = 3;

/// How few tokens say nothing about how fast a model writes.
const TOKENS_MIN: u64 = 16;

/// How long a measurement is gone by, while nobody is asked because of it.
const REMEMBERED: Duration = Duration::from_secs(30);

/// How an upstream has been doing, as all workers see it.
#[derive(Debug)]
pub struct Health {
    began: Instant,
    in_flight: AtomicUsize,
    failures: AtomicU32,
    /// How often the circuit was opened.
    opened: AtomicU64,
    /// In microseconds after `began`; 0 while the circuit is closed.
    open_until_us: AtomicU64,
    first_byte_us: AtomicU64,
    /// When that was measured last, in microseconds after `began`.
    measured_us: AtomicU64,
    /// How long a token of a stream takes; 0 before there was one.
    token_ns: AtomicU64,
}

/// Where the circuit of an upstream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Circuit {
    /// It lets calls through.
    Closed,
    /// It has been open long enough: calls may find out whether the upstream is back.
    HalfOpen,
    /// It lets nothing through that could go elsewhere.
    Open,
}

/// A place among the calls an upstream takes at once, given back when it is dropped.
#[derive(Debug)]
pub struct Place(std::sync::Arc<Health>);

impl Default for Health {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            in_flight: AtomicUsize::new(0),
            failures: AtomicU32::new(0),
            opened: AtomicU64::new(0),
            open_until_us: AtomicU64::new(0),
            first_byte_us: AtomicU64::new(0),
            measured_us: AtomicU64::new(0),
            token_ns: AtomicU64::new(0),
        }
    }
}

impl Health {
    /// Takes a place, if fewer than `max` are taken.
    pub fn enter(self: &std::sync::Arc<Self>, max: usize) -> Option<Place> {
        if self.in_flight.fetch_add(1, Ordering::AcqRel) < max {
            return Some(Place(self.clone()));
        }
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        None
    }

    /// Whether it may be tried: it has not failed lately, or long enough ago to see whether it is back.
    pub fn is_open_to_calls(&self, now: Instant) -> bool {
        self.open_until_us.load(Ordering::Relaxed) <= self.micros(now)
    }

    /// Where its circuit stands.
    pub fn circuit(&self, now: Instant) -> Circuit {
        match self.open_until_us.load(Ordering::Relaxed) {
            0 => Circuit::Closed,
            until if until <= self.micros(now) => Circuit::HalfOpen,
            _ => Circuit::Open,
        }
    }

    /// How often its circuit was opened.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// How many calls have failed since one was answered.
    pub fn failures(&self) -> u32 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Notes an answer that came, and when.
    pub fn answered(&self, now: Instant, first_byte: Duration) {
        self.measured_us.store(self.micros(now), Ordering::Relaxed);
        self.failures.store(0, Ordering::Relaxed);
        self.open_until_us.store(0, Ordering::Relaxed);
        decay(&self.first_byte_us, first_byte.as_micros());
    }

    /// Notes that a stream of so many tokens took so long after its first byte.
    pub fn streamed(&self, tokens: u64, took: Duration) {
        if tokens >= TOKENS_MIN {
            decay(&self.token_ns, took.as_nanos() / u128::from(tokens));
        }
    }

    /// How long an answer of so many tokens takes, by what was measured of late; nothing at all for
    /// one call in a while of an upstream that has not been asked, so that it is known how it is doing.
    pub fn expected(&self, tokens: u64, now: Instant) -> Duration {
        let now = self.micros(now);
        let measured = self.measured_us.load(Ordering::Relaxed);
        let is_old = now.saturating_sub(measured) > micros(REMEMBERED);
        let relaxed = Ordering::Relaxed;
        if is_old && self.measured_us.compare_exchange(measured, now, relaxed, relaxed).is_ok() {
            return Duration::ZERO;
        }
        let writes = self.token_ns.load(Ordering::Relaxed).saturating_mul(tokens);
        Duration::from_micros(self.first_byte_us()).saturating_add(Duration::from_nanos(writes))
    }

    /// Notes a failure that is the upstream's.
    pub fn failed(&self, now: Instant) {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX {
            let until = self.micros(now + OPEN);
            if self.open_until_us.swap(until, Ordering::Relaxed) == 0 {
                self.opened.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How long the first byte takes of late, in microseconds; 0 before anything came.
    pub fn first_byte_us(&self) -> u64 {
        self.first_byte_us.load(Ordering::Relaxed)
    }

    /// Whether its first byte has come within a limit of late. What was measured long ago does not
    /// count: somebody has to find out whether it is faster by now.
    pub fn is_within(&self, limit: Duration, now: Instant) -> bool {
        let since = self.micros(now).saturating_sub(self.measured_us.load(Ordering::Relaxed));
        Duration::from_micros(self.first_byte_us()) <= limit || Duration::from_micros(since) > OPEN
    }

    /// How many calls are at it.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    fn micros(&self, at: Instant) -> u64 {
        micros(at.saturating_duration_since(self.began))
    }
}

/// Takes a measurement into a decayed mean, of which 0 says that there is none. Two workers at once may
/// lose one of two, which changes little.
fn decay(mean: &AtomicU64, new: u128) {
    let new = u64::try_from(new).unwrap_or(u64::MAX).max(1);
    let mixed = match mean.load(Ordering::Relaxed) {
        0 => new,
        old => old - (old >> DECAY_SHIFT) + (new >> DECAY_SHIFT),
    };
    mean.store(mixed.max(1), Ordering::Relaxed);
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_circuit_opens_and_is_tried_again() {
        let health = Health::default();
        let now = Instant::now();
        (1..FAILURES_MAX).for_each(|_| health.failed(now));
        assert!(health.is_open_to_calls(now));
        health.failed(now);
        assert!(!health.is_open_to_calls(now));
        assert_eq!((health.circuit(now), health.opened()), (Circuit::Open, 1));
        assert!(health.is_open_to_calls(now + OPEN));
        assert_eq!(health.circuit(now + OPEN), Circuit::HalfOpen);
        health.failed(now + OPEN);
        assert!(!health.is_open_to_calls(now + OPEN), "one failure is enough to open it again");
        health.answered(now, Duration::from_millis(1));
        assert!(health.is_open_to_calls(now));
        assert_eq!((health.circuit(now), health.opened()), (Circuit::Closed, 1));
    }

    #[test]
    fn places_are_given_back() {
        let health = Arc::new(Health::default());
        let place = health.enter(1);
        assert!(place.is_some() && health.enter(1).is_none());
        drop(place);
        assert!(health.enter(1).is_some());
    }

    #[test]
    fn a_long_answer_is_expected_of_who_writes_faster() {
        let (soon, fast) = (Health::default(), Health::default());
        let now = Instant::now();
        soon.answered(now, Duration::from_millis(10));
        soon.streamed(100, Duration::from_secs(2));
        fast.answered(now, Duration::from_millis(200));
        fast.streamed(100, Duration::from_secs(1));
        fast.streamed(TOKENS_MIN - 1, Duration::from_secs(60));
        assert_eq!(soon.expected(100, now), Duration::from_millis(2_010));
        assert_eq!(fast.expected(100, now), Duration::from_millis(1_200));
        assert!(soon.expected(10, now) < fast.expected(10, now));
    }

    #[test]
    fn one_call_finds_out_how_it_is_doing_now() {
        let health = Health::default();
        let now = Instant::now();
        health.answered(now, Duration::from_millis(800));
        let later = now + 2 * REMEMBERED;
        assert_eq!(health.expected(0, later), Duration::ZERO);
        assert_eq!(health.expected(0, later), Duration::from_millis(800));
    }

    #[test]
    fn what_was_slow_is_forgotten() {
        let health = Health::default();
        let now = Instant::now();
        health.answered(now, Duration::from_millis(800));
        assert!(!health.is_within(Duration::from_millis(20), now));
        assert!(health.is_within(Duration::from_millis(20), now + 2 * OPEN));
        (0..40).for_each(|_| health.answered(now, Duration::from_millis(8)));
        assert!(health.is_within(Duration::from_millis(20), now));
        assert!((8_000..15_000).contains(&health.first_byte_us()), "{}", health.first_byte_us());
    }
}
