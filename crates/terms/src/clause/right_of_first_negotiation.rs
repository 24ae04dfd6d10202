use super::right_of_first_refusal::FreeTermsLimit;
use crate::Duration;
use crate::fields::Fields;

/// "The grantor first talks to the holder alone, in good faith." Source: domain rules §1.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightOfFirstNegotiation {
    /// How long the holder may take to say that it is interested.
    pub response_window: Duration,
    /// How long both then negotiate.
    pub negotiation_window: Duration,
    /// Whether the grantor may not talk to others meanwhile.
    pub standstill: bool,
    /// How long the grantor may then sign with others.
    pub free_window: Duration,
    /// On what terms, against the last ones offered to the holder.
    pub free_terms_limit: FreeTermsLimit,
}

impl RightOfFirstNegotiation {
    pub(super) fn read(f: &mut Fields<'_>) -> RightOfFirstNegotiation {
        RightOfFirstNegotiation {
            response_window: f.or("response_window", Duration::days(30)),
            negotiation_window: f.or("negotiation_window", Duration::days(30)),
            standstill: f.or("standstill", true),
            free_window: f.or("free_window", Duration::days(120)),
            free_terms_limit: f.or("free_terms_limit", FreeTermsLimit::NoMoreFavourable),
        }
    }
}
