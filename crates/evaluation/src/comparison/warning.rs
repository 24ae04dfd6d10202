//! What to know before relying on a comparison.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::fill::{Award, fill};
use crate::basis::{Basis, Method, Objective, Standing};
use crate::breakdown::cents;
use crate::check::Invalid;
use crate::figures::cost_together;
use crate::offer::Economics;
use crate::tie_break::{Entrant, Turn};

/// What to know before relying on a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The method is fair only between equal quantities and terms, and these differ.
    QuantitiesDiffer {
        /// The name of the method.
        method: String,
    },
    /// The method does not count what some offers ask for up front.
    UpFrontIgnored {
        /// The numbers of those offers.
        numbers: Vec<u32>,
    },
    /// To award these serves the need worse than to cover what they deliver elsewhere, at the cover
    /// prices.
    WorseThanCover {
        /// The numbers of those offers.
        numbers: Vec<u32>,
    },
    /// Another award would serve the need better: the offers that save most for each accelerator, or
    /// one offer alone. Costs to cover (M5) in $, to the cent. There may be better ones still.
    BetterTogether {
        /// The numbers of the offers, and the accelerators of each.
        awards: Vec<(u32, u64)>,
        /// What the need costs with them.
        cost: Decimal,
        /// What it costs with the award.
        instead_of: Decimal,
    },
}

/// What to know before relying on an award.
pub(super) fn warnings(
    basis: &Basis,
    entrants: &[Entrant<'_>],
    awards: &[Award],
) -> Result<Vec<Warning>, Invalid> {
    let mut warnings = Vec::new();
    if matches!(basis.method, Method::NetMoney | Method::PresentValue) {
        let extent = |entrant: &Entrant<'_>| {
            (entrant.evaluated.breakdown.hours, entrant.evaluated.breakdown.months)
        };
        let scored =
            |entrant: &&Entrant<'_>| matches!(entrant.evaluated.standing, Standing::Scored(_));
        if entrants.iter().filter(scored).map(extent).collect::<BTreeSet<_>>().len() > 1 {
            warnings.push(Warning::QuantitiesDiffer { method: basis.method.name().into() });
        }
    }
    if basis.method == Method::UnitRate {
        let asks = |entrant: &&Entrant<'_>| !entrant.offer.economics.up_front.is_zero();
        let numbers: Vec<u32> = entrants.iter().filter(asks).map(|e| e.offer.number).collect();
        if !numbers.is_empty() {
            warnings.push(Warning::UpFrontIgnored { numbers });
        }
    }
    if basis.method == Method::CostToCover {
        let elsewhere = basis.evaluate(&nothing())?.standing;
        let worse = |entrant: &Entrant<'_>| entrant.evaluated.standing.order(&elsewhere).is_gt();
        let awarded = entrants.iter().zip(awards).filter(|(_, award)| award.quantity > 0);
        let numbers: Vec<u32> = awarded
            .filter(|(entrant, _)| worse(entrant))
            .map(|(entrant, _)| entrant.offer.number)
            .collect();
        if !numbers.is_empty() {
            warnings.push(Warning::WorseThanCover { numbers });
        }
        warnings.extend(better_together(basis, entrants, awards)?);
    }
    Ok(warnings)
}

/// Another award that costs less in all, if one is found.
///
/// The posted rule fills the need with the best offer first, and by M5 each is scored as if it were
/// alone. So a large offer comes before small ones that would together serve better.
fn better_together(
    basis: &Basis,
    entrants: &[Entrant<'_>],
    awards: &[Award],
) -> Result<Option<Warning>, Invalid> {
    let objective = basis.side.objective();
    let cost = |awards: &[Award]| {
        let parts = entrants.iter().zip(awards).filter(|(_, award)| award.quantity > 0);
        let parts: Vec<_> =
            parts.map(|(entrant, award)| (&entrant.offer.economics, award.quantity)).collect();
        cost_together(&basis.need, &basis.discount, &parts)
    };
    let awarded = cost(awards)?;
    let mut best: Option<(Exact, Vec<Award>)> = None;
    let mut candidates = vec![by_saving(basis, entrants)?];
    candidates.extend((0..entrants.len()).map(|at| vec![vec![at]]));
    for turns in candidates {
        let candidate = fill(basis.need.accelerators(), entrants, &turns);
        let cost = cost(&candidate)?;
        let least = best.as_ref().map_or(&awarded, |(least, _)| least);
        if objective.order(&cost, least).is_lt() {
            best = Some((cost, candidate));
        }
    }
    let Some((cost, candidate)) = best else { return Ok(None) };
    let what = "the cost to cover the need";
    let (cost, instead_of) = (cents(what, &cost)?, cents(what, &awarded)?);
    let taken = entrants.iter().zip(candidate).filter(|(_, award)| award.quantity > 0);
    let awards = taken.map(|(entrant, award)| (entrant.offer.number, award.quantity)).collect();
    // A difference that cannot be shown is none to act on.
    Ok((cost != instead_of).then_some(Warning::BetterTogether { awards, cost, instead_of }))
}

/// Offers that are better than cover, by what one accelerator of each saves, the most first.
fn by_saving(basis: &Basis, entrants: &[Entrant<'_>]) -> Result<Vec<Turn>, Invalid> {
    let elsewhere = basis.figures(&nothing())?.cost_to_cover();
    let mut savings = Vec::new();
    for (at, entrant) in entrants.iter().enumerate() {
        let figures = basis.figures(&entrant.offer.economics)?;
        let saved = match basis.side.objective() {
            Objective::Minimise => elsewhere.clone() - figures.cost_to_cover(),
            Objective::Maximise => figures.cost_to_cover() - elsewhere.clone(),
        };
        let each = saved.over(&Exact::whole(figures.accelerators));
        savings.extend(each.filter(|saved| *saved > Exact::zero()).map(|saved| (saved, at)));
    }
    savings.sort_by_cached_key(|(saved, at)| (Reverse(saved.clone()), *at));
    Ok(savings.into_iter().map(|(_, at)| vec![at]).collect())
}

/// The offer of somebody who offers nothing: all of the need is covered elsewhere.
fn nothing() -> Economics {
    Economics::constant(0, 0, Decimal::ZERO)
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::QuantitiesDiffer { method } => write!(
                f,
                "the offers differ in accelerator-hours or term, so `{method}` favours the smaller; \
                 compare them by `levelised_price` or `cost_to_cover`"
            ),
            Warning::UpFrontIgnored { numbers } => write!(
                f,
                "`unit_rate` leaves out what these offers ask for up front: {}; compare them by \
                 `levelised_price` or `cost_to_cover`",
                listed(numbers)
            ),
            Warning::WorseThanCover { numbers } => write!(
                f,
                "at the cover prices, the need is served better without these offers: {}",
                listed(numbers)
            ),
            Warning::BetterTogether { awards, cost, instead_of } => {
                let award =
                    |(number, quantity): &(u32, u64)| format!("{quantity} of offer {number}");
                let awards: Vec<String> = awards.iter().map(award).collect();
                let awards = awards.join(", ");
                write!(f, "{awards} would cover the need for {cost} instead of {instead_of}")
            }
        }
    }
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
