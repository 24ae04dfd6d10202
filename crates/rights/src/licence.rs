//! Rule 1: what is somebody else's needs a licence.

use terms::clause::{FieldOfUse, LicenceExclusivity, Sublicense};
use terms::in_force::EndedBy;
use terms::{Act, Attribute, Clause, Fit, InForce, Kind, Provision, Verb};

use crate::decision::listed;
use crate::{Considered, Reason, facts};

/// How an act stands to the need for a licence.
pub(crate) enum Licensing {
    /// The act needs none.
    NotNeeded,
    /// Licences hold it.
    Held(Vec<Reason>),
    /// Licences hold it if something is so that the act does not state; the last reason says what.
    HeldIf(Vec<Reason>, String),
    /// None does; the reasons are licences that once did, or that somebody else has to himself.
    Missing { because: Vec<Reason>, owner: Option<String> },
}

pub(crate) fn licensing(
    in_force: &InForce<'_>,
    act: &Act,
    considered: &mut Vec<Considered>,
) -> Licensing {
    let registry = &in_force.terms.registry;
    if !matches!(act.verb, Verb::Use | Verb::Resell | Verb::License) {
        return Licensing::NotNeeded;
    }
    let others = owners(in_force, act)
        .into_iter()
        .filter(|owner| !owner.is_some_and(|owner| registry.is_affiliate(act.by.as_str(), owner)));
    let mut held = Vec::new();
    let mut rests_on = Vec::new();
    for owner in others {
        match from_owner(in_force, act, owner, considered) {
            Ok((mut licences, fact)) => {
                held.append(&mut licences);
                rests_on.extend(fact);
            }
            Err(because) => {
                return Licensing::Missing { because, owner: owner.map(str::to_string) };
            }
        }
    }
    match (held.is_empty(), rests_on.is_empty()) {
        (true, _) => Licensing::NotNeeded,
        (false, true) => Licensing::Held(held),
        (false, false) => Licensing::HeldIf(held, rests_on.join(", and ")),
    }
}

/// Whether an exclusive licence stands against an act of its grantor's: to license others the same,
/// and where it says so ("even as to"), to use it itself.
pub(crate) fn keeps_out(in_force: &InForce<'_>, clause: &Clause, act: &Act) -> bool {
    let Provision::Licence(licence) = &clause.provision else { return false };
    if !in_force.terms.registry.is_affiliate(act.by.as_str(), clause.grantor.as_str()) {
        return false;
    }
    match act.verb {
        Verb::License => licence.exclusivity != LicenceExclusivity::NonExclusive,
        Verb::Use => licence.binds_grantor_too,
        _ => false,
    }
}

/// How an act lies to a clause's scope. To license somebody lies in a licence where the use lies
/// that is licensed: nobody can pass on more than there is.
pub(crate) fn fit(clause: &Clause, act: &Act) -> Fit {
    let fit = clause.scope.fit(act);
    if clause.id.kind != Kind::Licence || act.verb != Verb::License || fit != Fit::Outside {
        return fit;
    }
    let mut stated = act.stated.clone();
    stated.remove(&Attribute::With);
    clause.scope.fit(&Act::new(Verb::Use, act.by.clone(), stated))
}

/// Whose what the act uses or sells on is; somebody unknown if the act leaves that open. A model and
/// an asset may be two parties': then both must have licensed it.
fn owners<'a>(in_force: &'a InForce<'_>, act: &'a Act) -> Vec<Option<&'a str>> {
    let registry = &in_force.terms.registry;
    let asset = act.get(Attribute::Asset).and_then(|asset| registry.assets.get(asset));
    let model = act.get(Attribute::Model).and_then(|model| registry.models.get(model));
    let service = act.get(Attribute::Service).and_then(|service| registry.services.get(service));
    let named = match act.verb {
        Verb::Use | Verb::License => {
            [asset.map(|asset| &asset.owner), model.map(|model| &model.owner)]
        }
        _ => [service.map(|service| &service.owner), None],
    };
    let mut owners: Vec<_> =
        named.into_iter().flatten().map(|owner| Some(owner.as_str())).collect();
    owners.dedup();
    if owners.is_empty() { vec![None] } else { owners }
}

/// The licences that hold the act for what is this owner's, with what they all still rest on; or those
/// that once did or that somebody else has to himself.
fn from_owner(
    in_force: &InForce<'_>,
    act: &Act,
    owner: Option<&str>,
    considered: &mut Vec<Considered>,
) -> Result<(Vec<Reason>, Option<String>), Vec<Reason>> {
    let mut held = Vec::new();
    let mut held_if = Vec::new();
    let mut exclusive_to_others = Vec::new();
    let licences = in_force.clauses.iter().copied().filter(|c| c.id.kind == Kind::Licence);
    for licence in licences {
        let is_owners = owner.is_none_or(|owner| licence.grantor.as_str() == owner);
        let fit = fit(licence, act);
        if !is_owners || fit == Fit::Outside {
            considered.push(Considered::new(licence, "its scope does not hold the act"));
        } else if !is_licensee(in_force, licence, act) {
            let why = format!("its holder is `{}`, not `{}`", licence.holder, act.by);
            let may_have = if sublicensable(in_force, licence, act.by.as_str()) == Some(true) {
                format!("; `{}` may sublicense it", licence.holder)
            } else {
                String::new()
            };
            let why = why + &may_have;
            if is_exclusive(licence) {
                let why = format!("`{}` alone has this licence", licence.holder);
                exclusive_to_others.push(Reason::of(licence, why));
            } else {
                considered.push(Considered::new(licence, why));
            }
        } else if let Some(why) = outside_field_of_use(in_force, licence, act)
            .or_else(|| no_sublicence(in_force, licence, act))
        {
            considered.push(Considered::new(licence, why));
        } else if owner.is_none() {
            let what = if act.verb == Verb::Resell { "`service`" } else { "`asset` or `model`" };
            let why = format!("whose it is is not said; state {what}");
            considered.push(Considered::new(licence, why));
        } else if let Fit::Open(open) = fit {
            let why = format!("it holds only some readings of the act; state {}", listed(&open));
            considered.push(Considered::new(licence, why));
        } else {
            let why = format!("`{}` may {} this under the licence", act.by, act.verb);
            match rests_on(in_force, licence, act) {
                None => held.push(Reason::of(licence, why)),
                Some(fact) => {
                    let why = format!("{why} if {fact}");
                    held_if.push((Reason::of(licence, why), fact));
                }
            }
        }
    }
    if !held.is_empty() {
        return Ok((held, None));
    }
    if let Some((reason, fact)) = held_if.into_iter().next() {
        return Ok((vec![reason], Some(fact)));
    }
    let mut because = ended_licence(in_force, act, owner);
    because.append(&mut exclusive_to_others);
    Err(because)
}

/// The owner's licence that last held the act and has ended. One that was replaced has a successor,
/// which has been considered.
fn ended_licence(in_force: &InForce<'_>, act: &Act, owner: Option<&str>) -> Vec<Reason> {
    let last = in_force.lapsed.iter().find(|lapsed| {
        lapsed.clause.id.kind == Kind::Licence
            && !matches!(lapsed.by, EndedBy::Replacement(_))
            && owner.is_none_or(|owner| lapsed.clause.grantor.as_str() == owner)
            && is_licensee(in_force, lapsed.clause, act)
            && fit(lapsed.clause, act) != Fit::Outside
    });
    last.map(|lapsed| {
        let why = format!("the licence ended on {} by {}", lapsed.ended, lapsed.by.describe());
        Reason::of(lapsed.clause, why)
    })
    .into_iter()
    .collect()
}

fn is_licensee(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> bool {
    match &licence.provision {
        Provision::Licence(licensed) if licensed.affiliates => {
            in_force.terms.registry.is_affiliate(act.by.as_str(), licence.holder.as_str())
        }
        _ => act.by == licence.holder,
    }
}

/// Why the product an act names is not one the licence lets things be used in. Like any other
/// permission, a licence for the holder's own products does not hold an act that names none.
fn outside_field_of_use(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> Option<String> {
    let Provision::Licence(licensed) = &licence.provision else { return None };
    let uses = match act.verb {
        Verb::Use => true,
        // A licence to license says itself what may be licensed.
        Verb::License => licence.scope.fit(act) == Fit::Outside,
        _ => false,
    };
    if !uses || licensed.field_of_use == FieldOfUse::Any {
        return None;
    }
    let registry = &in_force.terms.registry;
    let Some(product) = act.get(Attribute::Product) else {
        return Some("it is for the holder's own products; state `product`".to_string());
    };
    let owner = registry.products.get(product).map(|product| product.owner.as_str());
    let own = owner.is_some_and(|owner| {
        owner == licence.holder.as_str()
            || (licensed.affiliates && registry.is_affiliate(owner, licence.holder.as_str()))
    });
    (!own).then(|| format!("it is for the holder's own products, which `{product}` is not"))
}

/// Why the holder may not let somebody else use what is licensed; `None` if it may or might.
fn no_sublicence(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> Option<String> {
    // A licence to license says so itself.
    if act.verb != Verb::License || licence.scope.fit(act) != Fit::Outside {
        return None;
    }
    let Provision::Licence(licensed) = &licence.provision else { return None };
    let Some(with) = act.get(Attribute::With) else {
        let nobody = licensed.sublicense == [Sublicense::No];
        let free = licensed.sublicense.contains(&Sublicense::Free);
        return match (nobody, free) {
            (true, _) => Some(format!("it lets `{}` sublicense nobody", licence.holder)),
            (_, true) => None,
            _ => Some("it says who may be sublicensed; state `with`".to_string()),
        };
    };
    (sublicensable(in_force, licence, with) == Some(false))
        .then(|| format!("it does not let `{}` sublicense `{with}`", licence.holder))
}

/// Whether a licence's holder may sublicense a party; `None` if that is a question of what the party
/// does for the holder, which nobody has told.
fn sublicensable(in_force: &InForce<'_>, licence: &Clause, party: &str) -> Option<bool> {
    let Provision::Licence(licensed) = &licence.provision else { return Some(false) };
    let registry = &in_force.terms.registry;
    let may = |word| match word {
        Sublicense::No => Some(false),
        Sublicense::Free => Some(true),
        Sublicense::Affiliates => Some(registry.is_affiliate(party, licence.holder.as_str())),
        Sublicense::Contractors | Sublicense::EndUsers => None,
    };
    let answers: Vec<_> = licensed.sublicense.iter().map(|word| may(*word)).collect();
    if answers.contains(&Some(true)) {
        Some(true)
    } else if answers.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// What must still be so for a licence to hold an act, beside what the act states.
fn rests_on(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> Option<String> {
    let of_its_own = licence.scope.fit(act) != Fit::Outside;
    if act.verb == Verb::License
        && !of_its_own
        && let Some(with) = act.get(Attribute::With)
        && sublicensable(in_force, licence, with).is_none()
    {
        let Provision::Licence(licensed) = &licence.provision else { return None };
        let whom: Vec<_> = licensed.sublicense.iter().map(|word| word.word()).collect();
        let whom = whom.join(" or ").replace('_', " ");
        return Some(format!("`{with}` is one of the {whom} of `{}`", licence.holder));
    }
    facts::licence_rests_on(licence)
}

fn is_exclusive(licence: &Clause) -> bool {
    matches!(&licence.provision, Provision::Licence(licensed)
        if licensed.exclusivity != LicenceExclusivity::NonExclusive)
}
