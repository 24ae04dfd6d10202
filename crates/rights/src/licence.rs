//! Rule 1: what is somebody else's needs a licence.

use terms::clause::{FieldOfUse, Sublicense};
use terms::in_force::EndedBy;
use terms::{Act, Attribute, Clause, Fit, InForce, Kind, Provision, Verb};

use crate::ruling::{Because, Notes, Why, only_some_readings};
use crate::{Reason, facts};

/// How an act stands to the need for a licence.
pub(crate) enum Licensing<'a> {
    /// The act needs none.
    NotNeeded,
    /// Licences hold it, or may.
    Held(Vec<Because<'a>>),
    /// None does; the clauses are licences that somebody else has to himself.
    Missing { because: Vec<Because<'a>>, owner: Option<&'a str> },
}

impl Licensing<'_> {
    /// Whether the licences that hold the act do so only if something is so that it does not state.
    pub(crate) fn rests_on_facts(&self) -> bool {
        matches!(self, Licensing::Held(because) if because.iter().any(Because::is_open))
    }
}

pub(crate) fn licensing<'a>(
    in_force: &InForce<'a>,
    clauses: &[&'a Clause],
    act: &Act,
    notes: &mut impl Notes,
) -> Licensing<'a> {
    let registry = &in_force.terms.registry;
    if !matches!(act.verb, Verb::Use | Verb::Resell | Verb::License) {
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

/// Whether an exclusive licence stands against an act of its grantor's: to license others the same,
/// and where it says so ("even as to"), to use it itself.
pub(crate) fn keeps_out(in_force: &InForce<'_>, clause: &Clause, act: &Act) -> bool {
    let Provision::Licence(licence) = &clause.provision else { return false };
    if !in_force.terms.registry.is_affiliate(act.by.as_str(), clause.grantor.as_str()) {
        return false;
    }
    match act.verb {
        Verb::License => licence.is_exclusive(),
        Verb::Use => licence.binds_grantor_too,
        _ => false,
    }
}

/// How an act lies to a clause's scope. To license somebody lies in a licence where the use lies
/// that is licensed: nobody can pass on more than there is.
pub(crate) fn fit(clause: &Clause, act: &Act) -> Fit {
    let fit = clause.scope.fit(act);
    match licensed_use(act) {
        Some(use_of_it) if clause.id.kind == Kind::Licence && fit == Fit::Outside => {
            clause.scope.fit(&use_of_it)
        }
        _ => fit,
    }
}

/// The use that an act of licensing lets somebody make.
pub(crate) fn licensed_use(act: &Act) -> Option<Act> {
    if act.verb != Verb::License {
        return None;
    }
    let mut stated = act.stated.clone();
    stated.remove(&Attribute::With);
    Some(Act::new(Verb::Use, act.by.clone(), stated))
}

/// Whether a licence is one to license, of which its scope says what and to whom.
fn is_to_license(licence: &Clause, act: &Act) -> bool {
    licence.scope.fit(act) != Fit::Outside
}

/// Whose what the act uses or sells on is; somebody unknown if the act leaves that open. A model and
/// an asset may be two parties': then both must have licensed it.
fn owners<'a>(in_force: &InForce<'a>, act: &Act) -> Vec<Option<&'a str>> {
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
        let fit = fit(licence, act);
        if !is_owners || fit == Fit::Outside {
            notes.pass_over(licence, || "its scope does not hold the act".to_string());
        } else if !is_licensee(in_force, licence, act) {
            if is_exclusive(licence) {
                exclusive_to_others.push(Because { clause: licence, why: Why::OthersAlone });
            } else {
                notes.pass_over(licence, || {
                    let holder = &licence.holder;
                    match sublicensable(in_force, licence, act.by.as_str()) {
                        Some(true) => format!("its holder is `{holder}`, who may sublicense it"),
                        _ => format!("its holder is `{holder}`, not `{}`", act.by),
                    }
                });
            }
        } else if let Some(why) = outside_field_of_use(in_force, licence, act)
            .or_else(|| no_sublicence(in_force, licence, act))
        {
            notes.pass_over(licence, || why);
        } else if owner.is_none() {
            let what = if act.verb == Verb::Resell { "`service`" } else { "`asset` or `model`" };
            notes.pass_over(licence, || format!("whose it is is not said; state {what}"));
        } else if let Fit::Open(open) = fit {
            notes.pass_over(licence, || only_some_readings("holds", &open));
        } else {
            let rests = facts::licence_rests_on(in_force, licence, act).is_some();
            let why = if rests { Why::LicensedIf } else { Why::Licensed };
            held.push(Because { clause: licence, why });
        }
    }
    // Nothing need be shown where one of them holds the act as it is.
    if held.iter().any(|because| !because.is_open()) {
        held.retain(|because| !because.is_open());
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
            && fit(lapsed.clause, act) != Fit::Outside
    });
    last.map(|lapsed| {
        let why = format!("the licence ended on {} by {}", lapsed.ended, lapsed.by.describe());
        Reason::of(lapsed.clause, why)
    })
}

fn is_licensee(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> bool {
    matches!(&licence.provision, Provision::Licence(licensed)
        if licensed.covers(&in_force.terms.registry, &licence.holder, act.by.as_str()))
}

/// Why the product an act names is not one the licence lets things be used in. Like any other
/// permission, a licence for the holder's own products does not hold an act that names none.
fn outside_field_of_use(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> Option<String> {
    let Provision::Licence(licensed) = &licence.provision else { return None };
    let uses = match act.verb {
        Verb::Use => true,
        Verb::License => !is_to_license(licence, act),
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
    let own = owner.is_some_and(|owner| licensed.covers(registry, &licence.holder, owner));
    (!own).then(|| format!("it is for the holder's own products, which `{product}` is not"))
}

/// Why the holder may not let somebody else use what is licensed; `None` if it may or might.
fn no_sublicence(in_force: &InForce<'_>, licence: &Clause, act: &Act) -> Option<String> {
    if act.verb != Verb::License || is_to_license(licence, act) {
        return None;
    }
    let Provision::Licence(licensed) = &licence.provision else { return None };
    match act.get(Attribute::With) {
        Some(with) => (sublicensable(in_force, licence, with) == Some(false))
            .then(|| format!("it does not let `{}` sublicense `{with}`", licence.holder)),
        None if licensed.sublicense.contains(&Sublicense::Free) => None,
        None if licensed.sublicense == [Sublicense::No] => {
            Some(format!("it lets `{}` sublicense nobody", licence.holder))
        }
        None => Some("it says who may be sublicensed; state `with`".to_string()),
    }
}

/// Whether a licence's holder may sublicense a party; `None` if that is a question of what the party
/// does for the holder, which nobody has told.
pub(crate) fn sublicensable(in_force: &InForce<'_>, licence: &Clause, party: &str) -> Option<bool> {
    let Provision::Licence(licensed) = &licence.provision else { return Some(false) };
    let registry = &in_force.terms.registry;
    let may = |word: &Sublicense| match word {
        Sublicense::No => Some(false),
        Sublicense::Free => Some(true),
        Sublicense::Affiliates => Some(registry.is_affiliate(party, licence.holder.as_str())),
        Sublicense::Contractors | Sublicense::EndUsers => None,
    };
    let said = |answer| licensed.sublicense.iter().any(|word| may(word) == answer);
    match (said(Some(true)), said(None)) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

/// To whom a licence lets its holder sublicense, where whether somebody is one of them is not known
/// here.
pub(crate) fn sublicensed_to(
    in_force: &InForce<'_>,
    licence: &Clause,
    act: &Act,
) -> Option<String> {
    let Provision::Licence(licensed) = &licence.provision else { return None };
    let with = act.get(Attribute::With).filter(|_| act.verb == Verb::License)?;
    if is_to_license(licence, act) || sublicensable(in_force, licence, with).is_some() {
        return None;
    }
    let whom: Vec<_> = licensed.sublicense.iter().map(|word| word.word()).collect();
    let whom = whom.join(" or ").replace('_', " ");
    Some(format!("`{with}` is one of the {whom} of `{}`", licence.holder))
}

fn is_exclusive(licence: &Clause) -> bool {
    matches!(&licence.provision, Provision::Licence(licensed) if licensed.is_exclusive())
}
