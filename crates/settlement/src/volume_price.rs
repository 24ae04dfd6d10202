//! What a volume costs by tiers. Source: domain rules §1.7, oracle P7.

use exact::Exact;
use terms::clause::{PriceTier, TierMode, VolumeTier};

use crate::statement::Step;

/// What so many units cost, with what each tier adds.
pub fn charge(tiers: &VolumeTier, units: &Exact) -> (Exact, Vec<Step>) {
    match tiers.tier_mode {
        TierMode::Marginal => incremental(tiers, units),
        TierMode::Whole => all_units(tiers, units),
    }
}

/// Each tier's price for the units that lie in the tier.
fn incremental(tiers: &VolumeTier, units: &Exact) -> (Exact, Vec<Step>) {
    let (mut below, mut sum, mut steps) = (Exact::zero(), Exact::zero(), Vec::new());
    for tier in &tiers.tiers {
        let upper = tier.up_to.map_or(units.clone(), |top| units.clone().min(Exact::whole(top)));
        let inside = (upper.clone() - below.clone()).max(Exact::zero());
        let part = inside.clone() * tier.price.amount.into();
        if inside != Exact::zero() {
            steps.push(Step::new(format!("{inside} at {}", tier.price), &part));
        }
        sum = sum + part;
        below = upper.max(below);
    }
    // Above a last tier that has an end its price goes on.
    if let Some(last) = tiers.tiers.last().filter(|_| below < *units) {
        let above = units.clone() - below;
        let part = above.clone() * last.price.amount.into();
        steps.push(Step::new(format!("{above} at {}", last.price), &part));
        sum = sum + part;
    }
    (sum, steps)
}

/// The price of the tier the whole volume falls into, for all of it; above the last tier its price.
fn all_units(tiers: &VolumeTier, units: &Exact) -> (Exact, Vec<Step>) {
    let holds = |tier: &&PriceTier| tier.up_to.is_none_or(|top| *units <= Exact::whole(top));
    let Some(tier) = tiers.tiers.iter().find(holds).or(tiers.tiers.last()) else {
        return (Exact::zero(), Vec::new());
    };
    let sum = units.clone() * tier.price.amount.into();
    let step = Step::new(format!("{units} at {}", tier.price), &sum);
    (sum, vec![step])
}
