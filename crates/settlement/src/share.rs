//! What a revenue share comes to. Source: domain rules §1.10, in the canonical order given there.

use terms::Money;
use terms::clause::{Base, RevenueShare, Tier, TierMode};

use crate::statement::Step;
use exact::Exact;

/// What a share came to in earlier months.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// In this calendar year.
    pub in_year: Exact,
    /// Since the clause began.
    pub in_total: Exact,
}

/// The share due on a month's base, with every step from one to the other.
///
/// Order: base, tiers, yearly cap, total cap. Amounts are in the currency of the base.
pub fn due(share: &RevenueShare, base: Exact, before: &Before) -> (Exact, Vec<Step>) {
    let mut steps = vec![Step::new("charged", &base)];
    if share.base == Base::Net {
        steps.push(Step::new("deductions recorded", &Exact::zero()));
    }
    let earned = match share.tier_mode {
        TierMode::Marginal => marginal(&share.tiers, &base, &mut steps),
        TierMode::Whole => whole(&share.tiers, &base, &mut steps),
    };
    let caps = [
        ("cap for the year", share.cap_per_year, &before.in_year),
        ("total cap", share.cap_total, &before.in_total),
    ];
    let due = caps.into_iter().fold(earned, |due, (name, cap, before)| {
        let Some(cap) = cap else { return due };
        let left = left_under(cap, before);
        steps.push(Step::new(format!("left under the {name} of {cap}"), &left));
        due.min(left)
    });
    steps.push(Step::new("due", &due));
    (due, steps)
}

fn left_under(cap: Money, before: &Exact) -> Exact {
    (Exact::from(cap.amount) - before.clone()).max(Exact::zero())
}

/// Each tier's rate on the part of the base that lies in the tier.
fn marginal(tiers: &[Tier], base: &Exact, steps: &mut Vec<Step>) -> Exact {
    let mut below = Exact::zero();
    let mut earned = Exact::zero();
    for tier in tiers {
        let upper = tier.up_to.map_or(base.clone(), |top| base.clone().min(top.amount.into()));
        let inside = (upper.clone() - below.clone()).max(Exact::zero());
        let part = inside.clone() * tier.rate.fraction().into();
        steps.push(Step::new(format!("{} of {inside}", tier.rate), &part));
        earned = earned + part;
        below = upper.max(below);
    }
    earned
}

/// The rate of the tier the whole base falls into, on the whole base.
fn whole(tiers: &[Tier], base: &Exact, steps: &mut Vec<Step>) -> Exact {
    let holds = |tier: &&Tier| tier.up_to.is_none_or(|top| *base <= top.amount.into());
    let Some(tier) = tiers.iter().find(holds) else { return Exact::zero() };
    let earned = base.clone() * tier.rate.fraction().into();
    steps.push(Step::new(format!("{} of {base}", tier.rate), &earned));
    earned
}
