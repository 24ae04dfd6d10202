//! What a share of profit comes to. Source: domain rules §1.10 (profit participation: threshold, share,
//! loss carry-forward, cap multiple), oracle R10.

use exact::Exact;

/// The profit of a period that is shared, and the loss that is left to make up.
///
/// A loss that was brought forward is made up first; what is left above the threshold is shared.
pub fn shared(profit: &Exact, loss: &Exact, threshold: &Exact) -> (Exact, Exact) {
    let left = profit.clone() - loss.clone();
    let loss = (-left.clone()).max(Exact::zero());
    ((left - threshold.clone()).max(Exact::zero()), loss)
}
