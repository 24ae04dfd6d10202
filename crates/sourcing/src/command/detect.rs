//! Somebody is found to have signed without leave. Source: domain rules §2.3, row 36.

use serde::{Deserialize, Serialize};
use terms::Name;
use terms::clause::BreachEffect;

use super::present::window_from;
use super::{Refused, World};
use crate::case::apply::detected;
use crate::case::{Case, Certificate, Signed, State};
use crate::deadline::Channel;
use crate::disclosure::{brought, certificate};
use crate::event::Event;
use crate::guard::Guard;
use crate::limit;
use crate::offer::{Bid, Offered};
use crate::right::Say;
use crate::round::{matching, next_tier};

/// Notes it. The holders may match the deal for one window from when they know. What was signed is
/// void if the clause says so; else it stands unless a holder takes it over, and what else follows
/// from the breach is not for this process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Detect {
    /// Who signed.
    pub party: Name,
    /// How many accelerators.
    pub quantity: u64,
    /// On what terms.
    pub terms: Offered,
    /// What shows it.
    pub evidence: String,
    /// As [`super::present::Present::certified_by`], where a holder that may match does not know it.
    #[serde(default)]
    pub certified_by: Option<Name>,
    /// As [`super::present::Present::nonce`], where a holder that may match does not know it.
    #[serde(default)]
    pub nonce: Option<String>,
}

impl Detect {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let holders = case.holders().map(|(_, holder)| holder);
        let known: Vec<_> = holders.chain(&world.agreement.decision_maker).collect();
        let place = world.must_be_one_of(&known)?;
        let by_holder = place < case.holders().count();
        let Some(right) = case.restriction.right() else {
            let found = "no first right covers this case, so there is none to match by";
            let help = "bring the breach before the decision-maker: `charter dispute`";
            return Err(Refused::new(Guard::Covered, found, help));
        };
        world.must_be_said(
            &self.evidence,
            "a breach needs evidence",
            "say what shows it with `--evidence`",
        )?;
        let (part, ()) = world.part_in(case, "not bound, and not standing still", |state| {
            matches!(
                state,
                State::Draft
                    | State::Noticed(_)
                    | State::Open(_)
                    | State::Negotiating { .. }
                    | State::Free(_)
                    | State::Matching { signed: None, .. }
                    | State::Expired
                    | State::Withdrawn
            )
            .then_some(())
        })?;
        let all = case.parts[part].quantity;
        world.guard(Guard::WithinQuantity, (1..=all).contains(&self.quantity), || {
            let found =
                format!("{} is not part of the {all} that nobody was to sign", self.quantity);
            (found, format!("give from 1 to {all} with `--quantity`"))
        })?;
        let quantity = self.quantity.min(all);
        let signed = Signed { party: self.party.clone(), terms: self.terms.clone(), bid: None };
        let deal = detected(world.now, quantity, &signed);
        self.must_be_breach(world, case, part, &deal)?;
        let void = right.says.release.effect_of_breach.contains(&BreachEffect::Void);
        // A holder that says it knows it now; others are told.
        let knows = match by_holder {
            true => world.now,
            false => world.clock.deemed_receipt(world.now, Channel::Email)?,
        };
        let tier = next_tier(case, Say::Match, None, world.now).unwrap_or(right.tier);
        let deadline = window_from(world, case, tier, world.now, knows)?;
        let round = case.rounds + 1;
        let certificate = self.certificate(world, case, tier, &deal)?;
        let brought = brought(case, part, tier, deadline, &deal, &certificate);
        let found = Event::BreachDetected { part, quantity, signed, void, round, deadline };
        Ok([found].into_iter().chain(brought).collect())
    }

    /// What shows those holders later that this was the deal who are not told it. A holder that found
    /// it out and alone may match it knows what it has said itself.
    fn certificate(
        &self,
        world: &World<'_>,
        case: &Case,
        tier: u32,
        deal: &Bid,
    ) -> Result<Certificate, Refused> {
        let asked = matching(case, tier, world.now);
        if asked.iter().all(|(_, right)| world.is_affiliate(world.by, &right.holder)) {
            return Ok(Certificate::default());
        }
        // The decision-maker is independent, and has seen what it decides on.
        let decider = world.agreement.decision_maker.as_ref().filter(|named| *named == world.by);
        let by = self.certified_by.as_ref().or(decider);
        certificate(world, case, deal, by, self.nonce.as_deref())
    }

    /// What others may sign anyway is no breach.
    fn must_be_breach(
        &self,
        world: &World<'_>,
        case: &Case,
        part: usize,
        deal: &Bid,
    ) -> Result<(), Refused> {
        let Some(State::Free(free)) = case.state(part) else { return Ok(()) };
        let other = free.only.as_ref().is_some_and(|only| *only != self.party);
        // The deal is no offer that was put to a holder: it has a place of its own.
        let beyond = limit::beyond(world, case, case.bids.len(), deal, free)?;
        let breach = other || beyond.is_some();
        world.guard(Guard::State, breach, || {
            let found = "this is free for others on these terms".to_string();
            (found, "let the grantor record it: `charter award`".to_string())
        })
    }
}
