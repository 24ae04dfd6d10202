//! The sealed round in which those whose offers are equal may improve them. Source: domain rules §3.4.
//!
//! The rule leaves open how it is held. Here the grantor asks for it once equal offers are the next to be
//! awarded, so that nobody who offered less comes to stand before somebody who offered more. Asked are
//! those alone, each by an event that names no other. They have the posted time, from the receipt of
//! what asks them, to hand in a seal; then as long to reveal what it is of. An offer is asked about once:
//! offers that are still equal, or whose equals have been asked before, go to the next tie-break.

use evaluation::Comparison;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::offer::BidStatus;

/// What an offer's supplier was asked to improve.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Improvement {
    /// How many accelerators were needed then: offers compare by that.
    pub needed: u64,
    /// The last instant at which a seal is taken.
    pub closes: Timestamp,
    /// The last instant at which what it is of may be revealed.
    pub reveal_by: Timestamp,
    /// The seal of an improvement that is not revealed.
    pub seal: Option<String>,
}

impl Improvement {
    /// Whether nobody may hand in or reveal anything any more.
    fn is_over(&self, now: Timestamp) -> bool {
        self.reveal_by < now || (self.closes < now && self.seal.is_none())
    }
}

/// A round of improvements that is not over, by one of the offers in it. An offer that is withdrawn
/// holds up nobody.
pub(crate) fn running(case: &Case, now: Timestamp) -> Option<&Improvement> {
    let mut standing = standing(case).map(|(_, improvement)| improvement);
    standing.find(|improvement| !improvement.is_over(now))
}

/// When sealed improvements must have been revealed, by the places of their offers.
pub(crate) fn sealed(case: &Case) -> impl Iterator<Item = (Timestamp, usize)> {
    let sealed = standing(case).filter(|(_, improvement)| improvement.seal.is_some());
    sealed.map(|(at, improvement)| (improvement.reveal_by, at))
}

fn standing(case: &Case) -> impl Iterator<Item = (usize, &Improvement)> {
    let stands = |at: usize| case.bids.get(at).is_some_and(|bid| bid.status == BidStatus::Standing);
    case.improvements
        .iter()
        .map(|(at, improvement)| (*at, improvement))
        .filter(move |(at, _)| stands(*at))
}

/// The places of equal offers that are the next to be awarded and must be asked first: none of them has
/// been before.
pub(crate) fn to_ask(case: &Case, compared: &Comparison) -> Vec<usize> {
    let places = next_among(compared, &compared.improvement_rounds);
    match places.iter().any(|at| case.improvements.contains_key(at)) {
        true => Vec::new(),
        false => places,
    }
}

/// The places of those offers among which the next to be awarded is, of groups of equal ones.
pub(crate) fn next_among(compared: &Comparison, groups: &[Vec<u32>]) -> Vec<usize> {
    let next = compared.rows.iter().find(|row| row.awarded > 0);
    let group = next.and_then(|next| groups.iter().find(|group| group.contains(&next.number)));
    let places = group.into_iter().flatten().filter_map(|number| number.checked_sub(1));
    places.filter_map(|at| usize::try_from(at).ok()).collect()
}
