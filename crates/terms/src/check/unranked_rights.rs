use jiff::civil::Date;

use super::timed::{ByParties, Timed, by_parties, consented, rivals};
use crate::finding::Witness;
use crate::{
    Act, Attribute, Clause, Cube, Finding, Kind, Name, Registry, Scope, Terms, Values, Verb,
};

/// One party has an act to itself, and another a first right on it: whoever exercises the right
/// makes the grantor break the exclusivity, and no clause says which of them gives way.
pub(super) fn check(terms: &Terms, timed: &[Timed<'_>]) -> Vec<Finding> {
    let consents = by_parties(timed, |clause| clause.id.kind == Kind::Consent);
    let exclusivities = by_parties(timed, |clause| clause.id.kind == Kind::Exclusivity);
    let rights = by_parties(timed, |clause| clause.id.kind.is_first_right());
    rivals(terms, &exclusivities, &rights)
        .into_iter()
        .filter_map(|(exclusivity, right, on)| {
            let act = exercise(terms, &consents, exclusivity, right, on)?;
            let message = format!(
                "`{}` may step in first under `{}` where `{}` has everything under `{}`",
                right.holder, right.id, exclusivity.holder, exclusivity.id
            );
            let place = right.origin.label(format!("held by `{}`", right.holder));
            let finding = Finding::warning("charter::right::unranked", message, place);
            Some(
                finding
                    .and(exclusivity.origin.label(format!("held by `{}`", exclusivity.holder)))
                    .witness(Witness::Act { act, on })
                    .help(format!(
                        "say which gives way: `except` the right's acts in the exclusivity, let \
                         `{}` give a `consent`, or narrow the right",
                        exclusivity.holder
                    )),
            )
        })
        .collect()
}

/// An act that exercises the right and that the exclusivity forbids, if there is one.
fn exercise(
    terms: &Terms,
    consents: &ByParties<'_>,
    exclusivity: &Clause,
    right: &Clause,
    on: Date,
) -> Option<Act> {
    let consented = consented(terms, consents, &exclusivity.holder, &[&right.grantor], on);
    let both = exclusivity.scope.intersect(&right.scope);
    let with_holder = both.intersect(&dealings(&terms.registry, &right.holder));
    Act::example(&with_holder.subtract(&consented), &right.grantor, &terms.registry)
}

/// The acts that somebody does with this party.
fn dealings(registry: &Registry, party: &Name) -> Scope {
    let clouds = registry.clouds.iter().filter(|(_, cloud)| cloud.operator == *party);
    let clouds: Vec<_> = clouds.map(|(name, _)| name.as_str()).collect();
    let party = party.as_str();
    let trade = [Verb::Buy, Verb::Sell, Verb::License, Verb::Transfer, Verb::Appoint];
    let contracted = clouds.iter().copied().chain([party]);
    let contracting = dealing(&[Verb::Contract], Attribute::Provider, Values::only(contracted));
    let serving = dealing(&[Verb::Serve], Attribute::Host, Values::only(clouds.iter().copied()));
    let trading = dealing(&trade, Attribute::With, Values::only([party]));
    contracting.union(&serving).union(&trading)
}

fn dealing(verbs: &[Verb], attribute: Attribute, with: Values) -> Scope {
    let mut cube = Cube::any();
    cube.set(Attribute::Act, Values::only(verbs.iter().map(Verb::word)));
    cube.set(attribute, with);
    cube.into()
}
