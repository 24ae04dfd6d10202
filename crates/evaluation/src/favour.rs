//! Whether signed terms are more favourable to an outsider than those put to the holder of a right.

use std::fmt;

use exact::Exact;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::basis::{Basis, Objective};
use crate::breakdown::hour;
use crate::check::{Invalid, PLACES, within};
use crate::guarded::{GuardedTerm, costly};
use crate::offer::Economics;

/// How signed terms compare with the baseline. Prices are levelised, in $/AH to six places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Favour {
    /// Whether they may be signed without a new offer to the holder.
    pub passes: bool,
    /// The levelised price of the signed terms.
    pub signed: Decimal,
    /// The levelised price put to the holder.
    pub baseline: Decimal,
    /// The price the signed terms may go to: the baseline with the tolerance.
    pub limit: Decimal,
    /// Whether the price goes beyond the limit. Decided exactly, before anything is rounded.
    pub price_exceeds: bool,
    /// Guarded terms that are better for the outsider, or of which nobody can say.
    pub terms: Vec<String>,
    /// Whether some of it is better and some worse for the burdened party: a trade-off that the
    /// method does not price, so the holder must be offered it.
    pub mixed: bool,
    /// What the burdened party wants prices to be.
    pub objective: Objective,
}

/// Whether terms about to be signed with an outsider are no more favourable to it than the baseline
/// put to the holder: the present value of payments for each discounted accelerator-hour within
/// `tolerance` (a share: `0.01` is 1%; 0 by default) of the baseline's, and no guarded term better for
/// the outsider. Terms that the method prices do not count. Source: domain rules §2.6.
///
/// # Errors
/// [`Invalid`] if something cannot be computed with; [`Invalid::NothingDelivered`] if one of the two
/// delivers nothing.
pub fn no_more_favourable(
    basis: &Basis,
    signed: &Economics,
    baseline: &Economics,
    guarded: &[GuardedTerm],
    tolerance: Decimal,
) -> Result<Favour, Invalid> {
    within("the tolerance", tolerance, Decimal::ONE, PLACES)?;
    let objective = basis.side.objective();
    let levelised = |offer: &Economics| {
        basis.figures(offer)?.levelised_price().ok_or(Invalid::NothingDelivered)
    };
    let (signed, baseline) = (levelised(signed)?, levelised(baseline)?);
    let allowed = Exact::from(tolerance);
    let factor = match objective {
        Objective::Minimise => Exact::whole(1) + allowed,
        Objective::Maximise => Exact::whole(1) - allowed,
    };
    let limit = baseline.clone() * factor;
    let price_exceeds = objective.order(&signed, &limit).is_gt();
    let terms = costly(basis.side, guarded);
    let gains = objective.order(&signed, &baseline).is_lt()
        || guarded.iter().any(|term| !term.priced && term.gains(basis.side));
    let worse = price_exceeds || !terms.is_empty();
    Ok(Favour {
        passes: !worse,
        signed: hour("the levelised price", &signed)?,
        baseline: hour("the levelised price", &baseline)?,
        limit: hour("the levelised price", &limit)?,
        price_exceeds,
        terms,
        mixed: worse && gains,
        objective,
    })
}

impl fmt::Display for Favour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Favour { signed, baseline, limit, .. } = self;
        if self.passes {
            return write!(f, "{signed} $/AH, within {limit} of what was put to the holder");
        }
        let mut reasons = Vec::new();
        if self.price_exceeds {
            let beyond = match self.objective {
                Objective::Minimise => "above",
                Objective::Maximise => "below",
            };
            reasons.push(format!(
                "{signed} $/AH is {beyond} the {limit} allowed by the {baseline} put to the holder"
            ));
        }
        if !self.terms.is_empty() {
            reasons.push(format!(
                "no worse for the burdened party cannot be said of: {}",
                self.terms.join(", ")
            ));
        }
        if self.mixed {
            reasons.push("other terms are better, but the method does not price the trade".into());
        }
        write!(f, "{}; offer it to the holder first", reasons.join("; "))
    }
}
