use super::right_of_first_refusal::{FreeTermsLimit, Silence};
use crate::Duration;
use crate::fields::Fields;

/// "Before the grantor looks elsewhere, the holder may make an offer." Source: domain rules §1.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightOfFirstOffer {
    /// How long the holder may take to make its offer.
    pub response_window: Duration,
    /// How long the grantor may then sign with others.
    pub free_window: Duration,
    /// What silence means.
    pub silence_means: Silence,
    /// On what terms the grantor may sign with others, against the holder's last offer.
    pub free_terms_limit: FreeTermsLimit,
    /// Whether the grantor must begin again once the free window has ended unused.
    pub renotice: bool,
}

impl RightOfFirstOffer {
    pub(super) fn read(f: &mut Fields<'_>) -> RightOfFirstOffer {
        RightOfFirstOffer {
            response_window: f.or("response_window", Duration::days(30)),
            free_window: f.or("free_window", Duration::days(120)),
            silence_means: f.or("silence_means", Silence::Reject),
            free_terms_limit: f.or("free_terms_limit", FreeTermsLimit::NoMoreFavourable),
            renotice: f.or("renotice", true),
        }
    }
}
