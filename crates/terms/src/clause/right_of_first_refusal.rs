use serde::{Deserialize, Serialize};

use crate::Duration;
use crate::fields::Fields;
use crate::value::words;

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
    /// What it means if the holder says nothing until the deadline.
    pub enum Silence {
        /// The right lapses for this case.
        Reject = "reject",
        /// The holder has exercised.
        Accept = "accept",
    }
}

words! {
    /// What the grantor may sign with others once the holder has not taken a case.
    pub enum FreeTermsLimit {
        /// Nothing better for them than what was put to the holder.
        NoMoreFavourable = "no_more_favourable",
        /// Anything.
        None = "none",
    }
}

/// "Before others supply it, the holder may." Source: domain rules §1.4, whose defaults these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightOfFirstRefusal {
    /// How long the holder may think after receipt of a complete notice.
    pub response_window: Duration,
    /// How long the holder may think about a better offer that came later.
    pub match_window: Duration,
    /// How long the grantor may then sign with others.
    pub free_window: Duration,
    /// How long both may take to sign after an exercise.
    pub close_within: Duration,
    /// How much the holder may take.
    pub partial_exercise: PartialExercise,
    /// What silence means.
    pub silence_means: Silence,
    /// On what terms the grantor may sign with others.
    pub free_terms_limit: FreeTermsLimit,
}

impl RightOfFirstRefusal {
    pub(super) fn read(f: &mut Fields<'_>) -> RightOfFirstRefusal {
        RightOfFirstRefusal {
            response_window: f.or("response_window", Duration::days(30)),
            match_window: f.or("match_window", Duration::business_days(10)),
            free_window: f.or("free_window", Duration::days(120)),
            close_within: f.or("close_within", Duration::days(60)),
            partial_exercise: f.or("partial_exercise", PartialExercise::WholeLots),
            silence_means: f.or("silence_means", Silence::Reject),
            free_terms_limit: f.or("free_terms_limit", FreeTermsLimit::NoMoreFavourable),
        }
    }
}
