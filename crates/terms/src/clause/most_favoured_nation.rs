use crate::fields::Fields;
use crate::value::words;
use crate::{Duration, Money, Share};

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
    /// What a better deal for somebody else does.
    pub enum FavourEffect {
        /// The better terms apply by themselves.
        Automatic = "automatic",
        /// They must be offered.
        OfferToAmend = "offer_to_amend",
    }
}

/// "The grantor gives nobody comparable better terms than the holder." Source: domain rules §1.5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MostFavouredNation {
    /// What must be no worse.
    pub favour: Favour,
    /// How far another's quantity may differ for its deal to be comparable.
    pub quantity_band: Share,
    /// How far back comparable deals count.
    pub lookback: Duration,
    /// How soon the grantor must tell of a better deal.
    pub notice: Duration,
    /// The price never falls below this, if stated.
    pub cost_floor: Option<Money>,
    /// What a better deal does.
    pub effect: FavourEffect,
}

impl MostFavouredNation {
    pub(super) fn read(f: &mut Fields<'_>) -> MostFavouredNation {
        MostFavouredNation {
            favour: f.or("favour", Favour::Price),
            quantity_band: f.or("quantity_band", Share::percent(10)),
            lookback: f.or("lookback", Duration::months(6)),
            notice: f.or("notice", Duration::days(15)),
            cost_floor: f.optional("cost_floor"),
            effect: f.or("effect", FavourEffect::Automatic),
        }
    }
}
