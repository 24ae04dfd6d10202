//! How much a commitment is for in a period.

use exact::Exact;
use jiff::civil::Date;
use terms::clause::{Commitment, CommitmentMeasure, Level, Measures, Per, StepBegins};
use terms::value::Currency;
use terms::{Clause, Quantity};

use crate::period::Period;
use crate::price_increase::{MissingIndex, growth};
use crate::statement::Input;
use crate::statement::prices::index;

/// The words for accelerator-hours, which capacity that stands is counted in.
const HOURS: [&str; 4] = ["accelerator-hour", "accelerator-hours", "gpu-hour", "gpu-hours"];

/// What a commitment counts in.
pub(super) enum Measure {
    /// Money.
    Money(Currency),
    /// Units: accelerator-hours, or others, which are reported.
    Units { are_hours: bool },
}

/// What a commitment counts in, or what it says that is not computed.
pub(super) fn measure(commitment: &Commitment) -> Result<Measure, &'static str> {
    let Level { measures, to_be_agreed, rolling, each, steps, per, .. } = &commitment.minimum;
    let shares = std::iter::once(measures).chain(steps.iter().map(|step| &step.measures));
    let all: Vec<&Measures> = shares.collect();
    if *to_be_agreed {
        return Err("to_be_agreed");
    }
    if *rolling {
        return Err("rolling");
    }
    if each.is_some() {
        return Err("each");
    }
    if all.iter().any(|measures| measures.share.is_some()) {
        return Err("share");
    }
    if steps.iter().any(|step| step.per != *per) || (*per == Per::Term && !steps.is_empty()) {
        return Err("steps over other times");
    }
    // Over its whole time it begins once, and so never rises.
    if *per == Per::Term && commitment.escalator.is_some() {
        return Err("escalator");
    }
    if matches!(commitment.measure, CommitmentMeasure::Orders | CommitmentMeasure::Forecasts) {
        return Err("measure");
    }
    if all.iter().any(|measures| !measures.instalments.is_empty()) {
        return Err("instalments");
    }
    let amounts: Vec<Currency> =
        all.iter().filter_map(|measures| Some(measures.amount?.currency)).collect();
    let quantities: Vec<&Quantity> = all.iter().flat_map(|measures| &measures.quantity).collect();
    match (amounts.first(), quantities.first()) {
        (Some(currency), None) if amounts.iter().all(|other| other == currency) => {
            if commitment.shortfall.first.rate_per.is_some() {
                return Err("rate_per");
            }
            Ok(Measure::Money(*currency))
        }
        (None, Some(first)) if quantities.iter().all(|other| other.class == first.class) => {
            Ok(Measure::Units { are_hours: HOURS.contains(&first.class.as_str()) })
        }
        _ => Err("several measures"),
    }
}

/// How much is contracted for a period: the level that holds on its first day, as it has risen by then,
/// for as much of a whole period as it is.
///
/// # Errors
/// [`MissingIndex`] if it follows an index that nobody reported.
pub(super) fn contracted(
    input: &Input<'_>,
    clause: &Clause,
    commitment: &Commitment,
    measure: &Measure,
    period: &Period,
) -> Result<Exact, MissingIndex> {
    let level = &commitment.minimum;
    let begins = input.terms.starts(clause, input.known).unwrap_or(period.begins);
    let step = level.steps.iter().rfind(|step| {
        let day = match &step.begins {
            StepBegins::After(duration) => Some(duration.after(begins)),
            StepBegins::On(bound) => input.terms.day_of(bound, input.known),
        };
        day.is_some_and(|day| day <= period.begins)
    });
    let measures = step.map_or(&level.measures, |step| &step.measures);
    let stated: Exact = match measure {
        Measure::Money(_) => measures.amount.map_or(Exact::zero(), |amount| amount.amount.into()),
        Measure::Units { .. } => {
            measures.quantity.iter().map(|quantity| Exact::whole(quantity.count)).sum()
        }
    };
    let part = if commitment.prorate { period.part() } else { Exact::whole(1) };
    Ok(stated * rise(input, clause, commitment, period.begins)? * part)
}

/// What the minimum has been multiplied by until a day.
pub(super) fn rise(
    input: &Input<'_>,
    clause: &Clause,
    commitment: &Commitment,
    on: Date,
) -> Result<Exact, MissingIndex> {
    let Some(escalator) = &commitment.escalator else { return Ok(Exact::whole(1)) };
    let begins = input.terms.starts(clause, input.known).unwrap_or(on);
    growth(escalator, begins, on, &|name, on| index(input, clause, name, on))
}
