use crate::fields::Fields;
use crate::value::words;
use crate::{Duration, Name};

words! {
    /// What the holder may do when control of the grantor changes.
    pub enum ControlRemedy {
        /// End the agreement.
        Terminate = "terminate",
        /// Withhold its consent.
        Consent = "consent",
        /// Be told.
        Notice = "notice",
        /// Make the first offer.
        RightOfFirstOffer = "right_of_first_offer",
    }
}

/// "If somebody else comes to control the grantor, the holder has a say." Source: domain rules §1.11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOfControl {
    /// What the holder may do; each of these.
    pub remedy: Vec<ControlRemedy>,
    /// Whether only a competitor's control counts.
    pub competitors_only: bool,
    /// Who counts as a competitor, if they are named.
    pub competitors: Vec<Name>,
    /// How long the holder may take to decide.
    pub window: Duration,
}

impl ChangeOfControl {
    pub(super) fn read(f: &mut Fields<'_>) -> ChangeOfControl {
        ChangeOfControl {
            remedy: f.or("remedy", vec![ControlRemedy::Consent]),
            competitors_only: f.or("competitors_only", true),
            competitors: f.named_list("competitors", &[crate::registry::Entry::Party]),
            window: f.or("window", Duration::days(30)),
        }
    }
}
