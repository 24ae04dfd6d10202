//! Rates by the height of the base. Source: domain rules §1.10 (tiers, tier mode), oracles R1, R2.

use exact::Exact;
use terms::Money;
use terms::clause::{Tier, TierMode};

use super::reductions::stepped_down;
use super::{Course, Given, Window};
use crate::statement::Stage;

/// What one tier adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The tier.
    pub tier: &'a Tier,
    /// The part of the base its rate applies to.
    pub part: Exact,
    /// What that comes to.
    pub earned: Exact,
}

/// What each tier adds on a base.
///
/// Marginal: each tier's rate on the part of the base that lies in it. Whole: the rate of the tier
/// the base falls into, on all of it. A base below zero, as of a month with more refunds than
/// revenue, takes back at the first tier's rate.
pub fn pieces<'a>(tiers: &'a [Tier], mode: TierMode, base: &Exact) -> Vec<Piece<'a>> {
    let piece = |tier: &'a Tier, part: Exact| {
        let earned = part.clone() * tier.rate.fraction().into();
        Piece { tier, part, earned }
    };
    match mode {
        TierMode::Whole => {
            let holds = |tier: &&Tier| tier.up_to.is_none_or(|top| *base <= top.amount.into());
            tiers.iter().find(holds).map(|tier| piece(tier, base.clone())).into_iter().collect()
        }
        TierMode::Marginal => {
            let mut below = Exact::zero();
            let mut pieces = Vec::new();
            for (at, tier) in tiers.iter().enumerate() {
                let upper =
                    tier.up_to.map_or(base.clone(), |top| base.clone().min(top.amount.into()));
                if at == 0 || upper > below {
                    pieces.push(piece(tier, upper.clone() - below));
                    below = upper.max(Exact::zero());
                } else {
                    break;
                }
            }
            pieces
        }
    }
}

/// What all tiers come to on a base.
pub fn earned(tiers: &[Tier], mode: TierMode, base: &Exact) -> Exact {
    pieces(tiers, mode, base).into_iter().map(|piece| piece.earned).sum()
}

impl Course<'_> {
    /// What the month's base earns, and what it would earn without reductions.
    pub(super) fn tiers(&mut self, given: &Given, base: &Exact) -> (Exact, Exact) {
        self.stage = Stage::Tiers;
        let share = self.share;
        let measure = Window::of_tiers(share.tier_measure, self.when.month);
        // One rate on everything comes to the same over any time.
        let is_flat = share.tiers.len() == 1 && share.baseline.is_none();
        let mut earned = Exact::zero();
        if is_flat {
            for piece in pieces(&share.tiers, share.tier_mode, base) {
                self.piece(&piece);
                earned = earned + piece.earned;
            }
        } else {
            let so_far = self.account.add("base", measure, base);
            let counted = |base: &Exact| match share.baseline {
                Some(Money { amount, .. }) => {
                    (base.clone() - Exact::from(amount)).max(Exact::zero())
                }
                None => base.clone(),
            };
            let (before, now) = (counted(&so_far.before), counted(&so_far.now));
            if so_far.before != Exact::zero() {
                self.step_from(format!("base of {measure} so far"), base, &so_far.now);
            }
            if let Some(baseline) = share.baseline {
                self.step_from(format!("above the baseline of {baseline}"), &so_far.now, &now);
            }
            for piece in pieces(&share.tiers, share.tier_mode, &now) {
                self.piece(&piece);
                earned = earned + piece.earned;
            }
            if so_far.before != Exact::zero() {
                let of_before = -self::earned(&share.tiers, share.tier_mode, &before);
                self.step_from(format!("less what {measure} earned before"), &before, &of_before);
                earned = earned + of_before;
            }
        }
        if let Some(per_unit) = &share.per_unit {
            let of_units = given.units.amount.clone() * per_unit.amount.amount.into();
            let name = format!("{} for each {}", per_unit.amount, per_unit.unit);
            self.step_from(given.units.named(&name), &given.units.amount, &of_units);
            earned = earned + of_units;
        }
        let reduced = self.reduced(given, &earned);
        (reduced, earned)
    }

    fn piece(&mut self, piece: &Piece<'_>) {
        let name = format!("{} of {}", piece.tier.rate, piece.part);
        self.step_from(name, &piece.part, &piece.earned);
    }

    /// What reductions leave of what was earned.
    fn reduced(&mut self, given: &Given, earned: &Exact) -> Exact {
        let mut left = earned.clone();
        if !self.share.reductions.is_empty() && given.rate_left != Exact::whole(1) {
            left = left * given.rate_left.clone();
            self.step_from("left by reductions", earned, &left);
        }
        if !self.when.steps_down.is_empty() {
            let year = Window::year(self.when.month);
            let so_far = self.account.add("earned before steps down", year, &left);
            let stepped = so_far.increment(|sum| stepped_down(&self.when.steps_down, sum));
            if stepped != left {
                self.step_from(format!("left by what {year} was paid so far"), &left, &stepped);
            }
            left = stepped;
        }
        left
    }
}
