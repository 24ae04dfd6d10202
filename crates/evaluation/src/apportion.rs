//! Whole accelerators by shares that are not whole.

use std::cmp::Reverse;

use exact::Exact;
use num_traits::ToPrimitive;

/// Shares a total in proportion to weights, in whole numbers: everyone gets the whole part of their
/// share, and what is left goes one by one to the largest remainders, to the earlier of two equal
/// ones. The parts sum to the total, unless all weights are zero: then there are none.
pub(crate) fn apportion(total: u64, weights: &[Exact]) -> Vec<u64> {
    let sum: Exact = weights.iter().cloned().sum();
    let exact = |weight: &Exact| (Exact::whole(total) * weight.clone()).over(&sum);
    let Some(shares) = weights.iter().map(exact).collect::<Option<Vec<Exact>>>() else {
        return vec![0; weights.len()];
    };
    // INVARIANT: a share is no larger than the total, which is a `u64`.
    let mut parts: Vec<u64> =
        shares.iter().map(|share| share.floor().to_u64().unwrap_or(total)).collect();
    let mut left = total - parts.iter().sum::<u64>();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    by_remainder.sort_by_cached_key(|&at| Reverse(shares[at].fraction()));
    for at in by_remainder {
        if left == 0 {
            break;
        }
        parts[at] += 1;
        left -= 1;
    }
    parts
}
