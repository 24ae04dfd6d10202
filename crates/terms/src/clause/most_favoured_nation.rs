use super::Effort;
use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Duration, Finding, Money, Share};

words! {
    /// What must be no worse than what others get.
    pub enum Favour {
        /// The price.
        Price = "price",
        /// All terms.
        AllTerms = "all_terms",
        /// Benefits.
        Benefits = "benefits",
        /// The allocation in a shortage.
        Allocation = "allocation",
    }
}

words! {
    /// In what two deals must be alike to be compared.
    pub enum Comparable {
        /// In what they are about, or what does as well.
        Class = "class",
        /// In the region.
        Region = "region",
        /// In the quantity, within `quantity_band`.
        Quantity = "quantity",
        /// In that the other's quantity is the same or less.
        QuantityOrLess = "quantity_or_less",
        /// In length, within `term_band`.
        Term = "term",
        /// In their other conditions.
        Conditions = "conditions",
        /// In the customer's situation.
        Situation = "situation",
        /// In all that the customer gives for it, beside the price.
        Consideration = "consideration",
    }
}

words! {
    /// Which better deals count.
    pub enum BetterDeal {
        /// Any.
        Any = "any",
        /// One with an affiliate of the grantor's.
        Affiliate = "affiliate",
        /// One that owes its price to another arrangement between its parties.
        SpecialArrangement = "special_arrangement",
    }
}

words! {
    /// When deals are compared.
    pub enum Tested {
        /// At all times.
        Always = "always",
        /// Once, when the agreement is signed.
        AtSigning = "at_signing",
        /// Each time the holder orders.
        AtOrder = "at_order",
    }
}

words! {
    /// What a better deal for somebody else does.
    pub enum FavourEffect {
        /// The better terms apply by themselves.
        Automatic = "automatic",
        /// The grantor must offer them to the holder.
        OfferToAmend = "offer_to_amend",
        /// The parties amend the agreement.
        Amend = "amend",
        /// What the grantor owes the holder is computed as if the better price had not been given.
        DeemedPrice = "deemed_price",
    }
}

/// "The grantor gives nobody comparable better terms than the holder." Source: domain rules §1.5,
/// whose defaults these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MostFavouredNation {
    /// What must be no worse.
    pub favour: Favour,
    /// How hard the grantor must try.
    pub effort: Effort,
    /// With whom the holder is compared, in words; with anybody else if not stated.
    pub compared_with: Option<String>,
    /// In what deals must be alike to be compared.
    pub comparable: Vec<Comparable>,
    /// How far another's quantity may differ for its deal to be comparable.
    pub quantity_band: Share,
    /// How far the length of another's deal may differ for it to be comparable, if that counts.
    pub term_band: Option<Share>,
    /// Which better deals count.
    pub better_deals: Vec<BetterDeal>,
    /// Whether the deals of the grantor's affiliates count as its own.
    pub affiliates: bool,
    /// When deals are compared.
    pub tested: Tested,
    /// How far back comparable deals count.
    pub look_back: Duration,
    /// For how long at least the holder has the better terms, however soon the other's end.
    pub benefit_period: Duration,
    /// How soon the grantor must tell of a better deal.
    pub notice: Duration,
    /// The price never falls below this, if stated.
    pub cost_floor: Option<Money>,
    /// Whether the price never falls below what the unit costs the grantor.
    pub not_below_cost: bool,
    /// Whether the price is never above the grantor's list price either.
    pub list_price_ceiling: bool,
    /// Whether who pays more may have better terms.
    pub bigger_payer_exception: bool,
    /// Whether terms are compared in proportion to the size of the parties' business.
    pub scale_adjustment: bool,
    /// Whether in a shortage the holder has at least its part in proportion.
    pub pro_rata: bool,
    /// What a better deal does.
    pub effect: FavourEffect,
}

impl MostFavouredNation {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> MostFavouredNation {
        let favoured = MostFavouredNation {
            favour: f.or("favour", Favour::Price),
            effort: f.or("effort", Effort::Absolute),
            compared_with: f.optional("compared_with"),
            comparable: f.or("comparable", vec![Comparable::Class, Comparable::Quantity]),
            quantity_band: f.or("quantity_band", Share::percent(10)),
            term_band: f.optional("term_band"),
            better_deals: f.or("better_deals", vec![BetterDeal::Any]),
            affiliates: f.or("affiliates", false),
            tested: f.or("tested", Tested::Always),
            look_back: f.or("look_back", Duration::months(6)),
            benefit_period: f.or("benefit_period", Duration::months(3)),
            notice: f.or("notice", Duration::days(15)),
            cost_floor: f.optional("cost_floor"),
            not_below_cost: f.or("not_below_cost", false),
            list_price_ceiling: f.or("list_price_ceiling", false),
            bigger_payer_exception: f.or("bigger_payer_exception", false),
            scale_adjustment: f.or("scale_adjustment", false),
            pro_rata: f.or("pro_rata", false),
            effect: f.or("effect", FavourEffect::Automatic),
        };
        favoured.check(f, into);
        favoured
    }

    /// A band or a share in a shortage counts only where deals are compared by it.
    fn check(&self, f: &Fields<'_>, into: &mut Collected) {
        let compares = |by| self.comparable.contains(&by);
        let needs = [
            ("quantity_band", compares(Comparable::Quantity), "`quantity` among `comparable`"),
            ("term_band", compares(Comparable::Term), "`term` among `comparable`"),
            ("pro_rata", self.favour == Favour::Allocation, "`favour = allocation`"),
        ];
        for (name, _, need) in
            needs.into_iter().filter(|(name, met, _)| f.raw(name).is_some() && !met)
        {
            let place = f.origin_of(name).label(format!("without {need}"));
            let message = format!("`{name}` of {} can never count", f.title);
            let finding = Finding::error("charter::most-favoured-nation::idle", message, place);
            into.findings.push(finding.help(format!("write {need}, or leave `{name}` out")));
        }
    }
}
