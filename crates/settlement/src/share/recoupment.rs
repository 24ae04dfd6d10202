//! What is kept back for sums paid ahead. Source: domain rules §1.10 (recoupable advance, interest),
//! oracle R6.

use exact::Exact;

use super::{Course, Given};
use crate::statement::Stage;

/// How much of what is due is kept back: a share of it, and no more than is left to recoup.
pub fn recouped(due: &Exact, share: &Exact, left: &Exact) -> Exact {
    (due.clone() * share.clone()).min(left.clone()).max(Exact::zero())
}

/// What a balance bears in a month: a twelfth of a year's rate.
pub fn interest(balance: &Exact, rate: &Exact) -> Exact {
    (balance.clone() * rate.clone()).per(12)
}

impl Course<'_> {
    /// What is left of what falls due, what is kept back of it, over the period so far, and what is left
    /// of each advance. An advance is on the whole share: what one part leaves, the next one recoups.
    pub(super) fn recoupment(&mut self, given: &Given, due: Exact) -> (Exact, Exact, Vec<Exact>) {
        self.stage = Stage::Recoupment;
        let when = self.when;
        let recoupable: Vec<_> =
            when.advances.iter().filter(|advance| advance.recoupable).collect();
        if recoupable.is_empty() {
            return (due, Exact::zero(), Vec::new());
        }
        let period = when.period;
        let mut so_far = self.account.add("due before recoupment", period, &due).now;
        let mut left = due.clone();
        let mut advances_left = Vec::new();
        for (at, advance) in recoupable.iter().enumerate() {
            let number = if recoupable.len() > 1 { format!(" {}", at + 1) } else { String::new() };
            let name = format!("advance{number} to recoup");
            let brought = match &given.advances_left {
                Some(left) => left[at].clone(),
                None => {
                    let carried = self.account.get_whole(&name);
                    carried.unwrap_or_else(|| advance.amount.amount.into())
                }
            };
            self.step(&name, &brought);
            // A part that was counted before has borne the month's interest.
            let rate = match given.advances_left {
                Some(_) => Exact::zero(),
                None => advance.interest.fraction().into(),
            };
            let borne = interest(&brought, &rate);
            if borne != Exact::zero() {
                let name = format!("interest of {} a year", advance.interest);
                self.step_from(name, &brought, &borne);
            }
            let kept = format!("recouped of advance{number}");
            let before = self.account.get(&format!("{kept} in {period}")).unwrap_or_default();
            let open = brought + borne;
            let most = open.clone() + before.clone();
            let now = recouped(&so_far, &advance.recoupment.fraction().into(), &most);
            let month = now.clone() - before;
            self.account.add(&kept, period, &month);
            self.step_from(
                format!("recouped, {} of what is due", advance.recoupment),
                &left,
                &month,
            );
            self.account.carry_whole(&name, &(open.clone() - month.clone()));
            advances_left.push(open - month.clone());
            so_far = so_far - now;
            left = left - month;
        }
        self.step_from("due after recoupment", &due, &left);
        let recouped = due - left.clone();
        (left, recouped, advances_left)
    }
}
