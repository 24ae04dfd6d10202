//! Rule 1: what is somebody else's needs a licence.

use terms::clause::{FieldOfUse, LicenceExclusivity};
use terms::in_force::EndedBy;
use terms::{Act, Attribute, Clause, Fit, InForce, Kind, Provision, Verb};

use crate::Reason;
use crate::ruling::{Because, Notes, Why, only_some_readings};

/// How an act stands to the need for a licence.
pub(crate) enum Licensing<'a> {
    /// The act needs none.
    NotNeeded,
    /// A licence holds it.
    Held(Vec<Because<'a>>),
    /// None does; the clauses are licences that somebody else has to himself.
    Missing { because: Vec<Because<'a>>, owner: Option<&'a str> },
}

pub(crate) fn licensing<'a>(
    in_force: &InForce<'a>,
    clauses: &[&'a Clause],
    act: &Act,
    notes: &mut impl Notes,
) -> Licensing<'a> {
    let registry = &in_force.terms.registry;
    if !matches!(act.verb, Verb::Use | Verb::Resell) {
        return Licensing::NotNeeded;
    }
    let others = owners(in_force, act)
        .into_iter()
        .filter(|owner| !owner.is_some_and(|owner| registry.is_affiliate(act.by.as_str(), owner)));
    let mut held = Vec::new();
    for owner in others {
        match from_owner(in_force, clauses, act, owner, notes) {
            Ok(mut licences) => held.append(&mut licences),
            Err(because) => return Licensing::Missing { because, owner },
        }
    }
    if held.is_empty() { Licensing::NotNeeded } else { Licensing::Held(held) }
}

/// Whose what the act uses or sells on is; somebody unknown if the act leaves that open. A model and
/// an asset may be two parties': then both must have licensed it.
fn owners<'a>(in_force: &InForce<'a>, act: &Act) -> Vec<Option<&'a str>> {
    let registry = &in_force.terms.registry;
    let asset = act.get(Attribute::Asset).and_then(|asset| registry.assets.get(asset));
    let model = act.get(Attribute::Model).and_then(|model| registry.models.get(model));
    let service = act.get(Attribute::Service).and_then(|service| registry.services.get(service));
    let named = match act.verb {
        Verb::Use => [asset.map(|asset| &asset.owner), model.map(|model| &model.owner)],
        _ => [service.map(|service| &service.owner), None],
    };
    let mut owners: Vec<_> =
        named.into_iter().flatten().map(|owner| Some(owner.as_str())).collect();
    owners.dedup();
    if owners.is_empty() { vec![None] } else { owners }
}

/// The licences that hold the act for what is this owner's, or those that somebody else has to
/// himself.
fn from_owner<'a>(
    in_force: &InForce<'a>,
    clauses: &[&'a Clause],
    act: &Act,
    owner: Option<&str>,
    notes: &mut impl Notes,
) -> Result<Vec<Because<'a>>, Vec<Because<'a>>> {
    let mut held = Vec::new();
    let mut exclusive_to_others = Vec::new();
    for licence in clauses.iter().copied().filter(|clause| clause.id.kind == Kind::Licence) {
        let is_owners = owner.is_none_or(|owner| licence.grantor.as_str() == owner);
        let fit = licence.scope.fit(act);
        if !is_owners || fit == Fit::Outside {
            notes.pass_over(licence, || "its scope does not hold the act".to_string());
        } else if !is_licensee(in_force, licence, act) {
            if is_exclusive(licence) {
                exclusive_to_others.push(Because { clause: licence, why: Why::OthersAlone });
            } else {
                let why = || format!("its holder is `{}`, not `{}`", licence.holder, act.by);
                notes.pass_over(licence, why);
            }
        } else if let Some(why) = outside_field_of_use(in_force, licence, act) {
            notes.pass_over(licence, || why);
        } else if owner.is_none() {
            let what = if act.verb == Verb::Use { "`asset` or `model`" } else { "`service`" };
            notes.pass_over(licence, || format!("whose it is is not said; state {what}"));
        } else if let Fit::Open(open) = fit {
            notes.pass_over(licence, || only_some_readings("holds", &open));
        } else {
            held.push(Because { clause: licence, why: Why::Licensed });
        }
    }
    if held.is_empty() { Err(exclusive_to_others) } else { Ok(held) }
}

/// The owner's licence that last held the act and has ended. One that was replaced has a successor,
/// which has been considered.
pub(crate) fn ended_licence(
    in_force: &InForce<'_>,
    act: &Act,
    owner: Option<&str>,
) -> Option<Reason> {
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
    if act.verb != Verb::Use || licensed.field_of_use == FieldOfUse::Any {
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

fn is_exclusive(licence: &Clause) -> bool {
    matches!(&licence.provision, Provision::Licence(licensed)
        if licensed.exclusivity != LicenceExclusivity::NonExclusive)
}
