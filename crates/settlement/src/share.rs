//! What a revenue share comes to. Source: domain rules §1.10, in the canonical order given there.
//!
//! Each stage is a small rule over exact amounts in a file of its own. A rule that holds over more than
//! a month is applied to the sum so far, less what it came to before: so the months of a period come to
//! what the period comes to, however its sums are split among them, and a month may take back what an
//! earlier one of its period had too much.
//!
//! Read in this order: [`deductions`], [`tiers`], [`reductions`], [`credits`], [`guarantee`],
//! [`recoupment`], [`caps`]; [`circle`] where shares count each other.

mod account;
pub mod caps;
pub mod circle;
pub mod credits;
pub mod deductions;
pub mod guarantee;
pub mod recoupment;
pub mod reductions;
pub mod tiers;
mod window;

use terms::clause::{Advance, Base, Deduction, GuaranteeTest, MinimumGuarantee, RevenueShare};

use crate::month::Month;
use crate::statement::{Balance, Brought, Stage, Step};
pub(crate) use account::parts;
use account::{Account, SoFar};
use exact::Exact;
pub(crate) use window::Window;

/// What a share is computed from in a month, or in that month for what is counted by itself. Amounts
/// are in the currency of the share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// What is counted by itself, as `api`; everything if empty.
    pub part: String,
    /// What customers were charged.
    pub charged: Exact,
    /// Revenue that was reported.
    pub reported: Reported,
    /// What others pay that the share counts.
    pub received: Exact,
    /// What was deducted, by kind.
    pub deductions: Vec<(Deduction, Reported)>,
    /// What the goods or services sold cost.
    pub cost_of_sales: Reported,
    /// The profit of the base's kind.
    pub profit: Reported,
    /// Units sold.
    pub units: Reported,
    /// Royalties paid to third parties.
    pub royalties: Reported,
    /// How much of the rate the reductions by events leave.
    pub rate_left: Exact,
    /// What the parts counted before this one leave to recoup, of each advance.
    pub advances_left: Option<Vec<Exact>>,
}

/// What was reported, and by which figures.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reported {
    /// How much.
    pub amount: Exact,
    /// The ids of the figures.
    pub by: Vec<String>,
}

impl Reported {
    /// What it is called with the figures it comes from.
    pub fn named(&self, what: &str) -> String {
        match &self.by[..] {
            [] => what.to_string(),
            by => format!("{what} ({})", by.join(", ")),
        }
    }
}

/// When a share is computed, and what of its terms holds then.
#[derive(Debug, Clone)]
pub(crate) struct When<'a> {
    /// The month.
    pub month: Month,
    /// Whether another version of the clause takes its place within the month, and counts on.
    pub goes_on: bool,
    /// The period that is computed and paid together.
    pub period: Window,
    /// The guarantees that hold.
    pub guarantees: Vec<Guaranteed>,
    /// The advances that were paid by the end of the month.
    pub advances: Vec<&'a Advance>,
    /// The sums after which the rate falls and by how much, in rising order.
    pub steps_down: Vec<(Exact, Exact)>,
}

impl When<'_> {
    /// Whether nothing more can come to a window.
    pub fn is_last(&self, window: Window) -> bool {
        !self.goes_on && window.ends_in(self.month)
    }
}

/// A guarantee for one of its periods.
#[derive(Debug, Clone)]
pub(crate) struct Guaranteed {
    /// Which it is, where there are several: ` 2`.
    pub number: String,
    /// How much.
    pub amount: Exact,
    /// For which months.
    pub window: Window,
    /// What it is compared with.
    pub test: GuaranteeTest,
    /// Whether what exceeds it counts for the next period.
    pub offset: bool,
    /// Why it is not due for this period, if it is not.
    pub lapsed: Option<&'static str>,
}

impl Guaranteed {
    /// A guarantee in the period that a month lies in, counted from the day it begins.
    pub fn of(guarantee: &MinimumGuarantee, begins: jiff::civil::Date, month: Month) -> Guaranteed {
        let months = match guarantee.period.unit {
            terms::Unit::Months => i64::from(guarantee.period.count).max(1),
            _ => 1,
        };
        let (window, periods) = Window::counted(begins, months, month);
        Guaranteed {
            number: String::new(),
            amount: guarantee::amount(guarantee.amount, guarantee.escalator, periods),
            window,
            test: guarantee.test,
            offset: guarantee.offset,
            lapsed: None,
        }
    }
}

/// What a share comes to.
#[derive(Debug)]
pub(crate) struct Worked {
    /// What is due.
    pub due: Exact,
    /// What was kept back for advances.
    pub recouped: Exact,
    /// How it was computed.
    pub steps: Vec<Step>,
    /// What it goes on with.
    pub balances: Vec<Balance>,
    /// What is left to recoup of each advance.
    pub advances_left: Vec<Exact>,
    /// Those of the balances that say what was paid.
    paid: Vec<String>,
}

impl Worked {
    /// Counts as paid what rounding adds to what is due.
    pub fn round(&mut self, by: &Exact) {
        for balance in self.balances.iter_mut().filter(|one| self.paid.contains(&one.name)) {
            balance.carried = (balance.carried() + by.clone()).to_string();
        }
    }
}

/// One computation, stage by stage.
struct Course<'a> {
    share: &'a RevenueShare,
    when: &'a When<'a>,
    account: Account<'a>,
    stage: Stage,
    steps: Vec<Step>,
}

/// Computes a share: base, deductions, tiers, credits, guarantee by what was earned, recoupment, period
/// cap, lifetime cap, guarantee by what was paid. What is rounded is the line.
pub(crate) fn work(
    share: &RevenueShare,
    given: &Given,
    when: &When<'_>,
    brought: &Brought,
) -> Worked {
    let account = Account::new(when, brought, &given.part);
    let mut course = Course { share, when, account, stage: Stage::Base, steps: Vec::new() };
    let (charged, base) = course.base(given);
    let (earned, in_full) = course.tiers(given, &base);
    let earned = course.credits(given, &earned, &in_full);
    let earned = course.guarantee(GuaranteeTest::Earned, earned, None);
    let (due, recouped, advances_left) = course.recoupment(given, earned);
    let due = course.caps(due, &charged);
    let left = course.left_in_all();
    let due = course.guarantee(GuaranteeTest::Paid, due, left);
    let paid = course.pay(&due);
    let Course { steps, account, .. } = course;
    Worked { due, recouped, steps, balances: account.balances(), advances_left, paid }
}

impl Course<'_> {
    fn step(&mut self, name: impl Into<String>, value: &Exact) {
        let name = self.account.named(&name.into());
        self.steps.push(Step::new(name, value).of(self.stage));
    }

    fn step_from(&mut self, name: impl Into<String>, given: &Exact, value: &Exact) {
        let name = self.account.named(&name.into());
        self.steps.push(Step::new(name, value).of(self.stage).from(given));
    }

    /// What was charged over the period so far, and what the month adds to the base.
    fn base(&mut self, given: &Given) -> (SoFar, Exact) {
        self.stage = Stage::Base;
        let is_of_profit = matches!(self.share.base, Base::Ebit | Base::Ebitda | Base::Profit);
        let mut charged = given.received.clone();
        if is_of_profit {
            let word = self.share.base.word();
            self.step(given.profit.named(word), &given.profit.amount);
            charged = charged + given.profit.amount.clone();
        } else if self.share.of.is_none() {
            self.step("charged", &given.charged);
            charged = charged + given.charged.clone();
        }
        if given.reported.amount != Exact::zero() && !is_of_profit {
            self.step(given.reported.named("revenue reported"), &given.reported.amount);
            charged = charged + given.reported.amount.clone();
        }
        if self.share.of.is_some() || given.received != Exact::zero() {
            let name = match &self.share.of {
                Some(of) => format!("received under {of}"),
                None => "received from the other party".to_string(),
            };
            self.step(name, &given.received);
        }
        let charged = self.account.add("charged", self.when.period, &charged);
        let base = self.deductions(given, &charged);
        (charged, base)
    }
}
