//! Damages agreed beforehand: those for lots that came late, which fell due while they were sourced, and
//! those that a reported figure sets off.

use exact::Exact;
use jiff::civil::Date;
use serde::Serialize;
use terms::clause::{DamagesTrigger, LiquidatedDamages};
use terms::{Clause, Money, Name, Provision};

use super::holding::holding;
use super::{Input, Line, LineKind, SettleError, Step, assumed, rounded};
use crate::damages::{Facts, due};
use crate::figure::{Figure, Other};

/// Damages for delay that fell due on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damages {
    /// The UTC day.
    pub day: Date,
    /// The case and lot they are for, as `stargate lot 1`.
    pub lot: String,
    /// Who was late.
    pub supplier: Name,
    /// Who waited.
    pub customer: Name,
    /// The clause under which they are due, if it is known.
    pub clause: Option<String>,
    /// The days of delay that count.
    pub days: u32,
    /// What they come to.
    pub amount: Money,
    /// Most that could be due for the lot.
    pub cap: Option<Money>,
    /// Whether they would be more without a cap.
    pub capped: bool,
}

pub(super) fn lines(input: &Input<'_>) -> Result<Vec<Line>, SettleError> {
    let of_lots = input.damages.iter().map(|damages| of_lot(input, damages));
    let mut lines = of_lots.collect::<Result<Vec<_>, _>>()?;
    for (clause, damages, _) in clauses(input) {
        if !is_set_off(input, clause) || !is_met(input, damages) {
            continue;
        }
        let Some((facts, currency)) = facts(input, clause, damages) else { continue };
        let Ok((amount, steps)) = due(damages, &facts) else { continue };
        let title = format!("damages {}", clause.id.label);
        let line = Line::under(clause, LineKind::Damages, title, &amount, currency)?;
        let paid = damages.payment_delay.map(|delay| delay.after(last_reported(input, clause)));
        lines.push(Line { steps, payable: paid, ..line });
    }
    Ok(lines)
}

/// What a clause on damages leaves to be computed in the month; nothing if its line has it all.
pub(super) fn left_aside(input: &Input<'_>, clause: &Clause) -> Option<String> {
    let Provision::LiquidatedDamages(damages) = &clause.provision else { return None };
    if damages.trigger == DamagesTrigger::Delay && !is_set_off(input, clause) {
        // Those for lots fall due while they are sourced.
        return None;
    }
    if !is_set_off(input, clause) {
        let event = damages.event.iter();
        let occurred = event.filter_map(|bound| input.terms.day_of(bound, input.known));
        let fell_due =
            occurred.filter(|day| *day < input.month.end()).any(|day| input.month.first() <= day);
        return fell_due.then(|| "what they are computed from was not reported".to_string());
    }
    if !is_met(input, damages) {
        return Some("their conditions are not known to be met".to_string());
    }
    let Some((facts, _)) = facts(input, clause, damages) else {
        return Some("their currency is not known".to_string());
    };
    if let Err(missing) = due(damages, &facts) {
        return Some(format!("{missing} was not reported"));
    }
    let aside = [("up_to", damages.up_to), ("expenses", damages.expenses)];
    let aside = aside.into_iter().filter(|(_, is_aside)| *is_aside).map(|(name, _)| name);
    let aside: Vec<_> = aside.collect();
    (!aside.is_empty()).then(|| aside.join(", "))
}

/// A line for what fell due for a lot.
fn of_lot(input: &Input<'_>, damages: &Damages) -> Result<Line, SettleError> {
    let title = format!("damages for {}, due {}", damages.lot, damages.day);
    let id = damages.clause.as_deref().unwrap_or_default();
    let clause = input.terms.clauses.iter().rfind(|clause| clause.id.to_string() == id);
    let exact = Exact::from(damages.amount.amount);
    let mut steps = vec![Step::new("days of delay that count", &Exact::whole(damages.days))];
    if let Some(cap) = damages.cap {
        steps.push(Step::new("at most for the lot", &cap.amount.into()));
    }
    let name = if damages.capped { "due, at the cap" } else { "due" };
    steps.push(Step::new(name, &exact));
    let delay = clause.and_then(|clause| match &clause.provision {
        Provision::LiquidatedDamages(damages) => damages.payment_delay,
        _ => None,
    });
    Ok(Line {
        kind: LineKind::Damages,
        amount: rounded(&title, &exact, damages.amount.currency)?,
        title,
        clause: id.to_string(),
        document: clause.map_or(String::new(), |clause| clause.origin.document.name.clone()),
        line: clause.map_or(0, |clause| clause.origin.line()),
        from: damages.supplier.clone(),
        to: damages.customer.clone(),
        exact: exact.to_string(),
        steps,
        days: Vec::new(),
        balances: Vec::new(),
        payable: delay.map(|delay| delay.after(damages.day)),
        adjusts: None,
        assumed: clause.map(assumed).unwrap_or_default(),
    })
}

fn clauses<'a>(
    input: &Input<'a>,
) -> Vec<(&'a Clause, &'a LiquidatedDamages, std::collections::BTreeSet<Date>)> {
    holding(input, |provision| match provision {
        Provision::LiquidatedDamages(damages) => Some(damages),
        _ => None,
    })
}

/// The month's figures for a clause, by name: what damages are a part of, and counted by.
fn reported<'a>(input: &'a Input<'_>, clause: &Clause) -> impl Iterator<Item = &'a Figure> {
    let id = clause.id.to_string();
    let figures = input.figures(Other::DamagesBase).chain(input.figures(Other::DamagesCount));
    figures.filter(move |figure| figure.clause.as_ref() == Some(&id))
}

/// Whether somebody reported what they are computed from.
fn is_set_off(input: &Input<'_>, clause: &Clause) -> bool {
    reported(input, clause).next().is_some()
}

/// The last day something was reported for.
fn last_reported(input: &Input<'_>, clause: &Clause) -> Date {
    reported(input, clause).map(|figure| figure.on).max().unwrap_or(input.month.first())
}

/// Whether what must have happened has, and what must not has not.
fn is_met(input: &Input<'_>, damages: &LiquidatedDamages) -> bool {
    let happened =
        |bound| input.terms.day_of(bound, input.known).is_some_and(|day| day < input.month.end());
    (damages.event.is_empty() || damages.event.iter().any(happened))
        && !damages.unless.iter().any(happened)
}

/// What was reported of the occasion, and the currency damages are in.
fn facts(
    input: &Input<'_>,
    clause: &Clause,
    damages: &LiquidatedDamages,
) -> Option<(Facts, terms::value::Currency)> {
    let mut facts = Facts::default();
    let mut currency = None;
    for figure in reported(input, clause) {
        let number = Exact::from(figure.amount.number());
        if figure.of == Other::DamagesBase.into() {
            currency = figure.amount.currency();
            facts.base = Some(number);
            continue;
        }
        match figure.name.as_deref().unwrap_or("days") {
            "days" => facts.days = Some(number),
            "units" => facts.units = Some(number),
            "months_left" => facts.months_left = Some(number),
            "months" => facts.months = Some(number),
            "reached" => facts.reached = Some(number),
            "time" => facts.time = number.floor().try_into().ok(),
            _ => {}
        }
    }
    let rates = damages.formulas.iter().flat_map(|formula| &formula.rates);
    let stated = rates.filter_map(|(_, rate)| match rate {
        terms::clause::DamagesRate::Amount(amount) => Some(amount.currency),
        terms::clause::DamagesRate::Percentage(_) => None,
    });
    let limits = damages.minimum.into_iter().chain(damages.maximum).map(|money| money.currency);
    let currency = stated.chain(limits).next().or(currency)?;
    Some((facts, currency))
}
