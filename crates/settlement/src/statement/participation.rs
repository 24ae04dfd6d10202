//! Profit participations: one line for each in the last month of its period.

use std::collections::BTreeSet;

use jiff::civil::Date;
use terms::clause::{Profit, ProfitParticipation};
use terms::value::Currency;
use terms::{Clause, Provision};

use super::holding::holding;
use super::{Brought, Input, Line, LineKind, SettleError, Stage, Step};
use crate::exchange;
use crate::figure::{Amount, Figure, FigureKind, Other};
use crate::month::Month;
use crate::participation::shared;
use crate::rating::Rated;
use crate::share::Window;
use exact::Exact;

const LOSS: &str = "loss to make up";
const PAID: &str = "paid in all";

/// The lines, and what had to be left out: a period whose profit nobody reported.
pub(super) fn lines(
    input: &Input<'_>,
    rated: &[Rated<'_>],
) -> Result<(Vec<Line>, Vec<String>), SettleError> {
    let held = holding(input, |provision| match provision {
        Provision::ProfitParticipation(terms) => Some(terms),
        _ => None,
    });
    let mut lines = Vec::new();
    let mut open = BTreeSet::new();
    for held in &held {
        let (clause, terms) = (held.clause, held.says);
        let period = Period::of(input, held);
        // What was sold is added up from the first month on: what it cost may be reported in the last.
        let adds_up = terms.profit == Profit::GrossProfit && !period.is_over;
        if !adds_up && (!period.is_over || is_unused(input, clause, terms)) {
            continue;
        }
        match work(input, rated, held, &period, &lines) {
            Ok(course) => lines.push(line(clause, terms, &period, course)?),
            Err(reason) => _ = open.insert(reason),
        }
    }
    Ok((lines, open.into_iter().collect()))
}

/// Whether nobody has ever reported the profit that a participation is of: the parties do not live by
/// it, and a statement names it instead of waiting for it. Once they do, a period without is open.
pub(super) fn is_unused(input: &Input<'_>, clause: &Clause, terms: &ProfitParticipation) -> bool {
    let kind = FigureKind::from(match terms.profit {
        Profit::NetProfit => Other::Profit,
        Profit::GrossProfit => Other::CostOfSales,
        Profit::Ebit => Other::Ebit,
        Profit::Ebitda => Other::Ebitda,
    });
    !input
        .figures
        .iter()
        .any(|figure| figure.of == kind && figure.party == clause.grantor && figure.is_for(clause))
}

/// A participation with the days of the month on which it holds.
type Held<'a> = super::holding::Held<'a, ProfitParticipation>;

/// The period of a participation that the month lies in.
struct Period {
    window: Window,
    starts: Option<Date>,
    ends: Option<Date>,
    is_over: bool,
}

impl Period {
    fn of(input: &Input<'_>, held: &Held<'_>) -> Period {
        let (starts, ends) = (input.starts(held.clause), input.ends(held.clause));
        let window = Window::period(held.says.period, starts, input.month);
        let ends_now =
            window.ends_in(input.month) || ends.is_some_and(|ends| ends <= input.month.end());
        Period { window, starts, ends, is_over: ends_now && !held.goes_on(input) }
    }

    /// Whether a day counts: it is in the period so far, and the clause held.
    fn holds(&self, day: Date, now: Month) -> bool {
        let month = Month::of(day);
        month <= now
            && self.window.holds(month)
            && self.starts.is_none_or(|starts| starts <= day)
            && self.ends.is_none_or(|ends| day < ends)
    }
}

/// What a participation comes to, or why that cannot be said.
fn work(
    input: &Input<'_>,
    rated: &[Rated<'_>],
    held: &Held<'_>,
    period: &Period,
    made: &[Line],
) -> Result<Course, String> {
    let (clause, terms) = (held.clause, held.says);
    let counts = |figure: &&Figure| {
        figure.party == clause.grantor
            && figure.is_for(clause)
            && period.holds(figure.on, input.month)
    };
    let figures: Vec<_> = input.figures.iter().filter(counts).collect();
    let is_gross = terms.profit == Profit::GrossProfit;
    let calls = rated.iter().filter(|group| is_gross && is_of(input, held, group));
    let calls: Vec<_> = calls.collect();
    let of_figures = figures.iter().filter_map(|figure| figure.amount.currency());
    let of_calls = calls.iter().map(|group| group.currency());
    let stated = terms.threshold.map(|threshold| threshold.currency);
    let currency = stated.or_else(|| of_figures.chain(of_calls).next()).unwrap_or(Currency::USD);
    let brought = input.brought(clause, currency, made);
    let (steps, balances, due) = (Vec::new(), Vec::new(), Exact::zero());
    let mut course = Course { currency, due, steps, balances, brought };
    let profit = match terms.profit {
        Profit::GrossProfit => course.gross_profit(input, clause, period, &figures, &calls)?,
        Profit::NetProfit => course.reported(input, clause, period, &figures, Other::Profit)?,
        Profit::Ebit => course.reported(input, clause, period, &figures, Other::Ebit)?,
        Profit::Ebitda => course.reported(input, clause, period, &figures, Other::Ebitda)?,
    };
    if period.is_over {
        course.due = course.due(input, clause, terms, &profit)?;
    } else {
        // Nothing is due yet; what was brought forward is carried on.
        let names = [LOSS, PAID];
        let carried = names.iter().filter_map(|name| Some((*name, course.brought.find(name)?)));
        let carried: Vec<_> = carried.map(|(name, sum)| (name.to_string(), sum)).collect();
        course.balances.extend(carried);
    }
    Ok(course)
}

/// The line of what a participation comes to. Of a loss the holder owes its share to the grantor.
fn line(
    clause: &Clause,
    terms: &ProfitParticipation,
    period: &Period,
    course: Course,
) -> Result<Line, SettleError> {
    let Course { currency, due, steps, mut balances, brought } = course;
    let title = format!("profit participation {} to {}", clause.grantor, clause.holder);
    let is_loss = due < Exact::zero();
    let signed = |amount: Exact| if is_loss { -amount } else { amount };
    let kind = LineKind::ProfitParticipation;
    let line = Line::under(clause, kind, title, &signed(due), currency)?;
    let (from, to) = match is_loss {
        true => (line.to.clone(), line.from.clone()),
        false => (line.from.clone(), line.to.clone()),
    };
    if terms.cap_multiple.is_some() && period.is_over {
        let paid = brought.get(PAID) + signed(line.amount.amount.into());
        balances.push((PAID.to_string(), paid));
    }
    let balances = balances.iter().map(|(name, carried)| brought.carry(name, carried)).collect();
    let last = period.window.last.filter(|_| period.is_over);
    let payable = last.map(|last| terms.payment_delay.after(last.first().last_of_month()));
    Ok(Line { from, to, steps, balances, payable, ..line })
}

/// Whether calls are the grantor's revenue and fall in the clause's scope.
fn is_of(input: &Input<'_>, held: &Held<'_>, group: &Rated<'_>) -> bool {
    let registry = &input.terms.registry;
    held.days.contains(&group.usage.day)
        && registry.is_affiliate(group.seller.as_str(), held.clause.grantor.as_str())
        && held.clause.scope.holds(&group.point(registry))
}

/// A computation in one currency.
struct Course {
    currency: Currency,
    due: Exact,
    steps: Vec<Step>,
    balances: Vec<(String, Exact)>,
    brought: Brought,
}

impl Course {
    fn step(&mut self, stage: Stage, name: impl Into<String>, given: &Exact, value: &Exact) {
        self.steps.push(Step::new(name, value).of(stage).from(given));
    }

    /// The sum of figures of a kind; `None` if there is none.
    fn sum(
        &mut self,
        input: &Input<'_>,
        figures: &[&Figure],
        kind: Other,
    ) -> Result<Option<Exact>, String> {
        let mut sum = None;
        let kind = FigureKind::from(kind);
        for figure in figures.iter().filter(|figure| figure.of == kind) {
            let worth = match figure.amount {
                Amount::Number(number) => Exact::from(number),
                Amount::Money(money) => {
                    let (registry, amount) = (&input.terms.registry, money.amount.into());
                    let (from, into) = (money.currency, self.currency);
                    let worth = exchange::convert(registry, &amount, from, into, figure.on);
                    worth.map_err(|why| format!("`{}` cannot be counted: {why}", figure.id))?.0
                }
            };
            let name = format!("{} ({})", kind.word().replace('_', " "), figure.id);
            self.steps.push(Step::new(name, &worth).of(Stage::Base));
            sum = Some(sum.unwrap_or_else(Exact::zero) + worth);
        }
        Ok(sum)
    }

    fn reported(
        &mut self,
        input: &Input<'_>,
        clause: &Clause,
        period: &Period,
        figures: &[&Figure],
        kind: Other,
    ) -> Result<Exact, String> {
        self.sum(input, figures, kind)?.ok_or_else(|| missing(clause, period, kind))
    }

    /// Revenue of the period so far, less what was sold cost.
    fn gross_profit(
        &mut self,
        input: &Input<'_>,
        clause: &Clause,
        period: &Period,
        figures: &[&Figure],
        calls: &[&Rated<'_>],
    ) -> Result<Exact, String> {
        let mut charged = Exact::zero();
        for group in calls {
            let amount = group.amount_in(&input.terms.registry, self.currency);
            let amount = amount.map_err(|why| format!("`{}` cannot be computed: {why}", clause.id));
            charged = charged + amount?;
        }
        let name = format!("charged in {}", period.window);
        let so_far = self.brought.get(&name) + charged.clone();
        self.step(Stage::Base, &name, &charged, &so_far);
        if !period.is_over {
            self.balances.push((name, so_far.clone()));
        }
        let revenue = self.sum(input, figures, Other::Revenue)?.unwrap_or_default();
        let cost = self.sum(input, figures, Other::CostOfSales)?;
        let revenue = so_far + revenue;
        let cost = match cost {
            Some(cost) => cost,
            None if !period.is_over || revenue == Exact::zero() => Exact::zero(),
            None => return Err(missing(clause, period, Other::CostOfSales)),
        };
        let profit = revenue.clone() - cost;
        self.step(Stage::Base, "gross profit", &revenue, &profit);
        Ok(profit)
    }

    /// What is due on a period's profit.
    fn due(
        &mut self,
        input: &Input<'_>,
        clause: &Clause,
        terms: &ProfitParticipation,
        profit: &Exact,
    ) -> Result<Exact, String> {
        let loss = self.brought.get(LOSS);
        if loss != Exact::zero() {
            self.step(Stage::Deductions, "loss brought forward", profit, &-loss.clone());
        }
        let threshold = terms.threshold.map_or(Exact::zero(), |money| money.amount.into());
        let (mut above, left) = shared(profit, &loss, &threshold);
        // A loss that the holder bears with the grantor is not made up once more.
        let is_borne = terms.losses && *profit < Exact::zero();
        if is_borne {
            above = profit.clone();
        }
        if terms.loss_carry_forward && !terms.losses {
            self.balances.push((LOSS.to_string(), left.clone()));
            if left != Exact::zero() {
                self.step(Stage::Deductions, "loss carried forward", profit, &left);
            }
        }
        if let Some(threshold) = terms.threshold {
            self.step(Stage::Tiers, format!("above {threshold}"), profit, &above);
        }
        let due = above.clone() * terms.share.fraction().into();
        self.step(Stage::Tiers, format!("{} of {above}", terms.share), &above, &due);
        let due = self.capped(input, clause, terms, due)?;
        self.steps.push(Step::new("due", &due).of(Stage::Rounding));
        Ok(due)
    }

    /// What the cap leaves: a multiple of what the holder invested.
    fn capped(
        &mut self,
        input: &Input<'_>,
        clause: &Clause,
        terms: &ProfitParticipation,
        due: Exact,
    ) -> Result<Exact, String> {
        let Some(multiple) = terms.cap_multiple else { return Ok(due) };
        let invested = invested(input, clause, self.currency);
        if invested == Exact::zero() {
            let (id, holder, grantor) = (&clause.id, &clause.holder, &clause.grantor);
            return Err(format!(
                "`{id}` is capped by what {holder} invested in {grantor}, and no amount of that is known"
            ));
        }
        let cap = invested.clone() * multiple.fraction().into();
        self.step(
            Stage::LifetimeCap,
            format!("cap, {multiple} of what was invested"),
            &invested,
            &cap,
        );
        let left = (cap.clone() - self.brought.get(PAID)).max(Exact::zero());
        self.step(Stage::LifetimeCap, "left under the cap", &cap, &left);
        let capped = due.clone().min(left);
        if capped != due {
            self.step(Stage::LifetimeCap, "capped off", &due, &(due.clone() - capped.clone()));
        }
        Ok(capped)
    }
}

fn missing(clause: &Clause, period: &Period, kind: Other) -> String {
    let (id, grantor, window) = (&clause.id, &clause.grantor, period.window);
    let kind = FigureKind::from(kind);
    format!("`{id}` needs `{kind}` of {grantor} for {window}, and nobody reported it")
}

/// What the holder has put into the grantor by the end of the month.
fn invested(input: &Input<'_>, clause: &Clause, currency: Currency) -> Exact {
    let terms = input.terms;
    let amounts = terms.clauses.iter().filter_map(|known| {
        let Provision::Investment(investment) = &known.provision else { return None };
        let has_begun = terms.knows(known.document, input.known)
            && terms.starts(known, input.known).is_some_and(|starts| starts < input.month.end());
        let is_of = known.holder == clause.holder && known.grantor == clause.grantor;
        let amount = investment.amount.filter(|amount| amount.currency == currency)?;
        (has_begun && is_of).then(|| Exact::from(amount.amount))
    });
    amounts.sum()
}
