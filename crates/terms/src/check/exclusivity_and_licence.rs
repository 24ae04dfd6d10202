use jiff::civil::Date;

use super::timed::{Timed, by_parties, given, rivals};
use super::{are_one_side, place_of};
use crate::clause::FieldOfUse;
use crate::finding::Witness;
use crate::{
    Act, Attribute, Clause, Cube, Finding, Kind, Name, Provision, Registry, Scope, Terms, Values,
    Verb,
};

/// A licence lets somebody do what an exclusivity, or a licence that is exclusive, keeps for another.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let consents = by_parties(timed, |clause| clause.id.kind == Kind::Consent);
    let licences = by_parties(timed, |clause| clause.id.kind == Kind::Licence);
    let licensing = acts(&[Verb::Use, Verb::Resell, Verb::License]);
    let keeping = by_parties(timed, |clause| {
        let keeps = clause.id.kind == Kind::Exclusivity && clause.scope.meets(&licensing);
        keeps || is_exclusive_licence(clause)
    });
    rivals(terms, &keeping, &licences)
        .into_iter()
        // Two exclusive licences come both ways round.
        .filter(|(keeps, licence, _)| {
            let (keeps, licence) = (keeps.clause, licence.clause);
            !(is_exclusive_licence(keeps) && is_exclusive_licence(licence))
                || place_of(keeps) < place_of(licence)
        })
        .filter(|(_, licence, _)| {
            !are_one_side(terms, &licence.clause.grantor, &licence.clause.holder)
        })
        .filter_map(|(keeps, licence, on)| {
            let parties = [&licence.clause.grantor, &licence.clause.holder];
            let given = given(terms, &consents, &keeps.clause.holder, &parties);
            let witness = given.days(&keeps, &licence, on).find_map(|day| {
                witness(terms, &given.on(day), keeps.clause, licence.clause, day)
            })?;
            let (keeps, licence) = (keeps.clause, licence.clause);
            let message = format!(
                "`{}` lets `{}` do what `{}` keeps for `{}` alone",
                licence.id, licence.holder, keeps.id, keeps.holder
            );
            let place = licence.origin.label(format!("given to `{}`", licence.holder));
            let finding = Finding::warning("charter::exclusivity::licence", message, place);
            Some(
                finding
                    .and(keeps.origin.label(format!("kept for `{}`", keeps.holder)))
                    .witness(witness)
                    .help(format!(
                        "narrow one `scope`, end one first, or let `{}` give a `consent`",
                        keeps.holder
                    )),
            )
        })
        .collect()
}

/// An act that one clause keeps for its holder and the licence allows or is, if there is one.
fn witness(
    terms: &Terms,
    consented: &Scope,
    keeps: &Clause,
    licence: &Clause,
    on: Date,
) -> Option<Witness> {
    let registry = &terms.registry;
    let grant = grant(licence);
    if !grant.is_empty() && grant.is_within(consented) {
        return None;
    }
    if keeps.id.kind == Kind::Exclusivity {
        if !speaks_of_licensed_acts(&keeps.scope) {
            return None;
        }
        let kept = grant.intersect(&keeps.scope).subtract(consented);
        if let Some(act) = Act::example(&kept, &licence.grantor, registry) {
            return Some(Witness::Act { act, on });
        }
    }
    let both = keeps.scope.intersect(&licence.scope).subtract(consented);
    let example = |scope| Act::example(&both.intersect(&scope), &licence.holder, registry);
    let allowed = example(exercises(registry, licence)).map(|act| Witness::Act { act, on });
    // The registry may not name what the holder would use it in.
    allowed.or_else(|| example(acts(&[Verb::Use, Verb::Resell])).map(|_| Witness::Day(on)))
}

fn is_exclusive_licence(clause: &Clause) -> bool {
    matches!(&clause.provision, Provision::Licence(licence) if licence.is_exclusive())
}

/// Whether an exclusivity is about what licences let people do. One on training, say, is about
/// where that is done, not about who may use a model for it.
fn speaks_of_licensed_acts(scope: &Scope) -> bool {
    use Attribute::*;
    let attributes = [Act, Subject, Asset, Model, Service, Channel];
    let speaks = |cube: &Cube| attributes.iter().any(|attribute| cube.get(*attribute).is_some());
    scope.cubes().iter().all(speaks)
}

/// To give the licence is an act as well: the acts of the grantor that it is.
fn grant(licence: &Clause) -> Scope {
    let uses = licence.scope.intersect(&acts(&[Verb::Use]));
    let grants = uses.cubes().iter().map(|cube| {
        let mut grant = Cube::any();
        for attribute in Verb::License.attributes() {
            if let Some(values) = cube.get(*attribute) {
                grant.set(*attribute, values.clone());
            }
        }
        grant.set(Attribute::Act, Values::only([Verb::License.word()]));
        grant.set(Attribute::By, Values::only([licence.grantor.as_str()]));
        grant.set(Attribute::With, Values::only([licence.holder.as_str()]));
        grant
    });
    grants.fold(Scope::nothing(), |all, grant| all.union(&grant.into()))
}

/// What the holder of a licence can do under it with what the registry knows.
fn exercises(registry: &Registry, licence: &Clause) -> Scope {
    let Provision::Licence(licensed) = &licence.provision else { return Scope::nothing() };
    let is_grantors = |owner: &Name| *owner == licence.grantor;
    let mut using = Cube::any();
    using.set(Attribute::Act, Values::only([Verb::Use.word()]));
    if licensed.field_of_use == FieldOfUse::OwnProducts {
        let own = registry.products.iter().filter(|(_, product)| {
            licensed.covers(registry, &licence.holder, product.owner.as_str())
        });
        using.set(Attribute::Product, Values::only(own.map(|(name, _)| name.as_str())));
    }
    let mut with_asset = using.clone();
    let assets = registry.assets.iter().filter(|(_, asset)| is_grantors(&asset.owner));
    with_asset.set(Attribute::Asset, Values::only(assets.map(|(name, _)| name.as_str())));
    let mut with_model = using;
    let models = registry.models.iter().filter(|(_, model)| {
        let asset = model.asset.as_ref().and_then(|asset| registry.assets.get(asset));
        is_grantors(&model.owner) && asset.is_none_or(|asset| is_grantors(&asset.owner))
    });
    with_model.set(Attribute::Model, Values::only(models.map(|(name, _)| name.as_str())));
    let mut selling = Cube::any();
    let services = registry.services.iter().filter(|(_, service)| is_grantors(&service.owner));
    selling.set(Attribute::Act, Values::only([Verb::Resell.word()]));
    selling.set(Attribute::Service, Values::only(services.map(|(name, _)| name.as_str())));
    Scope::from(with_asset).union(&with_model.into()).union(&selling.into())
}

/// The acts of these verbs, with what they are about.
fn acts(verbs: &[Verb]) -> Scope {
    let acts = verbs.iter().map(|verb| {
        let mut cube = Cube::any();
        cube.set(Attribute::Act, Values::only([verb.word()]));
        cube.set(Attribute::Subject, Values::only([verb.subject()]));
        Scope::from(cube)
    });
    acts.fold(Scope::nothing(), |all, act| all.union(&act))
}
