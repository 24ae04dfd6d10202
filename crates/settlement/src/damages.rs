//! What liquidated damages come to. Source: domain rules §1.8, oracles L1 to L3, and §2.8,
//! invariant 20.

use exact::Exact;
use terms::clause::{
    Combination, Counted, DamagesBase, DamagesCap, DamagesRate, Formula, LiquidatedDamages,
    Promised,
};
use terms::value::Unit;
use terms::{Duration, Money};

use crate::statement::Step;

/// What is known of an occasion for damages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// What a percentage is of, in the formula's currency.
    pub base: Option<Exact>,
    /// The value of what is late, short or affected, which a cap is a part of, where the percentage is of
    /// something else.
    pub value: Option<Exact>,
    /// The days that count.
    pub days: Option<Exact>,
    /// The units affected.
    pub units: Option<Exact>,
    /// The months that are left of the term.
    pub months_left: Option<Exact>,
    /// The months the whole term has.
    pub months: Option<Exact>,
    /// What was reached of what was promised: units, or a level of one.
    pub reached: Option<Exact>,
    /// Which time it is that this happens; the first if not said.
    pub time: Option<u64>,
}

/// What is due, after limits, with every step; or what is missing to compute it.
pub fn due(damages: &LiquidatedDamages, facts: &Facts) -> Result<(Exact, Vec<Step>), &'static str> {
    let mut steps = Vec::new();
    let mut results = Vec::new();
    for formula in &damages.formulas {
        results.push(of_formula(damages, formula, facts, &mut steps)?);
    }
    if results.is_empty() {
        return Err("the amount that the holder sets");
    }
    let several = results.len() > 1;
    let results = results.into_iter();
    let mut sum = match damages.combination {
        Combination::Sum => results.sum(),
        Combination::Greatest => results.max().unwrap_or_default(),
        Combination::Least => results.min().unwrap_or_default(),
        Combination::HolderElects if several => return Err("which formula the holder chooses"),
        Combination::HolderElects => results.max().unwrap_or_default(),
    };
    let mut bound = |name: &str, limit: Option<Money>, lower: bool| {
        let Some(limit) = limit else { return };
        let amount = Exact::from(limit.amount);
        sum = if lower { sum.clone().max(amount.clone()) } else { sum.clone().min(amount.clone()) };
        steps.push(Step::new(name, &amount));
    };
    bound("at least", damages.minimum, true);
    bound("at most", damages.maximum, false);
    if let DamagesCap::Of(share) = damages.cap {
        let is_of_value = |formula: &Formula| formula.of == DamagesBase::LotValue;
        let base = facts.base.as_ref().filter(|_| damages.formulas.iter().all(is_of_value));
        let value = facts.value.as_ref().or(base).ok_or("the value the cap is a part of")?;
        let value = value.clone();
        let cap = value * share.fraction().into();
        steps.push(Step::new(format!("cap of {share} of the value"), &cap));
        sum = sum.min(cap);
    }
    steps.push(Step::new("due", &sum));
    Ok((sum, steps))
}

/// One formula: its rate, times what it counts.
fn of_formula(
    damages: &LiquidatedDamages,
    formula: &Formula,
    facts: &Facts,
    steps: &mut Vec<Step>,
) -> Result<Exact, &'static str> {
    let known = |fact: &Option<Exact>, what: &'static str| fact.clone().ok_or(what);
    let most = |counted: Exact| {
        formula.at_most.map_or(counted.clone(), |most| counted.min(Exact::whole(most)))
    };
    let counted = match formula.counted {
        Counted::Once => Exact::whole(1),
        Counted::Unit => most(known(&facts.units, "how many units are affected")?),
        Counted::RemainingMonths => {
            most(known(&facts.months_left, "how many months are left of the term")?)
        }
        Counted::RemainingTerm => {
            let left = known(&facts.months_left, "how many months are left of the term")?;
            let whole = known(&facts.months, "how many months the term has")?;
            left.over(&whole).ok_or("how many months the term has")?
        }
        Counted::Shortfall => shortfall(damages, facts)?,
        Counted::Time | Counted::UnitAndTime => {
            let days = known(&facts.days, "how many days count")?;
            return over_time(
                damages,
                formula,
                facts,
                &most(periods(damages, formula.every, days)?),
                steps,
            );
        }
    };
    // Where the rate rises, it does with the times this has happened.
    let rate = rate_at(formula, facts.time.unwrap_or(1)).ok_or("a rate")?;
    let one = worth(rate, facts)?;
    let sum = one.clone() * counted.clone();
    steps.push(Step::new(format!("{rate}"), &one));
    steps.push(Step::new("times", &counted));
    Ok(sum)
}

/// A rate for each stretch of time, which may rise as time passes.
fn over_time(
    damages: &LiquidatedDamages,
    formula: &Formula,
    facts: &Facts,
    stretches: &Exact,
    steps: &mut Vec<Step>,
) -> Result<Exact, &'static str> {
    let units = match formula.counted {
        Counted::UnitAndTime => facts.units.clone().ok_or("how many units are affected")?,
        _ => Exact::whole(1),
    };
    let kind = if damages.whole_periods { "whole periods" } else { "periods" };
    steps.push(Step::new(format!("{kind} of {}", formula.every), stretches));
    let (mut below, mut sum) = (Exact::zero(), Exact::zero());
    for (up_to, rate) in &formula.rates {
        let upper = up_to.map_or(stretches.clone(), |top| stretches.clone().min(Exact::whole(top)));
        let inside = (upper.clone() - below.clone()).max(Exact::zero());
        let one = worth(*rate, facts)?;
        let part = one * inside.clone() * units.clone();
        if inside != Exact::zero() {
            steps.push(Step::new(format!("{inside} at {rate}"), &part));
        }
        sum = sum + part;
        below = upper.max(below);
    }
    Ok(sum)
}

/// How many stretches of so long there are in so many days; only whole ones where the clause says so.
fn periods(
    damages: &LiquidatedDamages,
    every: Duration,
    days: Exact,
) -> Result<Exact, &'static str> {
    let length = match every {
        Duration { count, unit: Unit::Days } if count > 0 => Exact::whole(count),
        _ => return Err("stretches of another length than days"),
    };
    let stretches = days.over(&length).unwrap_or_default();
    Ok(if damages.whole_periods { Exact::whole(stretches.floor()) } else { stretches })
}

/// The part by which what was promised is missed.
fn shortfall(damages: &LiquidatedDamages, facts: &Facts) -> Result<Exact, &'static str> {
    let reached = facts.reached.clone().ok_or("what was reached of what was promised")?;
    let promised = match damages.promised {
        Some(Promised::Units(units)) => Exact::whole(units),
        Some(Promised::Level(level)) => level.fraction().into(),
        None => return Err("what was promised"),
    };
    let missing = (promised.clone() - reached).max(Exact::zero());
    missing.over(&promised).ok_or("what was promised")
}

fn rate_at(formula: &Formula, time: u64) -> Option<DamagesRate> {
    let holds = |(up_to, _): &&(Option<u64>, DamagesRate)| up_to.is_none_or(|top| time <= top);
    formula.rates.iter().find(holds).or(formula.rates.last()).map(|(_, rate)| *rate)
}

/// What a rate comes to.
fn worth(rate: DamagesRate, facts: &Facts) -> Result<Exact, &'static str> {
    match rate {
        DamagesRate::Amount(amount) => Ok(amount.amount.into()),
        DamagesRate::Percentage(percentage) => {
            let base = facts.base.clone().ok_or("what the percentage is of")?;
            Ok(base * percentage.fraction().into())
        }
    }
}
