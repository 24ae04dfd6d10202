//! The grantor puts a better offer to the holders. Source: domain rules §2.3, row 14.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::Duration;
use terms::clause::{BonaFide, PackageRule};

use super::bid::Available;
use super::{Refused, World, bid};
use crate::case::{Case, State};
use crate::deadline::{Channel, ClockError};
use crate::disclosure::{certificate, disclosed};
use crate::event::Event;
use crate::guard::Guard;
use crate::limit;
use crate::offer::Bid;
use crate::right::{Right, Say};
use crate::round::{matching, next_tier};

/// Presents an offer. All holders of a tier are told at once: whoever of them first meets the
/// standard has matched it, as an offer is matched whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Present {
    /// The offer's number, from 1.
    pub bid: usize,
    /// The independent person that has seen it and certifies it, where the clause wants one.
    #[serde(default)]
    pub certified_by: Option<terms::Name>,
    /// 32 random bytes in hexadecimal digits, where the holders are not told all of it: with them
    /// whoever keeps them can show later that it was this offer. They do not go into the journal.
    #[serde(default)]
    pub nonce: Option<String>,
}

impl Present {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        let (at, offer) = bid::standing(world, case, self.bid)?;
        let Some(right) = case.restriction.right() else {
            let help = "award it directly";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        bid::of_third_party(world, case, self.bid, offer)?;
        world.guard(Guard::RightHolds, case.right_ended.is_none(), || {
            let found = "the right has ended, and no round begins under it any more".to_string();
            (found, "sign within the limits that outlive it".to_string())
        })?;
        let tier = next_tier(case, Say::Match, None, world.now);
        world.guard(Guard::RightHolds, tier.is_some(), || {
            let found = "no holder is left that has not waived or lost its right".to_string();
            (found, "sign within what they left, or make a new request".to_string())
        })?;
        let tier = tier.unwrap_or(right.tier);
        let parts = bid::parts_for(world, case, offer, "FREE", None, |state| match state {
            State::Free(free) => Some(Some(free)),
            _ => None,
        })?;
        let Available { part, quantity, .. } = self.part(world, case, at, offer, parts)?;
        let deadline = window(world, case, tier, world.now)?;
        bona_fide(world, case, Say::Match, self.bid, offer, deadline)?;
        let (by, nonce) = (self.certified_by.as_ref(), self.nonce.as_deref());
        let certificate = certificate(world, case, offer, by, nonce)?;
        let round = case.rounds + 1;
        Ok(vec![
            Event::OfferPresented { part, quantity, bid: at, round, deadline, tier },
            disclosed(case, part, round, offer, &certificate),
        ])
    }

    /// The first part on whose terms the offer may not be signed yet, and against which the holder
    /// has not defended.
    fn part<'c>(
        &self,
        world: &World<'_>,
        case: &Case,
        at: usize,
        offer: &Bid,
        parts: Vec<Available<'c>>,
    ) -> Result<Available<'c>, Refused> {
        let mut within = None;
        let mut defended = None;
        for available in parts {
            let Some(free) = available.free else { continue };
            if free.defended.contains(&at) {
                defended = defended.or(Some(available));
                continue;
            }
            let first = limit::presented_first(case, free);
            if first || limit::beyond(world, case, at, offer, free)?.is_some() {
                return Ok(available);
            }
            within = within.or(Some(available));
        }
        if within.is_none() {
            world.guard(Guard::DefendedOnce, defended.is_none(), || {
                let found = format!("the holder has not matched offer {} when it could", self.bid);
                (found, self.award_it())
            })?;
        }
        let found = || {
            let bid = self.bid;
            format!("offer {bid} is no better for its supplier than what the holder was offered")
        };
        world.guard(Guard::WithinTerms, within.is_none(), || (found(), self.award_it()))?;
        within
            .or(defended)
            .ok_or_else(|| Refused::new(Guard::State, "no part is free", self.award_it()))
    }

    fn award_it(&self) -> String {
        format!("award it: `charter award … --bid {}`", self.bid)
    }
}

/// An offer that is put to the holders is meant, as the clauses of all that have a say in it want it.
pub(super) fn bona_fide(
    world: &World<'_>,
    case: &Case,
    say: Say,
    number: usize,
    offer: &Bid,
    deadline: Timestamp,
) -> Result<(), Refused> {
    let has_a_say = |(at, right): &(usize, &Right)| right.has(say) && !case.lapsed.contains(at);
    let mut rights = case.restriction.rights().iter().enumerate().filter(has_a_say);
    rights.try_for_each(|(_, right)| bona_fide_for(world, right, number, offer, deadline))
}

fn bona_fide_for(
    world: &World<'_>,
    right: &Right,
    number: usize,
    offer: &Bid,
    deadline: Timestamp,
) -> Result<(), Refused> {
    let (evidence, says) = (&offer.evidence, &right.says);
    for test in &says.bona_fide {
        let (holds, lacks) = match test {
            BonaFide::Written => (evidence.written, "is not in writing"),
            BonaFide::Signed => (evidence.signed, "is not signed"),
            BonaFide::ArmsLength => (evidence.arms_length, "is not at arm's length"),
            BonaFide::Financed => (evidence.financed, "has not the money behind it"),
            BonaFide::Responsible => {
                (evidence.responsible, "is of nobody responsible and fully disclosed")
            }
            BonaFide::Open => (
                offer.valid_until.is_none_or(|until| deadline <= until),
                "does not stay open as long as the holder may match it",
            ),
        };
        world.guard(Guard::BonaFide, holds, || {
            let help = "ask its supplier for an offer that the holder must answer".to_string();
            (format!("offer {number} {lacks}"), help)
        })?;
    }
    let wanted = says.deposit;
    let deposited = Decimal::from(evidence.deposit) >= wanted.fraction() * Decimal::ONE_HUNDRED;
    world.guard(Guard::BonaFide, deposited, || {
        let found = format!("{}% is deposited, of the {wanted} wanted", evidence.deposit);
        (found, "ask its supplier for the deposit".to_string())
    })?;
    let prohibited = says.package_rule == PackageRule::Prohibited;
    world.guard(Guard::PackageAllowed, !prohibited || offer.terms.package.is_none(), || {
        let found = format!("offer {number} is of a package, which the right forbids");
        (found, "ask its supplier for an offer of this alone".to_string())
    })
}

/// The end of the time the holders of a tier have to match: that of the one with the longest. A
/// window begins at a deemed receipt, also this one: an offer sent at night is read in the morning.
pub(crate) fn window(
    world: &World<'_>,
    case: &Case,
    tier: u32,
    sent: Timestamp,
) -> Result<Timestamp, ClockError> {
    let receipt = world.clock.deemed_receipt(sent, Channel::Email)?;
    window_from(world, case, tier, sent, receipt)
}

/// The same, where what is put to them counts as received at an instant of its own.
pub(crate) fn window_from(
    world: &World<'_>,
    case: &Case,
    tier: u32,
    sent: Timestamp,
    receipt: Timestamp,
) -> Result<Timestamp, ClockError> {
    let windows = matching(case, tier, sent).into_iter();
    let ends =
        windows.map(|(_, right)| world.clock_of(right).deadline(receipt, right.says.match_window));
    let ends: Vec<_> = ends.collect::<Result<_, _>>()?;
    match ends.into_iter().max() {
        Some(ends) => Ok(ends),
        None => world.clock.deadline(receipt, Duration::business_days(10)),
    }
}
