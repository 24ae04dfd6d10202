use crate::fields::Fields;
use crate::{Duration, Share};

/// "The holder may have the books looked at." Source: domain rules §1.11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRight {
    /// How long before it begins an audit must be announced.
    pub notice: Duration,
    /// How many audits a year.
    pub per_year: u32,
    /// Whether that no longer limits them once an audit has failed.
    pub unlimited_after_failure: bool,
    /// How far back it may look.
    pub look_back: Duration,
    /// Whether the auditor must be independent.
    pub independent: bool,
    /// How long the grantor must keep its books.
    pub retention: Duration,
    /// From how much underpaid on the grantor bears the cost.
    pub cost_shift: Share,
    /// The yearly interest on what was underpaid, above the base rate.
    pub interest_above_base: Share,
}

impl AuditRight {
    pub(super) fn read(f: &mut Fields<'_>) -> AuditRight {
        AuditRight {
            notice: f.or("notice", Duration::business_days(10)),
            per_year: f.or("per_year", 1),
            unlimited_after_failure: f.or("unlimited_after_failure", true),
            look_back: f.or("look_back", Duration::months(36)),
            independent: f.or("independent", true),
            retention: f.or("retention", Duration::months(36)),
            cost_shift: f.or("cost_shift", Share::percent(5)),
            interest_above_base: f.or("interest_above_base", Share::percent(2)),
        }
    }
}
