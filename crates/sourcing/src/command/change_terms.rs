//! What is signed with somebody else is changed. Source: domain rules §2.3, row 32.

use serde::{Deserialize, Serialize};
use terms::clause::Reoffer;

use super::bid::{comparable, evaluable};
use super::present::window;
use super::{Refused, World};
use crate::case::apply::detected;
use crate::case::{Case, Free, Joint, Signed, State};
use crate::disclosure::brought;
use crate::event::Event;
use crate::offer::Offered;
use crate::right::{Right, Say};
use crate::{disturbance, joint, material};

/// Changes what is signed, as grantor and third party agree.
///
/// If it is materially better for the third party than what it signed when the holders were last
/// asked, and nothing is delivered yet, the holders may match the new terms first. If they do not,
/// the deal stands on the new terms; if one does, the third party's deal falls away.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeTerms {
    /// To what.
    pub terms: Offered,
}

impl ChangeTerms {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (part, (signed, free)) = world.part_in(case, "THIRD_SIGNED", |state| match state {
            State::ThirdSigned { signed, free } => Some((signed, free.as_ref())),
            _ => None,
        })?;
        let terms = self.terms.clone();
        let quantity = case.parts.get(part).map_or(0, |part| part.quantity);
        let changed = Signed { terms: terms.clone(), ..signed.clone() };
        let deal = detected(world.now, quantity, &changed);
        comparable(world, case, &deal)?;
        evaluable(world, case, &deal)?;
        let parties = [&case.requirement.grantor, &signed.party];
        let what = Joint::ChangeTerms { part, terms: terms.clone() };
        if let Some(proposed) = joint::proposed(world, case, what, &parties)? {
            return Ok(vec![proposed]);
        }
        let better = self.tags_back(world, case, quantity, part, signed)?;
        let round = case.rounds + 1;
        match asked(case, free).filter(|_| better) {
            Some(right) => {
                let tier = right.tier;
                let deadline = window(world, case, tier, world.now)?;
                let tagged = Event::TaggedBack { part, round, terms, deadline, tier };
                let brought = brought(case, part, tier, deadline, &deal);
                Ok([tagged].into_iter().chain(brought).collect())
            }
            None => {
                let lot = disturbance::scheduled_anew(world, case, part, &changed, world.now)?;
                Ok([Event::TermsChanged { part, terms }].into_iter().chain(lot).collect())
            }
        }
    }

    /// Whether the change is one the clause re-opens the case for, before the first delivery.
    fn tags_back(
        &self,
        world: &World<'_>,
        case: &Case,
        quantity: u64,
        part: usize,
        signed: &Signed,
    ) -> Result<bool, Refused> {
        if case.lots.iter().any(|lot| lot.part == part && lot.delivered.is_some()) {
            return Ok(false);
        }
        // What it signed first: small changes since count together.
        let offer = signed.bid.and_then(|bid| case.bids.get(bid));
        let first = offer.map_or(&signed.terms, |offer| &offer.terms);
        let material =
            material::of_terms(&world.clock, &case.requirement, quantity, first, &self.terms)?;
        let on = case.restriction.right().map(|right| right.says.release.reoffer_on.as_slice());
        let on = on.unwrap_or_default();
        let any = on.contains(&Reoffer::AnyChange) && signed.terms != self.terms;
        Ok(any || on.contains(&Reoffer::MaterialChange) && !material.is_empty())
    }
}

/// The right to ask first, where the deal was signed within limits that still hold.
fn asked<'c>(case: &'c Case, free: Option<&Free>) -> Option<&'c Right> {
    let limited = free.is_some_and(|free| !free.unrestricted && free.baseline.is_some());
    let ended = case.right_ended.is_some() && !case.restriction.right()?.limits_survive;
    let rights = case.restriction.rights();
    let mut left = case.holders().filter_map(|(place, _)| rights.get(place));
    left.find(|right| limited && !ended && right.has(Say::Match))
}
