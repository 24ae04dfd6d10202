//! A holder takes all of it, or whole lots. Source: domain rules §2.3, rows 5, 6 and 12.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use terms::Name;
use terms::clause::PartialExercise;

use super::{Refused, World};
use crate::case::{Case, Open, Signed, State};
use crate::deadline::ClockError;
use crate::event::Event;
use crate::guard::Guard;
use crate::release::released_on;

/// Exercises the right.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Exercise {
    /// How many accelerators; all of them if none is given.
    pub quantity: Option<u64>,
    /// What it is made conditional on; an exercise with conditions is none.
    #[serde(default)]
    pub conditions: Vec<String>,
}

impl Exercise {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let right = world.must_be_holder(case)?;
        let (part, open) = world.part_in(case, "OPEN", |state| match state {
            State::Open(open) | State::Negotiating { open, .. } => Some(open),
            _ => None,
        })?;
        let all = case.parts[part].quantity;
        match self.quantity {
            Some(quantity) if quantity != all => self.partial(world, case, part, open, right),
            _ => Ok(whole(world, case, part, open, right, world.now)?),
        }
    }

    fn partial(
        &self,
        world: &World<'_>,
        case: &Case,
        part: usize,
        open: &Open,
        place: usize,
    ) -> Result<Vec<Event>, Refused> {
        let Some(right) = case.restriction.rights().get(place) else {
            let help = "award it instead";
            return Err(Refused::new(Guard::Covered, "no first right covers this case", help));
        };
        let all = case.parts[part].quantity;
        let lot = case.requirement.lot;
        let quantity = self.quantity.unwrap_or(all);
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
        let sign_by = world.clock.deadline(world.now, right.says.close_within)?;
        let signed =
            Signed { party: right.holder.clone(), terms: open.terms.clone(), bid: open.bid };
        let rest = case.parts.len();
        let baseline = Some(open.terms.clone());
        Ok(vec![
            Event::PartialExercised { part, right: place, quantity, signed, sign_by },
            released_on(&world.clock, case, rest, world.now, baseline)?,
        ])
    }
}

/// Silence means that the holder takes all of a part.
pub(crate) fn by_silence(
    world: &World<'_>,
    case: &Case,
    part: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    match case.state(part) {
        Some(State::Open(open)) => whole(world, case, part, open, 0, at),
        _ => Ok(Vec::new()),
    }
}

/// The holder takes all of a part.
fn whole(
    world: &World<'_>,
    case: &Case,
    part: usize,
    open: &Open,
    place: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Some(right) = case.restriction.rights().get(place) else { return Ok(Vec::new()) };
    let sign_by = world.clock.deadline(at, right.says.close_within)?;
    let signed = Signed { party: right.holder.clone(), terms: open.terms.clone(), bid: open.bid };
    Ok(vec![Event::Exercised { part, right: place, signed, sign_by }])
}

/// A supplier commits to no more than it has declared to have, in all cases together. Source: domain
/// rules §2.7, "two open cases, one finite holder capacity".
pub(super) fn within_capacity(
    world: &World<'_>,
    case: &Case,
    party: &Name,
    quantity: u64,
) -> Result<(), Refused> {
    let class = &case.requirement.quantity.class;
    let supplier = case.supplier_and_customer(party).0;
    let Some(declared) = world.book.declared(supplier, class) else { return Ok(()) };
    let committed = world.book.committed(supplier, class);
    let holds = committed.saturating_add(quantity) <= declared;
    world.guard(Guard::WithinCapacity, holds, || {
        let left = declared.saturating_sub(committed);
        let found = format!(
            "`{supplier}` has declared {declared} {class} and committed {committed}: \
             {left} are left, not {quantity}"
        );
        (found, format!("take {left} at most, or declare more"))
    })
}
