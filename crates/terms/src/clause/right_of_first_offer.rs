use super::first_right::{
    Approach, Exercise, FreeTermsLimit, FreeWindow, HolderTerms, OnExercise, Release, Silence,
    Trigger,
};
use crate::Duration;
use crate::fields::{Collected, Fields};

/// "Before the grantor looks elsewhere, the holder may make an offer." Source: domain rules §1.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightOfFirstOffer {
    /// How the grantor turns to the holder.
    pub approach: Approach,
    /// How long the holder may take to make its offer.
    pub response_window: Duration,
    /// What silence means.
    pub silence_means: Silence,
    /// What follows the holder's offer.
    pub exercise: Exercise,
    /// How long both may take to sign.
    pub close_within: Duration,
    /// How long the grantor may then sign with others.
    pub free_window: FreeWindow,
    /// On what terms the grantor may sign with others, against the holder's last offer.
    pub free_terms_limit: FreeTermsLimit,
    /// How free the grantor then is.
    pub release: Release,
}

impl RightOfFirstOffer {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> RightOfFirstOffer {
        let approach = Approach::read(f, Trigger::Proposal, false, into);
        let response_window = f.or("response_window", Duration::days(30));
        let silence_means = f.or("silence_means", Silence::Reject);
        let exercise = Exercise::read(f, OnExercise::Negotiation, HolderTerms::Offered, into);
        let close_within = f.or("close_within", Duration::days(60));
        let free_window = f.or("free_window", FreeWindow::Lasting(Duration::days(120)));
        let free_terms_limit = f.or("free_terms_limit", FreeTermsLimit::NoMoreFavourable);
        let release = Release::read(f, free_window);
        RightOfFirstOffer {
            approach,
            response_window,
            silence_means,
            exercise,
            close_within,
            free_window,
            free_terms_limit,
            release,
        }
    }
}
