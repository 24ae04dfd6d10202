//! Rules 2 and 3: exclusivities forbid, first rights make conditional, consents except; what rests on
//! facts that no act states is conditional on them.

use terms::{Act, Attribute, Clause, Fit, InForce, Kind, Provision, Share, Terms, Verb};

use crate::decide::counterparty;
use crate::decision::listed;
use crate::ruling::{Because, Notes, Why, only_some_readings};
use crate::{facts, licence};

/// How an act stands once exclusivities, first rights and consents are weighed.
pub(crate) enum Standing<'a> {
    /// An exclusivity forbids it.
    Forbidden(Vec<Because<'a>>),
    /// A first right makes it conditional.
    Conditional(Vec<Because<'a>>),
    /// It is allowed if something is so that the act does not state.
    Open(Vec<Because<'a>>),
    /// Something stood against it, and a consent covers that.
    Consented(Vec<Because<'a>>),
    /// Nothing stands against it.
    Clear,
}

pub(crate) fn standing<'a>(
    in_force: &InForce<'a>,
    clauses: &[&'a Clause],
    act: &Act,
    notes: &mut impl Notes,
) -> Standing<'a> {
    let mut consents: Vec<Because<'a>> = Vec::new();
    let mut forbids = Vec::new();
    let mut conditions = Vec::new();
    let mut open = Vec::new();
    for clause in clauses.iter().copied() {
        let against = match clause.id.kind {
            Kind::Exclusivity => &mut forbids,
            kind if kind.is_first_right() => &mut conditions,
            Kind::Licence if licence::keeps_out(in_force, clause, act) => &mut forbids,
            _ => continue,
        };
        let Some(fit) = stands_against(in_force, clause, act, notes) else { continue };
        match consent_to(in_force, clauses, clause, act, notes) {
            // A first right has a process of its own by which the act can be cleared.
            Some((consent, true)) if clause.id.kind.is_first_right() => {
                notes.pass_over(consent, || {
                    let fact = facts::consent_rests_on(in_force, consent, act);
                    format!("it covers the act only if {}", fact.unwrap_or_default())
                });
                against.push(Because { clause, why: Why::StandsAgainst(fit) });
            }
            Some((consent, true)) => {
                notes.pass_over(clause, || format!("`{}` may cover the act", consent.id));
                open.push(Because { clause: consent, why: Why::ConsentsIf });
            }
            Some((consent, false)) => {
                notes.pass_over(clause, || format!("`{}` covers the act", consent.id));
                if !consents.iter().any(|because| because.clause.id == consent.id) {
                    consents.push(Because { clause: consent, why: Why::ConsentsTo(clause) });
                }
            }
            None => match facts::requirement(in_force, clause) {
                Some(share) => open.push(Because { clause, why: Why::KeepsShare(share) }),
                None => against.push(Because { clause, why: Why::StandsAgainst(fit) }),
            },
        }
    }
    if !forbids.is_empty() {
        for outranked in conditions.into_iter().chain(open) {
            notes.pass_over(outranked.clause, || "an exclusivity ranks above it".to_string());
        }
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

/// Whether the act is a grantor's own building or making under an exclusivity that does not bind it so
/// far.
fn spares_own_build(clause: &Clause, act: &Act) -> bool {
    let makes_itself = match act.verb {
        Verb::Build => true,
        Verb::Make => act.get(Attribute::With).is_none(),
        _ => false,
    };
    makes_itself
        && matches!(&clause.provision, Provision::Exclusivity(only) if !only.binds_grantor_too)
}

/// How the act fits the scope of a clause in force that stands against it; `None`, with a note of
/// the reason, if it does not.
fn stands_against(
    in_force: &InForce<'_>,
    clause: &Clause,
    act: &Act,
    notes: &mut impl Notes,
) -> Option<Fit> {
    let registry = &in_force.terms.registry;
    if !registry.is_affiliate(act.by.as_str(), clause.grantor.as_str()) {
        notes.pass_over(clause, || format!("it binds `{}`, not `{}`", clause.grantor, act.by));
        return None;
    }
    let fit = licence::fit(clause, act);
    if fit == Fit::Outside {
        notes.pass_over(clause, || "its scope does not hold the act".to_string());
        return None;
    }
    let with_holder = counterparty(registry, act)
        .is_some_and(|other| registry.is_affiliate(other, clause.holder.as_str()));
    if with_holder {
        notes.pass_over(clause, || format!("the act is with its holder, `{}`", clause.holder));
        return None;
    }
    if spares_own_build(clause, act) {
        notes.pass_over(clause, || format!("it does not bind `{}` against itself", clause.grantor));
        return None;
    }
    if facts::requirement(in_force, clause) == Some(Share::percent(0)) {
        notes.pass_over(clause, || "it keeps nothing of what it holds on this day".to_string());
        return None;
    }
    Some(fit)
}

/// Why a clause stands against the act.
pub(crate) fn why(in_force: &InForce<'_>, clause: &Clause, act: &Act, fit: &Fit) -> String {
    let with = match counterparty(&in_force.terms.registry, act) {
        Some(other) if other == act.by.as_str() => "does it itself".to_string(),
        Some(other) => format!("does it with `{other}`"),
        None => "does not say with whom".to_string(),
    };
    let readings = match fit {
        Fit::Open(open) => format!(", and leaves {} open", listed(open)),
        _ => String::new(),
    };
    match clause.id.kind {
        Kind::Licence => format!("`{}` alone has this licence{readings}", clause.holder),
        Kind::Exclusivity => {
            format!("`{}` alone may supply it; `{}` {with}{readings}", clause.holder, act.by)
        }
        _ => format!("`{}` may step in first; `{}` {with}{readings}", clause.holder, act.by),
    }
}

/// The consent in force that covers the act against a clause: given by the clause's holder, to the
/// party that acts, for every reading of the act. With it comes whether it rests on facts that the act
/// does not state; one that does not goes before.
fn consent_to<'a>(
    in_force: &InForce<'a>,
    clauses: &[&'a Clause],
    clause: &Clause,
    act: &Act,
    notes: &mut impl Notes,
) -> Option<(&'a Clause, bool)> {
    let registry = &in_force.terms.registry;
    let given = clauses.iter().copied().filter(|consent| {
        consent.id.kind == Kind::Consent
            && registry.is_affiliate(clause.holder.as_str(), consent.grantor.as_str())
            && registry.is_affiliate(act.by.as_str(), consent.holder.as_str())
    });
    let mut resting = None;
    for consent in given {
        match consent.scope.fit(act) {
            Fit::Inside if facts::consent_rests_on(in_force, consent, act).is_none() => {
                return Some((consent, false));
            }
            Fit::Inside => {
                resting.get_or_insert((consent, true));
            }
            Fit::Outside => {
                notes.pass_over(consent, || "its scope does not hold the act".to_string());
            }
            Fit::Open(open) => notes.pass_over(consent, || only_some_readings("covers", &open)),
        }
    }
    resting
}
