//! What others may sign without the holders' being asked again. Source: domain rules §2.6, "no more
//! favourable", and §2.7.

use evaluation::{Economics, MatchStandard, MatchTest, Objective, match_test, no_more_favourable};
use terms::clause::{FreeTermsLimit, RefusalMode, Reoffer};

use crate::case::{Case, Free};
use crate::command::{Refused, World};
use crate::offer::{Bid, Offered};
use crate::right::{Right, Say};
use crate::valuation::{Valuation, guarded};

/// Why an offer goes beyond what may be signed of a part; nothing if it does not. What the holders
/// have not matched may be signed, whatever the limit is.
pub(crate) fn beyond(
    world: &World<'_>,
    case: &Case,
    at: usize,
    offer: &Bid,
    free: &Free,
) -> Result<Option<String>, Refused> {
    let Some(baseline) = &free.baseline else { return Ok(None) };
    if free.unrestricted || free.defended.contains(&at) {
        return Ok(None);
    }
    for (place, right) in case.restriction.rights().iter().enumerate() {
        // Nor does a right limit anything that has ended, unless its limits outlive it.
        if !right.limits(world.now) || case.lapsed.contains(&place) {
            continue;
        }
        let limit = limit(right);
        if limit == FreeTermsLimit::None {
            continue;
        }
        let question = Question { world, case, right, offer, baseline };
        if let Some(found) = question.beyond(limit, quantity(case, baseline, free))? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether every outside deal is put to the holders before it is signed.
pub(crate) fn presented_first(case: &Case, free: &Free) -> bool {
    let two_step = |(place, right): (usize, &Right)| {
        right.says.mode == RefusalMode::TwoStep
            && right.has(Say::Notice)
            && !case.lapsed.contains(&place)
    };
    !free.unrestricted
        && case.right_ended.is_none()
        && case.restriction.rights().iter().enumerate().any(two_step)
}

/// A clause under which any change of terms revives the right lets nothing but the same be signed.
fn limit(right: &Right) -> FreeTermsLimit {
    match right.says.free_terms_limit {
        FreeTermsLimit::None => FreeTermsLimit::None,
        _ if right.says.release.reoffer_on.contains(&Reoffer::AnyChange) => {
            FreeTermsLimit::SameTerms
        }
        limit => limit,
    }
}

/// How many accelerators a baseline was for: those of the offer it comes from, else all that are
/// needed. What is paid at the start is for so many.
fn quantity(case: &Case, baseline: &Offered, free: &Free) -> u64 {
    let mut offers = free.defended.iter().rev().filter_map(|at| case.bids.get(*at));
    let offer = offers.find(|offer| offer.terms == *baseline);
    offer.map_or(case.requirement.quantity.count, |offer| offer.quantity)
}

struct Question<'a> {
    world: &'a World<'a>,
    case: &'a Case,
    right: &'a Right,
    offer: &'a Bid,
    baseline: &'a Offered,
}

impl Question<'_> {
    fn beyond(&self, limit: FreeTermsLimit, baseline_for: u64) -> Result<Option<String>, Refused> {
        let Question { world, case, offer, baseline, .. } = self;
        let both = [&offer.terms, baseline];
        let valuation = Valuation::new(&world.clock, case, offer.quantity.max(1), both)?;
        let signed = valuation.economics(&offer.terms, offer.quantity)?;
        let put = valuation.economics(baseline, baseline_for)?;
        let economics_alone = limit == FreeTermsLimit::NoMoreFavourableEconomics;
        let terms = match economics_alone {
            true => Vec::new(),
            false => guarded(&offer.terms, baseline),
        };
        if limit == FreeTermsLimit::SameTerms {
            let same_quantity = valuation.economics(baseline, offer.quantity)?;
            return self.differs(&valuation, &signed, &same_quantity);
        }
        let tolerance = self.right.says.free_terms_tolerance.fraction();
        let favour = no_more_favourable(&valuation.basis, &signed, &put, &terms, tolerance)?;
        let (holder, supplier) = (&self.right.holder, &offer.supplier);
        if favour.price_exceeds {
            return Ok(Some(self.price(favour.signed, favour.baseline)));
        }
        if let Some(term) = favour.terms.first() {
            let found = format!(
                "its `{term}` may be better for `{supplier}` than what was put to `{holder}`"
            );
            return Ok(Some(found));
        }
        let better = match favour.objective {
            Objective::Minimise => favour.signed < favour.baseline,
            Objective::Maximise => favour.signed > favour.baseline,
        };
        let required = limit == FreeTermsLimit::BetterForGrantor;
        Ok((required && !better).then(|| {
            format!("it is no better for the grantor than the {} of `{holder}`", baseline.price)
        }))
    }

    fn differs(
        &self,
        valuation: &Valuation,
        signed: &Economics,
        put: &Economics,
    ) -> Result<Option<String>, Refused> {
        let test = MatchTest { standard: MatchStandard::Mirror, ..MatchTest::default() };
        let terms = guarded(&self.offer.terms, self.baseline);
        let result = match_test(&valuation.basis, &test, signed, put, &terms)?;
        let failing = result.failings.first();
        Ok(failing.map(|failing| {
            let holder = &self.right.holder;
            format!("only the terms put to `{holder}` may be signed, and {failing}")
        }))
    }

    /// Says it in the prices people see, where these say it.
    fn price(&self, signed: impl std::fmt::Display, put: impl std::fmt::Display) -> String {
        let Question { offer, baseline, .. } = self;
        let plain = |terms: &Offered| {
            terms.up_front.is_none()
                && terms.package.is_none()
                && terms.in_kind.is_none()
                && terms.credit.is_none()
        };
        let (supplier, currency) = (&offer.supplier, baseline.price.currency);
        match plain(&offer.terms) && plain(baseline) {
            true => format!(
                "{} per accelerator-hour is better for `{supplier}` than the {} put to the holder",
                offer.terms.price, baseline.price
            ),
            false => format!(
                "all in all {currency} {signed} per accelerator-hour is better for `{supplier}` \
                 than the {currency} {put} put to the holder"
            ),
        }
    }
}
