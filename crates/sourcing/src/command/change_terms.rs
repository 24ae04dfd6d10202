//! What is signed with somebody else is changed. Source: domain rules §2.3, row 32.

use serde::{Deserialize, Serialize};
use terms::Name;
use terms::clause::Reoffer;

use super::bid::comparable;
use super::present::window;
use super::{Refused, World};
use crate::case::apply::detected;
use crate::case::{Case, Joint, Signed, State};
use crate::disclosure::{brought, certificate};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Offered;
use crate::right::Say;
use crate::round::next_tier;
use crate::{disturbance, joint, limit, material};

/// Changes what is signed, as grantor and third party agree.
///
/// If it is materially better for the third party than what it signed when the holders were last
/// asked, and nothing is delivered yet, the holders may match the new terms first. If they do not,
/// the deal stands on the new terms; if one does, the third party's deal falls away.
///
/// No round begins once the right has ended. Where its limits outlive it, what goes beyond them may
/// then not be agreed on at all: they would else be got round by signing first and changing later.
/// Source: row 25.
///
/// Where the holders are not told all of the new terms, whoever is the second to say so gives the
/// certificate of them, as for an offer that is presented.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeTerms {
    /// To what.
    pub terms: Offered,
    /// As [`super::present::Present::certified_by`], where the holders may match.
    #[serde(default)]
    pub certified_by: Option<Name>,
    /// As [`super::present::Present::nonce`], where the holders may match.
    #[serde(default)]
    pub nonce: Option<String>,
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
        let parties = [&case.requirement.grantor, &signed.party];
        let what = Joint::ChangeTerms { part, terms: terms.clone() };
        if let Some(proposed) = joint::proposed(world, case, what, &parties)? {
            return Ok(vec![proposed]);
        }
        let limited = free.filter(|free| !free.unrestricted && free.baseline.is_some());
        let better = limited.is_some() && self.tags_back(world, case, quantity, part, signed)?;
        let tier = next_tier(case, Say::Match, None, world.now);
        if let Some(tier) = tier.filter(|_| better) {
            let deadline = window(world, case, tier, world.now)?;
            let (by, nonce) = (self.certified_by.as_ref(), self.nonce.as_deref());
            let certificate = certificate(world, case, &deal, by, nonce)?;
            let round = case.rounds + 1;
            let tagged = Event::TaggedBack { part, round, terms, deadline, tier };
            let brought = brought(case, part, tier, deadline, &deal, &certificate);
            return Ok([tagged].into_iter().chain(brought).collect());
        }
        if let Some(free) = limited.filter(|_| better) {
            // The changed deal is no offer that was put to a holder: it has a place of its own.
            let beyond = limit::beyond(world, case, case.bids.len(), &deal, free)?;
            world.guard(Guard::WithinTerms, beyond.is_none(), || {
                let help = "change them within the limits, which outlive the right".to_string();
                (beyond.unwrap_or_default(), help)
            })?;
        }
        let lot = disturbance::scheduled_anew(world, case, part, &changed, world.now)?;
        Ok([Event::TermsChanged { part, terms }].into_iter().chain(lot).collect())
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
