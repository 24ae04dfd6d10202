//! Fills the need with offers, the best first.

use exact::Exact;

use crate::apportion::apportion;
use crate::basis::Standing;
use crate::reason::Reason;
use crate::tie_break::{Entrant, Turn};

/// What an offer is awarded, in accelerators, and why.
pub(super) struct Award {
    pub(super) quantity: u64,
    pub(super) reason: Reason,
}

/// Fills the need turn by turn. One award for each entrant, in their order; the quantities sum to no
/// more than is needed.
pub(super) fn fill(needed: u64, entrants: &[Entrant<'_>], turns: &[Turn]) -> Vec<Award> {
    let mut left = needed;
    let mut awards: Vec<Award> =
        entrants.iter().map(|_| Award { quantity: 0, reason: Reason::NeedFilled }).collect();
    for turn in turns {
        let settled = match turn[..] {
            [at] => vec![(at, single(left, &entrants[at]))],
            _ => shared(left, entrants, turn),
        };
        for (at, award) in settled {
            left -= award.quantity;
            awards[at] = award;
        }
    }
    awards
}

fn single(left: u64, entrant: &Entrant<'_>) -> Award {
    let offered = entrant.offer.economics.accelerators();
    let minimum = entrant.offer.minimum;
    let (quantity, reason) = match entrant.evaluated.standing {
        _ if offered == 0 => (0, Reason::DeliversNothing),
        Standing::Unscored(unscored) => (0, Reason::NotScored(unscored)),
        _ if left == 0 => (0, Reason::NeedFilled),
        _ if offered <= left => (offered, Reason::InFull),
        _ if minimum <= left => (left, Reason::TheRest { offered }),
        _ => (0, Reason::BelowMinimum { left, minimum }),
    };
    Award { quantity, reason }
}

/// Equal offers that accept a part share what is left. One whose part is below its minimum takes none
/// of it, the highest minimum first, and the others share again.
fn shared(left: u64, entrants: &[Entrant<'_>], turn: &Turn) -> Vec<(usize, Award)> {
    let offered = |at: usize| entrants[at].offer.economics.accelerators();
    let minimum = |at: usize| entrants[at].offer.minimum;
    let total: u128 = turn.iter().map(|&at| u128::from(offered(at))).sum();
    if left == 0 || total <= u128::from(left) {
        return turn.iter().map(|&at| (at, single(left, &entrants[at]))).collect();
    }
    let mut sharing = turn.clone();
    let mut awards = Vec::new();
    loop {
        // Once others have stood back, all that is left may be enough for those who remain.
        let total: u128 = sharing.iter().map(|&at| u128::from(offered(at))).sum();
        let pool = u64::try_from(total.min(left.into())).unwrap_or(left);
        let weights: Vec<Exact> = sharing.iter().map(|&at| Exact::whole(offered(at))).collect();
        let parts = apportion(pool, &weights);
        let too_small = sharing
            .iter()
            .copied()
            .zip(&parts)
            .filter(|(at, part)| **part < minimum(*at))
            .max_by_key(|(at, _)| (minimum(*at), *at));
        let Some((out, &part)) = too_small else {
            let numbers: Vec<u32> = sharing.iter().map(|&at| entrants[at].offer.number).collect();
            for (&at, part) in sharing.iter().zip(parts) {
                let number = entrants[at].offer.number;
                let with: Vec<u32> = numbers.iter().copied().filter(|&n| n != number).collect();
                let reason = if part == offered(at) {
                    Reason::InFull
                } else if part == 0 {
                    Reason::NeedFilled
                } else if with.is_empty() {
                    Reason::TheRest { offered: offered(at) }
                } else {
                    Reason::Shared { with, left: pool }
                };
                awards.push((at, Award { quantity: part, reason }));
            }
            return awards;
        };
        sharing.retain(|&at| at != out);
        let reason = Reason::BelowMinimum { left: part, minimum: minimum(out) };
        awards.push((out, Award { quantity: 0, reason }));
    }
}
