//! What every first right says: how the grantor turns to the holder, what the holder gets, and how
//! free the grantor is once the holder has not taken it. Source: domain rules §1.4.

mod approach;
mod exercise;
mod release;

pub(super) use approach::conditions;
pub use approach::{
    Approach, ClockStart, Exercisable, IdentityDisclosure, NoticeForm, NoticeWithin, Silence,
    Trigger,
};
pub use exercise::{Exercise, Expense, HolderTerms, InNameOf, NegotiationStart, OnExercise};
pub use release::{
    BreachEffect, FreeTermsLimit, FreeWindow, FreeWindowStart, Release, Reoffer, WaiverScope,
};
