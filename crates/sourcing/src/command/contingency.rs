//! What a chosen offer is contingent on is so, or is waived. Source: domain rules §2.7, "contingent
//! offers".

use serde::{Deserialize, Serialize};

use super::award;
use super::bid::by_supplier;
use super::{Refused, World};
use crate::case::{Case, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::BidStatus;

/// The supplier says that it is so, or waives it: the offer binds it from then on, and is signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MeetContingency {
    /// The offer's number, from 1.
    pub bid: usize,
    /// What shows it.
    pub evidence: String,
}

impl MeetContingency {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let at = self.bid.wrapping_sub(1);
        let chosen = case.bids.get(at).and_then(|bid| match &bid.status {
            BidStatus::Contingent { until, part, quantity } => Some((bid, until, *part, *quantity)),
            _ => None,
        });
        let Some((bid, until, part, quantity)) = chosen else {
            let found = format!("offer {} is not chosen and contingent", self.bid);
            return Err(Refused::new(Guard::ContingencyMet, found, "award it first"));
        };
        by_supplier(world, case, &bid.supplier)?;
        world.must_be_said(
            &self.evidence,
            "that it is so needs evidence",
            "say what shows it with `--evidence`",
        )?;
        world.guard(Guard::InTime, world.now <= *until, || {
            let found = format!("it was to be so by {until}");
            (found, "ask for the offer to be awarded again".to_string())
        })?;
        let free = case.state(part).filter(|state| matches!(state, State::Free(_) | State::Exempt));
        world.guard(Guard::WithinRelease, free.is_some(), || {
            let state = case.state(part).map_or("gone", State::name);
            (format!("part {} is {state} by now", part + 1), "begin anew".to_string())
        })?;
        let evidence = self.evidence.clone();
        let mut events = vec![Event::ContingencyMet { bid: at, evidence }];
        events.extend(award::sign(world, case, part, at, bid, quantity)?);
        Ok(events)
    }
}
