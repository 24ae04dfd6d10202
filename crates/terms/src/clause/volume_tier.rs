use super::Per;
use super::revenue_share::TierMode;
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
        let mut tiers: Vec<PriceTier> = Vec::new();
        for mut block in f.blocks("tier") {
            let up_to: Option<u64> = block.optional("up_to");
            let price = block.required("price");
            let before = tiers.last().map(|tier| tier.up_to);
            let rises = match (before, up_to) {
                (None, _) | (Some(Some(_)), None) => true,
                (Some(Some(below)), Some(above)) => below < above,
                (Some(None), _) => false,
            };
            if !rises {
                let place = block.origin().label("after this tier");
                let message = format!("the tiers of {} do not rise", f.title);
                let help = "write tiers in rising order of `up_to`, the last without one";
                into.findings
                    .push(Finding::error("charter::volume-tier::tiers", message, place).help(help));
            }
            block.finish(into);
            tiers.push(PriceTier { up_to, price: price? });
        }
        if tiers.is_empty() {
            let place = f.origin().label("no `tier`");
            let message = format!("{} has no tier", f.title);
            into.findings.push(
                Finding::error("charter::value::missing", message, place)
                    .help("add a block `tier { price = \"USD 2.50\" }`"),
            );
            return None;
        }
        Some(VolumeTier { tiers, tier_mode, per })
    }
}
