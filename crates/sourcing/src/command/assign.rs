//! A holder hands its right on. Source: domain rules §2.7, "holder assigned".

use serde::{Deserialize, Serialize};
use terms::Name;
use terms::clause::Assignable;

use super::{Refused, World};
use crate::case::Case;
use crate::disturbance;
use crate::event::Event;
use crate::guard::Guard;
use crate::right::Restriction;

/// Hands a right on, at the closing. If it may not be handed on, it lapses, unless the grantor elects
/// to continue with the new holder.
///
/// Whether somebody takes over the business a right belongs to is the holder's word, which the
/// grantor may dispute. A company owned wholly is one the parties have named an affiliate of the
/// holder: the registry knows no more of who owns what.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Assign {
    /// To whom.
    pub to: Name,
    /// Whether the grantor elects to continue with the new holder though the right may not be handed
    /// on.
    pub continued: bool,
    /// Whose right it was, where the grantor says so and there are several.
    #[serde(default)]
    pub holder: Option<Name>,
}

impl Assign {
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (right, holder) = self.right(world, case)?;
        world.part_in(case, "not yet bound", |state| state.is_pending().then_some(()))?;
        if self.continued {
            world.must_be_grantor(case)?;
        }
        let to = self.to.clone();
        world.guard(
            Guard::CompleteRequirement,
            world.registry().parties.contains_key(&to),
            || {
                let found = format!("the agreement knows no party `{to}`");
                (found, "name it in a `party` block".to_string())
            },
        )?;
        if self.continued || may(world, assignable(world, case, right), &holder, &to) {
            return Ok(vec![Event::Assigned { right, to }]);
        }
        let mut after = case.clone();
        after.lapsed.insert(right);
        let mut events = vec![Event::AssignmentLapsed { right, to }];
        events.extend(disturbance::right_lapsed(world, &after, world.now)?);
        Ok(events)
    }

    /// The right that is handed on, by its place, and who held it: the grantor or the holder says so.
    fn right(&self, world: &World<'_>, case: &Case) -> Result<(usize, Name), Refused> {
        let mut left = case.holders();
        if *world.by == case.requirement.grantor {
            let named =
                left.find(|(_, holder)| self.holder.as_ref().is_none_or(|name| name == *holder));
            if let Some((at, holder)) = named {
                return Ok((at, holder.clone()));
            }
            let found = "that is no holder of a right that covers this case";
            return Err(Refused::new(Guard::Covered, found, "name it with `--holder`"));
        }
        let at = world.must_be_holder(case)?;
        let holder = case.restriction.holders().nth(at);
        Ok((at, holder.unwrap_or(world.by).clone()))
    }
}

/// To whom a right may be handed on, as the case is pinned to it.
fn assignable(world: &World<'_>, case: &Case, right: usize) -> Assignable {
    match &case.restriction {
        Restriction::Exclusive { clause, .. } => {
            let mut clauses = world.terms.clauses.iter();
            clauses.find(|of| of.id == *clause).map_or(Assignable::No, |of| of.assignable)
        }
        _ => {
            let right = case.restriction.rights().get(right);
            right.map_or(Assignable::No, |right| right.assignable)
        }
    }
}

fn may(world: &World<'_>, assignable: Assignable, holder: &Name, to: &Name) -> bool {
    match assignable {
        Assignable::No => false,
        Assignable::Affiliates => world.is_affiliate(to, holder) || world.is_affiliate(holder, to),
        Assignable::WhollyOwned => world.is_affiliate(to, holder),
        Assignable::Successor | Assignable::Free => true,
    }
}
