//! How far spending draws a commitment down. Source: domain rules §1.6.

use exact::Exact;

/// What one month's spending does to one commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawdown {
    /// What this commitment takes of the spending.
    pub drawn: Exact,
    /// What is left of the commitment after it.
    pub left: Exact,
    /// Spending that is left for other commitments.
    pub spending_left: Exact,
}

/// Draws a commitment of `committed`, of which `before` has been drawn, down by `spending`.
pub fn draw(committed: Exact, before: Exact, spending: Exact) -> Drawdown {
    let open = (committed - before).max(Exact::zero());
    let drawn = spending.clone().min(open.clone());
    Drawdown { left: open - drawn.clone(), spending_left: spending - drawn.clone(), drawn }
}
