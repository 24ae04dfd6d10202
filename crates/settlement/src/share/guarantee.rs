//! The least that is due. Source: domain rules §1.10 (minimum guarantee, escalator), oracle R5.

use exact::Exact;
use terms::clause::GuaranteeTest;
use terms::{Money, Share};

use super::Course;
use crate::statement::Stage;

/// A guarantee after so many of its periods: it rises by a share of itself from one to the next.
pub fn amount(first: Money, escalator: Share, periods: i64) -> Exact {
    let growth = Exact::whole(1) + escalator.fraction().into();
    (0..periods).fold(first.amount.into(), |amount, _| amount * growth.clone())
}

/// What must be added to what counts so that it reaches the guarantee.
pub fn top_up(guaranteed: &Exact, counted: &Exact) -> Exact {
    (guaranteed.clone() - counted.clone()).max(Exact::zero())
}

impl Course<'_> {
    /// What is due with what the guarantees of a test add, in the last month of their periods. What is
    /// `left` in all is the most they add.
    pub(super) fn guarantee(
        &mut self,
        test: GuaranteeTest,
        due: Exact,
        mut left: Option<Exact>,
    ) -> Exact {
        self.stage = match test {
            GuaranteeTest::Earned => Stage::Guarantee,
            GuaranteeTest::Paid => Stage::PaidTest,
        };
        let when = self.when;
        let mut with = due.clone();
        for guarantee in when.guarantees.iter().filter(|guarantee| guarantee.test == test) {
            let number = &guarantee.number;
            let towards = format!("{test} towards guarantee{number}");
            // Another guarantee of the same time is met by what the first one adds, too.
            let counted = self.account.add(&towards, guarantee.window, &with).now;
            let above = format!("{test} above guarantee{number}");
            let brought = self.account.get(&above).unwrap_or_default();
            let name =
                format!("{test} in {} for a guarantee of {}", guarantee.window, guarantee.amount);
            self.step_from(name, &with, &counted);
            if !when.is_last(guarantee.window) {
                if guarantee.offset {
                    self.account.carry(&above, &brought);
                }
                continue;
            }
            if let Some(why) = guarantee.lapsed {
                self.step(format!("not guaranteed: {why}"), &Exact::zero());
                continue;
            }
            let counted = counted + brought;
            let mut added = top_up(&guarantee.amount, &counted);
            if guarantee.offset {
                let surplus = (counted.clone() - guarantee.amount.clone()).max(Exact::zero());
                self.account.carry(&above, &surplus);
            }
            if let Some(left) = &mut left {
                added = added.min((left.clone() - with.clone()).max(Exact::zero()));
            }
            self.step_from("true-up to the guarantee", &counted, &added);
            with = with + added;
        }
        with
    }
}
