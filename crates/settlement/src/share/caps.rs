//! The most that is due. Source: domain rules §1.10 (cap per period, lifetime, of the price), oracle
//! R4.

use exact::Exact;

use super::account::SoFar;
use super::{Course, Window};
use crate::statement::Stage;

/// What is due of what falls due: no more than a cap leaves after what was paid. What is taken back
/// is taken back.
pub fn within(due: &Exact, left: &Exact) -> Exact {
    due.clone().min(left.clone().max(Exact::zero()))
}

impl Course<'_> {
    /// What the caps leave of what falls due: of the price, for the period, for the year, in all.
    pub(super) fn caps(&mut self, due: Exact, charged: &SoFar) -> Exact {
        let (share, period) = (self.share, self.when.period);
        let year = Window::year(self.when.month);
        self.stage = Stage::PeriodCap;
        let mut due = due;
        if let Some(of_price) = share.cap_of_price {
            let most =
                |charged: &Exact| charged.clone().max(Exact::zero()) * of_price.fraction().into();
            let caps = [most(&charged.before), most(&charged.now)];
            due = self.cap(&format!("cap of {of_price} of the price"), period, &caps, due);
        }
        for (name, cap, window) in [
            ("cap for the period", share.cap_per_period, period),
            ("cap for the year", share.cap_per_year, year),
            ("total cap", share.cap_total, Window::cumulative()),
        ] {
            let Some(cap) = cap else { continue };
            self.stage = match window.last {
                Some(_) => Stage::PeriodCap,
                None => Stage::LifetimeCap,
            };
            let caps = [cap.amount.into(), cap.amount.into()];
            due = self.cap(&format!("{name} of {cap}"), window, &caps, due);
        }
        due
    }

    /// What one cap leaves. `caps` is what it was up to the month, and what it is with it.
    fn cap(&mut self, name: &str, window: Window, caps: &[Exact; 2], due: Exact) -> Exact {
        let uncapped = self.account.add(&format!("due before the {name}"), window, &due);
        let increment = uncapped.now.min(caps[1].clone()) - uncapped.before.min(caps[0].clone());
        let paid = self.account.get(&paid(window)).unwrap_or_default();
        let left = caps[1].clone() - paid;
        self.step(format!("left under the {name}"), &left.clone().max(Exact::zero()));
        let capped = within(&increment, &left);
        if capped != due {
            self.step_from("capped off", &due, &(due.clone() - capped.clone()));
        }
        capped
    }

    /// What the total cap leaves, if there is one.
    pub(super) fn left_in_all(&self) -> Option<Exact> {
        let cap = self.share.cap_total?;
        let paid = self.account.get(&paid(Window::cumulative())).unwrap_or_default();
        Some(Exact::from(cap.amount) - paid)
    }

    /// Counts as paid what is due, under every cap; gives the balances that say so.
    pub(super) fn pay(&mut self, due: &Exact) -> Vec<String> {
        self.stage = Stage::Rounding;
        self.step("due", due);
        let (share, period) = (self.share, self.when.period);
        let year = Window::year(self.when.month);
        let mut windows = Vec::new();
        for (has_cap, window) in [
            (share.cap_of_price.is_some() || share.cap_per_period.is_some(), period),
            (share.cap_per_year.is_some(), year),
            (share.cap_total.is_some(), Window::cumulative()),
        ] {
            if has_cap && !windows.contains(&window) {
                windows.push(window);
            }
        }
        windows
            .iter()
            .map(|window| {
                self.account.add("paid", *window, due);
                self.account.named(&paid(*window))
            })
            .collect()
    }
}

fn paid(window: Window) -> String {
    format!("paid in {window}")
}
