//! Commitments over periods: what was taken so far, and in a period's last month what is due for what
//! was not.
//!
//! A commitment over one amount and its whole time is shown as a drawdown, month by month, and is
//! trued up when it ends. What was bought counts towards every commitment it falls under; only a
//! drawdown uses spending up.

mod aside;
mod bought;
mod level;
mod state;

use exact::Exact;
use jiff::civil::Date;
use terms::clause::Commitment;
use terms::in_force::EndedBy;
use terms::value::Currency;
use terms::{Clause, Provision};

use super::holding::{Held, holding};
use super::prices::Priced;
use super::{Balance, Input, Line, LineKind, SettleError, Step, capacity};
use crate::figure::{FigureKind, Other};
use crate::period::{Period, Periods};
use crate::price_increase::MissingIndex;
use crate::take_or_pay::{Taken, TrueUp, pays, true_up};
pub(super) use aside::left_aside;
use level::{Measure, contracted, measure};
use state::{State, UNDELIVERABLE};

/// A line for each, and what is missing to compute others.
pub(super) fn lines(
    input: &Input<'_>,
    priced: &[Priced<'_>],
    drawdowns: &[Line],
) -> Result<(Vec<Line>, Vec<String>), SettleError> {
    let commitments = holding(input, |provision| match provision {
        Provision::Commitment(commitment) => Some(&**commitment),
        _ => None,
    });
    let (mut lines, mut left_out) = (Vec::new(), Vec::new());
    for held in &commitments {
        let (clause, commitment) = (held.clause, held.says);
        let is_computed =
            counted(input, clause, commitment).is_ok() && !is_drawn_down(input, clause, commitment);
        let Some(periods) = periods(input, clause, commitment).filter(|_| is_computed) else {
            continue;
        };
        let of = Of { input, held, clause, commitment, priced, drawdowns };
        match of.lines(periods, &lines)? {
            Ok(of_clause) => lines.extend(of_clause),
            Err(missing) => left_out.push(missing),
        }
    }
    Ok((lines, left_out))
}

/// What could not be supplied so far under a commitment that is drawn down: its drawdowns carry that to
/// the month in which it is trued up. Nothing if all could.
pub(super) fn not_supplied(input: &Input<'_>, clause: &Clause, made: &[Line]) -> Option<Balance> {
    let commitments = holding(input, |provision| match provision {
        Provision::Commitment(commitment) => Some(&**commitment),
        _ => None,
    });
    let held = commitments.iter().find(|held| std::ptr::eq(held.clause, clause))?;
    let (clause, commitment) = (held.clause, held.says);
    if !commitment.counts_undeliverable {
        return None;
    }
    let measure = measure(commitment).ok()?;
    let of = Of { input, held, clause, commitment, priced: &[], drawdowns: &[] };
    let currency = of.currency(&measure);
    let periods = periods(input, clause, commitment)?;
    let periods = periods.overlapping(held.from, held.until);
    let late = periods.iter().map(|period| of.undeliverable(&measure, currency, period));
    let brought = input.brought(clause, None, made);
    let so_far = brought.get(UNDELIVERABLE) + late.sum();
    (so_far != Exact::zero()).then(|| brought.carry(UNDELIVERABLE, &so_far))
}

/// Whether the month shows it as a drawdown alone: not that in which it ends, where it is trued up.
fn is_drawn_down(input: &Input<'_>, clause: &Clause, commitment: &Commitment) -> bool {
    let ends = own_end(input, clause);
    commitment.drawn_down().is_some() && ends.is_none_or(|ends| input.month.end() < ends)
}

/// When it ends of itself, in the last of its versions. What an amendment ends falls short of nothing: its
/// parties have agreed what becomes of it.
fn own_end(input: &Input<'_>, clause: &Clause) -> Option<Date> {
    if let Some(next) = input.terms.successor(clause, input.known) {
        return own_end(input, next);
    }
    let ends = input.terms.ends(clause, input.known)?;
    let then = input.terms.in_force(ends, input.known);
    let lapsed = then.lapsed.into_iter().find(|lapsed| std::ptr::eq(lapsed.clause, clause))?;
    matches!(lapsed.by, EndedBy::Itself(_) | EndedBy::Extended(_)).then_some(ends)
}

/// What it counts in, or why it is not computed. What is counted in units of which nobody reported any,
/// not even none, is not known: capacity that stands is counted in hours.
fn counted(input: &Input<'_>, clause: &Clause, commitment: &Commitment) -> Result<Measure, String> {
    let measure = measure(commitment).map_err(str::to_string)?;
    let Measure::Units { are_hours: false } = measure else { return Ok(measure) };
    let kinds = [Other::Purchased, Other::Paid].map(FigureKind::from);
    let mut figures = input.figures.iter().filter(|figure| kinds.contains(&figure.of));
    let is_reported = figures.any(|figure| {
        figure.on < input.month.end() && figure.amount.currency().is_none() && figure.is_for(clause)
    });
    is_reported.then_some(measure).ok_or_else(|| "what is taken was not reported".to_string())
}

fn periods(input: &Input<'_>, clause: &Clause, commitment: &Commitment) -> Option<Periods> {
    let begins = input.starts(clause)?;
    let ends = own_end(input, clause);
    Periods::of(commitment.minimum.per, commitment.minimum.periods, begins, ends)
}

/// One commitment in the month.
struct Of<'a> {
    input: &'a Input<'a>,
    held: &'a Held<'a, Commitment>,
    clause: &'a Clause,
    commitment: &'a Commitment,
    priced: &'a [Priced<'a>],
    /// What the month draws commitments over one amount down by.
    drawdowns: &'a [Line],
}

impl Of<'_> {
    /// The lines, or what is missing to compute them.
    fn lines(
        &self,
        periods: Periods,
        made: &[Line],
    ) -> Result<Result<Vec<Line>, String>, SettleError> {
        let Of { input, held, clause, commitment, drawdowns, .. } = self;
        let Ok(measure) = measure(commitment) else { return Ok(Ok(Vec::new())) };
        let currency = self.currency(&measure);
        let brought = input.brought(clause, None, made);
        let mut state = State::read(&brought);
        if commitment.drawn_down().is_some() {
            state.taken = capacity::before(input, clause, drawdowns);
        }
        let (mut due, mut used) = (Exact::zero(), Exact::zero());
        let (mut advance, mut owed) = (Exact::zero(), Exact::zero());
        let (mut steps, mut payable) = (Vec::new(), None);
        for period in periods.overlapping(held.from, held.until) {
            let is_new = held.from <= period.begins;
            if is_new && commitment.drawn_down().is_none() {
                state.begin();
            }
            let contracted = match contracted(input, clause, commitment, &measure, &period) {
                Ok(contracted) => contracted,
                Err(MissingIndex { index, on }) => {
                    return Ok(Err(format!("`{}` needs the index {index} of {on}", clause.id)));
                }
            };
            let mut bought = self.bought(&measure, currency, &period);
            bought.taken =
                bought.taken + if is_new { self.credit(&measure, &period)? } else { Exact::zero() };
            if commitment.in_advance && is_new {
                let price = self.price(&measure, currency, &period, &state);
                let Some(price) = price.filter(|_| pays(commitment)) else {
                    return Ok(Err(self.unpriced(&period)));
                };
                let share = Exact::from(commitment.take_or_pay.fraction());
                advance = contracted.clone() * share * price;
                steps.push(Step::new("payable in advance", &advance));
                state.advance = state.advance.clone() + advance.clone();
            }
            let set_off = bought.charged.clone().min(state.advance.clone());
            state.advance = state.advance.clone() - set_off.clone();
            used = used + set_off;
            state.add(&bought);
            let Some(ends) = period.ends.filter(|ends| *ends <= held.until) else {
                steps.push(Step::new("contracted", &contracted));
                steps.push(Step::new("taken this month", &bought.taken));
                steps.push(Step::new("taken so far", &state.taken));
                continue;
            };
            let price = self.price(&measure, currency, &period, &state);
            let taken = Taken {
                ends,
                contracted,
                taken: state.taken.clone(),
                undeliverable: state.undeliverable.clone(),
                price,
            };
            let of_period = true_up(commitment, state.account.clone(), &taken);
            let TrueUp { payment, given_back, account, expired, steps: how, .. } = of_period;
            steps.extend(how);
            let (Some(payment), Some(given_back)) = (payment, given_back) else {
                return Ok(Err(self.unpriced(&period)));
            };
            due = due + payment.clone();
            if payment != Exact::zero() {
                let first = &commitment.shortfall.first;
                let within = first.due_within.unwrap_or(first.cure);
                payable = Some(within.after(ends));
            }
            owed = owed + given_back;
            // What was paid in advance and not used is kept only as far as it is due.
            used = used + state.advance.clone();
            state.close(account, expired);
        }
        if steps.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let balances = state.balances(&brought);
        let label = &clause.id.label;
        let net = due - owed;
        let title = format!("take or pay of {label}");
        let line = if net < Exact::zero() {
            let line = Line::under(clause, LineKind::Credit, title, &-net, currency)?;
            Line { from: clause.holder.clone(), to: clause.grantor.clone(), ..line }
        } else {
            Line::under(clause, LineKind::TakeOrPay, title, &net, currency)?
        };
        let mut lines = vec![Line { steps, balances, payable, ..line }];
        if advance != Exact::zero() {
            let title = format!("advance on {label}");
            lines.push(Line::under(clause, LineKind::Prepayment, title, &advance, currency)?);
        }
        if used != Exact::zero() {
            let title = format!("set off of the advance on {label}");
            let line = Line::under(clause, LineKind::PrepaymentUsed, title, &used, currency)?;
            lines.push(Line { from: line.to.clone(), to: line.from.clone(), ..line });
        }
        Ok(Ok(lines))
    }

    /// What counts as taken without being so.
    fn credit(&self, measure: &Measure, period: &Period) -> Result<Exact, SettleError> {
        let Some(credit) = &self.commitment.credit else { return Ok(Exact::zero()) };
        let until = credit.until.iter();
        let until = until.filter_map(|bound| self.input.terms.day_of(bound, self.input.known));
        let is_over = until.min().is_some_and(|until| until <= period.begins);
        let fits = matches!(measure, Measure::Money(of) if *of == credit.amount.currency);
        if is_over || !fits {
            return Ok(Exact::zero());
        }
        let growth = level::rise(self.input, self.clause, self.commitment, period.begins);
        // Without its index the minimum is not computed either, which is told there.
        Ok(growth.map_or(Exact::zero(), |growth| growth * credit.amount.amount.into()))
    }

    /// The price of a unit at the end of a period: what the supplier asks, or else what was charged on
    /// average. Money is its own price.
    fn price(
        &self,
        measure: &Measure,
        currency: Currency,
        period: &Period,
        state: &State,
    ) -> Option<Exact> {
        if let Measure::Money(_) = measure {
            return Some(Exact::whole(1));
        }
        let last = self.input.month.end().yesterday().ok()?;
        let on = period.ends.and_then(|ends| ends.yesterday().ok()).unwrap_or(last).min(last);
        let asked = self.input.latest(Other::Price, on, |figure| {
            figure.amount.currency() == Some(currency) && figure.is_for(self.clause)
        });
        asked
            .map(|figure| figure.amount.number().into())
            .or_else(|| state.charged.over(&state.priced).filter(|price| Exact::zero() < *price))
    }

    /// The currency it is paid in: its own, that of its rate or of its price, or else of the capacity
    /// under it, this month or earlier.
    fn currency(&self, measure: &Measure) -> Currency {
        let Of { input, clause, commitment, .. } = self;
        let stated = match measure {
            Measure::Money(currency) => Some(*currency),
            Measure::Units { .. } => commitment.shortfall.first.rate.map(|rate| rate.currency),
        };
        let asked = || {
            let last = input.month.end();
            let figure = input.latest(Other::Price, last, |figure| figure.is_for(clause))?;
            figure.amount.currency()
        };
        let earlier = || {
            let last = input.earlier_of(clause).max_by_key(|earlier| earlier.month)?;
            Some(last.amount.currency)
        };
        let supplied = || {
            let (customer, supplier) = (&clause.grantor, &clause.holder);
            let mut priced = self.priced.iter().map(|priced| priced.capacity);
            let of_clause = priced
                .find(|capacity| capacity::is_between(input, clause, customer, supplier, capacity));
            of_clause.map(|capacity| capacity.price.currency)
        };
        stated.or_else(asked).or_else(earlier).or_else(supplied).unwrap_or(Currency::USD)
    }

    fn unpriced(&self, period: &Period) -> String {
        let ends = period.ends.map_or(String::new(), |ends| format!(" before {ends}"));
        format!("`{}` needs the price of a unit{ends}, which nobody reported", self.clause.id)
    }
}
