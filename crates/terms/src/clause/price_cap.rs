use crate::fields::Fields;
use crate::{Duration, Money, Share};

/// "Prices rise no further and no more often than this." Source: domain rules §1.7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceCap {
    /// Most that a price may rise in a year.
    pub increase_per_year: Share,
    /// How long before it takes effect an increase must be announced.
    pub notice: Duration,
    /// What a unit may never cost more than, if stated.
    pub ceiling: Option<Money>,
    /// What a unit may never cost less than, if stated.
    pub floor: Option<Money>,
    /// The index increases follow, if they follow one.
    pub index: Option<String>,
}

impl PriceCap {
    pub(super) fn read(f: &mut Fields<'_>) -> PriceCap {
        PriceCap {
            increase_per_year: f.or("increase_per_year", Share::percent(5)),
            notice: f.or("notice", Duration::days(90)),
            ceiling: f.optional("ceiling"),
            floor: f.optional("floor"),
            index: f.optional("index"),
        }
    }
}
