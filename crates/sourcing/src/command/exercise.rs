//! A holder takes all of it, or some. Source: domain rules §2.3, rows 5, 6 and 12.

use serde::{Deserialize, Serialize};
use terms::Name;
use terms::clause::{Exercisable, PartialExercise, Silence};

use super::{Refused, World};
use crate::case::{Answer, Case, Free, Open, Part, Signed, State};
use crate::closing;
use crate::event::Event;
use crate::guard::Guard;
use crate::right::{Right, Say};
use crate::round::{all_answered, asked, done};

/// Exercises the right.
///
/// Where the clause lets the holder exercise until others have signed, who said nothing in its window
/// still may. Who has expressly declined may not: the grantor and those it then talks to rely on
/// that. A decline is of what was put to the holder, so a new round, which every material change of
/// the need and every better offer of others brings, may be answered anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Exercise {
    /// How many accelerators; all of them if none is given.
    pub quantity: Option<u64>,
    /// What it is made conditional on; an exercise with conditions is none.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// Whom the holder has take its place, where the clause lets it.
    #[serde(default)]
    pub designee: Option<Name>,
}

impl Exercise {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let place = world.must_be_holder(case)?;
        if let Some((part, right, free)) = self.late(world, case, place) {
            return self.until_completion(world, case, part, place, right, free);
        }
        let exact = self.exactly(world, case);
        let (part, open) = match exact.and_then(|at| Some((at, under_way(case.state(at)?)?))) {
            Some(exact) => exact,
            None => world.part_in(case, "OPEN", under_way)?,
        };
        let Some(right) = case.restriction.rights().get(place) else {
            let help = "award it instead";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        world.guard(Guard::Covered, right.takes(), || {
            let found = format!("`{}` is no right to take it on terms put to it", right.clause);
            (found, "put an offer forward: `charter counter`".to_string())
        })?;
        in_turn(world, case, place, open.tier)?;
        not_answered(world, &open.answers, place)?;
        in_time(world, open, right)?;
        self.unconditional(world)?;
        let (quantity, _) = self.taken(world, case, right, part)?;
        let several = asked(case, open.tier, open.receipt).len() > 1;
        let party = self.party(world, right, several)?;
        within_capacity(world, case, party, quantity)?;
        let mut answers = open.answers.clone();
        answers.push(Answer { right: place, takes: Some(quantity) });
        let mut events = Vec::new();
        if several {
            events.push(Event::Elected { part, right: place, takes: Some(quantity) });
        }
        if all_answered(case, open.tier, open.receipt, &answers) {
            events.extend(done(world, case, part, open, &answers, world.now)?);
        }
        for event in &mut events {
            if let Event::Exercised { right, signed, .. }
            | Event::PartialExercised { right, signed, .. } = event
                && *right == place
            {
                signed.party = party.clone();
            }
        }
        Ok(events)
    }

    /// The free part that a holder may still take, as its clause lets it until others have signed;
    /// none while a round is under way, or where an offer is chosen and waits for what it is
    /// contingent on: that is as good as signed, unless it fails.
    fn late<'c>(
        &self,
        world: &World<'_>,
        case: &'c Case,
        place: usize,
    ) -> Option<(usize, &'c Right, &'c Free)> {
        let right = case.restriction.rights().get(place)?;
        let until = right.says.approach.exercisable == Exercisable::UntilCompletion;
        let open = case.parts.iter().any(|part| under_way(&part.state).is_some());
        let may = until && right.has(Say::Notice) && case.right_ended.is_none() && right.takes();
        if !may || open && world.part.is_none() {
            return None;
        }
        let named = |at: usize| world.part.is_none_or(|part| part == at);
        let mut parts = case.parts.iter().enumerate();
        parts.find_map(|(at, part)| match &part.state {
            State::Free(free) if named(at) && !free.unrestricted && !case.is_reserved(at) => {
                Some((at, right, free))
            }
            _ => None,
        })
    }

    /// Takes what is free on the terms that others may not better: those last put to the holders.
    fn until_completion(
        &self,
        world: &World<'_>,
        case: &Case,
        part: usize,
        place: usize,
        right: &Right,
        free: &Free,
    ) -> Result<Vec<Event>, Refused> {
        world.guard(Guard::NotAnswered, !free.declined.contains(&place), || {
            let found = format!("`{}` has declined this, and a decline is final", right.holder);
            (
                found,
                "make an offer: `charter bid`; a better one of others is put to you anew".into(),
            )
        })?;
        self.unconditional(world)?;
        let (quantity, all) = self.taken(world, case, right, part)?;
        let party = self.party(world, right, false)?.clone();
        within_capacity(world, case, &party, quantity)?;
        let terms = free.baseline.clone().unwrap_or_else(|| case.requirement.terms());
        let sign_by = closing::sign_by(world, right, world.now)?;
        let (signed, right) = (Signed { party, terms, bid: None }, place);
        Ok(vec![match quantity == all {
            true => Event::Exercised { part, right, signed, sign_by },
            false => Event::PartialExercised { part, right, quantity, signed, sign_by },
        }])
    }

    /// How many of a part it takes, and how many there are.
    fn taken(
        &self,
        world: &World<'_>,
        case: &Case,
        right: &Right,
        part: usize,
    ) -> Result<(u64, u64), Refused> {
        let all = case.parts[part].quantity;
        let quantity = self.quantity.unwrap_or(all);
        if quantity != all {
            some(world, case, right, quantity, all)?;
        }
        Ok((quantity.min(all), all))
    }

    fn unconditional(&self, world: &World<'_>) -> Result<(), Refused> {
        world.guard(Guard::Unconditional, self.conditions.is_empty(), || {
            let found =
                format!("an exercise on condition of {} is none", self.conditions.join(", "));
            (found, "exercise without conditions, or counter".to_string())
        })
    }

    /// The open part of just the quantity that is taken, where the command names no part.
    fn exactly(&self, world: &World<'_>, case: &Case) -> Option<usize> {
        let quantity = self.quantity.filter(|_| world.part.is_none())?;
        let exact = |part: &Part| part.quantity == quantity && under_way(&part.state).is_some();
        case.parts.iter().position(exact)
    }

    /// Who takes it: the holder, or whom it names where it alone is asked and the clause lets it.
    fn party<'r>(
        &'r self,
        world: &World<'_>,
        right: &'r Right,
        several: bool,
    ) -> Result<&'r Name, Refused> {
        let Some(designee) = &self.designee else { return Ok(&right.holder) };
        let own = world.is_affiliate(designee, &right.holder);
        let may = !several && (own || right.says.exercise.designee);
        world.guard(Guard::ByHolder, may, || {
            let found = format!("`{}` lets nobody take the holder's place", right.clause);
            (found, format!("exercise for `{}` itself", right.holder))
        })?;
        Ok(designee)
    }
}

/// The round a part is in, if it is in one.
fn under_way(state: &State) -> Option<&Open> {
    match state {
        State::Open(open) | State::Negotiating { open, .. } => Some(open),
        _ => None,
    }
}

/// A part of what is open may be taken if the clause and the need allow it.
fn some(
    world: &World<'_>,
    case: &Case,
    right: &Right,
    quantity: u64,
    all: u64,
) -> Result<(), Refused> {
    let lot = case.requirement.lot;
    world.guard(Guard::WithinQuantity, (1..=all).contains(&quantity), || {
        let found = format!("{quantity} is not part of the {all} that are open");
        (found, format!("exercise from {lot} to {all}"))
    })?;
    let allowed = match right.says.partial_exercise {
        PartialExercise::None => false,
        PartialExercise::WholeLots => quantity.is_multiple_of(lot),
        PartialExercise::AnyQuantity => true,
    };
    world.guard(Guard::PartialAllowed, allowed, || match right.says.partial_exercise {
        PartialExercise::WholeLots => (
            format!("{quantity} are not whole lots of {lot}"),
            format!("exercise a multiple of {lot}"),
        ),
        _ => (
            "the right is to all or nothing".to_string(),
            format!("exercise all {all}, or decline"),
        ),
    })?;
    world.guard(Guard::Linked, !case.requirement.linked, || {
        let found = "its lots are of use only together".to_string();
        (found, format!("exercise all {all}, or decline"))
    })
}

/// Only the holders of the tier that is asked answer.
pub(super) fn in_turn(
    world: &World<'_>,
    case: &Case,
    place: usize,
    tier: u32,
) -> Result<(), Refused> {
    let right = case.restriction.rights().get(place);
    let turn = right.is_some_and(|right| right.tier == tier && right.has(Say::Notice));
    world.guard(Guard::ByHolder, turn, || {
        let asked: Vec<_> = case.restriction.tier(tier).map(|(_, right)| &right.holder).collect();
        let asked: Vec<_> = asked.iter().map(|holder| format!("`{holder}`")).collect();
        let found = format!("it is {} that is asked now", asked.join(" and "));
        (found, "wait for the turn; what the others leave is put to you".to_string())
    })
}

/// An answer is given once.
pub(super) fn not_answered(
    world: &World<'_>,
    answers: &[Answer],
    place: usize,
) -> Result<(), Refused> {
    let given = answers.iter().any(|answer| answer.right == place);
    world.guard(Guard::NotAnswered, !given, || {
        let found = "this holder has answered already".to_string();
        (found, "wait for the other holders".to_string())
    })
}

/// An answer is received by the deadline. A round that only an answer ends, or that may be answered
/// until others have signed, has none.
pub(super) fn in_time(world: &World<'_>, open: &Open, right: &Right) -> Result<(), Refused> {
    let unending = right.says.silence_means == Silence::Wait
        || right.says.approach.exercisable == Exercisable::UntilCompletion;
    let last = open.deadline.filter(|_| !unending);
    world.guard(Guard::InTime, last.is_none_or(|last| world.now <= last), || {
        let found = format!("it was to be received by {}", last.unwrap_or(world.now));
        (found, "agree on it, or offer it anew".to_string())
    })
}

/// A supplier commits to no more than it has declared to have, in all cases together. Source: domain
/// rules §2.7, "two open cases, one finite holder capacity".
pub(super) fn within_capacity(
    world: &World<'_>,
    case: &Case,
    party: &Name,
    quantity: u64,
) -> Result<(), Refused> {
    let supplier = case.supplier_and_customer(party).0;
    let Some((declared, committed)) = world.capacity(case, supplier) else { return Ok(()) };
    let holds = committed.saturating_add(quantity) <= declared;
    world.guard(Guard::WithinCapacity, holds, || {
        let (class, left) = (&case.requirement.quantity.class, declared.saturating_sub(committed));
        let found = format!(
            "`{supplier}` has declared {declared} {class} and committed {committed}: \
             {left} are left, not {quantity}"
        );
        (found, format!("take {left} at most, or declare more"))
    })
}
