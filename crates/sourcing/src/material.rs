//! Whether a change is so great that the holders must be asked again. Source: domain rules §2.6.

use std::collections::BTreeSet;

use evaluation::Materiality;

use crate::case::Requirement;
use crate::command::Refused;
use crate::deadline::Clock;
use crate::offer::Offered;
use crate::valuation::Valuation;

/// What is material between what was needed at the last round and what is needed now, in words;
/// nothing if it is empty.
///
/// # Errors
/// [`Refused`] if the two cannot be compared: a price with too many places, a term beyond all years.
pub(crate) fn of_requirements(
    clock: &Clock<'_>,
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
    material(clock, last_round, quantities, (&last_round.terms(), &now.terms()), named)
}

/// The same between the terms of a deal when it was last put to the holders, or signed, and now.
///
/// # Errors
/// As [`of_requirements`].
pub(crate) fn of_terms(
    clock: &Clock<'_>,
    requirement: &Requirement,
    quantity: u64,
    last_round: &Offered,
    now: &Offered,
) -> Result<Vec<String>, Refused> {
    let (need_by, months) = (last_round.from, last_round.months);
    let met = Requirement { need_by, months, ..requirement.clone() };
    material(clock, &met, (quantity, quantity), (last_round, now), Vec::new())
}

/// `need` begins with the terms of the last round, and is as long as they are.
fn material(
    clock: &Clock<'_>,
    need: &Requirement,
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
    let days = now.from.duration_since(last_round.from).as_hours() / 24;
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    // That it begins on another day is judged by the days, so months are compared side by side.
    let now = Offered { from: last_round.from, ..now.clone() };
    let valuation = Valuation::levelised(clock, need, quantities.0.max(1), [last_round, &now])?;
    let was = valuation.economics(last_round, quantities.0)?;
    let is = valuation.economics(&now, quantities.1)?;
    let material = Materiality::default().material(&valuation.basis, &was, &is, days, &named)?;
    Ok(material.iter().map(ToString::to_string).collect())
}
