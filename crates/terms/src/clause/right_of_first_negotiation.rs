use super::first_right::{
    Approach, Exercise, FreeTermsLimit, FreeWindow, HolderTerms, OnExercise, Release, Silence,
    Trigger,
};
use crate::Duration;
use crate::fields::{Collected, Fields};

/// "The grantor first talks to the holder, in good faith." Source: domain rules §1.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightOfFirstNegotiation {
    /// How the grantor turns to the holder, and whether it may talk to others meanwhile.
    pub approach: Approach,
    /// How long the holder may take to say that it is interested.
    pub response_window: Duration,
    /// What silence means.
    pub silence_means: Silence,
    /// What both negotiate, and how long.
    pub exercise: Exercise,
    /// Whether the holder may better its bid while both negotiate.
    pub may_revise: bool,
    /// Whether what the grantor owes the holder counts at its full amount in the holder's bid.
    pub credits_at_par: bool,
    /// How long the grantor may then sign with others.
    pub free_window: FreeWindow,
    /// On what terms, against the last ones offered to the holder.
    pub free_terms_limit: FreeTermsLimit,
    /// How free the grantor then is.
    pub release: Release,
}

impl RightOfFirstNegotiation {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> RightOfFirstNegotiation {
        let approach = Approach::read(f, Trigger::Proposal, true, into);
        let response_window = f.or("response_window", Duration::days(30));
        let silence_means = f.or("silence_means", Silence::Reject);
        let exercise = Exercise::read(f, OnExercise::Negotiation, HolderTerms::Agreed, into);
        let may_revise = f.or("may_revise", true);
        let credits_at_par = f.or("credits_at_par", false);
        let free_window = f.or("free_window", FreeWindow::Lasting(Duration::days(120)));
        let free_terms_limit = f.or("free_terms_limit", FreeTermsLimit::NoMoreFavourable);
        let release = Release::read(f, free_window);
        RightOfFirstNegotiation {
            approach,
            response_window,
            silence_means,
            exercise,
            may_revise,
            credits_at_par,
            free_window,
            free_terms_limit,
            release,
        }
    }
}
