use super::level::{Level, Per, When, Whichever};
use super::shortfall::{ShortfallRemedy, Shortfalls};
use super::{CarryForward, Effort, Excuse};
use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{ClauseId, Duration};

words! {
    /// What a performance is measured by.
    pub enum PerformanceMeasure {
        /// What the grantor supplies to the holder or does for it.
        Supply = "supply",
        /// What the grantor sells to others.
        Sales = "sales",
        /// What the grantor spends, with whomever.
        Spending = "spending",
        /// What the grantor has and keeps: staff, stock, funds or a stake.
        Holding = "holding",
        /// What the holder earns under the agreement.
        Earnings = "earnings",
        /// How good or how large what is supplied is.
        Standard = "standard",
    }
}

/// "The grantor supplies, sells, spends, keeps or achieves at least so much."
///
/// What a customer takes or pays for is a [`Commitment`](super::Commitment).
/// Source: domain rules §1.6, as far as it speaks of suppliers and sellers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerformanceCommitment {
    /// How much, over what time.
    pub minimum: Level,
    /// What it is measured by.
    pub measure: PerformanceMeasure,
    /// How hard the grantor must try to reach it.
    pub effort: Effort,
    /// Whether each period's minimum is of the sum from the beginning on.
    pub cumulative: bool,
    /// The clauses that must be kept for it to bind.
    pub subject_to: Vec<ClauseId>,
    /// What follows a shortfall.
    pub shortfall: Shortfalls,
    /// Use in later periods of what was above the minimum, if it is allowed.
    pub carry_forward: Option<CarryForward>,
    /// Whether a shorter period has a smaller minimum.
    pub prorate: bool,
    /// When it is due.
    pub when: When,
    /// How long before it is due it must be asked for, if it is stated.
    pub call_notice: Option<Duration>,
    /// What excuses a shortfall that comes from it.
    pub excused_by: Vec<Excuse>,
    /// Whether what is not proved counts as not done.
    pub to_be_proved: bool,
}

impl PerformanceCommitment {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<PerformanceCommitment> {
        let minimum = Level::read(f, Per::Term, Whichever::Greater, into);
        Some(PerformanceCommitment {
            measure: f.or("measure", PerformanceMeasure::Supply),
            effort: f.or("effort", Effort::Absolute),
            cumulative: f.or("cumulative", false),
            subject_to: f.clauses("subject_to", into),
            shortfall: Shortfalls::read(f, ShortfallRemedy::Claim, into),
            carry_forward: CarryForward::read(f, into),
            prorate: f.or("prorate", true),
            when: f.or("when", When::Unasked),
            call_notice: f.optional("call_notice"),
            excused_by: f.or("excused_by", vec![Excuse::OtherParty]),
            to_be_proved: f.or("to_be_proved", false),
            minimum: minimum?,
        })
    }
}
