//! Whether a change is so great that the holders must be asked again. Source: domain rules §2.6.

use std::collections::BTreeSet;

use evaluation::{
    Basis, Delivery, Discount, Economics, Invalid, Materiality, Method, Need, Period,
};
use rust_decimal::Decimal;

use crate::case::{Requirement, Side};
use crate::command::Refused;
use crate::guard::Guard;
use crate::offer::Offered;

/// What is material between what was needed at the last round and what is needed now, in words;
/// nothing if it is empty.
///
/// # Errors
/// [`Refused`] if the two cannot be compared: a price with too many places, a term beyond all years.
pub(crate) fn of_requirements(
    last_round: &Requirement,
    now: &Requirement,
) -> Result<Vec<String>, Refused> {
    let mut named = Vec::new();
    let mut differ = |name: &str, differs: bool| named.extend(differs.then(|| name.to_string()));
    differ("class", last_round.quantity.class != now.quantity.class);
    differ("region", last_round.region != now.region);
    differ("purpose", last_round.purpose != now.purpose);
    // In what steps it may be taken is what a partial exercise is worth.
    differ("lot", last_round.lot != now.lot);
    differ("linked", last_round.linked != now.linked);
    let quantities = (last_round.quantity.count, now.quantity.count);
    material(last_round.side(), quantities, (&last_round.terms(), &now.terms()), named)
}

/// The same between the terms of a deal when it was last put to the holders, or signed, and now.
///
/// # Errors
/// As [`of_requirements`].
pub(crate) fn of_terms(
    side: Side,
    quantity: u64,
    last_round: &Offered,
    now: &Offered,
) -> Result<Vec<String>, Refused> {
    material(side, (quantity, quantity), (last_round, now), Vec::new())
}

fn material(
    side: Side,
    quantities: (u64, u64),
    (last_round, now): (&Offered, &Offered),
    mut named: Vec<String>,
) -> Result<Vec<String>, Refused> {
    if last_round.price.currency != now.price.currency {
        named.push("currency".to_string());
    }
    if last_round.package != now.package {
        named.push("package".to_string());
    }
    let guarded: BTreeSet<_> = last_round.guarded.keys().chain(now.guarded.keys()).collect();
    let changed =
        guarded.iter().filter(|term| last_round.guarded.get(term) != now.guarded.get(term));
    named.extend(changed.map(|term| term.name().to_string()));
    let found = |error: Invalid| {
        let help = "state terms that can be compared with those of the last round";
        Refused::new(Guard::CompleteRequirement, error.to_string(), help)
    };
    let (was, is) = (economics(quantities.0, last_round)?, economics(quantities.1, now)?);
    let months = was.periods.len().max(is.periods.len());
    let accelerators = quantities.0.max(1);
    // A month of 730 hours, undiscounted: levelised, a constant price is itself.
    let period = Period { hours: Decimal::from(730), accelerators, cover_price: Decimal::ZERO };
    let basis = Basis {
        side,
        need: Need::constant(months, period),
        discount: Discount::default(),
        method: Method::LevelisedPrice,
    };
    let days = now.from.duration_since(last_round.from).as_hours() / 24;
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    let thresholds = Materiality::default();
    let material = thresholds.material(&basis, &was, &is, days, &named).map_err(found)?;
    Ok(material.iter().map(ToString::to_string).collect())
}

/// What terms come to, month by month, for so many accelerators.
fn economics(quantity: u64, terms: &Offered) -> Result<Economics, Refused> {
    let months = usize::try_from(terms.months).unwrap_or(usize::MAX);
    if months > Invalid::MOST_PERIODS {
        let error = Invalid::TooLong { periods: months };
        let help = "state a shorter term";
        return Err(Refused::new(Guard::CompleteRequirement, error.to_string(), help));
    }
    let mut economics = Economics::constant(months, quantity, terms.price.amount);
    economics.up_front = terms.up_front.map_or(Decimal::ZERO, |money| money.amount);
    if !terms.ramp.is_empty() {
        for (month, period) in (0u32..).zip(&mut economics.periods) {
            let reached = terms.ramp.iter().filter(|(from, _)| *from <= month);
            let accelerators = reached.max_by_key(|(from, _)| *from).map_or(0, |(_, count)| *count);
            *period = Delivery { accelerators, ..*period };
        }
    }
    Ok(economics)
}
