//! Revenue shares: one line for each clause that holds on a day of the month, and one for each sum
//! that is paid ahead or beside, or kept back for it.

mod case;
mod figures;

use std::collections::{BTreeMap, BTreeSet};

use terms::Provision;
use terms::clause::{Intercompany, RevenueShare};
use terms::value::Currency;

use super::holding::{carried_on, holding};
use super::{Balance, Brought, Input, Line, LineKind, SettleError, Stage, Step, assumed, revenue};
use crate::rating::Rated;
use crate::share::{Worked, circle};
use case::Case;
use exact::Exact;

/// A revenue share with the days of the month on which it holds.
type Held<'a> = super::holding::Held<'a, RevenueShare>;

/// Calls in a share's base, with what was charged for them in the currency the share counts in.
struct Charged<'r> {
    group: &'r Rated<'r>,
    amount: Exact,
}

/// The lines, and what had to be left out: what was charged in a currency that cannot be converted into
/// that of its share, a figure nobody reported, and shares that rest on each other in a way that has no
/// answer. `others` are the lines of other clauses that a share may be of.
///
/// A share whose tiers or caps name amounts counts in their currency, and what was charged in another is
/// converted at the rate of its day. A share that names none is due in each currency that was charged.
pub(super) fn lines(
    input: &Input<'_>,
    rated: &[Rated<'_>],
    others: &[Line],
) -> Result<(Vec<Line>, Vec<String>), SettleError> {
    let held = holding(input, |provision| match provision {
        Provision::RevenueShare(share) => Some(share),
        _ => None,
    });
    let mut left_out = Vec::new();
    let cases = cases(input, rated, &held, others, &mut left_out);
    let feeds: Vec<Vec<usize>> = cases.iter().map(|case| feeds(&cases, case)).collect();
    let is_fed = feeds.iter().any(|from| !from.is_empty());
    let nothing = vec![Exact::zero(); cases.len()];
    let received = match is_fed {
        true => circle::solve(&feeds, |at, received| due(&works(&cases, at, received))),
        false => Some(nothing.clone()),
    };
    if received.is_none() {
        let fed = cases.iter().zip(&feeds).filter(|(_, from)| !from.is_empty());
        let fed: Vec<_> = fed.map(|(case, _)| format!("`{}`", case.held.clause.id)).collect();
        let fed = fed.join(", ");
        left_out.push(format!("{fed} rest on each other, and no amounts fit them all"));
    }
    let mut lines: Vec<Line> = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let received = match &received {
            Some(received) => &received[at],
            None if feeds[at].is_empty() => &nothing[at],
            None => continue,
        };
        let brought = input.brought(case.held.clause, case.currency, &lines);
        lines.extend(case_lines(input, case, case.work(received, &brought))?);
    }
    left_out.dedup();
    Ok((lines, left_out))
}

/// What a case comes to when all receive so much: after the version it carries on in this month, if it
/// carries one on.
fn works(cases: &[Case<'_>], at: usize, received: &[Exact]) -> Vec<Worked> {
    let case = &cases[at];
    let before = case.carries_on.map(|before| works(cases, before, received));
    let brought = before.map(|works| Brought::of(works.iter().flat_map(|of| &of.balances)));
    case.work(&received[at], brought.as_ref().unwrap_or(&case.brought))
}

/// What that sums to.
fn due(works: &[Worked]) -> Exact {
    works.iter().map(|worked| worked.due.clone()).sum()
}

/// The cases of all shares. One that is of another clause is due in the currencies of that.
fn cases<'a>(
    input: &'a Input<'a>,
    rated: &'a [Rated<'a>],
    held: &[Held<'a>],
    others: &[Line],
    open: &mut Vec<String>,
) -> Vec<Case<'a>> {
    let mut currencies: BTreeMap<String, BTreeSet<Currency>> = BTreeMap::new();
    for line in others {
        currencies.entry(line.clause.clone()).or_default().insert(line.amount.currency);
    }
    let mut waiting: Vec<usize> = (0..held.len()).collect();
    let mut found: Vec<(usize, Vec<Case<'a>>)> = Vec::new();
    while !waiting.is_empty() {
        // Shares that go round in a circle are of what the first of them is in.
        let is_known = |at: &usize| match &held[*at].says.of {
            None => true,
            Some(of) => currencies.contains_key(&of.to_string()),
        };
        let next = waiting.iter().position(is_known).unwrap_or(0);
        let at = waiting.remove(next);
        let of = held[at].says.of.as_ref().and_then(|of| currencies.get(&of.to_string()));
        let known = of.cloned().unwrap_or_default();
        let cases = case::cases(input, rated, held, &held[at], others, &known, open);
        let in_currencies = cases.iter().map(|case| case.currency);
        currencies.entry(held[at].clause.id.to_string()).or_default().extend(in_currencies);
        found.push((at, cases));
    }
    found.sort_by_key(|(at, _)| *at);
    let mut cases: Vec<Case<'_>> = found.into_iter().flat_map(|(_, cases)| cases).collect();
    for at in 0..cases.len() {
        let Some(before) = carried_on(input, held, cases[at].held.clause) else { continue };
        let is_before = |case: &Case<'_>| {
            std::ptr::eq(case.held.clause, held[before].clause)
                && case.currency == cases[at].currency
        };
        cases[at].carries_on = cases.iter().position(is_before);
        if let Some(before) = cases[at].carries_on {
            let parts: Vec<String> = cases[before].parts().map(str::to_string).collect();
            cases[at].count_on(&parts);
        }
    }
    cases
}

/// The cases whose dues a case counts: of the clause it is of, or all that the other party pays.
fn feeds(cases: &[Case<'_>], case: &Case<'_>) -> Vec<usize> {
    let (clause, share) = (case.held.clause, case.held.says);
    let counts = |other: &Case<'_>| {
        let (payer, payee) = (&other.held.clause.grantor, &other.held.clause.holder);
        let is_counted = match &share.of {
            Some(of) => other.held.clause.id == *of && *payee == clause.grantor,
            None => {
                share.intercompany == Intercompany::Included
                    && *payee == clause.grantor
                    && *payer == clause.holder
            }
        };
        is_counted && other.currency == case.currency
    };
    cases.iter().enumerate().filter(|(_, other)| counts(other)).map(|(at, _)| at).collect()
}

/// The line of a share, and those of what is paid ahead or beside or kept back.
fn case_lines(
    input: &Input<'_>,
    case: &Case<'_>,
    mut works: Vec<Worked>,
) -> Result<Vec<Line>, SettleError> {
    let (clause, currency) = (case.held.clause, case.currency);
    let due = due(&works);
    let recouped: Exact = works.iter().map(|worked| worked.recouped.clone()).sum();
    let mut title = format!("revenue share {} to {}", clause.grantor, clause.holder);
    if let (Some(first), Some(last)) = (case.held.days.first(), case.held.days.last())
        && case.held.days.len() < input.month.days().count()
    {
        title = format!("{title}, {first} to {last}");
    }
    let line = Line::under(clause, LineKind::RevenueShare, title.clone(), &due, currency)?;
    // The cap counts what is paid, and that is whole cents; of several parts the first has the rest.
    let rest = Exact::from(line.amount.amount) - due;
    if let Some(first) = works.first_mut() {
        first.round(&rest);
    }
    let mut steps = converted(&case.calls, currency);
    let mut balances: Vec<Balance> = Vec::new();
    for worked in works {
        steps.extend(worked.steps);
        // What is of no part, as an advance, is carried as the last part leaves it.
        let is_new = |known: &Balance| worked.balances.iter().all(|new| new.name != known.name);
        balances.retain(is_new);
        balances.extend(worked.balances);
    }
    let share = revenue::sums(case.calls.iter().map(|charged| (charged.group, &charged.amount)));
    let last = case.when.period.last.map(|last| last.first().last_of_month());
    let payable = last.map(|last| case.held.says.payment_delay.after(last));
    let assumed = assumed_of(case);
    let mut lines = vec![Line { steps, days: share, balances, payable, assumed, ..line }];
    if recouped != Exact::zero() {
        let title = format!("recouped of {title}");
        lines.push(Line::under(clause, LineKind::Recoupment, title, &recouped, currency)?);
    }
    lines.extend(sums(input, case)?);
    Ok(lines)
}

/// What a share rests on that no source states: its own values, and those of the price lists.
fn assumed_of(case: &Case<'_>) -> Vec<terms::Parameter> {
    let mut assumed = assumed(case.held.clause);
    for value in case.calls.iter().filter_map(|charged| revenue::assumed_of(charged.group)) {
        if !assumed.contains(&value) {
            assumed.push(value);
        }
    }
    assumed
}

/// The sums that fall due in the month, ahead of a share or beside it.
fn sums(input: &Input<'_>, case: &Case<'_>) -> Result<Vec<Line>, SettleError> {
    let clause = case.held.clause;
    let mut lines = Vec::new();
    for advance in &case.held.says.advances {
        let due = case::due_on(input, clause, advance).filter(|day| case.held.answers_for(*day));
        let Some(due) = due else { continue };
        let (kind, what) = match advance.recoupable {
            true => (LineKind::Advance, "advance on"),
            false => (LineKind::LumpSum, "sum beside"),
        };
        let title = format!("{what} revenue share {} to {}", clause.grantor, clause.holder);
        let amount = Exact::from(advance.amount.amount);
        let line = Line::under(clause, kind, title, &amount, case.currency)?;
        lines.push(Line { payable: Some(due), ..line });
    }
    Ok(lines)
}

/// What was charged in other currencies than a share counts in, each before it is converted.
fn converted(base: &[Charged<'_>], into: Currency) -> Vec<Step> {
    let mut charged: BTreeMap<Currency, Exact> = BTreeMap::new();
    for Charged { group, .. } in base.iter().filter(|charged| charged.group.currency() != into) {
        let sum = charged.entry(group.currency()).or_default();
        *sum = std::mem::take(sum) + group.amount.clone();
    }
    let step = |(from, sum): (Currency, Exact)| {
        Step::new(format!("charged in {from}, converted to {into} day by day"), &sum)
            .of(Stage::Base)
    };
    charged.into_iter().map(step).collect()
}
