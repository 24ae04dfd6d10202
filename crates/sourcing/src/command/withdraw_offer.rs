//! An offer is withdrawn. Source: domain rules §2.3, row 20.

use serde::{Deserialize, Serialize};
use terms::clause::WithdrawnOffer;

use super::{Refused, World};
use crate::case::{Case, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::BidStatus;
use crate::release;

/// Withdraws it. The supplier withdraws its own, the grantor puts one out of the running.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WithdrawOffer {
    /// The offer's number, from 1.
    pub bid: usize,
}

impl WithdrawOffer {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let at = self.bid.wrapping_sub(1);
        let Some(bid) = case.bids.get(at) else {
            let found = format!("there is no offer {}; there are {}", self.bid, case.bids.len());
            let help = "see the offers with `charter rounds ID`";
            return Err(Refused::new(Guard::OfferStands, found, help));
        };
        let grantor = &case.requirement.grantor;
        let own = world.is_affiliate(world.by, &bid.supplier);
        world.guard(Guard::ByParty, own || world.by == grantor, || {
            let found = format!("only its supplier or `{grantor}` may withdraw offer {}", self.bid);
            (found, format!("let `{grantor}` do it"))
        })?;
        let (open, found, help) = match &bid.status {
            BidStatus::Standing | BidStatus::Sealed { .. } => (true, "", ""),
            BidStatus::Gone => (false, "is withdrawn or out of the running", "nothing is left"),
            BidStatus::Signed => (false, "is signed", "agree to undo it: `charter annul`"),
            BidStatus::Contingent { .. } => {
                (false, "is chosen", "wait until what it is contingent on is so, or is not")
            }
        };
        // A change of a deal that is signed is before the holders as an offer is. One that came to
        // light was signed as it is: who broke the agreement cannot take the holders' round away.
        let before_holder = case.parts.iter().any(|part| match &part.state {
            State::Matching { bid: of, signed: Some(signed), .. } => {
                *of == at && signed.terms != bid.terms
            }
            _ => false,
        });
        world.guard(Guard::OfferStands, open || before_holder, || {
            (format!("offer {} {found}", self.bid), help.to_string())
        })?;
        let why = match own {
            true => "withdrawn by its supplier",
            false => "put out of the running by the grantor",
        };
        let mut events = Vec::new();
        if open {
            events.push(Event::BidGone { bid: at, why: why.to_string() });
        }
        // Where the option has ripened, the holder may match until its window ends all the same.
        let ripened = case.restriction.rights().iter();
        let ripened = ripened
            .map(|right| right.says.withdrawn_offer)
            .any(|withdrawn| withdrawn == WithdrawnOffer::OptionRipened);
        for (part, of) in case.parts.iter().enumerate() {
            let put = of.state.underlying();
            let lapses = !ripened || matches!(put, State::Noticed(_));
            if put.before_holders() != Some(at) || !lapses {
                continue;
            }
            events.push(Event::OfferWithdrawn { part });
            events.extend(release::unmatched(case, part, world.now));
            // What stood still does so still, but for a deal that stands as it was signed.
            match of.state {
                State::Paused { reason, .. } if put.is_wanted() => {
                    events.push(Event::Paused { part, reason });
                }
                _ => {}
            }
        }
        Ok(events)
    }
}
