//! What is taken off before a share is computed. Source: domain rules §1.10 (deductions), oracle R3.

use exact::Exact;
use terms::Share;
use terms::clause::Base;

use super::account::SoFar;
use super::{Course, Given, Reported};
use crate::statement::Stage;

/// How much is taken off: what was deducted, and no more than the capped share of what was charged.
pub fn taken_off(charged: &Exact, deducted: &Exact, cap: Share) -> Exact {
    let most = charged.clone().max(Exact::zero()) * cap.fraction().into();
    deducted.clone().min(most)
}

impl Course<'_> {
    /// What the month adds to the base: what was charged less what is taken off, over the period so far.
    pub(super) fn deductions(&mut self, given: &Given, charged: &SoFar) -> Exact {
        let charged_now = charged.now.clone() - charged.before.clone();
        if self.share.base == Base::Gross {
            return charged_now;
        }
        self.stage = Stage::Deductions;
        let deducted: Exact =
            given.deductions.iter().map(|(_, reported)| reported.amount.clone()).sum();
        let is_any = |reported: &Reported| reported.amount != Exact::zero();
        for (kind, reported) in given.deductions.iter().filter(|(_, reported)| is_any(reported)) {
            self.step(reported.named(&kind.word().replace('_', " ")), &reported.amount);
        }
        let cap = self.share.deductions_cap;
        let deducted = self.account.add("deductions", self.when.period, &deducted);
        let taken = |charged: &Exact, deducted: &Exact| taken_off(charged, deducted, cap);
        let before = taken(&charged.before, &deducted.before);
        let off = taken(&charged.now, &deducted.now) - before;
        if !given.deductions.iter().any(|(_, reported)| is_any(reported)) {
            if self.share.base == Base::Net {
                self.step("deductions recorded", &Exact::zero());
            }
        } else if off != deducted.now.clone() - deducted.before.clone() {
            let period = self.when.period;
            let name = format!("taken off, with {period} so far at most {cap} of what was charged");
            self.step_from(name, &(deducted.now - deducted.before), &off);
        }
        let mut base = charged_now.clone() - off.clone();
        if self.share.base == Base::GrossMargin {
            let cost = &given.cost_of_sales;
            self.step(cost.named("cost of sales"), &cost.amount);
            base = base - cost.amount.clone();
        }
        if base != charged_now {
            self.step_from("base", &charged_now, &base);
        }
        base
    }
}
