//! A holder asks for documents; the grantor sends them. Source: domain rules §2.3, row 4.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::Duration;

use super::{Refused, World, exercise::in_turn};
use crate::case::{Case, Documents, State};
use crate::deadline::Channel;
use crate::event::Event;
use crate::guard::Guard;
use crate::round;

/// How long after receipt of the notice documents may be asked for.
const ASK_WITHIN: Duration = Duration::business_days(5);

/// Asks for documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestDocuments {
    /// Which.
    pub list: Vec<String>,
}

impl RequestDocuments {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let right = world.must_be_holder(case)?;
        let (part, notice) = world.part_in(case, "NOTICED or OPEN", Notice::of)?;
        in_turn(world, case, right, notice.tier)?;
        let first = notice.documents == Documents::Complete;
        world.guard(Guard::DocumentsInTime, first, || {
            let found = "documents were asked for in this round already".to_string();
            (found, "answer by what there is, or counter".to_string())
        })?;
        let named = !self.list.is_empty() && self.list.iter().all(|one| !one.trim().is_empty());
        world.guard(Guard::DocumentsInTime, named, || {
            ("no document is asked for".to_string(), "name each with `--list`".to_string())
        })?;
        let last = world.clock.deadline(notice.receipt, ASK_WITHIN)?;
        world.guard(Guard::DocumentsInTime, world.now <= last, || {
            let found = format!("documents are asked for within {ASK_WITHIN}, by {last}");
            (found, "answer by what there is".to_string())
        })?;
        let waits = round::waits_for_documents(case, notice.tier, notice.receipt);
        Ok(vec![Event::DocumentsRequested { part, right, list: self.list.clone(), waits }])
    }
}

/// Sends them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SendDocuments {
    /// How they travel.
    pub channel: Channel,
}

impl SendDocuments {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let (part, notice) = world.part_in(case, "waiting for documents", |state| {
            Notice::of(state).filter(|notice| notice.documents == Documents::Requested)
        })?;
        let Notice { tier, receipt, deadline, .. } = notice;
        let (receipt, deadline) = match deadline {
            // The time ran on, and runs on.
            Some(deadline) if !round::waits_for_documents(case, tier, receipt) => {
                (receipt, deadline)
            }
            // It begins when the last document is received; never before the notice is.
            running => {
                let arrived = world.clock.deemed_receipt(world.now, self.channel)?;
                let arrived = arrived.max(receipt);
                let anew = round::deadline(world, case, tier, arrived, arrived)?;
                (arrived, running.map_or(anew, |running| running.max(anew)))
            }
        };
        Ok(vec![Event::DocumentsSent { part, receipt, deadline }])
    }
}

/// What matters here of a notice, received or not.
struct Notice {
    tier: u32,
    receipt: Timestamp,
    deadline: Option<Timestamp>,
    documents: Documents,
}

impl Notice {
    fn of(state: &State) -> Option<Notice> {
        let (tier, receipt, deadline, documents) = match state {
            State::Noticed(n) => (n.tier, n.receipt, Some(n.deadline), n.documents),
            State::Open(open) => (open.tier, open.receipt, open.deadline, open.documents),
            _ => return None,
        };
        Some(Notice { tier, receipt, deadline, documents })
    }
}
