//! Grantor or holder puts terms forward: no exercise. Source: domain rules §2.3, row 10, and "modes".
//!
//! Under a right of first refusal the window runs on, and what was put to the holder stays open to
//! its end. Under a right of first offer this is the holder's offer, and under a right of first
//! negotiation it shows interest: both then talk for the negotiation window.

use serde::{Deserialize, Serialize};

use super::bid::credit_counts;
use super::exercise::{in_time, in_turn, not_answered};
use super::interest::talks_until;
use super::{Refused, World};
use crate::case::{Case, Open, State};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Offered;
use crate::right::{Right, RightKind};
use crate::round::asked;

/// Puts terms forward.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counter {
    /// Which.
    pub terms: Offered,
}

impl Counter {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let by_grantor = *world.by == case.requirement.grantor;
        if by_grantor { self.of_grantor(world, case) } else { self.of_holder(world, case) }
    }

    /// The grantor puts terms forward only in talks: before, its notice has said what they are.
    fn of_grantor(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (part, (right, until)) = world.part_in(case, "NEGOTIATING", |state| match state {
            State::Negotiating { right, until, .. } => Some((*right, *until)),
            _ => None,
        })?;
        self.comparable(world, case)?;
        let terms = self.terms.clone();
        Ok(vec![Event::Countered { part, right, by_grantor: true, terms, until }])
    }

    fn of_holder(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let place = world.must_be_holder(case)?;
        let wanted = "OPEN or NEGOTIATING";
        let (part, (open, talks)) = world.part_in(case, wanted, |state| match state {
            State::Open(open) => Some((open, None)),
            State::Negotiating { open, until, by_holder, .. } => {
                Some((open, Some((*until, by_holder.is_some()))))
            }
            _ => None,
        })?;
        let Some(right) = case.restriction.rights().get(place) else {
            let help = "make an offer instead";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        in_turn(world, case, place, open.tier)?;
        not_answered(world, &open.answers, place)?;
        let alone = asked(case, open.tier, open.receipt).len() == 1;
        world.guard(Guard::State, alone, || {
            let found = "several holders are asked at once; none talks alone".to_string();
            (found, "exercise or decline".to_string())
        })?;
        self.comparable(world, case)?;
        let made = talks.is_some_and(|(_, made)| made);
        world.guard(Guard::NotAnswered, right.may_revise || !made, || {
            let found = format!("`{}` lets its holder make one bid, which is made", right.clause);
            (found, "wait for the grantor: it agrees, or puts terms forward".to_string())
        })?;
        let until = match talks {
            Some((until, _)) => until,
            None => self.begins(world, open, right)?,
        };
        let (right, terms) = (place, self.terms.clone());
        Ok(vec![Event::Countered { part, right, by_grantor: false, terms, until }])
    }

    /// When talks that begin with it end.
    fn begins(
        &self,
        world: &World<'_>,
        open: &Open,
        right: &Right,
    ) -> Result<jiff::Timestamp, Refused> {
        in_time(world, open, right)?;
        if right.kind != RightKind::Refusal || !right.takes() {
            return Ok(talks_until(world, open, right)?);
        }
        world.guard(Guard::State, open.deadline.is_some(), || {
            let found = "the round waits for documents".to_string();
            (found, "wait for them, or exercise or decline".to_string())
        })?;
        Ok(match open.deadline {
            Some(deadline) => deadline.max(world.now),
            None => talks_until(world, open, right)?,
        })
    }

    fn comparable(&self, world: &World<'_>, case: &Case) -> Result<(), Refused> {
        let (asked, offered) = (case.requirement.price.currency, self.terms.price.currency);
        let credit = self.terms.credit.is_none_or(|credit| credit.currency == asked);
        world.guard(Guard::OfferComparable, asked == offered && credit, || {
            let found = format!("the request is in {asked}, these terms in {offered}");
            (found, format!("give a price in {asked}"))
        })?;
        credit_counts(world, case, world.by, &self.terms)
    }
}
