//! What is paid for a project: the parts that fall due in the month, or what is drawn where the clause
//! does not say when anything is due.

use exact::Exact;
use jiff::civil::Date;
use terms::clause::Funding;
use terms::{Bound, Clause, Money, Provision};

use super::holding::{Held, holding};
use super::{Input, Line, LineKind, SettleError, Step};
use crate::figure::Other;

/// What fell due in all.
const DUE: &str = "fell due";
/// What was drawn in all.
const DRAWN: &str = "drawn";

pub(super) fn lines(input: &Input<'_>) -> Result<Vec<Line>, SettleError> {
    let funding = holding(input, |provision| match provision {
        Provision::Funding(funding) => Some(funding),
        _ => None,
    });
    let mut lines = Vec::new();
    for held in &funding {
        let line = line(input, held, &lines)?;
        lines.extend(line);
    }
    Ok(lines)
}

/// A line, if something falls due or is drawn.
fn line(
    input: &Input<'_>,
    held: &Held<'_, Funding>,
    made: &[Line],
) -> Result<Option<Line>, SettleError> {
    let (clause, funding) = (held.clause, held.says);
    let drawn: Vec<_> = input
        .figures(Other::Drawn)
        .filter(|figure| figure.clause == Some(clause.id.to_string()))
        .filter(|figure| held.answers_for(figure.on))
        .collect();
    let parts = parts(input, clause, funding);
    let of_parts = parts.iter().map(|(_, amount)| amount.currency);
    let of_drawn = drawn.iter().filter_map(|figure| figure.amount.currency());
    let stated = funding.amount.map(|amount| amount.currency);
    let Some(currency) = of_parts.chain(stated).chain(of_drawn).next() else { return Ok(None) };
    let brought = input.brought(clause, currency, made);
    let mut steps = Vec::new();
    let mut due = Exact::zero();
    for (day, amount) in parts.iter().filter(|(day, _)| held.answers_for(*day)) {
        steps.push(Step::new(format!("due {day}"), &amount.amount.into()));
        due = due + amount.amount.into();
    }
    let of_month = drawn.iter().filter(|figure| figure.amount.currency() == Some(currency));
    let mut sum = Exact::zero();
    for figure in of_month {
        let amount = Exact::from(figure.amount.number());
        steps.push(Step::new(format!("{}, drawn {}", figure.id, figure.on), &amount));
        sum = sum + amount;
    }
    if steps.is_empty() {
        return Ok(None);
    }
    let all_due = brought.get(DUE) + due.clone();
    let all_drawn = brought.get(DRAWN) + sum.clone();
    let of = funding.amount.map(|amount| Exact::from(amount.amount));
    if let Some(of) = of {
        steps.push(Step::new("funded in all", &of));
    }
    // Where nothing is due by itself, what is drawn is what is paid.
    let amount = if is_scheduled(funding) { due } else { sum };
    let kind = if funding.repayable { LineKind::Loan } else { LineKind::Funding };
    let title = format!("funding of {}", funding.project);
    let line = Line::under(clause, kind, title, &amount, currency)?;
    let balances = vec![brought.carry(DUE, &all_due), brought.carry(DRAWN, &all_drawn)];
    Ok(Some(Line { steps, balances, ..line }))
}

/// Whether the clause says what is due, and so when.
fn is_scheduled(funding: &Funding) -> bool {
    funding.amount.is_some() || !funding.tranches.is_empty()
}

/// The parts that fall due, each on a day that is known; all at once where there are no parts.
fn parts(input: &Input<'_>, clause: &Clause, funding: &Funding) -> Vec<(Date, Money)> {
    let begins = input.starts(clause);
    let day_of = |bound: &Option<Bound>| match bound {
        None => begins,
        Some(bound) => input.terms.day_of(bound, input.known),
    };
    if funding.tranches.is_empty() {
        return begins.zip(funding.amount).into_iter().collect();
    }
    let tranches = funding.tranches.iter();
    tranches.filter_map(|tranche| Some((day_of(&tranche.due)?, tranche.amount))).collect()
}
