//! Rules 2 to 4: exclusivities forbid, first rights make conditional, consents except. What rests on
//! more than an act states makes it conditional too.

use terms::{Act, Attribute, Clause, Fit, InForce, Kind, Provision, Share, Terms, Verb};

use crate::decide::counterparty;
use crate::decision::listed;
use crate::{Considered, Reason, facts, licence};

/// How an act stands once exclusivities, first rights and consents are weighed.
pub(crate) enum Standing {
    /// An exclusivity forbids it.
    Forbidden(Vec<Reason>),
    /// A first right makes it conditional.
    Conditional(Vec<Reason>),
    /// It is allowed if something is so that the act does not state; the reasons say what.
    Open(Vec<Reason>),
    /// Something stood against it, and a consent covers that.
    Consented(Vec<Reason>),
    /// Nothing stands against it.
    Clear,
}

pub(crate) fn standing(
    in_force: &InForce<'_>,
    act: &Act,
    considered: &mut Vec<Considered>,
) -> Standing {
    let mut consents: Vec<Reason> = Vec::new();
    let mut forbids = Vec::new();
    let mut conditions = Vec::new();
    let mut open = Vec::new();
    for clause in in_force.clauses.iter().copied() {
        let against = match clause.id.kind {
            Kind::Exclusivity => &mut forbids,
            kind if kind.is_first_right() => &mut conditions,
            Kind::Licence if licence::keeps_out(in_force, clause, act) => &mut forbids,
            _ => continue,
        };
        let why = match stands_against(in_force, clause, act) {
            Ok(why) => why,
            Err(why_not) => {
                considered.push(Considered::new(clause, why_not));
                continue;
            }
        };
        match consent_to(in_force, clause, act, considered) {
            Some((consent, Some(fact))) => {
                let why_not = format!("`{}` covers the act if {fact}", consent.id);
                if clause.id.kind.is_first_right() {
                    // Its own process is the other way to be cleared.
                    considered.push(Considered::new(consent, format!("it covers it if {fact}")));
                    against.push(Reason::of(clause, why));
                } else {
                    considered.push(Considered::new(clause, why_not));
                    let why = format!("`{}` consents if {fact}", consent.grantor);
                    open.push(Reason::of(consent, why));
                }
            }
            Some((consent, None)) => {
                let why_not = format!("`{}` covers the act", consent.id);
                considered.push(Considered::new(clause, why_not));
                if !consents.iter().any(|reason| reason.clause == consent.id.to_string()) {
                    let why = format!(
                        "`{}` consents to what `{}` would hold",
                        consent.grantor, clause.id
                    );
                    consents.push(Reason::of(consent, why));
                }
            }
            None => {
                let share = facts::requirement(in_force, clause);
                if share == Share::percent(100) {
                    against.push(Reason::of(clause, why));
                } else {
                    let why = format!("it may, if {}", facts::share_is_kept(clause, share));
                    open.push(Reason::of(clause, why));
                }
            }
        }
    }
    if !forbids.is_empty() {
        let outranked = |reason: Reason| Considered {
            clause: reason.clause,
            document: reason.document,
            why_not: "an exclusivity ranks above it".to_string(),
        };
        considered.extend(conditions.into_iter().chain(open).map(outranked));
        Standing::Forbidden(forbids)
    } else if !conditions.is_empty() {
        conditions.append(&mut open);
        Standing::Conditional(conditions)
    } else if !open.is_empty() {
        Standing::Open(open)
    } else if !consents.is_empty() {
        Standing::Consented(consents)
    } else {
        Standing::Clear
    }
}

/// Whether a clause is an exclusivity or first right on acts of this party with somebody who is
/// not its holder; its scope aside.
pub(crate) fn is_against(terms: &Terms, clause: &Clause, act: &Act) -> bool {
    let registry = &terms.registry;
    let with_holder = counterparty(registry, act)
        .is_some_and(|other| registry.is_affiliate(other, clause.holder.as_str()));
    clause.id.kind.restricts()
        && registry.is_affiliate(act.by.as_str(), clause.grantor.as_str())
        && !with_holder
        && !spares_own_build(clause, act)
}

/// Whether the act is a grantor's own building or making under an exclusivity that does not bind it so far.
fn spares_own_build(clause: &Clause, act: &Act) -> bool {
    let makes_itself = match act.verb {
        Verb::Build => true,
        Verb::Make => act.get(Attribute::With).is_none(),
        _ => false,
    };
    makes_itself
        && matches!(&clause.provision, Provision::Exclusivity(only) if !only.binds_grantor_too)
}

/// Why a clause in force stands against the act, or why it does not.
fn stands_against(in_force: &InForce<'_>, clause: &Clause, act: &Act) -> Result<String, String> {
    let registry = &in_force.terms.registry;
    if !registry.is_affiliate(act.by.as_str(), clause.grantor.as_str()) {
        return Err(format!("it binds `{}`, not `{}`", clause.grantor, act.by));
    }
    let fit = licence::fit(clause, act);
    if fit == Fit::Outside {
        return Err("its scope does not hold the act".to_string());
    }
    if facts::requirement(in_force, clause) == Share::percent(0) {
        return Err("it requires no share of what it holds on this day".to_string());
    }
    let other = counterparty(registry, act);
    if let Some(other) = other
        && registry.is_affiliate(other, clause.holder.as_str())
    {
        return Err(format!("the act is with its holder, `{}`", clause.holder));
    }
    if spares_own_build(clause, act) {
        return Err(format!("it does not bind `{}` against itself", clause.grantor));
    }
    let with = match other {
        Some(other) if other == act.by.as_str() => "does it itself".to_string(),
        Some(other) => format!("does it with `{other}`"),
        None => "does not say with whom".to_string(),
    };
    let readings = match fit {
        Fit::Open(open) => {
            format!(", and leaves {} open", listed(&open))
        }
        _ => String::new(),
    };
    Ok(match clause.id.kind {
        Kind::Licence => format!("`{}` alone has this licence{readings}", clause.holder),
        Kind::Exclusivity => {
            format!("`{}` alone may supply it; `{}` {with}{readings}", clause.holder, act.by)
        }
        _ => format!("`{}` may step in first; `{}` {with}{readings}", clause.holder, act.by),
    })
}

/// The consent in force that covers the act against a clause: given by the clause's holder, to the
/// party that acts, for every reading of the act. With it comes what it still rests on; one that
/// rests on nothing goes before.
fn consent_to<'a>(
    in_force: &InForce<'a>,
    clause: &Clause,
    act: &Act,
    considered: &mut Vec<Considered>,
) -> Option<(&'a Clause, Option<String>)> {
    let registry = &in_force.terms.registry;
    let given = in_force.clauses.iter().copied().filter(|consent| {
        consent.id.kind == Kind::Consent
            && registry.is_affiliate(clause.holder.as_str(), consent.grantor.as_str())
            && registry.is_affiliate(act.by.as_str(), consent.holder.as_str())
    });
    let mut resting = None;
    for consent in given {
        let why_not = match consent.scope.fit(act) {
            Fit::Inside => match facts::consent_rests_on(in_force, consent, act) {
                None => return Some((consent, None)),
                fact => {
                    resting.get_or_insert((consent, fact));
                    continue;
                }
            },
            Fit::Outside => "its scope does not hold the act".to_string(),
            Fit::Open(open) => {
                format!("it covers only some readings of the act; state {}", listed(&open))
            }
        };
        let again = Considered::new(consent, why_not);
        if !considered.contains(&again) {
            considered.push(again);
        }
    }
    resting
}
