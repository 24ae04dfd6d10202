use rust_decimal::Decimal;

use super::reckoning::{currency, due, money};
use crate::clause::{RevenueShare, TierMode, VolumeTier};
use crate::finding::Witness;
use crate::{Finding, Provision, Terms};

/// Where a tier's rate applies to the whole, a lower one makes the total fall as the base rises.
/// Source: domain rules §1.7 and §1.10.
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let falling = terms.clauses.iter().filter_map(|clause| {
        let figures = match &clause.provision {
            Provision::RevenueShare(share) => of_revenue(share)?,
            Provision::VolumeTier(tiers) => of_volume(tiers)?,
            _ => return None,
        };
        let message = format!("a step of `{}` makes more come to less", clause.id);
        let place = clause.origin.label("each step applies to the whole");
        let finding = Finding::warning("charter::tier::whole-step", message, place);
        Some(
            finding
                .witness(Witness::Figures(figures))
                .help("write `tier_mode = marginal`, or make the step smaller"),
        )
    });
    falling.collect()
}

/// A step of a revenue share: the base on it, and the smallest amount above.
fn of_revenue(share: &RevenueShare) -> Option<String> {
    let currency = currency(share).filter(|_| share.tier_mode == TierMode::Whole)?;
    let smallest = Decimal::new(1, currency.scale());
    let guaranteed = share.minimum_guarantees.iter().map(|guarantee| guarantee.amount.amount);
    let guaranteed = guaranteed.max().unwrap_or_default();
    let baseline = share.baseline.map_or(Decimal::ZERO, |money| money.amount);
    share.tiers.iter().filter_map(|tier| tier.up_to).find_map(|top| {
        let on = top.amount.checked_add(baseline)?;
        let above = on.checked_add(smallest)?;
        let (before, after) = (due(share, on)?, due(share, above)?);
        let show = |amount| money(amount, currency);
        (before.max(guaranteed) > after.max(guaranteed)).then(|| {
            format!(
                "of {} {} is due, of {} only {}",
                show(on),
                show(before),
                show(above),
                show(after)
            )
        })
    })
}

/// A step of prices: the units on it, and one more.
fn of_volume(volume: &VolumeTier) -> Option<String> {
    if volume.tier_mode != TierMode::Whole {
        return None;
    }
    volume.tiers.windows(2).find_map(|step| {
        let [tier, next] = step else { return None };
        let (on, currency) = (tier.up_to?, tier.price.currency);
        let above = on.checked_add(1)?;
        let before = tier.price.amount.checked_mul(on.into())?;
        let after = next.price.amount.checked_mul(above.into())?;
        (next.price.currency == currency && after < before).then(|| {
            format!(
                "{on} units cost {}, {above} only {}",
                money(before, currency),
                money(after, currency)
            )
        })
    })
}
