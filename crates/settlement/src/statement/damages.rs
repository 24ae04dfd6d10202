//! Damages agreed beforehand: those for lots that came late, which fell due while they were sourced, and
//! those that a reported figure sets off.

use std::collections::BTreeMap;

use exact::Exact;
use jiff::civil::Date;
use serde::Serialize;
use terms::clause::{DamagesRate, DamagesTrigger, LiquidatedDamages, PaidFrom};
use terms::value::Currency;
use terms::{Clause, Money, Name, Provision};

use super::holding::{Held, holding};
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
    for held in clauses(input) {
        let Some(Ok(of_clause)) = worked(input, &held) else { continue };
        let Worked { amount, currency, steps, reported } = of_clause;
        let (clause, damages) = (held.clause, held.says);
        let title = format!("damages {}", clause.id.label);
        let line = Line::under(clause, LineKind::Damages, title, &amount, currency)?;
        let payable = damages.payment_delay.map(|delay| delay.after(reported));
        lines.push(Line { steps, payable, ..line });
    }
    Ok(lines)
}

/// What a clause on damages leaves to be computed in the month; nothing if its line has it all.
pub(super) fn left_aside(input: &Input<'_>, clause: &Clause) -> Option<String> {
    let held = clauses(input).into_iter().find(|held| std::ptr::eq(held.clause, clause))?;
    let damages = held.says;
    match worked(input, &held) {
        // Those for lots fall due while they are sourced.
        None if damages.trigger == DamagesTrigger::Delay => None,
        None => {
            let event = damages.event.iter();
            let occurred = event.filter_map(|bound| input.terms.day_of(bound, input.known));
            let fell_due = occurred
                .filter(|day| *day < input.month.end())
                .any(|day| input.month.first() <= day);
            fell_due.then(|| "what they are computed from was not reported".to_string())
        }
        Some(Err(why)) => Some(why),
        Some(Ok(_)) => {
            let aside = [
                ("excused_by", !damages.excused_by.is_empty()),
                ("threshold", damages.threshold.is_some()),
                ("up_to", damages.up_to),
                ("expenses", damages.expenses),
                ("paid_from", damages.paid_from != PaidFrom::Payment),
            ];
            let aside = aside.into_iter().filter(|(_, is_aside)| *is_aside).map(|(name, _)| name);
            let aside: Vec<_> = aside.collect();
            (!aside.is_empty()).then(|| aside.join(", "))
        }
    }
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

fn clauses<'a>(input: &Input<'a>) -> Vec<Held<'a, LiquidatedDamages>> {
    holding(input, |provision| match provision {
        Provision::LiquidatedDamages(damages) => Some(damages),
        _ => None,
    })
}

/// The month's figures for a clause, by name: what damages are a part of, and counted by.
fn reported<'a>(
    input: &'a Input<'_>,
    held: &'a Held<'_, LiquidatedDamages>,
) -> impl Iterator<Item = &'a Figure> {
    let id = held.clause.id.to_string();
    let figures = input.figures(Other::DamagesBase).chain(input.figures(Other::DamagesCount));
    figures.filter(move |figure| figure.clause.as_ref() == Some(&id) && held.answers_for(figure.on))
}

/// What the damages of an occasion come to.
struct Worked {
    amount: Exact,
    currency: Currency,
    steps: Vec<Step>,
    /// The last day something was reported for.
    reported: Date,
}

/// What damages come to that somebody reported facts for, or why that cannot be said; `None` where
/// nobody did.
fn worked(input: &Input<'_>, held: &Held<'_, LiquidatedDamages>) -> Option<Result<Worked, String>> {
    let last = reported(input, held).map(|figure| figure.on).max()?;
    let work = || {
        if !is_met(input, held.says) {
            return Err("their conditions are not known to be met".to_string());
        }
        let (facts, currency) = facts(input, held)?;
        let missing = |missing: &str| format!("{missing} was not reported");
        let (amount, steps) = due(held.says, &facts).map_err(missing)?;
        Ok(Worked { amount, currency, steps, reported: last })
    };
    Some(work())
}

/// Whether what must have happened has, and what must not has not.
fn is_met(input: &Input<'_>, damages: &LiquidatedDamages) -> bool {
    let happened =
        |bound| input.terms.day_of(bound, input.known).is_some_and(|day| day < input.month.end());
    (damages.event.is_empty() || damages.event.iter().any(happened))
        && !damages.unless.iter().any(happened)
}

/// What was reported of the occasion, and the currency damages are in; or what is wrong with it.
fn facts(
    input: &Input<'_>,
    held: &Held<'_, LiquidatedDamages>,
) -> Result<(Facts, Currency), String> {
    let mut facts = Facts::default();
    let mut said: BTreeMap<&str, &Figure> = BTreeMap::new();
    let mut base_in = None;
    for figure in reported(input, held) {
        let number = Some(Exact::from(figure.amount.number()));
        let is_base = figure.of == Other::DamagesBase.into();
        let name = match figure.name.as_deref() {
            Some("value") if is_base => "value",
            _ if is_base => "base",
            name => name.unwrap_or("days"),
        };
        match name {
            "base" => (facts.base, base_in) = (number, figure.amount.currency()),
            "value" => facts.value = number,
            "days" => facts.days = number,
            "units" => facts.units = number,
            "months_left" => facts.months_left = number,
            "months" => facts.months = number,
            "reached" => facts.reached = number,
            "time" => facts.time = number.and_then(|number| number.floor().try_into().ok()),
            name => return Err(format!("`{}` says `{name}`, which nothing counts by", figure.id)),
        }
        // Which of two occasions in a month a fact is of, nobody could tell.
        if let Some(other) = said.insert(name, figure) {
            return Err(format!("`{}` and `{}` both say `{name}`", other.id, figure.id));
        }
    }
    let rates = held.says.formulas.iter().flat_map(|formula| &formula.rates);
    let stated = rates.filter_map(|(_, rate)| match rate {
        DamagesRate::Amount(amount) => Some(amount.currency),
        DamagesRate::Percentage(_) => None,
    });
    let limits = [held.says.minimum, held.says.maximum].into_iter().flatten();
    let stated = stated.chain(limits.map(|money| money.currency)).next();
    match (stated, base_in) {
        (Some(stated), Some(base)) if stated != base => {
            Err(format!("they are in {stated}, and what they are a part of in {base}"))
        }
        (stated, base) => {
            let currency = stated.or(base).ok_or("their currency is not known")?;
            Ok((facts, currency))
        }
    }
}
