//! The customer states a need, and the agreement is asked what it says about it.

use rights::{Decision, Rule, Verdict};
use serde::{Deserialize, Serialize};
use terms::{Act, Agreement, Clause, InForce, Known, Provision, Verb};

use super::{Refused, World};
use crate::case::Requirement;
use crate::event::Event;
use crate::guard::Guard;
use crate::right::{Restriction, Right, RightKind, of_negotiation, of_offer};

/// Begins a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// What is needed.
    pub requirement: Requirement,
}

/// The longest term, in months: a century.
const MONTHS: u32 = 1_200;

impl Request {
    pub(super) fn decide(&self, world: &World<'_>) -> Result<Vec<Event>, Refused> {
        let requirement = &self.requirement;
        world.guard(Guard::ByGrantor, *world.by == requirement.grantor, || {
            let found = "the party itself states its need".to_string();
            (found, "give it with `--by`".to_string())
        })?;
        complete(world, requirement)?;
        let (restriction, agreement) = screen(world, requirement)?;
        let exempt = matches!(restriction, Restriction::None { .. });
        let agreement = agreement.name.clone();
        let mut events = vec![
            Event::Requested { agreement, requirement: requirement.clone() },
            Event::Screened { restriction, also: Vec::new() },
        ];
        let rule = "no right covers it".to_string();
        events.extend(exempt.then_some(Event::Exempted { rule }));
        Ok(events)
    }
}

/// A requirement must be one that can be met.
pub(super) fn complete(world: &World<'_>, requirement: &Requirement) -> Result<(), Refused> {
    let (quantity, lot) = (requirement.quantity.count, requirement.lot);
    let ask = |holds: bool, found: String, help: String| {
        world.guard(Guard::CompleteRequirement, holds, || (found, help))
    };
    ask(
        (1..=MONTHS).contains(&requirement.months),
        format!("{} is not a term in months", requirement.months),
        format!("give from 1 to {MONTHS} with `--months`"),
    )?;
    let today = world.now.to_zoned(world.clock.zone.clone()).date();
    ask(
        today <= requirement.need_by,
        format!("{} is over on {today}", requirement.need_by),
        "give a day that is still to come with `--need-by`".to_string(),
    )?;
    ask(quantity > 0, "nothing is needed".to_string(), "give a `--quantity` above 0".to_string())?;
    ask(
        lot > 0 && quantity.is_multiple_of(lot),
        format!("{quantity} accelerators are not whole lots of {lot}"),
        "choose a `--lot` that divides the quantity".to_string(),
    )
}

/// Asks whether the grantor may source this from anybody. The case is pinned to the answer. With it
/// comes the agreement that gave it, by whose clock the case then runs.
pub(super) fn screen<'a>(
    world: &World<'a>,
    requirement: &Requirement,
) -> Result<(Restriction, &'a Agreement), Refused> {
    let agreement = world.agreement;
    let day = world.now.to_zoned(world.clock.zone.clone()).date();
    let in_force = world.terms.in_force(day, Known::At(world.now));
    let decision = rights::decide(&in_force, &act(world, requirement)?);
    let free = || {
        let clause = decision.because.first().map(|reason| reason.clause.clone());
        (Restriction::None { clause, exemption: None }, agreement)
    };
    let Some(clause) = restricting(&in_force, &decision) else {
        return Ok(free());
    };
    let (id, holder) = (clause.id.clone(), clause.holder.clone());
    let restriction = match &clause.provision {
        Provision::Exclusivity(_) if decision.verdict == Verdict::Forbidden => {
            Restriction::Exclusive { clause: id, holder }
        }
        _ => match right(clause) {
            Some(right) => Restriction::FirstRight { rights: vec![right] },
            None => {
                let found = format!("`{id}` stands in the way, and its process cannot be run here");
                let help =
                    format!("clear it with `{holder}` outside, or put a consent into an amendment");
                return Err(Refused {
                    clause: Some(id.to_string()),
                    ..Refused::new(Guard::Covered, found, help)
                });
            }
        },
    };
    Ok((restriction, world.terms.agreement_of(clause.document).unwrap_or(agreement)))
}

/// The first right a clause gives, if it gives one.
fn right(clause: &Clause) -> Option<Right> {
    let (kind, says) = match &clause.provision {
        Provision::RightOfFirstRefusal(right) => (RightKind::Refusal, right.clone()),
        Provision::RightOfFirstOffer(offer) => (RightKind::Offer, of_offer(offer)),
        Provision::RightOfFirstNegotiation(talks) => {
            (RightKind::Negotiation, of_negotiation(talks))
        }
        _ => return None,
    };
    Some(Right {
        clause: clause.id.clone(),
        holder: clause.holder.clone(),
        kind,
        tier: 0,
        weight: says.weight,
        says: Box::new(says),
        assignable: clause.assignable,
        ends: None,
        limits_survive: clause.survival.is_some(),
    })
}

/// The act to be decided. Words that mean nothing are refused: a purpose with a slip in it would
/// fall outside every scope, and the need would seem free.
fn act(world: &World<'_>, requirement: &Requirement) -> Result<Act, Refused> {
    let Requirement { grantor, act, purpose, quantity, .. } = requirement;
    let mut stated = vec![
        format!("by={grantor}"),
        format!("purpose={purpose}"),
        format!("class={}", quantity.class),
        format!("quantity={}", quantity.count),
    ];
    // What is built is always new.
    stated.extend((*act == Verb::Contract).then(|| "kind=new".to_string()));
    Act::parse(act.word(), &stated, world.registry()).map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        let help = "state what is needed in words the agreement knows";
        Refused::new(Guard::CompleteRequirement, errors.join("; "), help)
    })
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
