//! In which order the candidates of a route are tried.

use std::sync::Arc;
use std::time::Instant;

use rights::Verdict;
use rust_decimal::Decimal;
use terms::registry::PriceList;

use crate::attempt::Call;
use crate::config::{Candidate, ModelRoute, RouteLimits, Strategy};
use crate::standing::Rate;
use crate::world::millis;

/// How many tokens an answer is taken to have, to compare how long it takes.
const WRITTEN: u64 = 256;

/// The candidates that the agreement allows, the best first. Those whose circuit is open come last: if
/// nobody else is there, one of them is tried rather than nobody.
///
/// `tokens_max` is how much the request lets a model write, if it says.
pub(super) fn order(
    route: &ModelRoute,
    call: &Call,
    tokens_max: Option<u64>,
) -> Vec<Arc<Candidate>> {
    let standing = &call.world.standing;
    let health = &call.world.wired.health;
    let permitted = |candidate: &&Arc<Candidate>| {
        standing.verdict(call.key.subject, candidate.number) == Verdict::Permitted
    };
    let now = Instant::now();
    let allowed = route.candidates.iter().filter(permitted);
    let within = |candidate: &&Arc<Candidate>| is_within(route, candidate, call, now);
    let mut allowed: Vec<_> = match route.limits == RouteLimits::default() {
        true => allowed.cloned().collect(),
        false => allowed.filter(within).cloned().collect(),
    };
    if allowed.len() < 2 {
        return allowed;
    }
    match route.strategy {
        Strategy::Ordered => {}
        Strategy::Cost => {
            allowed.sort_by_key(|candidate| cost(standing.rate(call.key.subject, candidate.number)))
        }
        Strategy::Latency => {
            let tokens = tokens_max.map_or(WRITTEN, |most| most.min(WRITTEN));
            // Whoever has not been tried is, so that it can be known.
            allowed.sort_by_cached_key(|one| health[one.upstream].expected(tokens, now));
        }
        Strategy::Weighted => {
            let lot = draw(call);
            let total: u64 = allowed.iter().map(|candidate| u64::from(candidate.weight)).sum();
            let mut left = lot.checked_rem(total).unwrap_or(0);
            let drawn = allowed.iter().position(|candidate| {
                let weight = u64::from(candidate.weight);
                let hit = left < weight;
                left = left.saturating_sub(weight);
                hit
            });
            allowed.rotate_left(drawn.unwrap_or(0));
            // What has no part of the calls is there for when the others fail.
            allowed.sort_by_key(|candidate| candidate.weight == 0);
        }
    }
    allowed.sort_by_key(|candidate| !health[candidate.upstream].is_open_to_calls(now));
    allowed
}

/// Whether the agreement allows any candidate of a route, whatever the route's own limits say.
pub(super) fn any_allowed(route: &ModelRoute, call: &Call) -> bool {
    let verdict = |candidate: &Arc<Candidate>| {
        call.world.standing.verdict(call.key.subject, candidate.number)
    };
    route.candidates.iter().any(|candidate| verdict(candidate) == Verdict::Permitted)
}

fn is_within(route: &ModelRoute, candidate: &Candidate, call: &Call, now: Instant) -> bool {
    let wired = &call.world.wired;
    let region = wired.wiring.upstreams[candidate.upstream].region.as_deref();
    let rate = call.world.standing.rate(call.key.subject, candidate.number);
    let limit = route.limits.first_byte_ms_max;
    beyond(&route.limits, region, rate).is_none()
        && limit.is_none_or(|limit| wired.health[candidate.upstream].is_within(millis(limit), now))
}

/// Which limit of a route a candidate does not keep to, whatever the day.
pub(crate) fn beyond(
    limits: &RouteLimits,
    region: Option<&str>,
    rate: Option<Rate>,
) -> Option<&'static str> {
    // A price for a million tokens is that of one token in 10⁻⁶; a rate is in 10⁻¹². What has no
    // price is not known to be within one.
    let is_dear = |limit: Option<Decimal>, price: Option<u64>| {
        limit.is_some_and(|limit| {
            let price = price.and_then(|price| i64::try_from(price).ok());
            price.is_none_or(|price| Decimal::new(price, PriceList::SCALE) > limit)
        })
    };
    let is_elsewhere = limits.regions.as_ref().is_some_and(|regions| {
        region.is_none_or(|region| !regions.iter().any(|one| one == region))
    });
    if is_elsewhere {
        Some("regions")
    } else if is_dear(limits.input_price_max, rate.map(|rate| rate.input)) {
        Some("input_price_max")
    } else if is_dear(limits.output_price_max, rate.map(|rate| rate.output)) {
        Some("output_price_max")
    } else {
        None
    }
}

/// What candidates are compared by where the cheapest is to answer. What has no price is not known to
/// be cheap.
pub(crate) fn cost(rate: Option<Rate>) -> u64 {
    rate.map_or(u64::MAX, |rate| rate.input.saturating_add(rate.output))
}

/// A lot of the call's own, the same whenever it is drawn.
fn draw(call: &Call) -> u64 {
    let hash = blake3::hash(&call.request.bits().to_le_bytes());
    let (lot, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*lot)
}
