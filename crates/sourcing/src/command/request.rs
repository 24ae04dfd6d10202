//! The customer states a need, and the agreement is asked what it says about it.

use rights::{Decision, Rule, Verdict};
use terms::{Act, Agreement, Clause, InForce, Known, Provision, Verb};

use super::{Refused, World};
use crate::case::{Requirement, Restriction};
use crate::event::Event;

/// Begins a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is needed.
    pub requirement: Requirement,
}

/// The longest term, in months: a century.
const MONTHS: u32 = 1_200;

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
        if !(1..=MONTHS).contains(&requirement.months) {
            let guard = format!("{} is not a term in months", requirement.months);
            return Err(Refused::new(guard, format!("give from 1 to {MONTHS} with `--months`")));
        }
        let today = world.now.to_zoned(world.clock.zone.clone()).date();
        if requirement.need_by < today {
            let guard = format!("{} is over on {today}", requirement.need_by);
            return Err(Refused::new(guard, "give a day that is still to come with `--need-by`"));
        }
        if quantity == 0 {
            return Err(Refused::new("nothing is needed", "give a `--quantity` above 0"));
        }
        if lot == 0 || !quantity.is_multiple_of(lot) {
            let guard = format!("{quantity} accelerators are not whole lots of {lot}");
            return Err(Refused::new(guard, "choose a `--lot` that divides the quantity"));
        }
        let (restriction, agreement) = self.screen(world, agreement)?;
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
    /// With it comes the agreement that gave it, by whose clock the case then runs.
    fn screen<'a>(
        &self,
        world: &World<'a>,
        agreement: &'a Agreement,
    ) -> Result<(Restriction, &'a Agreement), Refused> {
        let day = world.now.to_zoned(world.clock.zone.clone()).date();
        let in_force = world.terms.in_force(day, Known::At(world.now));
        let decision = rights::decide(&in_force, &self.act(world)?);
        let free = || {
            let clause = decision.because.first().map(|reason| reason.clause.clone());
            (Restriction::None { clause }, agreement)
        };
        let Some(Clause { id, holder, provision, document, .. }) =
            restricting(&in_force, &decision)
        else {
            return Ok(free());
        };
        let (clause, holder) = (id.clone(), holder.clone());
        let restriction = match provision {
            Provision::RightOfFirstRefusal(right) => {
                Restriction::FirstRefusal { clause, holder, right: right.clone() }
            }
            Provision::Exclusivity(_) if decision.verdict == Verdict::Forbidden => {
                Restriction::Exclusive { clause, holder }
            }
            _ => {
                let guard =
                    format!("`{clause}` stands in the way, and its process cannot be run here yet");
                let help =
                    format!("clear it with `{holder}` outside, or put a consent into an amendment");
                return Err(Refused {
                    clause: Some(clause.to_string()),
                    ..Refused::new(guard, help)
                });
            }
        };
        Ok((restriction, world.terms.agreement_of(*document).unwrap_or(agreement)))
    }

    /// The act to be decided. Words that mean nothing are refused: a purpose with a slip in it would
    /// fall outside every scope, and the need would seem free.
    fn act(&self, world: &World<'_>) -> Result<Act, Refused> {
        let Requirement { customer, act, purpose, quantity, .. } = &self.requirement;
        let mut stated = vec![
            format!("by={customer}"),
            format!("purpose={purpose}"),
            format!("class={}", quantity.class),
            format!("quantity={}", quantity.count),
        ];
        // What is built is always new.
        stated.extend((*act == Verb::Contract).then(|| "kind=new".to_string()));
        Act::parse(act.word(), &stated, world.registry()).map_err(|errors| {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            Refused::new(errors.join("; "), "state what is needed in words the agreement knows")
        })
    }
}

/// The clause that restricts.
fn restricting<'a>(in_force: &InForce<'a>, decision: &Decision) -> Option<&'a Clause> {
    let restricts = decision.verdict != Verdict::Permitted
        && matches!(
            decision.rule,
            Rule::Exclusivity | Rule::Requirement | Rule::FirstRight | Rule::Consent
        );
    let reason = decision.because.first().filter(|_| restricts)?;
    in_force.clauses.iter().copied().find(|clause| {
        // Two agreements may each have a clause of one name.
        clause.id.to_string() == reason.clause && clause.origin.document.name == reason.document
    })
}
