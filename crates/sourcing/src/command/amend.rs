//! The grantor changes the requirement. Source: domain rules §2.3, rows 21 and 22, and §2.6.

use serde::{Deserialize, Serialize};
use terms::clause::RefusalMode;

use super::{Refused, World, request, rescreen};
use crate::case::{Case, Part, PauseReason, Requirement, State};
use crate::deadline::Channel;
use crate::disturbance::{AT_LEAST, running};
use crate::event::Event;
use crate::guard::Guard;
use crate::material;
use crate::offer::BidStatus;
use crate::right::Restriction;
use crate::round::{self, Put};

/// Changes the requirement.
///
/// A change that is material against the terms of the last round supersedes what is not bound, and
/// the need is noticed anew at once, where it had been noticed before: with a full window, from the
/// receipt of the new notice. Any other change leaves everything where it is, and the holders have at
/// least five more business days.
///
/// What is bound stays bound, and as it was. Offers stand, unless the need is of another kind. A
/// superseded need is a new one: the agreement is asked again what it says about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amend {
    /// As it is from now on.
    pub requirement: Requirement,
    /// How the notice of it travels, where a new round begins.
    pub channel: Channel,
}

impl Amend {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_grantor(case)?;
        world.part_in(case, "not yet bound", |state| state.is_pending().then_some(()))?;
        request::complete(world, &self.requirement)?;
        self.is_the_same_case(world, case)?;
        let material =
            material::of_requirements(&world.clock, &case.last_round, &self.requirement)?;
        if material.is_empty() {
            self.slight(world, case)
        } else {
            self.great(world, case, material)
        }
    }

    /// What may not change, or not while some of it is bound.
    fn is_the_same_case(&self, world: &World<'_>, case: &Case) -> Result<(), Refused> {
        let (old, new) = (&case.requirement, &self.requirement);
        let another = "withdraw this case, and request the other need".to_string();
        let same =
            old.grantor == new.grantor && old.act == new.act && old.emergency == new.emergency;
        world.guard(Guard::CompleteRequirement, same, || {
            let found = "whose need it is, what is done about it and whether in an emergency, stay";
            (found.to_string(), another.clone())
        })?;
        let bound = case.settled_quantity();
        world.guard(Guard::CompleteRequirement, bound == 0 || kind(old) == kind(new), || {
            let found = format!(
                "{bound} are bound, and stay what they are: class, purpose and region stay"
            );
            (found, another.clone())
        })?;
        world.guard(Guard::WithinQuantity, bound < new.quantity.count, || {
            let found = format!("{bound} are bound already; {} leaves nothing", new.quantity.count);
            (found, "withdraw the rest: `charter withdraw`".to_string())
        })
    }

    /// Row 22: everything stays where it is, for at least five business days.
    fn slight(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let at_least = world.clock.deadline(world.now, AT_LEAST)?;
        let (mut deadlines, mut windows) = (Vec::new(), Vec::new());
        // What stands still has five business days when it goes on.
        let active = |state: &State| state.is_active() && !matches!(state, State::Paused { .. });
        for (part, of) in case.parts.iter().enumerate().filter(|(_, part)| active(&part.state)) {
            let (deadline, window) = running(&of.state, world.now);
            deadlines.extend(deadline.map(|old| (part, old.max(at_least))));
            windows.extend(window.map(|old| (part, old.max(at_least))));
        }
        let quantities = self.quantities(world, case)?;
        let requirement = self.requirement.clone();
        Ok(vec![Event::Amended { requirement, deadlines, windows, quantities }])
    }

    /// Which parts have how many accelerators now. What is added is put to the holder where it can
    /// be; what is taken off comes off what is free for others first. A part whose quantity an offer
    /// before the holders fixes stays.
    fn quantities(&self, world: &World<'_>, case: &Case) -> Result<Vec<(usize, u64)>, Refused> {
        let wanted = self.requirement.quantity.count.saturating_sub(case.settled_quantity());
        let pending = case.parts.iter().filter(|part| part.state.is_pending());
        let now: u64 = pending.map(|part| part.quantity).sum();
        let mut parts: Vec<_> = case.parts.iter().enumerate().collect();
        parts.retain(|(_, part)| part.state.is_pending() && part.state.before_holders().is_none());
        parts.sort_by_key(|(at, part)| (freedom(&part.state), *at));
        let Some(more) = wanted.checked_sub(now) else {
            let mut less = now.saturating_sub(wanted);
            let mut quantities = Vec::new();
            for (at, part) in parts.into_iter().rev() {
                let off = less.min(part.quantity);
                less -= off;
                quantities.extend((off > 0).then(|| (at, part.quantity - off)));
            }
            world.guard(Guard::WithinQuantity, less == 0, || fixed(less))?;
            return Ok(quantities);
        };
        if more == 0 {
            return Ok(Vec::new());
        }
        world.guard(Guard::WithinQuantity, !parts.is_empty(), || fixed(more))?;
        let first = parts.first().map(|(at, part)| (*at, part.quantity.saturating_add(more)));
        Ok(first.into_iter().collect())
    }

    /// Row 21: what is not bound is superseded, and a new round begins.
    fn great(
        &self,
        world: &World<'_>,
        case: &Case,
        material: Vec<String>,
    ) -> Result<Vec<Event>, Refused> {
        let requirement = self.requirement.clone();
        let quantity = requirement.quantity.count.saturating_sub(case.settled_quantity());
        let noticed = |part: &Part| matches!(part.state.underlying(), State::Noticed(_));
        let asked = case.rounds > 0 || case.parts.iter().any(noticed);
        let (screened, restriction) = rescreen::screened(world, &requirement)?;
        let other_kind = kind(&case.requirement) != kind(&requirement);
        let mut events = vec![Event::Superseded { requirement, quantity, material }];
        let live = |status: &BidStatus| !matches!(status, BidStatus::Signed | BidStatus::Gone);
        let offers =
            case.bids.iter().enumerate().filter(|(_, bid)| other_kind && live(&bid.status));
        let why = "what is needed is of another kind";
        events.extend(offers.map(|(bid, _)| Event::BidGone { bid, why: why.to_string() }));
        events.extend(screened);
        let part = case.parts.len();
        if let Some(reason) = case.parts.iter().find_map(|part| stands_still(&part.state)) {
            // The need is another, but what it stands still for is not over.
            events.push(Event::Paused { part, reason });
        } else if asked {
            events.extend(self.notice(world, case, part, quantity, &restriction)?);
        }
        Ok(events)
    }

    /// The notice that begins the new round; none where it has to be of a third party's offer, which
    /// must first be made for the new need.
    fn notice(
        &self,
        world: &World<'_>,
        case: &Case,
        part: usize,
        quantity: u64,
        restriction: &Restriction,
    ) -> Result<Option<Event>, Refused> {
        let first = restriction.right().filter(|right| right.says.mode != RefusalMode::OfferFirst);
        let Some(right) = first else { return Ok(None) };
        // What the agreement says anew has not lapsed yet.
        let (restriction, lapsed) = (restriction.clone(), Default::default());
        let screened = Case { restriction, lapsed, ..case.clone() };
        let (terms, tier) = (self.requirement.terms(), right.tier);
        let put = Put { part, quantity, terms: &terms, bid: None, tier };
        Ok(Some(round::notice(world, &screened, &put, self.channel, world.now)?))
    }
}

/// How far a part is from the holders: before them, free within limits, free without.
fn freedom(state: &State) -> u8 {
    match state.underlying() {
        State::Free(free) if free.unrestricted || free.baseline.is_none() => 2,
        State::Free(_) => 1,
        _ => 0,
    }
}

fn stands_still(state: &State) -> Option<PauseReason> {
    match state {
        State::Paused { reason, .. } => Some(*reason),
        _ => None,
    }
}

/// What an offer is an offer of.
fn kind(need: &Requirement) -> (&str, &str, Option<&str>) {
    (&need.quantity.class, &need.purpose, need.region.as_deref())
}

fn fixed(count: u64) -> (String, String) {
    let found =
        format!("{count} of the change would fall on what an offer before the holders fixes");
    (found, "wait for the holders' answer".to_string())
}
