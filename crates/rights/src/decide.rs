use terms::in_force::EndedBy;
use terms::{Act, Attribute, Clause, Fit, InForce, Registry, Verb};

use crate::decision::decides;
use crate::ruling::{PassedOver, rule};
use crate::{Considered, Decision, Reason, Rule, licence, prohibition};

/// Decides one act under the clauses in force.
///
/// The order of precedence:
/// 1. to use, sell on or license what is somebody else's needs a licence; without one it is forbidden.
///    To license it needs one that lets its holder sublicense that party;
/// 2. an exclusivity that holds the act forbids it with anyone but the holder and its affiliates,
///    unless a consent of the holder covers it. So does an exclusive licence, where its grantor means
///    to license another, or to use in spite of "even as to" what it has licensed;
/// 3. a right of first refusal, offer or negotiation that holds the act makes it conditional on that
///    process, unless it is with the holder or a consent covers it;
/// 4. otherwise the parties are free. Then the clause's end is cited that made them so, if one did.
///
/// An attribute the act leaves open counts against it: a prohibition holds the act if any reading
/// falls in its scope, a licence or consent only if every reading does.
///
/// Some decisions rest on facts that no act states; they are conditional on these instead of guessed. An
/// exclusivity of a share of the grantor's requirements ([`requirement_pct`] below 100%) forbids no
/// single act: whether one more order elsewhere is a breach is known once the share is measured, so the
/// act is conditional on the share that must stay with the holder. A consent that must be asked for,
/// that has a limit or covers only passive, incidental or earlier business, and a licence whose grantor
/// approves each use, make the act conditional on just that. What a consent allows *primarily* for a
/// purpose is measured afterwards and may be cured, so it is permitted.
///
/// [`requirement_pct`]: terms::clause::Exclusivity::requirement_pct
///
/// Source: design §3, precedence; domain rules §1.1.
pub fn decide(in_force: &InForce<'_>, act: &Act) -> Decision {
    let mut passed_over = PassedOver::default();
    let ruling = rule(in_force, &in_force.clauses, act, &mut passed_over);
    let cited = ruling.because.iter().map(|because| because.reason(in_force, act));
    let ended = match ruling.rule {
        Rule::NoLicence => licence::ended_licence(in_force, act, ruling.owner),
        Rule::Free => freed_by(in_force, act),
        _ => None,
    };
    let because: Vec<_> = ended.into_iter().chain(cited).collect();
    let way_out = match ruling.rule {
        Rule::NoLicence => {
            let owner = ruling.owner.map_or("its owner".to_string(), |owner| format!("`{owner}`"));
            Some(format!("obtain a licence from {owner} that holds this act"))
        }
        Rule::Exclusivity => Some(way_out_of_exclusivity(act, &because)),
        Rule::FirstRight => Some(way_out_of_first_refusal(&because)),
        Rule::Requirement | Rule::Licensed | Rule::Consent | Rule::Free => {
            let facts = ruling.because.iter().filter_map(|because| because.fact(in_force, act));
            let facts: Vec<_> = facts.collect();
            (!facts.is_empty()).then(|| format!("see to it that {}", facts.join(", and ")))
        }
    };
    let mut considered = passed_over.list;
    considered.extend(not_live(in_force, act, &because));
    Decision {
        act: act.clone(),
        on: in_force.on,
        verdict: ruling.verdict,
        rule: ruling.rule,
        because,
        considered,
        way_out,
    }
}

/// The clause whose end left the parties free: the last of those that stood against the act.
fn freed_by(in_force: &InForce<'_>, act: &Act) -> Option<Reason> {
    let last = in_force.lapsed.iter().find(|lapsed| {
        let clause = lapsed.clause;
        prohibition::is_against(in_force.terms, clause, act)
            && clause.scope.fit(act) != Fit::Outside
    });
    let lapsed = last?;
    let why = format!("`{}` ended on {}", lapsed.clause.id, lapsed.ended);
    Some(match lapsed.by {
        EndedBy::Ending(ending) => Reason::of_ending(ending, why),
        EndedBy::Replacement(clause) => Reason::of_end(clause, why),
        EndedBy::Itself(_) | EndedBy::Extended(_) => {
            Reason::of_end(lapsed.clause, format!("{why} by {}", lapsed.by.describe()))
        }
    })
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
        Verb::Build | Verb::Compete | Verb::Protect | Verb::Abandon => Some(act.by.as_str()),
        Verb::Contract => registry.operator(act.get(Attribute::Provider)?),
        Verb::Serve => registry.operator(act.get(Attribute::Host)?),
        Verb::Use => match act.get(Attribute::Asset) {
            Some(asset) => Some(registry.assets.get(asset)?.owner.as_str()),
            None => Some(registry.models.get(act.get(Attribute::Model)?)?.owner.as_str()),
        },
        Verb::Resell => Some(registry.services.get(act.get(Attribute::Service)?)?.owner.as_str()),
        // Whoever says with nobody makes it itself.
        Verb::Make => Some(act.get(Attribute::With).unwrap_or(act.by.as_str())),
        Verb::Buy
        | Verb::Sell
        | Verb::License
        | Verb::Transfer
        | Verb::Appoint
        | Verb::Promote
        | Verb::Approach
        | Verb::Work => act.get(Attribute::With),
    }
}

fn way_out_of_exclusivity(act: &Act, because: &[Reason]) -> String {
    let holder = because.iter().find_map(|reason| reason.holder.as_deref()).unwrap_or("the holder");
    match act.verb {
        Verb::Use => format!("obtain a consent of `{holder}`"),
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
