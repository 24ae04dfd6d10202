//! From one currency to another, at the rate of a day.

use std::cmp::Ordering;

use jiff::civil::Date;
use terms::Registry;
use terms::registry::ExchangeRate;
use terms::value::Currency;

use exact::Exact;

/// The rate that an amount was converted at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateUsed {
    /// The exchange rate, by its name in the registry.
    pub name: String,
    /// The day the rate is of: that of the amount, or the last before it that has one.
    pub of: Date,
    /// What one unit of the amount's currency is worth in the other.
    pub rate: Exact,
}

/// Converts an amount of a day. The rate of that day counts, or else the last before it, as long as its
/// table lets it hold. A table may be read both ways; no rate is made from two others, as the parties
/// have agreed on none. Nothing is rounded.
///
/// An amount that is in the currency already is as it is, at no rate.
///
/// # Errors
/// No rate counts on that day, or two do: the reason in words.
pub fn convert(
    registry: &Registry,
    amount: &Exact,
    from: Currency,
    to: Currency,
    day: Date,
) -> Result<(Exact, Option<RateUsed>), String> {
    if from == to {
        return Ok((amount.clone(), None));
    }
    let mut best: Option<RateUsed> = None;
    let mut other = None;
    for (name, table) in &registry.exchange_rates {
        let Some((of, rate)) = rate(table, from, to, day) else { continue };
        let used = RateUsed { name: name.to_string(), of, rate };
        match best.as_ref().map(|best| used.of.cmp(&best.of)) {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) => other = Some(used.name),
            _ => (best, other) = (Some(used), None),
        }
    }
    let best = best
        .ok_or_else(|| format!("no exchange rate says what {from} was worth in {to} on {day}"))?;
    if let Some(other) = other {
        let (one, of) = (best.name, best.of);
        return Err(format!("exchange rates `{one}` and `{other}` both have a rate for {of}"));
    }
    Ok((amount.clone() * best.rate.clone(), Some(best)))
}

/// What a table says one unit of `from` is worth in `to` on a day, and the day its rate is of.
fn rate(table: &ExchangeRate, from: Currency, to: Currency, day: Date) -> Option<(Date, Exact)> {
    let (of, worth) = table.on(day)?;
    let worth = Exact::from(worth);
    let rate = match (table.currency, table.into) {
        pair if pair == (from, to) => worth,
        pair if pair == (to, from) => Exact::whole(1).over(&worth)?,
        _ => return None,
    };
    Some((of, rate))
}
