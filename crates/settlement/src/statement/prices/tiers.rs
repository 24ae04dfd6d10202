//! Volume tiers: what the volume of a period costs by them, less what was charged at the lots' prices.
//!
//! A lot has the price it was sourced at, and is charged at it. Where a clause between its supplier and
//! its customer prices volume, the lot's price is what was charged on account, and the line brings it
//! to what the tiers say.

use exact::Exact;
use terms::clause::VolumeTier;
use terms::{Clause, Provision};

use super::{Prices, is_supplied, purchased};
use crate::figure::Other;
use crate::period::Periods;
use crate::statement::holding::holding;
use crate::statement::{Input, Line, LineKind, SettleError, Step};
use crate::volume_price::charge;

/// What is carried from month to month: the units of the period so far.
const UNITS: &str = "units in the period";

pub(super) fn left_aside(tier: &VolumeTier) -> Option<String> {
    let periods = Periods::of(tier.per, 1, jiff::civil::Date::MIN, None);
    periods.is_none().then(|| format!("per = {}", tier.per))
}

pub(super) fn apply(input: &Input<'_>, prices: &mut Prices<'_>) -> Result<(), SettleError> {
    let tiers = holding(input, |provision| match provision {
        Provision::VolumeTier(tier) => Some(tier),
        _ => None,
    });
    for held in &tiers {
        let (clause, tier) = (held.clause, held.says);
        let (begins, ends) = (input.starts(clause), input.ends(clause));
        let periods = begins.and_then(|begins| Periods::of(tier.per, 1, begins, ends));
        let (Some(periods), Some(first)) = (periods, tier.tiers.first()) else { continue };
        let currency = first.price.currency;
        let brought = input.brought(clause, currency, &prices.lines);
        let (mut units, mut due) = (Exact::zero(), Exact::zero());
        let mut steps = Vec::new();
        for period in periods.overlapping(held.from, held.until) {
            // A period that began earlier goes on; another begins at nothing.
            let is_new = held.from <= period.begins;
            let before = if is_new { Exact::zero() } else { brought.get(UNITS) };
            let counts = |day| held.days.contains(&day) && period.holds(day);
            let of_clause = prices.capacity.iter_mut().filter(|priced| {
                counts(priced.capacity.day)
                    && !priced.is_tiered
                    && is_supplied(input, clause, priced, currency)
            });
            let mut capacity: Vec<_> = of_clause.collect();
            let mut charged: Exact = capacity.iter().map(|priced| priced.charge()).sum();
            let mut month: Exact = capacity.iter().map(|priced| priced.hours()).sum();
            let bought = purchased(input, clause).filter(|(day, _)| counts(*day));
            month = month + bought.map(|(_, units)| units).sum();
            charged = charged + paid(input, clause, currency, &counts);
            units = before.clone() + month.clone();
            let ((was, _), (comes_to, of_tiers)) = (charge(tier, &before), charge(tier, &units));
            let owed = comes_to.clone() - was.clone();
            steps.push(Step::new("units before this month", &before));
            steps.push(Step::new("units this month", &month));
            steps.extend(of_tiers);
            steps.push(Step::new("the period by tiers", &comes_to));
            steps.push(Step::new("less what it came to before", &was));
            steps.push(Step::new("less what was charged this month", &charged));
            due = due + owed.clone() - charged;
            if let Some(price) = owed.over(&month) {
                for priced in &mut capacity {
                    (priced.price, priced.is_tiered) = (price.clone(), true);
                }
            }
        }
        let balance = brought.carry(UNITS, &units);
        // Where units were brought forward, the line says that a new period begins at nothing.
        if [&units, &due, &brought.get(UNITS)].into_iter().all(|sum| *sum == Exact::zero()) {
            continue;
        }
        steps.push(Step::new("difference", &due));
        let title = format!("volume tiers of {}", clause.id.label);
        let line = if due < Exact::zero() {
            Line::under(clause, LineKind::Credit, title, &-due, currency)?
        } else {
            let line = Line::under(clause, LineKind::PriceAdjustment, title, &due, currency)?;
            Line { from: clause.holder.clone(), to: clause.grantor.clone(), ..line }
        };
        prices.lines.push(Line { steps, balances: vec![balance], ..line });
    }
    Ok(())
}

/// What was paid for what was bought beside the capacity.
fn paid(
    input: &Input<'_>,
    clause: &Clause,
    currency: terms::value::Currency,
    counts: &dyn Fn(jiff::civil::Date) -> bool,
) -> Exact {
    let figures = input.figures(Other::Purchased);
    let paid = figures.filter(|figure| {
        figure.clause == Some(clause.id.to_string())
            && figure.amount.currency() == Some(currency)
            && counts(figure.on)
    });
    paid.map(|figure| Exact::from(figure.amount.number())).sum()
}
