use terms::in_force::EndedBy;
use terms::{Act, Attribute, Clause, Fit, InForce, Registry, Verb};

use crate::decision::decides;
use crate::licence::{self, Licensing};
use crate::prohibition::{self, Standing};
use crate::{Considered, Decision, Reason, Rule, Verdict};

/// Decides one act under the clauses in force.
///
/// The order of precedence:
/// 1. to use or sell on what is somebody else's needs a licence; without one it is forbidden;
/// 2. an exclusivity that holds the act forbids it with anyone but the holder and its affiliates,
///    unless a consent of the holder covers it;
/// 3. a right of first refusal, offer or negotiation that holds the act makes it conditional on that
///    process, unless it is with the holder or a consent covers it;
/// 4. otherwise the parties are free. Then the clause's end is cited that made them so, if one did.
///
/// An attribute the act leaves open counts against it: a prohibition holds the act if any reading
/// falls in its scope, a licence or consent only if every reading does.
///
/// Source: design §3, precedence; domain rules §1.1.
pub fn decide(in_force: &InForce<'_>, act: &Act) -> Decision {
    let mut considered = Vec::new();
    let licensing = licence::licensing(in_force, act, &mut considered);
    if let Licensing::Missing { because, owner } = licensing {
        considered.extend(not_live(in_force, act, &because));
        let owner = owner.map_or("its owner".to_string(), |owner| format!("`{owner}`"));
        let way_out = Some(format!("obtain a licence from {owner} that holds this act"));
        return decision(
            in_force,
            act,
            Verdict::Forbidden,
            Rule::NoLicence,
            because,
            considered,
            way_out,
        );
    }
    let standing = prohibition::standing(in_force, act, &mut considered);
    let (verdict, rule, because, way_out) = match standing {
        Standing::Forbidden(because) => {
            let way_out = way_out_of_exclusivity(act, &because);
            (Verdict::Forbidden, Rule::Exclusivity, because, Some(way_out))
        }
        Standing::Conditional(because) => {
            let way_out = way_out_of_first_refusal(&because);
            (Verdict::Conditional, Rule::FirstRight, because, Some(way_out))
        }
        Standing::Consented(because) => (Verdict::Permitted, Rule::Consent, because, None),
        Standing::Clear => match licensing {
            Licensing::Held(because) => (Verdict::Permitted, Rule::Licensed, because, None),
            _ => (Verdict::Permitted, Rule::Free, freed_by(in_force, act), None),
        },
    };
    considered.extend(not_live(in_force, act, &because));
    decision(in_force, act, verdict, rule, because, considered, way_out)
}

fn decision(
    in_force: &InForce<'_>,
    act: &Act,
    verdict: Verdict,
    rule: Rule,
    because: Vec<Reason>,
    considered: Vec<Considered>,
    way_out: Option<String>,
) -> Decision {
    Decision { act: act.clone(), on: in_force.on, verdict, rule, because, considered, way_out }
}

/// The clause whose end left the parties free: the last of those that stood against the act.
fn freed_by(in_force: &InForce<'_>, act: &Act) -> Vec<Reason> {
    let last = in_force.lapsed.iter().find(|lapsed| {
        let clause = lapsed.clause;
        prohibition::is_against(in_force.terms, clause, act)
            && clause.scope.fit(act) != Fit::Outside
    });
    let Some(lapsed) = last else { return Vec::new() };
    let why = format!("`{}` ended on {}", lapsed.clause.id, lapsed.ended);
    vec![match lapsed.by {
        EndedBy::Ending(ending) => Reason::of_ending(ending, why),
        EndedBy::Replacement(clause) => Reason::of(clause, why),
        EndedBy::Itself(_) => Reason::of(lapsed.clause, why),
    }]
}

/// Clauses that would bear on the act, had they not ended or had they begun.
fn not_live(in_force: &InForce<'_>, act: &Act, because: &[Reason]) -> Vec<Considered> {
    let bears = |clause: &Clause| {
        decides(clause.id.kind)
            && concerns(in_force, clause, act)
            && clause.scope.fit(act) != Fit::Outside
            && !because.iter().any(|reason| {
                reason.clause == clause.id.to_string()
                    && reason.document == clause.origin.document.name
            })
    };
    let lapsed = in_force.lapsed.iter().filter(|lapsed| bears(lapsed.clause)).map(|lapsed| {
        let why_not = format!("ended on {} by {}", lapsed.ended, lapsed.by.describe());
        Considered::new(lapsed.clause, why_not)
    });
    let upcoming = in_force.upcoming.iter().filter(|clause| bears(clause)).map(|clause| {
        let begins = in_force.terms.begins(clause);
        let when = begins.map_or("once its condition occurs".to_string(), |d| format!("on {d}"));
        Considered::new(clause, format!("begins {when}"))
    });
    lapsed.chain(upcoming).collect()
}

/// Whether a clause is about acts of this party at all.
fn concerns(in_force: &InForce<'_>, clause: &Clause, act: &Act) -> bool {
    let registry = &in_force.terms.registry;
    match clause.id.kind {
        kind if kind.restricts() => registry.is_affiliate(act.by.as_str(), clause.grantor.as_str()),
        _ => registry.is_affiliate(act.by.as_str(), clause.holder.as_str()),
    }
}

/// The party on the other side of an act; `None` where the act leaves it open.
pub(crate) fn counterparty<'a>(registry: &'a Registry, act: &'a Act) -> Option<&'a str> {
    match act.verb {
        Verb::Build | Verb::Compete | Verb::Develop | Verb::Protect | Verb::Abandon => {
            Some(act.by.as_str())
        }
        Verb::Contract => registry.operator(act.get(Attribute::Provider)?),
        Verb::Serve => registry.operator(act.get(Attribute::Host)?),
        Verb::Use => match act.get(Attribute::Asset) {
            Some(asset) => Some(registry.assets.get(asset)?.owner.as_str()),
            None => Some(registry.models.get(act.get(Attribute::Model)?)?.owner.as_str()),
        },
        Verb::Resell => Some(registry.services.get(act.get(Attribute::Service)?)?.owner.as_str()),
        Verb::Buy | Verb::Sell | Verb::License | Verb::Transfer | Verb::Appoint => {
            act.get(Attribute::With)
        }
    }
}

fn way_out_of_exclusivity(act: &Act, because: &[Reason]) -> String {
    let holder = because.iter().find_map(|reason| reason.holder.as_deref()).unwrap_or("the holder");
    match act.verb {
        Verb::Build => format!("contract it from `{holder}`, or obtain a consent of `{holder}`"),
        _ => format!("do it with `{holder}`, or obtain a consent of `{holder}`"),
    }
}

fn way_out_of_first_refusal(because: &[Reason]) -> String {
    let first = because.first();
    let holder = first.and_then(|reason| reason.holder.as_deref()).unwrap_or("the holder");
    let window = first.and_then(|reason| reason.response_window.as_deref()).unwrap_or("its window");
    format!(
        "give `{holder}` notice (`charter request`, `charter notify`); it has {window} to exercise or decline"
    )
}
