//! The customer states a need, and the agreement is asked what it says about it.

use std::collections::BTreeMap;

use rights::{Decision, Rule, Verdict};
use terms::{Act, Agreement, Attribute, Known, Name, Provision};

use super::{Refused, World};
use crate::case::{Requirement, Restriction};
use crate::event::Event;

/// Begins a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is needed.
    pub requirement: Requirement,
}

impl Request {
    pub(super) fn decide(
        &self,
        world: &World<'_>,
        agreement: &Agreement,
    ) -> Result<Vec<Event>, Refused> {
        let requirement = &self.requirement;
        let (quantity, lot) = (requirement.quantity.count, requirement.lot);
        if *world.by != requirement.customer {
            return Err(Refused::new("the customer itself states its need", "give it with `--by`"));
        }
        if quantity == 0 || lot == 0 || !quantity.is_multiple_of(lot) {
            let guard = format!("{quantity} accelerators are not whole lots of {lot}");
            return Err(Refused::new(guard, "choose a `--lot` that divides the quantity"));
        }
        let restriction = self.screen(world);
        let exempt = matches!(restriction, Restriction::None { .. });
        let mut events = vec![
            Event::Requested {
                agreement: agreement.name.clone(),
                requirement: requirement.clone(),
            },
            Event::Screened { restriction },
        ];
        events.extend(exempt.then_some(Event::Exempted));
        Ok(events)
    }

    /// Asks whether the customer may source this from anybody. The case is pinned to the answer.
    fn screen(&self, world: &World<'_>) -> Restriction {
        let day = world.now.to_zoned(world.clock.zone.clone()).date();
        let in_force = world.terms.in_force(day, Known::At(world.now));
        let requirement = &self.requirement;
        let stated = BTreeMap::from([
            (Attribute::Kind, "new".to_string()),
            (Attribute::Purpose, requirement.purpose.clone()),
            (Attribute::Class, requirement.quantity.class.clone()),
            (Attribute::Quantity, requirement.quantity.count.to_string()),
        ]);
        let act = Act::new(requirement.act, requirement.customer.clone(), stated);
        let decision = rights::decide(&in_force, &act);
        let clause = decision.because.first().map(|reason| reason.clause.clone());
        let Some((id, holder)) = restricting(&decision) else {
            return Restriction::None { clause };
        };
        let right = in_force.clauses.iter().find(|clause| clause.id.to_string() == id);
        match right.map(|clause| (&clause.id, &clause.provision)) {
            Some((id, Provision::RightOfFirstRefusal(right))) => {
                Restriction::FirstRefusal { clause: id.clone(), holder, right: right.clone() }
            }
            Some((id, _)) => Restriction::Exclusive { clause: id.clone(), holder },
            None => Restriction::None { clause },
        }
    }
}

/// The clause that restricts, and its holder.
fn restricting(decision: &Decision) -> Option<(String, Name)> {
    let restricts = decision.verdict != Verdict::Permitted
        && matches!(decision.rule, Rule::Exclusivity | Rule::FirstRight);
    let reason = decision.because.first().filter(|_| restricts)?;
    Some((reason.clause.clone(), Name::new(reason.holder.clone()?)))
}
