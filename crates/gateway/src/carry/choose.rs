//! In which order the candidates of a route are tried.

use std::sync::Arc;
use std::time::Instant;

use rights::Verdict;

use crate::attempt::Call;
use crate::config::{Candidate, ModelRoute, Strategy};

/// The candidates that the agreement allows, the best first. Those whose circuit is open come last: if
/// nobody else is there, one of them is tried rather than nobody.
pub(super) fn order(route: &ModelRoute, call: &Call) -> Vec<Arc<Candidate>> {
    let standing = &call.world.standing;
    let health = &call.world.wired.health;
    let permitted = |candidate: &&Arc<Candidate>| {
        standing.verdict(call.key.subject, candidate.number) == Verdict::Permitted
    };
    let mut allowed: Vec<_> = route.candidates.iter().filter(permitted).cloned().collect();
    if allowed.len() < 2 {
        return allowed;
    }
    match route.strategy {
        Strategy::Ordered => {}
        Strategy::Cost => allowed.sort_by_key(|candidate| {
            // What has no price is not known to be cheap.
            let rate = standing.rate(call.key.subject, candidate.number);
            rate.map_or(u64::MAX, |rate| rate.input.saturating_add(rate.output))
        }),
        Strategy::Latency => {
            // Whoever has not been tried is, so that it can be known.
            allowed.sort_by_key(|candidate| health[candidate.upstream].first_byte_us());
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
        }
    }
    let now = Instant::now();
    allowed.sort_by_key(|candidate| !health[candidate.upstream].is_open_to_calls(now));
    allowed
}

/// A lot of the call's own, the same whenever it is drawn.
fn draw(call: &Call) -> u64 {
    let hash = blake3::hash(&call.request.bits().to_le_bytes());
    let (lot, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*lot)
}
