//! What is kept back for sums paid ahead. Source: domain rules §1.10 (recoupable advance, interest),
//! oracle R6.

use exact::Exact;

use super::Course;
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
    /// What is left of what falls due, and what is kept back of it, over the period so far.
    pub(super) fn recoupment(&mut self, due: Exact) -> (Exact, Exact) {
        self.stage = Stage::Recoupment;
        let when = self.when;
        let recoupable: Vec<_> =
            when.advances.iter().filter(|advance| advance.recoupable).collect();
        if recoupable.is_empty() {
            return (due, Exact::zero());
        }
        let period = when.period;
        let mut so_far = self.account.add("due before recoupment", period, &due).now;
        let mut left = due.clone();
        for (at, advance) in recoupable.iter().enumerate() {
            let number = if recoupable.len() > 1 { format!(" {}", at + 1) } else { String::new() };
            let name = format!("advance{number} to recoup");
            let brought = self.account.get(&name).unwrap_or_else(|| advance.amount.amount.into());
            self.step(&name, &brought);
            let borne = interest(&brought, &advance.interest.fraction().into());
            if borne != Exact::zero() {
                self.step_from(
                    format!("interest of {} a year", advance.interest),
                    &brought,
                    &borne,
                );
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
            self.account.carry(&name, &(open - month.clone()));
            so_far = so_far - now;
            left = left - month;
        }
        self.step_from("due after recoupment", &due, &left);
        let recouped = due - left.clone();
        (left, recouped)
    }
}
