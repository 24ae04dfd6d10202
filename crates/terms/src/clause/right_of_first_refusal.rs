use serde::{Deserialize, Serialize};

use super::first_right::{
    Approach, Exercise, FreeTermsLimit, FreeWindow, HolderTerms, OnExercise, Release, Silence,
    Trigger,
};
use crate::fields::{Collected, Fields};
use crate::registry::Entry;
use crate::value::words;
use crate::{Duration, Name, Quantity, Share};

words! {
    /// Whose terms the holder may take.
    pub enum RefusalMode {
        /// The grantor's own, before it looks elsewhere.
        HolderFirst = "holder_first",
        /// Those of a third party's offer.
        OfferFirst = "offer_first",
        /// The grantor's own first, and later those of every third party's offer.
        TwoStep = "two_step",
        /// Nobody's: of equal offers the holder's is taken.
        Preference = "preference",
        /// Nobody's: the holder is considered first, and the grantor then chooses what serves best.
        Consideration = "consideration",
    }
}

words! {
    /// What a third party's offer must be to count.
    pub enum BonaFide {
        /// It is in writing.
        Written = "written",
        /// It is signed.
        Signed = "signed",
        /// It is at arm's length.
        ArmsLength = "arms_length",
        /// It has the money behind it.
        Financed = "financed",
        /// It stays open as long as the holder may match it.
        Open = "open",
        /// It comes from somebody responsible who is fully disclosed.
        Responsible = "responsible",
    }
}

words! {
    /// How close the holder's terms must come to a third party's.
    pub enum MatchStandard {
        /// The same terms.
        Mirror = "mirror",
        /// Worth the same in money; the other terms the same.
        EconomicEquivalent = "economic_equivalent",
        /// The same price.
        PriceOnly = "price_only",
        /// Terms as good or better.
        EqualOrBetter = "equal_or_better",
    }
}

words! {
    /// How much of a requirement the holder may take.
    pub enum PartialExercise {
        /// All or nothing.
        None = "none",
        /// Any quantity.
        AnyQuantity = "any_quantity",
        /// Whole lots.
        WholeLots = "whole_lots",
    }
}

words! {
    /// How several holders of one right share it.
    pub enum MultiHolder {
        /// One after the other.
        Tiered = "tiered",
        /// In proportion to what each holds.
        ProRata = "pro_rata",
    }
}

words! {
    /// What the holder may take of a deal that holds more than its right is about.
    pub enum PackageRule {
        /// Its part, at a fair part of the price.
        BurdenedOnly = "burdened_only",
        /// All of it.
        WholePackage = "whole_package",
        /// Its part at a fair part of the price, or all, as it chooses.
        HolderElects = "holder_elects",
        /// There may be no such deal.
        Prohibited = "prohibited",
    }
}

words! {
    /// What remains of the holder's right to match an offer that is withdrawn.
    pub enum WithdrawnOffer {
        /// Nothing: there is no offer to match.
        Lapses = "lapses",
        /// All of it: the holder may match until the match window ends.
        OptionRipened = "option_ripened",
    }
}

/// "Before others supply it, the holder may." Source: domain rules §1.4, whose defaults these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightOfFirstRefusal {
    /// Whose terms the holder may take.
    pub mode: RefusalMode,
    /// How the grantor turns to the holder.
    pub approach: Approach,
    /// What makes a third party's offer count.
    pub bona_fide: Vec<BonaFide>,
    /// The part of the price that a third party must have deposited.
    pub deposit: Share,
    /// How long the holder may think after receipt of a complete notice.
    pub response_window: Duration,
    /// What silence means.
    pub silence_means: Silence,
    /// How close the holder must come to a third party's terms.
    pub match_standard: MatchStandard,
    /// Whether the holder may pay money in place of what else was offered.
    pub cash_substitution: bool,
    /// Whether the holder saves the fees of brokers and finders.
    pub fee_deduction: bool,
    /// Whether the holder's credit counts as good as any third party's.
    pub credit_deemed_equal: bool,
    /// How much the holder may take.
    pub partial_exercise: PartialExercise,
    /// What it may take of a wider deal.
    pub package_rule: PackageRule,
    /// How several holders share the right.
    pub multi_holder: MultiHolder,
    /// The holder's weight among the holders that share.
    pub weight: u64,
    /// Whether holders may take what others of them leave.
    pub over_allotment: bool,
    /// Parties whose first rights go before the holder's.
    pub ranks_after: Vec<Name>,
    /// What follows an exercise.
    pub exercise: Exercise,
    /// The least time the holder has to prepare the closing.
    pub close_after: Option<Duration>,
    /// How long both may take to sign after an exercise.
    pub close_within: Duration,
    /// How long the holder may think about changed terms, or about a deal put to it again.
    pub match_window: Duration,
    /// What remains of the right to match an offer that is withdrawn meanwhile.
    pub withdrawn_offer: WithdrawnOffer,
    /// How long the grantor may then sign with others.
    pub free_window: FreeWindow,
    /// On what terms the grantor may sign with others.
    pub free_terms_limit: FreeTermsLimit,
    /// How much better for others than that the price may still be, as a part of it.
    pub free_terms_tolerance: Share,
    /// How free the grantor then is.
    pub release: Release,
    /// Capacity taken for no longer than this is exempt.
    pub exempt_short_term: Duration,
    /// Unless the same supplier gave capacity so within this time before.
    pub exempt_repeat: Duration,
    /// Deals about less than this are exempt.
    pub exempt_below: Option<Quantity>,
    /// Whether deals with the grantor's affiliates are exempt.
    pub exempt_affiliates: bool,
}

impl RightOfFirstRefusal {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> RightOfFirstRefusal {
        let mode = f.or("mode", RefusalMode::HolderFirst);
        let trigger = match mode {
            RefusalMode::OfferFirst => Trigger::ThirdPartyOffer,
            _ => Trigger::Proposal,
        };
        let approach = Approach::read(f, trigger, false, into);
        let bona_fide = vec![
            BonaFide::Written,
            BonaFide::Signed,
            BonaFide::ArmsLength,
            BonaFide::Financed,
            BonaFide::Open,
        ];
        let bona_fide = f.or("bona_fide", bona_fide);
        let deposit = f.or("deposit", Share::percent(0));
        let response_window = f.or("response_window", Duration::days(30));
        let silence_means = f.or("silence_means", Silence::Reject);
        let match_standard = f.or("match_standard", MatchStandard::EconomicEquivalent);
        let cash_substitution = f.or("cash_substitution", true);
        let fee_deduction = f.or("fee_deduction", false);
        let credit_deemed_equal = f.or("credit_deemed_equal", false);
        let partial_exercise = f.or("partial_exercise", PartialExercise::WholeLots);
        let package_rule = f.or("package_rule", PackageRule::HolderElects);
        let multi_holder = f.or("multi_holder", MultiHolder::ProRata);
        let weight = f.or("weight", 1);
        let over_allotment = f.or("over_allotment", true);
        let ranks_after = f.named_list("ranks_after", &[Entry::Party]);
        let exercise = Exercise::read(f, OnExercise::Deal, HolderTerms::Noticed, into);
        let close_after = f.optional("close_after");
        let close_within = f.or("close_within", Duration::days(60));
        let match_window = f.or("match_window", Duration::business_days(10));
        let withdrawn_offer = f.or("withdrawn_offer", WithdrawnOffer::Lapses);
        let free_window = f.or("free_window", FreeWindow::Lasting(Duration::days(120)));
        let free_terms_limit = f.or("free_terms_limit", FreeTermsLimit::NoMoreFavourable);
        let free_terms_tolerance = f.or("free_terms_tolerance", Share::percent(0));
        let release = Release::read(f, free_window);
        RightOfFirstRefusal {
            mode,
            approach,
            bona_fide,
            deposit,
            response_window,
            silence_means,
            match_standard,
            cash_substitution,
            fee_deduction,
            credit_deemed_equal,
            partial_exercise,
            package_rule,
            multi_holder,
            weight,
            over_allotment,
            ranks_after,
            exercise,
            close_after,
            close_within,
            match_window,
            withdrawn_offer,
            free_window,
            free_terms_limit,
            free_terms_tolerance,
            release,
            exempt_short_term: f.or("exempt_short_term", Duration::days(31)),
            exempt_repeat: f.or("exempt_repeat", Duration::days(28)),
            exempt_below: f.optional("exempt_below"),
            exempt_affiliates: f.or("exempt_affiliates", false),
        }
    }
}
