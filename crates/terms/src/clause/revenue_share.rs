use std::collections::BTreeSet;

use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Finding, Money, Share};

words! {
    /// What revenue a share is of.
    pub enum Base {
        /// What customers are charged.
        Gross = "gross",
        /// What customers are charged, less recorded taxes, refunds and processing.
        Net = "net",
    }
}

words! {
    /// What a higher tier's rate applies to.
    pub enum TierMode {
        /// Only the part of the base inside the tier.
        Marginal = "marginal",
        /// The whole base, once it reaches the tier.
        Whole = "whole",
    }
}

/// "The payer pays the payee a share of its revenue." Source: domain rules §1.10.
///
/// The base is what the payer's channels charged their customers, within the clause's scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueShare {
    /// Gross or net.
    pub base: Base,
    /// At least one, in rising order; only the last is open-ended.
    pub tiers: Vec<Tier>,
    /// What a tier's rate applies to.
    pub tier_mode: TierMode,
    /// Most that is due for one calendar year.
    pub cap_per_year: Option<Money>,
    /// Most that is due over the clause's whole life.
    pub cap_total: Option<Money>,
}

/// The rate for that part of a month's base which lies below `up_to` and above the tier before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The upper end, inclusive; none for the last tier.
    pub up_to: Option<Money>,
    /// The rate.
    pub rate: Share,
}

impl RevenueShare {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<RevenueShare> {
        let base = f.or("base", Base::Net);
        let tier_mode = f.or("tier_mode", TierMode::Marginal);
        let cap_per_year = f.optional("cap_per_year");
        let cap_total = f.optional("cap_total");
        let tiers = Self::read_tiers(f, into)?;
        Self::check(f, &tiers, [cap_per_year, cap_total], into);
        Some(RevenueShare { base, tiers, tier_mode, cap_per_year, cap_total })
    }

    /// Tiers and caps count in one currency, and the last tier has no end.
    fn check(f: &Fields<'_>, tiers: &[Tier], caps: [Option<Money>; 2], into: &mut Collected) {
        let amounts = tiers.iter().map(|tier| tier.up_to).chain(caps).flatten();
        let currencies: BTreeSet<_> = amounts.map(|money| money.currency).collect();
        if currencies.len() > 1 {
            let place = f.origin().label("tiers and caps in several currencies");
            let message = format!("{} mixes currencies", f.title);
            let finding = Finding::error("charter::value::currency", message, place);
            into.findings.push(finding.help("write all its tiers and caps in one currency"));
        }
        if tiers.last().is_some_and(|tier| tier.up_to.is_some()) {
            let place = f.origin().label("ends with a closed tier");
            let message = format!("{} does not say what is due above its last tier", f.title);
            let finding = Finding::error("charter::revenue-share::tiers", message, place);
            into.findings.push(finding.help("leave `up_to` out of the last tier"));
        }
    }

    fn read_tiers(f: &mut Fields<'_>, into: &mut Collected) -> Option<Vec<Tier>> {
        let blocks = f.blocks("tier");
        if blocks.is_empty() {
            return Some(vec![Tier { up_to: None, rate: f.required("rate")? }]);
        }
        let mut tiers = Vec::new();
        for mut block in blocks {
            let up_to: Option<Money> = block.optional("up_to");
            let rate = block.required("rate");
            for mut parameter in std::mem::take(&mut block.parameters) {
                parameter.name = format!("tier {}.{}", tiers.len() + 1, parameter.name);
                f.parameters.push(parameter);
            }
            let last: Option<&Tier> = tiers.last();
            let rises = match (last.map(|tier| tier.up_to), up_to) {
                (None, _) | (Some(Some(_)), None) => true,
                (Some(Some(below)), Some(above)) => {
                    below.currency == above.currency && below.amount < above.amount
                }
                (Some(None), _) => false,
            };
            if !rises {
                let place = block.origin().label("after this tier");
                let message = format!("the tiers of {} do not rise", f.title);
                let help = "write tiers in rising order of `up_to`, the last without one";
                into.findings.push(
                    Finding::error("charter::revenue-share::tiers", message, place).help(help),
                );
            }
            block.finish(into);
            tiers.push(Tier { up_to, rate: rate? });
        }
        Some(tiers)
    }
}
