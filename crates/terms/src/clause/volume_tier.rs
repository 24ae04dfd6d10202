use super::Per;
use super::revenue_share::TierMode;
use super::tiers;
use crate::fields::{Collected, Fields};
use crate::{Finding, Money};

/// "More costs less a unit." Source: domain rules §1.7.
///
/// [`TierMode::Marginal`] is there called incremental, [`TierMode::Whole`] all-units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeTier {
    /// At least one, in rising order; only the last is open-ended.
    pub tiers: Vec<PriceTier>,
    /// What a tier's price applies to.
    pub tier_mode: TierMode,
    /// Over what time volume is counted, before it begins at the first tier again.
    pub per: Per,
}

/// The price of a unit for that part of a period's volume which lies in the tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTier {
    /// The upper end in units, inclusive; none for the last tier.
    pub up_to: Option<u64>,
    /// The price of one unit.
    pub price: Money,
}

impl VolumeTier {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<VolumeTier> {
        let tier_mode = f.or("tier_mode", TierMode::Marginal);
        let per = f.or("per", Per::Year);
        if !f.has_block("tier") {
            let place = f.origin().label("no `tier`");
            let message = format!("{} has no tier", f.title);
            into.findings.push(
                Finding::error("charter::value::missing", message, place)
                    .help("add a block `tier { price = \"USD 2.50\" }`"),
            );
        }
        let tiers = tiers::read(f, "price", into)?;
        let tiers: Vec<_> =
            tiers.into_iter().map(|(up_to, price)| PriceTier { up_to, price }).collect();
        (!tiers.is_empty()).then_some(VolumeTier { tiers, tier_mode, per })
    }
}
