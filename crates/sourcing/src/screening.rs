//! Screening: what an agreement says about a need. Source: domain rules §2.3, row 1; §1.1,
//! precedence; §2.7, "rights collide" and "several holders oversubscribe".

use std::collections::BTreeMap;

use rights::{Decision, Rule, Verdict};
use terms::clause::MultiHolder;
use terms::{Act, Agreement, Clause, InForce, Known, Name, Provision, Verb};

use crate::case::{Free, Requirement};
use crate::command::{Refused, World};
use crate::deadline::Clock;
use crate::event::Event;
use crate::exemption;
use crate::guard::Guard;
use crate::right::{Restriction, Right, RightKind, Say, of_negotiation, of_offer};

/// What screening found.
pub(crate) struct Screening<'a> {
    /// What a case is pinned to.
    pub restriction: Restriction,
    /// Clauses that cover the need too, and do not decide.
    pub also: Vec<String>,
    /// The agreement that says so, by whose clock the case runs.
    pub agreement: &'a Agreement,
}

impl Screening<'_> {
    /// The events that say so. A need that nobody is asked about is exempt, with the rule by which
    /// it is; one on which the holder has a mere preference is free at once.
    pub(crate) fn events(&self) -> Vec<Event> {
        let (restriction, also) = (self.restriction.clone(), self.also.clone());
        let mut events = vec![Event::Screened { restriction, also }];
        match &self.restriction {
            Restriction::None { exemption, .. } => {
                let rule = exemption.clone().unwrap_or("no right covers it".to_string());
                events.push(Event::Exempted { rule });
            }
            Restriction::FirstRight { rights }
                if !rights.iter().any(|right| right.has(Say::Notice)) =>
            {
                events.push(Event::Released { part: 0, free: Free::default() });
            }
            _ => {}
        }
        events
    }
}

/// Asks whether the grantor may source this from anybody.
pub(crate) fn screen<'a>(world: &World<'a>, need: &Requirement) -> Result<Screening<'a>, Refused> {
    let day = world.now.to_zoned(world.clock.zone.clone()).date();
    let in_force = world.terms.in_force(day, Known::At(world.now));
    let act = act(world, need)?;
    let decision = rights::decide(&in_force, &act);
    let restricting = restricting(&in_force, &decision);
    let Some(first) = restricting.first() else {
        let clause = decision.because.first().map(|reason| reason.clause.clone());
        let (exemption, exempt_from) = (None, Vec::new());
        let restriction = Restriction::None { clause, exemption, exempt_from };
        return Ok(Screening { restriction, also: Vec::new(), agreement: world.agreement });
    };
    let agreement = world.terms.agreement_of(first.document).unwrap_or(world.agreement);
    let mut also: Vec<String> = restricting.iter().map(|other| other.id.to_string()).collect();
    if let Provision::Exclusivity(_) = first.provision
        && decision.verdict == Verdict::Forbidden
    {
        // A first right on the same need ranks lower, and decides nothing.
        let below = |clause: &&Clause| !restricting.iter().any(|by| std::ptr::eq(*by, *clause));
        let clauses = in_force.clauses.iter().copied().filter(below).collect();
        let below = InForce { clauses, ..in_force.clone() };
        let decision = rights::decide(&below, &act);
        also.extend(self::restricting(&below, &decision).iter().map(|other| other.id.to_string()));
        let restriction =
            Restriction::Exclusive { clause: first.id.clone(), holder: first.holder.clone() };
        also.retain(|id| *id != first.id.to_string());
        return Ok(Screening { restriction, also, agreement });
    }
    let clock = Clock::of(world.terms, agreement);
    let mut rights = Vec::new();
    for clause in &restricting {
        match right(world, &clock, clause)? {
            Some(right) => rights.push(right),
            None if rights.is_empty() => {
                let (id, holder) = (&clause.id, &clause.holder);
                let found = format!("`{id}` stands in the way, and its process cannot be run here");
                let help =
                    format!("clear it with `{holder}` outside, or put a consent into an amendment");
                return Err(Refused {
                    clause: Some(id.to_string()),
                    ..Refused::new(Guard::Covered, found, help)
                });
            }
            None => {}
        }
    }
    let restriction = held(world, &clock, need, agreement, rights)?;
    let decides = |id: &String| restriction.rights().iter().any(|by| by.clause.to_string() == *id);
    also.retain(|id| !decides(id) && restriction.clause().as_ref() != Some(id));
    Ok(Screening { restriction, also, agreement })
}

/// Of the rights that cover a need, those that hold for it, in tiers; or the rule by which none does.
fn held(
    world: &World<'_>,
    clock: &Clock<'_>,
    need: &Requirement,
    agreement: &Agreement,
    mut covering: Vec<Right>,
) -> Result<Restriction, Refused> {
    covering.sort_by_key(rank_of_kind);
    let class = &need.quantity.class;
    let mut rights: Vec<Right> = Vec::new();
    let (mut clause, mut exemption, mut exempt_from) = (None, None, Vec::new());
    for right in covering {
        let suspended = world.book.suspended(&right.holder, class);
        let rule = if !has_arisen(world, clock, &right) {
            Some("what the right is subject to has not occurred")
        } else if suspended.is_some_and(|until| world.now <= until) {
            Some("the right is suspended after two shortfalls")
        } else if world.book.gave_up(&agreement.name, &right.clause, class) {
            Some("the holder has given the right up")
        } else {
            exemption::of(world, clock, need, &right)?
        };
        match rule {
            Some(rule) => {
                clause.get_or_insert_with(|| right.clause.to_string());
                exemption.get_or_insert_with(|| rule.to_string());
                exempt_from.push(right.holder);
            }
            // Of two rights of one holder the higher decides, else the one that was first.
            None if rights.iter().any(|other| other.holder == right.holder) => {}
            None => rights.push(right),
        }
    }
    if rights.is_empty() {
        return Ok(Restriction::None { clause, exemption, exempt_from });
    }
    rank(&mut rights);
    Ok(Restriction::FirstRight { rights })
}

/// Whether all has occurred that a right is subject to, as far as is known.
fn has_arisen(world: &World<'_>, clock: &Clock<'_>, right: &Right) -> bool {
    let today = world.now.to_zoned(clock.zone.clone()).date();
    let occurred = |condition: &Name| {
        let day = world.terms.occurred(condition.as_str(), Known::At(world.now));
        day.is_some_and(|day| day <= today)
    };
    right.says.approach.subject_to.iter().all(occurred)
}

/// A refusal ranks above an offer and a negotiation. Source: domain rules §1.1.
fn rank_of_kind(right: &Right) -> u32 {
    u32::from(right.kind != RightKind::Refusal)
}

/// Puts rights, those of a higher kind first, into tiers: refusals before offers and negotiations;
/// those that are shared in proportion together, the others one after the other as they are written;
/// none before a right it ranks after.
fn rank(rights: &mut [Right]) {
    let mut shared = BTreeMap::new();
    let mut next = 0;
    for right in rights.iter_mut() {
        let mut fresh = || {
            next += 1;
            next
        };
        right.tier = match right.says.multi_holder {
            MultiHolder::Tiered => fresh(),
            MultiHolder::ProRata => *shared.entry(rank_of_kind(right)).or_insert_with(fresh),
        };
    }
    // Parties that each rank after the other keep the order they are written in: as many turns as
    // there are rights settle every other order.
    for _ in 0..rights.len() {
        for at in 0..rights.len() {
            let after = &rights[at].says.ranks_after;
            let before = rights.iter().filter(|other| after.contains(&other.holder));
            let last = before.map(|other| other.tier).max();
            rights[at].tier = rights[at].tier.max(last.map_or(0, |last| last + 1));
        }
    }
    let mut tiers: Vec<u32> = rights.iter().map(|right| right.tier).collect();
    tiers.sort_unstable();
    tiers.dedup();
    for right in rights.iter_mut() {
        let place = tiers.iter().take_while(|tier| **tier < right.tier).count();
        right.tier = u32::try_from(place).unwrap_or(u32::MAX);
    }
    rights.sort_by_key(|right| right.tier);
}

/// The first right a clause gives, if it gives one.
fn right(world: &World<'_>, clock: &Clock<'_>, clause: &Clause) -> Result<Option<Right>, Refused> {
    let (kind, says) = match &clause.provision {
        Provision::RightOfFirstRefusal(right) => (RightKind::Refusal, right.clone()),
        Provision::RightOfFirstOffer(offer) => (RightKind::Offer, of_offer(offer)),
        Provision::RightOfFirstNegotiation(talks) => {
            (RightKind::Negotiation, of_negotiation(talks))
        }
        _ => return Ok(None),
    };
    let ends = world.terms.ends(clause, Known::At(world.now));
    Ok(Some(Right {
        clause: clause.id.clone(),
        holder: clause.holder.clone(),
        kind,
        tier: 0,
        weight: says.weight,
        says: Box::new(says),
        assignable: clause.assignable,
        ends: ends.map(|day| clock.midnight(day)).transpose()?,
        limits_survive: clause.survival.is_some(),
        may_revise: match &clause.provision {
            Provision::RightOfFirstNegotiation(talks) => talks.may_revise,
            _ => true,
        },
        credits_at_par: matches!(
            &clause.provision,
            Provision::RightOfFirstNegotiation(talks) if talks.credits_at_par
        ),
        waived: None,
    }))
}

/// The act to be decided. Words that mean nothing are refused: a purpose with a slip in it would
/// fall outside every scope, and the need would seem free.
fn act(world: &World<'_>, need: &Requirement) -> Result<Act, Refused> {
    let Requirement { grantor, act, purpose, quantity, region, .. } = need;
    let mut stated = vec![format!("by={grantor}"), format!("quantity={}", quantity.count)];
    let (class, place) = match act {
        // Capacity that is sold is goods.
        Verb::Sell => ("item", "territory"),
        _ => {
            stated.push(format!("purpose={purpose}"));
            ("class", "region")
        }
    };
    stated.push(format!("{class}={}", quantity.class));
    stated.extend(region.as_ref().map(|region| format!("{place}={region}")));
    // What is built is always new.
    stated.extend((*act == Verb::Contract).then(|| "kind=new".to_string()));
    Act::parse(act.word(), &stated, world.registry()).map_err(|errors| {
        let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
        let help = "state what is needed in words the agreement knows";
        Refused::new(Guard::CompleteRequirement, errors.join("; "), help)
    })
}

/// The clauses that restrict, the one that decides first.
fn restricting<'a>(in_force: &InForce<'a>, decision: &Decision) -> Vec<&'a Clause> {
    let restricts = decision.verdict != Verdict::Permitted
        && matches!(
            decision.rule,
            Rule::Exclusivity | Rule::Requirement | Rule::FirstRight | Rule::Consent
        );
    let reasons = decision.because.iter().filter(|_| restricts);
    let clause =
        |reason: &rights::Reason| in_force.clauses.iter().copied().find(|clause| reason.is(clause));
    reasons.filter_map(clause).collect()
}
