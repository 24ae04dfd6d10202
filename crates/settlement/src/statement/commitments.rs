//! Commitments over periods: what was taken so far, and in a period's last month what is due for what
//! was not.
//!
//! A commitment over one amount and its whole time is shown as a drawdown, month by month, and is
//! trued up when it ends. What was bought counts towards every commitment it falls under; only a
//! drawdown uses spending up.

mod level;
mod state;

use std::collections::BTreeSet;

use exact::Exact;
use jiff::civil::Date;
use terms::clause::{
    ChosenBy, Commitment, CommitmentMeasure, Effort, MakeUp, Shortfall, ShortfallRemedy,
};
use terms::in_force::EndedBy;
use terms::value::Currency;
use terms::{Clause, Duration, Provision, Unit};

use super::holding::holding;
use super::prices::Priced;
use super::{Balance, Input, Line, LineKind, SettleError, Step, capacity};
use crate::figure::{Figure, FigureKind, Other};
use crate::period::{Period, Periods};
use crate::price_increase::MissingIndex;
use crate::take_or_pay::{Taken, TrueUp, is_payment, pays, true_up};
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
    for (clause, commitment, days) in commitments {
        let is_computed =
            counted(input, clause, commitment).is_ok() && !is_drawn_down(input, clause, commitment);
        let Some(periods) = periods(input, clause, commitment).filter(|_| is_computed) else {
            continue;
        };
        let of = Of { input, clause, commitment, priced, drawdowns, days };
        match of.lines(periods)? {
            Ok(of_clause) => lines.extend(of_clause),
            Err(missing) => left_out.push(missing),
        }
    }
    Ok((lines, left_out))
}

/// What could not be supplied so far under a commitment that is drawn down: its drawdowns carry that to
/// the month in which it is trued up. Nothing if all could.
pub(super) fn not_supplied(input: &Input<'_>, clause: &Clause) -> Option<Balance> {
    let commitments = holding(input, |provision| match provision {
        Provision::Commitment(commitment) => Some(&**commitment),
        _ => None,
    });
    let mut commitments = commitments.into_iter();
    let (clause, commitment, days) =
        commitments.find(|(known, ..)| std::ptr::eq(*known, clause))?;
    if !commitment.counts_undeliverable {
        return None;
    }
    let measure = measure(commitment).ok()?;
    let of = Of { input, clause, commitment, priced: &[], drawdowns: &[], days };
    let currency = of.currency(&measure);
    let periods = periods(input, clause, commitment)?;
    let periods = periods.overlapping(input.month.first(), input.month.end());
    let late = periods.iter().map(|period| of.undeliverable(&measure, currency, period));
    let brought = input.brought(clause, None);
    let so_far = brought.get(UNDELIVERABLE) + late.sum();
    (so_far != Exact::zero()).then(|| brought.carry(UNDELIVERABLE, &so_far))
}

/// Whether the month shows it as a drawdown alone: not that in which it ends, where it is trued up.
fn is_drawn_down(input: &Input<'_>, clause: &Clause, commitment: &Commitment) -> bool {
    let ends = own_end(input, clause);
    commitment.drawn_down().is_some() && ends.is_none_or(|ends| input.month.end() < ends)
}

/// When it ends of itself. What an amendment ends falls short of nothing: its parties have agreed what
/// becomes of it.
fn own_end(input: &Input<'_>, clause: &Clause) -> Option<Date> {
    let ends = input.terms.ends(clause, input.known)?;
    let then = input.terms.in_force(ends, input.known);
    let lapsed = then.lapsed.into_iter().find(|lapsed| std::ptr::eq(lapsed.clause, clause))?;
    matches!(lapsed.by, EndedBy::Itself(_) | EndedBy::Extended(_)).then_some(ends)
}

/// What a commitment says that its line does not follow; nothing if it follows all of it.
pub(super) fn left_aside(input: &Input<'_>, clause: &Clause) -> Option<String> {
    let Provision::Commitment(commitment) = &clause.provision else { return None };
    if let Err(aside) = counted(input, clause, commitment) {
        return Some(aside);
    }
    input.terms.starts(clause, input.known)?;
    let Some(periods) = periods(input, clause, commitment) else {
        return Some(format!("per = {}", commitment.minimum.per));
    };
    let first = &commitment.shortfall.first;
    let mut aside: Vec<String> = Vec::new();
    if commitment.effort != Effort::Absolute {
        aside.push(format!("effort = {}", commitment.effort));
    }
    let others = first.remedy.iter().filter(|remedy| is_choice(first) || !is_payment(**remedy));
    let others = others.filter(|remedy| **remedy != ShortfallRemedy::None);
    let others: Vec<String> = others.map(ToString::to_string).collect();
    if !others.is_empty() {
        aside.push(format!("shortfall_remedy = {}", others.join(", ")));
    }
    if first.occurrences > 1 {
        aside.push(format!("occurrences = {}", first.occurrences));
    }
    let ends_within = |expires: Duration| match (periods.months(), expires.unit) {
        (Some(months), Unit::Months) => !expires.count.is_multiple_of(months),
        (None, _) => false,
        _ => true,
    };
    let make_up = commitment.make_up.as_ref().map(|make_up: &MakeUp| make_up.expires);
    if make_up.is_some_and(ends_within) {
        aside.push("make_up that expires within a period".to_string());
    }
    let ends = input.terms.ends(clause, input.known);
    if ends.is_some_and(|ends| ends <= input.month.end() && own_end(input, clause).is_none()) {
        aside.push("what is due as an amendment ends it".to_string());
    }
    // What is drawn down has one line a month, and none for an advance.
    if commitment.in_advance && commitment.drawn_down().is_some() {
        return Some("in_advance".to_string());
    }
    let further = !commitment.shortfall.further.is_empty();
    let rest = [
        ("further_remedy", further),
        ("towards", commitment.towards.is_some()),
        ("subject_to", !commitment.subject_to.is_empty()),
    ];
    let rest = rest.into_iter().filter(|(_, is_said)| *is_said).map(|(name, _)| name.to_string());
    aside.extend(rest);
    // A drawdown is what it is; what follows when it ends is said in that month.
    (!aside.is_empty() && !is_drawn_down(input, clause, commitment)).then(|| aside.join(", "))
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
    let begins = input.terms.starts(clause, input.known)?;
    let ends = own_end(input, clause);
    Periods::of(commitment.minimum.per, commitment.minimum.periods, begins, ends)
}

/// Whether somebody chooses between remedies.
fn is_choice(shortfall: &Shortfall) -> bool {
    shortfall.remedy.len() > 1 && shortfall.chosen_by != ChosenBy::Nobody
}

/// One commitment in the month.
struct Of<'a> {
    input: &'a Input<'a>,
    clause: &'a Clause,
    commitment: &'a Commitment,
    priced: &'a [Priced<'a>],
    /// What the month draws commitments over one amount down by.
    drawdowns: &'a [Line],
    days: BTreeSet<Date>,
}

/// What was bought in a stretch.
#[derive(Default)]
struct Bought {
    taken: Exact,
    charged: Exact,
    /// The units that `charged` is for.
    priced: Exact,
    undeliverable: Exact,
}

impl Of<'_> {
    /// The lines, or what is missing to compute them.
    fn lines(&self, periods: Periods) -> Result<Result<Vec<Line>, String>, SettleError> {
        let Of { input, clause, commitment, .. } = self;
        let Ok(measure) = measure(commitment) else { return Ok(Ok(Vec::new())) };
        let currency = self.currency(&measure);
        let brought = input.brought(clause, None);
        let mut state = State::read(&brought);
        if commitment.drawn_down().is_some() {
            state.taken = capacity::before(input, clause);
        }
        let (mut due, mut used) = (Exact::zero(), Exact::zero());
        let (mut advance, mut owed) = (Exact::zero(), Exact::zero());
        let (mut steps, mut payable) = (Vec::new(), None);
        for period in periods.overlapping(input.month.first(), input.month.end()) {
            let is_new = input.month.first() <= period.begins;
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
            let Some(ends) = period.ends.filter(|ends| *ends <= input.month.end()) else {
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

    /// What was bought on the month's days in a period, and what could not be supplied.
    fn bought(&self, measure: &Measure, currency: Currency, period: &Period) -> Bought {
        let Of { input, clause, .. } = self;
        let mut bought = Bought::default();
        let id = clause.id.to_string();
        if let Some(line) = self.drawdowns.iter().find(|line| line.clause == id) {
            // What several commitments share is drawn from one of them.
            bought.taken = Exact::from(line.amount.amount);
            bought.undeliverable = self.undeliverable(measure, currency, period);
            return bought;
        }
        let counts = |day: Date| self.days.contains(&day) && period.holds(day);
        let payments = self.commitment.measure == CommitmentMeasure::Payments;
        let of_clause = self.priced.iter().filter(|priced| {
            !payments
                && counts(priced.capacity.day)
                && priced.capacity.price.currency == currency
                && capacity::is_between(
                    input,
                    clause,
                    &clause.grantor,
                    &clause.holder,
                    priced.capacity,
                )
        });
        for priced in of_clause {
            match measure {
                Measure::Money(_) => bought.taken = bought.taken + priced.charge(),
                Measure::Units { are_hours: true } => {
                    bought.taken = bought.taken + priced.hours();
                    bought.priced = bought.priced + priced.hours();
                }
                Measure::Units { .. } => continue,
            }
            bought.charged = bought.charged + priced.charge();
        }
        let (mut units, mut paid) = (Exact::zero(), Exact::zero());
        let kind = if payments { Other::Paid } else { Other::Purchased };
        for figure in self.figures(kind).filter(|figure| counts(figure.on)) {
            let amount = Exact::from(figure.amount.number());
            match figure.amount.currency() {
                None => units = units + amount,
                Some(of) if of == currency => paid = paid + amount,
                Some(_) => {}
            }
        }
        bought.charged = bought.charged + paid.clone();
        match measure {
            Measure::Money(_) => bought.taken = bought.taken + paid,
            Measure::Units { .. } => {
                // Units of which nobody said what they cost say nothing of the price.
                if paid != Exact::zero() {
                    bought.priced = bought.priced + units.clone();
                }
                bought.taken = bought.taken + units;
            }
        }
        bought.undeliverable = self.undeliverable(measure, currency, period);
        bought
    }

    /// What could not be supplied on the month's days in a period.
    fn undeliverable(&self, measure: &Measure, currency: Currency, period: &Period) -> Exact {
        let figures = self.figures(Other::Undeliverable).filter(|figure| {
            let fits = match measure {
                Measure::Money(_) => figure.amount.currency() == Some(currency),
                Measure::Units { .. } => figure.amount.currency().is_none(),
            };
            fits && self.days.contains(&figure.on) && period.holds(figure.on)
        });
        let reported: Exact = figures.map(|figure| Exact::from(figure.amount.number())).sum();
        let late = self.input.undelivered.iter().filter(|late| {
            let (customer, supplier) = (&self.clause.grantor, &self.clause.holder);
            self.days.contains(&late.day)
                && period.holds(late.day)
                && late.price.currency == currency
                && capacity::is_between(self.input, self.clause, customer, supplier, late)
        });
        // What a supplier delivers late it could not supply. Source: domain rules §2.4.
        let late = late.map(|late| match measure {
            Measure::Money(_) => late.charge(),
            Measure::Units { are_hours: true } => Exact::whole(late.accelerator_hours),
            Measure::Units { are_hours: false } => Exact::zero(),
        });
        reported + late.sum()
    }

    /// The month's figures of a kind that count for it.
    fn figures(&self, kind: Other) -> impl Iterator<Item = &Figure> {
        let registry = &self.input.terms.registry;
        let (customer, supplier) = (self.clause.grantor.as_str(), self.clause.holder.as_str());
        self.input.figures(kind).filter(move |figure| {
            let side = |party: &str| {
                registry.is_affiliate(party, customer) || registry.is_affiliate(party, supplier)
            };
            figure.is_for(self.clause)
                && side(figure.party.as_str())
                && figure.to.as_ref().is_none_or(|to| side(to.as_str()))
        })
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
            let id = clause.id.to_string();
            let earlier = input.earlier.iter().rfind(|earlier| earlier.clause == id)?;
            Some(earlier.amount.currency)
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
