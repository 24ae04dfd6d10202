//! Several holders of one right.

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::apportion::apportion;
use crate::check::{Invalid, PLACES, within};

/// How holders share capacity. Source: domain rules §2.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolderRule {
    /// By weight; what one does not take the others may, by weight again. Tiers do not count.
    #[default]
    ProRata,
    /// A lower tier takes what it elects before the next; inside of a tier by weight.
    Tiered,
}

/// A holder's part in the right, and what it elects to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its weight beside the others', above zero.
    pub weight: Decimal,
    /// Its turn, the lowest first. Counts only in [`HolderRule::Tiered`].
    #[serde(default)]
    pub tier: u32,
    /// The accelerators it elects to take.
    pub election: u64,
}

/// What a holder gets, in accelerators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HolderShare {
    /// What its weight entitles it to.
    pub entitlement: u64,
    /// What it takes of that.
    pub first_pass: u64,
    /// What it takes of what others left.
    pub over_allotment: u64,
}

impl HolderShare {
    /// All it gets.
    pub fn total(&self) -> u64 {
        self.first_pass + self.over_allotment
    }
}

/// Shares capacity among holders, in their order. Everything is given out that somebody elected.
///
/// Entitlements are pro rata by weight, in whole accelerators by largest remainder, to the earlier
/// holder where two are equal; what is left goes by weight to those who elected more, no one above
/// its election.
///
/// # Errors
/// [`Invalid::NoWeight`] if a weight is not above zero, [`Invalid::TooFine`] if it has more than six
/// decimal places, [`Invalid::TooMany`] for more holders than can be meant.
pub fn share(
    rule: HolderRule,
    capacity: u64,
    holders: &[Holder],
) -> Result<Vec<HolderShare>, Invalid> {
    if holders.len() > Invalid::MOST_OFFERS {
        let (what, count, most) = ("holders", holders.len(), Invalid::MOST_OFFERS);
        return Err(Invalid::TooMany { what, count, most });
    }
    for (holder, Holder { weight, .. }) in (1..).zip(holders) {
        if *weight <= Decimal::ZERO {
            return Err(Invalid::NoWeight { holder, weight: *weight });
        }
        within("a weight", *weight, Decimal::MAX, PLACES)?;
    }
    let tier_of = |holder: &Holder| match rule {
        HolderRule::ProRata => 0,
        HolderRule::Tiered => holder.tier,
    };
    let mut tiers: Vec<u32> = holders.iter().map(tier_of).collect();
    tiers.sort_unstable();
    tiers.dedup();

    let mut shares = vec![HolderShare::default(); holders.len()];
    let mut left = capacity;
    for tier in tiers {
        let inside: Vec<usize> =
            (0..holders.len()).filter(|&at| tier_of(&holders[at]) == tier).collect();
        left = share_tier(left, holders, &inside, &mut shares);
    }
    Ok(shares)
}

/// Shares capacity among some of the holders; returns what is left.
fn share_tier(
    capacity: u64,
    holders: &[Holder],
    inside: &[usize],
    shares: &mut [HolderShare],
) -> u64 {
    let weights = |of: &[usize]| -> Vec<Exact> {
        of.iter().map(|&at| Exact::from(holders[at].weight)).collect()
    };
    let mut left = capacity;
    for (&at, entitlement) in inside.iter().zip(apportion(capacity, &weights(inside))) {
        let first_pass = entitlement.min(holders[at].election);
        shares[at] = HolderShare { entitlement, first_pass, over_allotment: 0 };
        left -= first_pass;
    }
    loop {
        let unmet: Vec<usize> = inside
            .iter()
            .copied()
            .filter(|&at| shares[at].total() < holders[at].election)
            .collect();
        if left == 0 || unmet.is_empty() {
            return left;
        }
        // Each turn gives out all that is left, or meets at least one election in full.
        for (&at, part) in unmet.iter().zip(apportion(left, &weights(&unmet))) {
            let part = part.min(holders[at].election - shares[at].total());
            shares[at].over_allotment += part;
            left -= part;
        }
    }
}
