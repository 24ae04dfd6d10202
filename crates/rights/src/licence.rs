//! Rule 1: what is somebody else's needs a licence.

use terms::clause::{FieldOfUse, LicenceExclusivity};
use terms::in_force::EndedBy;
use terms::{Act, Attribute, Clause, Fit, InForce, Kind, Provision, Verb};

use crate::decide::counterparty;
use crate::{Considered, Reason};

/// How an act stands to the need for a licence.
pub(crate) enum Licensing {
    /// The act needs none.
    NotNeeded,
    /// A licence holds it.
    Held(Vec<Reason>),
    /// None does; the reasons are licences that once did, or that somebody else has to himself.
    Missing { because: Vec<Reason>, owner: Option<String> },
}

pub(crate) fn licensing(
    in_force: &InForce<'_>,
    act: &Act,
    considered: &mut Vec<Considered>,
) -> Licensing {
    let registry = &in_force.terms.registry;
    if !matches!(act.verb, Verb::Use | Verb::Resell) {
        return Licensing::NotNeeded;
    }
    let owner = counterparty(registry, act);
    if owner.is_some_and(|owner| registry.is_affiliate(act.by.as_str(), owner)) {
        return Licensing::NotNeeded;
    }
    let mut held = Vec::new();
    let mut exclusive_to_others = Vec::new();
    let licences = in_force.clauses.iter().copied().filter(|c| c.id.kind == Kind::Licence);
    for licence in licences {
        let from_owner = owner.is_none_or(|owner| licence.grantor.as_str() == owner);
        let fit = licence.scope.fit(act);
        if !from_owner || fit == Fit::Outside {
            considered.push(Considered::new(licence, "its scope does not hold the act"));
        } else if !is_licensee(in_force, licence, act) {
            let why = format!("its holder is `{}`, not `{}`", licence.holder, act.by);
            if is_exclusive(licence) {
                let why = format!("`{}` alone has this licence", licence.holder);
                exclusive_to_others.push(Reason::of(licence, why));
            } else {
                considered.push(Considered::new(licence, why));
            }
        } else if let Some(why) = outside_field_of_use(in_force, licence, act) {
            considered.push(Considered::new(licence, why));
        } else if let Fit::Open(open) = fit {
            let open: Vec<_> = open.iter().map(|attribute| format!("`{attribute}`")).collect();
            let why = format!("it holds only some readings of the act; state {}", open.join(", "));
            considered.push(Considered::new(licence, why));
        } else {
            let why = format!("`{}` may {} this under the licence", act.by, act.verb);
            held.push(Reason::of(licence, why));
        }
    }
    if !held.is_empty() {
        return Licensing::Held(held);
    }
    let mut because = ended_licence(in_force, act, owner);
    because.append(&mut exclusive_to_others);
    Licensing::Missing { because, owner: owner.map(str::to_string) }
}

/// The owner's licence that last held the act and has ended. One that was replaced has a successor,
/// which has been considered.
fn ended_licence(in_force: &InForce<'_>, act: &Act, owner: Option<&str>) -> Vec<Reason> {
    let last = in_force.lapsed.iter().find(|lapsed| {
        lapsed.clause.id.kind == Kind::Licence
            && !matches!(lapsed.by, EndedBy::Replacement(_))
            && owner.is_none_or(|owner| lapsed.clause.grantor.as_str() == owner)
            && is_licensee(in_force, lapsed.clause, act)
            && lapsed.clause.scope.fit(act) != Fit::Outside
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
        Provision::Licence(terms) if terms.affiliates => {
            in_force.terms.registry.is_affiliate(act.by.as_str(), licence.holder.as_str())
        }
        _ => act.by == licence.holder,
    }
}

/// Why the product an act names is not one the licence lets things be used in. Like any other
/// permission, a licence for the holder's own products does not hold an act that names none.
fn outside_field_of_use(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> Option<String> {
    let Provision::Licence(terms) = &licence.provision else { return None };
    if act.verb != Verb::Use || terms.field_of_use == FieldOfUse::Any {
        return None;
    }
    let registry = &in_force.terms.registry;
    let Some(product) = act.get(Attribute::Product) else {
        return Some("it is for the holder's own products; state `product`".to_string());
    };
    let owner = registry.products.get(product).map(|product| product.owner.as_str());
    let own = owner.is_some_and(|owner| {
        owner == licence.holder.as_str()
            || (terms.affiliates && registry.is_affiliate(owner, licence.holder.as_str()))
    });
    (!own).then(|| format!("it is for the holder's own products, which `{product}` is not"))
}

fn is_exclusive(licence: &Clause) -> bool {
    matches!(&licence.provision, Provision::Licence(terms)
        if terms.exclusivity != LicenceExclusivity::NonExclusive)
}
