//! Made-up calls with the shape of real ones, for demonstrations, tests and measurements.
//!
//! The same request gives the same calls on every machine and in every release that keeps the
//! digest in `tests/generate.rs`: there is no float in it, and the random numbers come from
//! ChaCha8 with a seed made of the request itself.

mod arrivals;
mod shape;

use jiff::Timestamp;
use jiff::civil::Date;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::Deserialize;

use crate::{Event, EventId, STANDARD, Tokens};
use arrivals::Arrivals;
pub use shape::Shape;

/// A month of calls to make up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generate {
    /// Any day of the month; the calls lie in this month, in UTC.
    pub month: Date,
    /// How many calls.
    pub calls: u64,
    /// Another seed gives other calls.
    pub seed: u64,
    /// What the calls are, in proportion to their weights.
    pub mix: Vec<Stream>,
}

/// Calls of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// The road to market.
    pub channel: String,
    /// The product the calls are made for.
    pub product: String,
    /// The model that answers.
    pub model: String,
    /// Where the model runs.
    pub host: String,
    /// Who is billed.
    pub customer: String,
    /// The share of all calls, over the sum of all weights.
    pub weight: u32,
    /// How long the calls are.
    pub shape: Shape,
}

/// Makes up calls, in the order of their time.
///
/// The number of calls in each hour follows a working week; inside an hour they fall evenly at
/// random. A mix in which nothing has weight gives no calls.
pub fn generate(request: &Generate) -> Generated {
    let weight_total = request.mix.iter().map(|stream| u64::from(stream.weight)).sum();
    let calls = if weight_total == 0 { 0 } else { request.calls };
    Generated {
        mix: request.mix.clone(),
        weight_total,
        random: ChaCha8Rng::from_seed(seed(request)),
        arrivals: Arrivals::new(request.month, calls),
        hour: Vec::new(),
    }
}

/// The calls of [`generate`].
#[derive(Debug, Clone)]
pub struct Generated {
    mix: Vec<Stream>,
    weight_total: u64,
    random: ChaCha8Rng,
    arrivals: Arrivals,
    /// The instants left in the hour at work, last first, in nanoseconds since 1970.
    hour: Vec<i64>,
}

impl Iterator for Generated {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let at = loop {
            if let Some(at) = self.hour.pop() {
                break at;
            }
            let (start_ns, calls) = self.arrivals.next()?;
            let random = &mut self.random;
            let instant = |_| start_ns + below(random, arrivals::NANOS_PER_HOUR).cast_signed();
            self.hour = (0..calls).map(instant).collect();
            self.hour.sort_unstable_by(|a, b| b.cmp(a));
        };
        Some(self.call(at))
    }
}

impl Generated {
    fn call(&mut self, at_ns: i64) -> Event {
        let id = u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64());
        let mut ticket = below(&mut self.random, self.weight_total);
        let holds_ticket = |stream: &&Stream| match ticket.checked_sub(stream.weight.into()) {
            Some(rest) => {
                ticket = rest;
                false
            }
            None => true,
        };
        let stream =
            self.mix.iter().find(holds_ticket).expect("a ticket is below the sum of the weights");
        let length = stream.shape.draw(&mut self.random);
        let at = Timestamp::from_nanosecond(at_ns.into())
            .expect("an i64 of nanoseconds lies inside the years a timestamp can hold");
        Event {
            id: EventId::from_bits(id),
            at,
            channel: stream.channel.clone(),
            product: stream.product.clone(),
            model: stream.model.clone(),
            host: stream.host.clone(),
            customer: stream.customer.clone(),
            tier: STANDARD.into(),
            calls: 1,
            tokens: Tokens {
                input: length.input,
                cached: length.cached_input,
                output: length.output,
                ..Tokens::default()
            },
        }
    }
}

/// A number in `0..limit`, evenly but for a bias below `limit` in 2^64.
///
/// Our own, since the `rand` crate may change which number a range gives.
fn below(random: &mut impl Rng, limit: u64) -> u64 {
    let wide = u128::from(random.next_u64()) * u128::from(limit);
    u64::try_from(wide >> 64).expect("the product of two 64-bit numbers has 128 bits")
}

/// A seed from everything the request says, so that no two requests share an event id.
fn seed(request: &Generate) -> [u8; 32] {
    let Generate { month, calls, seed, mix } = request;
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    };
    add("charterparty generate 1");
    add(&month.first_of_month().to_string());
    add(&calls.to_string());
    add(&seed.to_string());
    for stream in mix {
        let Stream { channel, product, model, host, customer, weight, shape } = stream;
        [channel, product, model, host, customer].into_iter().for_each(|name| add(name));
        add(&weight.to_string());
        add(shape.name());
    }
    *hasher.finalize().as_bytes()
}
