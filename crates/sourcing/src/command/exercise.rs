//! The holder takes all of it, or whole lots. Source: domain rules §2.3, rows 5 and 6.

use jiff::Timestamp;
use terms::clause::PartialExercise;

use super::{Refused, World, part_in};
use crate::case::{Case, Part, Restriction, State};
use crate::deadline::{Clock, ClockError};
use crate::event::Event;
use crate::timer::released;

/// Exercises the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// How many accelerators; all of them if none is given.
    pub quantity: Option<u64>,
}

impl Exercise {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        world.must_be_holder(case)?;
        let open = |state: &State| matches!(state, State::Open { .. }).then_some(());
        let (first, ()) = part_in(case, "OPEN", open)?;
        let enough = |part: &Part| {
            open(&part.state).is_some() && self.quantity.is_none_or(|wish| wish <= part.quantity)
        };
        let part = case.parts.iter().position(enough).unwrap_or(first);
        let whole_quantity = case.parts[part].quantity;
        match self.quantity {
            Some(quantity) if quantity != whole_quantity => {
                self.partial(world, case, part, quantity)
            }
            _ => Ok(whole(&world.clock, case, part, world.now)?),
        }
    }

    fn partial(
        &self,
        world: &World<'_>,
        case: &Case,
        part: usize,
        quantity: u64,
    ) -> Result<Vec<Event>, Refused> {
        let Restriction::FirstRefusal { holder, right, .. } = &case.restriction else {
            return Err(Refused::new("no first right covers this case", "award it instead"));
        };
        let all = case.parts[part].quantity;
        let lot = case.requirement.lot;
        if quantity == 0 || quantity > all {
            let guard = format!("{quantity} is not part of the {all} that are open");
            return Err(Refused::new(guard, format!("exercise from {lot} to {all}")));
        }
        match right.partial_exercise {
            PartialExercise::None => {
                let guard = "the right is to all or nothing";
                return Err(Refused::new(guard, format!("exercise all {all}, or decline")));
            }
            PartialExercise::WholeLots if !quantity.is_multiple_of(lot) => {
                let guard = format!("{quantity} are not whole lots of {lot}");
                return Err(Refused::new(guard, format!("exercise a multiple of {lot}")));
            }
            _ => {}
        }
        let sign_by = world.clock.deadline(world.now, right.close_within)?;
        let rest = case.parts.len();
        Ok(vec![
            Event::PartialExercised {
                part,
                quantity,
                supplier: holder.clone(),
                price: case.requirement.price,
                sign_by,
            },
            released(&world.clock, case, rest, world.now)?,
        ])
    }
}

/// The holder takes all of a part.
pub(crate) fn whole(
    clock: &Clock<'_>,
    case: &Case,
    part: usize,
    at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let Restriction::FirstRefusal { holder, right, .. } = &case.restriction else {
        return Ok(Vec::new());
    };
    let sign_by = clock.deadline(at, right.close_within)?;
    let price = case.requirement.price;
    Ok(vec![Event::Exercised { part, supplier: holder.clone(), price, sign_by }])
}
