//! A holder takes the offer's terms for itself. Source: domain rules §2.3, row 18, and §3.2.

use evaluation::{MatchTest, match_test};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::clause::{IdentityDisclosure, MatchStandard, PackageRule};

use super::bid::credit_counts;
use super::{Refused, World, exercise};
use crate::case::{Case, Side, Signed, State};
use crate::disclosure::disclosure;
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::{Bid, Guarded, Offered};
use crate::right::{Right, Say};
use crate::valuation::{self, Valuation, guarded};
use crate::{closing, release};

/// Matches.
///
/// Under an independent certificate the holder does not know the offer, so it states its own terms,
/// and states them once: terms that do not match are a decline. Else it could find the offer out by
/// asking again and again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MatchOffer {
    /// On what terms; those of the offer if none are given.
    #[serde(default)]
    pub terms: Option<Offered>,
    /// Whether the holder takes the whole of a package, not only the part its right is about.
    #[serde(default)]
    pub package: bool,
}

impl MatchOffer {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let place = world.must_be_holder(case)?;
        let (part, (bid, tier, answers)) =
            world.part_in(case, "MATCHING", |state| match state {
                State::Matching { bid, tier, answers, .. } => Some((*bid, *tier, answers)),
                _ => None,
            })?;
        let (Some(right), Some(bid)) = (case.restriction.rights().get(place), case.bids.get(bid))
        else {
            let help = "award it directly";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        world.guard(Guard::State, right.tier == tier && right.has(Say::Match), || {
            match right.has(Say::Match) {
                true => (
                    format!("it is not the turn of `{}`", right.holder),
                    "wait until those before it have answered".to_string(),
                ),
                false => (
                    format!("`{}` is not asked about this case", right.holder),
                    "make an offer: `charter bid`".to_string(),
                ),
            }
        })?;
        let answered = answers.iter().any(|answer| answer.right == place);
        world.guard(Guard::NotAnswered, !answered, || {
            let found = format!("`{}` has answered already", right.holder);
            (found, "an answer stands".to_string())
        })?;
        let unseen = disclosure(case) == IdentityDisclosure::IndependentCertificate;
        world.guard(Guard::TermsProposed, self.terms.is_some() || !unseen, || {
            let found = "the offer is not disclosed, so the holder states its own terms";
            (found.to_string(), "give them with `--price` and what else they are".to_string())
        })?;
        self.package_allowed(world, right, bid)?;
        if let Some(terms) = &self.terms {
            credit_counts(world, case, &right.holder, terms)?;
        }
        let quantity = case.parts.get(part).map_or(bid.quantity, |part| part.quantity);
        let both = [Some(&bid.terms), self.terms.as_ref()].into_iter().flatten();
        let valuation = Valuation::new(&world.clock, case, quantity, both)?;
        let whole = match right.says.package_rule {
            PackageRule::WholePackage => true,
            PackageRule::HolderElects => self.package,
            PackageRule::BurdenedOnly | PackageRule::Prohibited => false,
        };
        let outside = match whole {
            true => bid.terms.clone(),
            false => valuation.burdened(&bid.terms, bid.quantity)?,
        };
        let terms = self.terms.clone().unwrap_or_else(|| outside.clone());
        let test = Test { world, case, right, valuation: &valuation, quantity };
        if let Err(refused) = test.meets_standard(&terms, &outside, unseen) {
            return match unseen && refused.guard == Guard::MeetsStandard {
                true => Ok(release::not_matched(world, case, part, place)?),
                false => Err(refused),
            };
        }
        exercise::within_capacity(world, case, &right.holder, quantity)?;
        let sign_by = closing::sign_by(world, right, world.now)?;
        let signed = Signed { party: right.holder.clone(), terms, bid: None };
        Ok(vec![Event::Matched { part, right: place, signed, sign_by }])
    }

    fn package_allowed(&self, world: &World<'_>, right: &Right, bid: &Bid) -> Result<(), Refused> {
        let is_package = bid.terms.package.is_some();
        let allowed = match right.says.package_rule {
            PackageRule::HolderElects => !self.package || is_package,
            PackageRule::WholePackage => self.package == is_package,
            PackageRule::BurdenedOnly | PackageRule::Prohibited => !self.package,
        };
        world.guard(Guard::PackageAllowed, allowed, || match (is_package, self.package) {
            (true, false) => (
                "the right is to the whole of the package".to_string(),
                "match it with `--whole-package`".to_string(),
            ),
            _ => (
                "there is no package that the right gives the whole of".to_string(),
                "match without `--whole-package`".to_string(),
            ),
        })
    }
}

struct Test<'a> {
    world: &'a World<'a>,
    case: &'a Case,
    right: &'a Right,
    valuation: &'a Valuation,
    quantity: u64,
}

impl Test<'_> {
    fn meets_standard(
        &self,
        terms: &Offered,
        outside: &Offered,
        unseen: bool,
    ) -> Result<(), Refused> {
        let currencies = [Some(terms.price), terms.up_front, terms.fee, terms.credit];
        let currencies = currencies.into_iter().flatten();
        let mut currencies = currencies.map(|money| money.currency);
        let known = currencies.all(|currency| currency == outside.price.currency);
        let failing = match known {
            true => self.failing(terms, outside)?,
            false => Some("it is in another currency".to_string()),
        };
        self.world.guard(Guard::MeetsStandard, failing.is_none(), || {
            let found = match (unseen, &failing) {
                (false, Some(failing)) => format!("this does not match the offer: {failing}"),
                _ => "this does not match the offer".to_string(),
            };
            (found, "match its terms, or decline".to_string())
        })
    }

    /// What of the holder's terms does not match the outside ones.
    fn failing(&self, terms: &Offered, outside: &Offered) -> Result<Option<String>, Refused> {
        let Test { right, valuation, quantity, .. } = self;
        let says = &right.says;
        let standard = match says.match_standard {
            MatchStandard::Mirror => evaluation::MatchStandard::Mirror,
            MatchStandard::EconomicEquivalent => evaluation::MatchStandard::EconomicEquivalent,
            MatchStandard::PriceOnly => evaluation::MatchStandard::PriceOnly,
            MatchStandard::EqualOrBetter => evaluation::MatchStandard::EqualOrBetter,
        };
        let test = MatchTest { standard, ..MatchTest::default() };
        let mut holder = valuation.economics(terms, *quantity)?;
        let mut other = valuation.economics(outside, *quantity)?;
        if says.fee_deduction {
            // What brokers take is lost to the grantor: it pays more to others, or gets less.
            let fee = outside.fee.map(|fee| fee.amount);
            let bears = match self.case.requirement.side() {
                Side::BuyerBurdened => &mut other,
                Side::SellerBurdened => &mut holder,
            };
            valuation::add(bears, fee.filter(|fee| *fee >= Decimal::ZERO))?;
        }
        let mut compared = guarded(terms, outside);
        if says.credit_deemed_equal {
            compared.retain(|term| term.name != Guarded::CreditSupport.name());
        }
        let result = match_test(&valuation.basis, &test, &holder, &other, &compared)?;
        let what = |terms: &Offered| terms.in_kind.as_ref().map(|in_kind| in_kind.what.clone());
        if !says.cash_substitution && what(terms) != what(outside) {
            let found = "what is given beside money is not the same, and money does not do for it";
            return Ok(Some(found.to_string()));
        }
        Ok(result.failings.first().map(ToString::to_string))
    }
}
