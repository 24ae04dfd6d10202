use crate::fields::Fields;
use crate::{Money, Share};

/// "The holder takes part in the grantor's profit." Source: domain rules §1.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfitParticipation {
    /// The holder's share of profit above the threshold.
    pub share: Share,
    /// Profit up to here stays with the grantor.
    pub threshold: Option<Money>,
}

impl ProfitParticipation {
    pub(super) fn read(f: &mut Fields<'_>) -> Option<ProfitParticipation> {
        let threshold = f.optional("threshold");
        Some(ProfitParticipation { share: f.required("share")?, threshold })
    }
}
