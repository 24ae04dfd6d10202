//! The grantor puts its need, or a third party's offer, to the holders. Source: domain rules §2.3,
//! rows 2 and 3, and "modes".
//!
//! The holders of the first tier are told. What they leave reaches those of the next by the same
//! notice, without another command: it goes out by e-mail when the tier before is done, so that no
//! holder's turn depends on the grantor.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::Name;
use terms::clause::{NoticeWithin, RefusalMode, Trigger};

use super::present::bona_fide;
use super::{Refused, World, bid};
use crate::case::{Case, State};
use crate::deadline::Channel;
use crate::disclosure::{certificate, disclosed};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Bid;
use crate::right::{Right, Say};
use crate::round::{Put, next_tier, notice};

/// Sends the notice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notify {
    /// How it travels.
    pub channel: Channel,
    /// The number of the third party's offer that is put to the holders, from 1; the grantor's own
    /// terms if none.
    #[serde(default)]
    pub bid: Option<usize>,
    /// The independent person that has seen the offer and certifies it, where the clause wants one.
    #[serde(default)]
    pub certified_by: Option<Name>,
    /// As [`super::present::Present::nonce`], where an offer is put to holders that are not told all
    /// of it.
    #[serde(default)]
    pub nonce: Option<String>,
}

impl Notify {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let Some(right) = case.restriction.right() else {
            let help = "award it to the holder of the exclusivity, or to anybody if it is exempt";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        let waiting = |state: &State| matches!(state, State::Draft | State::Expired).then_some(());
        let (part, ()) = world.part_in(case, "DRAFT or EXPIRED", waiting)?;
        let tier = next_tier(case, Say::Notice, None, world.now);
        world.guard(Guard::RightHolds, tier.is_some(), || {
            let ended = right.ends.map(|ends| format!("; it ended at {ends}")).unwrap_or_default();
            let found = format!("`{}` begins no round any more{ended}", right.clause);
            (found, "make a new request: nobody need be asked".to_string())
        })?;
        let tier = tier.unwrap_or_default();
        let mut asked = case.restriction.tier(tier).map(|(_, right)| right);
        let right = asked.next().unwrap_or(right);
        let offer = self.offer(world, case, right)?;
        self.in_time(world, case, right, part, offer)?;
        let all = case.parts[part].quantity;
        let (own, at) = (case.requirement.terms(), world.now);
        let (terms, bid) = offer.map_or((&own, None), |(at, bid)| (&bid.terms, Some(at)));
        let quantity = offer.map_or(all, |(_, bid)| bid.quantity.min(all));
        let put = Put { part, quantity, terms, bid, tier };
        let notice = notice(world, case, &put, self.channel, at)?;
        if let (Some((at, bid)), Event::NoticeSent { deadline, .. }) = (offer, &notice) {
            bona_fide(world, case, Say::Notice, at + 1, bid, *deadline)?;
        }
        let mut events = vec![notice];
        if let Some((_, bid)) = offer {
            let (by, nonce) = (self.certified_by.as_ref(), self.nonce.as_deref());
            let certificate = certificate(world, case, bid, by, nonce)?;
            events.push(disclosed(case, part, case.rounds + 1, bid, &certificate));
        }
        Ok(events)
    }

    /// The offer that is put to the holders, where the clause is about those of third parties.
    fn offer<'c>(
        &self,
        world: &World<'_>,
        case: &'c Case,
        right: &Right,
    ) -> Result<Option<(usize, &'c Bid)>, Refused> {
        let clause = &right.clause;
        match self.bid {
            None => {
                let own = right.says.mode != RefusalMode::OfferFirst;
                world.guard(Guard::BonaFide, own, || {
                    let found = format!("`{clause}` is to the terms of a third party's offer");
                    (found, "name the offer: `charter notify … --bid N`".to_string())
                })?;
                Ok(None)
            }
            Some(number) => {
                let theirs = right.says.mode == RefusalMode::OfferFirst;
                world.guard(Guard::Covered, theirs, || {
                    let found = format!("`{clause}` is to the grantor's own terms");
                    (found, "leave out `--bid`; present the offer later".to_string())
                })?;
                let (at, offer) = bid::standing(world, case, number)?;
                bid::of_third_party(world, case, number, offer)?;
                Ok(Some((at, offer)))
            }
        }
    }

    /// A notice is given in the time the clause sets from what obliges the grantor to it: the offer
    /// that is put to the holders, or the need. A later one needs a new occasion.
    fn in_time(
        &self,
        world: &World<'_>,
        case: &Case,
        right: &Right,
        part: usize,
        offer: Option<(usize, &Bid)>,
    ) -> Result<(), Refused> {
        let approach = &right.says.approach;
        let NoticeWithin::Lasting(within) = approach.notice_within else { return Ok(()) };
        let of_need = [Trigger::Proposal, Trigger::Need, Trigger::NewItem, Trigger::Determination];
        let first = case.rounds == 0 && case.parts[part].state == State::Draft;
        let occasion: Option<Timestamp> = match offer {
            Some((_, bid)) => Some(bid.received),
            None if first && approach.trigger.iter().any(|trigger| of_need.contains(trigger)) => {
                Some(case.requested)
            }
            None => None,
        };
        let Some(occasion) = occasion else { return Ok(()) };
        let last = world.clock.deadline(occasion, within)?;
        world.guard(Guard::InTime, world.now <= last, || {
            let found = format!("`{}` wants notice within {within}, by {last}", right.clause);
            let help = match offer {
                Some(_) => "ask the supplier to renew its offer",
                None => "withdraw the request and make a new one",
            };
            (found, help.to_string())
        })
    }
}
