//! What is credited against a share. Source: domain rules §1.10 (third-party credit, floor,
//! carry-over), oracles R8 and R9.

use exact::Exact;

use super::{Course, Given};
use crate::statement::Stage;

/// How much of a credit is used: no more than leaves the floor, and never less than nothing.
pub fn used(earned: &Exact, floor: &Exact, credit: &Exact) -> Exact {
    let room = earned.clone() - floor.clone();
    credit.clone().min(room).max(Exact::zero())
}

impl Course<'_> {
    /// What reductions and credits leave of the month's earnings, over the period so far: no less than
    /// the floor, and no less than nothing.
    pub(super) fn credits(&mut self, given: &Given, earned: &Exact, in_full: &Exact) -> Exact {
        self.stage = Stage::Credits;
        let (share, period) = (self.share, self.when.period);
        let at_least: Exact = share.reduction_floor.fraction().into();
        let earned_so_far = self.account.add("earned", period, earned);
        // Without reductions it is the same sum.
        let in_full = match share.reductions.is_empty() {
            true => earned_so_far.clone(),
            false => self.account.add("earned without reductions", period, in_full),
        };
        let floor = |in_full: &Exact| in_full.clone().max(Exact::zero()) * at_least.clone();
        let floors = [floor(&in_full.before), floor(&in_full.now)];
        let [before, now] = [
            earned_so_far.before.clone().max(floors[0].clone()),
            earned_so_far.now.clone().max(floors[1].clone()),
        ];
        let mut left = now.clone() - before.clone();
        if left != *earned {
            self.step_from("earned, no less than the floor", earned, &left);
        }
        let credited: Exact = share.third_party_credit.fraction().into();
        if credited == Exact::zero() {
            return left;
        }
        let credit = given.royalties.amount.clone() * credited;
        let name = format!("{} of royalties to third parties", share.third_party_credit);
        self.step_from(given.royalties.named(&name), &given.royalties.amount, &credit);
        let available = format!("third-party credit in {period}");
        let unused = "third-party credit not used";
        let brought =
            self.account.get(&available).unwrap_or_else(|| match share.credit_carry_over {
                true => self.account.get(unused).unwrap_or_default(),
                false => Exact::zero(),
            });
        let offered = brought.clone() + credit;
        if brought != Exact::zero() {
            self.step_from("credit with what was brought forward", &brought, &offered);
        }
        if at_least > Exact::zero() {
            let name = format!("floor, {} of what was earned", share.reduction_floor);
            self.step_from(name, &in_full.now, &floors[1]);
        }
        let used_now = used(&now, &floors[1], &offered);
        let used_before = used(&before, &floors[0], &brought);
        if !self.when.is_last(period) {
            self.account.carry(&available, &offered);
        }
        if share.credit_carry_over {
            self.account.carry(unused, &(offered.clone() - used_now.clone()));
        }
        let credited = used_now - used_before;
        self.step_from("credited", &offered, &credited);
        left = left - credited;
        self.step("earned after credits", &left);
        left
    }
}
